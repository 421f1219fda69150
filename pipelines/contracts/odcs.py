"""Contract files (Open Data Contract Standard 3.1, YAML) as frozen dataclasses.

What belongs here: reading and checking `data_contracts/*.odcs.yaml`, and what the header of a
delivered file may hold. How a rule is judged is in `row_rules.py`, `cross_rules.py` and
`expectations.py`; what it means, and what to do about it, is in the contract alone.

A fact that ODCS has a place for (`required`, `relationships`, `logicalTypeOptions.minimum`) and
the rule that judges it must both be there: either alone is a problem, so that neither a rule nor
the documentation of one can get lost.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, cast

from pipelines.contracts.cell_types import (
    DUCKDB_TYPES,
    EXPECTED_TEXT,
    LOGICAL_TYPES,
    ColumnType,
)
from pipelines.contracts.odcs_file import Node, Problems, read_yaml
from pipelines.contracts.odcs_limits import TOLERANCES, days_of, tolerated_percent

Kind = Literal[
    "required",
    "type",
    "allowed",
    "minimum",
    "maximum",
    "row_sql",
    "unique",
    "reference",
    "table_sql",
    "newest",
    "quarantined",
]
Severity = Literal["error", "warning", "info"]

CONTRACT_FOLDER = Path(__file__).parents[2] / "data_contracts"
SUFFIX = ".odcs.yaml"

# Judged on one row alone, by `row_rules.py`; the other kinds need other rows.
ROW_KINDS: frozenset[Kind] = frozenset(
    {"required", "type", "allowed", "minimum", "maximum", "row_sql"}
)
CLASSIFICATIONS = ("identifying", "clinical", "operational")
# ODCS has its own words for two of the dimensions that reports speak of.
DIMENSIONS: Mapping[str, str] = {
    "completeness": "completeness",
    "conformity": "validity",
    "uniqueness": "uniqueness",
    "consistency": "consistency",
    "timeliness": "timeliness",
    "accuracy": "plausibility",
}
_LISTED = "invalidValues"
_METRICS: Mapping[str, Kind] = {
    "nullValues": "required",
    _LISTED: "allowed",
    "duplicateValues": "unique",
}
_CUSTOM_KINDS = (
    "type", "minimum", "maximum", "row_sql", "reference", "table_sql", "newest", "quarantined",
)  # fmt: skip
# Of a whole delivery, not of its rows.
DELIVERY_KINDS: frozenset[Kind] = frozenset({"newest", "quarantined"})
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


@dataclass(frozen=True)
class Column:
    """One column of a table. `references` is the table and column that its values are keys of."""

    name: str
    type: ColumnType
    required: bool
    references: tuple[str, str] | None
    reference_required: bool
    allowed: tuple[str, ...]
    minimum: int | float | None
    maximum: int | float | None
    description: str
    unit: str
    classification: str


@dataclass(frozen=True)
class Rule:
    """One rule. `sql` is true for a row that breaks it; `expected` completes "expected ...".

    An `error` sends the row to quarantine, a `warning` is counted, `info` (a key that comes twice
    in a file) is neither: the row ends as superseded.

    A delivery fails the rule when a larger share of the rows it was put to break it than
    `tolerated_percent`. Of `DELIVERY_KINDS` the delivery itself is judged: `newest` by how many
    `days` old what is newest in it may be, `quarantined` by the share of rows turned away.

    How a `table_sql` rule is judged, with its `join` and `needs`, is in `cross_rules.py`.
    """

    rule_id: str
    columns: tuple[str, ...]
    kind: Kind
    severity: Severity
    sentence: str
    dimension: str
    expected: str
    what_to_do: str
    sql: str | None
    tolerated_percent: Decimal = Decimal(0)
    days: int = 0
    join: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contract:
    """What one table must be. `digest` changes with anything the file says."""

    table: str
    version: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rules: tuple[Rule, ...]
    digest: str

    def column(self, name: str) -> Column:
        """The column of this name. Raises: KeyError."""
        return {column.name: column for column in self.columns}[name]

    def rule(self, rule_id: str) -> Rule:
        """The rule of this id. Raises: KeyError."""
        return {rule.rule_id: rule for rule in self.rules}[rule_id]

    def without(self, rule_id: str) -> "Contract":
        """The same contract as if one of its rules had never been written."""
        rules = tuple(rule for rule in self.rules if rule.rule_id != rule_id)
        return replace(self, rules=rules, digest=f"{self.digest} without {rule_id}")

    def has(self, rule_id: str) -> bool:
        """Whether one of its rules has this id."""
        return any(rule.rule_id == rule_id for rule in self.rules)


def load_contracts(folder: Path | None = None) -> dict[str, Contract]:
    """The contracts of a folder by table name, in the order of the names.

    Without a folder they are the project's own, which are read once.

    Raises: ContractError that names every problem of every file.
    """
    return dict(_own_contracts()) if folder is None else _read_contracts(folder)


@cache
def _own_contracts() -> dict[str, Contract]:
    return _read_contracts(CONTRACT_FOLDER)


def _read_contracts(folder: Path) -> dict[str, Contract]:
    problems = Problems()
    contracts = {}
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        content = read_yaml(path, problems)
        if content is not None:
            contract = _contract(Node(content, path.name, problems), path)
            contracts[contract.table] = contract
    if not contracts and not problems.found:
        problems.add(str(folder), f"files named <table>{SUFFIX}", "none", "name the right folder")
    problems.raise_if_any()
    _check_references(contracts, problems)
    problems.raise_if_any()
    return contracts


def _contract(file: Node, path: Path) -> Contract:
    table = path.name.removesuffix(SUFFIX)
    file.must_be("apiVersion", "v3.1.0")
    file.must_be("kind", "DataContract")
    file.must_be("name", table)
    for field in ("id", "status"):
        file.text(field)
    version = file.text("version")
    if version and not _VERSION.fullmatch(version):
        file.wrong("version", "three numbers such as 1.0.0")
    description = file.node("description").text("purpose")
    tables = file.nodes("schema")
    if len(tables) != 1:
        file.wrong("schema", "exactly one table")
    schema = tables[0] if tables else Node({}, file.where, file.problems)
    schema.must_be("name", table)
    columns: list[Column] = []
    rules: list[Rule] = []
    positions: dict[int, str] = {}
    for node in schema.nodes("properties"):
        node.where = f"{file.where}, {node.text('name')}"
        column, of_column = _column(node, table)
        columns.append(column)
        rules += of_column
        if node.flag("primaryKey"):
            positions[int(node.number("primaryKeyPosition") or 0)] = column.name
    of_table = [_rule(node, table, None) for node in schema.nodes("quality")]
    key = tuple(positions[place] for place in sorted(positions))
    contract = Contract(
        table=table,
        version=version,
        description=description,
        columns=tuple(columns),
        key=key,
        rules=tuple(rules + of_table),
        digest=hashlib.sha256(
            json.dumps(file.content, sort_keys=True, default=str).encode()
        ).hexdigest(),
    )
    if sorted(positions) != list(range(1, len(positions) + 1)) or not positions:
        file.wrong("primaryKeyPosition", "1, 2, ... over the columns of the key")
    if [rule.columns for rule in contract.rules if rule.kind == "unique"] != [key]:
        file.wrong("quality", f"one rule duplicateValues over the key: {', '.join(key)}")
    _check_names(contract, file)
    return contract


def _column(node: Node, table: str) -> tuple[Column, list[Rule]]:
    column_type = LOGICAL_TYPES[node.choice("logicalType", tuple(LOGICAL_TYPES))]
    node.must_be("physicalType", DUCKDB_TYPES[column_type])
    limits = node.node("logicalTypeOptions", optional=True)
    name = node.text("name")
    qualities = node.nodes("quality", optional=True)
    links = node.nodes("relationships", optional=True)
    target = links[0].text("to").partition(".") if links else ("", "", "")
    references = (target[0], target[2]) if links else None
    column = Column(
        name=name,
        type=column_type,
        required=node.flag("required"),
        references=references,
        reference_required=False,
        allowed=_allowed(qualities),
        minimum=limits.number("minimum"),
        maximum=limits.number("maximum"),
        description=node.text("description"),
        unit=node.custom("unit", optional=True),
        classification=node.choice("classification", CLASSIFICATIONS),
    )
    rules = [_rule(quality, table, column) for quality in qualities]
    found = {rule.kind: rule.severity for rule in rules}
    for kind, is_stated, place in (
        ("required", column.required, "required: true"),
        ("type", column.type != "string", "a logicalType that is not string"),
        ("minimum", column.minimum is not None, "logicalTypeOptions.minimum"),
        ("maximum", column.maximum is not None, "logicalTypeOptions.maximum"),
        ("reference", references is not None, "relationships"),
    ):
        if is_stated != (kind in found):
            node.wrong("quality", f"{place} and a rule of kind {kind}: both or neither")
    if column.required and found.get("reference", "error") != "error":
        node.wrong("quality", "severity error for the reference of a required column")
    return replace(column, reference_required=found.get("reference") == "error"), rules


def _allowed(qualities: Iterable[Node]) -> tuple[str, ...]:
    lists = [node.node("arguments") for node in qualities if node.content.get("metric") == _LISTED]
    return lists[0].texts("validValues") if lists else ()


def _rule(node: Node, table: str, column: Column | None) -> Rule:
    rule_name = node.text("id")
    node.where = f"{node.where}, rule {rule_name}"
    if node.choice("type", ("library", "custom")) == "library":
        kind = _METRICS[node.choice("metric", tuple(_METRICS))]
        tolerated = tolerated_percent(node)
        judged = node.node("arguments", optional=True).texts("properties", optional=True)
        sql, join, needs, days = None, "", (), 0
    else:
        node.must_be("engine", "outcomes")
        implementation = node.node("implementation")
        kind = cast(Kind, implementation.choice("kind", _CUSTOM_KINDS))
        judged = implementation.texts("columns", optional=True)
        is_sql = kind == "row_sql" or (kind == "table_sql" and "sql" in implementation.content)
        sql = implementation.text("sql") if is_sql else None
        join = implementation.text("join") if "join" in implementation.content else ""
        needs = implementation.texts("needs", optional=True)
        # The standard has no place for a threshold beside a rule of one's own engine.
        tolerated = tolerated_percent(implementation)
        days = days_of(implementation) if kind == "newest" else 0
        implementation.only("kind", "columns", "sql", "join", "needs", "days", "unit", *TOLERANCES)
    if kind not in {"row_sql", "table_sql"}:
        # Other modules name these rules by table, column and kind.
        node.must_be("id", kind)
    is_of_table = kind in {"unique", "quarantined"} or (
        kind in {"row_sql", "table_sql"} and bool(judged)
    )
    if column is None and not is_of_table:
        node.wrong(
            "kind",
            "unique, quarantined, row_sql or table_sql with columns, for a rule of the table",
        )
    severities = ("info",) if kind == "unique" else ("error", "warning")
    return Rule(
        rule_id=".".join([table, *([column.name] if column else []), rule_name]),
        columns=judged or ((column.name,) if column else ()),
        kind=kind,
        severity=cast(Severity, node.choice("severity", severities)),
        sentence=node.text("description"),
        dimension=DIMENSIONS[node.choice("dimension", tuple(DIMENSIONS))],
        expected=_expected(node, kind, column, days),
        what_to_do=node.custom("whatToDo"),
        sql=sql,
        tolerated_percent=tolerated,
        days=days,
        join=join,
        needs=needs,
    )


def _expected(node: Node, kind: Kind, column: Column | None, days: int) -> str:
    if kind == "quarantined":
        return "most rows to be usable"
    if kind in {"row_sql", "table_sql"}:
        return node.custom("expected")
    if kind == "unique" or column is None:
        return "each key once"
    match kind:
        case "required":
            return f"a value in {column.name}"
        case "type":
            return EXPECTED_TEXT[column.type]
        case "allowed":
            return f"one of {', '.join(column.allowed)}"
        case "minimum":
            return f"at least {column.minimum}"
        case "maximum":
            return f"at most {column.maximum}"
        case "newest":
            return f"something that is at most {days} days older than the delivery"
        case _:
            return f"a key of {column.references[0] if column.references else 'a table'}"


def _check_names(contract: Contract, file: Node) -> None:
    names = [column.name for column in contract.columns]
    for things in (names, [rule.rule_id for rule in contract.rules]):
        twice = ", ".join(sorted({thing for thing in things if things.count(thing) > 1}))
        if twice:
            file.problems.add(file.where, "each column and rule once", twice, "rename one")
    for rule in contract.rules:
        missing = [name for name in rule.columns if name not in names]
        if missing:
            file.problems.add(
                f"{file.where}, {rule.rule_id}",
                f"columns of the table: {', '.join(names)}",
                ", ".join(missing),
                "correct the rule's columns",
            )


def _check_references(contracts: Mapping[str, Contract], problems: Problems) -> None:
    for contract in contracts.values():
        for column in contract.columns:
            if column.references is None:
                continue
            table, key = column.references
            if table not in contracts or contracts[table].key != (key,):
                problems.add(
                    f"{contract.table}{SUFFIX}, {column.name}, relationships",
                    "the key of a table with a key of one column",
                    f"{table}.{key}",
                    "correct the relationship",
                )
