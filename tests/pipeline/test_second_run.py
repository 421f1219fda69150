"""`outcomes run` when nothing is out of date."""

import shutil
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.definitions import open_instance
from pipelines.files import write_atomic
from pipelines.home import Home
from pipelines.reporting.releases.versions import MADE_FROM
from tests.pipeline.homes import new_home, outcomes, succeed

# Of a processor: what else the machine does meanwhile is not the command's doing.
SECONDS_FOR_NOTHING = 3.0
TIMED = """
import sys, time
from pipelines.cli import main
try:
    main(standalone_mode=False)
finally:
    print(f"seconds {time.process_time():.3f}", file=sys.stderr)
    print("dagster" in sys.modules, "great_expectations" in sys.modules, file=sys.stderr)
"""


def files_of(home: Home) -> dict[str, tuple[int, int, int]]:
    """Every file of a home by its inode, size and time of modification, in nanoseconds."""
    found = {}
    for path in sorted(home.root.rglob("*")):
        status = path.stat()
        if path.is_file():
            found[str(path.relative_to(home.root))] = (
                status.st_ino,
                status.st_size,
                status.st_mtime_ns,
            )
    return found


@pytest.fixture(scope="module")
def settled(demo: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A copy of the demo home that one command has seen since it was moved."""
    root = tmp_path_factory.mktemp("settled") / "home"
    shutil.copytree(demo.root, root)
    # The inbox's files have new times of change here, so they are looked at once more.
    succeed("run", "--home", root)
    return Home(root)


def test_a_second_run_changes_no_file_and_starts_no_dagster_run_and_is_quick(settled: Home) -> None:
    with open_instance(settled) as instance:
        runs_before = instance.get_runs_count()
    before = files_of(settled)
    done = outcomes(
        "run", "--home", settled.root, "--json", command=(sys.executable, "-c", TIMED)
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert '"ran": false' in done.stdout
    assert files_of(settled) == before
    with open_instance(settled) as instance:
        assert instance.get_runs_count() == runs_before
    timed, imported = done.stderr.splitlines()[-2:]
    assert float(timed.removeprefix("seconds ")) < SECONDS_FOR_NOTHING
    assert imported == "False False", "nothing heavy is imported to find out that nothing is to do"


def test_the_comparison_of_files_notices_a_file_that_is_written_again(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    write_atomic(home.reports / "index.html", "a page")
    before = files_of(home)
    write_atomic(home.reports / "index.html", "a page")
    assert files_of(home) != before


def test_a_missing_report_or_catalogue_is_made_again(settled: Home) -> None:
    settled.warehouse_catalogue.unlink()
    succeed("run", "--home", settled.root)
    with duckdb.connect(str(settled.warehouse_catalogue), read_only=True) as connection:
        assert connection.execute("select count(*) > 0 from mart_activity").fetchone() == (True,)
    # Drafts of other months stay as they are, and are told where an earlier state made them.
    first, newest = sorted(settled.reports.glob("????-[0-9][0-9]"))
    (first / "v1" / MADE_FROM).write_text('{"inputs": "of an earlier state"}', encoding="utf-8")
    told = outcomes("run", "--home", settled.root, "--month", newest.name).stdout
    assert f"Drafts of an earlier state: {first.name}\n" in told
