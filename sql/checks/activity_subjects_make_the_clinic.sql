-- In a returned row the clinic's count is not the sum over its programmes, or over its therapists.
-- Each course, session and group has exactly one of both, so something was lost or counted twice.
-- Sessions are not compared by programme: one of a group that was never delivered has none.
with levels (level) as (
    values ('programme'), ('therapist')
),

figures as (
    select
        level,
        period_kind,
        period_start_on,
        n_referred,
        n_started,
        n_ended,
        n_sessions,
        n_attended,
        n_no_show,
        n_late_cancelled,
        n_cancelled,
        n_clinic_cancelled,
        n_open,
        n_seats,
        n_seats_taken
    from mart_activity
),

clinic_rows as (
    select *
    from figures
    where level = 'clinic'
),

subject_sums as (
    select
        level,
        period_kind,
        period_start_on,
        sum(n_referred) as n_referred,
        sum(n_started) as n_started,
        sum(n_ended) as n_ended,
        sum(n_sessions) as n_sessions,
        sum(n_attended) as n_attended,
        sum(n_no_show) as n_no_show,
        sum(n_late_cancelled) as n_late_cancelled,
        sum(n_cancelled) as n_cancelled,
        sum(n_clinic_cancelled) as n_clinic_cancelled,
        sum(n_open) as n_open,
        sum(n_seats) as n_seats,
        sum(n_seats_taken) as n_seats_taken
    from figures
    where level in ('programme', 'therapist')
    group by level, period_kind, period_start_on
),

compared as (
    select
        levels.level,
        clinic_rows.period_kind,
        clinic_rows.period_start_on,
        clinic_rows.n_referred,
        subject_sums.n_referred as subjects_n_referred,
        clinic_rows.n_started,
        subject_sums.n_started as subjects_n_started,
        clinic_rows.n_ended,
        subject_sums.n_ended as subjects_n_ended,
        clinic_rows.n_sessions,
        subject_sums.n_sessions as subjects_n_sessions,
        clinic_rows.n_attended,
        subject_sums.n_attended as subjects_n_attended,
        clinic_rows.n_no_show,
        subject_sums.n_no_show as subjects_n_no_show,
        clinic_rows.n_late_cancelled,
        subject_sums.n_late_cancelled as subjects_n_late_cancelled,
        clinic_rows.n_cancelled,
        subject_sums.n_cancelled as subjects_n_cancelled,
        clinic_rows.n_clinic_cancelled,
        subject_sums.n_clinic_cancelled as subjects_n_clinic_cancelled,
        clinic_rows.n_open,
        subject_sums.n_open as subjects_n_open,
        clinic_rows.n_seats,
        subject_sums.n_seats as subjects_n_seats,
        clinic_rows.n_seats_taken,
        subject_sums.n_seats_taken as subjects_n_seats_taken
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
    n_referred,
    subjects_n_referred,
    n_started,
    subjects_n_started,
    n_ended,
    subjects_n_ended,
    n_sessions,
    subjects_n_sessions,
    n_attended,
    subjects_n_attended,
    n_no_show,
    subjects_n_no_show,
    n_late_cancelled,
    subjects_n_late_cancelled,
    n_cancelled,
    subjects_n_cancelled,
    n_clinic_cancelled,
    subjects_n_clinic_cancelled,
    n_open,
    subjects_n_open,
    n_seats,
    subjects_n_seats,
    n_seats_taken,
    subjects_n_seats_taken
from compared
where
    coalesce(n_referred, 0) != coalesce(subjects_n_referred, 0)
    or coalesce(n_started, 0) != coalesce(subjects_n_started, 0)
    or coalesce(n_ended, 0) != coalesce(subjects_n_ended, 0)
    or (
        level = 'therapist'
        and (
            coalesce(n_sessions, 0) != coalesce(subjects_n_sessions, 0)
            or coalesce(n_attended, 0) != coalesce(subjects_n_attended, 0)
            or coalesce(n_no_show, 0) != coalesce(subjects_n_no_show, 0)
            or coalesce(n_late_cancelled, 0) != coalesce(subjects_n_late_cancelled, 0)
            or coalesce(n_cancelled, 0) != coalesce(subjects_n_cancelled, 0)
            or coalesce(n_clinic_cancelled, 0) != coalesce(subjects_n_clinic_cancelled, 0)
        )
    )
    or coalesce(n_open, 0) != coalesce(subjects_n_open, 0)
    or coalesce(n_seats, 0) != coalesce(subjects_n_seats, 0)
    or coalesce(n_seats_taken, 0) != coalesce(subjects_n_seats_taken, 0)
order by level, period_kind, period_start_on
