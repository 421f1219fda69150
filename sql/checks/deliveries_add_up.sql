-- A returned file has rows that ended nowhere, or twice: what was delivered is not the sum of
-- accepted, superseded, withdrawn and quarantined. Every figure that rests on the file is in doubt.
with deliveries as (
    select
        delivery_id,
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
    delivery_id,
    file_id,
    table_name,
    n_delivered,
    n_accepted + n_superseded + n_withdrawn + n_quarantined as n_ended_somewhere
from deliveries
where n_delivered != n_accepted + n_superseded + n_withdrawn + n_quarantined
order by delivery_id, file_id, table_name
