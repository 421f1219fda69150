-- How each course of treatment went and ended, with drop-out in four definitions.
--
-- Coded: the therapist recorded that the client dropped out; null where no ending is recorded or
-- the end is derived from silence. Missed: the last scheduled session was missed, the client did
-- not come back in time (int_episode_course), and no ending is recorded that was planned
-- (completed, agreed) or not theirs (transferred, not suitable, deceased). Short: fewer attended
-- sessions than the programme plans; where it plans none, than $protocol_sessions (0: not known).
-- Unimproved: no reliable improvement, by the last score, on the first instrument that the
-- programme lists and that has a reliable change, published or decided by the clinic; null without
-- a pair. Short and unimproved are null too where the recorded reason is not the client's own
-- (transferred, not suitable, deceased): such an end is no drop-out, and no stay either. Unimproved
-- includes planned endings. All four are null for a course that is open or never had an attended
-- session.
--
-- Planned ending: completed or agreed, of the closed courses with a recorded reason.
--
-- Grain:  one row per episode.
-- Key:    episode_key
-- Source: definitions after Swift & Greenberg (2012): the rate varies with the definition
with episodes as (
    select
        episode_key,
        client_key,
        programme_id,
        track,
        therapist_id,
        group_id,
        referred_on,
        ended_on,
        end_reason,
        end_basis
    from int_episodes
),

course_facts as (
    select
        episode_key,
        n_attended,
        n_individual_attended,
        n_group_attended,
        first_attended_on,
        second_attended_on,
        last_attended_on,
        first_wait_days,
        second_wait_days,
        course_weeks,
        sessions_per_week,
        last_scheduled_on,
        has_missed_last,
        has_returned
    from int_episode_course
),

programmes as (
    select
        programme_id,
        planned_sessions,
        instruments
    from stg_programmes
),

judging_instruments as (
    select instrument_id
    from int_outcome_rules
    where
        scale = 'total'
        and respondent = 'client'
        and basis != 'clinic_derived'
        and reliable_change_points is not null
),

outcomes as (
    select
        episode_key,
        instrument_id,
        reliable_change
    from mart_episode_outcomes
    where scale = 'total' and respondent = 'client'
),

listed_instruments as (
    select
        programme_id,
        unnest(instruments) as instrument_id,
        generate_subscripts(instruments, 1) as place
    from programmes
),

first_instruments as (
    select
        listed_instruments.programme_id,
        listed_instruments.instrument_id
    from listed_instruments
    inner join judging_instruments
        on listed_instruments.instrument_id = judging_instruments.instrument_id
    qualify
        row_number() over (
            partition by listed_instruments.programme_id order by listed_instruments.place asc
        ) = 1
),

courses as (
    select
        episodes.*,
        course_facts.n_attended,
        course_facts.n_individual_attended,
        course_facts.n_group_attended,
        course_facts.first_attended_on,
        course_facts.second_attended_on,
        course_facts.last_attended_on,
        course_facts.first_wait_days,
        course_facts.second_wait_days,
        course_facts.course_weeks,
        course_facts.sessions_per_week,
        course_facts.last_scheduled_on,
        course_facts.has_missed_last,
        course_facts.has_returned,
        programmes.planned_sessions,
        first_instruments.instrument_id as judged_instrument_id,
        outcomes.reliable_change,
        course_facts.n_attended > 0 as is_started,
        episodes.ended_on is not null and course_facts.n_attended > 0 as is_closed_after_start,
        episodes.end_basis = 'recorded'
        and coalesce(episodes.end_reason in ('transferred', 'not_suitable', 'deceased'), false)
            as is_ended_by_others,
        case
            when episodes.ended_on is not null
                then episodes.end_basis = 'recorded' and episodes.end_reason is not null
        end as has_coded_ending
    from episodes
    inner join course_facts on episodes.episode_key = course_facts.episode_key
    left join programmes on episodes.programme_id = programmes.programme_id
    left join first_instruments on episodes.programme_id = first_instruments.programme_id
    left join outcomes
        on
            episodes.episode_key = outcomes.episode_key
            and first_instruments.instrument_id = outcomes.instrument_id
)

select
    episode_key,
    client_key,
    programme_id,
    track,
    therapist_id,
    group_id,
    referred_on,
    ended_on,
    end_reason,
    end_basis,
    n_attended,
    n_individual_attended,
    n_group_attended,
    first_attended_on,
    second_attended_on,
    last_attended_on,
    first_wait_days,
    second_wait_days,
    course_weeks,
    sessions_per_week,
    last_scheduled_on,
    has_missed_last,
    has_returned,
    coalesce(planned_sessions, nullif(cast($protocol_sessions as bigint), 0)) as protocol_sessions,
    judged_instrument_id,
    is_started,
    has_coded_ending,
    case
        when has_coded_ending then end_reason in ('completed', 'agreed_end')
    end as is_planned_ending,
    case
        when is_closed_after_start and has_coded_ending then end_reason = 'dropped_out'
    end as is_dropout_coded,
    case
        when not is_closed_after_start then null
        when
            has_coded_ending
            and end_reason in (
                'completed', 'agreed_end', 'transferred', 'not_suitable', 'deceased'
            )
            then false
        when not has_missed_last then false
        else not has_returned
    end as is_dropout_missed,
    case
        when is_closed_after_start and not is_ended_by_others
            then
                n_attended
                < coalesce(planned_sessions, nullif(cast($protocol_sessions as bigint), 0))
    end as is_dropout_short,
    case
        when is_closed_after_start and not is_ended_by_others
            then reliable_change != 'improved'
    end as is_dropout_unimproved
from courses
order by episode_key
