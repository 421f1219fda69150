-- Open courses and whether each is on track, on the day of the last delivery. Row level: for the
-- treating therapist alone (`outcomes export mart_on_track --therapist ID`), and in no report.
--
-- Grain:  one row per open course and outcome instrument with a score.
-- Key:    episode_key, instrument_id
-- Source: ref_path_rules (not_on_track); int_outcome_rules
with states as (
    select
        seen_on,
        episode_key,
        instrument_id,
        n_scores,
        first_points,
        last_points,
        last_on,
        improvement_points,
        is_case,
        is_reliably_worse,
        lacks_early_improvement,
        track_status
    from int_track_states
    where seen_on = $as_of_on
),

episodes as (
    select
        episode_key,
        therapist_id,
        programme_id
    from int_episodes
),

attended_counts as (
    select
        episode_key,
        cast(count(*) as integer) as n_attended
    from int_attendances
    where status = 'attended' and session_on <= $as_of_on
    group by episode_key
)

select
    states.episode_key,
    states.instrument_id,
    episodes.therapist_id,
    episodes.programme_id,
    states.seen_on,
    coalesce(attended_counts.n_attended, 0) as n_attended,
    states.n_scores,
    states.first_points,
    states.last_points,
    states.last_on,
    states.improvement_points,
    states.is_case,
    states.is_reliably_worse,
    states.lacks_early_improvement,
    states.track_status
from states
inner join episodes on states.episode_key = episodes.episode_key
left join attended_counts on states.episode_key = attended_counts.episode_key
order by states.episode_key, states.instrument_id
