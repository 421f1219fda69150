-- What each course consisted of: sessions, weeks, waits, and whether its last one was missed.
--
-- Attended sessions only, the individual and the group ones apart. Weeks run from the first to the
-- last of them; sessions per week are the intervals between them per week, null where all fell on
-- one day. The last scheduled session is the last one up to the end (to $as_of_on where the course
-- is open) that the clinic did not cancel; it was missed when none was attended on that day. The
-- client returned when they attended any session, of any course, in the $dropout_return_days days
-- after it; not known while those days have not passed by $as_of_on.
--
-- Grain:  one row per episode.
-- Key:    episode_key
with episodes as (
    select
        episode_key,
        client_key,
        referred_on,
        ended_on,
        least(ended_on, $as_of_on) as looked_at_until_on
    from int_episodes
),

attendances as (
    select
        episode_key,
        client_key,
        session_on,
        group_id,
        status
    from int_attendances
),

days as (
    select
        episodes.episode_key,
        count(*) filter (where attendances.status = 'attended') as n_attended,
        count(*) filter (where attendances.status = 'attended' and attendances.group_id is not null)
            as n_group_attended,
        min(attendances.session_on) filter (where attendances.status = 'attended')
            as first_attended_on,
        max(attendances.session_on) filter (where attendances.status = 'attended')
            as last_attended_on,
        max(attendances.session_on) filter (
            where
            attendances.status = 'attended'
            and attendances.session_on <= episodes.looked_at_until_on
        ) as last_attended_by_end_on,
        max(attendances.session_on) filter (
            where
            attendances.status != 'clinic_cancelled'
            and attendances.session_on <= episodes.looked_at_until_on
        ) as last_scheduled_on
    from attendances
    inner join episodes on attendances.episode_key = episodes.episode_key
    group by episodes.episode_key
),

second_days as (
    select
        attendances.episode_key,
        case
            when count(*) filter (where attendances.session_on = days.first_attended_on) > 1
                then min(attendances.session_on)
            else min(attendances.session_on) filter (
                where attendances.session_on > days.first_attended_on
            )
        end as second_attended_on
    from attendances
    inner join days on attendances.episode_key = days.episode_key
    where attendances.status = 'attended'
    group by attendances.episode_key
),

missed_ends as (
    select
        episodes.episode_key,
        episodes.client_key,
        days.last_scheduled_on
    from episodes
    inner join days on episodes.episode_key = days.episode_key
    where
        days.n_attended > 0
        and days.last_scheduled_on is not null
        and (
            days.last_attended_by_end_on is null
            or days.last_attended_by_end_on < days.last_scheduled_on
        )
),

return_windows as (
    select
        episode_key,
        client_key,
        last_scheduled_on,
        last_scheduled_on + cast($dropout_return_days as integer) as return_until_on,
        last_scheduled_on + cast($dropout_return_days as integer) <= $as_of_on as is_over
    from missed_ends
),

returns as (
    select distinct return_windows.episode_key
    from return_windows
    inner join attendances
        on
            return_windows.client_key = attendances.client_key
            and return_windows.last_scheduled_on < attendances.session_on
            and return_windows.return_until_on >= attendances.session_on
    where attendances.status = 'attended'
),

courses as (
    select
        episodes.episode_key,
        episodes.client_key,
        coalesce(days.n_attended, 0) as n_attended,
        coalesce(days.n_attended - days.n_group_attended, 0) as n_individual_attended,
        coalesce(days.n_group_attended, 0) as n_group_attended,
        days.first_attended_on,
        second_days.second_attended_on,
        days.last_attended_on,
        days.first_attended_on - episodes.referred_on as first_wait_days,
        second_days.second_attended_on - days.first_attended_on as second_wait_days,
        days.last_attended_on - days.first_attended_on as span_days,
        days.last_scheduled_on,
        case
            when days.n_attended > 0 and days.last_scheduled_on is not null
                then return_windows.episode_key is not null
        end as has_missed_last,
        case
            when returns.episode_key is not null then true
            when return_windows.is_over then false
        end as has_returned
    from episodes
    left join days on episodes.episode_key = days.episode_key
    left join second_days on episodes.episode_key = second_days.episode_key
    left join return_windows on episodes.episode_key = return_windows.episode_key
    left join returns on episodes.episode_key = returns.episode_key
)

select
    episode_key,
    client_key,
    n_attended,
    n_individual_attended,
    n_group_attended,
    first_attended_on,
    second_attended_on,
    last_attended_on,
    first_wait_days,
    second_wait_days,
    cast(span_days / 7 as decimal(9, 4)) as course_weeks,
    -- Halves are rounded up in whole ten-thousandths: a double could fall on either side of one.
    cast(
        (140000 * (n_attended - 1) + span_days) // nullif(2 * span_days, 0) / 10000
        as decimal(9, 4)
    ) as sessions_per_week,
    last_scheduled_on,
    has_missed_last,
    has_returned
from courses
order by episode_key
