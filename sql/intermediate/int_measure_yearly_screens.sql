-- Clients with a session in the year: who was screened, and whether the first positive screen was
-- followed up (DSF-E).
--
-- Screens count from the first to the last day of the measure's screening season. The second rate
-- is about clients with a positive screen in it: met by a safety action on the day of the first
-- one or within `follow_up_days`, by an attended session from the day after it on, or, when that
-- screen was a brief one, by a negative full one on the same day. Due: the last day of the season,
-- or of the days after the screen.
--
-- Grain:  one row per rate, calendar year and client.
-- Key:    measure_id, rate_id, period_start_on, client_key
-- Source: ref_measures
with rules as (
    select
        measure_id,
        screen_from_months,
        screen_to_months,
        screen_to_days,
        follow_up_days
    from ref_measure_rules
    where kind = 'yearly_screening'
),

rates as (
    select
        measure_id,
        rate_id,
        met_by
    from ref_measure_rates
    where status = 'active'
),

visits as (
    select
        measure_id,
        period_start_on,
        client_key,
        episode_key,
        first_session_on,
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

follow_ups as (
    select
        client_key,
        kind,
        followed_on
    from int_client_follow_ups
),

seasons as (
    select
        visits.measure_id,
        visits.period_start_on,
        visits.client_key,
        visits.episode_key,
        visits.first_session_on,
        visits.age_years,
        rules.follow_up_days,
        cast(
            visits.period_start_on + rules.screen_from_months * interval 1 month as date
        ) as season_from_on,
        cast(
            visits.period_start_on + rules.screen_to_months * interval 1 month
            + (rules.screen_to_days - 1) * interval 1 day as date
        ) as season_until_on
    from visits
    inner join rules on visits.measure_id = rules.measure_id
),

season_screens as (
    select
        seasons.measure_id,
        seasons.period_start_on,
        seasons.client_key,
        seasons.follow_up_days,
        screens.response_place,
        screens.administered_at,
        screens.screened_on,
        screens.is_brief,
        screens.is_positive
    from seasons
    inner join screens
        on
            seasons.measure_id = screens.measure_id
            and seasons.client_key = screens.client_key
            and seasons.season_from_on <= screens.screened_on
            and seasons.season_until_on >= screens.screened_on
),

screened_clients as (
    select distinct
        measure_id,
        period_start_on,
        client_key
    from season_screens
),

first_positives as (
    select
        measure_id,
        period_start_on,
        client_key,
        screened_on,
        is_brief,
        follow_up_days
    from season_screens
    where is_positive
    qualify row_number() over (
        partition by measure_id, period_start_on, client_key
        order by administered_at asc, is_brief asc, response_place asc
    ) = 1
),

followed_clients as (
    select
        first_positives.measure_id,
        first_positives.period_start_on,
        first_positives.client_key
    from first_positives
    inner join follow_ups
        on
            first_positives.client_key = follow_ups.client_key
            and follow_ups.followed_on
            <= first_positives.screened_on + first_positives.follow_up_days
            and (
                first_positives.screened_on < follow_ups.followed_on
                or (
                    follow_ups.kind = 'safety_action'
                    and first_positives.screened_on = follow_ups.followed_on
                )
            )
    union
    select
        first_positives.measure_id,
        first_positives.period_start_on,
        first_positives.client_key
    from first_positives
    inner join season_screens
        on
            first_positives.measure_id = season_screens.measure_id
            and first_positives.period_start_on = season_screens.period_start_on
            and first_positives.client_key = season_screens.client_key
            and first_positives.screened_on = season_screens.screened_on
    where
        first_positives.is_brief
        and not season_screens.is_brief
        and not season_screens.is_positive
)

select
    seasons.measure_id,
    rates.rate_id,
    seasons.period_start_on,
    seasons.client_key,
    seasons.episode_key,
    case
        when rates.met_by = 'screened' then seasons.first_session_on
        else first_positives.screened_on
    end as index_on,
    seasons.age_years,
    seasons.period_start_on as excluded_from_on,
    seasons.season_until_on as excluded_until_on,
    case
        when rates.met_by = 'screened' then seasons.season_until_on
        else first_positives.screened_on + seasons.follow_up_days
    end as due_on,
    case
        when rates.met_by = 'screened' then screened_clients.client_key is not null
        else followed_clients.client_key is not null
    end as is_met
from seasons
inner join rates on seasons.measure_id = rates.measure_id
left join screened_clients
    on
        seasons.measure_id = screened_clients.measure_id
        and seasons.period_start_on = screened_clients.period_start_on
        and seasons.client_key = screened_clients.client_key
left join first_positives
    on
        seasons.measure_id = first_positives.measure_id
        and seasons.period_start_on = first_positives.period_start_on
        and seasons.client_key = first_positives.client_key
left join followed_clients
    on
        seasons.measure_id = followed_clients.measure_id
        and seasons.period_start_on = followed_clients.period_start_on
        and seasons.client_key = followed_clients.client_key
where rates.met_by = 'screened' or first_positives.client_key is not null
order by seasons.measure_id, rates.rate_id, seasons.period_start_on, seasons.client_key
