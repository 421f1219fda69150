-- Ratings of goals.
--
-- Grain: one row per goal and moment of rating
-- Key:   goal_id, rated_at
select
    goal_id,
    pseudonym($salt, 'goal', goal_id) as goal_key,
    rated_at,
    local_date(rated_at, $time_zone) as rated_on,
    rated_by,
    cast(value as decimal(9, 4)) as value_points
from raw_goal_ratings
where row_status = 'accepted'
order by goal_id, rated_at
