-- Warnings about rows in use, for the audiences that may know what was delivered.
--
-- Grain:  one row per audience, delivery, table and rule.
-- Key:    audience, delivery_id, table_name, rule_id
select
    policies.audience,
    mart_warnings.delivery_id,
    mart_warnings.delivered_on,
    mart_warnings.table_name,
    mart_warnings.rule_id,
    mart_warnings.n_rows
from mart_warnings
inner join ref_disclosure_policies as policies on policies.table_name = 'pub_warnings'
order by
    policies.audience, mart_warnings.delivery_id, mart_warnings.table_name, mart_warnings.rule_id
