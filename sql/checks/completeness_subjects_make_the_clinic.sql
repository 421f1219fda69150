-- In a returned row the clinic's count is not the sum over its programmes, or over its therapists.
-- Each course has exactly one of both; responses without an episode are the clinic's alone.
with levels (level) as (
    values ('programme'), ('therapist')
),

figures as (
    select
        level,
        period_kind,
        period_start_on,
        n_due,
        n_done,
        n_finished,
        n_paired_any,
        n_paired_all,
        n_responses,
        n_without_episode
    from mart_completeness
),

clinic_rows as (
    select
        period_kind,
        period_start_on,
        n_due,
        n_done,
        n_finished,
        n_paired_any,
        n_paired_all,
        n_responses - n_without_episode as n_responses
    from figures
    where level = 'clinic'
),

subject_sums as (
    select
        level,
        period_kind,
        period_start_on,
        sum(n_due) as n_due,
        sum(n_done) as n_done,
        sum(n_finished) as n_finished,
        sum(n_paired_any) as n_paired_any,
        sum(n_paired_all) as n_paired_all,
        sum(n_responses) as n_responses
    from figures
    where level in ('programme', 'therapist')
    group by level, period_kind, period_start_on
),

compared as (
    select
        levels.level,
        clinic_rows.period_kind,
        clinic_rows.period_start_on,
        clinic_rows.n_due,
        subject_sums.n_due as subjects_n_due,
        clinic_rows.n_done,
        subject_sums.n_done as subjects_n_done,
        clinic_rows.n_finished,
        subject_sums.n_finished as subjects_n_finished,
        clinic_rows.n_paired_any,
        subject_sums.n_paired_any as subjects_n_paired_any,
        clinic_rows.n_paired_all,
        subject_sums.n_paired_all as subjects_n_paired_all,
        clinic_rows.n_responses,
        subject_sums.n_responses as subjects_n_responses
    from clinic_rows
    cross join levels
    left join subject_sums
        on
            levels.level = subject_sums.level
            and clinic_rows.period_kind = subject_sums.period_kind
            and clinic_rows.period_start_on = subject_sums.period_start_on
)

select
    level,
    period_kind,
    period_start_on,
    n_due,
    subjects_n_due,
    n_done,
    subjects_n_done,
    n_finished,
    subjects_n_finished,
    n_paired_any,
    subjects_n_paired_any,
    n_paired_all,
    subjects_n_paired_all,
    n_responses,
    subjects_n_responses
from compared
where
    coalesce(n_due, 0) != coalesce(subjects_n_due, 0)
    or coalesce(n_done, 0) != coalesce(subjects_n_done, 0)
    or coalesce(n_finished, 0) != coalesce(subjects_n_finished, 0)
    or coalesce(n_paired_any, 0) != coalesce(subjects_n_paired_any, 0)
    or coalesce(n_paired_all, 0) != coalesce(subjects_n_paired_all, 0)
    or coalesce(n_responses, 0) != coalesce(subjects_n_responses, 0)
order by level, period_kind, period_start_on
