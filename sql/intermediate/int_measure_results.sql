-- Whom each rate of a quality measure is about in a year, who is left out and why, who met it.
--
-- A result is due when its window has closed by $as_of_on (the last delivery). An exclusion counts,
-- as its list says, when it was recorded by the end of the event's window, when it was in force at
-- some time up to that end, or when it was recorded before the year. Of several the first in the
-- measure's own order is the reason, so that reasons add up. A client who is left out has met
-- nothing. `unit_number` is 1, but where a measure counts visits the place among those of the day.
--
-- Grain:  one row per rate, calendar year, client, index day and unit on it.
-- Key:    measure_id, rate_id, period_start_on, client_key, index_on, unit_number
-- Source: ref_measures; ref_measure_codes
with follow_ups as (
    select
        measure_id,
        rate_id,
        period_start_on,
        client_key,
        episode_key,
        index_on,
        1 as unit_number,
        age_years,
        excluded_from_on,
        excluded_until_on,
        due_on,
        is_met
    from int_measure_follow_ups
),

visit_screens as (
    select
        measure_id,
        rate_id,
        period_start_on,
        client_key,
        episode_key,
        index_on,
        1 as unit_number,
        age_years,
        excluded_from_on,
        excluded_until_on,
        due_on,
        is_met
    from int_measure_visit_screens
),

yearly_screens as (
    select
        measure_id,
        rate_id,
        period_start_on,
        client_key,
        episode_key,
        index_on,
        1 as unit_number,
        age_years,
        excluded_from_on,
        excluded_until_on,
        due_on,
        is_met
    from int_measure_yearly_screens
),

uses as (
    select
        measure_id,
        rate_id,
        period_start_on,
        client_key,
        episode_key,
        index_on,
        1 as unit_number,
        age_years,
        excluded_from_on,
        excluded_until_on,
        due_on,
        is_met
    from int_measure_uses
),

visit_assessments as (
    select
        measure_id,
        rate_id,
        period_start_on,
        client_key,
        episode_key,
        index_on,
        unit_number,
        age_years,
        excluded_from_on,
        excluded_until_on,
        due_on,
        is_met
    from int_measure_visit_assessments
),

exclusions as (
    select
        measure_id,
        client_key,
        reason,
        position,
        counts,
        from_on,
        until_on
    from int_measure_diagnoses
    where use = 'exclusion'
),

events as (
    select * from follow_ups
    union all
    select * from visit_screens
    union all
    select * from yearly_screens
    union all
    select * from uses
    union all
    select * from visit_assessments
),

judged_events as (
    select
        measure_id,
        rate_id,
        period_start_on,
        client_key,
        index_on,
        unit_number,
        episode_key,
        age_years,
        due_on,
        due_on <= $as_of_on as is_due,
        is_met
    from events
),

exclusion_reasons as (
    select
        events.measure_id,
        events.rate_id,
        events.period_start_on,
        events.client_key,
        events.index_on,
        exclusions.reason
    from events
    inner join exclusions
        on
            events.measure_id = exclusions.measure_id
            and events.client_key = exclusions.client_key
            and case exclusions.counts
                when 'by_window_end' then events.excluded_until_on >= exclusions.from_on
                when 'overlaps_window'
                    then
                        events.excluded_until_on >= exclusions.from_on
                        and (
                            exclusions.until_on is null
                            or events.excluded_from_on <= exclusions.until_on
                        )
                when 'before_year' then events.period_start_on > exclusions.from_on
            end
    qualify row_number() over (
        partition by
            events.measure_id,
            events.rate_id,
            events.period_start_on,
            events.client_key,
            events.index_on
        order by exclusions.position asc
    ) = 1
)

select
    judged_events.measure_id,
    judged_events.rate_id,
    judged_events.period_start_on,
    judged_events.client_key,
    judged_events.index_on,
    judged_events.unit_number,
    judged_events.episode_key,
    judged_events.age_years,
    judged_events.due_on,
    judged_events.is_due,
    exclusion_reasons.reason as exclusion_reason,
    judged_events.is_met and exclusion_reasons.reason is null as is_met
from judged_events
left join exclusion_reasons
    on
        judged_events.measure_id = exclusion_reasons.measure_id
        and judged_events.rate_id = exclusion_reasons.rate_id
        and judged_events.period_start_on = exclusion_reasons.period_start_on
        and judged_events.client_key = exclusion_reasons.client_key
        and judged_events.index_on = exclusion_reasons.index_on
order by
    judged_events.measure_id,
    judged_events.rate_id,
    judged_events.period_start_on,
    judged_events.client_key,
    judged_events.index_on,
    judged_events.unit_number
