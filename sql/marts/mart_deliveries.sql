-- Where every row of every landed file ended: the four counts add up to what was delivered.
--
-- Grain:  one row per delivery, landed file and table.
-- Key:    delivery_id, file_id, table_name
with files as (
    select
        delivery_id,
        source,
        delivered_on,
        file_id,
        file_name,
        table_name,
        n_delivered
    from stg_files
),

row_counts as (
    select
        delivery_id,
        file_id,
        table_name,
        cast(coalesce(sum(n_rows) filter (where row_status = 'accepted'), 0) as bigint)
            as n_accepted,
        cast(coalesce(sum(n_rows) filter (where row_status = 'superseded'), 0) as bigint)
            as n_superseded,
        cast(coalesce(sum(n_rows) filter (where row_status = 'withdrawn'), 0) as bigint)
            as n_withdrawn,
        cast(coalesce(sum(n_rows) filter (where row_status = 'quarantined'), 0) as bigint)
            as n_quarantined
    from stg_row_counts
    group by delivery_id, file_id, table_name
),

settled_files as (
    select
        files.delivery_id,
        files.source,
        files.delivered_on,
        files.file_id,
        files.file_name,
        files.table_name,
        files.n_delivered,
        coalesce(row_counts.n_accepted, 0) as n_accepted,
        coalesce(row_counts.n_superseded, 0) as n_superseded,
        coalesce(row_counts.n_withdrawn, 0) as n_withdrawn,
        coalesce(row_counts.n_quarantined, 0) as n_quarantined
    from files
    left join row_counts
        on
            files.delivery_id = row_counts.delivery_id
            and files.file_id = row_counts.file_id
            and files.table_name = row_counts.table_name
)

select
    delivery_id,
    source,
    delivered_on,
    file_id,
    file_name,
    table_name,
    n_delivered,
    n_accepted,
    n_superseded,
    n_withdrawn,
    n_quarantined
from settled_files
order by delivery_id, file_id, table_name
