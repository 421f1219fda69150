-- Missed and cancelled appointments, as the clinic's director may see it: a figure over fewer than
-- the policy's minimum is left out, counts stay. Nothing is withheld for privacy, as no policy
-- shows this table to the public.
--
-- Grain:  one row per audience, level, subject and period shown.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with
judged_rows as (
    select
        mart_attendance.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        mart_attendance.n_kept_or_missed >= policies.minimum_pairs_for_rate as says_kept,
        mart_attendance.n_appointments >= policies.minimum_pairs_for_rate as says_all
    from mart_attendance
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_attendance'
            and mart_attendance.level = policies.mart_level
            and mart_attendance.period_kind = policies.period_kind
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
    case when not says_all then 'too_few_pairs_for_rate' end as reliability_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
