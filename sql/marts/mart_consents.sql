-- Courses with sessions in a period, by whether consent was in force on the day of each session.
--
-- A course is in exactly one state: consent to treatment in force on every day; missing on at least
-- one; else withdrawn on at least one; or without records, where no consent to treatment was ever
-- delivered. Of courses for substance use also whether treatment might be disclosed on every day.
-- A session that counts for no course is not here.
--
-- Grain:  one row per level, subject and period with an attended session of a course.
-- Key:    level, subject_id, period_kind, period_start_on
-- Source: 42 CFR Part 2 (disclosure of substance use treatment)
with consent_checks as (
    select
        episode_key,
        cast(date_trunc('month', session_on) as date) as month_start_on,
        treatment_consent,
        may_disclose
    from int_consent_checks
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id,
        subject_number
    from int_episode_subjects
    where level in ('clinic', 'programme', 'therapist', 'group')
),

subjects as (
    select distinct
        subject_number,
        level,
        subject_id
    from episode_subjects
),

period_months as (
    select
        period_number,
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

periods as (
    select distinct
        period_number,
        period_kind,
        period_start_on,
        period_end_on
    from period_months
),

course_months as (
    select
        episode_key,
        month_start_on,
        bool_or(treatment_consent = 'not_recorded') as is_not_recorded,
        bool_or(treatment_consent = 'missing') as is_missing,
        bool_or(treatment_consent = 'withdrawn') as is_withdrawn,
        bool_and(may_disclose) as may_disclose
    from consent_checks
    group by episode_key, month_start_on
    -- The months of one course then lie together in memory, where its periods are added up.
    order by episode_key, month_start_on
),

course_periods as (
    select
        course_months.episode_key,
        period_months.period_number,
        bool_or(course_months.is_not_recorded) as is_not_recorded,
        bool_or(course_months.is_missing) as is_missing,
        bool_or(course_months.is_withdrawn) as is_withdrawn,
        bool_and(course_months.may_disclose) as may_disclose
    from course_months
    inner join period_months on course_months.month_start_on = period_months.month_start_on
    group by course_months.episode_key, period_months.period_number
),

counts as (
    select
        episode_subjects.subject_number,
        course_periods.period_number,
        count(*) as n_courses,
        count(*) filter (
            where not (
                course_periods.is_not_recorded
                or course_periods.is_missing
                or course_periods.is_withdrawn
            )
        ) as n_consent_in_force,
        count(*) filter (where course_periods.is_missing) as n_consent_missing,
        count(*) filter (
            where course_periods.is_withdrawn and not course_periods.is_missing
        ) as n_consent_withdrawn,
        count(*) filter (where course_periods.is_not_recorded) as n_without_consent_records,
        count(course_periods.may_disclose) as n_substance_use,
        count(*) filter (where course_periods.may_disclose) as n_may_disclose,
        count(*) filter (where not course_periods.may_disclose) as n_may_not_disclose
    from course_periods
    inner join episode_subjects on course_periods.episode_key = episode_subjects.episode_key
    group by episode_subjects.subject_number, course_periods.period_number
)

select
    subjects.level,
    subjects.subject_id,
    periods.period_kind,
    periods.period_start_on,
    periods.period_end_on,
    counts.n_courses,
    counts.n_consent_in_force,
    counts.n_consent_missing,
    counts.n_consent_withdrawn,
    counts.n_without_consent_records,
    counts.n_substance_use,
    counts.n_may_disclose,
    counts.n_may_not_disclose
from counts
inner join subjects on counts.subject_number = subjects.subject_number
inner join periods on counts.period_number = periods.period_number
order by subjects.level, subjects.subject_id, periods.period_kind, periods.period_start_on
