-- Therapy groups at work, for the clinic's own use: rates and means of fewer places, sessions or
-- stays than the policy's minimum are left out, counts stay. Nothing is withheld for privacy, as no
-- policy shows this table to the public: a group is small enough to tell who is in it.
--
-- Grain:  one row per audience, level, subject and period shown.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with
policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        share_decimals,
        points_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_group_process'
),

group_process_rows as (
    select
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
        size_mean,
        attendance_rate,
        attendance_rate_lower,
        attendance_rate_upper,
        tenure_mean_days
    from mart_group_process
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        policies.points_decimals,
        group_process_rows.subject_id,
        group_process_rows.period_kind,
        group_process_rows.period_start_on,
        group_process_rows.period_end_on,
        group_process_rows.n_clients,
        group_process_rows.n_groups,
        group_process_rows.n_open_groups,
        group_process_rows.n_closed_groups,
        group_process_rows.n_co_led_groups,
        group_process_rows.n_sessions,
        group_process_rows.n_held,
        group_process_rows.n_sessions_cancelled,
        group_process_rows.n_sessions_called_off,
        group_process_rows.n_sessions_unrecorded,
        group_process_rows.n_unattended,
        group_process_rows.n_present,
        group_process_rows.n_guests,
        group_process_rows.n_places,
        group_process_rows.n_excused,
        group_process_rows.n_expected,
        group_process_rows.n_came,
        group_process_rows.n_absent,
        group_process_rows.n_not_recorded,
        group_process_rows.n_joined,
        group_process_rows.n_left,
        group_process_rows.member_months,
        group_process_rows.seat_months,
        group_process_rows.seats_taken_share,
        group_process_rows.size_mean,
        group_process_rows.attendance_rate,
        group_process_rows.attendance_rate_lower,
        group_process_rows.attendance_rate_upper,
        group_process_rows.tenure_mean_days,
        group_process_rows.n_held >= policies.minimum_pairs_for_rate as says_size,
        group_process_rows.n_expected >= policies.minimum_pairs_for_rate as says_attendance,
        group_process_rows.n_left >= policies.minimum_pairs_for_rate as says_tenure
    from group_process_rows
    inner join policies
        on
            group_process_rows.level = policies.mart_level
            and group_process_rows.period_kind = policies.period_kind
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
