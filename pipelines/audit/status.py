"""Where a home stands: deliveries, quarantine, what is out of date, reports. Counts only."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from pipelines.audit import ledger
from pipelines.engine import quoted
from pipelines.home import Home
from pipelines.ingest.manifest import deliveries
from pipelines.ingest.sources import waiting
from pipelines.reporting.releases.versions import (
    Version,
    altered_files,
    drafts_out_of_date,
    newest_version,
    versions_of,
)
from pipelines.warehouse.inputs import inputs_fingerprint
from pipelines.warehouse.snapshot import current_snapshot
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
    needs_attention: list[str]

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
            *(f"Attention   {problem}" for problem in self.needs_attention),
        ]


def home_status(home: Home) -> HomeStatus:
    """Read, never write, what there is."""
    landed = deliveries(home)
    snapshot = current_snapshot(home)
    inputs = inputs_fingerprint(home)
    old = {
        newest_version(home.reports / period) for period in drafts_out_of_date(home.reports, inputs)
    }
    versions = [
        (period.name, version)
        for period in sorted(home.reports.glob("*"))
        for version in versions_of(period)
    ]
    return HomeStatus(
        home=str(home.root),
        n_deliveries=len(landed),
        latest_delivered_on=str(landed[-1].delivered_on) if landed else None,
        waiting=[offer.name or "loose files" for offer in waiting(home)],
        n_rows=_rows_by_status(home),
        is_up_to_date=bool(snapshot.inputs) and snapshot.inputs == inputs,
        n_tables=len(snapshot.tables),
        reports=[
            f"{period} v{version.number} ({_state(version, old)})" for period, version in versions
        ],
        needs_attention=[
            *snapshot.facts.get("refusals", ()),
            *snapshot.facts.get("warnings", ()),
            *_last_failure(home),
            *(
                f"A released report was altered: {period} v{version.number}, {', '.join(altered)}"
                for period, version in versions
                if version.is_released and (altered := altered_files(version.folder))
            ),
        ],
    )


def _state(version: Version, out_of_date: Collection[Version | None]) -> str:
    if version.is_released:
        return "released"
    return "draft, out of date" if version in out_of_date else "draft"


def _last_failure(home: Home) -> list[str]:
    """What stopped the last run, if it did not end well."""
    runs = [event for event in ledger.events(home) if event["event"] in {"run", "run_failed"}]
    if not runs or runs[-1]["event"] == "run":
        return []
    return [f"The last run failed. {runs[-1]['details']['error']}"]


def _rows_by_status(home: Home) -> dict[str, int]:
    counts = current_snapshot(home).tables.get("stg_row_counts")
    if counts is None:
        return {}
    file = quoted(str(Store(home.warehouse).path(counts.table, counts.content)))
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select row_status, sum(n_rows) from read_parquet({file}) group by 1 order by 1"
        ).fetchall()
    return {status: int(n_rows) for status, n_rows in found}
