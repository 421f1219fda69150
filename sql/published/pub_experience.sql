-- What clients said of their care and of the change, for the clinic's own use: means and rates of
-- fewer ratings than the policy's minimum are left out, counts stay. Nothing is withheld for
-- privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, instrument, scale, respondent and period shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, period_kind,
--         period_start_on
with
judged_rows as (
    select
        mart_experience.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        policies.points_decimals,
        mart_experience.n_asked >= policies.minimum_pairs_for_rate as says_rated,
        mart_experience.n_rated >= policies.minimum_pairs_for_rate as says_level
    from mart_experience
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_experience'
            and mart_experience.level = policies.mart_level
            and mart_experience.period_kind = policies.period_kind
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
