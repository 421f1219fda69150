-- Completed questionnaires with the answers that count, in parallel lists by item.
--
-- Grain: one row per response
-- Key:   response_id
select
    response_id,
    pseudonym($salt, 'response', response_id) as response_key,
    client_id,
    pseudonym($salt, 'client', client_id) as client_key,
    episode_id,
    pseudonym($salt, 'episode', episode_id) as episode_key,
    session_id,
    pseudonym($salt, 'session', session_id) as session_key,
    instrument_id,
    administered_at,
    local_date(administered_at, $time_zone) as administered_on,
    respondent,
    cast(total_score as decimal(9, 4)) as total_score,
    items,
    answers,
    n_answers,
    has_answers,
    answers_source
from raw_responses
where row_status = 'accepted'
order by response_id
