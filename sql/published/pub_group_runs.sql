-- Therapy groups over their whole run, for the clinic's own use: figures of fewer places or
-- sessions than the policy's minimum are left out, counts stay. Nothing is withheld for privacy, as
-- no policy shows this table to the public. `reliability_reason` says that one is left out.
--
-- Grain:  one row per audience, group and complete month from its first on
-- Key:    audience, level, subject_id, period_kind, period_end_on
with policies as (
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
    where table_name = 'pub_group_runs'
),

group_runs_rows as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        period_end_on,
        run_ended_on,
        n_clients,
        n_clients_stayed,
        n_clients_completed,
        n_clients_left,
        n_sessions,
        n_held,
        n_present,
        size_mean,
        n_expected,
        n_came,
        attendance_rate,
        member_months
    from mart_group_runs
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        policies.points_decimals,
        group_runs_rows.subject_id,
        group_runs_rows.period_kind,
        group_runs_rows.period_start_on,
        group_runs_rows.period_end_on,
        group_runs_rows.run_ended_on,
        group_runs_rows.n_clients,
        group_runs_rows.n_clients_stayed,
        group_runs_rows.n_clients_completed,
        group_runs_rows.n_clients_left,
        group_runs_rows.n_sessions,
        group_runs_rows.n_held,
        group_runs_rows.n_present,
        group_runs_rows.size_mean,
        group_runs_rows.n_expected,
        group_runs_rows.n_came,
        group_runs_rows.attendance_rate,
        group_runs_rows.member_months,
        group_runs_rows.n_held >= policies.minimum_pairs_for_rate as says_size,
        group_runs_rows.n_expected >= policies.minimum_pairs_for_rate as says_attendance
    from group_runs_rows
    inner join policies
        on
            group_runs_rows.level = policies.mart_level
            and group_runs_rows.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    run_ended_on,
    n_clients,
    n_clients_stayed,
    n_clients_completed,
    n_clients_left,
    n_sessions,
    n_held,
    n_present,
    shown_figure(says_size, size_mean, points_decimals) as size_mean,
    n_expected,
    n_came,
    shown_figure(says_attendance, attendance_rate, share_decimals) as attendance_rate,
    member_months,
    case
        when not says_size or not says_attendance then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_end_on
