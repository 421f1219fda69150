-- Therapy groups.
--
-- Grain: one row per group
-- Key:   group_id
select
    group_id,
    programme_id,
    name,
    lead_therapist_id,
    co_therapist_id,
    capacity,
    enrolment,
    starts_on,
    ends_on
from raw_groups
where row_status = 'accepted'
order by group_id
