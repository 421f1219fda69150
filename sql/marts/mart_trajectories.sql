-- Curves of the scores of ended courses, session by session and week by week, and who is still
-- there at each point: a curve rises also when those leave who were worse off.
--
-- Only courses with a first score and a session 1 count. A course has one score at a position, the
-- last one there; positions after $trajectory_positions are not shown. Position 0 is before
-- session 1 (sessions) or the first week (weeks). Still there: it had as many attended sessions, or
-- had not ended by that week. `measured_first_mean_points` is where those who were measured at the
-- position had begun: the same people as in `mean_points`. The clinic has all twelve-month periods,
-- everybody else the last one; `all` are all courses up to the last complete month.
--
-- Grain:  one row per level, subject, instrument, period, axis and position with a score.
-- Key:    level, subject_id, instrument_id, period_kind, period_start_on, axis, position
with scores as (
    select
        episode_key,
        instrument_id,
        place,
        session_number,
        week,
        score_points
    from int_session_scores
    where improvement_points is not null
),

ended_episodes as (
    select
        episode_key,
        client_key,
        session_1_on,
        ended_on,
        n_attended,
        cast(date_trunc('month', ended_on) as date) as month_start_on
    from int_episodes
    where ended_on is not null and session_1_on is not null
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
    where level in ('clinic', 'programme', 'therapist', 'group')
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
    where period_kind in ('month', 'rolling_12m')
),

reach as (
    select cast($trajectory_positions as integer) as last_shown
),

history as (
    select
        min(period_start_on) as period_start_on,
        max(period_end_on) as period_end_on
    from period_months
    where period_kind = 'month'
),

windows as (
    select
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        period_months.month_start_on,
        period_months.period_end_on = history.period_end_on as is_newest
    from period_months
    cross join history
    where period_months.period_kind = 'rolling_12m'
    union all
    select
        'all' as period_kind,
        history.period_start_on,
        history.period_end_on,
        period_months.month_start_on,
        true as is_newest
    from period_months
    cross join history
    where period_months.period_kind = 'month'
),

scores_in_order as (
    select
        episode_key,
        instrument_id,
        place,
        session_number,
        week,
        score_points,
        lead(session_number) over in_order as next_session_number,
        lead(week) over in_order as next_week,
        lead(place) over in_order as next_place
    from scores
    window in_order as (partition by episode_key, instrument_id order by place asc)
),

-- Points are whole ten-thousandths from here on, so that no sum depends on its order.
session_scores as (
    select
        episode_key,
        instrument_id,
        place,
        session_number,
        week,
        cast(score_points * 10000 as hugeint) as x,
        next_place is null as is_last,
        coalesce(next_session_number != session_number, true) as is_last_of_session,
        coalesce(next_week != week, true) as is_last_of_week
    from scores_in_order
),

courses as (
    select
        episode_key,
        instrument_id,
        max(x) filter (where place = 1) as first_x,
        max(x) filter (where is_last) as last_x
    from session_scores
    group by episode_key, instrument_id
),

points as (
    select
        session_scores.episode_key,
        session_scores.instrument_id,
        'session' as axis,
        session_scores.session_number as position,
        session_scores.x
    from session_scores
    inner join reach on session_scores.session_number <= reach.last_shown
    where session_scores.is_last_of_session
    union all
    select
        session_scores.episode_key,
        session_scores.instrument_id,
        'week' as axis,
        session_scores.week as position,
        session_scores.x
    from session_scores
    inner join reach on session_scores.week <= reach.last_shown
    where session_scores.is_last_of_week
),

-- How many courses have which score: means, spread and quartiles all follow from it.
monthly_scores as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        points.instrument_id,
        points.axis,
        points.position,
        ended_episodes.month_start_on,
        points.x,
        count(*) as n,
        sum(courses.first_x) as first_sum
    from points
    inner join ended_episodes on points.episode_key = ended_episodes.episode_key
    inner join courses
        on
            points.episode_key = courses.episode_key
            and points.instrument_id = courses.instrument_id
    inner join episode_subjects on points.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.level,
        episode_subjects.subject_id,
        points.instrument_id,
        points.axis,
        points.position,
        ended_episodes.month_start_on,
        points.x
),

period_scores as (
    select
        monthly_scores.level,
        monthly_scores.subject_id,
        monthly_scores.instrument_id,
        windows.period_kind,
        windows.period_start_on,
        windows.period_end_on,
        monthly_scores.axis,
        monthly_scores.position,
        monthly_scores.x,
        cast(sum(monthly_scores.n) as hugeint) as n,
        sum(monthly_scores.first_sum) as first_sum
    from monthly_scores
    inner join windows
        on
            monthly_scores.month_start_on = windows.month_start_on
            and (windows.is_newest or monthly_scores.level = 'clinic')
    group by
        monthly_scores.level,
        monthly_scores.subject_id,
        monthly_scores.instrument_id,
        windows.period_kind,
        windows.period_start_on,
        windows.period_end_on,
        monthly_scores.axis,
        monthly_scores.position,
        monthly_scores.x
),

-- The place of the last course with a score, in the order of scores, and the number of courses.
ordered_scores as (
    select
        level,
        subject_id,
        instrument_id,
        period_kind,
        period_start_on,
        period_end_on,
        axis,
        position,
        x,
        n,
        first_sum,
        sum(n) over (
            partition by
                level, subject_id, instrument_id, period_kind, period_start_on, axis, position
            order by x asc
            rows between unbounded preceding and current row
        ) as n_up_to,
        sum(n) over (
            partition by
                level, subject_id, instrument_id, period_kind, period_start_on, axis, position
        ) as n_all
    from period_scores
),

-- A quartile lies at (n - 1) k / 4 between the two scores at the whole places around it.
positions as (
    select
        level,
        subject_id,
        instrument_id,
        period_kind,
        period_start_on,
        period_end_on,
        axis,
        position,
        sum(n) as n_measured,
        sum(n * x) as s,
        sum(n * x * x) as q,
        sum(first_sum) as first_sum,
        min(x) filter (where 4 * n_up_to > n_all - 1) as q1_x,
        min(x) filter (where 4 * (n_up_to - 1) >= n_all - 1) as q1_next_x,
        min(x) filter (where 4 * n_up_to > 2 * (n_all - 1)) as median_x,
        min(x) filter (where 4 * (n_up_to - 1) >= 2 * (n_all - 1)) as median_next_x,
        min(x) filter (where 4 * n_up_to > 3 * (n_all - 1)) as q3_x,
        min(x) filter (where 4 * (n_up_to - 1) >= 3 * (n_all - 1)) as q3_next_x
    from ordered_scores
    group by
        level,
        subject_id,
        instrument_id,
        period_kind,
        period_start_on,
        period_end_on,
        axis,
        position
),

axes (axis) as (
    values
    ('session'),
    ('week')
),

-- The month of the client's ended course before, at the same subject and instrument: people are not
-- additive over months, but a course whose client had one earlier in a period is told by it.
cohort as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        courses.instrument_id,
        courses.first_x,
        courses.last_x,
        ended_episodes.n_attended as last_session,
        cast(
            floor(greatest(ended_episodes.ended_on - ended_episodes.session_1_on, 0) / 7)
            as integer
        ) as last_week,
        ended_episodes.month_start_on,
        lag(ended_episodes.month_start_on) over (
            partition by
                episode_subjects.level,
                episode_subjects.subject_id,
                courses.instrument_id,
                ended_episodes.client_key
            order by ended_episodes.month_start_on asc, courses.episode_key asc
        ) as previous_month_on
    from courses
    inner join ended_episodes on courses.episode_key = ended_episodes.episode_key
    inner join episode_subjects on courses.episode_key = episode_subjects.episode_key
),

cohort_ends as (
    select
        cohort.level,
        cohort.subject_id,
        cohort.instrument_id,
        axes.axis,
        cohort.month_start_on,
        cohort.previous_month_on,
        cohort.first_x,
        cohort.last_x,
        least(
            case axes.axis when 'session' then cohort.last_session else cohort.last_week end,
            reach.last_shown
        ) as last_position
    from cohort
    cross join axes
    cross join reach
),

monthly_ends as (
    select
        level,
        subject_id,
        instrument_id,
        axis,
        last_position,
        month_start_on,
        previous_month_on,
        count(*) as n,
        sum(first_x) as first_sum,
        sum(last_x) as last_sum
    from cohort_ends
    group by
        level,
        subject_id,
        instrument_id,
        axis,
        last_position,
        month_start_on,
        previous_month_on
),

period_ends as (
    select
        monthly_ends.level,
        monthly_ends.subject_id,
        monthly_ends.instrument_id,
        windows.period_kind,
        windows.period_start_on,
        monthly_ends.axis,
        monthly_ends.last_position,
        sum(monthly_ends.n) as n,
        sum(
            case
                when monthly_ends.previous_month_on >= windows.period_start_on then 0
                else monthly_ends.n
            end
        ) as n_clients,
        sum(monthly_ends.first_sum) as first_sum,
        sum(monthly_ends.last_sum) as last_sum
    from monthly_ends
    inner join windows
        on
            monthly_ends.month_start_on = windows.month_start_on
            and (windows.is_newest or monthly_ends.level = 'clinic')
    group by
        monthly_ends.level,
        monthly_ends.subject_id,
        monthly_ends.instrument_id,
        windows.period_kind,
        windows.period_start_on,
        monthly_ends.axis,
        monthly_ends.last_position
),

whereabouts as (
    select
        positions.level,
        positions.subject_id,
        positions.instrument_id,
        positions.period_kind,
        positions.period_start_on,
        positions.axis,
        positions.position,
        cast(sum(period_ends.n_clients) as bigint) as n_clients,
        cast(sum(period_ends.n) as bigint) as n_courses,
        cast(
            sum(
                case when period_ends.last_position >= positions.position then period_ends.n end
            ) as bigint
        ) as n_there,
        cast(sum(period_ends.first_sum) as double) as first_sum,
        cast(
            sum(
                case
                    when period_ends.last_position >= positions.position
                        then period_ends.first_sum
                end
            ) as double
        ) as there_first_sum,
        cast(
            sum(
                case
                    when period_ends.last_position < positions.position then period_ends.first_sum
                end
            ) as double
        ) as gone_first_sum,
        cast(
            sum(
                case
                    when period_ends.last_position < positions.position then period_ends.last_sum
                end
            ) as double
        ) as gone_last_sum
    from positions
    inner join period_ends
        on
            positions.level = period_ends.level
            and positions.subject_id = period_ends.subject_id
            and positions.instrument_id = period_ends.instrument_id
            and positions.period_kind = period_ends.period_kind
            and positions.period_start_on = period_ends.period_start_on
            and positions.axis = period_ends.axis
    group by
        positions.level,
        positions.subject_id,
        positions.instrument_id,
        positions.period_kind,
        positions.period_start_on,
        positions.axis,
        positions.position
)

select
    positions.level,
    positions.subject_id,
    positions.instrument_id,
    positions.period_kind,
    positions.period_start_on,
    positions.period_end_on,
    positions.axis,
    positions.position,
    whereabouts.n_clients,
    whereabouts.n_courses,
    whereabouts.n_there,
    cast(positions.n_measured as bigint) as n_measured,
    cast(positions.s as double) / nullif(10000 * positions.n_measured, 0) as mean_points,
    sqrt(
        cast(positions.n_measured * positions.q - positions.s * positions.s as double)
        / nullif(positions.n_measured * (positions.n_measured - 1), 0)
    ) / 10000 as sd_points,
    cast(
        4 * positions.q1_x
        + ((positions.n_measured - 1) % 4) * (positions.q1_next_x - positions.q1_x)
        as double
    ) / 40000 as q1_points,
    cast(
        4 * positions.median_x
        + ((2 * (positions.n_measured - 1)) % 4) * (positions.median_next_x - positions.median_x)
        as double
    ) / 40000 as median_points,
    cast(
        4 * positions.q3_x
        + ((3 * (positions.n_measured - 1)) % 4) * (positions.q3_next_x - positions.q3_x)
        as double
    ) / 40000 as q3_points,
    cast(positions.first_sum as double) / nullif(10000 * positions.n_measured, 0)
        as measured_first_mean_points,
    whereabouts.first_sum / nullif(10000 * whereabouts.n_courses, 0) as first_mean_points,
    whereabouts.there_first_sum / nullif(10000 * whereabouts.n_there, 0)
        as there_first_mean_points,
    whereabouts.gone_first_sum / nullif(10000 * (whereabouts.n_courses - whereabouts.n_there), 0)
        as gone_first_mean_points,
    whereabouts.gone_last_sum / nullif(10000 * (whereabouts.n_courses - whereabouts.n_there), 0)
        as gone_last_mean_points
from positions
inner join whereabouts
    on
        positions.level = whereabouts.level
        and positions.subject_id = whereabouts.subject_id
        and positions.instrument_id = whereabouts.instrument_id
        and positions.period_kind = whereabouts.period_kind
        and positions.period_start_on = whereabouts.period_start_on
        and positions.axis = whereabouts.axis
        and positions.position = whereabouts.position
order by
    positions.level,
    positions.subject_id,
    positions.instrument_id,
    positions.period_kind,
    positions.period_start_on,
    positions.axis,
    positions.position
