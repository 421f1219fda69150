-- Licences to practise, one state each.
--
-- Grain: one row per therapist, state and first day of validity
-- Key:   therapist_id, state, valid_from
select
    therapist_id,
    state,
    licence_number,
    valid_from,
    valid_to
from raw_licences
where row_status = 'accepted'
order by therapist_id, state, valid_from
