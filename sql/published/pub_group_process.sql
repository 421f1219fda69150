-- Therapy groups at work, for the clinic's own use: rates and means of fewer places, sessions or
-- stays than the policy's minimum are left out, counts stay. Nothing is withheld for privacy, as no
-- policy shows this table to the public: a group is small enough to tell who is in it.
--
-- Grain:  one row per audience, level, subject and period shown.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with
judged_rows as (
    select
        mart_group_process.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        policies.points_decimals,
        mart_group_process.n_held >= policies.minimum_pairs_for_rate as says_size,
        mart_group_process.n_expected >= policies.minimum_pairs_for_rate as says_attendance,
        mart_group_process.n_left >= policies.minimum_pairs_for_rate as says_tenure
    from mart_group_process
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_group_process'
            and mart_group_process.level = policies.mart_level
            and mart_group_process.period_kind = policies.period_kind
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
    n_groups,
    n_open_groups,
    n_closed_groups,
    n_co_led_groups,
    n_sessions,
    n_held,
    n_sessions_cancelled,
    n_sessions_called_off,
    n_sessions_unrecorded,
    n_unattended,
    n_present,
    n_guests,
    n_places,
    n_excused,
    n_expected,
    n_came,
    n_absent,
    n_not_recorded,
    n_joined,
    n_left,
    member_months,
    seat_months,
    seats_taken_share,
    shown_figure(says_size, size_mean, points_decimals) as size_mean,
    shown_figure(says_attendance, attendance_rate, share_decimals) as attendance_rate,
    shown_figure(says_attendance, attendance_rate_lower, share_decimals) as attendance_rate_lower,
    shown_figure(says_attendance, attendance_rate_upper, share_decimals) as attendance_rate_upper,
    shown_figure(says_tenure, tenure_mean_days, points_decimals) as tenure_mean_days,
    case
        when not coalesce(says_attendance, false) then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
