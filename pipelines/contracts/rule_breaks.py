"""How many delivered rows break the rules that need other tables, counted when a table is settled.

Of rules that one row breaks alone the file's profile has the counts; see `profile.py`.
"""

from pipelines.contracts.odcs import Contract
from pipelines.engine import quoted

NEED_OTHERS = frozenset({"reference", "table_sql"})


def row_breaks(contract: Contract) -> str:
    """Readable rows of `raw_<table>` per file and rule that they break.

    Rows count however they ended: what is superseded now was delivered broken all the same.
    """
    # Files are joined once the rows are counted: carried through `unnest`, the texts that name them
    # make DuckDB 2.0.0 fail ("dict-surviving cache") in a part of the runs.
    return f"""
select f.file_id, f.delivery_id, {quoted(contract.table)} as table_name, b.rule_id, b.n_rows
from (
    select file_rank, rule_id, count(*) as n_rows
    from (
        select file_rank,
            unnest(list_concat(coalesce(row_errors, []), coalesce(row_warnings, []))) as rule_id
        from raw_{contract.table}
        where row_errors is not null or row_warnings is not null
    ) as broken
    group by file_rank, rule_id
) as b
inner join delivered_files as f on f.file_rank = b.file_rank
where {_needs_others(contract)}
order by f.file_id, f.delivery_id, b.rule_id"""


def answer_breaks(contract: Contract, quarantined: str, warned: str) -> str:
    """The same of answers, whose rows have no status: those in quarantine and those warned of.

    Both are relations with `file_id`, `delivery_id` and `reasons`.
    """
    return f"""
select b.file_id, b.delivery_id, {quoted(contract.table)} as table_name, b.rule_id, b.n_rows
from (
    select file_id, delivery_id, rule_id, count(*) as n_rows
    from (
        select file_id, delivery_id, unnest(reasons) as rule_id from {quarantined}
        union all
        select file_id, delivery_id, unnest(reasons) as rule_id from ({warned}) as warned
    ) as broken
    group by file_id, delivery_id, rule_id
) as b
where {_needs_others(contract)}
order by b.file_id, b.delivery_id, b.rule_id"""


def _needs_others(contract: Contract) -> str:
    rules = [quoted(rule.rule_id) for rule in contract.rules if rule.kind in NEED_OTHERS]
    return f"b.rule_id in ({', '.join(rules) or 'null'})"
