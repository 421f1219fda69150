-- What every rule of the contracts found in every delivery: rows it was put to, rows that broke it,
-- how many may, and one of four outcomes. A rule over no rows is not applicable, which is no pass;
-- a file that could not be read gives an error. What needs other tables is judged beside all that
-- has been delivered since, so that a row whose parent came later does not count as broken.
--
-- Grain:  one row per delivery, table and rule.
-- Key:    delivery_id, table_name, rule_id
with rules as (
    select
        table_name,
        rule_id,
        position,
        dimension,
        severity,
        tolerated_percent
    from ref_contract_rules
),

checks as (
    select
        delivery_id,
        file_id,
        table_name,
        rule_id,
        n_judged,
        n_broken,
        is_unusable
    from stg_rule_checks
),

-- The same bytes twice in a delivery are one file; a delivery may hold a table in several.
files as (
    select
        delivery_id,
        file_id,
        table_name,
        max(delivered_on) as delivered_on,
        min(source) as source
    from stg_files
    group by delivery_id, file_id, table_name
),

settled as (
    select
        delivery_id,
        file_id,
        table_name,
        rule_id,
        n_rows
    from stg_rule_breaks
    union all
    select
        delivery_id,
        file_id,
        table_name,
        table_name || '.quarantined' as rule_id,
        n_rows
    from stg_row_counts
    where row_status = 'quarantined'
),

file_results as (
    select
        checks.delivery_id,
        files.delivered_on,
        files.source,
        checks.table_name,
        checks.rule_id,
        checks.n_judged,
        checks.is_unusable,
        case
            when checks.n_judged = 0 then 0
            else coalesce(checks.n_broken, settled.n_rows, 0)
        end as n_broken
    from checks
    inner join files
        on
            checks.delivery_id = files.delivery_id
            and checks.file_id = files.file_id
            and checks.table_name = files.table_name
    left join settled
        on
            checks.delivery_id = settled.delivery_id
            and checks.file_id = settled.file_id
            and checks.table_name = settled.table_name
            and checks.rule_id = settled.rule_id
),

results as (
    select
        delivery_id,
        table_name,
        rule_id,
        max(delivered_on) as delivered_on,
        min(source) as source,
        cast(sum(n_judged) as bigint) as n_judged,
        cast(sum(n_broken) as bigint) as n_broken,
        bool_or(is_unusable) as is_unusable
    from file_results
    group by delivery_id, table_name, rule_id
)

select
    results.delivery_id,
    results.table_name,
    results.rule_id,
    results.delivered_on,
    results.source,
    rules.position as rule_position,
    rules.dimension,
    rules.severity,
    results.n_judged as n_rows_judged,
    results.n_broken as n_rows_broken,
    results.n_broken / nullif(results.n_judged, 0) as broken_rate,
    cast(rules.tolerated_percent / 100 as double) as tolerated_rate,
    case
        when results.n_judged = 0 and results.is_unusable then 'error'
        when results.n_judged = 0 then 'not_applicable'
        when results.n_broken * 100 > rules.tolerated_percent * results.n_judged then 'failed'
        else 'passed'
    end as rule_outcome
from results
inner join rules
    on
        results.table_name = rules.table_name
        and results.rule_id = rules.rule_id
order by results.delivery_id, results.table_name, results.rule_id
