-- Outcomes of group therapy, for the clinic's own use: shares of fewer courses than the policy's
-- minimum are left out, counts stay. Nothing is withheld for privacy, as no policy shows this table
-- to the public.
--
-- Grain:  one row per audience, level, subject, instrument, scale, respondent and period shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, period_kind,
--         period_start_on
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
    where table_name = 'pub_group_outcomes'
),

group_rows as (
    select
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
        improved_rate,
        improved_rate_lower,
        improved_rate_upper,
        members_mean,
        icc,
        design_effect,
        n_effective,
        clustered_rate_lower,
        clustered_rate_upper
    from mart_group_outcomes
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        group_rows.subject_id,
        group_rows.instrument_id,
        group_rows.scale,
        group_rows.respondent,
        group_rows.period_kind,
        group_rows.period_start_on,
        group_rows.period_end_on,
        group_rows.n_clients,
        group_rows.n_groups,
        group_rows.n_pairs,
        group_rows.n_concurrent,
        group_rows.n_improved,
        group_rows.improved_rate,
        group_rows.improved_rate_lower,
        group_rows.improved_rate_upper,
        group_rows.members_mean,
        group_rows.icc,
        group_rows.design_effect,
        group_rows.n_effective,
        group_rows.clustered_rate_lower,
        group_rows.clustered_rate_upper,
        group_rows.n_pairs >= policies.minimum_pairs_for_rate as says_rate
    from group_rows
    inner join policies
        on
            group_rows.level = policies.mart_level
            and group_rows.period_kind = policies.period_kind
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
order by
    audience, level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
