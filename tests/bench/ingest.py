"""`make bench BENCH=ingest`: reading and checking, against DuckDB on the same bytes without checks.

Made up, and not timed: responses with nine answers each as CSV; FHIR Observations with a total each,
and QuestionnaireResponses with as many answers. Then, each in a process of its own and a floor
beside it in the same call:

- checked: DuckDB reads the CSV with declared types and writes it as Parquet, against our reading
  with every cell typed, every row rule judged and every reason kept; then the same with the answers
  folded to one row a form, which is work of the tables after it;
- NDJSON read: DuckDB reads it with declared types and writes it, against our table of the same
  resources; then with conversion to the canonical tables and their check, which no floor does.
  The floor declares the parts that these files have; beside it stands one that declares all parts
  that have to be looked for in any such resource;
- rules: the same cells typed and written, with no rule and with all of them, over every table;
- everything: check, cross-table rules, duplicates, settling, pseudonyms and accounts of a home,
  against the same without a single rule, which is what the rules cost, and against the floors,
  which do none of that; Great Expectations' own run, most of it its start, apart;
- bounded: one file of answers with an engine of little memory, and the peak of the process.

A quoted line break makes a file one for the tolerant reader, which is measured too. Seconds are
wall-clock; on a machine that others use too the ratio of CPU seconds is the one to look at.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from pipelines.contracts.odcs import Contract
from pipelines.home import Home
from tests.bench.made_deliveries import ANSWERS, ITEMS, Sizes, make

DAY = date(2026, 1, 31)
# As 5 GB in 2 GB: a file of two and a half times the process's whole memory.
BOUNDED_MB = 1_000
BOUNDED_PEAK_MB = 400
BOUNDED_ENGINE = "200MB"
_JSON_TYPES = {
    "Observation": {
        "resourceType": "VARCHAR",
        "id": "VARCHAR",
        "status": "VARCHAR",
        "code": "STRUCT(coding STRUCT(system VARCHAR, code VARCHAR)[])",
        "subject": "STRUCT(reference VARCHAR)",
        "effectiveDateTime": "TIMESTAMPTZ",
        "valueInteger": "INTEGER",
    },
    "QuestionnaireResponse": {
        "resourceType": "VARCHAR",
        "id": "VARCHAR",
        "status": "VARCHAR",
        "questionnaire": "VARCHAR",
        "subject": "STRUCT(reference VARCHAR)",
        "authored": "TIMESTAMPTZ",
        "item": "STRUCT(linkId VARCHAR,"
        " answer STRUCT(valueCoding STRUCT(system VARCHAR, code VARCHAR))[])[]",
    },
}
# ---------------------------------------------------------------- one measured process


def now() -> tuple[float, float]:
    """Wall-clock and CPU seconds of this process."""
    return time.perf_counter(), time.process_time()


def since(started: tuple[float, float]) -> dict[str, Any]:
    """The seconds since then: `s` wall-clock, `cpu_s` CPU."""
    return {"s": time.perf_counter() - started[0], "cpu_s": time.process_time() - started[1]}


def floor_csv(path: Path, scratch: Path) -> dict[str, Any]:
    """DuckDB reads with declared types and writes, without a check."""
    from pipelines.contracts.cell_types import DUCKDB_TYPES
    from pipelines.contracts.odcs import load_contracts

    contract = load_contracts()[path.stem]
    types = {column.name: DUCKDB_TYPES[column.type] for column in contract.columns}
    with path.open(encoding="utf-8") as lines:
        header = next(lines).strip().split(",")
    columns = {name: types[name] for name in header}
    with duckdb.connect() as connection:
        started = now()
        connection.execute(
            f"copy (select * from read_csv('{path}', header = true, auto_detect = false,"
            f" columns = {columns!r})) to '{scratch / 'floor.parquet'}'"
        )
        return since(started)


def floor_json(path: Path, scratch: Path) -> dict[str, Any]:
    """DuckDB reads NDJSON with the declared types of what is there and writes, without a check."""
    return _floor_json(path, scratch, repr(_JSON_TYPES[path.stem]))


def floor_json_whole(path: Path, scratch: Path) -> dict[str, Any]:
    """The same with the types of all parts that are looked for in a resource of this type."""
    from pipelines.ingest.fhir.structures import RESOURCE_TABLES

    return _floor_json(path, scratch, RESOURCE_TABLES[path.stem].types)


def _floor_json(path: Path, scratch: Path, types: str) -> dict[str, Any]:
    with duckdb.connect() as connection:
        started = now()
        connection.execute(
            f"copy (select * from read_ndjson('{path}', columns = {types}))"
            f" to '{scratch / 'floor.parquet'}'"
        )
        return since(started)


def typed(path: Path, scratch: Path, *, with_rules: bool = False) -> dict[str, Any]:
    """The cells of a file, or of all of a folder, typed and written; with or without the rules."""
    from pipelines.contracts.odcs import load_contracts
    from pipelines.contracts.row_rules import check_select
    from pipelines.engine import Engine
    from pipelines.ingest.text_files import TextRelation, read_text

    contracts = load_contracts()
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    n_rows = 0
    with Engine(scratch=scratch / "engine") as engine:
        started = now()
        for file in files:
            contract = contracts[file.stem]
            judged = contract if with_rules else replace(contract, rules=())

            def run(relation: TextRelation, judged: Contract = judged) -> int:
                line = "line" if relation.has_line else None
                sql = check_select(judged, source=relation.sql, present=relation.present, line=line)
                return engine.write_parquet(sql, scratch / "rows.parquet", {"delivered_on": DAY})

            relation = read_text(
                file, file.stem, contract.columns, file.name, scratch=scratch, run=run
            )
            n_rows += relation.n_rows or 0
        return {**since(started), "n_rows": n_rows}


def ruled(path: Path, scratch: Path) -> dict[str, Any]:
    """The same with every row rule judged and every reason kept."""
    return typed(path, scratch, with_rules=True)


def folded(path: Path, scratch: Path) -> dict[str, Any]:
    """What a run does with one landed file: cells, verdicts, folds, counts."""
    from pipelines.contracts.checked import check_text_file
    from pipelines.contracts.odcs import load_contracts
    from pipelines.engine import Engine

    contract = load_contracts()[path.stem]
    with Engine(scratch=scratch / "engine") as engine:
        started = now()
        found = check_text_file(
            engine, checked=scratch / "checked", contract=contract, path=path, file_id="bench",
            file_name=path.name, delivered_on=DAY, time_zone="UTC",
        )  # fmt: skip
        took = since(started)
    return {**took, "n_rows": found.n_rows, "n_bad": found.n_with_errors + found.n_broken}


def read_fhir(path: Path, scratch: Path) -> dict[str, Any]:
    """Every line of an NDJSON file as a table of its resource type, nothing converted."""
    from pipelines.engine import Engine
    from pipelines.ingest.fhir.answers import make_meanings
    from pipelines.ingest.fhir.model import FhirFile
    from pipelines.ingest.fhir.reading import in_fixed_order, load
    from pipelines.ingest.fhir.structures import RESOURCE_TABLES

    with Engine(scratch=scratch / "engine") as engine:
        make_meanings(engine, loinc={}, answers={})
        started = now()
        load(engine, in_fixed_order([FhirFile(path, "bench", path.name)]), scratch=scratch)
        took = since(started)
        (n_rows,) = engine.one(f"select count(*) from {RESOURCE_TABLES[path.stem].name}")
    return {**took, "n_rows": n_rows}


def fhir(path: Path, scratch: Path) -> dict[str, Any]:
    """Conversion and check of one FHIR delivery."""
    from pipelines.ingest.landing import land
    from pipelines.warehouse.build_run import BuildRun

    home = Home.create(scratch / "home", salt="bench")
    land(home, [path], source="inbox", delivered_on=DAY)
    run = BuildRun(home)
    # What does not grow with the delivery is not timed, as it is not for CSV.
    _ = run.contracts, run.catalogue
    started = now()
    n_rows = sum(file.n_rows for files in run.files.values() for file in files)
    took = since(started)
    run.close()
    return {**took, "n_rows": n_rows}


def bare(path: Path, scratch: Path) -> dict[str, Any]:
    """All that `rules` does but for the rules: nothing is judged, every row is in use."""
    return rules(path, scratch, with_rules=False)


def rules(path: Path, scratch: Path, *, with_rules: bool = True) -> dict[str, Any]:
    """Every rule of every table over a delivery; then Great Expectations on the same rows."""
    from pipelines.ingest.landing import land
    from pipelines.warehouse.build_run import BuildRun
    from pipelines.warehouse.rehearsal import judge

    home = Home.create(scratch / "home", salt="bench")
    delivery = land(home, [path], source="inbox", delivered_on=DAY)
    run = BuildRun(home)
    if not with_rules:
        run.contracts = {
            table: replace(contract, rules=()) for table, contract in run.contracts.items()
        }
    started = now()
    (found,) = judge(run, [delivery])
    took = since(started)
    if not with_rules:
        run.close()
        return took
    started = now()
    run.second_judge.submit(run.files, [name for name, files in run.files.items() if files])
    run.second_judge.compare()
    gx_s = since(started)["s"]
    run.close()
    n_rows = {table.table: table.n_delivered for table in found.tables}
    return {**took, "gx_s": gx_s, "n_rows": sum(n_rows.values())}


TASKS: dict[str, Callable[[Path, Path], dict[str, Any]]] = {
    "floor_csv": floor_csv,
    "floor_json": floor_json,
    "floor_json_whole": floor_json_whole,
    "typed": typed,
    "ruled": ruled,
    "folded": folded,
    "read_fhir": read_fhir,
    "fhir": fhir,
    "bare": bare,
    "rules": rules,
}


def _measure(task: str, path: Path, **environment: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=path.parents[1]) as scratch:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.ingest", "--child", task, str(path), scratch],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env={**os.environ, **environment},
        )
    return json.loads(done.stdout.splitlines()[-1])


def _child(task: str, path: Path, scratch: Path) -> None:
    found = TASKS[task](path, scratch)
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


# ---------------------------------------------------------------- all of it


def measure(folder: Path, sizes: Sizes) -> list[dict[str, Any]]:
    """One line for each comparison: floor, ours, their ratio, and what it may be."""
    make(folder, sizes)
    lines = []

    def compare(
        name: str, floor: dict[str, Any], ours: dict[str, Any], allowed: float | None
    ) -> None:
        ratios = {"ratio": ours["s"] / floor["s"], "cpu_ratio": ours["cpu_s"] / floor["cpu_s"]}
        lines.append({"name": name, "floor_s": floor["s"], **ours, **ratios, "allowed": allowed})
        said = f"{ratios['ratio']:.2f} times the floor, {ratios['cpu_ratio']:.2f} in CPU seconds"
        Console(stderr=True).print(f"{name}: {said}")

    def scaled(floor: dict[str, Any], share: float) -> dict[str, Any]:
        return {name: value * share for name, value in floor.items()}

    csv, odd = folder / "csv", folder / "odd" / "response_items.csv"
    answers, responses = csv / "response_items.csv", csv / "responses.csv"
    floors = {path: _measure("floor_csv", path) for path in (answers, responses)}
    compare("answers checked", floors[answers], _measure("ruled", answers), 3)
    compare("answers checked and folded", floors[answers], _measure("folded", answers), None)
    compare("responses checked", floors[responses], _measure("ruled", responses), 3)
    odd_floor = scaled(floors[answers], odd.stat().st_size / answers.stat().st_size)
    compare("answers by the tolerant reader", odd_floor, _measure("ruled", odd), None)
    for name, kind in (("NDJSON", "Observation"), ("forms", "QuestionnaireResponse")):
        path = folder / "fhir" / f"{kind}.ndjson"
        floor, whole = _measure("floor_json", path), _measure("floor_json_whole", path)
        read, converted = _measure("read_fhir", path), _measure("fhir", path)
        compare(f"{name} read", floor, read, 3)
        compare(f"{name} converted and checked", floor, converted, 3)
        compare(f"{name}, beside all parts", whole, converted, None)
    compare("all row rules", _measure("typed", csv), _measure("ruled", csv), 2)
    everything = _measure("rules", csv)
    compare("everything, beside no rules", _measure("bare", csv), everything, 2)
    reading = {name: sum(floor[name] for floor in floors.values()) for name in ("s", "cpu_s")}
    compare("everything, beside reading", reading, everything, None)
    return lines


def measure_bounded(folder: Path, size_mb: int) -> dict[str, Any]:
    """A large file through an engine of little memory."""
    (folder / "large").mkdir(parents=True)
    large = folder / "large" / "response_items.csv"
    forms = size_mb * (1 << 20) // (15 * ITEMS)
    with duckdb.connect() as connection:
        connection.execute(
            f"copy ({ANSWERS.format(responses=forms)}) to '{large}' (format csv, header)"
        )
    found = _measure("folded", large, OUTCOMES_MEMORY=BOUNDED_ENGINE)
    return {"size_mb": large.stat().st_size / (1 << 20), **found}


def show(lines: list[dict[str, Any]]) -> None:
    """The comparisons as a table."""
    heads = ("", "floor s", "ours s", "ratio", "CPU ratio", "allowed", "rows/s", "peak MB", "GX s")
    table = Table(*heads)
    for line in lines:
        allowed = "" if line["allowed"] is None else f"{line['allowed']} x"
        table.add_row(
            line["name"],
            f"{line['floor_s']:.2f}",
            f"{line['s']:.2f}",
            f"{line['ratio']:.2f} x",
            f"{line['cpu_ratio']:.2f} x",
            allowed,
            f"{line['n_rows'] / line['s']:,.0f}",
            f"{line['peak_mb']:,.0f}",
            f"{line['gx_s']:.1f}" if "gx_s" in line else "",
        )
    # Cells that break are no table; a file or pipe is taken to be 80 characters wide.
    Console(width=max(Console().width, 116)).print(table)


def main(arguments: list[str]) -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(prog="make bench BENCH=ingest", description=__doc__)
    parser.add_argument("--answers", type=int, default=10_000_000)
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--bounded-mb", type=int, default=BOUNDED_MB, help="0: leave it out")
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="outcomes-bench-", dir=options.folder))
    try:
        show(measure(folder, Sizes(options.answers, options.observations)))
        if options.bounded_mb:
            found = measure_bounded(folder, options.bounded_mb)
            print(
                f"bounded: {found['size_mb']:,.0f} MB checked in {found['s']:.1f} s with an engine"
                f" of {BOUNDED_ENGINE}; the process's peak was {found['peak_mb']:,.0f} MB"
                f" (at most {BOUNDED_PEAK_MB} wanted)"
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _child(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main(sys.argv[1:])
