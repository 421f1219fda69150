-- Why clients are left out of the quality measures, as an audience may see it: complete years only;
-- nothing is withheld for privacy, as no public policy names this table.
--
-- Grain:  one row per audience, rate of a measure, level, subject, reason and year it may see.
-- Key:    audience, measure_id, rate_id, level, subject_id, exclusion_reason, period_kind,
--         period_start_on
with
exclusion_rows as (
    select
        measure_id,
        rate_id,
        level,
        subject_id,
        exclusion_reason,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_exclusions,
        n_denominator
    from mart_measure_exclusions
    where is_complete
)

select
    policies.audience,
    policies.policy_id,
    exclusion_rows.measure_id,
    exclusion_rows.rate_id,
    policies.level,
    exclusion_rows.subject_id,
    exclusion_rows.exclusion_reason,
    exclusion_rows.period_kind,
    exclusion_rows.period_start_on,
    exclusion_rows.period_end_on,
    exclusion_rows.n_clients,
    exclusion_rows.n_exclusions,
    exclusion_rows.n_denominator,
    cast(null as varchar) as withheld_figures
from exclusion_rows
inner join ref_disclosure_policies as policies
    on
        policies.table_name = 'pub_measure_exclusions'
        and exclusion_rows.level = policies.mart_level
        and exclusion_rows.period_kind = policies.period_kind
order by
    policies.audience,
    exclusion_rows.measure_id,
    exclusion_rows.rate_id,
    policies.level,
    exclusion_rows.subject_id,
    exclusion_rows.exclusion_reason,
    exclusion_rows.period_kind,
    exclusion_rows.period_start_on
