"""Do the two judges of a contract agree? Their counts side by side, rule by rule.

Row rules compile to one SQL pass; Great Expectations counts the same rows on its own. A check that
judged nothing looks like one that passed, so a disagreement means that one of the two is broken,
and the caller fails the run.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipelines.contracts.expectations import JudgeCount


@dataclass(frozen=True)
class Disagreement:
    """A rule of which the two judges counted different numbers of broken rows.

    `n_broken_expectations` is None where Great Expectations could not judge at all; then `reason`
    names the class of the exception.
    """

    table: str
    rule_id: str
    n_broken_rows: int
    n_broken_expectations: int | None
    reason: str

    def __str__(self) -> str:
        found = self.n_broken_expectations
        second = f"none, because of {self.reason}" if found is None else str(found)
        return f"{self.rule_id}: {self.n_broken_rows} by the row rules, {second} by expectations"


def compare_judges(
    row_counts: Mapping[str, int], gx_counts: Iterable[JudgeCount]
) -> list[Disagreement]:
    """The rules on which the judges disagree, by table and rule; an empty list is agreement.

    `row_counts` holds the broken rows by rule id, a rule without any may be left out. For a rule
    of kind `unique` that is the number of rows that share their key with another row of their file.
    """
    disagreements = []
    for count in gx_counts:
        by_rows = sum(row_counts.get(rule_id, 0) for rule_id in count.same_as or (count.rule_id,))
        if count.outcome == "error":
            found, reason = None, count.error_class or "an unknown error"
        elif count.n_broken != by_rows:
            found, reason = count.n_broken, "different counts"
        else:
            continue
        disagreements.append(
            Disagreement(
                table=count.table,
                rule_id=count.rule_id,
                n_broken_rows=by_rows,
                n_broken_expectations=found,
                reason=reason,
            )
        )
    return sorted(disagreements, key=lambda entry: (entry.table, entry.rule_id))
