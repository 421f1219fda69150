"""A run killed with SIGKILL, at whatever moment, is finished by the next one, to the same bytes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import duckdb
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

# Ten moments of a run, as shares of the files that an unkilled one writes: neither the clock nor
# seconds of processor say where a run is on a machine that is busy elsewhere.
MOMENTS = (
    (0.05, 0.25, 0.45, 0.65, 0.85),
    (0.15, 0.35, 0.55, 0.75, 0.95),
)
SECONDS_BETWEEN_LOOKS = 0.02


def files_of(home: Home) -> list[str]:
    """What runs have written so far: landed and checked files, tables, reports."""
    folders = (home.landed_files, home.manifests, home.checked, home.warehouse, home.reports)
    return [
        f"{folder}/{name}"
        for written in folders
        for folder, _, names in os.walk(written)
        for name in names
    ]


def kill_run(home: Home, *, at_files: float) -> None:
    """Start a run and kill it with all its processes once it has come to so many files."""
    # What killed runs left half written is none of them.
    n_left = sum(".tmp" in path for path in files_of(home))
    run = subprocess.Popen(
        [*COMMAND, "run", "--home", str(home.root)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while run.poll() is None and len(files_of(home)) - n_left < at_files:
        with suppress(subprocess.TimeoutExpired):
            run.wait(SECONDS_BETWEEN_LOOKS)
    if run.poll() is None:
        os.killpg(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL, "it was killed before its end"


@pytest.mark.parametrize("moments", MOMENTS, ids=str)
def test_a_killed_run_that_is_started_again_gives_the_same_bytes(
    tmp_path: Path,
    tiny_deliveries: Path,
    never_killed: Home,
    moments: tuple[float, ...],
) -> None:
    home = new_home(tmp_path / "home")
    fill_inbox(home, tiny_deliveries)
    n_files = len(files_of(never_killed))
    for moment in moments:
        kill_run(home, at_files=moment * n_files)
    succeed("run", "--home", home.root)
    assert_same(published(home), published(never_killed))
    assert contents(current_snapshot(home)) == contents(current_snapshot(never_killed))
    assert catalogue_views(home) == catalogue_views(never_killed)
    assert unfinished_files(home) == []
    assert [event["event"] for event in events(home)].count("run") >= 1


def test_ten_moments_are_tried() -> None:
    assert len({moment for moments in MOMENTS for moment in moments}) == 10


def test_the_comparison_notices_one_changed_byte(tmp_path: Path, never_killed: Home) -> None:
    copy = tmp_path / "home"
    shutil.copytree(never_killed.root, copy)
    page = next(copy.glob("reports/*/v1/director/report.json"))
    page.write_bytes(page.read_bytes() + b" ")
    with pytest.raises(AssertionError, match="reports"):
        assert_same(published(Home(copy)), published(never_killed))


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
    tmp_path: Path, never_killed: Home
) -> None:
    home = moved_copy(never_killed, tmp_path / "home")
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
from dataclasses import replace
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
publish(home, replace(before, tables={**before.tables, **changed}))
"""


@pytest.mark.parametrize("renames", range(4))
def test_a_publication_cut_off_between_its_renames_shows_one_state_and_is_completed(
    tmp_path: Path, never_killed: Home, renames: int
) -> None:
    home = moved_copy(never_killed, tmp_path / "home")
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
    tmp_path: Path, never_killed: Home
) -> None:
    home = moved_copy(never_killed, tmp_path / "home")
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
    tmp_path: Path, never_killed: Home
) -> None:
    home = moved_copy(never_killed, tmp_path / "home")
    lines = home.ledger.read_text(encoding="utf-8").splitlines(keepends=True)
    assert '"event": "run"' in lines[-1]
    home.ledger.write_text("".join(lines[:-1]), encoding="utf-8")
    for _ in range(2):
        succeed("run", "--home", home.root)
        assert [event["event"] for event in events(home)].count("run") == 1
