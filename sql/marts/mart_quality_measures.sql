-- Published quality measures by calendar year, for every level and age stratum: DMS-E, DRR-E,
-- DSF-E, CMS159, CMS2, CBE 1884 and CMS177.
--
-- A client counts for the subjects of the course of treatment in which the index lies (or the
-- year's first session), so that programmes add up to the clinic. Only results whose window has
-- closed by the last delivery are counted; `n_not_yet_due` says how many have not. The rate is over
-- `n_eligible`: the denominator without the excluded. A measure that needs a figure which nobody
-- has verified has rows with status `inactive_unverified`, the names of those figures as reason and
-- no counts; `basis` is `clinic` where the clinic has decided on a figure. The running year is
-- listed with is_complete false. `n_initial_population` is the measure's own, the denominator of
-- its first rate: DSF-E's follow-up is about those of it with a positive screen. A client may
-- count several times (visits of CMS177, periods of DMS-E); `n_clients` and `n_eligible_clients`
-- are people.
--
-- Grain:  one row per rate of a measure, level, subject, stratum and calendar year.
-- Key:    measure_id, rate_id, level, subject_id, stratum, period_kind, period_start_on
-- Source: ref_measures; Wilson (1927)
with rates as (
    select
        measure_id,
        rate_id,
        position,
        version,
        basis,
        status,
        reason
    from ref_measure_rates
),

strata as (
    select
        measure_id,
        stratum,
        from_years,
        to_years
    from ref_measure_strata
),

periods as (
    select
        measure_id,
        period_start_on,
        period_end_on
    from int_measure_periods
),

results as (
    select
        measure_id,
        rate_id,
        period_start_on,
        client_key,
        episode_key,
        age_years,
        is_due,
        exclusion_reason,
        is_met
    from int_measure_results
),

subjects as (
    select distinct
        subject_number,
        level,
        subject_id
    from int_episode_subjects
),

episode_subjects as (
    select
        episode_key,
        subject_number
    from int_episode_subjects
),

-- What each rate has a row for, whether or not anybody is in it.
numbered_rates as (
    select
        rates.measure_id,
        rates.rate_id,
        rates.position,
        rates.version,
        rates.basis,
        rates.status,
        rates.reason,
        strata.stratum,
        strata.from_years,
        strata.to_years,
        periods.period_start_on,
        periods.period_end_on,
        row_number() over (
            order by rates.measure_id, rates.rate_id, strata.stratum, periods.period_start_on
        ) as rate_number
    from rates
    inner join strata on rates.measure_id = strata.measure_id
    inner join periods on rates.measure_id = periods.measure_id
),

client_cells as (
    select
        numbered_rates.rate_number,
        episode_subjects.subject_number,
        results.client_key,
        count(*) filter (where results.is_due) as n_due,
        count(*) filter (where results.is_due and results.exclusion_reason is not null)
            as n_exclusions,
        count(*) filter (where results.is_due and results.is_met) as n_met,
        count(*) filter (where not results.is_due) as n_not_yet_due
    from results
    inner join numbered_rates
        on
            results.measure_id = numbered_rates.measure_id
            and results.rate_id = numbered_rates.rate_id
            and results.period_start_on = numbered_rates.period_start_on
            and results.age_years >= numbered_rates.from_years
            and (
                numbered_rates.to_years is null or results.age_years <= numbered_rates.to_years
            )
    inner join episode_subjects on results.episode_key = episode_subjects.episode_key
    group by
        numbered_rates.rate_number,
        episode_subjects.subject_number,
        results.client_key
),

cells as (
    select
        rate_number,
        subject_number,
        count(*) filter (where n_due > 0) as n_clients,
        count(*) filter (where n_due > n_exclusions) as n_eligible_clients,
        cast(sum(n_due) as bigint) as n_denominator,
        cast(sum(n_exclusions) as bigint) as n_exclusions,
        cast(sum(n_met) as bigint) as n_numerator,
        cast(sum(n_not_yet_due) as bigint) as n_not_yet_due
    from client_cells
    group by rate_number, subject_number
),

counts as (
    select
        numbered_rates.*,
        subjects.level,
        subjects.subject_id,
        case when numbered_rates.status = 'active' then coalesce(cells.n_clients, 0) end
            as n_clients,
        case when numbered_rates.status = 'active' then coalesce(cells.n_eligible_clients, 0) end
            as n_eligible_clients,
        case when numbered_rates.status = 'active' then coalesce(cells.n_denominator, 0) end
            as n_denominator,
        case when numbered_rates.status = 'active' then coalesce(cells.n_exclusions, 0) end
            as n_exclusions,
        case when numbered_rates.status = 'active' then coalesce(cells.n_numerator, 0) end
            as n_numerator,
        case when numbered_rates.status = 'active' then coalesce(cells.n_not_yet_due, 0) end
            as n_not_yet_due
    from numbered_rates
    cross join subjects
    left join cells
        on
            numbered_rates.rate_number = cells.rate_number
            and subjects.subject_number = cells.subject_number
)

select
    measure_id,
    rate_id,
    level,
    subject_id,
    stratum,
    'year' as period_kind,
    period_start_on,
    period_end_on,
    period_end_on <= $as_of_on as is_complete,
    version,
    basis,
    status,
    reason,
    n_clients,
    max(case when position = 1 then n_denominator end) over (
        partition by measure_id, level, subject_id, stratum, period_start_on
    ) as n_initial_population,
    n_denominator,
    n_exclusions,
    n_denominator - n_exclusions as n_eligible,
    n_eligible_clients,
    n_numerator,
    n_not_yet_due,
    n_numerator / nullif(n_denominator - n_exclusions, 0) as met_rate,
    wilson_lower(n_numerator, n_denominator - n_exclusions) as met_rate_lower,
    wilson_upper(n_numerator, n_denominator - n_exclusions) as met_rate_upper
from counts
order by measure_id, rate_id, level, subject_id, stratum, period_kind, period_start_on
