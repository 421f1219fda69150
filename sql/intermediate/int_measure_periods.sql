-- The calendar years over which each quality measure is counted, the running one included, and the
-- days between which its sessions must lie: the measure's own identification period, else the year.
--
-- Grain:  one row per measure and calendar year with a complete month.
-- Key:    measure_id, period_start_on
-- Source: ref_measures
with rules as (
    select
        measure_id,
        identification_start_months,
        identification_end_months
    from ref_measure_rules
),

months as (
    select month_start_on
    from int_period_months
    where period_kind = 'month'
),

years as (
    select distinct cast(date_trunc('year', month_start_on) as date) as period_start_on
    from months
)

select
    rules.measure_id,
    years.period_start_on,
    cast(years.period_start_on + interval 1 year - interval 1 day as date) as period_end_on,
    cast(
        years.period_start_on + coalesce(rules.identification_start_months, 0) * interval 1 month
        as date
    ) as sessions_from_on,
    cast(
        years.period_start_on + coalesce(rules.identification_end_months, 12) * interval 1 month
        - interval 1 day as date
    ) as sessions_until_on
from rules
cross join years
order by rules.measure_id, years.period_start_on
