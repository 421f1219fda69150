"""`make bench BENCH=reports`: how long pages take, and how much memory.

- month: every view of a made-up clinic's month (page, PDF, CSV, Parquet, workbook, for both
  audiences) against the floor of rendering the same templates without charts;
- many: so many therapists' pages with their own charts, as HTML and as PDF, in two processes.

Times are wall-clock seconds; `processor` is what all processes together used.
"""

import argparse
import resource
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from functools import partial
from multiprocessing import get_context

import psutil
from rich.console import Console
from rich.table import Table

from pipelines.reporting.html import render_month
from pipelines.reporting.model import Chart, Report, Section
from pipelines.reporting.pdf import render_pdf
from pipelines.reporting.view_model import build_report
from pipelines.reporting.views import views_of
from tests.unit.reporting.conftest import PROVENANCE
from tests.unit.reporting.made_up_courses import Clinic, Settings
from tests.unit.reporting.mart_clinic import connect

MONTHS = 26
# The parts of a clinic's report that a therapist's page has too, and how many charts it draws.
SECTIONS, CHARTS = ("outcomes", "path", "care"), 4
PROCESSES = 2
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


def render_many(report: Report, numbers: range) -> tuple[int, float, int, int]:
    """Bytes written, seconds of processor, and bytes held early and at the end."""
    n_bytes, early = 0, 0
    for place, number in enumerate(numbers):
        page = therapist_page(report, number)
        n_bytes += len(render_month(page)) + len(render_pdf(page))
        if place == EARLY:
            early = _held()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return n_bytes, used.ru_utime + used.ru_stime, early or _held(), _held()


def _held() -> int:
    """Bytes in memory now; the most that a process ever held would count its parent's too."""
    return psutil.Process().memory_info().rss


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench BENCH=reports", description=__doc__)
    parser.add_argument("--pages", type=int, default=1_000, help="therapists' pages")
    options = parser.parse_args(arguments)
    reports = made_up_reports()
    shown = Table(title="Views of reports (seconds)")
    for heading in (
        "what",
        "wall",
        "processor",
        "floor",
        "times the floor",
        "MB early",
        "MB at end",
    ):
        shown.add_column(heading, justify="left" if heading == "what" else "right")

    begun, used = time.perf_counter(), time.process_time()
    for report in reports.values():
        render_month(replace(report, sections=without_charts(report.sections)))
    floor = time.process_time() - used
    begun, used = time.perf_counter(), time.process_time()
    for report in reports.values():
        views_of(report, {}, paper="a4")
    wall, busy = time.perf_counter() - begun, time.process_time() - used
    shown.add_row(
        f"month {date(2026, 10, 1):%B}", f"{wall:.1f}", f"{busy:.1f}", f"{floor:.2f}", f"{busy / floor:.1f}",
        "", f"{_held() / 1e6:,.0f}",
    )  # fmt: skip

    begun = time.perf_counter()
    parts = [range(start, options.pages, PROCESSES) for start in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        done = list(pool.map(partial(render_many, reports["director"]), parts))
    wall = time.perf_counter() - begun
    shown.add_row(
        f"{options.pages:,} therapists' pages", f"{wall:.1f}", f"{sum(each[1] for each in done):.1f}",
        "", "", f"{max(each[2] for each in done) / 1e6:,.0f}",
        f"{max(each[3] for each in done) / 1e6:,.0f}",
    )  # fmt: skip
    Console(width=120).print(shown)
