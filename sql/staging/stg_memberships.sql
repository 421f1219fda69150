-- Clients' stays in groups.
--
-- Grain: one row per group, client and day of joining
-- Key:   group_id, client_id, joined_on
select
    group_id,
    client_id,
    pseudonym($salt, 'client', client_id) as client_key,
    episode_id,
    pseudonym($salt, 'episode', episode_id) as episode_key,
    joined_on,
    left_on,
    leave_reason
from raw_memberships
where row_status = 'accepted'
order by group_id, client_id, joined_on
