-- Where the courses that started are now: open, ended early, or finished with a pair or without.
--
-- A course starts in the month of its first attended session. It is open when it has not ended by
-- $as_of_on (the last delivery), and ended early when it was no finished course. A finished course
-- is measured when it has a pair on a measure that its programme lists (int_listed_pairs).
-- Every course that started is in exactly one of the four.
--
-- Grain:  one row per clinic or programme and period in which a course started.
-- Key:    level, subject_id, period_kind, period_start_on
with episodes as (
    select
        episode_key,
        is_finished_course,
        cast(date_trunc('month', session_1_on) as date) as month_start_on,
        coalesce(ended_on <= $as_of_on, false) as has_ended
    from int_episodes
    where n_attended >= 1
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
    where level in ('clinic', 'programme')
),

listed_pairs as (
    select
        episode_key,
        has_any
    from int_listed_pairs
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

started_episodes as (
    select
        episodes.month_start_on,
        episode_subjects.level,
        episode_subjects.subject_id,
        episodes.has_ended,
        episodes.is_finished_course,
        coalesce(listed_pairs.has_any, false) as is_paired
    from episodes
    inner join episode_subjects on episodes.episode_key = episode_subjects.episode_key
    left join listed_pairs on episodes.episode_key = listed_pairs.episode_key
),

monthly_cells as (
    select
        level,
        subject_id,
        month_start_on,
        count(*) as n_started,
        count(*) filter (where not has_ended) as n_open,
        count(*) filter (where has_ended and not is_finished_course) as n_ended_early,
        count(*) filter (where has_ended and is_finished_course and not is_paired)
            as n_not_measured,
        count(*) filter (where has_ended and is_finished_course and is_paired) as n_measured
    from started_episodes
    group by level, subject_id, month_start_on
),

period_counts as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        cast(sum(monthly_cells.n_started) as bigint) as n_started,
        cast(sum(monthly_cells.n_open) as bigint) as n_open,
        cast(sum(monthly_cells.n_ended_early) as bigint) as n_ended_early,
        cast(sum(monthly_cells.n_not_measured) as bigint) as n_not_measured,
        cast(sum(monthly_cells.n_measured) as bigint) as n_measured
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.level,
        monthly_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on
)

select
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    n_started,
    n_open,
    n_ended_early,
    n_not_measured,
    n_measured
from period_counts
order by level, subject_id, period_kind, period_start_on
