-- Clinicians.
--
-- Grain: one row per therapist
-- Key:   therapist_id
select
    therapist_id,
    display_name,
    discipline,
    supervisor_id,
    employed_from,
    employed_to
from raw_therapists
where row_status = 'accepted'
order by therapist_id
