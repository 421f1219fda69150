-- Clients' own goals.
--
-- Grain: one row per goal
-- Key:   goal_id
select
    goal_id,
    pseudonym($salt, 'goal', goal_id) as goal_key,
    episode_id,
    pseudonym($salt, 'episode', episode_id) as episode_key,
    kind,
    domain,
    cast(weight as decimal(9, 4)) as weight,
    set_on,
    closed_on
from raw_goals
where row_status = 'accepted'
order by goal_id
