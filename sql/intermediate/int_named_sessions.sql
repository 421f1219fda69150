-- Forms that name a session of their course held on another day than they were filled in on: what
-- was answered the evening before belongs to the next morning's session.
--
-- The session is one that the client attended as part of the course that the form belongs to, not
-- more than $session_window_days days from the form. Of a form filled in on the day of its session
-- the day tells as much, and there is no row.
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
),

sessions as (
    select
        session_key,
        scheduled_at
    from stg_sessions
),

named_attendances as (
    select
        responses.response_key,
        attendances.session_key,
        attendances.episode_key,
        attendances.session_on
    from responses
    inner join attendances
        on
            responses.session_key = attendances.session_key
            and responses.client_key = attendances.client_key
    where
        responses.administered_on != attendances.session_on
        and responses.earliest_on <= attendances.session_on
        and responses.latest_on >= attendances.session_on
)

select
    named_attendances.response_key,
    named_attendances.episode_key,
    named_attendances.session_on,
    sessions.scheduled_at
from named_attendances
inner join sessions on named_attendances.session_key = sessions.session_key
order by named_attendances.response_key
