-- Measurement-based care: whether sessions had the measures that were due, and how old the last is.
--
-- Sessions with a measure: attended sessions at which something was due (int_measures_due), in the
-- month of the session; `measured` with any of it done, `complete` with all of it. Last score:
-- courses with an attended session that ended in the period and have a valid score, not after their
-- end, on an instrument that their programme lists, of anybody whose answers can be due (client,
-- parent, teacher or partner), or the client's rating of a goal of a kind that it lists; the days
-- from the last of those to the end. Pairs are in
-- mart_completeness. Whether a score was looked at together in the session is not part of the
-- export. n_clients are the people with a session at which something was due.
--
-- Grain:  one row per level, subject and period with such a session or course.
-- Key:    level, subject_id, period_kind, period_start_on
-- Source: Wilson score interval, 95 %
with episodes as (
    select
        episode_key,
        client_key,
        programme_id,
        ended_on,
        n_attended
    from int_episodes
),

measures_due as (
    select
        episode_key,
        month_start_on,
        n_sessions_due,
        n_sessions_measured,
        n_sessions_complete
    from int_measures_due
),

scores as (
    select
        episode_key,
        instrument_id,
        administered_on
    from int_response_scores
    where respondent != 'therapist' and episode_key is not null and score_points is not null
),

goals as (
    select
        goal_key,
        episode_key,
        kind
    from stg_goals
),

client_ratings as (
    select
        goal_key,
        rated_on
    from stg_goal_ratings
    where rated_by = 'client'
),

programmes as (
    select
        programme_id,
        instruments
    from stg_programmes
),

listed_instruments as (
    select distinct
        programme_id,
        unnest(instruments) as instrument_id
    from programmes
),

measurements as (
    select
        episode_key,
        instrument_id,
        administered_on
    from scores
    union all
    select
        goals.episode_key,
        goals.kind as instrument_id,
        client_ratings.rated_on as administered_on
    from client_ratings
    inner join goals on client_ratings.goal_key = goals.goal_key
),

last_scores as (
    select
        episodes.episode_key,
        max(measurements.administered_on) as last_score_on
    from measurements
    inner join episodes on measurements.episode_key = episodes.episode_key
    inner join listed_instruments
        on
            episodes.programme_id = listed_instruments.programme_id
            and measurements.instrument_id = listed_instruments.instrument_id
    where episodes.n_attended > 0 and measurements.administered_on <= episodes.ended_on
    group by episodes.episode_key
),

closed_courses as (
    select
        episodes.episode_key,
        cast(date_trunc('month', episodes.ended_on) as date) as month_start_on,
        episodes.ended_on - last_scores.last_score_on as last_score_days
    from episodes
    left join last_scores on episodes.episode_key = last_scores.episode_key
    where episodes.n_attended > 0 and episodes.ended_on is not null
),

subjects as (
    select distinct
        subject_number,
        level,
        subject_id
    from int_episode_subjects
),

episode_subjects as (
    select
        episode_key,
        subject_number
    from int_episode_subjects
),

periods as (
    select distinct
        period_number,
        period_kind,
        period_start_on,
        period_end_on
    from int_period_months
),

period_months as (
    select
        period_number,
        period_start_on,
        month_start_on
    from int_period_months
),

-- The client's month before, at the same subject: people are not additive over months. Who had one
-- course only had the same month before at all of its subjects.
returning_clients as (
    select client_key
    from episodes
    group by client_key
    having count(*) > 1
),

course_months as (
    select
        measures_due.episode_key,
        episodes.client_key,
        returning_clients.client_key is not null as is_returning,
        measures_due.month_start_on,
        lag(measures_due.month_start_on) over (
            partition by measures_due.episode_key order by measures_due.month_start_on asc
        ) as previous_month_on,
        measures_due.n_sessions_due,
        measures_due.n_sessions_measured,
        measures_due.n_sessions_complete
    from measures_due
    inner join episodes on measures_due.episode_key = episodes.episode_key
    left join returning_clients on episodes.client_key = returning_clients.client_key
),

returning_months as (
    select
        episode_subjects.subject_number,
        course_months.client_key,
        course_months.month_start_on,
        sum(course_months.n_sessions_due) as n_sessions_due,
        sum(course_months.n_sessions_measured) as n_sessions_measured,
        sum(course_months.n_sessions_complete) as n_sessions_complete
    from course_months
    inner join episode_subjects on course_months.episode_key = episode_subjects.episode_key
    where course_months.is_returning
    group by
        episode_subjects.subject_number,
        course_months.client_key,
        course_months.month_start_on
),

client_months as (
    select
        episode_subjects.subject_number,
        course_months.month_start_on,
        course_months.previous_month_on,
        course_months.n_sessions_due,
        course_months.n_sessions_measured,
        course_months.n_sessions_complete
    from course_months
    inner join episode_subjects on course_months.episode_key = episode_subjects.episode_key
    where not course_months.is_returning
    union all
    select
        subject_number,
        month_start_on,
        lag(month_start_on) over (
            partition by subject_number, client_key order by month_start_on asc
        ) as previous_month_on,
        n_sessions_due,
        n_sessions_measured,
        n_sessions_complete
    from returning_months
),

monthly_cells as (
    select
        subject_number,
        month_start_on,
        previous_month_on,
        count(*) as n_clients,
        cast(sum(n_sessions_due) as bigint) as n_sessions_due,
        cast(sum(n_sessions_measured) as bigint) as n_sessions_measured,
        cast(sum(n_sessions_complete) as bigint) as n_sessions_complete
    from client_months
    group by subject_number, month_start_on, previous_month_on
),

session_counts as (
    select
        monthly_cells.subject_number,
        period_months.period_number,
        cast(
            sum(
                case
                    when monthly_cells.previous_month_on >= period_months.period_start_on then 0
                    else monthly_cells.n_clients
                end
            ) as bigint
        ) as n_clients,
        cast(sum(monthly_cells.n_sessions_due) as bigint) as n_sessions_due,
        cast(sum(monthly_cells.n_sessions_measured) as bigint) as n_sessions_measured,
        cast(sum(monthly_cells.n_sessions_complete) as bigint) as n_sessions_complete
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by monthly_cells.subject_number, period_months.period_number
),

-- A histogram: months add up, and a rank is found by counting along it. Courses without a score
-- have no days and come last.
day_cells as (
    select
        episode_subjects.subject_number,
        closed_courses.month_start_on,
        closed_courses.last_score_days,
        count(*) as n_courses
    from closed_courses
    inner join episode_subjects on closed_courses.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.subject_number,
        closed_courses.month_start_on,
        closed_courses.last_score_days
),

period_days as (
    select
        day_cells.subject_number,
        period_months.period_number,
        day_cells.last_score_days,
        cast(sum(day_cells.n_courses) as bigint) as n_courses,
        cast(
            sum(
                case when day_cells.last_score_days is null then 0 else day_cells.n_courses end
            ) as bigint
        ) as n_scored
    from day_cells
    inner join period_months on day_cells.month_start_on = period_months.month_start_on
    group by
        day_cells.subject_number, period_months.period_number, day_cells.last_score_days
),

ranked_days as (
    select
        subject_number,
        period_number,
        last_score_days,
        n_courses,
        n_scored,
        cast(sum(n_scored) over up_to as bigint) as n_up_to,
        cast(sum(n_scored) over everything as bigint) as n_all
    from period_days
    window
        up_to as (
            partition by subject_number, period_number order by last_score_days asc nulls last
        ),
        everything as (partition by subject_number, period_number)
),

-- The middle: of an even number, half way between the two in the middle.
course_counts as (
    select
        subject_number,
        period_number,
        cast(sum(n_courses) as bigint) as n_closed,
        cast(sum(n_scored) as bigint) as n_with_last_score,
        min(last_score_days) filter (where n_up_to > (n_all - 1) // 2) as lower_days,
        min(last_score_days) filter (where n_up_to > n_all // 2) as upper_days
    from ranked_days
    group by subject_number, period_number
),

-- Not every subject has both in a period; what it lacks is 0.
counts as (
    select
        coalesce(session_counts.subject_number, course_counts.subject_number) as subject_number,
        coalesce(session_counts.period_number, course_counts.period_number) as period_number,
        coalesce(session_counts.n_clients, 0) as n_clients,
        coalesce(session_counts.n_sessions_due, 0) as n_sessions_due,
        coalesce(session_counts.n_sessions_measured, 0) as n_sessions_measured,
        coalesce(session_counts.n_sessions_complete, 0) as n_sessions_complete,
        coalesce(course_counts.n_closed, 0) as n_closed,
        coalesce(course_counts.n_with_last_score, 0) as n_with_last_score,
        course_counts.lower_days,
        course_counts.upper_days
    from session_counts
    full join course_counts
        on
            session_counts.subject_number = course_counts.subject_number
            and session_counts.period_number = course_counts.period_number
)

select
    subjects.level,
    subjects.subject_id,
    periods.period_kind,
    periods.period_start_on,
    periods.period_end_on,
    counts.n_clients,
    counts.n_sessions_due,
    counts.n_sessions_measured,
    counts.n_sessions_measured / nullif(counts.n_sessions_due, 0) as sessions_measured_rate,
    wilson_lower(counts.n_sessions_measured, counts.n_sessions_due)
        as sessions_measured_rate_lower,
    wilson_upper(counts.n_sessions_measured, counts.n_sessions_due)
        as sessions_measured_rate_upper,
    counts.n_sessions_complete,
    counts.n_sessions_complete / nullif(counts.n_sessions_due, 0) as sessions_complete_rate,
    wilson_lower(counts.n_sessions_complete, counts.n_sessions_due)
        as sessions_complete_rate_lower,
    wilson_upper(counts.n_sessions_complete, counts.n_sessions_due)
        as sessions_complete_rate_upper,
    counts.n_closed,
    counts.n_with_last_score,
    cast((counts.lower_days + counts.upper_days) / 2 as decimal(9, 4)) as last_score_median_days
from counts
inner join subjects on counts.subject_number = subjects.subject_number
inner join periods on counts.period_number = periods.period_number
order by subjects.level, subjects.subject_id, periods.period_kind, periods.period_start_on
