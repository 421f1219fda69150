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

measures (measure_number, measure) as (
    values
    (1, 'individual_sessions'),
    (2, 'group_sessions'),
    (3, 'weeks'),
    (4, 'sessions_per_week')
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

-- In whole ten-thousandths, so that ranks and interpolation are exact.
measured_courses as (
    select
        episode_key,
        client_key,
        ended_on,
        cast(date_trunc('month', ended_on) as date) as month_start_on,
        1 as measure_number,
        10000 * n_individual_attended as n_parts
    from courses
    where n_individual_attended > 0
    union all
    select
        episode_key,
        client_key,
        ended_on,
        cast(date_trunc('month', ended_on) as date) as month_start_on,
        2 as measure_number,
        10000 * n_group_attended as n_parts
    from courses
    where n_group_attended > 0
    union all
    select
        episode_key,
        client_key,
        ended_on,
        cast(date_trunc('month', ended_on) as date) as month_start_on,
        3 as measure_number,
        cast(10000 * course_weeks as bigint) as n_parts
    from courses
    union all
    select
        episode_key,
        client_key,
        ended_on,
        cast(date_trunc('month', ended_on) as date) as month_start_on,
        4 as measure_number,
        cast(10000 * sessions_per_week as bigint) as n_parts
    from courses
    where sessions_per_week is not null
),

-- A histogram: months add up, and a rank is found by counting along it.
value_cells as (
    select
        episode_subjects.subject_number,
        measured_courses.measure_number,
        measured_courses.month_start_on,
        measured_courses.n_parts,
        count(*) as n_courses
    from measured_courses
    inner join episode_subjects
        on measured_courses.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.subject_number,
        measured_courses.measure_number,
        measured_courses.month_start_on,
        measured_courses.n_parts
    -- The sums of one subject then lie together in memory, where its periods are added up.
    order by
        episode_subjects.subject_number,
        measured_courses.measure_number,
        measured_courses.month_start_on,
        measured_courses.n_parts
),

period_values as (
    select
        value_cells.subject_number,
        value_cells.measure_number,
        period_months.period_number,
        value_cells.n_parts,
        cast(sum(value_cells.n_courses) as bigint) as n_courses
    from value_cells
    inner join period_months on value_cells.month_start_on = period_months.month_start_on
    group by
        value_cells.subject_number,
        value_cells.measure_number,
        period_months.period_number,
        value_cells.n_parts
),

ranked_values as (
    select
        subject_number,
        measure_number,
        period_number,
        n_parts,
        cast(sum(n_courses) over up_to as bigint) as n_up_to,
        cast(sum(n_courses) over everything as bigint) as n_all
    from period_values
    window
        up_to as (
            partition by subject_number, measure_number, period_number
            order by n_parts asc
        ),
        everything as (partition by subject_number, measure_number, period_number)
),

-- The rank of a quarter q is q (n - 1) / 4: a whole part, and quarters between it and the next one.
quartiles as (
    select
        subject_number,
        measure_number,
        period_number,
        max(n_all) as n_courses,
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
    group by subject_number, measure_number, period_number
),

-- People are not additive over months. They are the courses without those whose client had
-- already ended one in the same period: for that, the month of the client's course before is
-- enough, and only clients with several courses have one.
returning_clients as (
    select client_key
    from courses
    group by client_key
    having count(*) > 1
),

repeated_courses as (
    select
        episode_subjects.subject_number,
        measured_courses.measure_number,
        measured_courses.month_start_on,
        lag(measured_courses.month_start_on) over (
            partition by
                episode_subjects.subject_number,
                measured_courses.measure_number,
                measured_courses.client_key
            order by measured_courses.ended_on asc, measured_courses.episode_key asc
        ) as previous_month_on
    from measured_courses
    inner join returning_clients on measured_courses.client_key = returning_clients.client_key
    inner join episode_subjects
        on measured_courses.episode_key = episode_subjects.episode_key
),

period_repeats as (
    select
        repeated_courses.subject_number,
        repeated_courses.measure_number,
        period_months.period_number,
        count(*) as n_repeated
    from repeated_courses
    inner join period_months
        on
            repeated_courses.month_start_on = period_months.month_start_on
            and repeated_courses.previous_month_on >= period_months.period_start_on
    group by
        repeated_courses.subject_number,
        repeated_courses.measure_number,
        period_months.period_number
)

select
    subjects.level,
    subjects.subject_id,
    measures.measure,
    periods.period_kind,
    periods.period_start_on,
    periods.period_end_on,
    quartiles.n_courses - coalesce(period_repeats.n_repeated, 0) as n_clients,
    quartiles.n_courses,
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
from quartiles
inner join subjects on quartiles.subject_number = subjects.subject_number
inner join measures on quartiles.measure_number = measures.measure_number
inner join periods on quartiles.period_number = periods.period_number
left join period_repeats
    on
        quartiles.subject_number = period_repeats.subject_number
        and quartiles.measure_number = period_repeats.measure_number
        and quartiles.period_number = period_repeats.period_number
order by
    subjects.level,
    subjects.subject_id,
    measures.measure,
    periods.period_kind,
    periods.period_start_on
