-- A returned episode counts on public pages though its client never agreed to public reporting, or
-- it is treatment of substance use and its client never agreed to the disclosure. Nothing of such
-- a client may leave.
with public_courses as (
    select distinct episode_key
    from int_episode_subjects
    where level in ('public_clinic', 'public_programme')
),

episodes as (
    select
        episode_key,
        client_key,
        track
    from int_episodes
),

consents as (
    select
        client_key,
        scope
    from stg_consents
),

agreements as (
    select
        client_key,
        count(*) filter (where scope = 'public_reporting') as n_public,
        count(*) filter (where scope = 'substance_use_disclosure') as n_disclosure
    from consents
    group by client_key
),

compared as (
    select
        public_courses.episode_key,
        episodes.track,
        coalesce(agreements.n_public, 0) as n_public,
        coalesce(agreements.n_disclosure, 0) as n_disclosure
    from public_courses
    left join episodes on public_courses.episode_key = episodes.episode_key
    left join agreements on episodes.client_key = agreements.client_key
)

select
    episode_key,
    track,
    n_public,
    n_disclosure
from compared
where n_public = 0 or (n_disclosure = 0 and track = 'substance_use')
order by episode_key
