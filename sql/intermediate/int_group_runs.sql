-- When each therapy group ran.
--
-- A group runs from `starts_on` to `ends_on`, or to its first and last session where those lie
-- outside; without `ends_on` its last day is unknown, and it runs until now.
--
-- Grain: one row per group
-- Key:   group_id
with therapy_groups as (
    select
        group_id,
        capacity,
        starts_on,
        ends_on
    from stg_groups
),

session_spans as (
    select
        group_id,
        min(session_on) as first_session_on,
        max(session_on) as last_session_on
    from int_sessions
    where group_id is not null
    group by group_id
),

group_days as (
    select
        therapy_groups.group_id,
        therapy_groups.capacity,
        therapy_groups.starts_on,
        therapy_groups.ends_on,
        session_spans.first_session_on,
        session_spans.last_session_on
    from therapy_groups
    left join session_spans on therapy_groups.group_id = session_spans.group_id
)

select
    group_id,
    capacity,
    least(starts_on, coalesce(first_session_on, starts_on)) as from_on,
    case
        when ends_on is not null then greatest(ends_on, coalesce(last_session_on, ends_on))
        else cast($as_of_on as date)
    end as until_on,
    ends_on is not null as has_end
from group_days
order by group_id
