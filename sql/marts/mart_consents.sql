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
),

course_periods as (
    select
        consent_checks.episode_key,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        bool_or(consent_checks.treatment_consent = 'not_recorded') as is_not_recorded,
        bool_or(consent_checks.treatment_consent = 'missing') as is_missing,
        bool_or(consent_checks.treatment_consent = 'withdrawn') as is_withdrawn,
        bool_and(consent_checks.may_disclose) as may_disclose
    from consent_checks
    inner join period_months on consent_checks.month_start_on = period_months.month_start_on
    group by
        consent_checks.episode_key,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on
)

select
    episode_subjects.level,
    episode_subjects.subject_id,
    course_periods.period_kind,
    course_periods.period_start_on,
    course_periods.period_end_on,
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
group by
    episode_subjects.level,
    episode_subjects.subject_id,
    course_periods.period_kind,
    course_periods.period_start_on,
    course_periods.period_end_on
order by
    episode_subjects.level,
    episode_subjects.subject_id,
    course_periods.period_kind,
    course_periods.period_start_on
