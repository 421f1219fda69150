"""Writing the reports of periods from the tables of a run: drafts, new versions, releases."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import Any

from pipelines.audit import ledger
from pipelines.comparison.made_tables import KEYS as MADE_TABLES
from pipelines.contracts.mart_contracts import load_mart_contracts
from pipelines.files import write_atomic
from pipelines.months import latest_complete_month, month_end
from pipelines.reporting.context import Context
from pipelines.reporting.crew import Crew, Task
from pipelines.reporting.figures.disclosure import AUDITOR, DIRECTOR, PUBLIC, THERAPIST
from pipelines.reporting.figures.periods import (
    Period,
    newest_of_its_kind,
    period_of,
    periods_that_end_with,
)
from pipelines.reporting.figures.quality import read_quality
from pipelines.reporting.model import Head, Page, Report, SubjectPage
from pipelines.reporting.pages.arrangement import arranged
from pipelines.reporting.pages.compliance_page import Kept, compliance_report
from pipelines.reporting.pages.data_quality_page import data_quality_page
from pipelines.reporting.pages.dictionary_page import dictionary_page
from pipelines.reporting.pages.head import DRAFT
from pipelines.reporting.pages.index_page import write_index_page
from pipelines.reporting.pages.methods_page import methods_page
from pipelines.reporting.pages.subject_pages import links_to_subjects, own_pages, subject_pages
from pipelines.reporting.pages.view_model import (
    build_report,
    clinic_report,
    is_whole,
    report_context,
)
from pipelines.reporting.releases.made_from import made_from, provenance
from pipelines.reporting.releases.restating import Restating, require_same_figures
from pipelines.reporting.releases.versions import (
    MADE_FROM,
    file_names,
    finish_swaps,
    last_released,
    newest_version,
    note_unchanged,
    released_periods,
    seal,
    staged,
)
from pipelines.reporting.releases.what_changed import released_head
from pipelines.reporting.subject_writing import data_name, write_page
from pipelines.reporting.views import write_views
from pipelines.reporting.wording import Wording, load_wording
from pipelines.reporting.write import (
    DATA_FILE,
    DATA_QUALITY_FILE,
    DICTIONARY_FILE,
    METHODS_FILE,
    PAGE_FILE,
)
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.inputs import inputs_fingerprint

# Rules that a clinic set itself and the names of its tables are its own affair.
SEES_COMPANIONS = (DIRECTOR,)


@dataclass(frozen=True)
class _Drafts:
    """The reports of a period, and its subjects' pages, which are made one by one when asked."""

    reports: Sequence[Report] = ()
    pages: Callable[[], Iterable[SubjectPage]] = tuple


@dataclass(frozen=True)
class _State:
    """What every page of a version says of it: its number, its release, what was before it."""

    number: int
    release: Mapping[str, Any] | None
    restating: Restating | None

    def stated(self, data_file: str, report: Report, *, is_brief: bool = False) -> Report:
        """A page with its version in its head and, after a release, what moved since."""
        words = _words(report)
        state = words.say(f"head.state.{DRAFT}", version=self.number)
        head = replace(report.head, version=self.number, state=DRAFT, state_words=state)
        report = replace(report, head=head)
        if self.restating is not None:
            report = self.restating.told(data_file, report, words, is_brief=is_brief)
        return report if self.release is None else released_head(report, self.release, words)


class ReportWriter:
    """Writes reports from the tables of one run, with a crew of its own or the one it is given."""

    def __init__(self, run: BuildRun, crew: Crew | None = None) -> None:
        self._run = run
        self._crew = crew or Crew()
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

    @cached_property
    def _provenance(self) -> dict[str, Any]:
        return provenance(self._run)

    def write(self, month: date) -> list[Path]:
        """Drafts of a month and of the quarter and the year that end with it, for every audience.

        Nothing when the month is not complete yet.
        """
        # The month last: what it was made from tells whether all that ends with it are there.
        periods = reversed(periods_that_end_with(month))
        return [path for period in periods for path in self.write_period(period)]

    def write_period(self, period: Period, release: Mapping[str, Any] | None = None) -> list[Path]:
        """Every audience's report of a period; nothing when it is not complete yet.

        A draft is replaced. Where the newest version is released, a draft of the next one is made
        when a figure on one of its pages has moved, and nothing is written when none has. With a
        `release`, the newest draft is written once more with its words, and sealed.
        """
        run = self._run
        if run.as_of_on is None or run.as_of_on < month_end(period.month):
            return []
        folder = run.home.reports / period.key
        finish_swaps(folder)
        newest, published = newest_version(folder), last_released(folder)
        drafts = self._drafts(period)
        if not drafts.reports:
            return []
        restating = None if published is None else Restating(published, self._made_from)
        if published is not None and restating is not None and not _has_moved(restating, drafts):
            note_unchanged(folder, self._inputs, published)
            return []
        number = 1 if newest is None else newest.number + newest.is_released
        state = _State(number, release, restating)
        with staged(folder, number) as version:
            self._crew.do(self._tasks(version, drafts, period, state))
            note = {**self._made_from, "files": file_names(version)}
            write_atomic(version / MADE_FROM, json.dumps(note, sort_keys=True) + "\n")
            if release is not None:
                require_same_figures(folder / f"v{number}", version)
                seal(version, release)
        return sorted((folder / f"v{number}").glob(f"*/{PAGE_FILE}"))

    def restate(self, months_written: Collection[str]) -> list[str]:
        """Look at every other released period again; those of which a figure has moved."""
        written = {
            each.key
            for month in months_written
            for each in periods_that_end_with(period_of(month).month)
        }
        return [
            key
            for key in released_periods(self._run.home.reports)
            if key not in written and self.write_period(period_of(key))
        ]

    def _drafts(self, period: Period) -> _Drafts:
        """The clinic's reports of a period and the pages of its subjects.

        The public has calendar years on the page of every month, and a therapist twelve months:
        neither has an edition of its own for a quarter or a year.
        """
        run = self._run
        names = [name for name in run.tables if name.startswith(("pub_", "ref_"))]
        with run.engine.views({name: run.table_path(name) for name in names}):
            director = self._context(period, DIRECTOR)
            if not is_whole(director):
                return _Drafts()
            auditor = compliance_report(
                run.engine.connection, self._context(period, AUDITOR), self._kept
            )
            therapist = self._context(period, THERAPIST) if period.is_month else None
            public = [self._public(period)] if period.is_month else []
            self._companions()
        linked = replace(director, links=links_to_subjects(director))
        return _Drafts(
            [
                *(self._arranged(each) for each in (clinic_report(linked), *public)),
                # Which of its sections an auditor reads is not for the clinic to choose.
                auditor,
            ],
            lambda: chain(
                subject_pages(director), () if therapist is None else own_pages(therapist)
            ),
        )

    def _public(self, period: Period) -> Report:
        return build_report(
            self._run.engine.connection,
            month=period.month,
            audience=PUBLIC,
            settings=self._run.settings,
            provenance=self._provenance,
        )

    def _context(self, period: Period, audience: str) -> Context:
        run = self._run
        return report_context(
            run.engine.connection,
            month=period.month,
            audience=audience,
            settings=run.settings,
            provenance=self._provenance,
            kind=period.kind,
        )

    @cached_property
    def _kept(self) -> Kept:
        run = self._run
        years = run.settings.governance.retention_years
        return Kept(run.deliveries, ledger.events(run.home), years)

    def _arranged(self, report: Report) -> Report:
        return arranged(report, self._run.settings.report)

    def _tasks(
        self, version: Path, drafts: _Drafts, period: Period, state: _State
    ) -> Iterator[Task]:
        """What writes each report and each subject's page into a version's folder.

        The pages have PDFs where the version is read, not for all of a history.
        """
        run, settings = self._run, self._run.settings
        paper, look = settings.print.paper, settings.report
        for report in drafts.reports:
            stated = state.stated(_data_file(report), report)
            yield partial(
                write_views, version, stated, self._beside(stated.head), paper=paper, look=look
            )
        is_newest = run.as_of_on is not None and newest_of_its_kind(
            period, latest_complete_month(run.as_of_on)
        )
        is_read = is_newest or state.restating is not None or state.release is not None
        for page in drafts.pages():
            stated = state.stated(_page_file(page), page.report, is_brief=True)
            yield partial(
                write_page,
                version / stated.head.audience,
                replace(page, report=stated),
                paper=paper if is_read else None,
                look=look,
            )

    def _beside(self, head: Head) -> dict[str, Page]:
        """The pages that lie beside an audience's report, in its state."""
        pages = self._pages if head.audience in SEES_COMPANIONS else {}
        return {
            file: replace(page, state=head.state, state_words=head.state_words)
            for file, page in pages.items()
        }

    def _companions(self) -> None:
        """Make the pages beside a report, which are the same for all months of a run."""
        run, words = self._run, load_wording()
        if self._pages:
            return
        clinic, contracts = run.settings.clinic_name, load_mart_contracts()
        self._pages[METHODS_FILE] = methods_page(
            run.engine.connection,
            run.models,
            words,
            clinic=clinic,
            parameters=run.parameters,
            made=[each for name, each in contracts.items() if name in MADE_TABLES],
        )
        self._pages[DICTIONARY_FILE] = dictionary_page(
            contracts, run.contracts, words, clinic=clinic
        )
        if run.as_of_on is not None:
            self._pages[DATA_QUALITY_FILE] = data_quality_page(
                read_quality(run.engine.connection, "director"),
                run.contracts,
                words,
                clinic=clinic,
                as_of_on=run.as_of_on,
            )

    def write_index(self) -> int:
        """The page that lists all periods and versions; returns how many periods it lists."""
        return write_index_page(self._run.home)


def _words(report: Report) -> Wording:
    return load_wording(report.head.language)


def _data_file(report: Report) -> str:
    return f"{report.head.audience}/{DATA_FILE}"


def _page_file(page: SubjectPage) -> str:
    return f"{page.report.head.audience}/{data_name(page)}"


def _has_moved(restating: Restating, drafts: _Drafts) -> bool:
    """Whether a figure differs from the released version; pages are made until one does."""

    def pages() -> Iterator[tuple[str, Report]]:
        for report in drafts.reports:
            yield _data_file(report), report
        for page in drafts.pages():
            yield _page_file(page), page.report

    return any(restating.moves(data_file, report) for data_file, report in pages())
