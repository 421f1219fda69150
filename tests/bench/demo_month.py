"""The demo clinic's whole month: every page as HTML and PDF, and all data beside them.

What is timed is what a run does for its reports once the tables are there; how long those take is
the other benchmark's.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.home import Home
from pipelines.months import latest_complete_month
from pipelines.reporting.crew import Crew
from pipelines.reporting.upkeep import ReportWriter
from pipelines.warehouse.build_run import BuildRun

BOUND_SECONDS = 30


@dataclass(frozen=True)
class Month:
    """How long a month took by the clock and by the processor, and what was written."""

    wall: float
    processor: float
    n_pages: int
    n_printed: int


@contextmanager
def demo_home(home: Path | None) -> Iterator[Home]:
    """A demo clinic's home that is there already, or one that is made for this and then removed."""
    if home is not None:
        yield Home(home)
        return
    with tempfile.TemporaryDirectory(prefix="outcomes-bench-") as folder:
        made = Path(folder) / "clinic"
        code = "from pipelines.cli import main; main()"
        command = [sys.executable, "-c", code, "demo", "--home", str(made), "--reports", "1"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        yield Home(made)


def write_month(home: Home) -> Month:
    """Write the newest month's drafts once more from the tables that are there."""
    run = BuildRun(home)
    try:
        run.keep_to_published_deliveries()
        assert run.as_of_on is not None
        month = latest_complete_month(run.as_of_on)
        begun, used = time.perf_counter(), _processor()
        with Crew() as crew:
            pages = ReportWriter(run, crew).write(month)
        wall, processor = time.perf_counter() - begun, _processor() - used
    finally:
        run.close()
    version = pages[0].parents[1]
    return Month(
        wall,
        processor,
        n_pages=len(list(version.rglob("*.html"))),
        n_printed=len(list(version.rglob("*.pdf"))),
    )


def _processor() -> float:
    """Seconds of processor of this process and of those it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
