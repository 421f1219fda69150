-- Clients with a session in the year, and whether the screen at one of them was negative or was
-- followed up (CMS2).
--
-- The most recent screen counts among those on the day of a session of the year or up to
-- `session_lookback_days` before one; of two at the same moment the full form before the brief one.
-- A positive one is met by a follow-up within `follow_up_days` of such a session and within the
-- year: a safety action from the session's own day on, or a further attended session from the day
-- after. The result is final at the end of the year. A diagnosis excludes when it was recorded
-- before one of the sessions.
--
-- Grain:  one row per rate, calendar year and client.
-- Key:    measure_id, rate_id, period_start_on, client_key
-- Source: ref_measures
with rules as (
    select
        measure_id,
        session_lookback_days,
        follow_up_days
    from ref_measure_rules
    where kind = 'visit_screening'
),

rates as (
    select
        measure_id,
        rate_id
    from ref_measure_rates
    where status = 'active'
),

visits as (
    select
        measure_id,
        period_start_on,
        period_end_on,
        client_key,
        episode_key,
        first_session_on,
        last_session_on,
        age_years
    from int_measure_visits
),

screens as (
    select
        measure_id,
        response_key,
        client_key,
        administered_at,
        screened_on,
        is_brief,
        is_positive
    from int_measure_screens
),

attendances as (
    select
        client_key,
        session_on
    from int_attendances
    where status = 'attended' and episode_key is not null
),

follow_ups as (
    select
        client_key,
        kind,
        followed_on
    from int_client_follow_ups
),

screened_visits as (
    select distinct
        visits.measure_id,
        visits.period_start_on,
        visits.period_end_on,
        visits.client_key,
        screens.response_key,
        screens.administered_at,
        screens.is_brief,
        screens.is_positive,
        attendances.session_on,
        rules.follow_up_days
    from visits
    inner join rules on visits.measure_id = rules.measure_id
    inner join screens
        on visits.measure_id = screens.measure_id and visits.client_key = screens.client_key
    inner join attendances
        on
            visits.client_key = attendances.client_key
            and visits.period_start_on <= attendances.session_on
            and visits.period_end_on >= attendances.session_on
            and screens.screened_on <= attendances.session_on
            and attendances.session_on <= screens.screened_on + rules.session_lookback_days
),

last_screens as (
    select
        measure_id,
        period_start_on,
        client_key,
        response_key,
        is_positive
    from screened_visits
    qualify row_number() over (
        partition by measure_id, period_start_on, client_key
        order by administered_at desc, is_brief asc, response_key desc
    ) = 1
),

followed_screens as (
    select distinct
        screened_visits.measure_id,
        screened_visits.period_start_on,
        screened_visits.client_key,
        screened_visits.response_key
    from screened_visits
    inner join follow_ups
        on
            screened_visits.client_key = follow_ups.client_key
            and follow_ups.followed_on
            <= screened_visits.session_on + screened_visits.follow_up_days
            and screened_visits.period_end_on >= follow_ups.followed_on
            and (
                screened_visits.session_on < follow_ups.followed_on
                or (
                    follow_ups.kind = 'safety_action'
                    and screened_visits.session_on = follow_ups.followed_on
                )
            )
)

select
    visits.measure_id,
    rates.rate_id,
    visits.period_start_on,
    visits.client_key,
    visits.episode_key,
    visits.first_session_on as index_on,
    visits.age_years,
    visits.period_start_on as excluded_from_on,
    cast(visits.last_session_on - interval 1 day as date) as excluded_until_on,
    visits.period_end_on as due_on,
    coalesce(
        not last_screens.is_positive or followed_screens.response_key is not null, false
    ) as is_met
from visits
inner join rules on visits.measure_id = rules.measure_id
inner join rates on visits.measure_id = rates.measure_id
left join last_screens
    on
        visits.measure_id = last_screens.measure_id
        and visits.period_start_on = last_screens.period_start_on
        and visits.client_key = last_screens.client_key
left join followed_screens
    on
        last_screens.measure_id = followed_screens.measure_id
        and last_screens.period_start_on = followed_screens.period_start_on
        and last_screens.response_key = followed_screens.response_key
order by visits.measure_id, rates.rate_id, visits.period_start_on, visits.client_key
