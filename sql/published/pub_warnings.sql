-- Warnings about rows in use, for the audiences that may know what was delivered.
--
-- Grain:  one row per audience, delivery, table and rule.
-- Key:    audience, delivery_id, table_name, rule_id
with
policies as (
    select audience
    from ref_disclosure_policies
    where table_name = 'pub_warnings'
),

broken_rules as (
    select
        delivery_id,
        delivered_on,
        table_name,
        rule_id,
        n_rows
    from mart_warnings
)

select
    policies.audience,
    broken_rules.delivery_id,
    broken_rules.delivered_on,
    broken_rules.table_name,
    broken_rules.rule_id,
    broken_rules.n_rows
from broken_rules
cross join policies
order by
    policies.audience, broken_rules.delivery_id, broken_rules.table_name, broken_rules.rule_id
