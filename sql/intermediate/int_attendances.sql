-- Who was at which session, and for which course of treatment it counts.
--
-- An individual session counts for its own episode when the client is that episode's client. A
-- group session counts for the episode of the client's membership that holds that day, both ends
-- included; of several, for the one with the smallest episode id. Otherwise it counts for none.
--
-- Grain:  one row per client at a session.
-- Key:    session_key, client_key
with attendances as (
    select
        session_key,
        client_key,
        status
    from stg_attendances
),

sessions as (
    select
        session_key,
        session_on,
        therapist_id,
        group_id,
        episode_key,
        programme_id
    from int_sessions
),

episodes as (
    select
        episode_key,
        episode_id,
        client_key
    from stg_episodes
),

memberships as (
    select
        group_id,
        client_key,
        episode_key,
        joined_on,
        left_on
    from stg_memberships
),

group_attendances as (
    select
        attendances.session_key,
        attendances.client_key,
        attendances.status,
        sessions.session_on,
        sessions.therapist_id,
        sessions.group_id,
        sessions.programme_id
    from attendances
    inner join sessions on attendances.session_key = sessions.session_key
    where sessions.group_id is not null
),

stays as (
    select
        memberships.group_id,
        memberships.client_key,
        memberships.joined_on,
        memberships.left_on,
        episodes.episode_id,
        episodes.episode_key
    from memberships
    inner join episodes
        on
            memberships.episode_key = episodes.episode_key
            and memberships.client_key = episodes.client_key
),

-- The id decides and is left behind here: from this layer on there are keys only.
stays_held as (
    select
        group_attendances.session_key,
        group_attendances.client_key,
        min(stays.episode_id) as episode_id
    from group_attendances
    inner join stays
        on
            group_attendances.group_id = stays.group_id
            and group_attendances.client_key = stays.client_key
            and group_attendances.session_on >= stays.joined_on
            and (stays.left_on is null or group_attendances.session_on <= stays.left_on)
    group by group_attendances.session_key, group_attendances.client_key
),

individual_attendances as (
    select
        attendances.session_key,
        attendances.client_key,
        episodes.episode_key,
        sessions.session_on,
        sessions.therapist_id,
        sessions.group_id,
        sessions.programme_id,
        attendances.status
    from attendances
    inner join sessions on attendances.session_key = sessions.session_key
    left join episodes
        on
            sessions.episode_key = episodes.episode_key
            and attendances.client_key = episodes.client_key
    where sessions.group_id is null
)

select
    session_key,
    client_key,
    episode_key,
    session_on,
    therapist_id,
    group_id,
    programme_id,
    status
from individual_attendances
union all
select
    group_attendances.session_key,
    group_attendances.client_key,
    episodes.episode_key,
    group_attendances.session_on,
    group_attendances.therapist_id,
    group_attendances.group_id,
    group_attendances.programme_id,
    group_attendances.status
from group_attendances
left join stays_held
    on
        group_attendances.session_key = stays_held.session_key
        and group_attendances.client_key = stays_held.client_key
left join episodes on stays_held.episode_id = episodes.episode_id
order by session_key, client_key
