-- The working relationship in the courses that ended, for the clinic's own use: means and rates of
-- fewer courses than the policy's minimum are left out, counts stay. Nothing is withheld for
-- privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, instrument, scale, respondent and period shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, period_kind,
--         period_start_on
with
judged_rows as (
    select
        mart_alliance.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        policies.points_decimals,
        mart_alliance.n_rated >= policies.minimum_pairs_for_rate as says_level,
        mart_alliance.n_fall_base >= policies.minimum_pairs_for_rate as says_fell,
        mart_alliance.n_alert_base >= policies.minimum_pairs_for_rate as says_with_alert
    from mart_alliance
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_alliance'
            and mart_alliance.level = policies.mart_level
            and mart_alliance.period_kind = policies.period_kind
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
    n_rated,
    n_rated_in_time,
    n_scores,
    n_fall_base,
    n_fell,
    fall_sd_points,
    fall_sd_basis,
    fall_reason,
    n_judged,
    n_alerts,
    n_alert_base,
    n_with_alert,
    shown_figure(says_level, first_mean_points, points_decimals) as first_mean_points,
    shown_figure(says_level, first_mean_points_lower, points_decimals) as first_mean_points_lower,
    shown_figure(says_level, first_mean_points_upper, points_decimals) as first_mean_points_upper,
    shown_figure(says_level, first_sd_points, points_decimals) as first_sd_points,
    shown_figure(says_level, last_mean_points, points_decimals) as last_mean_points,
    shown_figure(says_level, last_mean_points_lower, points_decimals) as last_mean_points_lower,
    shown_figure(says_level, last_mean_points_upper, points_decimals) as last_mean_points_upper,
    shown_figure(says_level, last_sd_points, points_decimals) as last_sd_points,
    shown_figure(says_fell, fell_rate, share_decimals) as fell_rate,
    shown_figure(says_fell, fell_rate_lower, share_decimals) as fell_rate_lower,
    shown_figure(says_fell, fell_rate_upper, share_decimals) as fell_rate_upper,
    shown_figure(says_with_alert, with_alert_rate, share_decimals) as with_alert_rate,
    shown_figure(says_with_alert, with_alert_rate_lower, share_decimals) as with_alert_rate_lower,
    shown_figure(says_with_alert, with_alert_rate_upper, share_decimals) as with_alert_rate_upper,
    case
        when not coalesce(says_level, false) then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
