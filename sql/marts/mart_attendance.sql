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

subject_cells as (
    select
        levels.level,
        case levels.level
            when 'clinic' then 'clinic'
            when 'programme' then client_cells.programme_id
            when 'therapist' then client_cells.therapist_id
            when 'group' then client_cells.group_id
        end as subject_id,
        client_cells.client_key,
        client_cells.month_start_on,
        sum(client_cells.n_attended) as n_attended,
        sum(client_cells.n_no_show) as n_no_show,
        sum(client_cells.n_late_cancelled) as n_late_cancelled,
        sum(client_cells.n_cancelled) as n_cancelled,
        sum(client_cells.n_clinic_cancelled) as n_clinic_cancelled
    from client_cells
    cross join levels
    group by all
),

-- The client's month before, at the same subject: people are not additive over months.
client_months as (
    select
        level,
        subject_id,
        month_start_on,
        lag(month_start_on) over (
            partition by level, subject_id, client_key order by month_start_on asc
        ) as previous_month_on,
        n_attended,
        n_no_show,
        n_late_cancelled,
        n_cancelled,
        n_clinic_cancelled
    from subject_cells
    where subject_id is not null
),

monthly_cells as (
    select
        level,
        subject_id,
        month_start_on,
        previous_month_on,
        count(*) as n_clients,
        sum(n_attended) as n_attended,
        sum(n_no_show) as n_no_show,
        sum(n_late_cancelled) as n_late_cancelled,
        sum(n_cancelled) as n_cancelled,
        sum(n_clinic_cancelled) as n_clinic_cancelled
    from client_months
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
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.level,
        monthly_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on
),

figures as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_attended,
        n_no_show,
        n_late_cancelled,
        n_cancelled,
        n_clinic_cancelled,
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
