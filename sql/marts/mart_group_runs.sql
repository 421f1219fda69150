-- Therapy groups over their whole run, as far as it had come at the end of each complete month: who
-- was ever a member, who stayed and who left, sessions, and attendance.
--
-- `n_clients` are the people who were members on any day of the run so far. Of these have stayed
-- (`n_clients_stayed`) those who still were members at the end of the month and, of a group with a
-- planned last day, whoever was a member at the last session held so far: nobody leaves such a
-- group after it has met for the last time. Of the others, `n_clients_completed` had by then
-- completed the course of treatment that they last were in the group for, or ended it by agreement,
-- and `n_clients_left` had not. Sessions, places and member-months are the sums of the months of
-- mart_group_process, so that what its header says of them holds here. Where a clinic's records
-- begin after a group did, what was before is unknown. `run_ended_on` is the group's last day where
-- that had passed, null while the group ran or had no end.
--
-- Grain:  one row per group and complete month from its first on
-- Key:    level, subject_id, period_kind, period_end_on
-- Source: attendance and open groups as in the project's definitions of metrics, section 10
with group_runs as (
    select
        group_id,
        from_on,
        until_on,
        has_end
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
        member_from_on,
        until_on,
        has_left,
        completed_on
    from int_group_stays
),

held_months as (
    select
        group_id,
        last_day(session_on) as period_end_on,
        max(session_on) as last_held_on
    from int_group_sessions
    where state = 'held'
    group by all
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
        -- A group that has never met can be stayed in to its last day alone.
        case
            when group_runs.has_end
                then coalesce(
                    max(held_months.last_held_on) over (
                        partition by group_runs.group_id
                        order by months.period_end_on asc
                        rows between unbounded preceding and current row
                    ),
                    group_runs.until_on
                )
        end as stayed_from_on,
        case
            when group_runs.has_end and group_runs.until_on <= months.period_end_on
                then group_runs.until_on
        end as run_ended_on
    from group_runs
    inner join months on group_runs.from_on <= months.period_end_on
    left join held_months
        on
            group_runs.group_id = held_months.group_id
            and months.period_end_on = held_months.period_end_on
),

-- Whoever had several stays is gone when all of those that had begun are over, and the last of them
-- tells how.
client_months as (
    select
        run_months.group_id,
        run_months.period_end_on,
        stays.client_key,
        bool_and(
            stays.has_left
            and stays.until_on <= run_months.period_end_on
            and (run_months.stayed_from_on is null or stays.until_on < run_months.stayed_from_on)
        ) as is_gone,
        arg_max(
            coalesce(stays.completed_on <= run_months.period_end_on, false),
            (stays.until_on, stays.member_from_on)
        ) as has_completed
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
        count(*) filter (where not is_gone) as n_clients_stayed,
        count(*) filter (where is_gone and has_completed) as n_clients_completed,
        count(*) filter (where is_gone and not has_completed) as n_clients_left
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
    coalesce(member_counts.n_clients_stayed, 0) as n_clients_stayed,
    coalesce(member_counts.n_clients_completed, 0) as n_clients_completed,
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
