-- What clients said of their care and of the change, for the clinic's own use: means and rates of
-- fewer ratings than the policy's minimum are left out, counts stay. Nothing is withheld for
-- privacy, as no policy shows this table to the public.
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
    where table_name = 'pub_experience'
),

experience_rows as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        period_end_on,
        domain,
        n_clients,
        n_ended,
        n_rated,
        n_asked,
        n_asked_rated,
        n_met,
        rated_rate,
        rated_rate_lower,
        rated_rate_upper,
        rating_mean_points,
        rating_mean_points_lower,
        rating_mean_points_upper,
        rating_sd_points,
        met_rate,
        met_rate_lower,
        met_rate_upper,
        met_rate_worst,
        met_rate_best
    from mart_experience
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        policies.points_decimals,
        experience_rows.subject_id,
        experience_rows.instrument_id,
        experience_rows.scale,
        experience_rows.respondent,
        experience_rows.period_kind,
        experience_rows.period_start_on,
        experience_rows.period_end_on,
        experience_rows.domain,
        experience_rows.n_clients,
        experience_rows.n_ended,
        experience_rows.n_rated,
        experience_rows.n_asked,
        experience_rows.n_asked_rated,
        experience_rows.n_met,
        experience_rows.rated_rate,
        experience_rows.rated_rate_lower,
        experience_rows.rated_rate_upper,
        experience_rows.rating_mean_points,
        experience_rows.rating_mean_points_lower,
        experience_rows.rating_mean_points_upper,
        experience_rows.rating_sd_points,
        experience_rows.met_rate,
        experience_rows.met_rate_lower,
        experience_rows.met_rate_upper,
        experience_rows.met_rate_worst,
        experience_rows.met_rate_best,
        experience_rows.n_asked >= policies.minimum_pairs_for_rate as says_rated,
        experience_rows.n_rated >= policies.minimum_pairs_for_rate as says_level
    from experience_rows
    inner join policies
        on
            experience_rows.level = policies.mart_level
            and experience_rows.period_kind = policies.period_kind
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
    domain,
    n_clients,
    n_ended,
    n_rated,
    n_asked,
    n_asked_rated,
    n_met,
    shown_figure(says_rated, rated_rate, share_decimals) as rated_rate,
    shown_figure(says_rated, rated_rate_lower, share_decimals) as rated_rate_lower,
    shown_figure(says_rated, rated_rate_upper, share_decimals) as rated_rate_upper,
    shown_figure(says_level, rating_mean_points, points_decimals) as rating_mean_points,
    shown_figure(says_level, rating_mean_points_lower, points_decimals) as rating_mean_points_lower,
    shown_figure(says_level, rating_mean_points_upper, points_decimals) as rating_mean_points_upper,
    shown_figure(says_level, rating_sd_points, points_decimals) as rating_sd_points,
    shown_figure(says_level, met_rate, share_decimals) as met_rate,
    shown_figure(says_level, met_rate_lower, share_decimals) as met_rate_lower,
    shown_figure(says_level, met_rate_upper, share_decimals) as met_rate_upper,
    shown_figure(says_rated, met_rate_worst, share_decimals) as met_rate_worst,
    shown_figure(says_rated, met_rate_best, share_decimals) as met_rate_best,
    case
        when not coalesce(says_level, false) then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
