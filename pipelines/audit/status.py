"""Where a home stands: deliveries, quarantine, what is out of date, reports. Counts only."""

from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from pipelines.contracts.odcs import load_contracts
from pipelines.contracts.row_rules import explain
from pipelines.engine import quoted
from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.ingest.manifest import deliveries
from pipelines.ingest.sources import waiting
from pipelines.warehouse.inputs import inputs_fingerprint
from pipelines.warehouse.snapshot import current_snapshot, ensure_catalogues
from pipelines.warehouse.store import Store


@dataclass(frozen=True)
class HomeStatus:
    """What `outcomes status` prints. `n_rows` are delivered rows by how they ended."""

    home: str
    n_deliveries: int
    latest_delivered_on: str | None
    waiting: list[str]
    n_rows: dict[str, int]
    is_up_to_date: bool
    n_tables: int
    reports: list[str]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)

    def lines(self) -> list[str]:
        """For people."""
        rows = ", ".join(f"{n:,} {status}" for status, n in self.n_rows.items())
        return [
            f"Home        {self.home}",
            f"Deliveries  {self.n_deliveries}, the latest of {self.latest_delivered_on or 'never'}",
            f"Waiting     {', '.join(self.waiting) or 'nothing'}",
            f"Rows        {rows or 'none yet'}",
            f"Tables      {self.n_tables}, "
            + ("up to date" if self.is_up_to_date else "out of date: outcomes run"),
            f"Reports     {', '.join(self.reports) or 'none yet'}",
        ]


def home_status(home: Home) -> HomeStatus:
    """Read, never write, what there is."""
    landed = deliveries(home)
    snapshot = current_snapshot(home)
    reports = sorted(
        str(path.parent.relative_to(home.reports))
        for path in home.reports.glob("*/v*/*/report.json")
    )
    return HomeStatus(
        home=str(home.root),
        n_deliveries=len(landed),
        latest_delivered_on=str(landed[-1].delivered_on) if landed else None,
        waiting=[offer.name or "loose files" for offer in waiting(home)],
        n_rows=_rows_by_status(home),
        is_up_to_date=bool(snapshot.inputs) and snapshot.inputs == inputs_fingerprint(home),
        n_tables=len(snapshot.tables),
        reports=reports,
    )


def _published(home: Home, table: str) -> str | None:
    built = current_snapshot(home).tables.get(table)
    if built is None:
        return None
    return f"read_parquet({quoted(str(Store(home.warehouse).path(table, built.content)))})"


def _rows_by_status(home: Home) -> dict[str, int]:
    counts = _published(home, "stg_row_counts")
    if counts is None:
        return {}
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select row_status, sum(n_rows) from {counts} group by 1 order by 1"
        ).fetchall()
    return {status: int(n_rows) for status, n_rows in found}


def quarantine_summary(home: Home, table: str | None) -> list[dict[str, Any]]:
    """Rows in quarantine by table and reason, with what the rule expected."""
    source = _quarantine(home)
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select table_name, reason, count(*) from (select table_name, unnest(reasons) as"
            f" reason from {source}) where $table is null or table_name = $table"
            " group by 1, 2 order by 1, 2",
            {"table": table},
        ).fetchall()
    expected = {
        rule.rule_id: explain(rule)
        for contract in load_contracts().values()
        for rule in contract.rules
    }
    return [
        {"table": name, "n_rows": n_rows, "reason": reason, "expected": expected.get(reason, "")}
        for name, reason, n_rows in found
    ]


def quarantine_rows(home: Home, table: str | None) -> list[dict[str, Any]]:
    """Every row in quarantine by where it stands; never what is in it."""
    source = _quarantine(home)
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select table_name, file_name, delivered_on, line, reasons from {source}"
            " where $table is null or table_name = $table order by all",
            {"table": table},
        ).fetchall()
    names = ("table", "file", "delivered_on", "line", "reasons")
    return [dict(zip(names, row, strict=True)) for row in found]


def _quarantine(home: Home) -> str:
    ensure_catalogues(home)
    source = _published(home, "quarantine")
    if source is None:
        raise UsageError(
            "Nothing has been run on this home yet.",
            where=str(home.root),
            todo="run `outcomes run` first",
        )
    return source
