-- What members of a therapy group said over its whole run, for the clinic's own use: shares and
-- means of fewer courses or ratings than the policy's minimum are left out, counts stay. Nothing is
-- withheld for privacy, as no policy shows this table to the public. `reliability_reason` says that
-- a figure is left out of those that the row can have.
--
-- Grain:  one row per audience, group, instrument, scale, respondent and month from its first on
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, period_kind, period_end_on
with
judged_rows as (
    select
        mart_group_run_measures.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        policies.points_decimals,
        mart_group_run_measures.n_paired >= policies.minimum_pairs_for_rate as says_rate,
        mart_group_run_measures.n_ratings >= policies.minimum_pairs_for_rate as says_mean
    from mart_group_run_measures
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_group_run_measures'
            and mart_group_run_measures.level = policies.mart_level
            and mart_group_run_measures.period_kind = policies.period_kind
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
    n_finished,
    n_paired,
    n_improved,
    shown_figure(says_rate, improved_rate, share_decimals) as improved_rate,
    shown_figure(says_rate, improved_rate_lower, share_decimals) as improved_rate_lower,
    shown_figure(says_rate, improved_rate_upper, share_decimals) as improved_rate_upper,
    n_deteriorated,
    shown_figure(says_rate, first_mean_points, points_decimals) as first_mean_points,
    shown_figure(says_rate, last_mean_points, points_decimals) as last_mean_points,
    n_sessions_rated,
    n_ratings,
    shown_figure(says_mean, mean_points, points_decimals) as mean_points,
    n_with_baseline,
    n_below_baseline,
    case
        when (n_finished > 0 and not says_rate) or (n_ratings > 0 and not says_mean)
            then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by
    audience, level, subject_id, instrument_id, scale, respondent, period_kind, period_end_on
