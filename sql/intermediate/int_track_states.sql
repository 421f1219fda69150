-- Whether each open course was on track, on two days: at the last delivery, and at the end of the
-- last complete month.
--
-- Not on track: reliably worse than the first score at any time; or no improvement of a given share
-- of a reliable change at any score by a given session, and at the last score still above the
-- threshold. It is too early before that session. It cannot be told without a first score, a
-- reliable change and a threshold in force, or without a second score by that session; only a
-- reliable worsening is told without the latter two.
--
-- Grain:  one row per day, course open on it and outcome instrument with a score by then.
-- Key:    seen_on, episode_key, instrument_id
-- Source: ref_path_rules (not_on_track); int_outcome_rules
with scores as (
    select
        episode_key,
        instrument_id,
        place,
        administered_on,
        session_number,
        score_points,
        is_case,
        improvement_points
    from int_session_scores
),

episodes as (
    select
        episode_key,
        referred_on,
        ended_on
    from int_episodes
),

attended_sessions as (
    select
        episode_key,
        session_on
    from int_attendances
    where status = 'attended' and episode_key is not null
),

period_months as (
    select period_end_on
    from int_period_months
    where period_kind = 'month'
),

outcome_rules as (
    select
        instrument_id,
        reliable_change_points
    from int_outcome_rules
    where scale = 'total' and respondent = 'client'
),

path_rules as (
    select
        parameter,
        value
    from ref_path_rules
    where is_active and rule_id = 'not_on_track'
),

track_rule as (
    select
        max(value) filter (where parameter = 'by_session') as by_session,
        max(value) filter (where parameter = 'improvement_share') as improvement_share
    from path_rules
),

days as (
    select $as_of_on as seen_on
    union
    select max(period_end_on) as seen_on
    from period_months
),

open_episodes as (
    select
        days.seen_on,
        episodes.episode_key
    from days
    inner join episodes
        on
            days.seen_on >= episodes.referred_on
            and (episodes.ended_on is null or days.seen_on < episodes.ended_on)
),

attended_counts as (
    select
        open_episodes.seen_on,
        open_episodes.episode_key,
        count(*) as n_attended
    from open_episodes
    inner join attended_sessions
        on
            open_episodes.episode_key = attended_sessions.episode_key
            and open_episodes.seen_on >= attended_sessions.session_on
    group by open_episodes.seen_on, open_episodes.episode_key
),

scores_by_then as (
    select
        open_episodes.seen_on,
        scores.episode_key,
        scores.instrument_id,
        scores.place,
        scores.administered_on,
        scores.score_points,
        scores.is_case,
        scores.improvement_points,
        scores.session_number <= track_rule.by_session as is_early,
        max(scores.place) over course as last_place,
        min(scores.administered_on) over course as first_on
    from open_episodes
    inner join scores
        on
            open_episodes.episode_key = scores.episode_key
            and open_episodes.seen_on >= scores.administered_on
    cross join track_rule
    window
        course as (
            partition by open_episodes.seen_on, scores.episode_key, scores.instrument_id
        )
),

courses as (
    select
        seen_on,
        episode_key,
        instrument_id,
        cast(count(*) as integer) as n_scores,
        max(score_points) filter (where place = 1 and improvement_points is not null)
            as first_points,
        max(score_points) filter (where place = last_place) as last_points,
        max(administered_on) as last_on,
        bool_or(is_case) filter (where place = last_place) as is_case,
        max(improvement_points) filter (where place = last_place) as improvement_points,
        min(improvement_points) as worst_improvement_points,
        max(improvement_points) filter (where is_early and administered_on > first_on)
            as best_early_improvement_points
    from scores_by_then
    group by seen_on, episode_key, instrument_id
),

judged_courses as (
    select
        courses.seen_on,
        courses.episode_key,
        courses.instrument_id,
        courses.n_scores,
        courses.first_points,
        courses.last_points,
        courses.last_on,
        courses.is_case,
        courses.improvement_points,
        outcome_rules.reliable_change_points,
        track_rule.by_session,
        cast(coalesce(attended_counts.n_attended, 0) as integer) as n_attended,
        -courses.worst_improvement_points >= outcome_rules.reliable_change_points
            as is_reliably_worse,
        -- Half of the rule is not the rule: one score alone never says that a course is on track.
        case
            when
                attended_counts.n_attended >= track_rule.by_session
                and courses.best_early_improvement_points is not null
                and courses.is_case is not null
                and outcome_rules.reliable_change_points is not null
                then
                    courses.best_early_improvement_points
                    < track_rule.improvement_share * outcome_rules.reliable_change_points
                    and courses.is_case
        end as lacks_early_improvement
    from courses
    cross join track_rule
    left join attended_counts
        on
            courses.seen_on = attended_counts.seen_on
            and courses.episode_key = attended_counts.episode_key
    left join outcome_rules on courses.instrument_id = outcome_rules.instrument_id
)

select
    seen_on,
    episode_key,
    instrument_id,
    n_attended,
    n_scores,
    first_points,
    last_points,
    last_on,
    improvement_points,
    is_case,
    is_reliably_worse,
    lacks_early_improvement,
    case
        when is_reliably_worse or lacks_early_improvement then 'not_on_track'
        when first_points is null or reliable_change_points is null then 'cannot_tell'
        when n_attended < by_session then 'too_early'
        when lacks_early_improvement is null then 'cannot_tell'
        else 'on_track'
    end as track_status
from judged_courses
order by seen_on, episode_key, instrument_id
