"""The contracts' rules and what each delivered file gave them to judge, as tables.

`ref_contract_rules` says what every rule wants, `stg_rule_checks` how many rows of a file it was
put to. `sql/marts/mart_rule_results.sql` makes outcomes of them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars

from pipelines.contracts.odcs import Contract, Rule
from pipelines.contracts.rule_breaks import NEED_OTHERS
from pipelines.contracts.settle import CheckedFile
from pipelines.engine import Engine, quoted

RULES_TABLE = "ref_contract_rules"
CHECKS_TABLE = "stg_rule_checks"


def rules_frame(
    contracts: Mapping[str, Contract], quarantined_shares: Mapping[str, float]
) -> polars.DataFrame:
    """`ref_contract_rules`: one row per rule, by table and in the contract's order.

    `quarantined_shares` are the clinic's own limits by table, in place of the contract's.
    """
    rows = [
        {
            "table_name": table,
            "rule_id": rule.rule_id,
            "position": position,
            "column_names": list(rule.columns),
            "kind": rule.kind,
            "dimension": rule.dimension,
            "severity": rule.severity,
            "tolerated_percent": tolerated_percent(rule, quarantined_shares.get(table)),
            "meaning": rule.sentence,
            "expected": rule.expected,
            "what_to_do": rule.what_to_do,
        }
        for table, contract in sorted(contracts.items())
        for position, rule in enumerate(contract.rules, start=1)
    ]
    schema = {
        "table_name": polars.String, "rule_id": polars.String, "position": polars.Int32,
        "column_names": polars.List(polars.String), "kind": polars.String,
        "dimension": polars.String, "severity": polars.String,
        "tolerated_percent": polars.Decimal(9, 4), "meaning": polars.String,
        "expected": polars.String, "what_to_do": polars.String,
    }  # fmt: skip
    return polars.DataFrame(rows, schema=schema)


def tolerated_percent(rule: Rule, clinics_share: float | None) -> Decimal:
    """How much of a delivery may break a rule, in percent."""
    if rule.kind == "quarantined" and clinics_share is not None:
        return Decimal(str(clinics_share)) * 100
    return rule.tolerated_percent


def checks_frame(
    contracts: Mapping[str, Contract], files: Mapping[str, Sequence[CheckedFile]]
) -> polars.DataFrame:
    """`stg_rule_checks`: one row per delivery, file, table and rule.

    `n_judged` are the rows that the rule was put to; none where a table that it needs was never
    delivered. `n_broken` is null for rules whose broken rows are counted when tables are settled.
    `is_unusable` marks a file that could not be read, so that nothing could be put to any rule.
    """
    delivered = {table for table, found in files.items() if found}
    rows = [
        {
            "delivery_id": file.delivery_id,
            "file_id": file.file_id,
            "table_name": table,
            "rule_id": rule.rule_id,
            "n_judged": _n_judged(rule, contract, file, delivered),
            "n_broken": None
            if rule.kind in NEED_OTHERS or rule.kind == "quarantined"
            else file.profile.broken.get(rule.rule_id, 0),
            "is_unusable": bool(file.refusal),
        }
        for table, contract in sorted(contracts.items())
        for file in files.get(table, ())
        for rule in contract.rules
    ]
    schema = {
        "delivery_id": polars.String, "file_id": polars.String, "table_name": polars.String,
        "rule_id": polars.String, "n_judged": polars.Int64, "n_broken": polars.Int64,
        "is_unusable": polars.Boolean,
    }  # fmt: skip
    frame = polars.DataFrame(rows, schema=schema)
    return frame.sort("delivery_id", "file_id", "table_name", "rule_id")


def _n_judged(rule: Rule, contract: Contract, file: CheckedFile, delivered: set[str]) -> int:
    if file.refusal:
        return 0
    if rule.kind == "quarantined":
        return file.n_delivered
    if rule.kind == "reference":
        parent = contract.column(rule.columns[0]).references
        if parent is not None and parent[0] not in delivered:
            return 0
    return file.profile.judged.get(rule.rule_id, 0)


@dataclass(frozen=True)
class RuleOutcome:
    """What one rule found in one delivery."""

    rule_id: str
    severity: str
    n_judged: int
    n_broken: int
    tolerated_rate: float
    outcome: str

    def __str__(self) -> str:
        if self.outcome == "error":
            return f"{self.rule_id}: nothing could be read"
        return (
            f"{self.rule_id}: {self.n_broken} of {self.n_judged},"
            f" at most {self.tolerated_rate:.2%} may be"
        )


def latest_outcomes(engine: Engine, results: Path) -> dict[tuple[str, str], list[RuleOutcome]]:
    """By table and dimension the outcomes of the latest delivery of the table.

    `results` is `mart_rule_results`. Of two deliveries of one day that of the larger id is meant.
    """
    rows = engine.rows(
        "select table_name, dimension, rule_id, severity, n_rows_judged, n_rows_broken,"
        f" tolerated_rate, rule_outcome from read_parquet({quoted(str(results))})"
        " qualify dense_rank() over (partition by table_name"
        " order by delivered_on desc, delivery_id desc) = 1"
        " order by table_name, rule_position"
    )
    found: dict[tuple[str, str], list[RuleOutcome]] = defaultdict(list)
    for table, dimension, *outcome in rows:
        found[table, dimension].append(RuleOutcome(*outcome))
    return found
