-- In a returned row the flags of one course contradict each other: recovered without having been a
-- case, a verdict of change without a pair, a last score that is not later than the first.
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
        is_reliably_recovered
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
order by episode_key, instrument_id, scale, respondent
