"""`make bench`: from landing to marts, against what DuckDB alone needs for the bare work.

For each size a clinic of 24 months and one more is made up; that is not timed. Then, each in a
process of its own and in the same call:

- floor: DuckDB reads the same files with declared types, writes each table as Parquet, and makes
  one group-by of these for each mart that there is (`group_bys.py`), written as Parquet too;
  nothing else is in it: no check, no key, no contract, no interpreter's start;
- whole: `pull` and the Dagster job for all tables, the published ones too, on an empty home, Great
  Expectations and Dagster's own history included;
- one more month: the same on the home that has the 24 months;
- metrics: every model from the staged tables on, against the bare work of each mart on the same
  Parquet, in three readings of that (`metrics.py`).

Times are wall-clock seconds, but for the line that says "processor". "start" is importing the
libraries; "wall" is everything.

`make bench BENCH=comparison` is about something else: the comparison of therapists on clinics whose
truth is known (`comparison.py`); `BENCH=comparison-speed` measures it on a million courses.
`BENCH=reports` measures pages, PDFs and data files (`reports.py`).
`BENCH=ingest` is reading and checking alone, against bare reading (`ingest.py`).
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pipelines.demo.clinic import DemoOptions, clients_for, write_deliveries
from pipelines.home import Home
from tests.bench import comparison, comparison_speed, ingest, reports

MONTHS = 25
DEFAULT_SIZES = (100_000, 1_000_000)


def measure(size: int, folder: Path) -> dict[str, Any]:
    """One size: floor, whole and one more month, in processes of their own."""
    deliveries = folder / "deliveries"
    options = DemoOptions(
        clients=clients_for(size, months=MONTHS), months=MONTHS, defects=False, format="csv"
    )
    write_deliveries(options, deliveries)
    months = sorted(path for path in deliveries.iterdir() if path.is_dir())
    home = Home.create(folder / "home", name="Benchmark", salt="bench")
    for month in months[:-1]:
        month.rename(home.inbox / month.name)
    found = {
        "size": size,
        "n_bytes": sum(path.stat().st_size for path in home.inbox.rglob("*.csv")),
        "floor": _child("floor", home.inbox),
        "whole": _child("run", home.root),
    }
    months[-1].rename(home.inbox / months[-1].name)
    found["month"] = _child("run", home.root)
    found["again"] = _child("run", home.root)
    found["metrics"] = _child("metrics", home.root)
    found["ratio"] = found["whole"]["work_s"] / found["floor"]["work_s"]
    found["month_share"] = found["month"]["work_s"] / found["whole"]["work_s"]
    return found


def _child(task: str, path: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.child", task, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"the {task} of the benchmark failed with {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def show(results: Sequence[dict[str, Any]]) -> None:
    """The figures as tables."""
    console = Console(width=120)
    table = Table(title="Landing to marts, against DuckDB alone (seconds)")
    for name in ("responses", "MB", "floor", "whole", "ratio", "one more month", "share of whole",
                 "nothing new", "start", "wall", "peak MB"):  # fmt: skip
        table.add_column(name, justify="right")
    for found in results:
        whole, month = found["whole"], found["month"]
        table.add_row(
            f"{whole['n_responses']:,}",
            f"{found['n_bytes'] / 1e6:,.0f}",
            f"{found['floor']['work_s']:.2f}",
            f"{whole['work_s']:.2f}",
            f"{found['ratio']:.1f}",
            f"{month['work_s']:.2f}",
            f"{found['month_share']:.0%}",
            f"{found['again']['work_s']:.2f}",
            f"{whole['start_s']:.1f}",
            f"{whole['wall_s']:.1f}",
            f"{whole['peak_mb']:,.0f}",
        )
    console.print(table)
    steps = Table(title="Stages of the whole, and of one more month (seconds)")
    steps.add_column("stage")
    for found in results:
        label = f"{found['whole']['n_responses']:,}"
        steps.add_column(label, justify="right")
        steps.add_column("month", justify="right")
    for name in results[0]["whole"]["steps"]:
        cells = []
        for found in results:
            cells += [f"{found[part]['steps'].get(name, 0.0):.2f}" for part in ("whole", "month")]
        steps.add_row(name, *cells)
    # Beside other work on the machine this tells more than the time on the wall.
    used = [f"{found[part]['cpu_s']:.1f}" for found in results for part in ("whole", "month")]
    steps.add_row("processor, start included", *used)
    console.print(steps)
    models = Table(title="Metrics from staged tables, and the bare work of each mart (seconds)")
    models.add_column("model")
    kinds = {"narrow": "narrow", "rows": "rows", "at_grain": "at its grain"}
    for found in results:
        models.add_column(f"{found['whole']['n_responses']:,}", justify="right")
        for title in kinds.values():
            models.add_column(title, justify="right")
    for name in results[0]["metrics"]["steps"]:
        cells = []
        for found in results:
            measured = found["metrics"]
            cells += [
                f"{measured[part][name]:.2f}" if name in measured[part] else ""
                for part in ("steps", *kinds)
            ]
        models.add_row(name, *cells)
    totals = []
    for found in results:
        work_s = found["metrics"]["work_s"]
        narrow_s, rows_s, grain_s = (sum(found["metrics"][kind].values()) for kind in kinds)
        totals += [
            f"{work_s:.2f}",
            f"{narrow_s:.2f} ({work_s / narrow_s:.1f} times)",
            f"{rows_s:.2f} (with narrow: {work_s / (narrow_s + rows_s):.1f} times)",
            f"{grain_s:.2f} ({work_s / grain_s:.1f} times)",
        ]
    models.add_row("all", *totals)
    models.add_row(
        "peak MB",
        *(
            text
            for found in results
            for text in (f"{found['metrics']['peak_mb']:,.0f}", "", "", "")
        ),
    )
    console.print(models)


def main() -> None:
    """Parse, measure, print."""
    others = {
        "comparison": comparison.main,
        "comparison-speed": comparison_speed.main,
        "ingest": ingest.main,
        "reports": reports.main,
    }
    if sys.argv[1:2] and sys.argv[1] in others:
        others[sys.argv[1]](sys.argv[2:])
        return
    parser = argparse.ArgumentParser(prog="make bench BENCH=...", description=__doc__)
    parser.add_argument("--responses", type=int, nargs="+", default=DEFAULT_SIZES)
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    results = []
    for size in sorted(options.responses):
        folder = Path(tempfile.mkdtemp(prefix="outcomes-bench-", dir=options.folder))
        try:
            results.append(measure(size, folder))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        show(results[-1:])
    if len(results) > 1:
        show(results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
