-- What the rules of the contracts found in every delivery, for the audiences that may know it.
--
-- Grain:  one row per audience, delivery, table and rule.
-- Key:    audience, delivery_id, table_name, rule_id
with
policies as (
    select audience
    from ref_disclosure_policies
    where table_name = 'pub_rule_results'
),

results as (
    select
        delivery_id,
        table_name,
        rule_id,
        delivered_on,
        source,
        rule_position,
        dimension,
        severity,
        n_rows_judged,
        n_rows_broken,
        broken_rate,
        tolerated_rate,
        rule_outcome
    from mart_rule_results
)

select
    policies.audience,
    results.delivery_id,
    results.table_name,
    results.rule_id,
    results.delivered_on,
    results.source,
    results.rule_position,
    results.dimension,
    results.severity,
    results.n_rows_judged,
    results.n_rows_broken,
    results.broken_rate,
    results.tolerated_rate,
    results.rule_outcome
from results
cross join policies
order by policies.audience, results.delivery_id, results.table_name, results.rule_id
