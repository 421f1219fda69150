-- The diagnoses by which the quality measures choose clients or leave them out.
--
-- A diagnosis is in force from `recorded_on` to the end of the course of treatment it was recorded
-- in, without an end while that is open: the export has no onset and no end of a condition. Codes
-- are compared without their dot; a prefix holds for all codes below it. A death is an end of a
-- course with that reason, and has no end of its own. Only lists in force have rows.
--
-- Grain:  one row per measure, list of codes, client, course and day recorded.
-- Key:    measure_id, use, reason, client_key, episode_key, from_on
-- Source: ref_measure_codes
with rates as (
    select measure_id
    from ref_measure_rates
    where status = 'active'
),

codes as (
    select
        measure_id,
        use,
        reason,
        position,
        counts,
        code_kind,
        code_prefix
    from ref_measure_codes
    where is_active
),

diagnoses as (
    select
        episode_key,
        upper(replace(code, '.', '')) as plain_code,
        recorded_on
    from stg_diagnoses
),

episodes as (
    select
        episode_key,
        client_key,
        ended_on,
        end_reason
    from int_episodes
),

active_measures as (
    select distinct measure_id
    from rates
),

active_codes as (
    select
        codes.measure_id,
        codes.use,
        codes.reason,
        codes.position,
        codes.counts,
        codes.code_kind,
        codes.code_prefix,
        upper(replace(codes.code_prefix, '.', '')) as plain_prefix
    from codes
    inner join active_measures on codes.measure_id = active_measures.measure_id
),

recorded_codes as (
    select distinct plain_code
    from diagnoses
),

listed_codes as (
    select distinct
        active_codes.measure_id,
        active_codes.use,
        active_codes.reason,
        active_codes.position,
        active_codes.counts,
        recorded_codes.plain_code
    from recorded_codes
    inner join active_codes
        on
            active_codes.code_kind = 'icd10cm'
            and starts_with(recorded_codes.plain_code, active_codes.plain_prefix)
)

select distinct
    listed_codes.measure_id,
    listed_codes.use,
    listed_codes.reason,
    listed_codes.position,
    listed_codes.counts,
    episodes.client_key,
    episodes.episode_key,
    diagnoses.recorded_on as from_on,
    episodes.ended_on as until_on
from diagnoses
inner join listed_codes on diagnoses.plain_code = listed_codes.plain_code
inner join episodes on diagnoses.episode_key = episodes.episode_key
union
select
    active_codes.measure_id,
    active_codes.use,
    active_codes.reason,
    active_codes.position,
    active_codes.counts,
    episodes.client_key,
    episodes.episode_key,
    episodes.ended_on as from_on,
    cast(null as date) as until_on
from episodes
inner join active_codes
    on
        active_codes.code_kind = 'end_reason'
        and episodes.end_reason = active_codes.code_prefix
where episodes.ended_on is not null
order by measure_id, use, reason, client_key, episode_key, from_on
