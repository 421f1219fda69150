-- Scheduled meetings; the day is the clinic's local day.
--
-- Grain: one row per session
-- Key:   session_id
select
    session_id,
    pseudonym($salt, 'session', session_id) as session_key,
    group_id,
    episode_id,
    pseudonym($salt, 'episode', episode_id) as episode_key,
    therapist_id,
    scheduled_at,
    local_date(scheduled_at, $time_zone) as scheduled_on,
    duration_minutes,
    setting
from raw_sessions
where row_status = 'accepted'
order by session_id
