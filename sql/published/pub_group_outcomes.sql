-- Outcomes of group therapy, for the clinic's own use: shares of fewer courses than the policy's
-- minimum are left out, counts stay. Nothing is withheld for privacy, as no policy shows this table
-- to the public.
--
-- Grain:  one row per audience, level, subject, instrument, scale, respondent and period shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, period_kind,
--         period_start_on
with
judged_rows as (
    select
        mart_group_outcomes.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        mart_group_outcomes.n_pairs >= policies.minimum_pairs_for_rate as says_rate
    from mart_group_outcomes
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_group_outcomes'
            and mart_group_outcomes.level = policies.mart_level
            and mart_group_outcomes.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_groups,
    n_pairs,
    n_concurrent,
    n_improved,
    shown_figure(says_rate, improved_rate, share_decimals) as improved_rate,
    shown_figure(says_rate, improved_rate_lower, share_decimals) as improved_rate_lower,
    shown_figure(says_rate, improved_rate_upper, share_decimals) as improved_rate_upper,
    shown_figure(says_rate, members_mean, share_decimals) as members_mean,
    shown_figure(says_rate, icc, share_decimals) as icc,
    shown_figure(says_rate, design_effect, share_decimals) as design_effect,
    shown_figure(says_rate, n_effective, share_decimals) as n_effective,
    shown_figure(says_rate, clustered_rate_lower, share_decimals) as clustered_rate_lower,
    shown_figure(says_rate, clustered_rate_upper, share_decimals) as clustered_rate_upper,
    case
        when not says_rate then 'too_few_pairs_for_rate'
        when icc is null then 'too_few_groups'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
