-- Whether a client's consents were in force on the day of a session.
--
-- A consent counts from the day on which it was given, and no longer on the day on which it was
-- withdrawn; one given anew counts again, also on that day. Consent to treatment is in force,
-- withdrawn, or missing: never given up to that day. Where no consent to treatment was ever
-- delivered nothing is known of any. Whether treatment of substance use may be disclosed is asked
-- of courses of that track only. The day is the clinic's.
--
-- Grain:  one row per client at an attended session that counts for a course.
-- Key:    session_key, client_key
-- Source: 42 CFR Part 2 (disclosure of substance use treatment)
with attendances as (
    select
        session_key,
        client_key,
        episode_key,
        session_on
    from int_attendances
    where status = 'attended' and episode_key is not null
),

episodes as (
    select
        episode_key,
        track
    from int_episodes
),

consents as (
    select
        client_key,
        scope,
        given_on,
        withdrawn_on
    from stg_consents
    where scope in ('treatment', 'substance_use_disclosure')
),

records as (
    select count(*) > 0 as has_consents
    from consents
    where scope = 'treatment'
),

last_words as (
    select
        attendances.session_key,
        attendances.client_key,
        consents.scope,
        max(consents.given_on) filter (
            where consents.withdrawn_on is null or consents.withdrawn_on > attendances.session_on
        ) as given_on,
        max(consents.withdrawn_on) filter (
            where consents.withdrawn_on <= attendances.session_on
        ) as withdrawn_on
    from attendances
    inner join consents
        on
            attendances.client_key = consents.client_key
            and attendances.session_on >= consents.given_on
    group by attendances.session_key, attendances.client_key, consents.scope
),

standing as (
    select
        session_key,
        client_key,
        scope,
        given_on is not null
        and (withdrawn_on is null or given_on >= withdrawn_on) as is_in_force
    from last_words
),

treatment_consents as (
    select
        session_key,
        client_key,
        is_in_force
    from standing
    where scope = 'treatment'
),

disclosure_consents as (
    select
        session_key,
        client_key,
        is_in_force
    from standing
    where scope = 'substance_use_disclosure'
)

select
    attendances.session_key,
    attendances.client_key,
    attendances.episode_key,
    attendances.session_on,
    case
        when not records.has_consents then 'not_recorded'
        when treatment_consents.is_in_force then 'in_force'
        when treatment_consents.is_in_force is not null then 'withdrawn'
        else 'missing'
    end as treatment_consent,
    case
        when episodes.track = 'substance_use'
            then coalesce(disclosure_consents.is_in_force, false)
    end as may_disclose
from attendances
inner join episodes on attendances.episode_key = episodes.episode_key
cross join records
left join treatment_consents
    on
        attendances.session_key = treatment_consents.session_key
        and attendances.client_key = treatment_consents.client_key
left join disclosure_consents
    on
        attendances.session_key = disclosure_consents.session_key
        and attendances.client_key = disclosure_consents.client_key
order by attendances.session_key, attendances.client_key
