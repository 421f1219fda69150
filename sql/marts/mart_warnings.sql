-- Rows in use that break a warning, counted by the rule. A row that breaks two counts under both.
--
-- Grain:  one row per delivery, table and rule that rows in use break.
-- Key:    delivery_id, table_name, rule_id
with
warned_rows as (
    select
        file_id,
        delivery_id,
        table_name,
        rule_id,
        n_rows
    from stg_warning_counts
),

files as (
    select
        file_id,
        delivery_id,
        table_name,
        delivered_on
    from stg_files
)

select
    warned_rows.delivery_id,
    warned_rows.table_name,
    warned_rows.rule_id,
    min(files.delivered_on) as delivered_on,
    cast(sum(warned_rows.n_rows) as bigint) as n_rows
from warned_rows
inner join files
    on
        warned_rows.file_id = files.file_id
        and warned_rows.delivery_id = files.delivery_id
        and warned_rows.table_name = files.table_name
group by warned_rows.delivery_id, warned_rows.table_name, warned_rows.rule_id
order by warned_rows.delivery_id, warned_rows.table_name, warned_rows.rule_id
