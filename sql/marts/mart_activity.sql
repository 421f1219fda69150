-- Care as it happened: referrals, starts, ends, sessions, attendance, waits, open courses, seats.
--
-- Referrals, starts (`started_on`) and ends count on their own days for the episode's subjects;
-- sessions by the day they were scheduled for, and attendances by their session's day, for the
-- session's therapist, group and programme (a group session: its group's). A wait is the days from
-- referral to session 1 (the first attended session, else `started_on`), in the period of session
-- 1. Its median and its 90th percentile p are interpolated between the waits at the whole ranks
-- around (n - 1) p, counted from 0, smallest first.
-- At the period's end: `n_open` are referred and not ended, `n_seats` the capacity of the groups
-- that run then, `n_seats_taken` their members then, up to the end of the membership or of its
-- course of treatment; at therapist level, of the groups they lead.
-- The public levels have no rows here: a group's sessions and seats belong to no single course.
--
-- Grain:  one row per level, subject and period with anything in it.
-- Key:    level, subject_id, period_kind, period_start_on
with episodes as (
    select
        episode_key,
        referred_on,
        started_on,
        session_1_on,
        ended_on,
        end_reason,
        end_basis
    from int_episodes
),

episode_subjects as (
    select
        episode_key,
        subject_number,
        level,
        subject_id
    from int_episode_subjects
    where level not in ('public_clinic', 'public_programme')
),

sessions as (
    select
        session_on,
        therapist_id,
        group_id,
        programme_id
    from int_sessions
),

attendances as (
    select
        session_on,
        therapist_id,
        group_id,
        programme_id,
        status
    from int_attendances
),

therapy_groups as (
    select
        group_id,
        programme_id,
        lead_therapist_id,
        capacity,
        starts_on,
        ends_on
    from stg_groups
),

memberships as (
    select
        group_id,
        client_key,
        episode_key,
        joined_on,
        left_on
    from stg_memberships
),

period_months as (
    select
        period_number,
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

levels (level) as (
    values ('clinic'), ('programme'), ('therapist'), ('group')
),

episode_days as (
    select
        episode_subjects.subject_number,
        episode_subjects.level,
        episode_subjects.subject_id,
        cast(date_trunc('month', episodes.referred_on) as date) as referred_month_on,
        cast(date_trunc('month', episodes.started_on) as date) as started_month_on,
        cast(date_trunc('month', episodes.ended_on) as date) as ended_month_on,
        cast(date_trunc('month', episodes.session_1_on) as date) as session_1_month_on,
        episodes.session_1_on - episodes.referred_on as wait_days,
        episodes.end_reason,
        episodes.end_basis
    from episodes
    inner join episode_subjects on episodes.episode_key = episode_subjects.episode_key
),

session_cells as (
    select
        cast(date_trunc('month', session_on) as date) as month_start_on,
        therapist_id,
        group_id,
        programme_id,
        count(*) as n_sessions,
        0 as n_attended,
        0 as n_no_show,
        0 as n_late_cancelled,
        0 as n_cancelled,
        0 as n_clinic_cancelled
    from sessions
    group by all
    union all
    select
        cast(date_trunc('month', session_on) as date) as month_start_on,
        therapist_id,
        group_id,
        programme_id,
        0 as n_sessions,
        count(*) filter (where status = 'attended') as n_attended,
        count(*) filter (where status = 'no_show') as n_no_show,
        count(*) filter (where status = 'late_cancelled') as n_late_cancelled,
        count(*) filter (where status = 'cancelled') as n_cancelled,
        count(*) filter (where status = 'clinic_cancelled') as n_clinic_cancelled
    from attendances
    group by all
),

-- Each kind of event in rows of one shape; what a kind does not count is 0.
events as (
    select
        level,
        subject_id,
        referred_month_on as month_start_on,
        count(*) as n_referred,
        0 as n_started,
        0 as n_ended,
        0 as n_completed,
        0 as n_dropped_out,
        0 as n_ended_derived,
        0 as n_sessions,
        0 as n_attended,
        0 as n_no_show,
        0 as n_late_cancelled,
        0 as n_cancelled,
        0 as n_clinic_cancelled
    from episode_days
    group by all
    union all
    select
        level,
        subject_id,
        started_month_on as month_start_on,
        0 as n_referred,
        count(*) as n_started,
        0 as n_ended,
        0 as n_completed,
        0 as n_dropped_out,
        0 as n_ended_derived,
        0 as n_sessions,
        0 as n_attended,
        0 as n_no_show,
        0 as n_late_cancelled,
        0 as n_cancelled,
        0 as n_clinic_cancelled
    from episode_days
    where started_month_on is not null
    group by all
    union all
    select
        level,
        subject_id,
        ended_month_on as month_start_on,
        0 as n_referred,
        0 as n_started,
        count(*) as n_ended,
        count(*) filter (where end_reason = 'completed') as n_completed,
        count(*) filter (where end_reason = 'dropped_out') as n_dropped_out,
        count(*) filter (where end_basis = 'derived') as n_ended_derived,
        0 as n_sessions,
        0 as n_attended,
        0 as n_no_show,
        0 as n_late_cancelled,
        0 as n_cancelled,
        0 as n_clinic_cancelled
    from episode_days
    where ended_month_on is not null
    group by all
    union all
    select
        levels.level,
        case levels.level
            when 'clinic' then 'clinic'
            when 'programme' then session_cells.programme_id
            when 'therapist' then session_cells.therapist_id
            when 'group' then session_cells.group_id
        end as subject_id,
        session_cells.month_start_on,
        0 as n_referred,
        0 as n_started,
        0 as n_ended,
        0 as n_completed,
        0 as n_dropped_out,
        0 as n_ended_derived,
        session_cells.n_sessions,
        session_cells.n_attended,
        session_cells.n_no_show,
        session_cells.n_late_cancelled,
        session_cells.n_cancelled,
        session_cells.n_clinic_cancelled
    from session_cells
    cross join levels
),

monthly_cells as (
    select
        level,
        subject_id,
        month_start_on,
        cast(sum(n_referred) as bigint) as n_referred,
        cast(sum(n_started) as bigint) as n_started,
        cast(sum(n_ended) as bigint) as n_ended,
        cast(sum(n_completed) as bigint) as n_completed,
        cast(sum(n_dropped_out) as bigint) as n_dropped_out,
        cast(sum(n_ended_derived) as bigint) as n_ended_derived,
        cast(sum(n_sessions) as bigint) as n_sessions,
        cast(sum(n_attended) as bigint) as n_attended,
        cast(sum(n_no_show) as bigint) as n_no_show,
        cast(sum(n_late_cancelled) as bigint) as n_late_cancelled,
        cast(sum(n_cancelled) as bigint) as n_cancelled,
        cast(sum(n_clinic_cancelled) as bigint) as n_clinic_cancelled
    from events
    where subject_id is not null
    group by level, subject_id, month_start_on
),

period_counts as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        cast(sum(monthly_cells.n_referred) as bigint) as n_referred,
        cast(sum(monthly_cells.n_started) as bigint) as n_started,
        cast(sum(monthly_cells.n_ended) as bigint) as n_ended,
        cast(sum(monthly_cells.n_completed) as bigint) as n_completed,
        cast(sum(monthly_cells.n_dropped_out) as bigint) as n_dropped_out,
        cast(sum(monthly_cells.n_ended_derived) as bigint) as n_ended_derived,
        cast(sum(monthly_cells.n_sessions) as bigint) as n_sessions,
        cast(sum(monthly_cells.n_attended) as bigint) as n_attended,
        cast(sum(monthly_cells.n_no_show) as bigint) as n_no_show,
        cast(sum(monthly_cells.n_late_cancelled) as bigint) as n_late_cancelled,
        cast(sum(monthly_cells.n_cancelled) as bigint) as n_cancelled,
        cast(sum(monthly_cells.n_clinic_cancelled) as bigint) as n_clinic_cancelled
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.level,
        monthly_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on
),

wait_subjects as (
    select distinct
        subject_number,
        level,
        subject_id
    from episode_subjects
),

periods as (
    select distinct
        period_number,
        period_kind,
        period_start_on,
        period_end_on
    from period_months
),

-- Waits as a histogram: months add up, and a rank is found by counting along it.
wait_cells as (
    select
        subject_number,
        session_1_month_on as month_start_on,
        wait_days,
        count(*) as n_waits
    from episode_days
    where wait_days is not null
    group by all
),

period_waits as (
    select
        wait_cells.subject_number,
        period_months.period_number,
        wait_cells.wait_days,
        cast(sum(wait_cells.n_waits) as bigint) as n_waits
    from wait_cells
    inner join period_months on wait_cells.month_start_on = period_months.month_start_on
    group by all
),

ranked_waits as (
    select
        subject_number,
        period_number,
        wait_days,
        cast(
            sum(n_waits) over (
                partition by subject_number, period_number
                order by wait_days asc
            ) as bigint
        ) as n_up_to,
        cast(sum(n_waits) over (partition by subject_number, period_number) as bigint) as n_all
    from period_waits
),

-- The rank of a tenth t is t (n - 1) / 10: a whole part, and tenths between it and the next one.
numbered_quantiles as (
    select
        subject_number,
        period_number,
        max(5 * (n_all - 1) % 10) as median_tenths,
        min(wait_days) filter (where n_up_to > 5 * (n_all - 1) // 10) as median_lower,
        min(wait_days) filter (where n_up_to > (5 * (n_all - 1) + 9) // 10) as median_upper,
        max(9 * (n_all - 1) % 10) as p90_tenths,
        min(wait_days) filter (where n_up_to > 9 * (n_all - 1) // 10) as p90_lower,
        min(wait_days) filter (where n_up_to > (9 * (n_all - 1) + 9) // 10) as p90_upper
    from ranked_waits
    group by subject_number, period_number
),

wait_quantiles as (
    select
        wait_subjects.level,
        wait_subjects.subject_id,
        periods.period_kind,
        periods.period_start_on,
        numbered_quantiles.median_tenths,
        numbered_quantiles.median_lower,
        numbered_quantiles.median_upper,
        numbered_quantiles.p90_tenths,
        numbered_quantiles.p90_lower,
        numbered_quantiles.p90_upper
    from numbered_quantiles
    inner join wait_subjects
        on numbered_quantiles.subject_number = wait_subjects.subject_number
    inner join periods on numbered_quantiles.period_number = periods.period_number
),

subjects as (
    select distinct
        level,
        subject_id
    from monthly_cells
),

open_changes as (
    select
        subjects.level,
        subjects.subject_id,
        period_months.month_start_on,
        coalesce(monthly_cells.n_referred - monthly_cells.n_ended, 0) as n_change
    from subjects
    cross join period_months
    left join monthly_cells
        on
            subjects.level = monthly_cells.level
            and subjects.subject_id = monthly_cells.subject_id
            and period_months.month_start_on = monthly_cells.month_start_on
    where period_months.period_kind = 'month'
),

open_at_month_ends as (
    select
        level,
        subject_id,
        last_day(month_start_on) as month_end_on,
        cast(
            sum(n_change) over (partition by level, subject_id order by month_start_on asc)
            as bigint
        ) as n_open
    from open_changes
),

period_ends as (
    select distinct period_end_on
    from period_months
),

running_groups as (
    select
        period_ends.period_end_on,
        therapy_groups.group_id,
        therapy_groups.programme_id,
        therapy_groups.lead_therapist_id,
        therapy_groups.capacity
    from therapy_groups
    inner join period_ends
        on
            therapy_groups.starts_on <= period_ends.period_end_on
            and (
                therapy_groups.ends_on is null
                or therapy_groups.ends_on >= period_ends.period_end_on
            )
),

-- The export may leave a discharged client in the group for good: the seat is free all the same.
stays as (
    select
        memberships.group_id,
        memberships.client_key,
        memberships.joined_on,
        least(
            coalesce(memberships.left_on, episodes.ended_on),
            coalesce(episodes.ended_on, memberships.left_on)
        ) as left_on
    from memberships
    left join episodes on memberships.episode_key = episodes.episode_key
),

group_members as (
    select
        running_groups.period_end_on,
        running_groups.group_id,
        count(distinct stays.client_key) as n_members
    from running_groups
    inner join stays
        on
            running_groups.group_id = stays.group_id
            and running_groups.period_end_on >= stays.joined_on
            and (
                stays.left_on is null
                or running_groups.period_end_on <= stays.left_on
            )
    group by running_groups.period_end_on, running_groups.group_id
),

group_seats as (
    select
        levels.level,
        case levels.level
            when 'clinic' then 'clinic'
            when 'programme' then running_groups.programme_id
            when 'therapist' then running_groups.lead_therapist_id
            when 'group' then running_groups.group_id
        end as subject_id,
        running_groups.period_end_on,
        cast(coalesce(sum(running_groups.capacity), 0) as bigint) as n_seats,
        cast(coalesce(sum(group_members.n_members), 0) as bigint) as n_seats_taken
    from running_groups
    left join group_members
        on
            running_groups.period_end_on = group_members.period_end_on
            and running_groups.group_id = group_members.group_id
    cross join levels
    group by all
),

all_subjects as (
    select
        level,
        subject_id
    from subjects
    union
    select
        level,
        subject_id
    from group_seats
    where subject_id is not null
),

subject_periods as (
    select
        all_subjects.level,
        all_subjects.subject_id,
        periods.period_kind,
        periods.period_start_on,
        periods.period_end_on
    from all_subjects
    cross join periods
),

figures as (
    select
        subject_periods.level,
        subject_periods.subject_id,
        subject_periods.period_kind,
        subject_periods.period_start_on,
        subject_periods.period_end_on,
        coalesce(period_counts.n_referred, 0) as n_referred,
        coalesce(period_counts.n_started, 0) as n_started,
        coalesce(period_counts.n_ended, 0) as n_ended,
        coalesce(period_counts.n_completed, 0) as n_completed,
        coalesce(period_counts.n_dropped_out, 0) as n_dropped_out,
        coalesce(period_counts.n_ended_derived, 0) as n_ended_derived,
        coalesce(period_counts.n_sessions, 0) as n_sessions,
        coalesce(period_counts.n_attended, 0) as n_attended,
        coalesce(period_counts.n_no_show, 0) as n_no_show,
        coalesce(period_counts.n_late_cancelled, 0) as n_late_cancelled,
        coalesce(period_counts.n_cancelled, 0) as n_cancelled,
        coalesce(period_counts.n_clinic_cancelled, 0) as n_clinic_cancelled,
        cast(
            wait_quantiles.median_lower
            + (wait_quantiles.median_upper - wait_quantiles.median_lower)
            * wait_quantiles.median_tenths / 10 as decimal(9, 4)
        ) as wait_median_days,
        cast(
            wait_quantiles.p90_lower
            + (wait_quantiles.p90_upper - wait_quantiles.p90_lower)
            * wait_quantiles.p90_tenths / 10 as decimal(9, 4)
        ) as wait_p90_days,
        coalesce(open_at_month_ends.n_open, 0) as n_open,
        coalesce(group_seats.n_seats, 0) as n_seats,
        coalesce(group_seats.n_seats_taken, 0) as n_seats_taken,
        period_counts.level is not null as has_events
    from subject_periods
    left join period_counts
        on
            subject_periods.level = period_counts.level
            and subject_periods.subject_id = period_counts.subject_id
            and subject_periods.period_kind = period_counts.period_kind
            and subject_periods.period_start_on = period_counts.period_start_on
    left join wait_quantiles
        on
            subject_periods.level = wait_quantiles.level
            and subject_periods.subject_id = wait_quantiles.subject_id
            and subject_periods.period_kind = wait_quantiles.period_kind
            and subject_periods.period_start_on = wait_quantiles.period_start_on
    left join open_at_month_ends
        on
            subject_periods.level = open_at_month_ends.level
            and subject_periods.subject_id = open_at_month_ends.subject_id
            and subject_periods.period_end_on = open_at_month_ends.month_end_on
    left join group_seats
        on
            subject_periods.level = group_seats.level
            and subject_periods.subject_id = group_seats.subject_id
            and subject_periods.period_end_on = group_seats.period_end_on
)

select
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    n_referred,
    n_started,
    n_ended,
    n_completed,
    n_dropped_out,
    n_ended_derived,
    n_sessions,
    n_attended,
    n_no_show,
    n_late_cancelled,
    n_cancelled,
    n_clinic_cancelled,
    wait_median_days,
    wait_p90_days,
    n_open,
    n_seats,
    n_seats_taken
from figures
where has_events or wait_median_days is not null or n_open > 0 or n_seats > 0
order by level, subject_id, period_kind, period_start_on
