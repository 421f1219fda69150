-- Clients at sessions, whether they came or not.
--
-- Grain: one row per session and client
-- Key:   session_id, client_id
select
    session_id,
    pseudonym($salt, 'session', session_id) as session_key,
    client_id,
    pseudonym($salt, 'client', client_id) as client_key,
    status,
    client_state
from raw_attendances
where row_status = 'accepted'
order by session_id, client_id
