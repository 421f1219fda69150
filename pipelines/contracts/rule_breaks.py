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
    return _counted(
        contract,
        f"""
select f.file_id, f.delivery_id,
    unnest(list_concat(coalesce(r.row_errors, []), coalesce(r.row_warnings, []))) as rule_id
from raw_{contract.table} as r
inner join delivered_files as f on f.file_rank = r.file_rank
where r.row_errors is not null or r.row_warnings is not null""",
    )


def answer_breaks(contract: Contract, quarantined: str) -> str:
    """The same of answers, whose rows have no status of their own: those in quarantine."""
    return _counted(
        contract, f"select file_id, delivery_id, unnest(reasons) as rule_id from {quarantined}"
    )


def _counted(contract: Contract, broken: str) -> str:
    rules = [quoted(rule.rule_id) for rule in contract.rules if rule.kind in NEED_OTHERS]
    return f"""
select file_id, delivery_id, {quoted(contract.table)} as table_name, rule_id, count(*) as n_rows
from ({broken}) as broken
where rule_id in ({", ".join(rules) or "null"})
group by file_id, delivery_id, rule_id
order by file_id, delivery_id, rule_id"""
