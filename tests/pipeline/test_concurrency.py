"""Runs that are started at once take turns, and a reader sees whole states only."""

import csv
import shutil
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.home import Home
from pipelines.warehouse.snapshot import current_snapshot, ensure_catalogues
from tests.pipeline.homes import (
    COMMAND,
    ROOT,
    SECONDS_AT_MOST,
    contents,
    contents_seen,
    environment,
)

RERUN = ("mart_activity", "mart_outcomes", "mart_completeness", "mart_deliveries")
# Two tables and the file of a third, asked for in one query: of one state, or mixed.
JOINED = """
select
    (select max(delivered_on) from mart_deliveries) as delivered_on,
    (select max(period_end_on) from mart_activity where period_kind = 'month') as active_until_on,
    (select sum(n_ended) from mart_activity where level = 'clinic' and period_kind = 'month')
        as n_ended,
    (select count(*) from int_episodes where ended_on is not null) as n_episodes_ended
"""
SECONDS_BETWEEN_READS = 0.01


class Reader:
    """Opens the catalogue again and again, as analysts do, and notes what it saw."""

    def __init__(self, home: Home) -> None:
        self.catalogue = home.warehouse_catalogue
        self.seen: Counter[tuple[frozenset[tuple[str, str]], Any]] = Counter()
        self.errors: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def _read(self) -> None:
        is_last = False
        while not is_last:
            # What was published before it is told to stop is read, too.
            is_last = self._stop.is_set()
            try:
                with duckdb.connect(str(self.catalogue), read_only=True) as connection:
                    state = frozenset(contents_seen(connection).items())
                    self.seen[state, connection.execute(JOINED).fetchone()] += 1
            except duckdb.Error as error:
                self.errors.append(f"{type(error).__name__}: {error}")
            self._stop.wait(SECONDS_BETWEEN_READS)

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def start(home: Home, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment({"OUTCOMES_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def warehouse_part(tables: dict[str, str]) -> frozenset[tuple[str, str]]:
    layers = ("ref_", "int_", "mart_", "pub_")
    return frozenset((name, content) for name, content in tables.items() if name.startswith(layers))


def one_more_course_has_ended(deliveries: Path, folder: Path) -> Path:
    """A delivery of one row: the first course of the newest delivery that was still going on."""
    newest = max(path for path in deliveries.iterdir() if path.is_dir())
    folder.mkdir()
    told = f'mode = "incremental"\ndelivered_on = "{folder.name}"\n'
    (folder / "delivery.toml").write_text(told, encoding="utf-8")
    with (newest / "episodes.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        course = next(row for row in rows if not row["ended_on"])
    course |= {"ended_on": "2026-10-30", "end_reason": "completed"}
    with (folder / "episodes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, course)
        writer.writeheader()
        writer.writerow(course)
    return folder


@pytest.mark.slow
def test_four_reruns_and_a_whole_run_at_once_succeed_and_no_reader_sees_two_states_mixed(
    tmp_path: Path, tiny_deliveries: Path, never_killed: Home
) -> None:
    home = Home(shutil.copytree(never_killed.root, tmp_path / "home"))
    ensure_catalogues(home)
    before = contents(current_snapshot(home))
    changed = one_more_course_has_ended(tiny_deliveries, tmp_path / "2026-11-03")
    # The folder appears whole in the inbox, as it must.
    changed.rename(home.inbox / changed.name)
    with Reader(home) as reader:
        processes = [
            start(
                home, sys.executable, "-m", "dagster", "asset", "materialize",
                "--select", table, "-m", "pipelines.definitions",
            )
            for table in RERUN
        ]  # fmt: skip
        processes.append(start(home, *COMMAND, "run", "--home", str(home.root)))
        outputs = [process.communicate(timeout=SECONDS_AT_MOST)[0] for process in processes]
    after = contents(current_snapshot(home))

    for process, output in zip(processes, outputs, strict=True):
        assert process.returncode == 0, output
        assert "lock" not in output.lower(), output
    assert reader.errors == []
    assert before["mart_activity"] != after["mart_activity"]
    states = {warehouse_part(before), warehouse_part(after)}
    assert {state for state, _ in reader.seen} == states
    # One answer to the query for each state.
    assert len({answer for _, answer in reader.seen}) == len(reader.seen) == 2
    for _, answer in reader.seen:
        assert answer[2] <= answer[3]
    assert sum(reader.seen.values()) > 50


def test_a_mixture_of_two_states_would_be_noticed() -> None:
    old, new = {"mart_a": "1", "mart_b": "1"}, {"mart_a": "2", "mart_b": "2"}
    mixed = {"mart_a": "1", "mart_b": "2"}
    assert warehouse_part(mixed) not in {warehouse_part(old), warehouse_part(new)}
