-- What the rules of the contracts found in every delivery, for the audiences that may know it.
--
-- Grain:  one row per audience, delivery, table and rule.
-- Key:    audience, delivery_id, table_name, rule_id
select
    policies.audience,
    mart_rule_results.delivery_id,
    mart_rule_results.table_name,
    mart_rule_results.rule_id,
    mart_rule_results.delivered_on,
    mart_rule_results.source,
    mart_rule_results.rule_position,
    mart_rule_results.dimension,
    mart_rule_results.severity,
    mart_rule_results.n_rows_judged,
    mart_rule_results.n_rows_broken,
    mart_rule_results.broken_rate,
    mart_rule_results.tolerated_rate,
    mart_rule_results.rule_outcome
from mart_rule_results
inner join ref_disclosure_policies as policies on policies.table_name = 'pub_rule_results'
order by
    policies.audience,
    mart_rule_results.delivery_id,
    mart_rule_results.table_name,
    mart_rule_results.rule_id
