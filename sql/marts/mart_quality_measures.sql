-- Published quality measures by calendar year, for every level and age stratum: DMS-E, DRR-E,
-- DSF-E, CMS159, CMS2 and CBE 1884.
--
-- A client counts for the subjects of the course of treatment in which the index lies (or the
-- year's first session), so that programmes add up to the clinic. Only results whose window has
-- closed by the last delivery are counted; `n_not_yet_due` says how many have not. The rate is over
-- `n_eligible`: the denominator without the excluded. A measure that needs a figure which nobody
-- has verified has rows with status `inactive_unverified`, the names of those figures as reason and
-- no counts; `basis` is `clinic` where the clinic has decided on a figure. The running year is
-- listed with is_complete false.
--
-- Grain:  one row per rate of a measure, level, subject, stratum and calendar year.
-- Key:    measure_id, rate_id, level, subject_id, stratum, period_kind, period_start_on
-- Source: ref_measures; Wilson (1927)
with rates as (
    select
        measure_id,
        rate_id,
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

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
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
        level,
        subject_id
    from episode_subjects
),

cells as (
    select
        results.measure_id,
        results.rate_id,
        results.period_start_on,
        strata.stratum,
        episode_subjects.level,
        episode_subjects.subject_id,
        count(distinct results.client_key) filter (where results.is_due) as n_clients,
        count(*) filter (where results.is_due) as n_denominator,
        count(*) filter (where results.is_due and results.exclusion_reason is not null)
            as n_exclusions,
        count(*) filter (where results.is_due and results.is_met) as n_numerator,
        count(*) filter (where not results.is_due) as n_not_yet_due
    from results
    inner join strata
        on
            results.measure_id = strata.measure_id
            and results.age_years >= strata.from_years
            and (strata.to_years is null or results.age_years <= strata.to_years)
    inner join episode_subjects on results.episode_key = episode_subjects.episode_key
    group by
        results.measure_id,
        results.rate_id,
        results.period_start_on,
        strata.stratum,
        episode_subjects.level,
        episode_subjects.subject_id
),

counts as (
    select
        rates.measure_id,
        rates.rate_id,
        subjects.level,
        subjects.subject_id,
        strata.stratum,
        periods.period_start_on,
        periods.period_end_on,
        rates.version,
        rates.basis,
        rates.status,
        rates.reason,
        case when rates.status = 'active' then coalesce(cells.n_clients, 0) end as n_clients,
        case when rates.status = 'active' then coalesce(cells.n_denominator, 0) end
            as n_denominator,
        case when rates.status = 'active' then coalesce(cells.n_exclusions, 0) end
            as n_exclusions,
        case when rates.status = 'active' then coalesce(cells.n_numerator, 0) end as n_numerator,
        case when rates.status = 'active' then coalesce(cells.n_not_yet_due, 0) end
            as n_not_yet_due
    from rates
    inner join strata on rates.measure_id = strata.measure_id
    inner join periods on rates.measure_id = periods.measure_id
    cross join subjects
    left join cells
        on
            rates.measure_id = cells.measure_id
            and rates.rate_id = cells.rate_id
            and strata.stratum = cells.stratum
            and periods.period_start_on = cells.period_start_on
            and subjects.level = cells.level
            and subjects.subject_id = cells.subject_id
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
    n_denominator as n_initial_population,
    n_denominator,
    n_exclusions,
    n_denominator - n_exclusions as n_eligible,
    n_numerator,
    n_not_yet_due,
    n_numerator / nullif(n_denominator - n_exclusions, 0) as met_rate,
    wilson_lower(n_numerator, n_denominator - n_exclusions) as met_rate_lower,
    wilson_upper(n_numerator, n_denominator - n_exclusions) as met_rate_upper
from counts
order by measure_id, rate_id, level, subject_id, stratum, period_kind, period_start_on
