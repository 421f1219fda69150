-- Rules that turned rows away, for the audiences that may know what was delivered.
--
-- Grain:  one row per audience, delivery, table and rule.
-- Key:    audience, delivery_id, table_name, rule_id
select
    policies.audience,
    mart_quarantine.delivery_id,
    mart_quarantine.delivered_on,
    mart_quarantine.table_name,
    mart_quarantine.rule_id,
    mart_quarantine.n_rows
from mart_quarantine
inner join ref_disclosure_policies as policies on policies.table_name = 'pub_quarantine'
order by
    policies.audience,
    mart_quarantine.delivery_id,
    mart_quarantine.table_name,
    mart_quarantine.rule_id
