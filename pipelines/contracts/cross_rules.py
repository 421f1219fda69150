"""Rules that need another table: the relation that they join and when a row breaks them.

A contract says both, beside the rule's severity and sentence: `sql` is true for a row that breaks
it, `needs` are tables that must have been delivered for it to be judged, and `join` adds one more
relation; a table that is read there and not needed may never have been delivered. In the SQL
`r` is the row, `parent_<column>` the settled row that a key column points to, `stg_<table>` the
settled rows of a table that it needs or points to, and `ref_instruments` the catalogue, whose
ranges are nobody's contract. A `join` may add at most one row per `r`; rules that need the same
relation name the same join, which is made once. Null counts as false.
"""

import re
from dataclasses import dataclass

from pipelines.contracts.odcs import Contract
from pipelines.errors import ContractError

_STAGED = re.compile(r"\bstg_(\w+)")
# Judged elsewhere, because they look at rows of the same table side by side or at folded answers.
JUDGED_SIDE_BY_SIDE = frozenset(
    {
        "episodes.overlap",
        "responses.duplicate",
        "responses.total_agrees",
        "responses.answers_suffice",
        "response_items.item.in_count",
        "response_items.value.in_range",
        "response_items.value.on_scale",
        "deletions.known",
    }
)


@dataclass(frozen=True)
class CrossRule:
    """One rule over a row and settled tables: those that it `reads`.

    Without the tables that it `needs` to have been delivered it is not judged.
    """

    rule_id: str
    severity: str
    needs: frozenset[str]
    reads: frozenset[str]
    join: str
    breaks: str


def parent_alias(column: str) -> str:
    """The name under which the row that a key column points to is joined."""
    return f"parent_{column}"


def cross_rules(contract: Contract) -> list[CrossRule]:
    """The rules of a contract that are judged against settled tables, in the contract's order.

    Raises: ContractError for a rule that nothing judges.
    """
    found = []
    for rule in contract.rules:
        if rule.kind != "table_sql" or rule.rule_id in JUDGED_SIDE_BY_SIDE:
            continue
        if rule.sql is None:
            raise ContractError(
                "A contract has a rule that nothing judges.",
                where=f"{contract.table}.odcs.yaml, {rule.rule_id}",
                expected="implementation.sql, true for a row that breaks the rule, or one of"
                f" {', '.join(sorted(JUDGED_SIDE_BY_SIDE))}",
                todo="say in the contract when a row breaks it",
            )
        found.append(
            CrossRule(
                rule.rule_id,
                rule.severity,
                frozenset(rule.needs),
                frozenset([*rule.needs, *_STAGED.findall(f"{rule.join} {rule.sql}")]),
                rule.join.strip(),
                f"coalesce({rule.sql.strip()}, false)",
            )
        )
    return found
