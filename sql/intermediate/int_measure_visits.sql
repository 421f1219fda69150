-- Clients who attended a session in a calendar year: whom the screening measures are about.
--
-- The client counts for the course of the year's first attended session (of two on one day, the
-- smallest id). A client without a birth date, or too young on the first day of the year, is in
-- no population.
--
-- Grain:  one row per screening measure, calendar year and client.
-- Key:    measure_id, period_start_on, client_key
-- Source: ref_measures
with rules as (
    select
        measure_id,
        minimum_age_years
    from ref_measure_rules
    where kind in ('visit_screening', 'yearly_screening')
),

rates as (
    select measure_id
    from ref_measure_rates
    where status = 'active'
),

periods as (
    select
        measure_id,
        period_start_on,
        period_end_on
    from int_measure_periods
),

attendances as (
    select
        client_key,
        episode_key,
        session_on
    from int_attendances
    where status = 'attended' and episode_key is not null
),

episodes as (
    select
        episode_key,
        episode_id
    from stg_episodes
),

clients as (
    select
        client_key,
        birth_date
    from stg_clients
),

yearly_visits as (
    select
        client_key,
        cast(date_trunc('year', session_on) as date) as period_start_on,
        min(session_on) as first_session_on,
        max(session_on) as last_session_on
    from attendances
    group by client_key, cast(date_trunc('year', session_on) as date)
),

first_courses as (
    select
        yearly_visits.client_key,
        yearly_visits.period_start_on,
        attendances.episode_key
    from yearly_visits
    inner join attendances
        on
            yearly_visits.client_key = attendances.client_key
            and yearly_visits.first_session_on = attendances.session_on
    inner join episodes on attendances.episode_key = episodes.episode_key
    qualify row_number() over (
        partition by yearly_visits.client_key, yearly_visits.period_start_on
        order by episodes.episode_id asc
    ) = 1
),

active_measures as (
    select distinct rules.measure_id
    from rules
    inner join rates on rules.measure_id = rates.measure_id
)

select
    periods.measure_id,
    periods.period_start_on,
    periods.period_end_on,
    yearly_visits.client_key,
    first_courses.episode_key,
    yearly_visits.first_session_on,
    yearly_visits.last_session_on,
    age_years(clients.birth_date, periods.period_start_on) as age_years
from yearly_visits
inner join first_courses
    on
        yearly_visits.client_key = first_courses.client_key
        and yearly_visits.period_start_on = first_courses.period_start_on
inner join periods on yearly_visits.period_start_on = periods.period_start_on
inner join active_measures on periods.measure_id = active_measures.measure_id
inner join rules on periods.measure_id = rules.measure_id
inner join clients on yearly_visits.client_key = clients.client_key
where age_years(clients.birth_date, periods.period_start_on) >= rules.minimum_age_years
order by periods.measure_id, periods.period_start_on, yearly_visits.client_key
