-- Visits of young clients with a diagnosis of depression, and whether an assessment was made at
-- each (CMS177).
--
-- A visit is a session that the client attended as part of a course of treatment, in the year and
-- in the time of a qualifying diagnosis; the client's age is that of the first day of the year, and
-- without a birth date the client is in no population. Visits, not clients, are counted: each
-- counts for the course of its session. "During the visit" is read from an export so: a form of a
-- tool of the measure that names a session (int_named_sessions) was made at that session and at no
-- other; one that names none was made at the client's session of its own day, and of several at the
-- one closest in time (of two as close, the earlier, then the smallest id), so that it stands for
-- one visit only. A form needs no total and may be anybody's: such tools have none, and a clinician
-- fills in some. Where no form of such a tool was ever delivered nobody knows whether there are
-- assessments, and no visit is counted. Final on the day of the visit.
--
-- Grain:  one row per rate, calendar year, client and visit (its place among those of its day).
-- Key:    measure_id, rate_id, period_start_on, client_key, index_on, unit_number
-- Source: ref_measures
with rules as (
    select
        measure_id,
        minimum_age_years,
        maximum_age_years
    from ref_measure_rules
    where kind = 'visit_assessment'
),

rates as (
    select
        measure_id,
        rate_id
    from ref_measure_rates
    where status = 'active'
),

tools as (
    select
        measure_id,
        instrument_id
    from ref_measure_tools
),

periods as (
    select
        measure_id,
        period_start_on,
        period_end_on
    from int_measure_periods
),

diagnoses as (
    select
        measure_id,
        client_key,
        from_on,
        until_on
    from int_measure_diagnoses
    where use = 'qualifying'
),

attendances as (
    select
        session_key,
        client_key,
        episode_key,
        session_on
    from int_attendances
    where status = 'attended' and episode_key is not null
),

sessions as (
    select
        session_key,
        session_id,
        scheduled_at
    from stg_sessions
),

clients as (
    select
        client_key,
        birth_date
    from stg_clients
),

responses as (
    select
        response_key,
        client_key,
        session_key,
        instrument_id,
        administered_at,
        administered_on
    from stg_responses
),

named_sessions as (
    select
        response_key,
        session_key
    from int_named_sessions
),

visits as (
    select
        periods.measure_id,
        periods.period_start_on,
        attendances.client_key,
        attendances.episode_key,
        attendances.session_key,
        attendances.session_on as index_on,
        sessions.scheduled_at,
        row_number() over (
            partition by periods.measure_id, attendances.client_key, attendances.session_on
            order by sessions.scheduled_at asc, sessions.session_id asc
        ) as unit_number,
        age_years(clients.birth_date, periods.period_start_on) as age_years
    from attendances
    inner join periods
        on
            attendances.session_on >= periods.period_start_on
            and attendances.session_on <= periods.period_end_on
    inner join rules on periods.measure_id = rules.measure_id
    inner join sessions on attendances.session_key = sessions.session_key
    inner join clients on attendances.client_key = clients.client_key
    where
        age_years(clients.birth_date, periods.period_start_on) >= rules.minimum_age_years
        and age_years(clients.birth_date, periods.period_start_on) <= rules.maximum_age_years
),

diagnosed_visits as (
    select distinct
        visits.measure_id,
        visits.client_key,
        visits.session_key
    from visits
    inner join diagnoses
        on
            visits.measure_id = diagnoses.measure_id
            and visits.client_key = diagnoses.client_key
            and visits.index_on >= diagnoses.from_on
            and (diagnoses.until_on is null or visits.index_on <= diagnoses.until_on)
),

assessments as (
    select
        tools.measure_id,
        responses.response_key,
        responses.client_key,
        responses.session_key,
        responses.administered_at,
        responses.administered_on
    from responses
    inner join tools on responses.instrument_id = tools.instrument_id
),

known_measures as (
    select distinct measure_id
    from assessments
),

named_visits as (
    select
        visits.measure_id,
        visits.client_key,
        visits.session_key
    from assessments
    inner join named_sessions on assessments.response_key = named_sessions.response_key
    inner join visits
        on
            assessments.measure_id = visits.measure_id
            and assessments.client_key = visits.client_key
            and named_sessions.session_key = visits.session_key
),

closest_visits as (
    select
        visits.measure_id,
        visits.client_key,
        visits.session_key
    from assessments
    inner join visits
        on
            assessments.measure_id = visits.measure_id
            and assessments.client_key = visits.client_key
            and assessments.administered_on = visits.index_on
    where assessments.session_key is null
    qualify row_number() over (
        partition by assessments.measure_id, assessments.response_key
        order by
            abs(epoch(assessments.administered_at) - epoch(visits.scheduled_at)) asc,
            visits.unit_number asc
    ) = 1
),

assessed_visits as (
    select * from named_visits
    union
    select * from closest_visits
)

select
    visits.measure_id,
    rates.rate_id,
    visits.period_start_on,
    visits.client_key,
    visits.episode_key,
    visits.index_on,
    visits.unit_number,
    visits.age_years,
    visits.period_start_on as excluded_from_on,
    visits.index_on as excluded_until_on,
    visits.index_on as due_on,
    assessed_visits.session_key is not null as is_met
from visits
inner join diagnosed_visits
    on
        visits.measure_id = diagnosed_visits.measure_id
        and visits.client_key = diagnosed_visits.client_key
        and visits.session_key = diagnosed_visits.session_key
inner join rates on visits.measure_id = rates.measure_id
inner join known_measures on visits.measure_id = known_measures.measure_id
left join assessed_visits
    on
        visits.measure_id = assessed_visits.measure_id
        and visits.client_key = assessed_visits.client_key
        and visits.session_key = assessed_visits.session_key
order by
    visits.measure_id,
    rates.rate_id,
    visits.period_start_on,
    visits.client_key,
    visits.index_on,
    visits.unit_number
