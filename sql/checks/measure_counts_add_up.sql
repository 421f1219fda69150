-- In a returned row a quality measure's exclusions are not the sum of their reasons, or more met it
-- than are left after them. Somebody is left out without a reason, or is counted twice.
with measures as (
    select
        measure_id,
        rate_id,
        level,
        subject_id,
        period_start_on,
        n_denominator,
        n_exclusions,
        n_eligible,
        n_numerator
    from mart_quality_measures
    where stratum = 'all' and status = 'active'
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
where
    measures.n_exclusions != coalesce(reasons.n_with_reason, 0)
    or measures.n_eligible + measures.n_exclusions != measures.n_denominator
    or measures.n_numerator > measures.n_eligible
order by
    measures.measure_id,
    measures.rate_id,
    measures.level,
    measures.subject_id,
    measures.period_start_on
