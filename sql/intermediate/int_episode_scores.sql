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

moments as (
    select
        scores.episode_key,
        scores.instrument_id,
        scores.scale,
        scores.respondent,
        count(*) as n_responses,
        min(scores.administered_at) filter (
            where
            scores.score_points is not null
            and (
                episodes.first_until_on is null
                or scores.administered_on <= episodes.first_until_on
            )
        ) as first_at,
        max(scores.administered_at) filter (
            where
            scores.score_points is not null
            and (episodes.ended_on is null or scores.administered_on <= episodes.ended_on)
        ) as last_at
    from scores
    inner join episodes on scores.episode_key = episodes.episode_key
    group by scores.episode_key, scores.instrument_id, scores.scale, scores.respondent
),

scores_at_moments as (
    select
        scores.response_key,
        scores.episode_key,
        scores.instrument_id,
        scores.scale,
        scores.respondent,
        scores.administered_at,
        scores.administered_on,
        scores.score_points,
        scores.administered_at = moments.first_at as is_at_first,
        scores.administered_at = moments.last_at as is_at_last
    from scores
    inner join moments
        on
            scores.episode_key = moments.episode_key
            and scores.instrument_id = moments.instrument_id
            and scores.scale = moments.scale
            and scores.respondent = moments.respondent
            and (
                scores.administered_at = moments.first_at
                or scores.administered_at = moments.last_at
            )
    where scores.score_points is not null
),

-- Two scores at one moment are rare, so only they pay for being put in order.
twin_moments as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        administered_at
    from scores_at_moments
    group by episode_key, instrument_id, scale, respondent, administered_at
    having count(*) > 1
),

-- Not the first of its moment, or not the last of it.
twins as (
    select
        scores_at_moments.response_key,
        scores_at_moments.scale,
        row_number() over (
            partition by
                scores_at_moments.episode_key,
                scores_at_moments.instrument_id,
                scores_at_moments.scale,
                scores_at_moments.respondent,
                scores_at_moments.administered_at
            order by responses.response_id asc
        ) as place,
        row_number() over (
            partition by
                scores_at_moments.episode_key,
                scores_at_moments.instrument_id,
                scores_at_moments.scale,
                scores_at_moments.respondent,
                scores_at_moments.administered_at
            order by responses.response_id desc
        ) as place_from_end
    from scores_at_moments
    inner join twin_moments
        on
            scores_at_moments.episode_key = twin_moments.episode_key
            and scores_at_moments.instrument_id = twin_moments.instrument_id
            and scores_at_moments.scale = twin_moments.scale
            and scores_at_moments.respondent = twin_moments.respondent
            and scores_at_moments.administered_at = twin_moments.administered_at
    inner join responses on scores_at_moments.response_key = responses.response_key
),

-- One score is left for each moment, so max() only carries it over.
found_scores as (
    select
        scores_at_moments.episode_key,
        scores_at_moments.instrument_id,
        scores_at_moments.scale,
        scores_at_moments.respondent,
        max(scores_at_moments.administered_on) filter (
            where scores_at_moments.is_at_first and coalesce(twins.place, 1) = 1
        ) as first_on,
        max(scores_at_moments.score_points) filter (
            where scores_at_moments.is_at_first and coalesce(twins.place, 1) = 1
        ) as first_points,
        max(scores_at_moments.administered_on) filter (
            where scores_at_moments.is_at_last and coalesce(twins.place_from_end, 1) = 1
        ) as last_on,
        max(scores_at_moments.score_points) filter (
            where scores_at_moments.is_at_last and coalesce(twins.place_from_end, 1) = 1
        ) as last_points
    from scores_at_moments
    left join twins
        on
            scores_at_moments.response_key = twins.response_key
            and scores_at_moments.scale = twins.scale
    group by
        scores_at_moments.episode_key,
        scores_at_moments.instrument_id,
        scores_at_moments.scale,
        scores_at_moments.respondent
),

ends as (
    select
        moments.episode_key,
        moments.instrument_id,
        moments.scale,
        moments.respondent,
        moments.n_responses,
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
    from moments
    left join instruments on moments.instrument_id = instruments.instrument_id
    left join found_scores
        on
            moments.episode_key = found_scores.episode_key
            and moments.instrument_id = found_scores.instrument_id
            and moments.scale = found_scores.scale
            and moments.respondent = found_scores.respondent
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
