-- Scheduled meetings, with the programme that each belongs to: its group's, else its episode's.
--
-- Grain:  one row per session, held or not.
-- Key:    session_key
with sessions as (
    select
        session_key,
        scheduled_on,
        therapist_id,
        group_id,
        episode_key
    from stg_sessions
),

therapy_groups as (
    select
        group_id,
        programme_id
    from stg_groups
),

episodes as (
    select
        episode_key,
        programme_id
    from stg_episodes
),

programmes as (
    select programme_id
    from stg_programmes
),

placed_sessions as (
    select
        sessions.session_key,
        sessions.scheduled_on as session_on,
        sessions.therapist_id,
        sessions.group_id,
        sessions.episode_key,
        -- A programme is missing only where none was ever delivered.
        coalesce(programmes.programme_id, 'unassigned') as programme_id
    from sessions
    left join therapy_groups on sessions.group_id = therapy_groups.group_id
    left join episodes on sessions.episode_key = episodes.episode_key
    left join programmes
        on programmes.programme_id = coalesce(therapy_groups.programme_id, episodes.programme_id)
)

select
    session_key,
    session_on,
    therapist_id,
    group_id,
    episode_key,
    programme_id
from placed_sessions
order by session_key
