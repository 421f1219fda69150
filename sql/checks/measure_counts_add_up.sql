-- In a returned row a quality measure's exclusions are not the sum of their reasons, more met it
-- than are left after them, or the programmes do not make the clinic, or the ages not the whole.
-- Somebody is left out without a reason, or is counted twice.
with active_rows as (
    select
        measure_id,
        rate_id,
        level,
        subject_id,
        stratum,
        period_start_on,
        n_denominator,
        n_exclusions,
        n_eligible,
        n_numerator,
        n_not_yet_due
    from mart_quality_measures
    where status = 'active'
),

strata as (
    select
        measure_id,
        from_years
    from ref_measure_strata
    where stratum != 'all'
),

rules as (
    select
        measure_id,
        minimum_age_years
    from ref_measure_rules
),

measures as (
    select
        measure_id,
        rate_id,
        level,
        subject_id,
        period_start_on,
        n_denominator,
        n_exclusions,
        n_eligible,
        n_numerator,
        n_not_yet_due
    from active_rows
    where stratum = 'all'
),

-- A clinic that lowers the least age has clients who are in no stratum.
lowest_strata as (
    select
        strata.measure_id,
        min(strata.from_years) <= max(rules.minimum_age_years) as is_everybody_in_one
    from strata
    inner join rules on strata.measure_id = rules.measure_id
    group by strata.measure_id
),

strata_sums as (
    select
        active_rows.measure_id,
        active_rows.rate_id,
        active_rows.level,
        active_rows.subject_id,
        active_rows.period_start_on,
        sum(active_rows.n_denominator) as n_denominator,
        sum(active_rows.n_exclusions) as n_exclusions,
        sum(active_rows.n_numerator) as n_numerator,
        sum(active_rows.n_not_yet_due) as n_not_yet_due
    from active_rows
    inner join lowest_strata on active_rows.measure_id = lowest_strata.measure_id
    where active_rows.stratum != 'all' and lowest_strata.is_everybody_in_one
    group by
        active_rows.measure_id,
        active_rows.rate_id,
        active_rows.level,
        active_rows.subject_id,
        active_rows.period_start_on
),

programme_sums as (
    select
        measure_id,
        rate_id,
        case level when 'programme' then 'clinic' else 'public_clinic' end as level,
        period_start_on,
        sum(n_denominator) as n_denominator,
        sum(n_exclusions) as n_exclusions,
        sum(n_numerator) as n_numerator,
        sum(n_not_yet_due) as n_not_yet_due
    from measures
    where level in ('programme', 'public_programme')
    group by measure_id, rate_id, level, period_start_on
),

exclusions as (
    select
        measure_id,
        rate_id,
        level,
        subject_id,
        period_start_on,
        n_exclusions
    from mart_measure_exclusions
),

reasons as (
    select
        measure_id,
        rate_id,
        level,
        subject_id,
        period_start_on,
        sum(n_exclusions) as n_with_reason
    from exclusions
    group by measure_id, rate_id, level, subject_id, period_start_on
)

select
    measures.measure_id,
    measures.rate_id,
    measures.level,
    measures.subject_id,
    measures.period_start_on,
    measures.n_denominator,
    measures.n_exclusions,
    coalesce(reasons.n_with_reason, 0) as n_with_reason,
    measures.n_eligible,
    measures.n_numerator
from measures
left join reasons
    on
        measures.measure_id = reasons.measure_id
        and measures.rate_id = reasons.rate_id
        and measures.level = reasons.level
        and measures.subject_id = reasons.subject_id
        and measures.period_start_on = reasons.period_start_on
left join strata_sums
    on
        measures.measure_id = strata_sums.measure_id
        and measures.rate_id = strata_sums.rate_id
        and measures.level = strata_sums.level
        and measures.subject_id = strata_sums.subject_id
        and measures.period_start_on = strata_sums.period_start_on
left join programme_sums
    on
        measures.measure_id = programme_sums.measure_id
        and measures.rate_id = programme_sums.rate_id
        and measures.level = programme_sums.level
        and measures.period_start_on = programme_sums.period_start_on
where
    measures.n_exclusions != coalesce(reasons.n_with_reason, 0)
    or measures.n_eligible + measures.n_exclusions != measures.n_denominator
    or measures.n_numerator > measures.n_eligible
    or measures.n_denominator != strata_sums.n_denominator
    or measures.n_exclusions != strata_sums.n_exclusions
    or measures.n_numerator != strata_sums.n_numerator
    or measures.n_not_yet_due != strata_sums.n_not_yet_due
    or (
        measures.level in ('clinic', 'public_clinic')
        and (
            measures.n_denominator is distinct from programme_sums.n_denominator
            or measures.n_exclusions is distinct from programme_sums.n_exclusions
            or measures.n_numerator is distinct from programme_sums.n_numerator
            or measures.n_not_yet_due is distinct from programme_sums.n_not_yet_due
        )
    )
order by
    measures.measure_id,
    measures.rate_id,
    measures.level,
    measures.subject_id,
    measures.period_start_on
