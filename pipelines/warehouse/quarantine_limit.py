"""Too much of a delivery turned away: such a run stops before anything is made from the rest.

What was published stays as it is. Only the latest delivery of a table is looked at: earlier ones
have been told of, and a better delivery of the same rows takes them out of quarantine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipelines.contracts.settle import CheckedFile
from pipelines.engine import quoted
from pipelines.errors import TooMuchQuarantineError
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.rule_results import tolerated_percent

_NAMED_RULES = 3


@dataclass(frozen=True)
class TurnedAway:
    """A table of which a delivery had more rows turned away than may be.

    `rules` are the ones that most of these rows break, each with how many do.
    """

    table: str
    delivery_id: str
    delivered_on: str
    n_delivered: int
    n_quarantined: int
    tolerated_percent: Decimal
    rules: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        rules = ", ".join(f"{rule_id} ({n:,})" for rule_id, n in self.rules)
        return (
            f"{self.table}: {self.n_quarantined:,} of {self.n_delivered:,} rows of the delivery of"
            f" {self.delivered_on}, where {float(self.tolerated_percent):g} % may be;"
            f" most by {rules}"
        )


def too_much_quarantine(run: BuildRun) -> list[TurnedAway]:
    """The tables whose latest delivery lost more to quarantine than it may, by name.

    A file that could not be read at all is set aside and told of elsewhere.
    """
    found = []
    for table, contract in sorted(run.contracts.items()):
        latest = _latest(run.files.get(table, ()))
        limits = [rule for rule in contract.rules if rule.kind == "quarantined"]
        if not latest or not limits:
            continue
        n_delivered = sum(file.n_delivered for file in latest)
        where = (
            f"delivery_id = {quoted(latest[0].delivery_id)} and table_name = {quoted(table)}"
            f" and file_id in ({', '.join(quoted(file.file_id) for file in latest)})"
        )
        counts = quoted(str(run.table_path("stg_row_counts")))
        (n_quarantined,) = run.engine.one(
            f"select cast(coalesce(sum(n_rows), 0) as bigint) from read_parquet({counts})"
            f" where {where} and row_status = 'quarantined'"
        )
        settings = run.settings.quarantine
        tolerated = tolerated_percent(limits[0], settings.shares.get(table))
        if n_quarantined <= settings.few_rows or n_quarantined * 100 <= tolerated * n_delivered:
            continue
        quarantine = quoted(str(run.table_path("quarantine")))
        rules = run.engine.rows(
            "select rule_id, count(*) as n_rows"
            f" from (select unnest(reasons) as rule_id from read_parquet({quarantine})"
            f" where {where}) group by rule_id order by n_rows desc, rule_id limit {_NAMED_RULES}"
        )
        found.append(
            TurnedAway(
                table=table,
                delivery_id=latest[0].delivery_id,
                delivered_on=latest[0].delivered_on.isoformat(),
                n_delivered=n_delivered,
                n_quarantined=int(n_quarantined),
                tolerated_percent=tolerated,
                rules=tuple((rule_id, int(n)) for rule_id, n in rules),
            )
        )
    return found


def _latest(files: Sequence[CheckedFile]) -> list[CheckedFile]:
    readable = [file for file in files if not file.refusal]
    last = max((file.delivery_rank for file in readable), default=None)
    return [file for file in readable if file.delivery_rank == last]


def require_usable_rows(run: BuildRun) -> None:
    """Stop the run where too much was turned away; needs the accounts of staging.

    Raises: TooMuchQuarantineError naming tables, counts and rules.
    """
    found = too_much_quarantine(run)
    if found:
        raise TooMuchQuarantineError(
            "Too many rows of a delivery were turned away to make a report from the rest.",
            where=", ".join(each.table for each in found),
            expected="most rows of every table to be usable",
            found="; ".join(map(str, found)),
            todo="the last good report stays; `outcomes check` on the delivery says what to do"
            " about each rule. Mend the export and land it again or, where the rows are right as"
            " they are, allow more with [deliveries] max_quarantined_share = { "
            + ", ".join(f"{each.table} = 1.0" for each in found)
            + " } in clinic.toml",
        )
