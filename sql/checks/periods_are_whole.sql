-- A returned period does not hold the months that its kind says: one, three or twelve. Its sums
-- would then be over a part of it.
with period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

periods as (
    select
        period_kind,
        period_start_on,
        count(*) as n_months,
        min(month_start_on) as first_month_on,
        max(last_day(month_start_on)) as last_day_on,
        max(period_end_on) as period_end_on
    from period_months
    group by period_kind, period_start_on
)

select
    period_kind,
    period_start_on,
    n_months
from periods
where
    n_months != case period_kind when 'month' then 1 when 'quarter' then 3 else 12 end
    or first_month_on != period_start_on
    or last_day_on != period_end_on
order by period_kind, period_start_on
