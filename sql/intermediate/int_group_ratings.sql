-- What was said about a group after a session of it, on each scale of a measure of cohesion.
--
-- A response belongs to the group session that it names; one that names none, to the only group
-- session that its client attended on its day. Of several by one respondent about a client's
-- session the last counts. The baseline is the first one about that client in that group, whatever
-- episode it was; `is_below_baseline` says whether a later one is worse than that (the scale's
-- direction decides), and is null for the first and where the scale has no known direction.
--
-- Grain:  one row per usable response and scale.
-- Key:    response_key, scale
with scores as (
    select
        response_key,
        client_key,
        instrument_id,
        scale,
        respondent,
        administered_at,
        administered_on,
        score_points
    from int_response_scores
    where score_points is not null
),

scales as (
    select
        instrument_id,
        scale,
        direction
    from int_scales
    where subdomain = 'group_cohesion'
),

responses as (
    select
        response_key,
        response_id,
        session_key
    from stg_responses
),

sessions as (
    select
        session_key,
        group_id,
        session_on
    from int_sessions
    where group_id is not null
),

attendances as (
    select
        session_key,
        client_key,
        session_on
    from int_attendances
    where group_id is not null and status = 'attended'
),

only_sessions as (
    select
        client_key,
        session_on,
        min(session_key) as session_key
    from attendances
    group by client_key, session_on
    having count(*) = 1
),

placed_scores as (
    select
        scores.response_key,
        responses.response_id,
        scores.client_key,
        scores.instrument_id,
        scores.scale,
        scores.respondent,
        scores.administered_at,
        scores.score_points,
        coalesce(responses.session_key, only_sessions.session_key) as session_key,
        scales.direction
    from scores
    inner join responses on scores.response_key = responses.response_key
    inner join scales
        on
            scores.instrument_id = scales.instrument_id
            and scores.scale = scales.scale
    left join only_sessions
        on
            scores.client_key = only_sessions.client_key
            and scores.administered_on = only_sessions.session_on
),

ratings as (
    select
        placed_scores.response_key,
        placed_scores.response_id,
        placed_scores.client_key,
        placed_scores.instrument_id,
        placed_scores.scale,
        placed_scores.respondent,
        placed_scores.administered_at,
        placed_scores.score_points,
        placed_scores.direction,
        sessions.session_key,
        sessions.group_id,
        sessions.session_on
    from placed_scores
    inner join sessions on placed_scores.session_key = sessions.session_key
    qualify
        row_number() over (
            partition by
                placed_scores.session_key,
                placed_scores.client_key,
                placed_scores.instrument_id,
                placed_scores.scale,
                placed_scores.respondent
            order by placed_scores.administered_at desc, placed_scores.response_id desc
        ) = 1
),

ratings_in_order as (
    select
        *,
        first_value(score_points) over (
            partition by group_id, client_key, instrument_id, scale, respondent
            order by session_on asc, administered_at asc, response_id asc
        ) as baseline_points,
        row_number() over (
            partition by group_id, client_key, instrument_id, scale, respondent
            order by session_on asc, administered_at asc, response_id asc
        ) as place
    from ratings
)

select
    response_key,
    scale,
    instrument_id,
    respondent,
    client_key,
    group_id,
    session_key,
    session_on,
    score_points,
    case
        when place = 1 then null
        when direction = 'higher_better' then score_points < baseline_points
        when direction = 'higher_worse' then score_points > baseline_points
    end as is_below_baseline
from ratings_in_order
order by response_key, scale
