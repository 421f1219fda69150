-- What became of every delivered row, for the audiences that may know what was delivered.
--
-- Grain:  one row per audience, landed file and table.
-- Key:    audience, delivery_id, file_id, table_name
with
policies as (
    select audience
    from ref_disclosure_policies
    where table_name = 'pub_deliveries'
),

deliveries as (
    select
        delivery_id,
        source,
        delivered_on,
        file_id,
        table_name,
        n_delivered,
        n_accepted,
        n_superseded,
        n_withdrawn,
        n_quarantined
    from mart_deliveries
)

select
    policies.audience,
    deliveries.delivery_id,
    deliveries.source,
    deliveries.delivered_on,
    deliveries.file_id,
    deliveries.table_name,
    deliveries.n_delivered,
    deliveries.n_accepted,
    deliveries.n_superseded,
    deliveries.n_withdrawn,
    deliveries.n_quarantined
from deliveries
cross join policies
order by policies.audience, deliveries.delivery_id, deliveries.file_id, deliveries.table_name
