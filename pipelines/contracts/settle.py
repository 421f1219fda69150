"""Which delivered row is current, which is an orphan, and where every row of a table ends.

One table is settled at a time, parents before children, from the checked rows of all deliveries;
nothing is carried over from an earlier run, so that no stale row can survive. The rules:

1. Of several good rows with one key the one in the latest delivery is accepted, in one file the
   later line; the others are superseded.
2. A key that a later `deletions` row names is withdrawn until a still later delivery brings it,
   a broken row of that key too.
3. A key absent from a later full delivery of its table is withdrawn, its broken rows too; a key
   that is there in a broken row is not absent.
4. A broken row is quarantined and replaces nothing; a good row that comes later supersedes it.
5. A row whose required parent is not accepted is broken, and returns when the parent does.

Two temporary tables come out in the engine: `raw_<table>`, every readable delivered row with its
`row_status`, and `delivered_files`, the files it came from. The staging model selects from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.contracts.cell_types import DUCKDB_TYPES
from pipelines.contracts.cross_rules import cross_rules, parent_alias
from pipelines.contracts.odcs import Column, Contract
from pipelines.contracts.profile import Profile
from pipelines.engine import Engine, identifier, path_list, quoted

# Room for the lines of one file inside a row's position, which orders rows over all deliveries.
LINES_PER_FILE = 2**40
# So many places of a broken rule are named.
FIRST_LINES = 5


@dataclass(frozen=True)
class CheckedFile:
    """One landed file as one table: where its checked rows lie and which delivery it is of.

    `file_rank` and `delivery_rank` order files and deliveries by (delivered_on, content), never by
    the order of landing. `rows` is None when no row of it could be read;
    `n_with_errors` counts readable rows that break a rule of their own.
    """

    checked: str
    table: str
    delivery_id: str
    source: str
    delivered_on: date
    is_full: bool
    file_id: str
    file_name: str
    file_rank: int
    delivery_rank: int
    n_rows: int
    n_broken: int
    n_with_errors: int
    rows: Path | None
    broken: Path | None
    folded: Path | None = None
    unknown_columns: tuple[str, ...] = ()
    absent_columns: tuple[str, ...] = ()
    refusal: str = ""
    # Counts of the same rows, which therefore tell no two files apart.
    profile: Profile = field(default_factory=Profile, compare=False)

    @property
    def n_delivered(self) -> int:
        """Rows in the file, readable or not."""
        return self.n_rows + self.n_broken


def register_files(engine: Engine, files: Sequence[CheckedFile]) -> None:
    """Make `delivered_files`: one row per file of the table that is being looked at.

    `n_full_later` counts the full deliveries of the table that came after the file's; none for
    deletions, which are events that no delivery takes back by not naming them again.
    """
    full = {file.delivery_rank for file in files if file.is_full and file.table != "deletions"}
    rows = [
        f"({quoted(str(file.rows or ''))}, {quoted(str(file.folded or ''))}, {file.file_rank},"
        f" {file.delivery_rank}, {quoted(file.delivery_id)}, date {quoted(str(file.delivered_on))},"
        f" {quoted(file.file_id)}, {quoted(file.file_name)}, {file.is_full},"
        f" {sum(1 for rank in full if rank > file.delivery_rank)}, {quoted(file.source)})"
        for file in files
    ]
    engine.execute(
        "create or replace temp table delivered_files (checked_path varchar, folded_path varchar,"
        " file_rank bigint, delivery_rank bigint, delivery_id varchar, delivered_on date,"
        " file_id varchar, file_name varchar, is_full boolean, n_full_later bigint,"
        " source varchar)"
    )
    if rows:
        engine.execute(f"insert into delivered_files values {', '.join(rows)}")


def empty_relation(contract: Contract) -> str:
    """A select without rows that has a checked file's columns: the table was never delivered."""
    columns = [
        f"cast(null as {DUCKDB_TYPES[column.type]}) as {identifier(column.name)}"
        for column in contract.columns
    ]
    return (
        f"(select {', '.join(columns)}, cast(null as bigint) as line,"
        " cast(null as varchar[]) as row_errors, cast(null as varchar[]) as row_warnings,"
        " cast(null as varchar) as delivered_row, cast(null as bigint) as file_row_number,"
        " cast(null as varchar) as filename where false)"
    )


def checked_rows(contract: Contract, files: Sequence[CheckedFile]) -> str:
    """A FROM item over the checked rows of these files, with file and line."""
    # The same bytes in two deliveries of one day are one checked file. Joined to both deliveries
    # it gives both their rows, so it must be read once.
    paths = list(dict.fromkeys(file.rows for file in files if file.rows is not None))
    if not paths:
        return empty_relation(contract)
    return f"read_parquet({path_list(paths)}, filename = true, file_row_number = true)"


def judged_select(
    contract: Contract,
    files: Sequence[CheckedFile],
    *,
    delivered_tables: frozenset[str],
) -> str:
    """Every readable row with all its errors and warnings, those that need other tables included.

    An optional key that points nowhere is read as empty, with a warning.
    """
    references = [
        _Reference(column)
        for column in contract.columns
        if column.references is not None
        and column.references[0] in delivered_tables
        and column.references[0] != contract.table
    ]
    rules = [rule for rule in cross_rules(contract) if rule.needs <= delivered_tables]
    # A parent is joined for the rules that look at its row, though nothing asks whether it exists.
    judged = [
        (reference_rule(contract, reference.column), reference)
        for reference in references
        if contract.has(reference_rule(contract, reference.column))
    ]
    errors = [
        (rule_id, reference.breaks) for rule_id, reference in judged if reference.is_required
    ] + [(rule.rule_id, rule.breaks) for rule in rules if rule.severity == "error"]
    warnings = [
        (rule_id, reference.breaks) for rule_id, reference in judged if not reference.is_required
    ] + [(rule.rule_id, rule.breaks) for rule in rules if rule.severity == "warning"]
    emptied = {
        reference.column.name: reference for _, reference in judged if not reference.is_required
    }
    columns = []
    for column in contract.columns:
        name = identifier(column.name)
        reference = emptied.get(column.name)
        if reference is not None:
            columns.append(f"case when {reference.breaks} then null else r.{name} end as {name}")
        else:
            columns.append(f"r.{name}")
    joins = dict.fromkeys(each.join for each in (*references, *rules))
    return f"""
select
    {", ".join(columns)},
    {_appended("row_errors", errors)} as row_errors,
    {_appended("row_warnings", warnings)} as row_warnings,
    r.delivered_row,
    f.delivery_rank,
    f.is_full,
    f.n_full_later,
    f.file_rank,
    coalesce(r.line, r.file_row_number + 2) as line,
    f.file_rank * {LINES_PER_FILE} + r.file_row_number as position
from {checked_rows(contract, files)} as r
inner join delivered_files as f on f.checked_path = r.filename
{chr(10).join(join for join in joins if join)}"""


def reference_rule(contract: Contract, column: Column) -> str:
    """The id of the rule that a column's key has to exist."""
    return f"{contract.table}.{column.name}.reference"


@dataclass(frozen=True)
class _Reference:
    """A key into another table."""

    column: Column

    @property
    def is_required(self) -> bool:
        return self.column.reference_required

    @property
    def join(self) -> str:
        """Joins the parent's row, which the cross-table rules look at too."""
        return (
            f"left join stg_{self._parent} as {parent_alias(self.column.name)}"
            f" on {self._parent_key} = r.{identifier(self.column.name)}"
        )

    @property
    def breaks(self) -> str:
        """A key is there and points nowhere."""
        return f"(r.{identifier(self.column.name)} is not null and {self._parent_key} is null)"

    @property
    def _parent(self) -> str:
        assert self.column.references is not None
        return self.column.references[0]

    @property
    def _parent_key(self) -> str:
        assert self.column.references is not None
        return f"{parent_alias(self.column.name)}.{identifier(self.column.references[1])}"


def _appended(column: str, rules: Sequence[tuple[str, str]]) -> str:
    """The list column with the ids of broken rules added; null stays null for a clean row."""
    if not rules:
        return f"r.{column}"
    any_broken = " or ".join(breaks for _, breaks in rules)
    ids = ", ".join(f"case when {breaks} then {quoted(rule_id)} end" for rule_id, breaks in rules)
    return (
        f"case when {any_broken} then list_concat(coalesce(r.{column}, []),"
        f" list_filter([{ids}], lambda x: x is not null)) else r.{column} end"
    )


def settle_rows(engine: Engine, contract: Contract) -> None:
    """Turn `judged_rows` (see `judged_select`) into `raw_<table>` with `row_status`.

    `deleted_keys` (the key's columns and `delivery_rank`) must exist; see `deletions.py`.
    """
    engine.execute(
        f"create or replace temp table raw_{contract.table} as"
        f" {_settled_select(contract, 'judged_rows')}",
        where=f"settling {contract.table}",
    )


def settle_again(engine: Engine, contract: Contract, relation: str) -> None:
    """Settle anew the keys that have a row in `relation` (`position`, `rule_id`)."""
    key = ", ".join(identifier(column) for column in contract.key)
    engine.execute(
        f"create or replace temp table judged_again as select * from judged_rows where ({key}) in"
        f" (select ({key}) from judged_rows where position in (select position from {relation}))"
    )
    engine.execute(
        f"delete from raw_{contract.table} where position in (select position from judged_again)"
    )
    engine.execute(
        f"insert into raw_{contract.table} {_settled_select(contract, 'judged_again')}",
        where=f"settling {contract.table}",
    )
    engine.execute("drop table judged_again")


def _settled_select(contract: Contract, judged: str) -> str:
    key = [identifier(column) for column in contract.key]
    return f"""
with current_rows as (
    select {", ".join(key)}, max(position) filter (where row_errors is null) as current_position
    from {judged}
    group by {", ".join(key)}
),
seen_broken as (
    -- A full delivery in which the key is there, if broken, does not withdraw it. Only broken rows
    -- can come after a row that is not superseded.
    select j.position, count(distinct b.delivery_rank) as n_full
    from {judged} as j
    inner join {judged} as b on {_equal(key, "j", "b")}
        and b.row_errors is not null and b.is_full and b.delivery_rank > j.delivery_rank
    where j.n_full_later > 0
    group by j.position
)
select
    j.*,
    case
        when j.position < k.current_position then 'superseded'
        when x.delivery_rank > j.delivery_rank then 'withdrawn'
        -- A row without its key matches no `k`: it is absent from nowhere.
        when k.{key[0]} is not null and j.n_full_later > coalesce(b.n_full, 0) then 'withdrawn'
        when j.row_errors is not null then 'quarantined'
        else 'accepted'
    end as row_status
from {judged} as j
left join current_rows as k on {_equal(key, "j", "k")}
left join deleted_keys as x on {_equal(key, "j", "x")}
left join seen_broken as b on b.position = j.position"""


def add_errors(engine: Engine, relation: str) -> None:
    """Add errors found by looking at rows side by side: `relation` has `position`, `rule_id`."""
    engine.execute(
        f"""
update judged_rows set row_errors = list_append(coalesce(row_errors, []), found.rule_id)
from {relation} as found
where found.position = judged_rows.position"""
    )


def empty_unknown_self_references(engine: Engine, contract: Contract) -> None:
    """An optional key into the same table that points at no accepted row is read as empty."""
    for column in contract.columns:
        if column.references is None or column.references[0] != contract.table:
            continue
        rule_id = reference_rule(contract, column)
        if not contract.has(rule_id):
            continue
        name, target = identifier(column.name), identifier(column.references[1])
        engine.execute(
            f"""
update raw_{contract.table}
set {name} = null, row_warnings = list_append(coalesce(row_warnings, []), {quoted(rule_id)})
where {name} is not null and {name} not in (
    select {target} from raw_{contract.table} where row_status = 'accepted'
)"""
        )


def _equal(columns: Sequence[str], left: str, right: str) -> str:
    return " and ".join(f"{left}.{column} = {right}.{column}" for column in columns)


def quarantine_select(contract: Contract, files: Sequence[CheckedFile]) -> str:
    """Rows of the quarantine that this table sends, unreadable ones included."""
    cells = ", ".join(
        f"{identifier(column.name)} := cast(r.{identifier(column.name)} as varchar)"
        for column in contract.columns
    )
    return f"""
select
    {quoted(contract.table)} as table_name,
    f.delivery_id,
    f.delivered_on,
    f.file_id,
    f.file_name,
    r.line,
    r.row_errors as reasons,
    coalesce(r.delivered_row, cast(to_json(struct_pack({cells})) as varchar)) as delivered_row
from raw_{contract.table} as r
inner join delivered_files as f on f.file_rank = r.file_rank
where r.row_status = 'quarantined'
union all
{broken_select(contract.table, files)}"""


def broken_select(table: str, files: Sequence[CheckedFile]) -> str:
    """Quarantine rows for the lines of these files that could not be read as rows at all."""
    parts = [
        f"select {quoted(table)}, {quoted(file.delivery_id)},"
        f" date {quoted(str(file.delivered_on))}, {quoted(file.file_id)},"
        f" {quoted(file.file_name)}, line, [reason], {_line_as_delivered(file.broken)}"
        f" from read_parquet({quoted(str(file.broken))})"
        for file in files
        if file.broken is not None
    ]
    if not parts:
        return (
            "select '', '', cast(null as date), '', '', cast(null as bigint),"
            " cast(null as varchar[]), cast(null as varchar) where false"
        )
    return "\nunion all\n".join(parts)


def _line_as_delivered(broken: Path) -> str:
    """The start of a line that was no row, where its reader kept it."""
    if "text" not in pl.read_parquet_schema(broken):
        return "cast(null as varchar)"
    kept = "cast(to_json(struct_pack(line_as_delivered := text)) as varchar)"
    return f"case when text is not null then {kept} end"


def counts_select(table: str) -> str:
    """Readable rows per file and status."""
    return f"""
select f.file_id, f.delivery_id, {quoted(table)} as table_name, r.row_status, count(*) as n_rows
from raw_{table} as r
inner join delivered_files as f on f.file_rank = r.file_rank
group by f.file_id, f.delivery_id, r.row_status"""


def warnings_select(table: str) -> str:
    """Rows in use per file and warning, and the first lines on which they stand."""
    return f"""
select f.file_id, f.delivery_id, {quoted(table)} as table_name, w.rule_id, count(*) as n_rows,
    min(w.line, {FIRST_LINES}) as first_lines
from (
    select file_rank, line, unnest(row_warnings) as rule_id
    from raw_{table}
    where row_status = 'accepted' and row_warnings is not null
) as w
inner join delivered_files as f on f.file_rank = w.file_rank
group by f.file_id, f.delivery_id, w.rule_id"""
