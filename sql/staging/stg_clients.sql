-- Clients in care, as the latest accepted rows say.
--
-- Grain: one row per client
-- Key:   client_id
select
    client_id,
    pseudonym($salt, 'client', client_id) as client_key,
    birth_date,
    sex,
    gender_identity,
    ethnicity,
    state,
    language,
    registered_on
from raw_clients
where row_status = 'accepted'
order by client_id
