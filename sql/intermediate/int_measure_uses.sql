-- Clients with a diagnosis of depression and a session in an assessment period, and whether a score
-- was taken in it (DMS-E).
--
-- The year is cut into assessment periods of `assessment_months`. A client is in one with an
-- attended session in the time of a qualifying diagnosis, and counts for the course of the first
-- such session (of two on one day, the smallest id). A client without a birth date, or too young on
-- the first day of the year, is in no population. Due: the last day of the assessment period.
--
-- Grain:  one row per rate, calendar year, client and assessment period (its first day: index_on).
-- Key:    measure_id, rate_id, period_start_on, client_key, index_on
-- Source: ref_measures
with rules as (
    select
        measure_id,
        minimum_age_years,
        assessment_months
    from ref_measure_rules
    where kind = 'utilization'
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

scores as (
    select
        client_key,
        instrument_id,
        administered_on
    from int_response_scores
    where scale = 'total' and respondent = 'client' and score_points is not null
),

assessed_sessions as (
    select
        periods.measure_id,
        periods.period_start_on,
        attendances.client_key,
        attendances.episode_key,
        episodes.episode_id,
        attendances.session_on,
        rules.assessment_months,
        age_years(clients.birth_date, periods.period_start_on) as age_years,
        cast(
            periods.period_start_on
            + cast(floor((month(attendances.session_on) - 1) / rules.assessment_months) as integer)
            * rules.assessment_months * interval 1 month as date
        ) as index_on
    from attendances
    inner join diagnoses
        on
            attendances.client_key = diagnoses.client_key
            and attendances.session_on >= diagnoses.from_on
            and (diagnoses.until_on is null or attendances.session_on <= diagnoses.until_on)
    inner join periods
        on
            diagnoses.measure_id = periods.measure_id
            and attendances.session_on >= periods.period_start_on
            and attendances.session_on <= periods.period_end_on
    inner join rules on periods.measure_id = rules.measure_id
    inner join episodes on attendances.episode_key = episodes.episode_key
    inner join clients on attendances.client_key = clients.client_key
    where age_years(clients.birth_date, periods.period_start_on) >= rules.minimum_age_years
),

assessments as (
    select
        measure_id,
        period_start_on,
        client_key,
        episode_key,
        index_on,
        age_years,
        cast(
            index_on + assessment_months * interval 1 month - interval 1 day as date
        ) as due_on
    from assessed_sessions
    qualify row_number() over (
        partition by measure_id, period_start_on, client_key, index_on
        order by session_on asc, episode_id asc
    ) = 1
),

measured as (
    select distinct
        assessments.measure_id,
        assessments.client_key,
        assessments.index_on
    from assessments
    inner join tools on assessments.measure_id = tools.measure_id
    inner join scores
        on
            tools.instrument_id = scores.instrument_id
            and assessments.client_key = scores.client_key
            and assessments.index_on <= scores.administered_on
            and assessments.due_on >= scores.administered_on
)

select
    assessments.measure_id,
    rates.rate_id,
    assessments.period_start_on,
    assessments.client_key,
    assessments.episode_key,
    assessments.index_on,
    assessments.age_years,
    assessments.period_start_on as excluded_from_on,
    assessments.due_on as excluded_until_on,
    assessments.due_on,
    measured.client_key is not null as is_met
from assessments
inner join rates on assessments.measure_id = rates.measure_id
left join measured
    on
        assessments.measure_id = measured.measure_id
        and assessments.client_key = measured.client_key
        and assessments.index_on = measured.index_on
order by
    assessments.measure_id,
    rates.rate_id,
    assessments.period_start_on,
    assessments.client_key,
    assessments.index_on
