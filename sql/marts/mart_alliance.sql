-- The working relationship and the cohesion of groups in the courses that ended in a period.
--
-- Every scale of an instrument of the domain `alliance` and every respondent is apart. A course
-- counts in the month in which it ended, once it has a usable score up to its end. The first score
-- is the first of the course, whenever it was given: nobody can rate a working relationship before
-- there is one. Means are over `n_rated`, with limits by Student's t from five courses on; they
-- take courses as independent, which those of one therapist are not.
-- `n_fell` of `n_fall_base` courses with two scores fell by an SD or more from one to the next;
-- both are null where no spread is known, and `fall_reason` says so. Alerts are null where the
-- scale has none. A process of the work: no success, no rank, no sign of a therapist's skill. Low
-- scores can be honest, and the highest can be polite.
--
-- Grain:  one row per level, subject, instrument, scale, respondent and period with a rated course.
-- Key:    level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
-- Source: int_alliance_sds, ref_path_rules, ref_thresholds (alert); Student's t and Wilson
--         intervals, 95 %
with courses as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        n_scores,
        n_in_window,
        first_points,
        last_points,
        largest_fall_points,
        has_fall,
        n_judged,
        n_alerts,
        has_alert
    from int_alliance_courses
),

ended_episodes as (
    select
        episode_key,
        client_key,
        ended_on
    from int_episodes
    where ended_on is not null
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
),

sds as (
    select
        instrument_id,
        scale,
        respondent,
        sd_points,
        sd_basis
    from int_alliance_sds
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

ended_courses as (
    select
        courses.*,
        ended_episodes.client_key,
        ended_episodes.ended_on,
        cast(date_trunc('month', ended_episodes.ended_on) as date) as month_start_on
    from courses
    inner join ended_episodes on courses.episode_key = ended_episodes.episode_key
),

monthly_cells as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        ended_courses.instrument_id,
        ended_courses.scale,
        ended_courses.respondent,
        ended_courses.month_start_on,
        count(*) as n_rated,
        count(*) filter (where ended_courses.n_in_window > 0) as n_rated_in_time,
        sum(ended_courses.n_scores) as n_scores,
        count(ended_courses.largest_fall_points) as n_fall_base,
        count(*) filter (where ended_courses.has_fall) as n_fell,
        sum(ended_courses.n_judged) as n_judged,
        sum(ended_courses.n_alerts) as n_alerts,
        count(ended_courses.has_alert) as n_alert_base,
        count(*) filter (where ended_courses.has_alert) as n_with_alert,
        sum(ended_courses.first_points) as first_sum,
        sum(cast(ended_courses.first_points * ended_courses.first_points as decimal(38, 8)))
            as first_squares,
        sum(ended_courses.last_points) as last_sum,
        sum(cast(ended_courses.last_points * ended_courses.last_points as decimal(38, 8)))
            as last_squares
    from ended_courses
    inner join episode_subjects on ended_courses.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.level,
        episode_subjects.subject_id,
        ended_courses.instrument_id,
        ended_courses.scale,
        ended_courses.respondent,
        ended_courses.month_start_on
    -- The sums of one subject then lie together in memory, where its periods are added up.
    order by
        episode_subjects.level,
        episode_subjects.subject_id,
        ended_courses.instrument_id,
        ended_courses.scale,
        ended_courses.respondent,
        ended_courses.month_start_on
),

period_sums as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.instrument_id,
        monthly_cells.scale,
        monthly_cells.respondent,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        cast(sum(monthly_cells.n_rated) as bigint) as n_rated,
        cast(sum(monthly_cells.n_rated_in_time) as bigint) as n_rated_in_time,
        cast(sum(monthly_cells.n_scores) as bigint) as n_scores,
        cast(sum(monthly_cells.n_fall_base) as bigint) as n_fall_base,
        cast(sum(monthly_cells.n_fell) as bigint) as n_fell,
        cast(sum(monthly_cells.n_judged) as bigint) as n_judged,
        cast(sum(monthly_cells.n_alerts) as bigint) as n_alerts,
        cast(sum(monthly_cells.n_alert_base) as bigint) as n_alert_base,
        cast(sum(monthly_cells.n_with_alert) as bigint) as n_with_alert,
        sum(monthly_cells.first_sum) as first_sum,
        sum(monthly_cells.first_squares) as first_squares,
        sum(monthly_cells.last_sum) as last_sum,
        sum(monthly_cells.last_squares) as last_squares
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.instrument_id,
        monthly_cells.scale,
        monthly_cells.respondent,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on
),

-- People are not additive over months. They are the courses without those whose client had
-- already ended one in the same period: for that, the month of the client's course before is
-- enough, and only clients with several courses have one.
returning_clients as (
    select client_key
    from ended_episodes
    group by client_key
    having count(*) > 1
),

returning_subjects as (
    select
        episode_subjects.episode_key,
        episode_subjects.level,
        episode_subjects.subject_id
    from ended_episodes
    inner join returning_clients on ended_episodes.client_key = returning_clients.client_key
    inner join episode_subjects on ended_episodes.episode_key = episode_subjects.episode_key
),

repeated_courses as (
    select
        returning_subjects.level,
        returning_subjects.subject_id,
        ended_courses.instrument_id,
        ended_courses.scale,
        ended_courses.respondent,
        ended_courses.month_start_on,
        lag(ended_courses.month_start_on) over (
            partition by
                returning_subjects.level,
                returning_subjects.subject_id,
                ended_courses.instrument_id,
                ended_courses.scale,
                ended_courses.respondent,
                ended_courses.client_key
            order by ended_courses.ended_on asc, ended_courses.episode_key asc
        ) as previous_month_on
    from ended_courses
    inner join returning_subjects on ended_courses.episode_key = returning_subjects.episode_key
),

period_repeats as (
    select
        repeated_courses.level,
        repeated_courses.subject_id,
        repeated_courses.instrument_id,
        repeated_courses.scale,
        repeated_courses.respondent,
        period_months.period_kind,
        period_months.period_start_on,
        count(*) as n_repeated
    from repeated_courses
    inner join period_months
        on
            repeated_courses.month_start_on = period_months.month_start_on
            and repeated_courses.previous_month_on >= period_months.period_start_on
    group by
        repeated_courses.level,
        repeated_courses.subject_id,
        repeated_courses.instrument_id,
        repeated_courses.scale,
        repeated_courses.respondent,
        period_months.period_kind,
        period_months.period_start_on
),

-- n times the sum of squared deviations: exact in decimals, so a spread of nothing is exactly 0.
moments as (
    select
        period_sums.level,
        period_sums.subject_id,
        period_sums.instrument_id,
        period_sums.scale,
        period_sums.respondent,
        period_sums.period_kind,
        period_sums.period_start_on,
        period_sums.period_end_on,
        period_sums.n_rated - coalesce(period_repeats.n_repeated, 0) as n_clients,
        period_sums.n_rated,
        period_sums.n_rated_in_time,
        period_sums.n_scores,
        cast(period_sums.first_sum as double) / nullif(period_sums.n_rated, 0) as first_mean_points,
        sqrt(
            cast(
                period_sums.n_rated * period_sums.first_squares
                - period_sums.first_sum * period_sums.first_sum as double
            )
            / nullif(cast(period_sums.n_rated * (period_sums.n_rated - 1) as double), 0)
        ) as first_sd_points,
        cast(period_sums.last_sum as double) / nullif(period_sums.n_rated, 0) as last_mean_points,
        sqrt(
            cast(
                period_sums.n_rated * period_sums.last_squares
                - period_sums.last_sum * period_sums.last_sum as double
            )
            / nullif(cast(period_sums.n_rated * (period_sums.n_rated - 1) as double), 0)
        ) as last_sd_points,
        case when sds.sd_points is not null then period_sums.n_fall_base end as n_fall_base,
        case when sds.sd_points is not null then period_sums.n_fell end as n_fell,
        sds.sd_points as fall_sd_points,
        sds.sd_basis as fall_sd_basis,
        nullif(period_sums.n_judged, 0) as n_judged,
        case when period_sums.n_judged > 0 then period_sums.n_alerts end as n_alerts,
        nullif(period_sums.n_alert_base, 0) as n_alert_base,
        case when period_sums.n_alert_base > 0 then period_sums.n_with_alert end as n_with_alert
    from period_sums
    left join period_repeats
        on
            period_sums.level = period_repeats.level
            and period_sums.subject_id = period_repeats.subject_id
            and period_sums.instrument_id = period_repeats.instrument_id
            and period_sums.scale = period_repeats.scale
            and period_sums.respondent = period_repeats.respondent
            and period_sums.period_kind = period_repeats.period_kind
            and period_sums.period_start_on = period_repeats.period_start_on
    left join sds
        on
            period_sums.instrument_id = sds.instrument_id
            and period_sums.scale = sds.scale
            and period_sums.respondent = sds.respondent
)

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
    first_mean_points,
    first_mean_points - mean_reach(first_sd_points, n_rated) as first_mean_points_lower,
    first_mean_points + mean_reach(first_sd_points, n_rated) as first_mean_points_upper,
    first_sd_points,
    last_mean_points,
    last_mean_points - mean_reach(last_sd_points, n_rated) as last_mean_points_lower,
    last_mean_points + mean_reach(last_sd_points, n_rated) as last_mean_points_upper,
    last_sd_points,
    n_fall_base,
    n_fell,
    n_fell / nullif(n_fall_base, 0) as fell_rate,
    wilson_lower(n_fell, n_fall_base) as fell_rate_lower,
    wilson_upper(n_fell, n_fall_base) as fell_rate_upper,
    fall_sd_points,
    fall_sd_basis,
    case when fall_sd_points is null then 'no_known_spread' end as fall_reason,
    n_judged,
    n_alerts,
    n_alert_base,
    n_with_alert,
    n_with_alert / nullif(n_alert_base, 0) as with_alert_rate,
    wilson_lower(n_with_alert, n_alert_base) as with_alert_rate_lower,
    wilson_upper(n_with_alert, n_alert_base) as with_alert_rate_upper
from moments
order by level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
