-- How courses of treatment ended: planned or not, and drop-out in four definitions.
--
-- Closed courses, in the month in which they ended. Drop-out is over the courses that had begun
-- (one attended session) and for which the definition can be judged (`_known`); its rate depends on
-- the definition more than on the clinic. Those who never began are apart. Planned endings are over
-- the courses with a recorded reason; how many have none stands beside them. The rules of one
-- course are those of mart_episode_course.
--
-- Grain:  one row per level, subject and period in which a course ended.
-- Key:    level, subject_id, period_kind, period_start_on
-- Source: Swift & Greenberg (2012), J Consult Clin Psychol: 19.7 % (95 % CI 18.7-20.7) dropped out
--         in 669 studies, varying with the definition; Wilson score interval, 95 %
with courses as (
    select
        episode_key,
        client_key,
        ended_on,
        is_started,
        has_coded_ending,
        is_planned_ending,
        is_dropout_coded,
        is_dropout_missed,
        is_dropout_short,
        is_dropout_unimproved
    from mart_episode_course
    where ended_on is not null
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

-- The month of the client's course before, at the same subject: people do not add up over months.
subject_courses as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        cast(date_trunc('month', courses.ended_on) as date) as month_start_on,
        cast(
            date_trunc(
                'month',
                lag(courses.ended_on) over (
                    partition by
                        episode_subjects.level, episode_subjects.subject_id, courses.client_key
                    order by courses.ended_on asc, courses.episode_key asc
                )
            ) as date
        ) as previous_month_on,
        courses.is_started,
        courses.has_coded_ending,
        courses.is_planned_ending,
        courses.is_dropout_coded,
        courses.is_dropout_missed,
        courses.is_dropout_short,
        courses.is_dropout_unimproved
    from courses
    inner join episode_subjects on courses.episode_key = episode_subjects.episode_key
),

monthly_cells as (
    select
        level,
        subject_id,
        month_start_on,
        previous_month_on,
        count(*) as n_ended,
        count(*) filter (where not is_started) as n_never_started,
        count(*) filter (where is_started) as n_ended_after_start,
        count(*) filter (where has_coded_ending) as n_coded,
        count(*) filter (where is_planned_ending) as n_planned,
        count(*) filter (where is_dropout_coded is not null) as n_dropout_coded_known,
        count(*) filter (where is_dropout_coded) as n_dropout_coded,
        count(*) filter (where is_dropout_missed is not null) as n_dropout_missed_known,
        count(*) filter (where is_dropout_missed) as n_dropout_missed,
        count(*) filter (where is_dropout_short is not null) as n_dropout_short_known,
        count(*) filter (where is_dropout_short) as n_dropout_short,
        count(*) filter (where is_dropout_unimproved is not null) as n_dropout_unimproved_known,
        count(*) filter (where is_dropout_unimproved) as n_dropout_unimproved
    from subject_courses
    group by level, subject_id, month_start_on, previous_month_on
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
                    else monthly_cells.n_ended
                end
            ) as bigint
        ) as n_clients,
        cast(sum(monthly_cells.n_ended) as bigint) as n_ended,
        cast(sum(monthly_cells.n_never_started) as bigint) as n_never_started,
        cast(sum(monthly_cells.n_ended_after_start) as bigint) as n_ended_after_start,
        cast(sum(monthly_cells.n_coded) as bigint) as n_coded,
        cast(sum(monthly_cells.n_planned) as bigint) as n_planned,
        cast(sum(monthly_cells.n_dropout_coded_known) as bigint) as n_dropout_coded_known,
        cast(sum(monthly_cells.n_dropout_coded) as bigint) as n_dropout_coded,
        cast(sum(monthly_cells.n_dropout_missed_known) as bigint) as n_dropout_missed_known,
        cast(sum(monthly_cells.n_dropout_missed) as bigint) as n_dropout_missed,
        cast(sum(monthly_cells.n_dropout_short_known) as bigint) as n_dropout_short_known,
        cast(sum(monthly_cells.n_dropout_short) as bigint) as n_dropout_short,
        cast(sum(monthly_cells.n_dropout_unimproved_known) as bigint) as n_dropout_unimproved_known,
        cast(sum(monthly_cells.n_dropout_unimproved) as bigint) as n_dropout_unimproved
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
    n_clients,
    n_ended,
    n_never_started,
    n_never_started / nullif(n_ended, 0) as never_started_rate,
    wilson_lower(n_never_started, n_ended) as never_started_rate_lower,
    wilson_upper(n_never_started, n_ended) as never_started_rate_upper,
    n_ended_after_start,
    n_coded,
    n_ended - n_coded as n_uncoded,
    n_planned,
    n_planned / nullif(n_coded, 0) as planned_rate,
    wilson_lower(n_planned, n_coded) as planned_rate_lower,
    wilson_upper(n_planned, n_coded) as planned_rate_upper,
    n_dropout_coded_known,
    n_dropout_coded,
    n_dropout_coded / nullif(n_dropout_coded_known, 0) as dropout_coded_rate,
    wilson_lower(n_dropout_coded, n_dropout_coded_known) as dropout_coded_rate_lower,
    wilson_upper(n_dropout_coded, n_dropout_coded_known) as dropout_coded_rate_upper,
    n_dropout_missed_known,
    n_dropout_missed,
    n_dropout_missed / nullif(n_dropout_missed_known, 0) as dropout_missed_rate,
    wilson_lower(n_dropout_missed, n_dropout_missed_known) as dropout_missed_rate_lower,
    wilson_upper(n_dropout_missed, n_dropout_missed_known) as dropout_missed_rate_upper,
    n_dropout_short_known,
    n_dropout_short,
    n_dropout_short / nullif(n_dropout_short_known, 0) as dropout_short_rate,
    wilson_lower(n_dropout_short, n_dropout_short_known) as dropout_short_rate_lower,
    wilson_upper(n_dropout_short, n_dropout_short_known) as dropout_short_rate_upper,
    n_dropout_unimproved_known,
    n_dropout_unimproved,
    n_dropout_unimproved / nullif(n_dropout_unimproved_known, 0) as dropout_unimproved_rate,
    wilson_lower(n_dropout_unimproved, n_dropout_unimproved_known) as dropout_unimproved_rate_lower,
    wilson_upper(n_dropout_unimproved, n_dropout_unimproved_known) as dropout_unimproved_rate_upper
from counts
order by level, subject_id, period_kind, period_start_on
