-- Therapy groups over their whole run, for the clinic's own use: figures of fewer places or
-- sessions than the policy's minimum are left out, counts stay. Nothing is withheld for privacy, as
-- no policy shows this table to the public. `reliability_reason` says that one is left out.
--
-- Grain:  one row per audience, group and complete month from its first on
-- Key:    audience, level, subject_id, period_kind, period_end_on
with
judged_rows as (
    select
        mart_group_runs.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.share_decimals,
        policies.points_decimals,
        mart_group_runs.n_held >= policies.minimum_pairs_for_rate as says_size,
        mart_group_runs.n_expected >= policies.minimum_pairs_for_rate as says_attendance
    from mart_group_runs
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_group_runs'
            and mart_group_runs.level = policies.mart_level
            and mart_group_runs.period_kind = policies.period_kind
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
