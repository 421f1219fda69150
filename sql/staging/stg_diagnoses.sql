-- Recorded conditions.
--
-- Grain: one row per episode and code
-- Key:   episode_id, code
select
    episode_id,
    pseudonym($salt, 'episode', episode_id) as episode_key,
    code,
    role,
    recorded_on
from raw_diagnoses
where row_status = 'accepted'
order by episode_id, code
