-- How many measures were due, and how many of those were done, in each course and month.
--
-- Due: every instrument that the programme lists, at every `measure_every_sessions`-th attended
-- session of the episode; an id that the catalogue does not know can never be answered and is not
-- due. Done: a response of that instrument in this episode, scored, not more than
-- $session_window_days days before or after the day of that session, and no closer in time to
-- another session at which it was due (of two as close, the earlier). A form that names a session
-- of its course (int_named_sessions) is of that session alone, also where nothing was due at it.
-- The list does not say who answers: the client, a parent, a teacher or a partner may, as some
-- instruments are for them alone; the therapist may not. An instrument that is not scored yet is
-- done when it was answered, a kind of goal (gbo, gas) when the client rated a goal of it.
-- The month is the session's. A session is measured when any of what was due at it was done,
-- complete when all of it was.
--
-- Grain:  one row per episode and month of its sessions at which something was due.
-- Key:    episode_key, month_start_on
with attended_sessions as (
    select
        episode_key,
        session_key,
        session_on,
        session_on - cast($session_window_days as integer) as earliest_on,
        session_on + cast($session_window_days as integer) as latest_on
    from int_attendances
    where status = 'attended' and episode_key is not null
),

sessions as (
    select
        session_key,
        session_id,
        scheduled_at
    from stg_sessions
),

episodes as (
    select
        cast(row_number() over (order by episode_key asc) as integer) as episode_number,
        episode_key,
        programme_id
    from int_episodes
),

programmes as (
    select
        programme_id,
        instruments,
        coalesce(measure_every_sessions, 1) as measure_every_sessions
    from stg_programmes
),

instruments as (
    select
        cast(row_number() over (order by instrument_id asc) as integer) as instrument_number,
        instrument_id,
        is_scored
    from ref_instruments
),

named_sessions as (
    select
        response_key,
        episode_key,
        session_key
    from int_named_sessions
),

scores as (
    select
        response_key,
        episode_key,
        instrument_id,
        administered_at,
        administered_on,
        score_points
    from int_response_scores
    where respondent != 'therapist' and episode_key is not null
),

goals as (
    select
        goal_key,
        episode_key,
        kind
    from stg_goals
),

client_ratings as (
    select
        goal_key,
        rated_at,
        rated_on
    from stg_goal_ratings
    where rated_by = 'client'
),

numbered_sessions as (
    select
        episodes.episode_number,
        attended_sessions.session_key,
        attended_sessions.session_on,
        attended_sessions.earliest_on,
        attended_sessions.latest_on,
        sessions.scheduled_at,
        episodes.programme_id,
        row_number() over (
            partition by episodes.episode_number
            order by sessions.scheduled_at asc, sessions.session_id asc
        ) as session_number
    from attended_sessions
    inner join sessions on attended_sessions.session_key = sessions.session_key
    inner join episodes on attended_sessions.episode_key = episodes.episode_key
),

listed_instruments as (
    select distinct
        programme_id,
        measure_every_sessions,
        unnest(instruments) as instrument_id
    from programmes
),

known_instruments as (
    select
        listed_instruments.programme_id,
        listed_instruments.measure_every_sessions,
        instruments.instrument_number
    from listed_instruments
    inner join instruments on listed_instruments.instrument_id = instruments.instrument_id
),

programme_counts as (
    select
        programme_id,
        measure_every_sessions,
        count(*) as n_due
    from known_instruments
    group by programme_id, measure_every_sessions
),

due_sessions as (
    select
        numbered_sessions.episode_number,
        numbered_sessions.session_key,
        numbered_sessions.session_on,
        numbered_sessions.earliest_on,
        numbered_sessions.latest_on,
        numbered_sessions.scheduled_at,
        numbered_sessions.session_number,
        numbered_sessions.programme_id,
        programme_counts.n_due
    from numbered_sessions
    inner join programme_counts
        on
            numbered_sessions.programme_id = programme_counts.programme_id
            and numbered_sessions.session_number % programme_counts.measure_every_sessions = 0
),

-- First each response's course, by itself: the lists are long, and in another order each of a
-- course's responses would meet all programmes that list its instrument.
course_responses as materialized (
    select
        episodes.episode_number,
        episodes.programme_id,
        instruments.instrument_number,
        scores.administered_at,
        scores.administered_on,
        named_sessions.session_key
    from scores
    inner join episodes on scores.episode_key = episodes.episode_key
    inner join instruments on scores.instrument_id = instruments.instrument_id
    left join named_sessions
        on
            scores.response_key = named_sessions.response_key
            and scores.episode_key = named_sessions.episode_key
    where scores.score_points is not null or not instruments.is_scored
    union all
    select
        episodes.episode_number,
        episodes.programme_id,
        instruments.instrument_number,
        client_ratings.rated_at as administered_at,
        client_ratings.rated_on as administered_on,
        null as session_key
    from client_ratings
    inner join goals on client_ratings.goal_key = goals.goal_key
    inner join episodes on goals.episode_key = episodes.episode_key
    inner join instruments on goals.kind = instruments.instrument_id
),

valid_responses as (
    select distinct
        course_responses.episode_number,
        course_responses.instrument_number,
        course_responses.administered_at,
        course_responses.administered_on,
        course_responses.session_key
    from course_responses
    inner join known_instruments
        on
            course_responses.programme_id = known_instruments.programme_id
            and course_responses.instrument_number = known_instruments.instrument_number
),

-- A response serves one session only, else one form would cover three weekly sessions.
named_measures as (
    select
        valid_responses.episode_number,
        valid_responses.instrument_number,
        due_sessions.session_number
    from valid_responses
    inner join due_sessions
        on
            valid_responses.episode_number = due_sessions.episode_number
            and valid_responses.session_key = due_sessions.session_key
),

-- The one nearest in time, not in days: what is filled in the evening before belongs to the next
-- morning.
nearest_measures as (
    select
        valid_responses.episode_number,
        valid_responses.instrument_number,
        min(
            struct_pack(
                distance := abs(
                    date_diff('second', due_sessions.scheduled_at, valid_responses.administered_at)
                ),
                session_number := due_sessions.session_number
            )
        ).session_number as session_number
    from valid_responses
    inner join due_sessions
        on
            valid_responses.episode_number = due_sessions.episode_number
            and valid_responses.administered_on >= due_sessions.earliest_on
            and valid_responses.administered_on <= due_sessions.latest_on
    where valid_responses.session_key is null
    group by
        valid_responses.episode_number,
        valid_responses.instrument_number,
        valid_responses.administered_at
),

done_measures as (
    select
        episode_number,
        instrument_number,
        session_number
    from named_measures
    union
    select
        episode_number,
        instrument_number,
        session_number
    from nearest_measures
),

done_sessions as (
    select
        episode_number,
        session_number,
        count(*) as n_done
    from done_measures
    group by episode_number, session_number
),

counted_sessions as (
    select
        due_sessions.episode_number,
        cast(date_trunc('month', due_sessions.session_on) as date) as month_start_on,
        due_sessions.n_due,
        coalesce(done_sessions.n_done, 0) as n_done
    from due_sessions
    left join done_sessions
        on
            due_sessions.episode_number = done_sessions.episode_number
            and due_sessions.session_number = done_sessions.session_number
),

counted_months as (
    select
        episode_number,
        month_start_on,
        cast(sum(n_due) as bigint) as n_due,
        cast(sum(n_done) as bigint) as n_done,
        count(*) as n_sessions_due,
        count(*) filter (where n_done > 0) as n_sessions_measured,
        count(*) filter (where n_done = n_due) as n_sessions_complete
    from counted_sessions
    group by episode_number, month_start_on
)

select
    episodes.episode_key,
    counted_months.month_start_on,
    counted_months.n_due,
    counted_months.n_done,
    counted_months.n_sessions_due,
    counted_months.n_sessions_measured,
    counted_months.n_sessions_complete
from counted_months
inner join episodes on counted_months.episode_number = episodes.episode_number
order by episodes.episode_key, counted_months.month_start_on
