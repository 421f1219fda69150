-- Members' stays in therapy groups, within the days that each group ran.
--
-- A stay is the part of a membership within the group's run: it begins no earlier, and ends with
-- the earliest of `left_on`, the end of the course of treatment and the run; both its ends count.
-- Who left did so by `left_on` or with the course of treatment, not with the group. `completed_on`
-- is the day on which the course was completed or ended by agreement; null where it was not: the
-- reasons of leaving a group are each clinic's own words, which nothing can be counted by.
--
-- Grain: one row per membership with a day in the run of its group
-- Key:   group_id, client_key, member_from_on
with memberships as (
    select
        group_id,
        client_key,
        episode_key,
        joined_on,
        left_on
    from stg_memberships
),

episodes as (
    select
        episode_key,
        ended_on,
        case when end_reason in ('completed', 'agreed_end') then ended_on end as completed_on
    from int_episodes
),

group_runs as (
    select
        group_id,
        from_on,
        until_on
    from int_group_runs
),

-- The export may leave a discharged client in the group for good: nobody expects them any more.
memberships_in_runs as (
    select
        memberships.group_id,
        memberships.client_key,
        memberships.joined_on,
        least(
            coalesce(memberships.left_on, episodes.ended_on),
            coalesce(episodes.ended_on, memberships.left_on)
        ) as left_on,
        episodes.completed_on,
        group_runs.from_on as run_from_on,
        group_runs.until_on as run_until_on
    from memberships
    left join episodes on memberships.episode_key = episodes.episode_key
    left join group_runs on memberships.group_id = group_runs.group_id
),

clipped_stays as (
    select
        group_id,
        client_key,
        joined_on as member_from_on,
        left_on,
        completed_on,
        greatest(joined_on, coalesce(run_from_on, joined_on)) as joined_on,
        coalesce(run_until_on, cast($as_of_on as date)) as run_until_on
    from memberships_in_runs
)

select
    group_id,
    client_key,
    member_from_on,
    joined_on,
    least(coalesce(left_on, run_until_on), run_until_on) as until_on,
    coalesce(left_on <= run_until_on, false) as has_left,
    completed_on
from clipped_stays
where joined_on <= least(coalesce(left_on, run_until_on), run_until_on)
order by group_id, client_key, member_from_on
