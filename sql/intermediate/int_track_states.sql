-- Whether each open course was on track: at the last delivery, and at the end of every complete
-- month.
--
-- Not on track: reliably worse than the first score at any time; or no improvement of a given share
-- of a reliable change at any score by a given session, and at the last score still above the
-- threshold. It is too early before that session. It cannot be told without a first score, a
-- reliable change and a threshold in force, or without a second score by that session; only a
-- reliable worsening is told without the latter two.
--
-- A score counts by the sessions attended up to its own day, whichever later one its form names
-- (int_session_scores): so a state of the past does not change with what was attended afterwards.
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
    select period_end_on as seen_on
    from period_months
),

-- Numbers stand for the texts until the end, since they are quicker to sort.
courses as (
    select
        cast(row_number() over (order by episode_key asc) as integer) as episode_number,
        episode_key,
        referred_on,
        ended_on
    from episodes
),

instruments as (
    select
        cast(row_number() over (order by instrument_id asc) as smallint) as instrument_number,
        instrument_id
    from scores
    group by instrument_id
),

first_scores as (
    select
        episode_key,
        instrument_id,
        administered_on as first_on,
        score_points as first_points
    from scores
    where place = 1
),

-- The day of the session before which it is too early, and that of the next one.
judging_days as (
    select
        episode_key,
        list_extract(first_days, by_session) as session_on,
        list_extract(first_days, by_session + 1) as next_session_on
    from (
        select
            attended_sessions.episode_key,
            cast(track_rule.by_session as bigint) as by_session,
            min(attended_sessions.session_on, cast(track_rule.by_session + 1 as bigint))
                as first_days
        from attended_sessions
        cross join track_rule
        group by attended_sessions.episode_key, track_rule.by_session
    ) as attended_courses
),

-- What is known of a course from a score until the next.
known_courses as (
    select
        courses.episode_number,
        instruments.instrument_number,
        scores.place as n_scores,
        scores.administered_on,
        scores.score_points,
        scores.is_case,
        scores.improvement_points,
        first_scores.first_points,
        lead(scores.administered_on) over in_order as next_on,
        min(scores.improvement_points) over so_far as worst_improvement_points,
        max(
            case
                when
                    coalesce(scores.administered_on < judging_days.next_session_on, true)
                    and scores.administered_on > first_scores.first_on
                    then scores.improvement_points
            end
        ) over so_far as best_early_improvement_points
    from scores
    inner join courses on scores.episode_key = courses.episode_key
    inner join instruments on scores.instrument_id = instruments.instrument_id
    inner join first_scores
        on
            scores.episode_key = first_scores.episode_key
            and scores.instrument_id = first_scores.instrument_id
    left join judging_days on scores.episode_key = judging_days.episode_key
    window
        in_order as (
            partition by courses.episode_number, instruments.instrument_number
            order by scores.place asc
        ),
        so_far as (
            partition by courses.episode_number, instruments.instrument_number
            order by scores.place asc
            rows between unbounded preceding and current row
        )
),

judged_courses as (
    select
        days.seen_on,
        courses.episode_key,
        instruments.instrument_id,
        known_courses.n_scores,
        case
            when known_courses.improvement_points is not null then known_courses.first_points
        end as first_points,
        known_courses.score_points as last_points,
        known_courses.administered_on as last_on,
        known_courses.improvement_points,
        known_courses.is_case,
        outcome_rules.reliable_change_points,
        coalesce(judging_days.session_on <= days.seen_on, false) as is_time_to_judge,
        -known_courses.worst_improvement_points >= outcome_rules.reliable_change_points
            as is_reliably_worse,
        -- Half of the rule is not the rule: one score alone never says that a course is on track.
        case
            when
                judging_days.session_on <= days.seen_on
                and known_courses.best_early_improvement_points is not null
                and known_courses.is_case is not null
                and outcome_rules.reliable_change_points is not null
                then
                    known_courses.best_early_improvement_points
                    < track_rule.improvement_share * outcome_rules.reliable_change_points
                    and known_courses.is_case
        end as lacks_early_improvement
    from known_courses
    inner join courses on known_courses.episode_number = courses.episode_number
    inner join instruments on known_courses.instrument_number = instruments.instrument_number
    inner join days
        on
            known_courses.administered_on <= days.seen_on
            and courses.referred_on <= days.seen_on
            and coalesce(known_courses.next_on > days.seen_on, true)
            and coalesce(courses.ended_on > days.seen_on, true)
    cross join track_rule
    left join judging_days on courses.episode_key = judging_days.episode_key
    left join outcome_rules on instruments.instrument_id = outcome_rules.instrument_id
)

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
    case
        when is_reliably_worse or lacks_early_improvement then 'not_on_track'
        when first_points is null or reliable_change_points is null then 'cannot_tell'
        when not is_time_to_judge then 'too_early'
        when lacks_early_improvement is null then 'cannot_tell'
        else 'on_track'
    end as track_status
from judged_courses
order by seen_on, episode_key, instrument_id
