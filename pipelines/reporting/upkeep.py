"""Which months need a report, and writing them from the tables of a run."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from pipelines.audit import ledger
from pipelines.contracts.mart_contracts import load_mart_contracts
from pipelines.errors import ModelError, UsageError
from pipelines.files import sha256_text, write_atomic
from pipelines.home import Home
from pipelines.ingest.manifest import deliveries
from pipelines.months import latest_complete_month, month_end, month_of, months_between
from pipelines.reporting.arrangement import arranged
from pipelines.reporting.compliance_page import Kept, compliance_report, of_the_period
from pipelines.reporting.context import Context
from pipelines.reporting.data_quality_page import data_quality_page, read_quality
from pipelines.reporting.dictionary_page import dictionary_page
from pipelines.reporting.disclosure import AUDITOR, DIRECTOR, PUBLIC, THERAPIST
from pipelines.reporting.figures import MONTH
from pipelines.reporting.figures_moved import Move, count_figures, figures_moved
from pipelines.reporting.head import DRAFT, period_key
from pipelines.reporting.html import render_index
from pipelines.reporting.made_from import made_from, reasons
from pipelines.reporting.methods_page import methods_page
from pipelines.reporting.model import Page, Report, SubjectPage
from pipelines.reporting.subject_pages import links_to_subjects, own_pages, subject_pages
from pipelines.reporting.subject_writing import write_pages
from pipelines.reporting.versions import (
    MADE_FROM,
    Version,
    file_names,
    finish_swaps,
    holds_for,
    last_released,
    newest_version,
    note_unchanged,
    released_periods,
    seal,
    staged,
)
from pipelines.reporting.view_model import (
    build_report,
    clinic_report,
    is_whole,
    kinds_that_end_with,
    report_context,
)
from pipelines.reporting.views import views_of
from pipelines.reporting.what_changed import Published, released_head, with_changes
from pipelines.reporting.wording import Wording, load_wording
from pipelines.reporting.write import (
    DATA_FILE,
    DATA_QUALITY_FILE,
    DICTIONARY_FILE,
    METHODS_FILE,
    PAGE_FILE,
    index_entries,
    write_index,
    write_report,
)
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.checked_deliveries import episode_gaps
from pipelines.warehouse.inputs import code_fingerprint, inputs_fingerprint

# Rules that a clinic set itself and the names of its tables are its own affair.
SEES_COMPANIONS = (DIRECTOR,)


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
    return [month for month in months if not holds_for(home.reports / month, inputs)]


def _stored(version: Path, audience: str) -> dict[str, Any] | None:
    """The content of an audience's report.json; None where the version has none."""
    path = version / audience / DATA_FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def write_index_page(home: Home, *, stopped: Mapping[str, str] | None = None) -> int:
    """The page that lists all months and versions; returns how many months it lists.

    `stopped` is what the last run was stopped by: the kind of the error, where, what was found.
    """
    words = load_wording()
    banner = ""
    if stopped is not None:
        gate = f"gates.{stopped['gate']}"
        banner = words.say(
            "gates.stopped",
            gate=words.say(gate if words.has(gate) else "gates.other"),
            details="; ".join(text for name in ("where", "found") if (text := stopped[name])),
        )
    entries = list(index_entries(home.reports))
    page = render_index(entries, clinic=home.settings.clinic_name, stopped=banner)
    write_index(home.reports, page)
    return len({entry.month for entry in entries})


@dataclass(frozen=True)
class _Drafts:
    """The reports of a period, and its subjects' pages, which are made one by one when asked."""

    reports: Sequence[Report] = ()
    pages: Callable[[], Iterable[SubjectPage]] = tuple


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

    @cached_property
    def _made_from(self) -> dict[str, Any]:
        return made_from(self._run, self._inputs)

    def write(self, month: date, release: Mapping[str, Any] | None = None) -> list[Path]:
        """Every audience's report of a month; nothing when the month is not complete yet.

        A draft is replaced. Where the newest version is released, a draft of the next one is made
        when a figure of it has moved, and nothing is written when none has. With a `release`, the
        newest draft is written once more with its words, and sealed; without one, the quarter and
        the year that end with the month are written too.
        """
        run = self._run
        if run.as_of_on is None or run.as_of_on < month_end(month):
            return []
        kinds = kinds_that_end_with(month) if release is None else (MONTH,)
        # The month last: what it was made from tells whether all that ends with it are there.
        return [
            path for kind in reversed(kinds) for path in self._write_period(month, kind, release)
        ]

    def _write_period(
        self, month: date, kind: str, release: Mapping[str, Any] | None
    ) -> list[Path]:
        period = self._run.home.reports / period_key(kind, month)
        finish_swaps(period)
        newest, published = newest_version(period), last_released(period)
        drafts = self._drafts(month, kind)
        reports = drafts.reports
        if not reports:
            return []
        moves = self._moves(published, reports) if published is not None else {}
        if published is not None and not any(moves.values()):
            note_unchanged(period, self._inputs, published)
            return []
        number = 1 if newest is None else newest.number + newest.is_released

        with staged(period, number) as folder:
            for report in reports:
                numbered = self._numbered(report, number)
                if published is not None:
                    numbered = self._with_changes(numbered, moves[report.head.audience], published)
                if release is not None:
                    numbered = released_head(numbered, release, self._words(report))
                self._write(folder, numbered)
            self._write_pages(folder, drafts.pages(), month, number, published, release)
            note = {**self._made_from, "files": file_names(folder)}
            write_atomic(folder / MADE_FROM, json.dumps(note, sort_keys=True) + "\n")
            if release is not None:
                self._require_same_figures(period / f"v{number}", folder)
                seal(folder, release)
        return sorted((period / f"v{number}").glob(f"*/{PAGE_FILE}"))

    def restate(self, months_written: Collection[str]) -> list[str]:
        """Look at every other released month again; those of which a figure has moved."""
        return [
            month
            for month in released_periods(self._run.home.reports)
            if month not in months_written and self.write(month_of(month))
        ]

    def _drafts(self, month: date, kind: str) -> _Drafts:
        """The clinic's reports of a period, and beside a month's the pages of its subjects."""
        run = self._run
        names = [name for name in run.tables if name.startswith(("pub_", "ref_"))]
        with run.engine.views({name: run.table_path(name) for name in names}):
            director = self._context(month, kind, DIRECTOR)
            if kind != MONTH:
                self._companions()
                whole = [director] if is_whole(director) else []
                return _Drafts([self._arranged(clinic_report(each)) for each in whole])
            therapist = self._context(month, kind, THERAPIST)
            public = build_report(
                run.engine.connection,
                month=month,
                audience=PUBLIC,
                settings=run.settings,
                provenance=self._provenance(),
            )
            auditor = compliance_report(
                run.engine.connection, self._context(month, kind, AUDITOR), self._kept
            )
            self._companions()
        linked = replace(director, links=links_to_subjects(director.figures))
        return _Drafts(
            [
                *(self._arranged(each) for each in (clinic_report(linked), public)),
                # Which of its sections an auditor reads is not for the clinic to choose.
                auditor,
            ],
            lambda: chain(subject_pages(director), own_pages(therapist)),
        )

    @cached_property
    def _kept(self) -> Kept:
        run = self._run
        years = run.settings.governance.retention_years
        return Kept(run.deliveries, ledger.events(run.home), years)

    def _arranged(self, report: Report) -> Report:
        return arranged(report, self._run.settings.report)

    def _context(self, month: date, kind: str, audience: str) -> Context:
        run = self._run
        return report_context(
            run.engine.connection,
            month=month,
            audience=audience,
            settings=run.settings,
            provenance=self._provenance(),
            kind=kind,
        )

    def _moves(self, published: Version, reports: Sequence[Report]) -> dict[str, list[Move]]:
        """By audience the figures that differ from the published version."""
        is_same_code = published.made_from["code"] == self._made_from["code"]
        return {
            report.head.audience: figures_moved(
                before, json.loads(report.to_json()), is_same_code=is_same_code
            )
            if (before := _stored(published.folder, report.head.audience)) is not None
            else []
            for report in reports
        }

    def _with_changes(self, report: Report, moves: Sequence[Move], version: Version) -> Report:
        before = _stored(version.folder, report.head.audience)
        if before is None:
            return report
        published = Published(
            version=version.number,
            released_by=version.release["by"],
            released_on=date.fromisoformat(version.release["on"]),
            n_figures=count_figures(before),
            code=version.made_from["code"],
        )
        why = reasons(version.made_from, self._made_from)
        code = self._made_from["code"]
        return with_changes(report, moves, published, why, self._words(report), code=code)

    def _numbered(self, report: Report, number: int) -> Report:
        state = self._words(report).say(f"head.state.{DRAFT}", version=number)
        head = replace(report.head, version=number, state=DRAFT, state_words=state)
        return replace(report, head=head)

    @staticmethod
    def _words(report: Report) -> Wording:
        return load_wording(report.head.language)

    @staticmethod
    def _require_same_figures(draft: Path, released: Path) -> None:
        """Nobody releases what nobody has read.

        Raises: ModelError when a figure of the released pages is not the draft's.
        """
        for path in sorted(draft.glob(f"*/{DATA_FILE}")):
            before = json.loads(path.read_text(encoding="utf-8"))
            after = _stored(released, path.parent.name)
            if after is None or of_the_period(before) != of_the_period(after):
                raise ModelError(
                    "The draft cannot be made a second time as it is.",
                    where=f"{draft.parent.name}, {draft.name}, {path.parent.name}",
                    expected="the same figures and sentences",
                    found="others",
                    todo="nothing was released; run `outcomes run` and read the draft again",
                )

    def _write(self, folder: Path, report: Report) -> None:
        pages = self._pages if report.head.audience in SEES_COMPANIONS else {}
        pages = {
            file: replace(page, state=report.head.state, state_words=report.head.state_words)
            for file, page in pages.items()
        }
        settings = self._run.settings
        views = views_of(report, pages, paper=settings.print.paper, look=settings.report)
        write_report(folder, views.report, views.page, views.files)

    def _write_pages(
        self,
        folder: Path,
        pages: Iterable[SubjectPage],
        month: date,
        number: int,
        published: Version | None,
        release: Mapping[str, Any] | None,
    ) -> None:
        """The subjects' pages; with PDFs where the version is read, not for all of a history."""
        run, settings = self._run, self._run.settings

        def stated(page: SubjectPage) -> SubjectPage:
            report = self._numbered(page.report, number)
            if published is not None:
                moved = self._words(report).say("subjects.what_moved")
                report = replace(report, head=replace(report.head, change_words=moved))
            if release is not None:
                report = released_head(report, release, self._words(report))
            return replace(page, report=report)

        newest = latest_complete_month(run.as_of_on) if run.as_of_on else None
        is_read = month == newest or published is not None or release is not None
        paper = settings.print.paper if is_read else None
        write_pages(folder, map(stated, pages), paper=paper, look=settings.report)

    def _companions(self) -> None:
        """Make the pages beside a report, which are the same for all months of a run."""
        run, words = self._run, load_wording()
        if self._pages:
            return
        clinic = run.settings.clinic_name
        self._pages[METHODS_FILE] = methods_page(
            run.engine.connection,
            run.models,
            words,
            clinic=clinic,
            parameters=run.parameters,
        )
        self._pages[DICTIONARY_FILE] = dictionary_page(
            load_mart_contracts(), run.contracts, words, clinic=clinic
        )
        if run.as_of_on is not None:
            self._pages[DATA_QUALITY_FILE] = data_quality_page(
                read_quality(run.engine.connection, "director"),
                run.contracts,
                words,
                clinic=clinic,
                as_of_on=run.as_of_on,
            )

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
        return write_index_page(self._run.home)
