-- What became of every delivered row, for the audiences that may know what was delivered.
--
-- Grain:  one row per audience, landed file and table.
-- Key:    audience, delivery_id, file_id, table_name
select
    policies.audience,
    mart_deliveries.delivery_id,
    mart_deliveries.source,
    mart_deliveries.delivered_on,
    mart_deliveries.file_id,
    mart_deliveries.table_name,
    mart_deliveries.n_delivered,
    mart_deliveries.n_accepted,
    mart_deliveries.n_superseded,
    mart_deliveries.n_withdrawn,
    mart_deliveries.n_quarantined
from mart_deliveries
inner join ref_disclosure_policies as policies on policies.table_name = 'pub_deliveries'
order by
    policies.audience,
    mart_deliveries.delivery_id,
    mart_deliveries.file_id,
    mart_deliveries.table_name
