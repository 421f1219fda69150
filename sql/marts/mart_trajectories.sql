-- Curves of the scores of ended courses, session by session and week by week, and who is still
-- there at each point: a curve rises also when those leave who were worse off.
--
-- Only courses with a first score and a session 1 count. A course has one score at a position, the
-- last one there; positions after $trajectory_positions are not shown. Position 0 is before
-- session 1 (sessions) or the first week (weeks). Still there: it had as many attended sessions, or
-- had not ended by that week. The `gone_` means are over courses that were no longer there and have
-- scores on two days (`n_gone_paired`): one score says nothing of a change.
-- `measured_first_mean_points` is where those who were measured at the position had begun: the same
-- people as in `mean_points`.
--
-- The clinic and its programmes have all twelve-month periods, since every month's report draws
-- their curves; therapists and groups the last one alone, so that only the pages of the newest
-- month draw theirs. Those of all months would be nearly three times as many rows again and as much
-- work, growing with the staff times the months, and most of them rest on few courses. All but
-- therapists have `all` too: all courses up to the last complete month, which for a group is its
-- whole run.
--
-- Grain:  one row per level, subject, instrument, period, axis and position with a score.
-- Key:    level, subject_id, instrument_id, period_kind, period_start_on, axis, position
with scores as (
    select
        episode_key,
        instrument_id,
        place,
        administered_on,
        session_number,
        week,
        score_points
    from int_session_scores
    where improvement_points is not null
),

ended_episodes as (
    select
        cast(row_number() over (order by episode_key asc) as integer) as episode_number,
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
        subject_number
    from int_episode_subjects
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
    select cast($trajectory_positions as integer) + 1 as n_positions
),

history as (
    select
        min(period_start_on) as period_start_on,
        max(period_end_on) as period_end_on
    from period_months
    where period_kind = 'month'
),

window_months as (
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

windows as (
    select
        cast(row_number() over (order by period_kind asc, period_start_on asc) as smallint)
            as window_number,
        period_kind,
        period_start_on,
        period_end_on
    from window_months
    group by period_kind, period_start_on, period_end_on
),

-- Therapists and groups have two periods at most, so their months are kept apart only by whether
-- the last twelve hold them: the last month stands for those that do, the first one for the others.
months as (
    select
        history_months.month_start_on,
        case
            when newest_months.month_start_on is null then history.period_start_on
            else cast(date_trunc('month', history.period_end_on) as date)
        end as half_start_on
    from window_months as history_months
    cross join history
    left join window_months as newest_months
        on
            history_months.month_start_on = newest_months.month_start_on
            and newest_months.period_kind = 'rolling_12m'
            and newest_months.is_newest
    where history_months.period_kind = 'all'
),

subjects as (
    select distinct
        subject_number,
        level,
        subject_id,
        level in ('clinic', 'programme') as has_every_window
    from int_episode_subjects
    where level in ('clinic', 'programme', 'therapist', 'group')
),

instruments as (
    select
        cast(row_number() over (order by instrument_id asc) as smallint) as instrument_number,
        instrument_id
    from scores
    group by instrument_id
),

ended_subjects as (
    select
        ended_episodes.episode_number,
        ended_episodes.client_key,
        subjects.subject_number,
        case
            when subjects.has_every_window then months.month_start_on
            else months.half_start_on
        end as counted_on
    from episode_subjects
    inner join ended_episodes on episode_subjects.episode_key = ended_episodes.episode_key
    inner join months on ended_episodes.month_start_on = months.month_start_on
    inner join subjects on episode_subjects.subject_number = subjects.subject_number
),

subject_windows as (
    select
        subjects.subject_number,
        window_months.month_start_on,
        windows.window_number,
        windows.period_start_on
    from window_months
    inner join windows
        on
            window_months.period_kind = windows.period_kind
            and window_months.period_start_on = windows.period_start_on
    inner join subjects
        on
            case
                when window_months.period_kind = 'all' then subjects.level != 'therapist'
                else window_months.is_newest or subjects.has_every_window
            end
),

-- Points are whole ten-thousandths from here on, so that no sum depends on its order.
ended_scores as (
    select
        ended_episodes.episode_number,
        instruments.instrument_number,
        scores.place,
        scores.administered_on,
        scores.session_number,
        scores.week,
        cast(scores.score_points * 10000 as integer) as x
    from scores
    inner join ended_episodes on scores.episode_key = ended_episodes.episode_key
    inner join instruments on scores.instrument_id = instruments.instrument_id
),

session_scores as (
    select
        episode_number,
        instrument_number,
        place,
        administered_on,
        session_number,
        week,
        x,
        first_value(x) over in_order as first_x,
        first_value(administered_on) over in_order as first_on,
        lead(session_number) over in_order as next_session_number,
        lead(week) over in_order as next_week
    from ended_scores
    window in_order as (partition by episode_number, instrument_number order by place asc)
),

courses as (
    select
        episode_number,
        instrument_number,
        first_x,
        x as last_x,
        administered_on > first_on as is_paired
    from session_scores
    where next_session_number is null
),

-- A spot is an instrument, an axis and a position on it, as one number.
points as (
    select
        session_scores.episode_number,
        session_scores.instrument_number * 2 * reach.n_positions
        + session_scores.session_number as spot_number,
        session_scores.x,
        session_scores.first_x
    from session_scores
    inner join reach on session_scores.session_number < reach.n_positions
    where coalesce(session_scores.next_session_number != session_scores.session_number, true)
    union all
    select
        session_scores.episode_number,
        (session_scores.instrument_number * 2 + 1) * reach.n_positions
        + session_scores.week as spot_number,
        session_scores.x,
        session_scores.first_x
    from session_scores
    inner join reach on session_scores.week < reach.n_positions
    where coalesce(session_scores.next_week != session_scores.week, true)
),

-- How many courses have which score: means, spread and quartiles of all periods follow from that,
-- whatever the number of courses.
monthly_scores as (
    select
        points.spot_number,
        ended_subjects.subject_number,
        ended_subjects.counted_on,
        points.x,
        count(*) as n,
        cast(sum(points.first_x) as bigint) as first_sum
    from points
    inner join ended_subjects on points.episode_number = ended_subjects.episode_number
    group by
        points.spot_number,
        ended_subjects.subject_number,
        ended_subjects.counted_on,
        points.x
),

period_scores as (
    select
        monthly_scores.subject_number,
        monthly_scores.spot_number,
        subject_windows.window_number,
        monthly_scores.x,
        cast(sum(monthly_scores.n) as bigint) as n,
        cast(sum(monthly_scores.first_sum) as bigint) as first_sum
    from monthly_scores
    inner join subject_windows
        on
            monthly_scores.subject_number = subject_windows.subject_number
            and monthly_scores.counted_on = subject_windows.month_start_on
    group by
        monthly_scores.subject_number,
        monthly_scores.spot_number,
        subject_windows.window_number,
        monthly_scores.x
),

-- The place of the last course with a score, in the order of scores, and the number of courses.
ordered_scores as (
    select
        subject_number,
        spot_number,
        window_number,
        x,
        n,
        first_sum,
        cast(sum(n) over up_to as bigint) as n_up_to,
        cast(sum(n) over everything as bigint) as n_all
    from period_scores
    window
        up_to as (
            partition by subject_number, spot_number, window_number
            order by x asc
            rows between unbounded preceding and current row
        ),
        everything as (
            partition by subject_number, spot_number, window_number
        )
),

-- A quartile lies at (n - 1) k / 4 between the two scores at the whole places around it.
spot_sums as (
    select
        subject_number,
        spot_number,
        window_number,
        cast(sum(n) as bigint) as n_measured,
        cast(sum(n * x) as hugeint) as s,
        cast(sum(cast(n * x as hugeint) * x) as hugeint) as q,
        cast(sum(first_sum) as hugeint) as first_sum,
        min(x) filter (where 4 * n_up_to > n_all - 1) as q1_x,
        min(x) filter (where 4 * (n_up_to - 1) >= n_all - 1) as q1_next_x,
        min(x) filter (where 4 * n_up_to > 2 * (n_all - 1)) as median_x,
        min(x) filter (where 4 * (n_up_to - 1) >= 2 * (n_all - 1)) as median_next_x,
        min(x) filter (where 4 * n_up_to > 3 * (n_all - 1)) as q3_x,
        min(x) filter (where 4 * (n_up_to - 1) >= 3 * (n_all - 1)) as q3_next_x
    from ordered_scores
    group by subject_number, spot_number, window_number
),

spot_figures as (
    select
        subject_number,
        spot_number,
        window_number,
        n_measured,
        s,
        q,
        first_sum,
        cast(4 * q1_x + ((n_measured - 1) % 4) * (q1_next_x - q1_x) as double) / 4 as q1_x,
        cast(4 * median_x + ((2 * (n_measured - 1)) % 4) * (median_next_x - median_x) as double)
        / 4 as median_x,
        cast(4 * q3_x + ((3 * (n_measured - 1)) % 4) * (q3_next_x - q3_x) as double) / 4 as q3_x
    from spot_sums
),

positions as (
    select
        spot_figures.subject_number,
        cast(spot_figures.spot_number // (2 * reach.n_positions) as smallint) as instrument_number,
        spot_figures.window_number,
        (spot_figures.spot_number // reach.n_positions) % 2 = 1 as is_by_week,
        cast(spot_figures.spot_number % reach.n_positions as integer) as position,
        spot_figures.n_measured,
        spot_figures.s,
        spot_figures.q,
        spot_figures.first_sum,
        spot_figures.q1_x,
        spot_figures.median_x,
        spot_figures.q3_x
    from spot_figures
    cross join reach
),

by_weeks (is_by_week) as (
    values
    (false),
    (true)
),

course_ends as (
    select
        courses.episode_number,
        courses.instrument_number,
        by_weeks.is_by_week,
        least(
            case
                when by_weeks.is_by_week
                    then
                        cast(
                            floor(
                                greatest(ended_episodes.ended_on - ended_episodes.session_1_on, 0)
                                / 7
                            ) as integer
                        )
                else ended_episodes.n_attended
            end,
            reach.n_positions - 1
        ) as last_position,
        courses.first_x,
        courses.last_x,
        courses.is_paired
    from courses
    inner join ended_episodes on courses.episode_number = ended_episodes.episode_number
    cross join by_weeks
    cross join reach
),

monthly_ends as (
    select
        ended_subjects.subject_number,
        course_ends.instrument_number,
        course_ends.is_by_week,
        course_ends.last_position,
        ended_subjects.counted_on,
        count(*) as n,
        cast(sum(course_ends.first_x) as bigint) as first_sum,
        count(*) filter (where course_ends.is_paired) as n_paired,
        cast(sum(course_ends.first_x) filter (where course_ends.is_paired) as bigint)
            as paired_first_sum,
        cast(sum(course_ends.last_x) filter (where course_ends.is_paired) as bigint)
            as paired_last_sum
    from course_ends
    inner join ended_subjects on course_ends.episode_number = ended_subjects.episode_number
    group by
        ended_subjects.subject_number,
        course_ends.instrument_number,
        course_ends.is_by_week,
        course_ends.last_position,
        ended_subjects.counted_on
),

period_ends as (
    select
        monthly_ends.subject_number,
        monthly_ends.instrument_number,
        subject_windows.window_number,
        monthly_ends.is_by_week,
        monthly_ends.last_position,
        cast(sum(monthly_ends.n) as bigint) as n,
        cast(sum(monthly_ends.first_sum) as bigint) as first_sum,
        cast(sum(monthly_ends.n_paired) as bigint) as n_paired,
        cast(sum(monthly_ends.paired_first_sum) as bigint) as paired_first_sum,
        cast(sum(monthly_ends.paired_last_sum) as bigint) as paired_last_sum
    from monthly_ends
    inner join subject_windows
        on
            monthly_ends.subject_number = subject_windows.subject_number
            and monthly_ends.counted_on = subject_windows.month_start_on
    group by
        monthly_ends.subject_number,
        monthly_ends.instrument_number,
        subject_windows.window_number,
        monthly_ends.is_by_week,
        monthly_ends.last_position
),

-- A course is gone from the position after its last one. Its row there and those of the positions,
-- in one order: what has been added up at a position is of those who were gone by then.
markers as (
    select
        subject_number,
        instrument_number,
        window_number,
        is_by_week,
        position,
        n_measured,
        s,
        q,
        first_sum as measured_first_sum,
        q1_x,
        median_x,
        q3_x,
        0 as n,
        0 as first_sum,
        0 as n_paired,
        0 as paired_first_sum,
        0 as paired_last_sum
    from positions
    union all
    select
        subject_number,
        instrument_number,
        window_number,
        is_by_week,
        cast(last_position + 1 as integer) as position,
        null as n_measured,
        null as s,
        null as q,
        null as measured_first_sum,
        null as q1_x,
        null as median_x,
        null as q3_x,
        n,
        first_sum,
        n_paired,
        paired_first_sum,
        paired_last_sum
    from period_ends
),

running_sums as (
    select
        subject_number,
        instrument_number,
        window_number,
        is_by_week,
        position,
        n_measured,
        s,
        q,
        measured_first_sum,
        q1_x,
        median_x,
        q3_x,
        cast(sum(n) over everybody as bigint) as n_courses,
        cast(sum(first_sum) over everybody as bigint) as first_sum,
        cast(sum(n) over gone as bigint) as n_gone,
        cast(sum(first_sum) over gone as bigint) as gone_sum,
        cast(sum(n_paired) over gone as bigint) as n_gone_paired,
        cast(sum(paired_first_sum) over gone as bigint) as gone_first_sum,
        cast(sum(paired_last_sum) over gone as bigint) as gone_last_sum
    from markers
    window
        everybody as (
            partition by subject_number, instrument_number, window_number, is_by_week
        ),
        gone as (
            partition by subject_number, instrument_number, window_number, is_by_week
            order by position asc
            range between unbounded preceding and current row
        )
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

repeated_courses as (
    select
        ended_subjects.subject_number,
        courses.instrument_number,
        ended_subjects.counted_on,
        lag(ended_subjects.counted_on) over (
            partition by
                ended_subjects.subject_number,
                courses.instrument_number,
                ended_subjects.client_key
            order by ended_subjects.counted_on asc, courses.episode_number asc
        ) as previous_on
    from courses
    inner join ended_subjects on courses.episode_number = ended_subjects.episode_number
    inner join returning_clients on ended_subjects.client_key = returning_clients.client_key
),

period_repeats as (
    select
        repeated_courses.subject_number,
        repeated_courses.instrument_number,
        subject_windows.window_number,
        count(*) as n_repeated
    from repeated_courses
    inner join subject_windows
        on
            repeated_courses.subject_number = subject_windows.subject_number
            and repeated_courses.counted_on = subject_windows.month_start_on
            and repeated_courses.previous_on >= subject_windows.period_start_on
    group by
        repeated_courses.subject_number,
        repeated_courses.instrument_number,
        subject_windows.window_number
)

select
    subjects.level,
    subjects.subject_id,
    instruments.instrument_id,
    windows.period_kind,
    windows.period_start_on,
    windows.period_end_on,
    case when running_sums.is_by_week then 'week' else 'session' end as axis,
    running_sums.position,
    running_sums.n_courses - coalesce(period_repeats.n_repeated, 0) as n_clients,
    running_sums.n_courses,
    running_sums.n_courses - running_sums.n_gone as n_there,
    running_sums.n_measured,
    cast(running_sums.s as double) / nullif(10000 * running_sums.n_measured, 0) as mean_points,
    sqrt(
        cast(running_sums.n_measured * running_sums.q - running_sums.s * running_sums.s as double)
        / nullif(running_sums.n_measured * (running_sums.n_measured - 1), 0)
    ) / 10000 as sd_points,
    running_sums.q1_x / 10000 as q1_points,
    running_sums.median_x / 10000 as median_points,
    running_sums.q3_x / 10000 as q3_points,
    cast(running_sums.measured_first_sum as double) / nullif(10000 * running_sums.n_measured, 0)
        as measured_first_mean_points,
    cast(running_sums.first_sum as double)
    / nullif(10000 * running_sums.n_courses, 0) as first_mean_points,
    cast(running_sums.first_sum - running_sums.gone_sum as double)
    / nullif(10000 * (running_sums.n_courses - running_sums.n_gone), 0)
        as there_first_mean_points,
    cast(running_sums.gone_first_sum as double) / nullif(10000 * running_sums.n_gone_paired, 0)
        as gone_first_mean_points,
    cast(running_sums.gone_last_sum as double) / nullif(10000 * running_sums.n_gone_paired, 0)
        as gone_last_mean_points,
    running_sums.n_gone_paired
from running_sums
inner join subjects on running_sums.subject_number = subjects.subject_number
inner join instruments on running_sums.instrument_number = instruments.instrument_number
inner join windows on running_sums.window_number = windows.window_number
left join period_repeats
    on
        running_sums.subject_number = period_repeats.subject_number
        and running_sums.instrument_number = period_repeats.instrument_number
        and running_sums.window_number = period_repeats.window_number
where running_sums.n_measured is not null
order by
    subjects.level,
    subjects.subject_id,
    instruments.instrument_id,
    windows.period_kind,
    windows.period_start_on,
    axis,
    running_sums.position
