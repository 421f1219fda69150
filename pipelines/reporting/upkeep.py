"""Which months need a report, and writing them from the tables of a run."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.contracts.mart_contracts import load_mart_contracts
from pipelines.errors import UsageError
from pipelines.files import sha256_text, write_atomic
from pipelines.home import Home
from pipelines.ingest.manifest import deliveries
from pipelines.months import latest_complete_month, month_end, month_of, months_between
from pipelines.reporting.data_quality_page import data_quality_page, read_quality
from pipelines.reporting.dictionary_page import dictionary_page
from pipelines.reporting.disclosure import audience_policies
from pipelines.reporting.html import render_index
from pipelines.reporting.methods_page import methods_page
from pipelines.reporting.model import Page, Report
from pipelines.reporting.view_model import build_report
from pipelines.reporting.views import views_of
from pipelines.reporting.wording import load_wording
from pipelines.reporting.write import (
    DATA_QUALITY_FILE,
    DICTIONARY_FILE,
    METHODS_FILE,
    index_entries,
    write_index,
    write_report,
)
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.checked_deliveries import episode_gaps
from pipelines.warehouse.inputs import code_fingerprint, inputs_fingerprint

MADE_FROM = "made_from.json"
# Rules that a clinic set itself and the names of its tables are its own affair.
SEES_COMPANIONS = ("director",)


def months_to_report(home: Home, *, month: str | None, all_months: bool) -> list[str]:
    """The months, `YYYY-MM` in order, whose report is wanted; none when no month is complete.

    Without a choice it is the latest complete month; all are those since the first delivery.

    Raises: UsageError when the month asked for is not complete yet.
    """
    landed = deliveries(home)
    if not landed:
        return []
    latest = latest_complete_month(landed[-1].delivered_on)
    if month is not None:
        asked = month_of(month)
        if asked > latest:
            raise UsageError(
                "This month is not complete.",
                where=month,
                expected=f"a delivery on or after {month_end(asked)}",
                found=f"the latest one is of {landed[-1].delivered_on}",
                todo="wait for the next delivery, or ask for an earlier month",
            )
        return [f"{asked:%Y-%m}"]
    if not all_months:
        return [f"{latest:%Y-%m}"]
    first = min(latest_complete_month(landed[0].delivered_on), latest)
    return [f"{each:%Y-%m}" for each in months_between(first, latest)]


def reports_missing(home: Home, months: Sequence[str], inputs: str) -> list[str]:
    """Those of these months whose report is not there or was made from something else."""
    return [
        month for month in months if not inputs or _made_from(home.reports / month / "v1") != inputs
    ]


def _made_from(folder: Path) -> str:
    try:
        note = json.loads((folder / MADE_FROM).read_text(encoding="utf-8"))
        is_whole = all((folder / file).is_file() for file in note["files"])
        return str(note["inputs"]) if is_whole else ""
    except (FileNotFoundError, ValueError, KeyError):
        return ""


class ReportWriter:
    """Writes reports from the tables of one run."""

    def __init__(self, run: BuildRun) -> None:
        self._run = run
        self._pages: dict[str, Page] = {}
        # Tables that this run has not made are of the published set, whatever that was made from.
        self._inputs = (
            inputs_fingerprint(run.home, run.deliveries)
            if set(run.models) <= set(run.built)
            else run.base.inputs
        )

    def write(self, month: date) -> list[Path]:
        """Every audience's report of a month; nothing when the month is not complete yet."""
        run = self._run
        if run.as_of_on is None or run.as_of_on < month_end(month):
            return []
        names = [name for name in run.tables if name.startswith(("pub_", "ref_"))]
        written: list[Path] = []
        with run.engine.views({name: run.table_path(name) for name in names}):
            for audience in sorted(audience_policies()):
                report = build_report(
                    run.engine.connection,
                    month=month,
                    audience=audience,
                    settings=run.settings,
                    provenance=self._provenance(),
                )
                pages = self._companions() if audience in SEES_COMPANIONS else {}
                written += self._write(report, pages)
        folder = run.home.reports / f"{month:%Y-%m}" / "v1"
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        note = {
            "inputs": self._inputs,
            "files": [
                path.relative_to(folder).as_posix() for path in files if path.name != MADE_FROM
            ],
        }
        write_atomic(folder / MADE_FROM, json.dumps(note) + "\n")
        return written

    def _write(self, report: Report, pages: Mapping[str, Page]) -> list[Path]:
        views = views_of(report, pages, paper=self._run.settings.print.paper)
        written = write_report(self._run.home.reports, views.report, views.page, views.files)
        return [written.page, written.data]

    def _companions(self) -> dict[str, Page]:
        """The pages beside a report, which are the same for all months of a run."""
        run, words = self._run, load_wording()
        if not self._pages:
            clinic = run.settings.clinic_name
            self._pages[METHODS_FILE] = methods_page(
                run.engine.connection,
                run.models,
                words,
                clinic=clinic,
                parameters=run.parameters,
            )
            self._pages[DICTIONARY_FILE] = dictionary_page(
                load_mart_contracts(), words, clinic=clinic
            )
            if run.as_of_on is not None:
                self._pages[DATA_QUALITY_FILE] = data_quality_page(
                    read_quality(run.engine.connection, "director"),
                    run.contracts,
                    words,
                    clinic=clinic,
                    as_of_on=run.as_of_on,
                )
        return self._pages

    def _provenance(self) -> dict[str, Any]:
        run = self._run
        gaps = episode_gaps(run.home, run.deliveries, run.catalogue)
        turned = run.settings.turned_instruments
        sources = []
        for source in sorted({file.source for files in run.files.values() for file in files}):
            out_of_scope = {
                kind: sum(file.n_delivered for file in files if file.source == source)
                for kind, files in sorted(run.files.items())
                if kind not in run.contracts
            }
            sources.append(
                {
                    "name": source,
                    "out_of_scope": {kind: n for kind, n in out_of_scope.items() if n},
                    **({"episode_gap_days": gaps[source]} if source in gaps else {}),
                    **({"turned_instruments": sorted(turned[source])} if source in turned else {}),
                }
            )
        return {
            "code_revision": code_fingerprint()[:12],
            "catalogue_digest": run.catalogue.digest,
            "contracts": {name: each.version for name, each in sorted(run.contracts.items())},
            "inputs_hash": sha256_text(
                *(f"{name} {table.content}" for name, table in sorted(run.tables.items()))
            ),
            "sources": sources,
        }

    def write_index(self) -> int:
        """The page that lists all months and versions; returns how many months it lists."""
        folder = self._run.home.reports
        entries = list(index_entries(folder))
        page = render_index(entries, clinic=self._run.settings.clinic_name)
        write_index(folder, page)
        return len({entry.month for entry in entries})
