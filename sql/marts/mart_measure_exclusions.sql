-- Why clients are left out of a quality measure, for every level.
--
-- Each is under one reason, the first in the measure's own order, so that the reasons of a rate add
-- up to its n_exclusions; `n_denominator` stands beside them, because an exclusion may remove most
-- of a programme's clients. Counts as mart_quality_measures does, all ages together.
--
-- Grain:  one row per rate of a measure, level, subject, calendar year and reason that excludes.
-- Key:    measure_id, rate_id, level, subject_id, exclusion_reason, period_kind, period_start_on
-- Source: ref_measure_codes
with results as (
    select
        measure_id,
        rate_id,
        period_start_on,
        client_key,
        episode_key,
        exclusion_reason
    from int_measure_results
    where is_due
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
),

periods as (
    select
        measure_id,
        period_start_on,
        period_end_on,
        period_end_on <= $as_of_on as is_complete
    from int_measure_periods
),

cells as (
    select
        results.measure_id,
        results.rate_id,
        results.period_start_on,
        episode_subjects.level,
        episode_subjects.subject_id,
        results.exclusion_reason,
        count(distinct results.client_key) as n_clients,
        count(*) as n_results
    from results
    inner join episode_subjects on results.episode_key = episode_subjects.episode_key
    group by
        results.measure_id,
        results.rate_id,
        results.period_start_on,
        episode_subjects.level,
        episode_subjects.subject_id,
        results.exclusion_reason
),

counts as (
    select
        measure_id,
        rate_id,
        period_start_on,
        level,
        subject_id,
        exclusion_reason,
        n_clients,
        n_results,
        cast(
            sum(n_results) over (
                partition by measure_id, rate_id, period_start_on, level, subject_id
            ) as bigint
        ) as n_denominator
    from cells
)

select
    counts.measure_id,
    counts.rate_id,
    counts.level,
    counts.subject_id,
    counts.exclusion_reason,
    'year' as period_kind,
    counts.period_start_on,
    periods.period_end_on,
    periods.is_complete,
    counts.n_clients,
    counts.n_results as n_exclusions,
    counts.n_denominator
from counts
inner join periods
    on
        counts.measure_id = periods.measure_id
        and counts.period_start_on = periods.period_start_on
where counts.exclusion_reason is not null
order by
    counts.measure_id,
    counts.rate_id,
    counts.level,
    counts.subject_id,
    counts.exclusion_reason,
    period_kind,
    counts.period_start_on
