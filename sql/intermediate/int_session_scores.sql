-- A course's scores on the whole of an outcome instrument, by the client, in their order.
--
-- `place` counts them by moment, those of the same moment by response id; scores after the end are
-- no part of the path. `session_number`: sessions attended up to and including that day, or those
-- up to a later session that the form names (int_named_sessions) where no other form of the
-- instrument comes before it. A form that names an earlier session stays at its own day, since it
-- tells how the client was on that day. `week`: whole weeks since session 1, days before it count
-- as week 0.
-- `distance_points` is how far the score lies from the best end of its scale, so that less is
-- better whichever way it runs.
-- `improvement_points` are since the first score of int_episode_scores (positive = better), null
-- where the course has none; `is_case` is null without a threshold in force.
--
-- Grain:  one row per episode, outcome instrument and scored response of the client.
-- Key:    episode_key, instrument_id, place
with scores as (
    select
        response_key,
        episode_key,
        instrument_id,
        administered_at,
        administered_on,
        score_points
    from int_response_scores
    where
        respondent = 'client'
        and scale = 'total'
        and episode_key is not null
        and score_points is not null
),

responses as (
    select
        response_key,
        response_id
    from stg_responses
),

-- Numbers stand for the keys until the end, since they are quicker to group and to sort.
episodes as (
    select
        cast(row_number() over (order by episode_key asc) as integer) as episode_number,
        episode_key,
        session_1_on,
        session_1_on + cast($first_score_days as integer) as first_until_on,
        ended_on
    from int_episodes
),

later_sessions as (
    select
        response_key,
        episode_key,
        session_on
    from int_named_sessions
    where session_on > administered_on
),

attended_days as (
    select
        episode_key,
        session_on as day_on
    from int_attendances
    where status = 'attended' and episode_key is not null
),

scales as (
    select
        instrument_id,
        direction,
        lowest_points,
        highest_points
    from int_scales
    where scale = 'total' and purpose = 'outcome'
),

outcome_rules as (
    select
        instrument_id,
        caseness_points
    from int_outcome_rules
    where scale = 'total' and respondent = 'client'
),

measures as (
    select
        cast(row_number() over (order by scales.instrument_id asc) as integer)
            as instrument_number,
        scales.instrument_id,
        outcome_rules.caseness_points,
        scales.direction,
        scales.lowest_points as min_points,
        scales.highest_points as max_points
    from scales
    left join outcome_rules on scales.instrument_id = outcome_rules.instrument_id
),

course_scores as (
    select
        scores.response_key,
        episodes.episode_number,
        measures.instrument_number,
        scores.administered_at,
        scores.administered_on,
        later_sessions.session_on as named_on,
        scores.score_points,
        cast(scores.administered_on - episodes.session_1_on as integer) as since_start_days,
        coalesce(scores.administered_on <= episodes.first_until_on, true) as is_in_time_for_first,
        case measures.direction
            when 'higher_worse' then scores.score_points - measures.min_points
            when 'higher_better' then measures.max_points - scores.score_points
        end as distance_points,
        case measures.direction
            when 'higher_worse' then scores.score_points >= measures.caseness_points
            when 'higher_better' then scores.score_points < measures.caseness_points
        end as is_case
    from scores
    inner join episodes on scores.episode_key = episodes.episode_key
    inner join measures on scores.instrument_id = measures.instrument_id
    left join later_sessions
        on
            scores.response_key = later_sessions.response_key
            and scores.episode_key = later_sessions.episode_key
    where episodes.ended_on is null or scores.administered_on <= episodes.ended_on
),

ranked_scores as (
    select
        response_key,
        episode_number,
        instrument_number,
        administered_at,
        administered_on,
        case
            when coalesce(lead(administered_on) over in_order >= named_on, true)
                then coalesce(named_on, administered_on)
            else administered_on
        end as counted_on,
        score_points,
        since_start_days,
        is_in_time_for_first,
        distance_points,
        is_case,
        rank() over in_order as moment_rank,
        coalesce(lag(administered_at) over in_order = administered_at, false)
        or coalesce(lead(administered_at) over in_order = administered_at, false) as is_twin
    from course_scores
    window
        in_order as (
            partition by episode_number, instrument_number
            order by administered_at asc
        )
),

-- Two scores at one moment are rare, so only they pay for their ids.
twins as (
    select
        ranked_scores.episode_number,
        ranked_scores.instrument_number,
        ranked_scores.administered_on,
        ranked_scores.administered_on as counted_on,
        ranked_scores.score_points,
        ranked_scores.since_start_days,
        ranked_scores.is_in_time_for_first,
        ranked_scores.distance_points,
        ranked_scores.is_case,
        ranked_scores.moment_rank,
        row_number() over (
            partition by
                ranked_scores.episode_number,
                ranked_scores.instrument_number,
                ranked_scores.administered_at
            order by responses.response_id asc
        ) - 1 as n_before
    from ranked_scores
    inner join responses on ranked_scores.response_key = responses.response_key
    where ranked_scores.is_twin
),

placed_scores as (
    select
        episode_number,
        instrument_number,
        administered_on,
        counted_on,
        score_points,
        since_start_days,
        is_in_time_for_first,
        distance_points,
        is_case,
        cast(moment_rank as integer) as place
    from ranked_scores
    where not is_twin
    union all
    select
        episode_number,
        instrument_number,
        administered_on,
        counted_on,
        score_points,
        since_start_days,
        is_in_time_for_first,
        distance_points,
        is_case,
        cast(moment_rank + n_before as integer) as place
    from twins
),

first_scores as (
    select
        episode_number,
        instrument_number,
        distance_points
    from placed_scores
    where place = 1 and is_in_time_for_first
),

-- Sessions are counted by day and not by form: a day's forms share their number.
days as (
    select
        episode_number,
        day_on,
        cast(sum(n_sessions) as integer) as n_sessions
    from (
        select
            episodes.episode_number,
            attended_days.day_on,
            1 as n_sessions
        from attended_days
        inner join episodes on attended_days.episode_key = episodes.episode_key
        union all
        select
            episode_number,
            counted_on as day_on,
            0 as n_sessions
        from placed_scores
    ) as day_parts
    group by episode_number, day_on
),

numbered_days as (
    select
        episode_number,
        day_on,
        cast(
            sum(n_sessions) over (
                partition by episode_number
                order by day_on asc
                rows between unbounded preceding and current row
            ) as integer
        ) as session_number
    from days
)

select
    episodes.episode_key,
    measures.instrument_id,
    placed_scores.place,
    placed_scores.administered_on,
    placed_scores.since_start_days,
    numbered_days.session_number,
    case
        when placed_scores.since_start_days < 0 then 0
        else cast(floor(placed_scores.since_start_days / 7) as integer)
    end as week,
    placed_scores.score_points,
    placed_scores.is_case,
    cast(placed_scores.distance_points as decimal(9, 4)) as distance_points,
    cast(first_scores.distance_points - placed_scores.distance_points as decimal(9, 4))
        as improvement_points
from placed_scores
inner join episodes on placed_scores.episode_number = episodes.episode_number
inner join measures on placed_scores.instrument_number = measures.instrument_number
inner join numbered_days
    on
        placed_scores.episode_number = numbered_days.episode_number
        and placed_scores.counted_on = numbered_days.day_on
left join first_scores
    on
        placed_scores.episode_number = first_scores.episode_number
        and placed_scores.instrument_number = first_scores.instrument_number
order by episodes.episode_key, measures.instrument_id, placed_scores.place
