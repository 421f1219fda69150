-- Which problem each course treats, and the pair of measures that the NHS rule has for it.
--
-- The problem is the latest primary diagnosis (of several on one day, the smallest code), read by
-- the longest prefix that fits; points in a code do not matter. Without a primary diagnosis the
-- descriptor is `none_recorded`, with one that no prefix names it is `other`: both have the pair of
-- the fallback. An unverified pair is not used.
--
-- Grain:  one row per episode.
-- Key:    episode_key
-- Source: ref_recovery_pairs (citation per descriptor)
with episodes as (
    select episode_key
    from int_episodes
),

diagnoses as (
    select
        episode_key,
        code,
        recorded_on
    from stg_diagnoses
    where role = 'primary'
),

pairs as (
    select
        replace(code_prefix, '.', '') as code_prefix,
        descriptor,
        rule_id,
        rule_version,
        first_instrument_id,
        second_instrument_id,
        fallback_instrument_id,
        functioning_instrument_id,
        from_age_years
    from ref_recovery_pairs
    where status = 'verified'
),

latest_diagnoses as (
    select
        episode_key,
        replace(upper(code), '.', '') as code
    from diagnoses
    qualify row_number() over (partition by episode_key order by recorded_on desc, code asc) = 1
),

-- Where nothing is recorded the code is a word that no diagnosis can begin with.
coded_episodes as (
    select
        episodes.episode_key,
        coalesce(latest_diagnoses.code, 'none') as code
    from episodes
    left join latest_diagnoses on episodes.episode_key = latest_diagnoses.episode_key
),

codes as (
    select distinct code
    from coded_episodes
),

coded_pairs as (
    select
        codes.code,
        pairs.descriptor,
        pairs.rule_id,
        pairs.rule_version,
        pairs.first_instrument_id,
        pairs.second_instrument_id,
        pairs.fallback_instrument_id,
        pairs.functioning_instrument_id,
        pairs.from_age_years
    from codes
    inner join pairs on starts_with(codes.code, pairs.code_prefix)
    qualify
        row_number() over (
            partition by codes.code order by length(pairs.code_prefix) desc, pairs.code_prefix asc
        ) = 1
)

select
    coded_episodes.episode_key,
    coded_pairs.descriptor,
    coded_pairs.rule_id,
    coded_pairs.rule_version,
    coded_pairs.first_instrument_id,
    coded_pairs.second_instrument_id,
    coded_pairs.fallback_instrument_id,
    coded_pairs.functioning_instrument_id,
    coded_pairs.from_age_years
from coded_episodes
left join coded_pairs on coded_episodes.code = coded_pairs.code
order by coded_episodes.episode_key
