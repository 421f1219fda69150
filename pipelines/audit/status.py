"""Where a home stands: deliveries, quarantine, what is out of date, reports. Counts only."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from pipelines.audit import ledger
from pipelines.contracts.odcs import load_contracts
from pipelines.contracts.row_rules import explain
from pipelines.engine import quoted
from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.ingest.manifest import deliveries
from pipelines.ingest.reasons import reading_reasons
from pipelines.ingest.sources import waiting
from pipelines.warehouse.inputs import inputs_fingerprint
from pipelines.warehouse.snapshot import current_snapshot, ensure_catalogues
from pipelines.warehouse.store import Store

SHOWN_FILES = 3


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
        needs_attention=[*snapshot.facts.get("refusals", ()), *_last_failure(home)],
    )


def _last_failure(home: Home) -> list[str]:
    """What stopped the last run, if it did not end well."""
    runs = [event for event in ledger.events(home) if event["event"] in {"run", "run_failed"}]
    if not runs or runs[-1]["event"] == "run":
        return []
    return [f"The last run failed. {runs[-1]['details']['error']}"]


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
    """Rows in quarantine by table and reason: what was expected, what to do, the first files."""
    source = _quarantine(home)
    with duckdb.connect() as connection:
        found = connection.execute(
            "select table_name, reason, count(*), count(distinct (file_name, delivered_on)),"
            " list(distinct (delivered_on, file_name) order by (delivered_on, file_name))"
            f"[:{SHOWN_FILES}]"
            " from (select table_name, file_name, cast(delivered_on as varchar) as delivered_on,"
            f" unnest(reasons) as reason from {source}) where $table is null or table_name = $table"
            " group by 1, 2 order by 1, 2",
            {"table": table},
        ).fetchall()
    meanings = reading_reasons()
    for contract in load_contracts().values():
        meanings |= {rule.rule_id: (explain(rule), rule.what_to_do) for rule in contract.rules}
    return [
        {
            "table": name,
            "n_rows": n_rows,
            "reason": reason,
            "expected": meanings.get(reason, ("", ""))[0],
            "what_to_do": meanings.get(reason, ("", ""))[1],
            "n_files": n_files,
            "first_files": [
                {"file": file, "delivered_on": delivered_on} for delivered_on, file in first
            ],
        }
        for name, reason, n_rows, n_files, first in found
    ]


def summary_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The summary for people."""
    lines = []
    for row in rows:
        n_rows, more = row["n_rows"], row["n_files"] - len(row["first_files"])
        lines.append(
            f"{row['table']}  {n_rows:,} {'row' if n_rows == 1 else 'rows'}  {row['reason']}"
        )
        if row["expected"]:
            lines.append(f"  {row['expected']}")
        if row["what_to_do"]:
            lines.append(f"  what to do: {row['what_to_do']}")
        files = [f"{each['file']} of {each['delivered_on']}" for each in row["first_files"]]
        lines.append(f"  in {', '.join(files)}" + (f" and {more} more" if more else ""))
    return lines


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
