"""One measured process of the benchmark: `floor INBOX`, `run HOME` or `metrics HOME`.

Prints one line of JSON.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

BORN = time.perf_counter()


def floor(inbox: Path) -> dict[str, Any]:
    """Read with declared types, write as Parquet, group once for each mart and write that."""
    import duckdb

    from pipelines.contracts.cell_types import DUCKDB_TYPES
    from pipelines.contracts.odcs import load_contracts
    from tests.bench.group_bys import run_group_bys

    contracts = load_contracts()
    started = time.perf_counter()
    written = inbox.parent / "floor"
    written.mkdir()
    steps = {"read and write": 0.0, "group": 0.0}
    with duckdb.connect() as connection:
        for table, contract in contracts.items():
            files = sorted(str(path) for path in inbox.glob(f"*/{table}.csv"))
            if not files:
                continue
            header = Path(files[0]).read_text(encoding="utf-8").split("\n", 1)[0].strip().split(",")
            types = {column.name: DUCKDB_TYPES[column.type] for column in contract.columns}
            columns = {name: types.get(name, "VARCHAR") for name in header}
            connection.execute(
                f"copy (select * from read_csv({files!r}, header = true, auto_detect = false,"
                f" columns = {columns!r}, filename = true)) to '{written / table}.parquet'"
            )
            connection.execute(
                f"create view {table} as select * from read_parquet('{written / table}.parquet')"
            )
        steps["read and write"] = time.perf_counter() - started
        run_group_bys(connection, written)
    work_s = time.perf_counter() - started
    steps["group"] = work_s - steps["read and write"]
    return {"work_s": work_s, "steps": steps}


def run(root: Path) -> dict[str, Any]:
    """Pull, then the job up to the marts, as `outcomes run` does it."""
    from pipelines.definitions import open_instance, run_job
    from pipelines.home import Home
    from pipelines.ingest.sources import pull
    from pipelines.warehouse.inputs import inputs_fingerprint
    from pipelines.warehouse.snapshot import current_snapshot

    home = Home(root)
    started = time.perf_counter()
    steps: dict[str, float] = {}
    pull(home)
    steps["pull"] = time.perf_counter() - started
    is_out_of_date = current_snapshot(home).inputs != inputs_fingerprint(home)
    if is_out_of_date:
        run_job(home, [])
    work_s = time.perf_counter() - started
    if is_out_of_date:
        with open_instance(home) as instance:
            last = instance.get_runs(limit=1)[0]
            for step in instance.get_run_step_stats(last.run_id):
                steps[step.step_key] = (step.end_time or 0.0) - (step.start_time or 0.0)
    tables = current_snapshot(home).tables
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {
        "work_s": work_s,
        "start_s": started - BORN,
        "steps": steps,
        "peak_mb": peak / 1024,
        "n_responses": tables["stg_responses"].n_rows,
    }


def metrics(root: Path) -> dict[str, Any]:
    """The models from the staged tables on, and the bare work of each mart."""
    from tests.bench.metrics import measure

    return measure(root)


TASKS = {"floor": floor, "run": run, "metrics": metrics}


def cpu_seconds() -> float:
    """Processor time of this process and of those it has waited for, start and imports included."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    measured = TASKS[sys.argv[1]](Path(sys.argv[2]))
    wall_s = time.perf_counter() - BORN
    print(json.dumps({**measured, "wall_s": wall_s, "cpu_s": cpu_seconds()}))
