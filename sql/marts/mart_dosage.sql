-- How much treatment a course had, from its first to its last attended session: middle and spread.
--
-- Courses with an attended session that ended in the period. Measures: `individual_sessions` and
-- `group_sessions` (of the courses that had any), `weeks` from the first to the last session, and
-- `sessions_per_week` (of those with sessions on two days). Quartiles are interpolated between
-- the values at the whole ranks around (n - 1) p. How much treatment somebody had depends on how
-- they did: no figure here is about what more or less of it would have done.
--
-- Grain:  one row per level, subject, measure and period with a course.
-- Key:    level, subject_id, measure, period_kind, period_start_on
with courses as (
    select
        episode_key,
        client_key,
        ended_on,
        n_individual_attended,
        n_group_attended,
        course_weeks,
        sessions_per_week
    from mart_episode_course
    where is_started and ended_on is not null
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

-- In whole ten-thousandths, so that ranks and interpolation are exact.
measured_courses as (
    select
        episode_key,
        client_key,
        ended_on,
        'individual_sessions' as measure,
        10000 * n_individual_attended as n_parts
    from courses
    where n_individual_attended > 0
    union all
    select
        episode_key,
        client_key,
        ended_on,
        'group_sessions' as measure,
        10000 * n_group_attended as n_parts
    from courses
    where n_group_attended > 0
    union all
    select
        episode_key,
        client_key,
        ended_on,
        'weeks' as measure,
        cast(10000 * course_weeks as bigint) as n_parts
    from courses
    union all
    select
        episode_key,
        client_key,
        ended_on,
        'sessions_per_week' as measure,
        cast(10000 * sessions_per_week as bigint) as n_parts
    from courses
    where sessions_per_week is not null
),

-- The month of the client's course before, at the same subject: people do not add up over months.
subject_courses as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        measured_courses.measure,
        measured_courses.n_parts,
        cast(date_trunc('month', measured_courses.ended_on) as date) as month_start_on,
        cast(
            date_trunc(
                'month',
                lag(measured_courses.ended_on) over (
                    partition by
                        episode_subjects.level,
                        episode_subjects.subject_id,
                        measured_courses.measure,
                        measured_courses.client_key
                    order by measured_courses.ended_on asc, measured_courses.episode_key asc
                )
            ) as date
        ) as previous_month_on
    from measured_courses
    inner join episode_subjects on measured_courses.episode_key = episode_subjects.episode_key
),

client_cells as (
    select
        level,
        subject_id,
        measure,
        month_start_on,
        previous_month_on,
        count(*) as n_courses
    from subject_courses
    group by level, subject_id, measure, month_start_on, previous_month_on
),

counts as (
    select
        client_cells.level,
        client_cells.subject_id,
        client_cells.measure,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        cast(
            sum(
                case
                    when client_cells.previous_month_on >= period_months.period_start_on then 0
                    else client_cells.n_courses
                end
            ) as bigint
        ) as n_clients,
        cast(sum(client_cells.n_courses) as bigint) as n_courses
    from client_cells
    inner join period_months on client_cells.month_start_on = period_months.month_start_on
    group by
        client_cells.level,
        client_cells.subject_id,
        client_cells.measure,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on
),

-- A histogram: months add up, and a rank is found by counting along it.
value_cells as (
    select
        level,
        subject_id,
        measure,
        month_start_on,
        n_parts,
        count(*) as n_courses
    from subject_courses
    group by level, subject_id, measure, month_start_on, n_parts
),

period_values as (
    select
        value_cells.level,
        value_cells.subject_id,
        value_cells.measure,
        period_months.period_kind,
        period_months.period_start_on,
        value_cells.n_parts,
        cast(sum(value_cells.n_courses) as bigint) as n_courses
    from value_cells
    inner join period_months on value_cells.month_start_on = period_months.month_start_on
    group by
        value_cells.level,
        value_cells.subject_id,
        value_cells.measure,
        period_months.period_kind,
        period_months.period_start_on,
        value_cells.n_parts
),

ranked_values as (
    select
        level,
        subject_id,
        measure,
        period_kind,
        period_start_on,
        n_parts,
        cast(
            sum(n_courses) over (
                partition by level, subject_id, measure, period_kind, period_start_on
                order by n_parts asc
            ) as bigint
        ) as n_up_to,
        cast(
            sum(n_courses) over (
                partition by level, subject_id, measure, period_kind, period_start_on
            ) as bigint
        ) as n_all
    from period_values
),

-- The rank of a quarter q is q (n - 1) / 4: a whole part, and quarters between it and the next one.
quartiles as (
    select
        level,
        subject_id,
        measure,
        period_kind,
        period_start_on,
        max((n_all - 1) % 4) as p25_quarters,
        min(n_parts) filter (where n_up_to > (n_all - 1) // 4) as p25_lower,
        min(n_parts) filter (where n_up_to > (n_all - 1 + 3) // 4) as p25_upper,
        max(2 * (n_all - 1) % 4) as p50_quarters,
        min(n_parts) filter (where n_up_to > 2 * (n_all - 1) // 4) as p50_lower,
        min(n_parts) filter (where n_up_to > (2 * (n_all - 1) + 3) // 4) as p50_upper,
        max(3 * (n_all - 1) % 4) as p75_quarters,
        min(n_parts) filter (where n_up_to > 3 * (n_all - 1) // 4) as p75_lower,
        min(n_parts) filter (where n_up_to > (3 * (n_all - 1) + 3) // 4) as p75_upper
    from ranked_values
    group by level, subject_id, measure, period_kind, period_start_on
)

select
    counts.level,
    counts.subject_id,
    counts.measure,
    counts.period_kind,
    counts.period_start_on,
    counts.period_end_on,
    counts.n_clients,
    counts.n_courses,
    cast(
        (
            4 * quartiles.p25_lower
            + (quartiles.p25_upper - quartiles.p25_lower) * quartiles.p25_quarters
            + 2
        ) // 4 / 10000 as decimal(9, 4)
    ) as dosage_p25,
    cast(
        (
            4 * quartiles.p50_lower
            + (quartiles.p50_upper - quartiles.p50_lower) * quartiles.p50_quarters
            + 2
        ) // 4 / 10000 as decimal(9, 4)
    ) as dosage_median,
    cast(
        (
            4 * quartiles.p75_lower
            + (quartiles.p75_upper - quartiles.p75_lower) * quartiles.p75_quarters
            + 2
        ) // 4 / 10000 as decimal(9, 4)
    ) as dosage_p75
from counts
inner join quartiles
    on
        counts.level = quartiles.level
        and counts.subject_id = quartiles.subject_id
        and counts.measure = quartiles.measure
        and counts.period_kind = quartiles.period_kind
        and counts.period_start_on = quartiles.period_start_on
order by
    counts.level,
    counts.subject_id,
    counts.measure,
    counts.period_kind,
    counts.period_start_on
