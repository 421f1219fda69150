-- Days on which something followed: a safety action on one of the client's responses, or a session
-- that the client attended. An export has no referrals, prescriptions or plans, so this is all that
-- can tell of a follow-up.
--
-- Grain:  one row per client, kind and day.
-- Key:    client_key, kind, followed_on
with safety_actions as (
    select
        response_key,
        acted_on
    from stg_safety_actions
),

responses as (
    select
        response_key,
        client_key
    from int_response_scores
),

attendances as (
    select
        client_key,
        session_on
    from int_attendances
    where status = 'attended' and episode_key is not null
)

select
    responses.client_key,
    'safety_action' as kind,
    safety_actions.acted_on as followed_on
from safety_actions
inner join responses on safety_actions.response_key = responses.response_key
union
select
    client_key,
    'session' as kind,
    session_on as followed_on
from attendances
order by client_key, kind, followed_on
