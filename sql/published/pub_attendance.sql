-- Missed and cancelled appointments, as the clinic's director may see it: a figure over fewer than
-- the policy's minimum is left out, counts stay. Nothing is withheld for privacy, as no policy
-- shows this table to the public.
--
-- Grain:  one row per audience, level, subject and period shown.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        share_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_attendance'
),

attendance_rows as (
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
        no_show_rate,
        no_show_rate_lower,
        no_show_rate_upper,
        late_cancelled_rate,
        late_cancelled_rate_lower,
        late_cancelled_rate_upper,
        cancelled_rate,
        cancelled_rate_lower,
        cancelled_rate_upper,
        clinic_cancelled_rate,
        clinic_cancelled_rate_lower,
        clinic_cancelled_rate_upper
    from mart_attendance
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        attendance_rows.subject_id,
        attendance_rows.period_kind,
        attendance_rows.period_start_on,
        attendance_rows.period_end_on,
        attendance_rows.n_clients,
        attendance_rows.n_appointments,
        attendance_rows.n_attended,
        attendance_rows.n_no_show,
        attendance_rows.n_late_cancelled,
        attendance_rows.n_cancelled,
        attendance_rows.n_clinic_cancelled,
        attendance_rows.n_kept_or_missed,
        attendance_rows.no_show_rate,
        attendance_rows.no_show_rate_lower,
        attendance_rows.no_show_rate_upper,
        attendance_rows.late_cancelled_rate,
        attendance_rows.late_cancelled_rate_lower,
        attendance_rows.late_cancelled_rate_upper,
        attendance_rows.cancelled_rate,
        attendance_rows.cancelled_rate_lower,
        attendance_rows.cancelled_rate_upper,
        attendance_rows.clinic_cancelled_rate,
        attendance_rows.clinic_cancelled_rate_lower,
        attendance_rows.clinic_cancelled_rate_upper,
        attendance_rows.n_kept_or_missed >= policies.minimum_pairs_for_rate as says_kept,
        attendance_rows.n_appointments >= policies.minimum_pairs_for_rate as says_all
    from attendance_rows
    inner join policies
        on
            attendance_rows.level = policies.mart_level
            and attendance_rows.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
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
    shown_figure(says_kept, no_show_rate, share_decimals) as no_show_rate,
    shown_figure(says_kept, no_show_rate_lower, share_decimals) as no_show_rate_lower,
    shown_figure(says_kept, no_show_rate_upper, share_decimals) as no_show_rate_upper,
    shown_figure(says_all, late_cancelled_rate, share_decimals) as late_cancelled_rate,
    shown_figure(says_all, late_cancelled_rate_lower, share_decimals) as late_cancelled_rate_lower,
    shown_figure(says_all, late_cancelled_rate_upper, share_decimals) as late_cancelled_rate_upper,
    shown_figure(says_all, cancelled_rate, share_decimals) as cancelled_rate,
    shown_figure(says_all, cancelled_rate_lower, share_decimals) as cancelled_rate_lower,
    shown_figure(says_all, cancelled_rate_upper, share_decimals) as cancelled_rate_upper,
    shown_figure(says_all, clinic_cancelled_rate, share_decimals) as clinic_cancelled_rate,
    shown_figure(says_all, clinic_cancelled_rate_lower, share_decimals)
        as clinic_cancelled_rate_lower,
    shown_figure(says_all, clinic_cancelled_rate_upper, share_decimals)
        as clinic_cancelled_rate_upper,
    case
        when not says_all then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
