"""How many rows of a checked file each rule was put to and how many broke it; how full columns are.

One pass over the checked rows, when a file is checked; the counts are kept beside them. Rules that
need other tables are only given their denominator here: what broke them is known once the table is
settled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pipelines.contracts.odcs import ROW_KINDS, Contract, Rule
from pipelines.contracts.row_rules import rule_counts_select
from pipelines.engine import Engine, identifier, quoted

# Answers outnumber all other rows by far; those that come again are counted when they are folded.
WITHOUT_UNIQUE = frozenset({"response_items"})


@dataclass(frozen=True)
class Profile:
    """Counts of one checked file.

    `filled` are rows by column whose cell has a readable value, `judged` rows by rule that it was
    put to, `broken` those that broke it, of the rules that need no other table. A rule about the
    whole delivery (`newest`) is put to one thing, the file.
    """

    filled: Mapping[str, int] = field(default_factory=dict)
    judged: Mapping[str, int] = field(default_factory=dict)
    broken: Mapping[str, int] = field(default_factory=dict)


def profile_rows(engine: Engine, contract: Contract, rows: Path, delivered_on: date) -> Profile:
    """The counts of a checked file; `rows` has the columns of `row_rules.check_select`."""
    with_unique = contract.table not in WITHOUT_UNIQUE
    relation = f"read_parquet({quoted(str(rows))}, filename = true)"
    columns = [column.name for column in contract.columns]
    newest = [rule for rule in contract.rules if rule.kind == "newest"]
    asked = {
        rule.rule_id: condition
        for rule in contract.rules
        if (condition := _is_judged(rule)) is not None
    }
    key = ", ".join(identifier(name) for name in contract.key)
    items = [
        "count(row_errors) + count(row_warnings)",
        # That a hash comes twice only says that it is worth to count the keys.
        f"count(distinct hash({key})) < count(*)" if with_unique else "false",
        "count(*)",
        *(f"count({identifier(name)})" for name in columns),
        *(f"count(*) filter (where {condition})" for condition in asked.values()),
        *(_newest_age(rule) for rule in newest),
    ]
    # A parameter must be used; the typed rows name it only in some rules.
    n_flagged, has_repeats, n_rows, *found = engine.one(
        f"with delivery as (select $delivered_on as delivered_on)"
        f" select {', '.join(items)} from {relation} cross join delivery",
        {"delivered_on": delivered_on},
    )
    broken = dict.fromkeys(
        (
            rule.rule_id
            for rule in contract.rules
            if rule.kind in ROW_KINDS or rule.kind == "unique"
        ),
        0,
    )
    # Most files are clean, and planning a query costs more than reading a small one.
    if n_flagged or has_repeats:
        counts = engine.rows(rule_counts_select(contract, relation, with_unique=with_unique))
        broken |= {rule_id: int(n_rows) for rule_id, n_rows in counts}
    filled = {name: int(n) for name, n in zip(columns, found, strict=False)}
    found = found[len(columns) :]
    judged = {rule_id: int(n) for rule_id, n in zip(asked, found, strict=False)}
    for rule, age in zip(newest, found[len(asked) :], strict=True):
        judged[rule.rule_id] = 0 if age is None else 1
        broken[rule.rule_id] = 1 if age is not None and age > rule.days else 0
    for rule in contract.rules:
        if rule.kind == "required":
            judged[rule.rule_id] = int(n_rows)
        elif rule.kind == "type":
            judged[rule.rule_id] = filled[rule.columns[0]] + broken[rule.rule_id]
        elif rule.kind in ROW_KINDS and rule.rule_id not in judged:
            judged[rule.rule_id] = filled[rule.columns[0]]
    return Profile(filled=filled, judged=judged, broken=broken)


def _is_judged(rule: Rule) -> str | None:
    """When a row is put to a rule, where that is not a matter of one column alone."""
    if rule.kind == "row_sql" and len(rule.columns) > 1:
        # In three-valued logic a comparison with nothing is neither kept nor broken.
        return f"({rule.sql}) is not null"
    if rule.kind in {"reference", "table_sql", "unique"}:
        return " and ".join(f"{identifier(name)} is not null" for name in rule.columns)
    return None


def _newest_age(rule: Rule) -> str:
    """Days from the latest of what had happened by then to the delivery, null without any."""
    day = f"cast({identifier(rule.columns[0])} as date)"
    latest = f"max({day}) filter (where {day} <= $delivered_on)"
    return f"date_diff('day', {latest}, $delivered_on)"
