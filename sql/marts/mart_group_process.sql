-- Therapy groups at work: sessions, who was expected and who came, joiners, leavers, member-months.
--
-- A session counts in the month it was scheduled for. It was cancelled when the clinic cancelled it
-- for somebody and nobody attended, called off when every member and whoever else is on record had
-- cancelled in time, unrecorded when nobody's attendance was noted, and held otherwise, also when
-- nobody came. `n_groups` are the groups with a session in the period. Expected at a held session
-- is whoever was a member on its day and not excused: `cancelled` (in time) and `clinic_cancelled`
-- excuse, `no_show` and `late_cancelled` are absences, and a member of whom nothing was noted is
-- expected and did not come. Who attended without being a member is a guest: in the size of the
-- session, in no rate. The limits of the attendance rate take attendances as independent, which
-- those of one member are not: they are rather too narrow.
--
-- Members are those of int_group_stays, within the days that their group ran (int_group_runs); who
-- left did so by `left_on` or with the course of treatment, not with the group. `member_months`
-- adds up, month by month, the days of all members over the days of the month, to four places;
-- `seat_months` does so with the days that each group ran, times its capacity. Tenure is the days
-- of the stays of those who left in the period. Composition changes in open groups, so runs are
-- compared by member-months.
--
-- Grain:  one row per group, programme or clinic, and period with anything in it.
-- Key:    level, subject_id, period_kind, period_start_on
-- Source: Wilson score interval, 95 %; who is expected and what a member-month is are our own
--         definitions, as above
with sessions as (
    select
        group_id,
        session_on,
        state,
        n_attended,
        n_places,
        n_excused,
        n_came,
        n_absent,
        n_not_recorded
    from int_group_sessions
),

stays as (
    select
        group_id,
        client_key,
        joined_on,
        until_on,
        has_left
    from int_group_stays
),

group_runs as (
    select
        group_id,
        capacity,
        from_on,
        until_on
    from int_group_runs
),

therapy_groups as (
    select
        group_id,
        programme_id,
        co_therapist_id,
        enrolment
    from stg_groups
),

programmes as (
    select programme_id
    from stg_programmes
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

levels (level) as (
    values ('clinic'), ('programme'), ('group')
),

months as (
    select distinct
        month_start_on,
        last_day(month_start_on) as month_end_on,
        last_day(month_start_on) - month_start_on + 1 as month_days
    from period_months
),

session_cells as (
    select
        group_id,
        cast(date_trunc('month', session_on) as date) as month_start_on,
        count(*) as n_sessions,
        count(*) filter (where state = 'held') as n_held,
        count(*) filter (where state = 'cancelled') as n_sessions_cancelled,
        count(*) filter (where state = 'called_off') as n_sessions_called_off,
        count(*) filter (where state = 'unrecorded') as n_sessions_unrecorded,
        count(*) filter (where state = 'held' and n_attended = 0) as n_unattended,
        sum(n_attended) as n_present,
        sum(n_places) filter (where state = 'held') as n_places,
        sum(n_excused) filter (where state = 'held') as n_excused,
        sum(n_came) filter (where state = 'held') as n_came,
        sum(n_absent) filter (where state = 'held') as n_absent,
        sum(n_not_recorded) filter (where state = 'held') as n_not_recorded
    from sessions
    group by all
),

-- Where stays overlap by mistake, a day counts for the first of them.
stay_days as (
    select
        group_id,
        client_key,
        greatest(
            joined_on,
            coalesce(
                max(until_on) over (
                    partition by group_id, client_key
                    order by joined_on asc
                    rows between unbounded preceding and 1 preceding
                ) + 1,
                joined_on
            )
        ) as from_on,
        until_on
    from stays
),

member_cells as (
    select
        stay_days.group_id,
        months.month_start_on,
        stay_days.client_key,
        months.month_days,
        cast(
            sum(
                least(stay_days.until_on, months.month_end_on)
                - greatest(stay_days.from_on, months.month_start_on)
                + 1
            ) as bigint
        ) as n_member_days
    from stay_days
    inner join months
        on
            stay_days.from_on <= months.month_end_on
            and stay_days.until_on >= months.month_start_on
            and stay_days.from_on <= stay_days.until_on
    group by all
),

group_programmes as (
    select
        therapy_groups.group_id,
        -- A programme is missing only where none was ever delivered.
        coalesce(programmes.programme_id, 'unassigned') as programme_id,
        therapy_groups.co_therapist_id is not null as has_co_therapist,
        therapy_groups.enrolment
    from therapy_groups
    left join programmes on therapy_groups.programme_id = programmes.programme_id
),

-- Each kind of event with what it counts; the columns of the other kinds stay empty.
events as (
    select
        group_id,
        month_start_on,
        n_sessions,
        n_held,
        n_sessions_cancelled,
        n_sessions_called_off,
        n_sessions_unrecorded,
        n_unattended,
        n_present,
        n_places,
        n_excused,
        n_came,
        n_absent,
        n_not_recorded
    from session_cells
    union all by name
    select
        group_id,
        cast(date_trunc('month', joined_on) as date) as month_start_on,
        count(*) as n_joined
    from stays
    group by all
    union all by name
    select
        group_id,
        cast(date_trunc('month', until_on) as date) as month_start_on,
        count(*) as n_left,
        sum(until_on - joined_on + 1) as n_tenure_days
    from stays
    where has_left
    group by all
    union all by name
    select
        group_id,
        month_start_on,
        round(sum(n_member_days) / nullif(month_days, 0), 4) as member_months
    from member_cells
    group by group_id, month_start_on, month_days
    union all by name
    select
        group_runs.group_id,
        months.month_start_on,
        round(
            group_runs.capacity
            * (
                least(group_runs.until_on, months.month_end_on)
                - greatest(group_runs.from_on, months.month_start_on)
                + 1
            )
            / nullif(months.month_days, 0),
            4
        ) as seat_months
    from group_runs
    inner join months
        on
            group_runs.from_on <= months.month_end_on
            and group_runs.until_on >= months.month_start_on
            and group_runs.until_on >= group_runs.from_on
),

group_cells as (
    select
        group_id,
        month_start_on,
        cast(coalesce(sum(n_sessions), 0) as bigint) as n_sessions,
        cast(coalesce(sum(n_held), 0) as bigint) as n_held,
        cast(coalesce(sum(n_sessions_cancelled), 0) as bigint) as n_sessions_cancelled,
        cast(coalesce(sum(n_sessions_called_off), 0) as bigint) as n_sessions_called_off,
        cast(coalesce(sum(n_sessions_unrecorded), 0) as bigint) as n_sessions_unrecorded,
        cast(coalesce(sum(n_unattended), 0) as bigint) as n_unattended,
        cast(coalesce(sum(n_present), 0) as bigint) as n_present,
        cast(coalesce(sum(n_places), 0) as bigint) as n_places,
        cast(coalesce(sum(n_excused), 0) as bigint) as n_excused,
        cast(coalesce(sum(n_came), 0) as bigint) as n_came,
        cast(coalesce(sum(n_absent), 0) as bigint) as n_absent,
        cast(coalesce(sum(n_not_recorded), 0) as bigint) as n_not_recorded,
        cast(coalesce(sum(n_joined), 0) as bigint) as n_joined,
        cast(coalesce(sum(n_left), 0) as bigint) as n_left,
        cast(coalesce(sum(n_tenure_days), 0) as bigint) as n_tenure_days,
        coalesce(sum(cast(member_months as decimal(18, 4))), 0) as member_months,
        coalesce(sum(cast(seat_months as decimal(18, 4))), 0) as seat_months
    from events
    group by group_id, month_start_on
),

known_groups as (
    select distinct group_id
    from group_cells
),

subject_groups as (
    select
        known_groups.group_id,
        levels.level,
        case levels.level
            when 'clinic' then 'clinic'
            when 'programme' then coalesce(group_programmes.programme_id, 'unassigned')
            when 'group' then known_groups.group_id
        end as subject_id,
        group_programmes.enrolment,
        coalesce(group_programmes.has_co_therapist, false) as has_co_therapist
    from known_groups
    left join group_programmes on known_groups.group_id = group_programmes.group_id
    cross join levels
),

period_counts as (
    select
        subject_groups.level,
        subject_groups.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        count(distinct group_cells.group_id) filter (
            where group_cells.n_sessions > 0
        ) as n_groups,
        count(distinct group_cells.group_id) filter (
            where group_cells.n_sessions > 0 and subject_groups.enrolment = 'open'
        ) as n_open_groups,
        count(distinct group_cells.group_id) filter (
            where group_cells.n_sessions > 0 and subject_groups.enrolment = 'closed'
        ) as n_closed_groups,
        count(distinct group_cells.group_id) filter (
            where group_cells.n_sessions > 0 and subject_groups.has_co_therapist
        ) as n_co_led_groups,
        cast(sum(group_cells.n_sessions) as bigint) as n_sessions,
        cast(sum(group_cells.n_held) as bigint) as n_held,
        cast(sum(group_cells.n_sessions_cancelled) as bigint) as n_sessions_cancelled,
        cast(sum(group_cells.n_sessions_called_off) as bigint) as n_sessions_called_off,
        cast(sum(group_cells.n_sessions_unrecorded) as bigint) as n_sessions_unrecorded,
        cast(sum(group_cells.n_unattended) as bigint) as n_unattended,
        cast(sum(group_cells.n_present) as bigint) as n_present,
        cast(sum(group_cells.n_places) as bigint) as n_places,
        cast(sum(group_cells.n_excused) as bigint) as n_excused,
        cast(sum(group_cells.n_came) as bigint) as n_came,
        cast(sum(group_cells.n_absent) as bigint) as n_absent,
        cast(sum(group_cells.n_not_recorded) as bigint) as n_not_recorded,
        cast(sum(group_cells.n_joined) as bigint) as n_joined,
        cast(sum(group_cells.n_left) as bigint) as n_left,
        cast(sum(group_cells.n_tenure_days) as bigint) as n_tenure_days,
        cast(sum(group_cells.member_months) as decimal(18, 4)) as member_months,
        cast(sum(group_cells.seat_months) as decimal(18, 4)) as seat_months
    from group_cells
    inner join subject_groups on group_cells.group_id = subject_groups.group_id
    inner join period_months on group_cells.month_start_on = period_months.month_start_on
    group by
        subject_groups.level,
        subject_groups.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on
),

-- People are not additive over months. A member's month counts unless an earlier one of the same
-- period did: for that, the month of membership before at the same subject is enough.
client_months as (
    select
        subject_groups.level,
        subject_groups.subject_id,
        member_cells.month_start_on,
        lag(member_cells.month_start_on) over (
            partition by
                subject_groups.level, subject_groups.subject_id, member_cells.client_key
            order by member_cells.month_start_on asc
        ) as previous_month_on
    from member_cells
    inner join subject_groups on member_cells.group_id = subject_groups.group_id
    group by
        subject_groups.level,
        subject_groups.subject_id,
        member_cells.client_key,
        member_cells.month_start_on
),

client_cells as (
    select
        level,
        subject_id,
        month_start_on,
        previous_month_on,
        count(*) as n_clients
    from client_months
    group by all
),

period_clients as (
    select
        client_cells.level,
        client_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        cast(sum(client_cells.n_clients) as bigint) as n_clients
    from client_cells
    inner join period_months on client_cells.month_start_on = period_months.month_start_on
    where
        client_cells.previous_month_on is null
        or client_cells.previous_month_on < period_months.period_start_on
    group by all
),

figures as (
    select
        period_counts.*,
        coalesce(period_clients.n_clients, 0) as n_clients,
        period_counts.n_places - period_counts.n_excused as n_expected
    from period_counts
    left join period_clients
        on
            period_counts.level = period_clients.level
            and period_counts.subject_id = period_clients.subject_id
            and period_counts.period_kind = period_clients.period_kind
            and period_counts.period_start_on = period_clients.period_start_on
)

select
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_groups,
    n_open_groups,
    n_closed_groups,
    n_co_led_groups,
    n_sessions,
    n_held,
    n_sessions_cancelled,
    n_sessions_called_off,
    n_sessions_unrecorded,
    n_unattended,
    n_present,
    n_present - n_came as n_guests,
    n_present / nullif(n_held, 0) as size_mean,
    n_places,
    n_excused,
    n_expected,
    n_came,
    n_absent,
    n_not_recorded,
    n_came / nullif(n_expected, 0) as attendance_rate,
    wilson_lower(n_came, n_expected) as attendance_rate_lower,
    wilson_upper(n_came, n_expected) as attendance_rate_upper,
    n_joined,
    n_left,
    n_tenure_days / nullif(n_left, 0) as tenure_mean_days,
    member_months,
    seat_months,
    cast(member_months as double) / nullif(cast(seat_months as double), 0) as seats_taken_share
from figures
order by level, subject_id, period_kind, period_start_on
