-- Rows that were turned away, counted by the rule they broke. A row that broke two rules counts
-- under both, so the counts do not add up to the rows of mart_deliveries.
--
-- Grain:  one row per delivery, table and rule that turned rows away.
-- Key:    delivery_id, table_name, rule_id
with
turned_away as (
    select
        delivery_id,
        delivered_on,
        table_name,
        reasons
    from quarantine
),

broken_rules as (
    select
        delivery_id,
        delivered_on,
        table_name,
        unnest(list_distinct(reasons)) as rule_id
    from turned_away
)

select
    delivery_id,
    table_name,
    rule_id,
    min(delivered_on) as delivered_on,
    count(*) as n_rows
from broken_rules
group by delivery_id, table_name, rule_id
order by delivery_id, table_name, rule_id
