-- How many measures were due, and how many of those were done, in each course and month.
--
-- Due: every instrument that the programme lists, at every `measure_every_sessions`-th attended
-- session of the episode; an id that the catalogue does not know can never be answered and is not
-- due. Done: a client's response of that instrument in this episode, scored, not more than 7 days
-- before or after that session, and closer to no other session at which it was due (of two as
-- close, the earlier). An instrument that is not scored yet is done when it was answered. The month
-- is the session's. A session is measured when any of what was due at it was done, complete when
-- all of it was.
--
-- Grain:  one row per episode and month of its sessions at which something was due.
-- Key:    episode_key, month_start_on
with attended_sessions as (
    select
        episode_key,
        session_key,
        session_on
    from int_attendances
    where status = 'attended' and episode_key is not null
),

episodes as (
    select
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
        instrument_id,
        is_scored
    from ref_instruments
),

scores as (
    select
        episode_key,
        instrument_id,
        administered_on,
        score_points
    from int_response_scores
    where respondent = 'client' and episode_key is not null
),

numbered_sessions as (
    select
        attended_sessions.episode_key,
        attended_sessions.session_on,
        episodes.programme_id,
        row_number() over (
            partition by attended_sessions.episode_key
            order by attended_sessions.session_on asc, attended_sessions.session_key asc
        ) as session_number
    from attended_sessions
    inner join episodes on attended_sessions.episode_key = episodes.episode_key
),

listed_instruments as (
    select distinct
        programme_id,
        measure_every_sessions,
        unnest(instruments) as instrument_id
    from programmes
),

due_measures as (
    select
        numbered_sessions.episode_key,
        numbered_sessions.session_on,
        numbered_sessions.session_number,
        listed_instruments.instrument_id
    from numbered_sessions
    inner join listed_instruments
        on
            numbered_sessions.programme_id = listed_instruments.programme_id
            and numbered_sessions.session_number % listed_instruments.measure_every_sessions = 0
    inner join instruments on listed_instruments.instrument_id = instruments.instrument_id
),

valid_responses as (
    select distinct
        scores.episode_key,
        scores.instrument_id,
        scores.administered_on
    from scores
    inner join instruments on scores.instrument_id = instruments.instrument_id
    where scores.score_points is not null or not instruments.is_scored
),

-- A response serves one session only, else one form would cover three weekly sessions.
served_sessions as (
    select
        due_measures.episode_key,
        due_measures.instrument_id,
        due_measures.session_number,
        due_measures.session_on
    from valid_responses
    inner join due_measures
        on
            valid_responses.episode_key = due_measures.episode_key
            and valid_responses.instrument_id = due_measures.instrument_id
            and due_measures.session_on >= valid_responses.administered_on - 7
            and due_measures.session_on <= valid_responses.administered_on + 7
    qualify
        row_number() over (
            partition by
                valid_responses.episode_key,
                valid_responses.instrument_id,
                valid_responses.administered_on
            order by
                abs(due_measures.session_on - valid_responses.administered_on) asc,
                due_measures.session_on asc,
                due_measures.session_number asc
        ) = 1
),

done_measures as (
    select distinct
        episode_key,
        instrument_id,
        session_number,
        session_on
    from served_sessions
),

due_sessions as (
    select
        episode_key,
        session_number,
        session_on,
        count(*) as n_due
    from due_measures
    group by episode_key, session_number, session_on
),

done_sessions as (
    select
        episode_key,
        session_number,
        count(*) as n_done
    from done_measures
    group by episode_key, session_number
),

counted_sessions as (
    select
        due_sessions.episode_key,
        cast(date_trunc('month', due_sessions.session_on) as date) as month_start_on,
        due_sessions.n_due,
        coalesce(done_sessions.n_done, 0) as n_done
    from due_sessions
    left join done_sessions
        on
            due_sessions.episode_key = done_sessions.episode_key
            and due_sessions.session_number = done_sessions.session_number
)

select
    episode_key,
    month_start_on,
    cast(sum(n_due) as bigint) as n_due,
    cast(sum(n_done) as bigint) as n_done,
    count(*) as n_sessions_due,
    count(*) filter (where n_done > 0) as n_sessions_measured,
    count(*) filter (where n_done = n_due) as n_sessions_complete
from counted_sessions
group by episode_key, month_start_on
order by episode_key, month_start_on
