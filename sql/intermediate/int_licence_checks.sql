-- Whether the therapist of a session from afar had a licence where the client was.
--
-- Only sessions by video and by phone that a client attended, of programmes that require a licence:
-- at one in person, client and therapist are where the clinic is. Where the client was is what the
-- attendance says, else the client's state of residence. States are compared as they are written.
-- Both ends of a licence's validity count; the day is the clinic's. Where no licence was ever
-- delivered nothing is known of any.
--
-- Grain:  one row per client at such a session.
-- Key:    session_key, client_key
with attendances as (
    select
        session_key,
        client_key,
        client_state
    from stg_attendances
    where status = 'attended'
),

remote_sessions as (
    select session_key
    from stg_sessions
    where setting in ('video', 'phone')
),

sessions as (
    select
        session_key,
        session_on,
        therapist_id,
        programme_id
    from int_sessions
),

programmes as (
    select programme_id
    from stg_programmes
    where licence_required
),

clients as (
    select
        client_key,
        state
    from stg_clients
),

licences as (
    select
        therapist_id,
        state,
        valid_from,
        valid_to
    from stg_licences
),

records as (
    select count(*) > 0 as has_licences
    from licences
),

places as (
    select
        attendances.session_key,
        attendances.client_key,
        sessions.session_on,
        sessions.therapist_id,
        sessions.programme_id,
        coalesce(attendances.client_state, clients.state) as state,
        attendances.client_state is null and clients.state is not null as is_residence
    from attendances
    inner join remote_sessions on attendances.session_key = remote_sessions.session_key
    inner join sessions on attendances.session_key = sessions.session_key
    inner join programmes on sessions.programme_id = programmes.programme_id
    left join clients on attendances.client_key = clients.client_key
),

-- Two licences of one state may overlap.
licensed_places as (
    select
        places.session_key,
        places.client_key
    from places
    inner join licences
        on
            places.therapist_id = licences.therapist_id
            and places.state = licences.state
            and places.session_on >= licences.valid_from
            and (licences.valid_to is null or places.session_on <= licences.valid_to)
    group by places.session_key, places.client_key
)

select
    places.session_key,
    places.client_key,
    places.session_on,
    places.therapist_id,
    places.programme_id,
    places.state,
    places.is_residence,
    case
        when not records.has_licences then 'not_recorded'
        when places.state is null then 'state_unknown'
        when licensed_places.session_key is not null then 'licensed'
        else 'not_licensed'
    end as licence
from places
cross join records
left join licensed_places
    on
        places.session_key = licensed_places.session_key
        and places.client_key = licensed_places.client_key
order by places.session_key, places.client_key
