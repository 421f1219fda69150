-- Who the clients are, for looking at gaps between them: the stratum of each course, by kind.
--
-- The age is that at session 1, in the bands of the settings ($age_bands); the rest is what the
-- client's record has now. What is not recorded is a stratum of its own, `not_recorded`.
--
-- Grain:  one row per course with an attended session.
-- Key:    episode_key
with episodes as (
    select
        episode_key,
        client_key,
        session_1_on
    from int_episodes
    where n_attended > 0
),

clients as (
    select
        client_key,
        birth_date,
        sex,
        gender_identity,
        ethnicity,
        language,
        state
    from stg_clients
),

described as (
    select
        episodes.episode_key,
        age_years(clients.birth_date, episodes.session_1_on) as start_years,
        nullif(clients.sex, 'unknown') as sex,
        clients.gender_identity,
        clients.ethnicity,
        clients.language,
        clients.state
    from episodes
    left join clients on episodes.client_key = clients.client_key
)

select
    episode_key,
    coalesce(age_band(start_years, $age_bands), 'not_recorded') as age_band,
    coalesce(sex, 'not_recorded') as sex,
    coalesce(gender_identity, 'not_recorded') as gender_identity,
    coalesce(ethnicity, 'not_recorded') as ethnicity,
    coalesce(language, 'not_recorded') as language,
    coalesce(state, 'not_recorded') as state
from described
order by episode_key
