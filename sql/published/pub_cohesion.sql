-- Cohesion of therapy groups, for the clinic's own use: figures of fewer people than the policy's
-- minimum are left out, counts stay. A spread also needs as many free ratings as so many people
-- have at one session, one less than there are (of each session one goes into its mean). Nothing is
-- withheld for privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, instrument, scale, respondent and period shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, period_kind,
--         period_start_on
with
policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        share_decimals,
        points_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_cohesion'
),

cohesion_rows as (
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
        n_sessions_rated,
        n_ratings,
        n_with_baseline,
        n_below_baseline,
        mean_points,
        within_sd_points,
        below_baseline_share
    from mart_cohesion
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        policies.points_decimals,
        cohesion_rows.subject_id,
        cohesion_rows.instrument_id,
        cohesion_rows.scale,
        cohesion_rows.respondent,
        cohesion_rows.period_kind,
        cohesion_rows.period_start_on,
        cohesion_rows.period_end_on,
        cohesion_rows.n_clients,
        cohesion_rows.n_sessions_rated,
        cohesion_rows.n_ratings,
        cohesion_rows.n_with_baseline,
        cohesion_rows.n_below_baseline,
        cohesion_rows.mean_points,
        cohesion_rows.within_sd_points,
        cohesion_rows.below_baseline_share,
        cohesion_rows.n_clients >= policies.minimum_pairs_for_rate as says_level,
        cohesion_rows.n_clients >= policies.minimum_pairs_for_rate
        and cohesion_rows.n_ratings - cohesion_rows.n_sessions_rated
        >= policies.minimum_pairs_for_rate - 1 as says_spread,
        cohesion_rows.n_clients >= policies.minimum_pairs_for_rate
        and cohesion_rows.n_with_baseline >= policies.minimum_pairs_for_rate as says_below
    from cohesion_rows
    inner join policies
        on
            cohesion_rows.level = policies.mart_level
            and cohesion_rows.period_kind = policies.period_kind
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
