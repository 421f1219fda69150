-- What may be said of each claim, as the director may see it: a figure over fewer than the policy's
-- minimum is left out, counts stay, and the sentence is that of mart_claims. Nothing is withheld
-- for privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, claim, level, subject and period that the audience may see.
-- Key:    audience, claim_id, level, subject_id, period_kind, period_start_on
with
judged_rows as (
    select
        mart_claims.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        ref_claims.says,
        ref_claims.set_on,
        int_claim_rules.rule_source,
        mart_claims.n_measured >= policies.minimum_pairs_for_rate as has_rate,
        mart_claims.n_worse_known >= policies.minimum_pairs_for_rate as has_worse_rate
    from mart_claims
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_claims'
            and mart_claims.level = policies.mart_level
            and mart_claims.period_kind = policies.period_kind
    inner join ref_claims on mart_claims.claim_id = ref_claims.claim_id
    inner join int_claim_rules on mart_claims.claim_id = int_claim_rules.claim_id
)

select
    audience,
    policy_id,
    claim_id,
    claim_version,
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    closes_on,
    says,
    set_on,
    instrument_id,
    rule_id,
    rule_version,
    rule_source,
    n_clients,
    n_referred,
    n_started,
    n_below_threshold,
    n_due,
    n_measured,
    n_met,
    n_worse_known,
    n_deteriorated,
    shown_figure(true, measured_rate, share_decimals) as measured_rate,
    shown_figure(true, measured_rate_lower, share_decimals) as measured_rate_lower,
    shown_figure(true, measured_rate_upper, share_decimals) as measured_rate_upper,
    shown_figure(has_rate, met_rate, share_decimals) as met_rate,
    shown_figure(has_rate, met_rate_lower, share_decimals) as met_rate_lower,
    shown_figure(has_rate, met_rate_upper, share_decimals) as met_rate_upper,
    shown_figure(has_rate, met_rate_worst, share_decimals) as met_rate_worst,
    shown_figure(has_rate, met_rate_best, share_decimals) as met_rate_best,
    shown_figure(has_worse_rate, deteriorated_rate, share_decimals) as deteriorated_rate,
    shown_figure(has_worse_rate, deteriorated_rate_lower, share_decimals)
        as deteriorated_rate_lower,
    shown_figure(has_worse_rate, deteriorated_rate_upper, share_decimals)
        as deteriorated_rate_upper,
    shown_figure(has_worse_rate, deteriorated_rate_worst, share_decimals)
        as deteriorated_rate_worst,
    n_clusters,
    design_effect,
    claimed_rate,
    verdict,
    verdict_reasons,
    sentence,
    case
        when not has_rate or not has_worse_rate
            then 'too_few_pairs_for_rate'
    end as reliability_reason,
    cast(null as varchar) as withheld_figures,
    cast(null as varchar) as privacy_reason
from judged_rows
order by audience, claim_id, level, subject_id, period_kind, period_start_on
