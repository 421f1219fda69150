-- What clients and others said at last of a course: satisfaction, and the verdict on the change.
--
-- Of instruments of the domain `experience` and of purpose `verdict`: the last usable score up to
-- the end of the course (ties of a moment by response id). No first score is needed.
--
-- Grain:  one row per episode, instrument, scale and respondent with a usable score.
-- Key:    episode_key, instrument_id, scale, respondent
with scores as (
    select
        response_key,
        episode_key,
        instrument_id,
        scale,
        respondent,
        administered_at,
        administered_on,
        score_points
    from int_response_scores
    where score_points is not null and episode_key is not null
),

instruments as (
    select instrument_id
    from ref_instruments
    where domain = 'experience' or purpose = 'verdict'
),

responses as (
    select
        response_key,
        response_id
    from stg_responses
),

episodes as (
    select
        episode_key,
        ended_on
    from int_episodes
),

scores_in_order as (
    select
        scores.episode_key,
        scores.instrument_id,
        scores.scale,
        scores.respondent,
        scores.administered_on,
        scores.score_points,
        row_number() over (
            partition by
                scores.episode_key, scores.instrument_id, scores.scale, scores.respondent
            order by scores.administered_at desc, responses.response_id desc
        ) as place_from_end
    from scores
    inner join instruments on scores.instrument_id = instruments.instrument_id
    inner join responses on scores.response_key = responses.response_key
    inner join episodes on scores.episode_key = episodes.episode_key
    where episodes.ended_on is null or scores.administered_on <= episodes.ended_on
)

select
    episode_key,
    instrument_id,
    scale,
    respondent,
    administered_on as rated_on,
    score_points as rating_points
from scores_in_order
where place_from_end = 1
order by episode_key, instrument_id, scale, respondent
