-- Follow-ups of answers that showed a risk.
--
-- Grain: one row per response and moment of action
-- Key:   response_id, acted_at
select
    response_id,
    pseudonym($salt, 'response', response_id) as response_key,
    acted_at,
    local_date(acted_at, $time_zone) as acted_on,
    action,
    therapist_id
from raw_safety_actions
where row_status = 'accepted'
order by response_id, acted_at
