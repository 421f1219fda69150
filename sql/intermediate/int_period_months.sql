-- The complete periods of this clinic's history, and the calendar months that each holds.
--
-- A month is complete when something was delivered on or after its last day. A period shows up
-- when its last month is complete and is not before the first month with anything in it. Twelve
-- months are twelve months, also where the history is shorter. `period_number` is a period as one
-- number, for this build: marts group by it, which is quicker.
--
-- Grain:  one row per period and month.
-- Key:    period_kind, period_start_on, month_start_on
with episodes as (
    select least(referred_on, started_on, session_1_on, ended_on) as happened_on
    from int_episodes
),

sessions as (
    select session_on as happened_on
    from int_sessions
),

responses as (
    select administered_on as happened_on
    from int_response_scores
),

first_days as (
    select min(happened_on) as happened_on
    from episodes
    union all
    select min(happened_on) as happened_on
    from sessions
    union all
    select min(happened_on) as happened_on
    from responses
),

bounds as (
    select
        cast(date_trunc('month', min(happened_on)) as date) as first_month_on,
        -- The month that the day after the last delivery is in is the first incomplete one.
        cast(date_trunc('month', $as_of_on + 1) - interval 1 month as date) as last_month_on
    from first_days
),

calendar as (
    select
        cast(
            unnest(
                generate_series(
                    date_trunc('year', first_month_on - interval 11 month),
                    last_month_on,
                    interval 1 month
                )
            ) as date
        ) as month_start_on
    from bounds
),

months as (
    select calendar.month_start_on
    from calendar
    inner join bounds on calendar.month_start_on >= bounds.first_month_on
),

periods as (
    select
        'month' as period_kind,
        month_start_on as period_start_on,
        last_day(month_start_on) as period_end_on
    from months
    union
    select
        'quarter' as period_kind,
        cast(date_trunc('quarter', month_start_on) as date) as period_start_on,
        cast(
            date_trunc('quarter', month_start_on) + interval 3 month - interval 1 day as date
        ) as period_end_on
    from months
    union
    select
        'year' as period_kind,
        cast(date_trunc('year', month_start_on) as date) as period_start_on,
        cast(
            date_trunc('year', month_start_on) + interval 1 year - interval 1 day as date
        ) as period_end_on
    from months
    union
    select
        'rolling_12m' as period_kind,
        cast(month_start_on - interval 11 month as date) as period_start_on,
        last_day(month_start_on) as period_end_on
    from months
),

complete_period_months as (
    select
        periods.period_kind,
        periods.period_start_on,
        periods.period_end_on,
        calendar.month_start_on
    from periods
    inner join bounds on periods.period_end_on <= last_day(bounds.last_month_on)
    inner join calendar
        on
            periods.period_start_on <= calendar.month_start_on
            and periods.period_end_on >= calendar.month_start_on
)

select
    period_kind,
    period_start_on,
    period_end_on,
    month_start_on,
    cast(dense_rank() over (order by period_kind, period_start_on) as integer) as period_number
from complete_period_months
order by period_kind, period_start_on, month_start_on
