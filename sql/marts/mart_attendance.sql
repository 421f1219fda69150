-- Missed and cancelled appointments as rates, by the day of the session.
--
-- Missed without a word (DNA): no-shows of no-shows and attended ones; a cancelled appointment is
-- neither. Cancellations have rates of their own, of all appointments: by the client late, by the
-- client in time, by the clinic. What the clinic cancelled never counts against attendance. Who was
-- at which subject is as in mart_activity; an appointment of a future day is counted on its day.
--
-- Grain:  one row per level, subject and period with an appointment.
-- Key:    level, subject_id, period_kind, period_start_on
-- Source: DNA on the attendance codes of the NHS Talking Therapies metadata 2024-25; Wilson, 95 %
with attendances as (
    select
        client_key,
        session_on,
        therapist_id,
        group_id,
        programme_id,
        status
    from int_attendances
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

levels (level) as (
    values ('clinic'), ('programme'), ('therapist'), ('group')
),

client_cells as (
    select
        client_key,
        therapist_id,
        group_id,
        programme_id,
        cast(date_trunc('month', session_on) as date) as month_start_on,
        count(*) filter (where status = 'attended') as n_attended,
        count(*) filter (where status = 'no_show') as n_no_show,
        count(*) filter (where status = 'late_cancelled') as n_late_cancelled,
        count(*) filter (where status = 'cancelled') as n_cancelled,
        count(*) filter (where status = 'clinic_cancelled') as n_clinic_cancelled
    from attendances
    group by all
),

-- Numbers stand for the texts until the end, since they are quicker to group and to sort.
clients as (
    select
        cast(row_number() over (order by client_key asc) as integer) as client_number,
        client_key
    from client_cells
    group by client_key
),

places as (
    select
        cast(
            row_number() over (order by therapist_id asc, group_id asc, programme_id asc) as integer
        ) as place_number,
        therapist_id,
        group_id,
        programme_id
    from client_cells
    group by therapist_id, group_id, programme_id
),

place_subjects as (
    select
        places.place_number,
        levels.level,
        case levels.level
            when 'clinic' then 'clinic'
            when 'programme' then places.programme_id
            when 'therapist' then places.therapist_id
            when 'group' then places.group_id
        end as subject_id
    from places
    cross join levels
),

numbered_subjects as (
    select
        place_number,
        cast(dense_rank() over (order by level asc, subject_id asc) as integer) as subject_number,
        level,
        subject_id
    from place_subjects
    where subject_id is not null
),

subjects as (
    select distinct
        subject_number,
        level,
        subject_id
    from numbered_subjects
),

place_cells as (
    select
        places.place_number,
        clients.client_number,
        client_cells.month_start_on,
        client_cells.n_attended,
        client_cells.n_no_show,
        client_cells.n_late_cancelled,
        client_cells.n_cancelled,
        client_cells.n_clinic_cancelled
    from client_cells
    inner join clients on client_cells.client_key = clients.client_key
    inner join places
        on
            client_cells.therapist_id is not distinct from places.therapist_id
            and client_cells.group_id is not distinct from places.group_id
            and client_cells.programme_id is not distinct from places.programme_id
),

client_months as (
    select distinct
        numbered_subjects.subject_number,
        place_cells.client_number,
        place_cells.month_start_on
    from place_cells
    inner join numbered_subjects on place_cells.place_number = numbered_subjects.place_number
),

-- The client's month before, at the same subject: people are not additive over months.
dated_client_months as (
    select
        subject_number,
        month_start_on,
        lag(month_start_on) over (
            partition by subject_number, client_number order by month_start_on asc
        ) as previous_month_on
    from client_months
),

place_months as (
    select
        place_number,
        month_start_on,
        sum(n_attended) as n_attended,
        sum(n_no_show) as n_no_show,
        sum(n_late_cancelled) as n_late_cancelled,
        sum(n_cancelled) as n_cancelled,
        sum(n_clinic_cancelled) as n_clinic_cancelled
    from place_cells
    group by place_number, month_start_on
),

-- Two kinds of facts in rows of one shape; what a kind does not count is 0.
monthly_cells as (
    select
        subject_number,
        month_start_on,
        previous_month_on,
        count(*) as n_clients,
        0 as n_attended,
        0 as n_no_show,
        0 as n_late_cancelled,
        0 as n_cancelled,
        0 as n_clinic_cancelled
    from dated_client_months
    group by subject_number, month_start_on, previous_month_on
    union all
    select
        numbered_subjects.subject_number,
        place_months.month_start_on,
        cast(null as date) as previous_month_on,
        0 as n_clients,
        sum(place_months.n_attended) as n_attended,
        sum(place_months.n_no_show) as n_no_show,
        sum(place_months.n_late_cancelled) as n_late_cancelled,
        sum(place_months.n_cancelled) as n_cancelled,
        sum(place_months.n_clinic_cancelled) as n_clinic_cancelled
    from place_months
    inner join numbered_subjects on place_months.place_number = numbered_subjects.place_number
    group by numbered_subjects.subject_number, place_months.month_start_on
),

counts as (
    select
        subjects.level,
        subjects.subject_id,
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
        cast(sum(monthly_cells.n_attended) as bigint) as n_attended,
        cast(sum(monthly_cells.n_no_show) as bigint) as n_no_show,
        cast(sum(monthly_cells.n_late_cancelled) as bigint) as n_late_cancelled,
        cast(sum(monthly_cells.n_cancelled) as bigint) as n_cancelled,
        cast(sum(monthly_cells.n_clinic_cancelled) as bigint) as n_clinic_cancelled
    from monthly_cells
    inner join subjects on monthly_cells.subject_number = subjects.subject_number
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        subjects.level,
        subjects.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on
),

figures as (
    select
        *,
        n_attended + n_no_show as n_kept_or_missed,
        n_attended + n_no_show + n_late_cancelled + n_cancelled + n_clinic_cancelled
            as n_appointments
    from counts
)

select
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_appointments,
    n_attended,
    n_no_show,
    n_late_cancelled,
    n_cancelled,
    n_clinic_cancelled,
    n_kept_or_missed,
    n_no_show / nullif(n_kept_or_missed, 0) as no_show_rate,
    wilson_lower(n_no_show, n_kept_or_missed) as no_show_rate_lower,
    wilson_upper(n_no_show, n_kept_or_missed) as no_show_rate_upper,
    n_late_cancelled / nullif(n_appointments, 0) as late_cancelled_rate,
    wilson_lower(n_late_cancelled, n_appointments) as late_cancelled_rate_lower,
    wilson_upper(n_late_cancelled, n_appointments) as late_cancelled_rate_upper,
    n_cancelled / nullif(n_appointments, 0) as cancelled_rate,
    wilson_lower(n_cancelled, n_appointments) as cancelled_rate_lower,
    wilson_upper(n_cancelled, n_appointments) as cancelled_rate_upper,
    n_clinic_cancelled / nullif(n_appointments, 0) as clinic_cancelled_rate,
    wilson_lower(n_clinic_cancelled, n_appointments) as clinic_cancelled_rate_lower,
    wilson_upper(n_clinic_cancelled, n_appointments) as clinic_cancelled_rate_upper
from figures
order by level, subject_id, period_kind, period_start_on
