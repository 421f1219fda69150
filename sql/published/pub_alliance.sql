-- The working relationship in the courses that ended, for the clinic's own use: means and rates of
-- fewer courses than the policy's minimum are left out, counts stay. Nothing is withheld for
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
    where table_name = 'pub_alliance'
),

alliance_rows as (
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
        first_mean_points,
        first_mean_points_lower,
        first_mean_points_upper,
        first_sd_points,
        last_mean_points,
        last_mean_points_lower,
        last_mean_points_upper,
        last_sd_points,
        fell_rate,
        fell_rate_lower,
        fell_rate_upper,
        with_alert_rate,
        with_alert_rate_lower,
        with_alert_rate_upper
    from mart_alliance
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        policies.points_decimals,
        alliance_rows.subject_id,
        alliance_rows.instrument_id,
        alliance_rows.scale,
        alliance_rows.respondent,
        alliance_rows.period_kind,
        alliance_rows.period_start_on,
        alliance_rows.period_end_on,
        alliance_rows.n_clients,
        alliance_rows.n_rated,
        alliance_rows.n_rated_in_time,
        alliance_rows.n_scores,
        alliance_rows.n_fall_base,
        alliance_rows.n_fell,
        alliance_rows.fall_sd_points,
        alliance_rows.fall_sd_basis,
        alliance_rows.fall_reason,
        alliance_rows.n_judged,
        alliance_rows.n_alerts,
        alliance_rows.n_alert_base,
        alliance_rows.n_with_alert,
        alliance_rows.first_mean_points,
        alliance_rows.first_mean_points_lower,
        alliance_rows.first_mean_points_upper,
        alliance_rows.first_sd_points,
        alliance_rows.last_mean_points,
        alliance_rows.last_mean_points_lower,
        alliance_rows.last_mean_points_upper,
        alliance_rows.last_sd_points,
        alliance_rows.fell_rate,
        alliance_rows.fell_rate_lower,
        alliance_rows.fell_rate_upper,
        alliance_rows.with_alert_rate,
        alliance_rows.with_alert_rate_lower,
        alliance_rows.with_alert_rate_upper,
        alliance_rows.n_rated >= policies.minimum_pairs_for_rate as says_level,
        alliance_rows.n_fall_base >= policies.minimum_pairs_for_rate as says_fell,
        alliance_rows.n_alert_base >= policies.minimum_pairs_for_rate as says_with_alert
    from alliance_rows
    inner join policies
        on
            alliance_rows.level = policies.mart_level
            and alliance_rows.period_kind = policies.period_kind
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
