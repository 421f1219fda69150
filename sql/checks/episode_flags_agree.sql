-- In a returned row the flags of one course contradict each other: recovered without having been a
-- case, a verdict of change without a pair, a category that is not that of the change, a last score
-- that is not later than the first.
with outcomes as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        first_on,
        last_on,
        is_paired,
        was_case,
        is_case,
        reliable_change,
        is_recovered,
        is_reliably_recovered,
        change_category,
        is_crossed_unreliably,
        can_improve
    from mart_episode_outcomes
)

select
    episode_key,
    instrument_id,
    scale,
    respondent
from outcomes
where
    (is_recovered and (not was_case or is_case))
    or (is_reliably_recovered and not (is_recovered and reliable_change = 'improved'))
    or (reliable_change is not null and not is_paired)
    or (is_paired and first_on >= last_on)
    or (change_category is null) != (reliable_change is null)
    or (change_category in ('recovered', 'improved')) != (reliable_change = 'improved')
    or (change_category in ('deteriorated', 'harmed')) != (reliable_change = 'deteriorated')
    or (change_category = 'recovered' and not is_reliably_recovered)
    or (change_category = 'harmed' and (was_case or not is_case))
    or (is_crossed_unreliably and not (is_recovered and reliable_change = 'unchanged'))
    or (reliable_change = 'improved' and not can_improve)
order by episode_key, instrument_id, scale, respondent
