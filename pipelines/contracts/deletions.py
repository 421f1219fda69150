"""Deletions: which keys a delivery withdrew, and which deletions name nothing that was known.

A deletion names a table and a key, the parts of a compound key joined by `|`.
"""

from collections.abc import Iterable, Mapping, Sequence

from pipelines.contracts.cell_types import DUCKDB_TYPES
from pipelines.contracts.odcs import Contract
from pipelines.contracts.settle import CheckedFile, checked_rows, register_files
from pipelines.engine import Engine, identifier, quoted


def typed_keys(contract: Contract, relation: str) -> str:
    """A select of the rows of `relation` that name this table, with the key's columns typed."""
    parts = []
    for number, name in enumerate(contract.key, start=1):
        text = "key" if len(contract.key) == 1 else f"split_part(key, '|', {number})"
        if contract.column(name).type == "timestamp":
            typed = f"(try_cast({text} as timestamptz) at time zone 'UTC')"
        else:
            typed = f"try_cast({text} as {DUCKDB_TYPES[contract.column(name).type]})"
        parts.append(f"{typed} as {identifier(name)}")
    has_all_parts = f" and len(string_split(key, '|')) = {len(parts)}" if len(parts) > 1 else ""
    return (
        f"select {', '.join(parts)}, delivery_rank, position"
        f' from {relation} where "table" = {quoted(contract.table)}{has_all_parts}'
    )


def register_deletions(
    engine: Engine,
    contract: Contract,
    deletions: Contract,
    files: Sequence[CheckedFile],
    *,
    into: str = "deleted_keys",
) -> None:
    """Make the table `into`: one table's key columns and the latest delivery that deletes them."""
    register_files(engine, files)
    relation = (
        '(select r."table", r.key, f.delivery_rank, 0 as position'
        f" from {checked_rows(deletions, files)} as r"
        " inner join delivered_files as f on f.checked_path = r.filename"
        " where r.row_errors is null) as deletions"
    )
    names = ", ".join(identifier(name) for name in contract.key)
    engine.execute(
        f"""
create or replace temp table {into} as
select {names}, max(delivery_rank) as delivery_rank
from ({typed_keys(contract, relation)}) as named
group by {names}"""
    )


def find_unknown_deletions(
    engine: Engine,
    contracts: Mapping[str, Contract],
    files: Mapping[str, Sequence[CheckedFile]],
) -> None:
    """Make `unknown_deletions` (position, rule_id) from the deletions in `judged_rows`.

    A deletion is known when a row with its key came in the same or an earlier delivery.
    """
    named = [
        table
        for (table,) in engine.rows(
            'select distinct "table" from judged_rows where row_errors is null order by 1'
        )
        if table in contracts and table != "deletions" and files.get(table)
    ]
    known = [_known_positions(contracts[table], files[table]) for table in named]
    engine.execute(
        f"""
create or replace temp table unknown_deletions as
select position, 'deletions.known' as rule_id
from judged_rows
where row_errors is null and position not in ({_union(known)})"""
    )


def _known_positions(contract: Contract, files: Sequence[CheckedFile]) -> str:
    keys = [identifier(name) for name in contract.key]
    ranks = ", ".join(f"({quoted(str(file.rows))}, {file.delivery_rank})" for file in files)
    matched = " and ".join(f"d.{key} = r.{key}" for key in keys)
    return f"""
select d.position
from ({typed_keys(contract, "judged_rows")}) as d
inner join {checked_rows(contract, files)} as r on {matched}
inner join (values {ranks}) as f (path, delivery_rank)
    on f.path = r.filename and f.delivery_rank <= d.delivery_rank"""


def _union(selects: Iterable[str]) -> str:
    return " union all ".join(selects) or "select cast(null as bigint) where false"
