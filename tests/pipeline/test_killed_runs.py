"""A run killed with SIGKILL, at whatever moment, is finished by the next one, to the same bytes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import duckdb
import psutil
import pytest

from pipelines.audit.ledger import events
from pipelines.files import SECONDS_TO_ABANDON
from pipelines.home import Home
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.snapshot import current_snapshot, ensure_catalogues
from tests.pipeline.homes import (
    COMMAND,
    ROOT,
    assert_same,
    contents,
    contents_seen,
    environment,
    fill_inbox,
    new_home,
    published,
    query,
    succeed,
    unfinished_files,
)

# Ten moments, as shares of what an unkilled run takes, from its first tenth to its last.
MOMENTS = (
    (0.05, 0.35, 0.65),
    (0.15, 0.45, 0.75),
    (0.25, 0.55, 0.85),
    (0.95,),
)
# What a run does at least before it comes to anything that a later run finds done.
START = 0.15
ATTEMPTS = 4
SECONDS_BETWEEN_LOOKS = 0.01


def kill_run(home: Home, *, after_s: float) -> bool:
    """Start a run and kill it with all its processes after so many seconds of processor.

    Those of the clock would be another moment of the run on a machine that is busy elsewhere.
    False when it had ended before.
    """
    run = subprocess.Popen(
        [*COMMAND, "run", "--home", str(home.root)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    process = psutil.Process(run.pid)
    while run.poll() is None:
        used = process.cpu_times()
        if used.user + used.system >= after_s:
            os.killpg(run.pid, signal.SIGKILL)
            return run.wait() == -signal.SIGKILL
        with suppress(subprocess.TimeoutExpired):
            run.wait(SECONDS_BETWEEN_LOOKS)
    assert run.returncode == 0, "a run that was not killed ends well"
    return False


def killed_home(root: Path, deliveries: Path, moments: Sequence[float], seconds: float) -> Home:
    """A home whose runs were all killed at these moments, earlier ones if the machine is fast."""
    for attempt in range(ATTEMPTS):
        home = new_home(root / f"attempt-{attempt}")
        fill_inbox(home, deliveries)
        if all(kill_run(home, after_s=share * seconds) for share in durations(moments)):
            return home
        seconds *= 0.85
    pytest.fail("every attempt ended before it could be killed")


def durations(moments: Sequence[float]) -> list[float]:
    """How long each run goes on until it is killed: it finds done what the one before it did."""
    done_before = [0.0, *(max(0.0, moment - START) for moment in moments)]
    return [moment - done for moment, done in zip(moments, done_before, strict=False)]


def test_a_run_after_a_killed_one_comes_to_a_moment_sooner() -> None:
    assert durations((0.05, 0.35, 0.65)) == pytest.approx([0.05, 0.35, 0.45])


@pytest.mark.parametrize("moments", MOMENTS, ids=str)
def test_a_killed_run_that_is_started_again_gives_the_same_bytes(
    tmp_path: Path,
    tiny_deliveries: Path,
    never_killed: tuple[Home, float],
    moments: tuple[float, ...],
) -> None:
    reference, seconds = never_killed
    home = killed_home(tmp_path, tiny_deliveries, moments, seconds)
    succeed("run", "--home", home.root)
    assert_same(published(home), published(reference))
    assert contents(current_snapshot(home)) == contents(current_snapshot(reference))
    assert catalogue_views(home) == catalogue_views(reference)
    assert unfinished_files(home) == []
    assert [event["event"] for event in events(home)].count("run") >= 1


def test_ten_moments_are_tried() -> None:
    assert len({moment for moments in MOMENTS for moment in moments}) == 10


def test_the_comparison_notices_one_changed_byte(
    tmp_path: Path, never_killed: tuple[Home, float]
) -> None:
    reference, _ = never_killed
    copy = tmp_path / "home"
    shutil.copytree(reference.root, copy)
    page = next(copy.glob("reports/*/v1/director/report.json"))
    page.write_bytes(page.read_bytes() + b" ")
    with pytest.raises(AssertionError, match="reports"):
        assert_same(published(Home(copy)), published(reference))


def catalogue_views(home: Home) -> dict[str, str]:
    """The views of both catalogues, with paths that do not depend on where the home lies."""
    return {
        name: sql.replace(str(home.root), "")
        for catalogue in (home.vault_catalogue, home.warehouse_catalogue)
        for name, sql in query(
            catalogue, "select view_name, sql from duckdb_views() where not internal"
        )
    }


def test_what_killed_processes_left_long_ago_is_removed_and_what_is_being_written_stays(
    tmp_path: Path, never_killed: tuple[Home, float]
) -> None:
    home = moved_copy(never_killed[0], tmp_path / "home")
    abandoned = [
        home.root / "vault.duckdb.0123.tmp",
        home.landed_files / "incoming.0123.tmp",
        home.checked / "fhir-0123.4567.tmp" / "rows.parquet",
        home.reports / "2026-10" / "v1" / "director" / "index.html.0123.tmp",
    ]
    kept = [
        home.landed_files / "incoming.4567.tmp",
        home.inbox / "copying.tmp",
    ]
    for path in (*abandoned, *kept):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half a file", encoding="utf-8")
    long_ago = time.time() - 2 * SECONDS_TO_ABANDON
    for path in (*abandoned, abandoned[2].parent, kept[1]):
        os.utime(path, (long_ago, long_ago))
    with home.writer_lock("a test"):
        run = BuildRun(home)
        run.publish(inputs=run.base.inputs, facts=run.base.facts)
        run.close()
    assert [path for path in abandoned if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []


# ---------------------------------------------------------------------- inside the publication

KILLED_AT_A_RENAME = """
import os, pathlib, signal, sys
from pathlib import Path
from pipelines.home import Home
from pipelines.warehouse.snapshot import current_snapshot, publish
from pipelines.warehouse.store import BuiltTable, Store

root, renames_left = Path(sys.argv[1]), int(sys.argv[2])
home = Home(root)
before = current_snapshot(home)
activity = before.tables["mart_activity"]
source = Store(home.warehouse).path("mart_activity", activity.content)

def write(path):
    path.write_bytes(Path(sys.argv[3]).read_bytes())
    return 0

changed = {name: Store(home.warehouse).keep(name, write) for name in ("mart_activity", "stg_files")}
rename = pathlib.Path.replace

def counted(self, target):
    global renames_left
    if renames_left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    renames_left -= 1
    return rename(self, target)

pathlib.Path.replace = counted
publish(home, before.with_tables(changed))
"""


@pytest.mark.parametrize("renames", range(4))
def test_a_publication_cut_off_between_its_renames_shows_one_state_and_is_completed(
    tmp_path: Path, never_killed: tuple[Home, float], renames: int
) -> None:
    home = moved_copy(never_killed[0], tmp_path / "home")
    old = contents(current_snapshot(home))
    other = tmp_path / "other.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"copy (select 'made up' as level) to '{other}' (format parquet)")
    program = [sys.executable, "-c", KILLED_AT_A_RENAME, str(home.root), str(renames), str(other)]
    done = subprocess.run(program, cwd=ROOT, env=environment(), capture_output=True, check=False)
    # The list of sets, the vault and the warehouse: after three renames all is published.
    assert done.returncode == (0 if renames == 3 else -signal.SIGKILL), done.stderr.decode()

    new = contents(current_snapshot(home))
    assert (new == old) is (renames == 0)
    for catalogue in (home.vault_catalogue, home.warehouse_catalogue):
        with duckdb.connect(str(catalogue), read_only=True) as connection:
            seen = contents_seen(connection)
            assert seen.items() <= old.items() or seen.items() <= new.items()
            for table in seen:
                connection.execute(f"select count(*) from {table}")

    ensure_catalogues(home)
    assert seen_in_both(home) == new


def test_a_home_that_was_moved_gets_catalogues_of_its_new_place(
    tmp_path: Path, never_killed: tuple[Home, float]
) -> None:
    home = moved_copy(never_killed[0], tmp_path / "home")
    for sql in catalogue_paths(home):
        assert str(home.root) in sql


def catalogue_paths(home: Home) -> list[str]:
    return [
        sql
        for catalogue in (home.vault_catalogue, home.warehouse_catalogue)
        for (sql,) in query(catalogue, "select sql from duckdb_views() where sql like '%.parquet%'")
    ]


def moved_copy(home: Home, root: Path) -> Home:
    shutil.copytree(home.root, root)
    copy = Home(root)
    ensure_catalogues(copy)
    return copy


def seen_in_both(home: Home) -> dict[str, str]:
    seen: dict[str, str] = {}
    for catalogue in (home.vault_catalogue, home.warehouse_catalogue):
        with duckdb.connect(str(catalogue), read_only=True) as connection:
            seen |= contents_seen(connection)
    return seen


def test_a_run_killed_after_it_has_published_is_noted_by_the_next_one(
    tmp_path: Path, never_killed: tuple[Home, float]
) -> None:
    home = moved_copy(never_killed[0], tmp_path / "home")
    lines = home.ledger.read_text(encoding="utf-8").splitlines(keepends=True)
    assert '"event": "run"' in lines[-1]
    home.ledger.write_text("".join(lines[:-1]), encoding="utf-8")
    for _ in range(2):
        succeed("run", "--home", home.root)
        assert [event["event"] for event in events(home)].count("run") == 1
