-- What the path between the first and the last score of a course was like: its ups and downs.
--
-- A setback is a reliable worsening between any two scores of the course, the later against the
-- best before it; it is made good when the last score is not reliably worse than the best before
-- it. `was_worse_than_first`: reliably worse than the first score at the worst point, a safety
-- indicator and no outcome. Early response is a convention of trials that nobody verified: it is
-- null unless the clinic set it, and for a course that began below the threshold.
-- Outside its denominator a flag or count is null: without a reliable change in force, with one
-- score only, or (gains) without a step that can be looked at. n_gain_steps is null without a cut.
--
-- Grain:  one row per episode and outcome instrument with a scored response of the client.
-- Key:    episode_key, instrument_id
-- Source: int_outcome_rules (reliable change); ref_path_rules (sudden gains)
with scores as (
    select
        episode_key,
        instrument_id,
        place,
        since_start_days,
        score_points,
        is_case,
        distance_points,
        improvement_points
    from int_session_scores
),

steps as (
    select
        episode_key,
        instrument_id,
        improvement_points,
        is_gain,
        is_reversed
    from int_session_steps
),

cuts as (
    select instrument_id
    from int_sudden_gain_cuts
),

outcome_rules as (
    select
        instrument_id,
        reliable_change_points
    from int_outcome_rules
    where scale = 'total' and respondent = 'client'
),

-- Null unless the clinic set it.
early_rule as (
    select
        cast($early_response_share as decimal(9, 4)) as early_response_share,
        cast($early_response_weeks as integer) as early_response_weeks
),

placed_scores as (
    select
        scores.episode_key,
        scores.instrument_id,
        scores.place,
        scores.since_start_days,
        scores.score_points,
        scores.is_case,
        scores.distance_points,
        scores.improvement_points,
        max(scores.place) over (partition by scores.episode_key, scores.instrument_id)
            as last_place,
        max(scores.place) filter (
            where scores.since_start_days <= 7 * early_rule.early_response_weeks
        ) over (partition by scores.episode_key, scores.instrument_id) as early_place,
        min(scores.distance_points) over (
            partition by scores.episode_key, scores.instrument_id
            order by scores.place asc
            rows between unbounded preceding and current row
        ) as best_so_far_points
    from scores
    cross join early_rule
),

courses as (
    select
        episode_key,
        instrument_id,
        cast(count(*) as integer) as n_scores,
        max(score_points) filter (where place = 1 and improvement_points is not null)
            as first_points,
        max(score_points) filter (where place = last_place) as last_points,
        bool_or(is_case) filter (where place = 1 and improvement_points is not null) as was_case,
        max(distance_points) filter (where place = 1) as first_distance_points,
        min(since_start_days) as first_day,
        max(since_start_days) filter (where place = early_place) as early_day,
        max(improvement_points) filter (where place = early_place) as early_improvement_points,
        max(distance_points - best_so_far_points) as worst_fall_points,
        max(distance_points - best_so_far_points) filter (where place = last_place)
            as last_fall_points,
        min(improvement_points) as worst_improvement_points
    from placed_scores
    group by episode_key, instrument_id
),

course_steps as (
    select
        episode_key,
        instrument_id,
        cast(count(*) as integer) as n_gain_steps,
        cast(count(*) filter (where is_gain) as integer) as n_gains,
        cast(count(*) filter (where is_reversed) as integer) as n_reversed_gains,
        coalesce(sum(improvement_points) filter (where is_gain), 0) as gain_points
    from steps
    group by episode_key, instrument_id
)

select
    courses.episode_key,
    courses.instrument_id,
    courses.n_scores,
    courses.first_points,
    courses.last_points,
    case when cuts.instrument_id is not null then coalesce(course_steps.n_gain_steps, 0) end
        as n_gain_steps,
    course_steps.n_gains,
    course_steps.n_reversed_gains,
    cast(course_steps.gain_points as decimal(18, 4)) as gain_points,
    case
        when courses.was_case and courses.early_day > courses.first_day
            then
                courses.early_improvement_points
                >= early_rule.early_response_share * courses.first_distance_points
    end as is_early_response,
    case
        when courses.n_scores >= 2
            then courses.worst_fall_points >= outcome_rules.reliable_change_points
    end as has_setback,
    case
        when courses.worst_fall_points >= outcome_rules.reliable_change_points
            then courses.last_fall_points < outcome_rules.reliable_change_points
    end as is_setback_made_good,
    case
        when courses.n_scores >= 2
            then -courses.worst_improvement_points >= outcome_rules.reliable_change_points
    end as was_worse_than_first
from courses
left join course_steps
    on
        courses.episode_key = course_steps.episode_key
        and courses.instrument_id = course_steps.instrument_id
left join outcome_rules on courses.instrument_id = outcome_rules.instrument_id
left join cuts on courses.instrument_id = cuts.instrument_id
cross join early_rule
order by courses.episode_key, courses.instrument_id
