-- Clients with a session in the year, and whether the screen at one of them was negative or was
-- followed up (CMS2).
--
-- The most recent screen counts among those on the day of a session of the year or up to
-- `session_lookback_days` before one; of two at the same moment the full form before the brief one.
-- Screens of one moment go by response id. A positive one is met by a safety action on the day of
-- such a session or within `follow_up_days` after it, and within the year; a further session of a
-- running course is no plan. The result is final at the end of the year. A diagnosis excludes when
-- it was recorded before one of the sessions.
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
        response_place,
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
        followed_on
    from int_client_follow_ups
    where kind = 'safety_action'
),

-- The later a screen counts, the higher its number.
numbered_screens as (
    select
        row_number() over (
            order by administered_at asc, is_brief desc, response_place asc, measure_id asc
        ) as screen_number,
        measure_id,
        client_key,
        screened_on,
        is_positive
    from screens
),

last_screens as (
    select
        visits.measure_id,
        visits.period_start_on,
        visits.period_end_on,
        visits.client_key,
        max(numbered_screens.screen_number) as screen_number
    from visits
    inner join rules on visits.measure_id = rules.measure_id
    inner join numbered_screens
        on
            visits.measure_id = numbered_screens.measure_id
            and visits.client_key = numbered_screens.client_key
    inner join attendances
        on
            visits.client_key = attendances.client_key
            and visits.period_start_on <= attendances.session_on
            and visits.period_end_on >= attendances.session_on
            and numbered_screens.screened_on <= attendances.session_on
            and attendances.session_on
            <= numbered_screens.screened_on + rules.session_lookback_days
    group by
        visits.measure_id, visits.period_start_on, visits.period_end_on, visits.client_key
),

judged_screens as (
    select
        last_screens.measure_id,
        last_screens.period_start_on,
        last_screens.period_end_on,
        last_screens.client_key,
        numbered_screens.screened_on,
        numbered_screens.is_positive
    from last_screens
    inner join numbered_screens on last_screens.screen_number = numbered_screens.screen_number
),

followed_screens as (
    select distinct
        judged_screens.measure_id,
        judged_screens.period_start_on,
        judged_screens.client_key
    from judged_screens
    inner join rules on judged_screens.measure_id = rules.measure_id
    inner join attendances
        on
            judged_screens.client_key = attendances.client_key
            and judged_screens.period_start_on <= attendances.session_on
            and judged_screens.period_end_on >= attendances.session_on
            and judged_screens.screened_on <= attendances.session_on
            and attendances.session_on <= judged_screens.screened_on + rules.session_lookback_days
    inner join follow_ups
        on
            judged_screens.client_key = follow_ups.client_key
            and follow_ups.followed_on <= attendances.session_on + rules.follow_up_days
            and judged_screens.period_end_on >= follow_ups.followed_on
            and attendances.session_on <= follow_ups.followed_on
    where judged_screens.is_positive is not false
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
        not judged_screens.is_positive or followed_screens.client_key is not null, false
    ) as is_met
from visits
inner join rules on visits.measure_id = rules.measure_id
inner join rates on visits.measure_id = rates.measure_id
left join judged_screens
    on
        visits.measure_id = judged_screens.measure_id
        and visits.period_start_on = judged_screens.period_start_on
        and visits.client_key = judged_screens.client_key
left join followed_screens
    on
        visits.measure_id = followed_screens.measure_id
        and visits.period_start_on = followed_screens.period_start_on
        and visits.client_key = followed_screens.client_key
order by visits.measure_id, rates.rate_id, visits.period_start_on, visits.client_key
