-- Courses of treatment that may count on a public page, by what their clients agreed to.
--
-- A consent counts from the day on which it was given, and no longer on the day on which it was
-- withdrawn; both are judged on $as_of_on (the last delivery), for all periods at once. One given
-- anew counts again, also on the day of the withdrawal; one that a later withdrawal of the same
-- scope follows does not, whichever row names it. Every course needs `public_reporting`; one of
-- track `substance_use` needs `substance_use_disclosure` too. A course without a track is general:
-- programmes were never delivered.
--
-- Grain:  one row per episode that may count on a public page.
-- Key:    episode_key
-- Source: 42 CFR Part 2 (disclosure of substance use treatment)
with consents as (
    select
        client_key,
        scope,
        given_on,
        withdrawn_on
    from stg_consents
    where given_on <= $as_of_on and scope in ('public_reporting', 'substance_use_disclosure')
),

episodes as (
    select
        episode_key,
        client_key,
        track
    from int_episodes
),

last_words as (
    select
        client_key,
        scope,
        max(given_on) filter (
            where withdrawn_on is null or withdrawn_on > $as_of_on
        ) as given_on,
        max(withdrawn_on) filter (where withdrawn_on <= $as_of_on) as withdrawn_on
    from consents
    group by client_key, scope
),

standing_consents as (
    select
        client_key,
        scope
    from last_words
    where withdrawn_on is null or given_on >= withdrawn_on
),

public_clients as (
    select client_key
    from standing_consents
    where scope = 'public_reporting'
),

disclosed_clients as (
    select client_key
    from standing_consents
    where scope = 'substance_use_disclosure'
)

select episodes.episode_key
from episodes
inner join public_clients on episodes.client_key = public_clients.client_key
left join disclosed_clients on episodes.client_key = disclosed_clients.client_key
where episodes.track is distinct from 'substance_use' or disclosed_clients.client_key is not null
order by episodes.episode_key
