-- Sessions of therapy groups: what became of each, and the places of the group's members at it.
--
-- A session was cancelled when the clinic cancelled it for somebody and nobody attended, called off
-- when every member and whoever else is on record had cancelled in time, unrecorded when nobody's
-- attendance was noted, and held otherwise, also when nobody came. Members are those of
-- int_group_stays on its day; who attended without being one is in `n_attended` alone.
--
-- Grain:  one row per session of a group
-- Key:    session_key
-- Source: our own definitions, as above
with sessions as (
    select
        session_key,
        session_on,
        group_id
    from int_sessions
    where group_id is not null
),

attendances as (
    select
        session_key,
        client_key,
        status
    from int_attendances
    where group_id is not null
),

stays as (
    select
        group_id,
        client_key,
        joined_on,
        until_on
    from int_group_stays
),

session_records as (
    select
        session_key,
        count(*) as n_records,
        count(*) filter (where status = 'attended') as n_attended,
        count(*) filter (where status = 'clinic_cancelled') as n_clinic_cancelled,
        count(*) filter (where status = 'cancelled') as n_cancelled
    from attendances
    group by session_key
),

-- A member's place at a session, once, however many stays hold the day.
places as (
    select
        sessions.session_key,
        stays.client_key
    from sessions
    inner join stays
        on
            sessions.group_id = stays.group_id
            and sessions.session_on >= stays.joined_on
            and sessions.session_on <= stays.until_on
    group by sessions.session_key, stays.client_key
),

session_places as (
    select
        places.session_key,
        count(*) as n_places,
        count(*) filter (
            where attendances.status in ('cancelled', 'clinic_cancelled')
        ) as n_excused,
        count(*) filter (where attendances.status = 'attended') as n_came,
        count(*) filter (
            where attendances.status in ('no_show', 'late_cancelled')
        ) as n_absent,
        count(*) filter (where attendances.status is null) as n_not_recorded
    from places
    left join attendances
        on
            places.session_key = attendances.session_key
            and places.client_key = attendances.client_key
    group by places.session_key
)

select
    sessions.session_key,
    sessions.group_id,
    sessions.session_on,
    case
        when session_records.n_records is null then 'unrecorded'
        when session_records.n_attended = 0 and session_records.n_clinic_cancelled > 0
            then 'cancelled'
        when
            session_records.n_cancelled = session_records.n_records
            and coalesce(session_places.n_not_recorded, 0) = 0
            then 'called_off'
        else 'held'
    end as state,
    coalesce(session_records.n_attended, 0) as n_attended,
    coalesce(session_places.n_places, 0) as n_places,
    coalesce(session_places.n_excused, 0) as n_excused,
    coalesce(session_places.n_came, 0) as n_came,
    coalesce(session_places.n_absent, 0) as n_absent,
    coalesce(session_places.n_not_recorded, 0) as n_not_recorded
from sessions
left join session_records on sessions.session_key = session_records.session_key
left join session_places on sessions.session_key = session_places.session_key
order by sessions.session_key
