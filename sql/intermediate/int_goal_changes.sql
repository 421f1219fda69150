-- How far each goal of a client moved, from its first rating to its last.
--
-- Ratings are the client's own; `n_ratings` counts those after the end, too. First: the first
-- rating, on or before $first_score_days after session 1 or after the goal was set, whichever is
-- later (no limit where there is no session 1): a goal that replaces another starts its own
-- baseline. Last: the last rating on a later day, not after the end of the course. A goal is set
-- late when it was set more than $first_score_days after session 1, and dropped when it was closed
-- before the course ended and is not known to be met. Goals run upwards; whether one changed
-- reliably, or is met, is null where its kind has no such rule.
--
-- Grain:  one row per goal.
-- Key:    goal_key
-- Source: ref_goal_rules (citation per kind of goal)
with goals as (
    select
        goal_key,
        episode_key,
        kind,
        domain,
        coalesce(weight, 1) as weight,
        set_on,
        set_on + cast($first_score_days as integer) as own_first_until_on,
        closed_on
    from stg_goals
),

client_ratings as (
    select
        goal_key,
        rated_at,
        rated_on,
        value_points
    from stg_goal_ratings
    where rated_by = 'client'
),

episodes as (
    select
        episode_key,
        session_1_on + cast($first_score_days as integer) as timely_until_on,
        ended_on
    from int_episodes
),

goal_rules as (
    select
        goal_kind,
        reliable_change_points,
        met_points
    from ref_goal_rules
),

dated_goals as (
    select
        goals.goal_key,
        goals.episode_key,
        goals.kind,
        goals.domain,
        goals.weight,
        goals.set_on,
        goals.closed_on,
        episodes.timely_until_on,
        episodes.ended_on,
        case
            when episodes.timely_until_on is not null
                then greatest(episodes.timely_until_on, goals.own_first_until_on)
        end as first_until_on
    from goals
    inner join episodes on goals.episode_key = episodes.episode_key
),

-- A goal has one rating at a moment.
moments as (
    select
        dated_goals.goal_key,
        count(*) as n_ratings,
        min(client_ratings.rated_at) filter (
            where
            dated_goals.first_until_on is null
            or client_ratings.rated_on <= dated_goals.first_until_on
        ) as first_at,
        max(client_ratings.rated_at) filter (
            where dated_goals.ended_on is null or client_ratings.rated_on <= dated_goals.ended_on
        ) as last_at
    from dated_goals
    inner join client_ratings on dated_goals.goal_key = client_ratings.goal_key
    group by dated_goals.goal_key
),

rated_goals as (
    select
        moments.goal_key,
        moments.n_ratings,
        first_ratings.rated_on as first_on,
        first_ratings.value_points as first_points,
        case when last_ratings.rated_on > first_ratings.rated_on then last_ratings.rated_on end
            as last_on,
        case when last_ratings.rated_on > first_ratings.rated_on then last_ratings.value_points end
            as last_points
    from moments
    left join client_ratings as first_ratings
        on
            moments.goal_key = first_ratings.goal_key
            and moments.first_at = first_ratings.rated_at
    left join client_ratings as last_ratings
        on
            moments.goal_key = last_ratings.goal_key
            and moments.last_at = last_ratings.rated_at
),

changes as (
    select
        dated_goals.goal_key,
        dated_goals.episode_key,
        dated_goals.kind,
        dated_goals.domain,
        dated_goals.weight,
        dated_goals.set_on,
        dated_goals.closed_on,
        dated_goals.set_on > dated_goals.timely_until_on as is_set_late,
        dated_goals.closed_on is not null
        and (dated_goals.ended_on is null or dated_goals.closed_on < dated_goals.ended_on)
        and coalesce(rated_goals.last_points < goal_rules.met_points, true) as is_dropped,
        coalesce(rated_goals.n_ratings, 0) as n_ratings,
        rated_goals.first_on,
        rated_goals.first_points,
        rated_goals.last_on,
        rated_goals.last_points,
        rated_goals.last_points is not null as is_paired,
        cast(rated_goals.last_points - rated_goals.first_points as decimal(9, 4))
            as improvement_points,
        goal_rules.reliable_change_points,
        goal_rules.met_points
    from dated_goals
    left join rated_goals on dated_goals.goal_key = rated_goals.goal_key
    left join goal_rules on dated_goals.kind = goal_rules.goal_kind
)

select
    goal_key,
    episode_key,
    kind,
    domain,
    weight,
    set_on,
    closed_on,
    is_set_late,
    is_dropped,
    n_ratings,
    first_on,
    first_points,
    last_on,
    last_points,
    is_paired,
    improvement_points,
    case
        when improvement_points >= reliable_change_points then 'improved'
        when improvement_points <= -reliable_change_points then 'deteriorated'
        when abs(improvement_points) < reliable_change_points then 'unchanged'
    end as reliable_change,
    reliable_change_points is not null as has_rule,
    last_points >= met_points as is_met
from changes
order by goal_key
