-- Cohesion of therapy groups, for the clinic's own use: figures of fewer people than the policy's
-- minimum are left out, counts stay. A spread also needs as many free ratings as so many people
-- have at one session, one less than there are (of each session one goes into its mean). Nothing is
-- withheld for privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, instrument, scale, respondent and period shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, period_kind,
--         period_start_on
with
judged_rows as (
    select
        mart_cohesion.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        policies.points_decimals,
        mart_cohesion.n_clients >= policies.minimum_pairs_for_rate as says_level,
        mart_cohesion.n_clients >= policies.minimum_pairs_for_rate
        and mart_cohesion.n_ratings - mart_cohesion.n_sessions_rated
        >= policies.minimum_pairs_for_rate - 1 as says_spread,
        mart_cohesion.n_clients >= policies.minimum_pairs_for_rate
        and mart_cohesion.n_with_baseline >= policies.minimum_pairs_for_rate as says_below
    from mart_cohesion
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_cohesion'
            and mart_cohesion.level = policies.mart_level
            and mart_cohesion.period_kind = policies.period_kind
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
    n_sessions_rated,
    n_ratings,
    n_with_baseline,
    n_below_baseline,
    shown_figure(says_level, mean_points, points_decimals) as mean_points,
    shown_figure(says_spread, within_sd_points, points_decimals) as within_sd_points,
    shown_figure(says_below, below_baseline_share, share_decimals) as below_baseline_share,
    case
        when not coalesce(says_level, false) then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
