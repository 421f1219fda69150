-- The first and the last score of each course of treatment on each scale.
--
-- First: the first valid score, on or before $first_score_days after session 1 (no limit where
-- there is no session 1). Last: the last valid score on a later day than the first, not after the
-- end. A verdict (such as PGI-C) looks back over the course and needs no first. Scores of the same
-- moment go by response id. `n_responses` counts unscorable ones, and those after the end, too.
--
-- Grain:  one row per episode, instrument, scale and respondent with at least one response.
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
    where episode_key is not null
),

episodes as (
    select
        episode_key,
        session_1_on + cast($first_score_days as integer) as first_until_on,
        ended_on
    from int_episodes
),

instruments as (
    select
        instrument_id,
        purpose
    from ref_instruments
),

responses as (
    select
        response_key,
        response_id
    from stg_responses
),

-- Two scores at one moment are rare, so only they pay for being put in order.
twin_moments as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        administered_at
    from scores
    where score_points is not null
    group by episode_key, instrument_id, scale, respondent, administered_at
    having count(*) > 1
),

-- Not the first of its moment, or not the last of it.
twins as (
    select
        scores.response_key,
        scores.scale,
        row_number() over (
            partition by
                scores.episode_key,
                scores.instrument_id,
                scores.scale,
                scores.respondent,
                scores.administered_at
            order by responses.response_id asc
        ) as place,
        row_number() over (
            partition by
                scores.episode_key,
                scores.instrument_id,
                scores.scale,
                scores.respondent,
                scores.administered_at
            order by responses.response_id desc
        ) as place_from_end
    from scores
    inner join twin_moments
        on
            scores.episode_key = twin_moments.episode_key
            and scores.instrument_id = twin_moments.instrument_id
            and scores.scale = twin_moments.scale
            and scores.respondent = twin_moments.respondent
            and scores.administered_at = twin_moments.administered_at
    inner join responses on scores.response_key = responses.response_key
    where scores.score_points is not null
),

placed_scores as (
    select
        scores.episode_key,
        scores.instrument_id,
        scores.scale,
        scores.respondent,
        scores.administered_at,
        scores.administered_on,
        scores.score_points,
        scores.score_points is not null
        and coalesce(twins.place, 1) = 1
        and (
            episodes.first_until_on is null or scores.administered_on <= episodes.first_until_on
        ) as can_be_first,
        scores.score_points is not null
        and coalesce(twins.place_from_end, 1) = 1
        and (episodes.ended_on is null or scores.administered_on <= episodes.ended_on)
            as can_be_last
    from scores
    inner join episodes on scores.episode_key = episodes.episode_key
    left join twins
        on
            scores.response_key = twins.response_key
            and scores.scale = twins.scale
),

-- One score is left for each moment, so there is one earliest and one latest.
found_scores as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        count(*) as n_responses,
        arg_min(administered_on, administered_at) filter (where can_be_first) as first_on,
        arg_min(score_points, administered_at) filter (where can_be_first) as first_points,
        arg_max(administered_on, administered_at) filter (where can_be_last) as last_on,
        arg_max(score_points, administered_at) filter (where can_be_last) as last_points
    from placed_scores
    group by episode_key, instrument_id, scale, respondent
),

ends as (
    select
        found_scores.episode_key,
        found_scores.instrument_id,
        found_scores.scale,
        found_scores.respondent,
        found_scores.n_responses,
        found_scores.first_on,
        found_scores.first_points,
        case
            when instruments.purpose = 'verdict' or found_scores.last_on > found_scores.first_on
                then found_scores.last_on
        end as last_on,
        case
            when instruments.purpose = 'verdict' or found_scores.last_on > found_scores.first_on
                then found_scores.last_points
        end as last_points
    from found_scores
    left join instruments on found_scores.instrument_id = instruments.instrument_id
)

select
    episode_key,
    instrument_id,
    scale,
    respondent,
    n_responses,
    first_on,
    first_points,
    last_on,
    last_points
from ends
order by episode_key, instrument_id, scale, respondent
