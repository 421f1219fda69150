-- Whom the NHS Talking Therapies rule is about, whether or not the course has finished.
--
-- The rule is about adults and works by its pair of measures: who had the rule's age on the day of
-- referral (or has no date of birth) and is in a programme that lists the first measure and the
-- problem's own or the fallback, or lists no measure at all; or answered such two.
--
-- Grain:  one row per episode.
-- Key:    episode_key
-- Source: ref_recovery_pairs (age and pair of each problem), through int_episode_descriptors
with episodes as (
    select
        episode_key,
        client_key,
        programme_id,
        referred_on
    from int_episodes
),

clients as (
    select
        client_key,
        birth_date
    from stg_clients
),

programmes as (
    select
        programme_id,
        instruments
    from stg_programmes
),

descriptors as (
    select
        episode_key,
        first_instrument_id,
        second_instrument_id,
        fallback_instrument_id,
        from_age_years
    from int_episode_descriptors
),

answers as (
    select
        episode_key,
        instrument_id
    from int_episode_scores
    where scale = 'total' and respondent = 'client'
),

described_episodes as (
    select
        episodes.episode_key,
        descriptors.first_instrument_id,
        descriptors.second_instrument_id,
        descriptors.fallback_instrument_id,
        coalesce(
            age_years(clients.birth_date, episodes.referred_on) >= descriptors.from_age_years,
            true
        ) as is_of_age,
        coalesce(len(programmes.instruments), 0) = 0
        or (
            list_contains(programmes.instruments, descriptors.first_instrument_id)
            and (
                list_contains(programmes.instruments, descriptors.second_instrument_id)
                or list_contains(programmes.instruments, descriptors.fallback_instrument_id)
            )
        ) as is_pair_listed
    from episodes
    inner join descriptors on episodes.episode_key = descriptors.episode_key
    left join clients on episodes.client_key = clients.client_key
    left join programmes on episodes.programme_id = programmes.programme_id
),

-- Only where the programme does not say can the answers tell.
answered_episodes as (
    select
        described_episodes.episode_key,
        bool_or(described_episodes.first_instrument_id = answers.instrument_id)
        and bool_or(described_episodes.first_instrument_id != answers.instrument_id)
            as has_answered_two
    from described_episodes
    inner join answers
        on
            described_episodes.episode_key = answers.episode_key
            and answers.instrument_id in (
                described_episodes.first_instrument_id,
                described_episodes.second_instrument_id,
                described_episodes.fallback_instrument_id
            )
    where described_episodes.is_of_age and not described_episodes.is_pair_listed
    group by described_episodes.episode_key
)

select
    described_episodes.episode_key,
    coalesce(
        described_episodes.is_of_age
        and (described_episodes.is_pair_listed or answered_episodes.has_answered_two),
        false
    ) as is_in_population
from described_episodes
left join answered_episodes on described_episodes.episode_key = answered_episodes.episode_key
order by described_episodes.episode_key
