-- Forms that name a session of their course: what was answered the evening before belongs to the
-- next morning's session, and of two sessions of a day the name tells which.
--
-- The session is one that the client attended as part of a course, not more than
-- $session_window_days days before or after the form; who reads this asks besides whether the form
-- belongs to that course.
--
-- Grain:  one row per such response.
-- Key:    response_key
with responses as (
    select
        response_key,
        client_key,
        session_key,
        administered_on,
        administered_on - cast($session_window_days as integer) as earliest_on,
        administered_on + cast($session_window_days as integer) as latest_on
    from stg_responses
    where session_key is not null
),

attendances as (
    select
        session_key,
        client_key,
        episode_key,
        session_on
    from int_attendances
    where status = 'attended' and episode_key is not null
)

select
    responses.response_key,
    attendances.episode_key,
    attendances.session_key,
    attendances.session_on,
    responses.administered_on
from responses
inner join attendances
    on
        responses.session_key = attendances.session_key
        and responses.client_key = attendances.client_key
where
    responses.earliest_on <= attendances.session_on
    and responses.latest_on >= attendances.session_on
order by responses.response_key
