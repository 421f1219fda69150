-- Therapy groups over their whole run, as far as it had come at the end of each complete month: who
-- was ever a member, who stayed and who left, sessions, and attendance.
--
-- `n_clients` are the people who were members on any day of the run so far, `n_clients_left` those
-- of them who had left by the end of the month and not come back, and `n_clients_stayed` the
-- others: still members, or members on the day of the last session of a group that is over.
-- Sessions, places and member-months are the sums of the months of mart_group_process, so that what
-- its header says of them holds here. Where a clinic's records begin after a group did, what was
-- before is unknown. `run_ended_on` is the group's last day where that had passed, null while the
-- group ran or had no end.
--
-- Grain:  one row per group and complete month from its first on
-- Key:    level, subject_id, period_kind, period_end_on
-- Source: attendance and open groups as in the project's definitions of metrics, section 10
with group_runs as (
    select
        group_id,
        from_on,
        until_on,
        has_end,
        last_met_on
    from int_group_runs
),

months as (
    select
        period_start_on,
        period_end_on
    from int_period_months
    where period_kind = 'month'
),

stays as (
    select
        group_id,
        client_key,
        joined_on,
        until_on,
        has_left
    from int_group_stays
),

group_months as (
    select
        subject_id,
        period_end_on,
        n_sessions,
        n_held,
        n_present,
        n_expected,
        n_came,
        member_months
    from mart_group_process
    where level = 'group' and period_kind = 'month'
),

run_months as (
    select
        group_runs.group_id,
        group_runs.from_on,
        months.period_end_on,
        group_runs.last_met_on,
        case
            when group_runs.has_end and group_runs.until_on <= months.period_end_on
                then group_runs.until_on
        end as run_ended_on
    from group_runs
    inner join months on group_runs.from_on <= months.period_end_on
),

-- Whoever had several stays is gone when all of those that had begun are over. The last session of
-- a group that is over ends memberships too, and nobody left by it.
client_months as (
    select
        run_months.group_id,
        run_months.period_end_on,
        stays.client_key,
        bool_and(
            stays.has_left
            and stays.until_on <= run_months.period_end_on
            and (run_months.run_ended_on is null or stays.until_on < run_months.last_met_on)
        ) as is_gone
    from run_months
    inner join stays
        on
            run_months.group_id = stays.group_id
            and run_months.period_end_on >= stays.joined_on
    group by run_months.group_id, run_months.period_end_on, stays.client_key
),

member_counts as (
    select
        group_id,
        period_end_on,
        count(*) as n_clients,
        count(*) filter (where is_gone) as n_clients_left
    from client_months
    group by group_id, period_end_on
),

run_sums as (
    select
        run_months.group_id,
        run_months.from_on,
        run_months.period_end_on,
        run_months.run_ended_on,
        cast(coalesce(sum(group_months.n_sessions) over so_far, 0) as bigint) as n_sessions,
        cast(coalesce(sum(group_months.n_held) over so_far, 0) as bigint) as n_held,
        cast(coalesce(sum(group_months.n_present) over so_far, 0) as bigint) as n_present,
        cast(coalesce(sum(group_months.n_expected) over so_far, 0) as bigint) as n_expected,
        cast(coalesce(sum(group_months.n_came) over so_far, 0) as bigint) as n_came,
        cast(
            coalesce(sum(group_months.member_months) over so_far, 0) as decimal(18, 4)
        ) as member_months
    from run_months
    left join group_months
        on
            run_months.group_id = group_months.subject_id
            and run_months.period_end_on = group_months.period_end_on
    window so_far as (
        partition by run_months.group_id
        order by run_months.period_end_on asc
        rows between unbounded preceding and current row
    )
)

select
    'group' as level,
    run_sums.group_id as subject_id,
    'run' as period_kind,
    run_sums.from_on as period_start_on,
    run_sums.period_end_on,
    run_sums.run_ended_on,
    coalesce(member_counts.n_clients, 0) as n_clients,
    coalesce(member_counts.n_clients - member_counts.n_clients_left, 0) as n_clients_stayed,
    coalesce(member_counts.n_clients_left, 0) as n_clients_left,
    run_sums.n_sessions,
    run_sums.n_held,
    run_sums.n_present,
    run_sums.n_present / nullif(run_sums.n_held, 0) as size_mean,
    run_sums.n_expected,
    run_sums.n_came,
    run_sums.n_came / nullif(run_sums.n_expected, 0) as attendance_rate,
    run_sums.member_months
from run_sums
left join member_counts
    on
        run_sums.group_id = member_counts.group_id
        and run_sums.period_end_on = member_counts.period_end_on
order by level, subject_id, period_kind, run_sums.period_end_on
