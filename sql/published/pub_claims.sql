-- What may be said of each claim, as the director may see it: a figure over fewer than the policy's
-- minimum is left out, counts stay, and the sentence is that of mart_claims. Nothing is withheld
-- for privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, claim, level, subject and period that the audience may see.
-- Key:    audience, claim_id, level, subject_id, period_kind, period_start_on
with policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        share_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_claims'
),

claims as (
    select
        claim_id,
        says,
        set_on
    from ref_claims
),

claim_rules as (
    select
        claim_id,
        rule_source
    from int_claim_rules
),

claim_rows as (
    select
        claim_id,
        claim_version,
        level,
        subject_id,
        period_kind,
        period_start_on,
        period_end_on,
        closes_on,
        instrument_id,
        rule_id,
        rule_version,
        n_clients,
        n_referred,
        n_started,
        n_below_threshold,
        n_due,
        n_measured,
        n_met,
        n_worse_known,
        n_deteriorated,
        measured_rate,
        measured_rate_lower,
        measured_rate_upper,
        met_rate,
        met_rate_lower,
        met_rate_upper,
        met_rate_worst,
        met_rate_best,
        deteriorated_rate,
        deteriorated_rate_lower,
        deteriorated_rate_upper,
        deteriorated_rate_worst,
        n_clusters,
        design_effect,
        claimed_rate,
        verdict,
        verdict_reasons,
        sentence
    from mart_claims
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        claim_rows.n_measured >= policies.minimum_pairs_for_rate as has_rate,
        claim_rows.n_worse_known >= policies.minimum_pairs_for_rate as has_worse_rate,
        claim_rows.claim_id,
        claim_rows.claim_version,
        policies.level,
        claim_rows.subject_id,
        claim_rows.period_kind,
        claim_rows.period_start_on,
        claim_rows.period_end_on,
        claim_rows.closes_on,
        claim_rows.instrument_id,
        claim_rows.rule_id,
        claim_rows.rule_version,
        claim_rows.n_clients,
        claim_rows.n_referred,
        claim_rows.n_started,
        claim_rows.n_below_threshold,
        claim_rows.n_due,
        claim_rows.n_measured,
        claim_rows.n_met,
        claim_rows.n_worse_known,
        claim_rows.n_deteriorated,
        claim_rows.measured_rate,
        claim_rows.measured_rate_lower,
        claim_rows.measured_rate_upper,
        claim_rows.met_rate,
        claim_rows.met_rate_lower,
        claim_rows.met_rate_upper,
        claim_rows.met_rate_worst,
        claim_rows.met_rate_best,
        claim_rows.deteriorated_rate,
        claim_rows.deteriorated_rate_lower,
        claim_rows.deteriorated_rate_upper,
        claim_rows.deteriorated_rate_worst,
        claim_rows.n_clusters,
        claim_rows.design_effect,
        claim_rows.claimed_rate,
        claim_rows.verdict,
        claim_rows.verdict_reasons,
        claim_rows.sentence
    from claim_rows
    inner join policies
        on
            claim_rows.level = policies.mart_level
            and claim_rows.period_kind = policies.period_kind
)

select
    judged_rows.audience,
    judged_rows.policy_id,
    judged_rows.claim_id,
    judged_rows.claim_version,
    judged_rows.level,
    judged_rows.subject_id,
    judged_rows.period_kind,
    judged_rows.period_start_on,
    judged_rows.period_end_on,
    judged_rows.closes_on,
    claims.says,
    claims.set_on,
    judged_rows.instrument_id,
    judged_rows.rule_id,
    judged_rows.rule_version,
    claim_rules.rule_source,
    judged_rows.n_clients,
    judged_rows.n_referred,
    judged_rows.n_started,
    judged_rows.n_below_threshold,
    judged_rows.n_due,
    judged_rows.n_measured,
    judged_rows.n_met,
    judged_rows.n_worse_known,
    judged_rows.n_deteriorated,
    shown_figure(true, judged_rows.measured_rate, judged_rows.share_decimals) as measured_rate,
    shown_figure(true, judged_rows.measured_rate_lower, judged_rows.share_decimals)
        as measured_rate_lower,
    shown_figure(true, judged_rows.measured_rate_upper, judged_rows.share_decimals)
        as measured_rate_upper,
    shown_figure(judged_rows.has_rate, judged_rows.met_rate, judged_rows.share_decimals)
        as met_rate,
    shown_figure(judged_rows.has_rate, judged_rows.met_rate_lower, judged_rows.share_decimals)
        as met_rate_lower,
    shown_figure(judged_rows.has_rate, judged_rows.met_rate_upper, judged_rows.share_decimals)
        as met_rate_upper,
    shown_figure(judged_rows.has_rate, judged_rows.met_rate_worst, judged_rows.share_decimals)
        as met_rate_worst,
    shown_figure(judged_rows.has_rate, judged_rows.met_rate_best, judged_rows.share_decimals)
        as met_rate_best,
    shown_figure(
        judged_rows.has_worse_rate, judged_rows.deteriorated_rate, judged_rows.share_decimals
    ) as deteriorated_rate,
    shown_figure(
        judged_rows.has_worse_rate, judged_rows.deteriorated_rate_lower, judged_rows.share_decimals
    ) as deteriorated_rate_lower,
    shown_figure(
        judged_rows.has_worse_rate, judged_rows.deteriorated_rate_upper, judged_rows.share_decimals
    ) as deteriorated_rate_upper,
    shown_figure(
        judged_rows.has_worse_rate, judged_rows.deteriorated_rate_worst, judged_rows.share_decimals
    ) as deteriorated_rate_worst,
    judged_rows.n_clusters,
    judged_rows.design_effect,
    judged_rows.claimed_rate,
    judged_rows.verdict,
    judged_rows.verdict_reasons,
    judged_rows.sentence,
    case
        when not judged_rows.has_rate or not judged_rows.has_worse_rate
            then 'too_few_pairs_for_rate'
    end as reliability_reason,
    cast(null as varchar) as withheld_figures,
    cast(null as varchar) as privacy_reason
from judged_rows
inner join claims on judged_rows.claim_id = claims.claim_id
inner join claim_rules on judged_rows.claim_id = claim_rules.claim_id
order by
    judged_rows.audience,
    judged_rows.claim_id,
    judged_rows.level,
    judged_rows.subject_id,
    judged_rows.period_kind,
    judged_rows.period_start_on
