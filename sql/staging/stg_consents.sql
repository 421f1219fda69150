-- What clients agreed to.
--
-- Grain: one row per client, scope and day given
-- Key:   client_id, scope, given_on
select
    client_id,
    pseudonym($salt, 'client', client_id) as client_key,
    scope,
    given_on,
    withdrawn_on
from raw_consents
where row_status = 'accepted'
order by client_id, scope, given_on
