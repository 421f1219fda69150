-- Measurement-based care: whether sessions had the measures that were due, and how old the last is.
--
-- Sessions with a measure: attended sessions at which something was due (int_measures_due), in the
-- month of the session; `measured` with any of it done, `complete` with all of it. Last score:
-- courses with an attended session that ended in the period and have a valid score of the client's
-- own, on an instrument that their programme lists, not after their end; the days from the last of
-- those to the end. Pairs are in mart_completeness. Whether a score was looked at together in the
-- session is not part of the export. n_clients are the people with a session at which
-- something was due.
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
    where respondent = 'client' and episode_key is not null and score_points is not null
),

programmes as (
    select
        programme_id,
        instruments
    from stg_programmes
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

listed_instruments as (
    select distinct
        programme_id,
        unnest(instruments) as instrument_id
    from programmes
),

last_scores as (
    select
        episodes.episode_key,
        max(scores.administered_on) as last_score_on
    from scores
    inner join episodes on scores.episode_key = episodes.episode_key
    inner join listed_instruments
        on
            episodes.programme_id = listed_instruments.programme_id
            and scores.instrument_id = listed_instruments.instrument_id
    where episodes.n_attended > 0 and scores.administered_on <= episodes.ended_on
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

-- Two kinds of facts in rows of one shape; what a kind does not count is 0.
client_months as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        episodes.client_key,
        measures_due.month_start_on,
        sum(measures_due.n_sessions_due) as n_sessions_due,
        sum(measures_due.n_sessions_measured) as n_sessions_measured,
        sum(measures_due.n_sessions_complete) as n_sessions_complete
    from measures_due
    inner join episodes on measures_due.episode_key = episodes.episode_key
    inner join episode_subjects on measures_due.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.level,
        episode_subjects.subject_id,
        episodes.client_key,
        measures_due.month_start_on
),

-- The client's month before, at the same subject: people are not additive over months.
dated_client_months as (
    select
        level,
        subject_id,
        month_start_on,
        lag(month_start_on) over (
            partition by level, subject_id, client_key order by month_start_on asc
        ) as previous_month_on,
        n_sessions_due,
        n_sessions_measured,
        n_sessions_complete
    from client_months
),

monthly_cells as (
    select
        level,
        subject_id,
        month_start_on,
        previous_month_on,
        count(*) as n_clients,
        sum(n_sessions_due) as n_sessions_due,
        sum(n_sessions_measured) as n_sessions_measured,
        sum(n_sessions_complete) as n_sessions_complete,
        0 as n_closed,
        0 as n_with_last_score
    from dated_client_months
    group by level, subject_id, month_start_on, previous_month_on
    union all
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        closed_courses.month_start_on,
        cast(null as date) as previous_month_on,
        0 as n_clients,
        0 as n_sessions_due,
        0 as n_sessions_measured,
        0 as n_sessions_complete,
        count(*) as n_closed,
        count(closed_courses.last_score_days) as n_with_last_score
    from closed_courses
    inner join episode_subjects on closed_courses.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.level, episode_subjects.subject_id, closed_courses.month_start_on
),

counts as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
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
        cast(sum(monthly_cells.n_sessions_complete) as bigint) as n_sessions_complete,
        cast(sum(monthly_cells.n_closed) as bigint) as n_closed,
        cast(sum(monthly_cells.n_with_last_score) as bigint) as n_with_last_score
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.level,
        monthly_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on
),

-- A histogram: months add up, and a rank is found by counting along it.
day_cells as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        closed_courses.month_start_on,
        closed_courses.last_score_days,
        count(*) as n_courses
    from closed_courses
    inner join episode_subjects on closed_courses.episode_key = episode_subjects.episode_key
    where closed_courses.last_score_days is not null
    group by
        episode_subjects.level,
        episode_subjects.subject_id,
        closed_courses.month_start_on,
        closed_courses.last_score_days
),

period_days as (
    select
        day_cells.level,
        day_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        day_cells.last_score_days,
        cast(sum(day_cells.n_courses) as bigint) as n_courses
    from day_cells
    inner join period_months on day_cells.month_start_on = period_months.month_start_on
    group by
        day_cells.level,
        day_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        day_cells.last_score_days
),

ranked_days as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        last_score_days,
        cast(
            sum(n_courses) over (
                partition by level, subject_id, period_kind, period_start_on
                order by last_score_days asc
            ) as bigint
        ) as n_up_to,
        cast(
            sum(n_courses) over (
                partition by level, subject_id, period_kind, period_start_on
            ) as bigint
        ) as n_all
    from period_days
),

-- The middle: of an even number, half way between the two in the middle.
medians as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        min(last_score_days) filter (where n_up_to > (n_all - 1) // 2) as lower_days,
        min(last_score_days) filter (where n_up_to > n_all // 2) as upper_days
    from ranked_days
    group by level, subject_id, period_kind, period_start_on
)

select
    counts.level,
    counts.subject_id,
    counts.period_kind,
    counts.period_start_on,
    counts.period_end_on,
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
    cast((medians.lower_days + medians.upper_days) / 2 as decimal(9, 4)) as last_score_median_days
from counts
left join medians
    on
        counts.level = medians.level
        and counts.subject_id = medians.subject_id
        and counts.period_kind = medians.period_kind
        and counts.period_start_on = medians.period_start_on
order by counts.level, counts.subject_id, counts.period_kind, counts.period_start_on
