-- The working relationship and the cohesion of groups as rated in the course of treatment.
--
-- Usable scores of instruments of the domain `alliance`, up to the end of the course, in the order
-- of their moments (ties by response id). `n_sessions_so_far` are the attended sessions up to and
-- with the day of the score, `days_since_session` the days since the last of them (null before the
-- first). `fall_points` is how much worse it is than the score before, whichever
-- way the scale runs: null for the first, and where the direction is unknown. `is_alert`: beyond
-- the scale's published alert for this respondent; null where there is none.
--
-- Grain:  one row per usable response and scale.
-- Key:    response_key, scale
-- Source: ref_thresholds (kind `alert`), each with its citation
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

scales as (
    select
        instrument_id,
        scale,
        direction
    from int_scales
    where domain = 'alliance'
),

-- An alert has no default among several: it is in force once it is verified or switched on. One
-- that holds for some people only cannot be told for anybody.
thresholds as (
    select
        instrument_id,
        scale,
        unnest(respondents) as respondent,
        points,
        op
    from ref_thresholds
    where
        kind = 'alert'
        and (is_active or status = 'verified')
        and holds_for = array_to_string(respondents, ', ')
),

alerts as (
    select
        instrument_id,
        scale,
        respondent,
        max(points) filter (where op = '<') as below_points,
        max(points) filter (where op = '<=') as until_points,
        min(points) filter (where op = '>=') as from_points,
        min(points) filter (where op = '>') as above_points
    from thresholds
    group by instrument_id, scale, respondent
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

attended_sessions as (
    select
        episode_key,
        session_on
    from int_attendances
    where status = 'attended' and episode_key is not null
),

scores_in_course as (
    select
        scores.response_key,
        responses.response_id,
        scores.episode_key,
        scores.instrument_id,
        scores.scale,
        scores.respondent,
        scores.administered_at,
        scores.administered_on,
        scores.score_points,
        scales.direction,
        case
            when alerts.below_points is not null then scores.score_points < alerts.below_points
            when alerts.until_points is not null then scores.score_points <= alerts.until_points
            when alerts.from_points is not null then scores.score_points >= alerts.from_points
            when alerts.above_points is not null then scores.score_points > alerts.above_points
        end as is_alert
    from scores
    inner join responses on scores.response_key = responses.response_key
    inner join episodes on scores.episode_key = episodes.episode_key
    inner join scales
        on
            scores.instrument_id = scales.instrument_id
            and scores.scale = scales.scale
    left join alerts
        on
            scores.instrument_id = alerts.instrument_id
            and scores.scale = alerts.scale
            and scores.respondent = alerts.respondent
    where episodes.ended_on is null or scores.administered_on <= episodes.ended_on
),

score_days as (
    select distinct
        episode_key,
        administered_on
    from scores_in_course
),

session_counts as (
    select
        score_days.episode_key,
        score_days.administered_on,
        count(*) as n_sessions_so_far,
        max(attended_sessions.session_on) as last_session_on
    from score_days
    inner join attended_sessions
        on
            score_days.episode_key = attended_sessions.episode_key
            and score_days.administered_on >= attended_sessions.session_on
    group by score_days.episode_key, score_days.administered_on
),

scores_in_order as (
    select
        *,
        lag(score_points) over (
            partition by episode_key, instrument_id, scale, respondent
            order by administered_at asc, response_id asc
        ) as previous_points,
        row_number() over (
            partition by episode_key, instrument_id, scale, respondent
            order by administered_at asc, response_id asc
        ) as place,
        row_number() over (
            partition by episode_key, instrument_id, scale, respondent
            order by administered_at desc, response_id desc
        ) as place_from_end
    from scores_in_course
)

select
    scores_in_order.response_key,
    scores_in_order.scale,
    scores_in_order.episode_key,
    scores_in_order.instrument_id,
    scores_in_order.respondent,
    scores_in_order.administered_on,
    coalesce(session_counts.n_sessions_so_far, 0) as n_sessions_so_far,
    scores_in_order.administered_on - session_counts.last_session_on as days_since_session,
    scores_in_order.score_points,
    case scores_in_order.direction
        when 'higher_better' then scores_in_order.previous_points - scores_in_order.score_points
        when 'higher_worse' then scores_in_order.score_points - scores_in_order.previous_points
    end as fall_points,
    scores_in_order.is_alert,
    scores_in_order.place = 1 as is_first,
    scores_in_order.place_from_end = 1 as is_last
from scores_in_order
left join session_counts
    on
        scores_in_order.episode_key = session_counts.episode_key
        and scores_in_order.administered_on = session_counts.administered_on
order by scores_in_order.response_key, scores_in_order.scale
