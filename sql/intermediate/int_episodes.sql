-- Courses of treatment: who treated the client, when the course began and when it is over.
--
-- Over: `ended_on` as delivered. Without one, an episode is closed $derived_end_days after its
-- last attended session, when that day has come by $as_of_on (the last delivery) and no session of
-- its own is booked after $as_of_on. It is then `dropped_out`, and `end_basis` is `derived`. An
-- episode without any attended session is not closed so; it is waiting.
--
-- Attribution: the therapist of most attended sessions; ties go to the episode's own therapist,
-- then to the smallest id; without sessions it is the episode's own. `group_id` is the group of
-- most attended sessions, else the first that the client joined in this episode.
--
-- Concurrent: individual and group sessions attended within the episode, or another episode of
-- the client that overlaps in time (first session to end) and is of the other kind.
--
-- Grain:  one row per episode.
-- Key:    episode_key
-- Source: ref_conventions (finished_course_sessions, shared_below_share)
with conventions as (
    select
        max(value) filter (where name = 'finished_course_sessions') as finished_sessions,
        max(value) filter (where name = 'shared_below_share') as shared_below
    from ref_conventions
),

episodes as (
    select
        episode_key,
        client_key,
        programme_id,
        therapist_id,
        referred_on,
        started_on,
        ended_on,
        end_reason
    from stg_episodes
),

programmes as (
    select
        programme_id,
        track,
        modality
    from stg_programmes
),

memberships as (
    select
        episode_key,
        client_key,
        group_id,
        joined_on
    from stg_memberships
),

coming_sessions as (
    select
        session_key,
        episode_key
    from int_sessions
    where session_on > $as_of_on and episode_key is not null
),

attendances as (
    select
        session_key,
        episode_key,
        session_on,
        therapist_id,
        group_id,
        status
    from int_attendances
    where episode_key is not null
),

attended_cells as (
    select
        episode_key,
        therapist_id,
        group_id,
        count(*) as n_attended,
        min(session_on) as first_attended_on,
        max(session_on) as last_attended_on
    from attendances
    where status = 'attended'
    group by episode_key, therapist_id, group_id
),

attended_episodes as (
    select
        episode_key,
        cast(sum(n_attended) as bigint) as n_attended,
        cast(coalesce(sum(n_attended) filter (where group_id is not null), 0) as bigint)
            as n_group_attended,
        min(first_attended_on) as first_attended_on,
        max(last_attended_on) as last_attended_on,
        case
            when max(last_attended_on) + cast($derived_end_days as integer) <= $as_of_on
                then max(last_attended_on) + cast($derived_end_days as integer)
        end as silent_end_on
    from attended_cells
    group by episode_key
),

therapist_shares as (
    select
        episode_key,
        therapist_id,
        cast(sum(n_attended) as bigint) as n_with_therapist
    from attended_cells
    group by episode_key, therapist_id
),

main_therapists as (
    select
        therapist_shares.episode_key,
        therapist_shares.therapist_id,
        therapist_shares.n_with_therapist
    from therapist_shares
    inner join episodes on therapist_shares.episode_key = episodes.episode_key
    qualify row_number() over (
        partition by therapist_shares.episode_key
        order by
            therapist_shares.n_with_therapist desc,
            case when therapist_shares.therapist_id = episodes.therapist_id then 0 else 1 end asc,
            therapist_shares.therapist_id asc
    ) = 1
),

group_shares as (
    select
        episode_key,
        group_id,
        cast(sum(n_attended) as bigint) as n_in_group
    from attended_cells
    where group_id is not null
    group by episode_key, group_id
),

main_groups as (
    select
        episode_key,
        group_id
    from group_shares
    qualify row_number() over (partition by episode_key order by n_in_group desc, group_id asc) = 1
),

first_groups as (
    select
        memberships.episode_key,
        memberships.group_id
    from memberships
    inner join episodes
        on
            memberships.episode_key = episodes.episode_key
            and memberships.client_key = episodes.client_key
    qualify row_number() over (
        partition by memberships.episode_key
        order by memberships.joined_on asc, memberships.group_id asc
    ) = 1
),

cancelled_sessions as (
    select distinct
        session_key,
        episode_key
    from attendances
    where
        session_on > $as_of_on
        and status in ('cancelled', 'late_cancelled', 'clinic_cancelled')
),

booked_episodes as (
    select distinct coming_sessions.episode_key
    from coming_sessions
    left join cancelled_sessions
        on
            coming_sessions.session_key = cancelled_sessions.session_key
            and coming_sessions.episode_key = cancelled_sessions.episode_key
    where cancelled_sessions.session_key is null
),

courses as (
    select
        episodes.episode_key,
        episodes.client_key,
        -- A programme is missing only where none was ever delivered.
        coalesce(programmes.programme_id, 'unassigned') as programme_id,
        coalesce(programmes.track, 'general') as track,
        coalesce(main_therapists.therapist_id, episodes.therapist_id) as therapist_id,
        episodes.therapist_id as assigned_therapist_id,
        main_therapists.n_with_therapist,
        coalesce(main_groups.group_id, first_groups.group_id) as group_id,
        episodes.referred_on,
        episodes.started_on,
        coalesce(attended_episodes.first_attended_on, episodes.started_on) as session_1_on,
        episodes.ended_on as recorded_end_on,
        episodes.end_reason,
        coalesce(attended_episodes.n_attended, 0) as n_attended,
        attended_episodes.last_attended_on,
        coalesce(attended_episodes.n_group_attended, 0) as n_group_attended,
        coalesce(programmes.modality in ('group', 'skills_group'), false) as is_group_programme,
        case
            when episodes.ended_on is null and booked_episodes.episode_key is null
                then attended_episodes.silent_end_on
        end as derived_end_on
    from episodes
    left join programmes on episodes.programme_id = programmes.programme_id
    left join attended_episodes on episodes.episode_key = attended_episodes.episode_key
    left join main_therapists on episodes.episode_key = main_therapists.episode_key
    left join main_groups on episodes.episode_key = main_groups.episode_key
    left join first_groups on episodes.episode_key = first_groups.episode_key
    left join booked_episodes on episodes.episode_key = booked_episodes.episode_key
),

spans as (
    select
        episode_key,
        client_key,
        session_1_on as begins_on,
        coalesce(recorded_end_on, derived_end_on) as ends_on,
        n_group_attended > 0 or is_group_programme as has_group_work,
        n_group_attended < n_attended
        or (n_group_attended = 0 and not is_group_programme) as has_individual_work
    from courses
    where session_1_on is not null
),

overlapping_episodes as (
    select distinct one.episode_key
    from spans as one
    inner join spans as other
        on
            one.client_key = other.client_key
            and one.episode_key != other.episode_key
            and (one.ends_on is null or one.ends_on >= other.begins_on)
            and (other.ends_on is null or one.begins_on <= other.ends_on)
            and (
                (one.has_individual_work and other.has_group_work)
                or (one.has_group_work and other.has_individual_work)
            )
),

judged_courses as (
    select
        courses.episode_key,
        courses.client_key,
        courses.programme_id,
        courses.track,
        courses.therapist_id,
        courses.assigned_therapist_id,
        cast(
            round(courses.n_with_therapist / nullif(courses.n_attended, 0), 4) as decimal(9, 4)
        ) as attribution_share,
        courses.n_with_therapist < conventions.shared_below * courses.n_attended as is_shared,
        (
            (courses.n_group_attended > 0 and courses.n_group_attended < courses.n_attended)
            or overlapping_episodes.episode_key is not null
        ) as has_concurrent_group,
        courses.group_id,
        courses.referred_on,
        courses.started_on,
        courses.session_1_on,
        coalesce(courses.recorded_end_on, courses.derived_end_on) as ended_on,
        case
            when courses.recorded_end_on is not null then courses.end_reason
            when courses.derived_end_on is not null then 'dropped_out'
        end as end_reason,
        case
            when courses.recorded_end_on is not null then 'recorded'
            when courses.derived_end_on is not null then 'derived'
        end as end_basis,
        courses.n_attended,
        courses.last_attended_on,
        (
            coalesce(courses.recorded_end_on, courses.derived_end_on) is not null
            and courses.n_attended >= conventions.finished_sessions
        ) as is_finished_course
    from courses
    cross join conventions
    left join overlapping_episodes on courses.episode_key = overlapping_episodes.episode_key
)

select
    episode_key,
    client_key,
    programme_id,
    track,
    therapist_id,
    assigned_therapist_id,
    attribution_share,
    is_shared,
    has_concurrent_group,
    group_id,
    referred_on,
    started_on,
    session_1_on,
    ended_on,
    end_reason,
    end_basis,
    n_attended,
    last_attended_on,
    is_finished_course
from judged_courses
order by episode_key
