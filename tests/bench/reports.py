"""`make bench BENCH=reports`: how long pages take, and how much memory.

- month: every view of a made-up clinic's month (page, PDF, CSV, Parquet, workbook, for both
  audiences) against the floor of rendering the same templates without charts;
- many: so many therapists' pages with charts of their own, as HTML and as PDF, in two processes,
  against the floor of the same pages without charts;
- demo: everything that a run writes of the demo clinic's newest month, once the tables are there.
  Its home is made for that, which takes minutes, unless `--home` names one; drafts of its newest
  month are then written once more.

Floor and result are of one run. Times are wall-clock seconds; `processor` is what all processes
together used; beside other work on the machine that tells more. A bound is for the clock of two
processors that do nothing else.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from pipelines.reporting.model import Chart, Report, Section
from pipelines.reporting.output.html import render_month
from pipelines.reporting.output.pdf import render_pdf
from pipelines.reporting.pages.view_model import build_report
from pipelines.reporting.views import views_of
from tests.bench.demo_month import BOUND_SECONDS, demo_home, write_month
from tests.unit.reporting.conftest import PROVENANCE
from tests.unit.reporting.made_up_courses import Clinic, Settings
from tests.unit.reporting.mart_clinic import connect

MONTHS = 26
# The parts of a clinic's report that a therapist's page has too, and how many charts it draws.
SECTIONS, CHARTS = ("outcomes", "path", "care"), 4
PROCESSES = 2
# Seconds for a thousand pages.
BOUND_MANY = 60
# Pages after which a process says how much memory it holds.
EARLY = 50


def made_up_reports() -> dict[str, Report]:
    """The reports of a made-up clinic's month, by audience."""
    clinic = Clinic(months=MONTHS)
    with connect(clinic) as connection:
        return {
            audience: build_report(
                connection,
                month=clinic.last_month,
                audience=audience,
                settings=Settings(),
                provenance=PROVENANCE,
            )
            for audience in ("director", "public")
        }


def without_charts(sections: Sequence[Section]) -> tuple[Section, ...]:
    """The same sections with nothing drawn."""
    return tuple(
        replace(section, charts=(), parts=without_charts(section.parts)) for section in sections
    )


def therapist_page(report: Report, number: int) -> Report:
    """A page with a therapist's name and drawings that no other page has."""
    name = f"Therapist Example {number}"
    charts = [chart for section in report.sections for chart in _charts(section)][:CHARTS]
    sections = tuple(
        replace(section, charts=(), parts=()) for section in report.sections
        if section.section_id in SECTIONS
    )  # fmt: skip
    drawn = Section("drawn", name, charts=tuple(_own(chart, name) for chart in charts))
    head = replace(report.head, title=f"{report.head.title}: {name}", month_name=name)
    return replace(report, head=head, sections=(drawn, *sections))


def _charts(section: Section) -> Iterator[Chart]:
    yield from section.charts
    for part in section.parts:
        yield from _charts(part)


def _own(chart: Chart, name: str) -> Chart:
    """The chart with a column that nothing draws, so that no drawing of another page serves."""
    data = {key: tuple({**row, "of": name} for row in rows) for key, rows in chart.data.items()}
    return replace(chart, title=f"{chart.title} ({name})", data=data)


@dataclass(frozen=True)
class Rendered:
    """What a process took for its pages: bytes written, seconds of processor, bytes held."""

    n_bytes: int
    busy: float
    early: int
    at_end: int


def render_many(report: Report, numbers: range, *, has_charts: bool) -> Rendered:
    """So many therapists' pages, each as HTML and as PDF."""
    n_bytes, early, begun = 0, 0, time.process_time()
    for place, number in enumerate(numbers):
        page = therapist_page(report, number)
        if not has_charts:
            page = replace(page, sections=without_charts(page.sections))
        n_bytes += len(render_month(page)) + len(render_pdf(page))
        if place == EARLY:
            early = _held()
    return Rendered(n_bytes, time.process_time() - begun, early or _held(), _held())


def _held() -> int:
    """Bytes in memory now; the most that a process ever held would count its parent's too."""
    return psutil.Process().memory_info().rss


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench BENCH=reports", description=__doc__)
    parser.add_argument("--pages", type=int, default=1_000, help="therapists' pages")
    parser.add_argument("--home", type=Path, help="a demo clinic's home; default: one is made")
    options = parser.parse_args(arguments)
    reports = made_up_reports()
    shown = Table(title="Views of reports (seconds)")
    columns = ("what", "wall", "processor", "bound", "times the floor", "MB early", "MB at end")
    for heading in columns:
        shown.add_column(heading, justify="left" if heading == "what" else "right")
    for row in (
        *month_rows(reports),
        *many_rows(reports["director"], options.pages),
        demo_row(options.home),
    ):
        shown.add_row(*row)
    Console(width=140).print(shown)


def month_rows(reports: dict[str, Report]) -> Iterator[tuple[str, ...]]:
    """The month's pages without charts, then all of its views."""

    def measured(render: Callable[[Report], object]) -> tuple[float, float]:
        begun, used = time.perf_counter(), time.process_time()
        for report in reports.values():
            render(report)
        return time.perf_counter() - begun, time.process_time() - used

    def bare(report: Report) -> object:
        return render_month(replace(report, sections=without_charts(report.sections)))

    # The first pages read templates and words, which no later one does.
    measured(bare)
    floor = measured(bare)
    yield "month, pages without charts", *_times(*floor), "", "", "", ""
    whole = measured(lambda report: views_of(report, {}, paper="a4"))
    ratio = f"{whole[1] / floor[1]:.1f}"
    yield "month, every view", *_times(*whole), "", ratio, "", _mb(_held())


def many_rows(report: Report, n_pages: int) -> Iterator[tuple[str, ...]]:
    """Therapists' pages without charts, then with them, by the same processes' work."""
    parts = [range(start, n_pages, PROCESSES) for start in range(PROCESSES)]
    floor = 0.0
    for has_charts in (False, True):
        begun = time.perf_counter()
        with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
            done = list(pool.map(partial(render_many, report, has_charts=has_charts), parts))
        wall = time.perf_counter() - begun
        busy = sum(each.busy for each in done)
        name = f"{n_pages:,} therapists' pages, {'four' if has_charts else 'no'} charts each"
        ratio = f"{busy / floor:.1f}" if has_charts else ""
        held = (max(each.early for each in done), max(each.at_end for each in done))
        bound = f"{BOUND_MANY * n_pages / 1_000:g}" if has_charts else ""
        yield name, *_times(wall, busy), bound, ratio, *map(_mb, held)
        floor = busy


def demo_row(home: Path | None) -> tuple[str, ...]:
    """The demo clinic's whole month beside its bound."""
    with demo_home(home) as found:
        month = write_month(found)
    name = f"the demo's month, {month.n_pages} pages, {month.n_printed} as PDF too"
    return name, *_times(month.wall, month.processor), str(BOUND_SECONDS), "", "", _mb(_held())


def _times(wall: float, busy: float) -> tuple[str, str]:
    return f"{wall:.2f}", f"{busy:.2f}"


def _mb(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.0f}"
