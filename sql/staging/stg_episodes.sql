-- Courses of treatment, as recorded: derived ends come later.
--
-- Grain: one row per episode
-- Key:   episode_id
select
    episode_id,
    pseudonym($salt, 'episode', episode_id) as episode_key,
    client_id,
    pseudonym($salt, 'client', client_id) as client_key,
    programme_id,
    therapist_id,
    referred_on,
    started_on,
    ended_on,
    end_reason
from raw_episodes
where row_status = 'accepted'
order by episode_id
