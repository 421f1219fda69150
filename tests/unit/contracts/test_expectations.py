"""The second judge: what it is asked, its counts on real rows, and its process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import duckdb
import pytest

from pipelines.contracts.expectations import (
    Expectation,
    ExpectationsWorker,
    JudgeCount,
    expectations_of,
)
from pipelines.contracts.odcs import Column, Contract, Rule, load_contracts
from pipelines.errors import OutcomesError

SECRET = "Zebra-Client-0001"
# It ends within a second or two; a machine may be busy elsewhere for long.
PATIENCE_S = 600


def column(name: str, kind: str = "string", **more: object) -> Column:
    facts = {
        "required": False,
        "references": None,
        "reference_required": False,
        "allowed": (),
        "minimum": None,
        "maximum": None,
        "description": "",
        "unit": "",
        "classification": "operational",
        **more,
    }
    return Column(name=name, type=kind, **facts)  # pyright: ignore[reportArgumentType]


def rule(table: str, name: str, kind: str, *columns: str, severity: str = "error") -> Rule:
    return Rule(
        rule_id=f"{table}.{name}.{kind}" if name else f"{table}.{kind}",
        columns=columns or (name,),
        kind=kind,  # pyright: ignore[reportArgumentType]
        severity=severity,  # pyright: ignore[reportArgumentType]
        sentence="",
        dimension="completeness",
        expected="",
        what_to_do="",
        sql=None,
    )


def contract(table: str) -> Contract:
    """A made-up table with one rule of each kind that both judges know, and two they do not."""
    return Contract(
        table=table,
        version="1.0.0",
        description="",
        columns=(
            column("row_id", required=True),
            column("seen_on", "date", required=True),
            column("status", allowed=("open", "closed")),
            column("is_new", "boolean", allowed=("yes", "no")),
            column("points", "decimal", minimum=0, maximum=27),
        ),
        key=("row_id",),
        rules=(
            rule(table, "row_id", "required"),
            rule(table, "seen_on", "required"),
            rule(table, "seen_on", "type"),
            rule(table, "status", "allowed", severity="warning"),
            rule(table, "is_new", "allowed"),
            rule(table, "points", "minimum"),
            rule(table, "points", "maximum"),
            rule(table, "seen_on", "row_sql"),
            rule(table, "", "unique", "row_id", severity="info"),
        ),
        digest=table,
    )


CONTRACTS = {name: contract(name) for name in ("broken", "clean", "empty", "lacking", "unread")}


def write_rows(path: Path, rows: Sequence[str], *, columns: str = "") -> Path:
    """Checked rows as Parquet; each row is a SQL tuple."""
    names = columns or "row_id, seen_on, status, is_new, points"
    types = {
        "row_id": "varchar",
        "seen_on": "date",
        "status": "varchar",
        "is_new": "boolean",
        "points": "decimal(9, 4)",
    }
    typed = ", ".join(f"cast({name} as {types[name]}) as {name}" for name in names.split(", "))
    values = ", ".join(rows) or f"({', '.join('null' for _ in names.split(', '))})"
    where = "" if rows else " where false"
    with duckdb.connect() as connection:
        connection.sql(
            f"select {typed}, cast([] as varchar[]) as row_errors"
            f" from (values {values}) as listed ({names}){where}"
        ).write_parquet(str(path))
    return path


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], JudgeCount]:
    """One real run over small files; the import of Great Expectations is paid once."""
    # A quote and a dollar sign may stand in a home's path.
    folder = tmp_path_factory.mktemp("judge") / "o'clock $HOME"
    folder.mkdir()
    first = write_rows(
        folder / "first.parquet",
        [
            f"('{SECRET}', date '2025-01-01', 'open', true, 5)",
            "(null, date '2025-01-01', 'closed', true, 0)",
            "('b', null, '" + SECRET + "', false, 27)",
            "('c', null, null, null, 27.5)",
            "('d', date '2025-01-01', 'OPEN', null, -0.5)",
            "('d', date '2025-01-01', 'open', null, null)",
        ],
    )
    second = write_rows(folder / "second.parquet", ["('b', date '2025-02-01', 'open', true, 28)"])
    clean = write_rows(folder / "clean.parquet", ["('a', date '2025-01-01', null, true, null)"])
    empty = write_rows(folder / "empty.parquet", [])
    lacking = write_rows(folder / "lacking.parquet", ["('a')"], columns="row_id")
    unread = folder / "unread.parquet"
    unread.write_text(SECRET, encoding="utf-8")
    with ExpectationsWorker(CONTRACTS, folder / "scratch", threads=2) as worker:
        worker.submit({"broken": [first, second], "clean": [clean], "empty": [empty]})
        worker.submit({"lacking": [lacking], "unread": [unread]})
        found = worker.results()
    assert not list((folder / "scratch").iterdir())
    return {(count.table, count.rule_id.partition(".")[2]): count for count in found}


# ---------------------------------------------------------------- what it is asked


def test_rules_that_both_judges_can_express_become_expectations() -> None:
    planned = {
        entry.rule_id: (entry.kind, entry.columns) for entry in expectations_of(contract("t"))
    }
    assert planned == {
        "t.row_id.required": ("not_null", ("row_id",)),
        "t.seen_on.required": ("not_null", ("seen_on",)),
        "t.status.allowed": ("in_set", ("status",)),
        "t.points.minimum": ("between", ("points",)),
        "t.points.maximum": ("between", ("points",)),
        "t.unique": ("unique", ("row_id", "file_id")),
    }


def test_not_null_counts_the_empty_and_the_unreadable() -> None:
    planned = {entry.rule_id: entry.same_as for entry in expectations_of(contract("t"))}
    assert planned["t.seen_on.required"] == ("t.seen_on.required", "t.seen_on.type")
    assert planned["t.row_id.required"] == ("t.row_id.required",)


def test_each_limit_is_judged_by_itself() -> None:
    planned = {entry.rule_id: entry for entry in expectations_of(contract("t"))}
    assert (planned["t.points.minimum"].minimum, planned["t.points.minimum"].maximum) == (0, None)
    assert (planned["t.points.maximum"].minimum, planned["t.points.maximum"].maximum) == (None, 27)


def test_single_answers_are_not_asked_to_be_unique() -> None:
    planned = expectations_of(contract("response_items"))
    assert "unique" not in {entry.kind for entry in planned}


def test_every_contract_has_expectations() -> None:
    for of_table in load_contracts().values():
        planned = expectations_of(of_table)
        assert any(entry.kind == "not_null" for entry in planned)
        assert {entry.severity for entry in planned} <= {"error", "warning", "info"}
        assert all(isinstance(entry, Expectation) for entry in planned)


# ---------------------------------------------------------------- what it counts


@pytest.mark.parametrize(
    ("rule_name", "n_broken"),
    [
        ("row_id.required", 1),
        ("seen_on.required", 2),
        ("status.allowed", 2),
        ("points.minimum", 1),
        ("points.maximum", 2),
        # `d` twice in one file; `b` in two files is a correction, null is judged by `required`.
        ("unique", 2),
    ],
)
def test_broken_rows_are_counted(
    counts: dict[tuple[str, str], JudgeCount], rule_name: str, n_broken: int
) -> None:
    count = counts["broken", rule_name]
    assert (count.n_rows, count.n_broken, count.outcome) == (7, n_broken, "failed")


def test_clean_rows_pass(counts: dict[tuple[str, str], JudgeCount]) -> None:
    assert counts["clean", "row_id.required"].outcome == "passed"
    assert counts["clean", "unique"].outcome == "passed"


def test_a_column_without_any_value_is_not_passed(
    counts: dict[tuple[str, str], JudgeCount],
) -> None:
    assert counts["clean", "status.allowed"].outcome == "not_applicable"
    assert counts["clean", "points.maximum"].outcome == "not_applicable"


def test_of_an_empty_table_nothing_is_applicable(
    counts: dict[tuple[str, str], JudgeCount],
) -> None:
    found = [count for (table, _), count in counts.items() if table == "empty"]
    assert {(count.n_rows, count.n_broken, count.outcome) for count in found} == {
        (0, 0, "not_applicable")
    }
    assert len(found) == 6


def test_a_missing_column_is_an_error_and_no_failure(
    counts: dict[tuple[str, str], JudgeCount],
) -> None:
    count = counts["lacking", "seen_on.required"]
    assert (count.outcome, count.error_class) == ("error", "MetricResolutionError")
    assert counts["lacking", "row_id.required"].outcome == "passed"


def test_a_file_that_cannot_be_read_is_an_error_of_its_table_alone(
    counts: dict[tuple[str, str], JudgeCount],
) -> None:
    found = [count for (table, _), count in counts.items() if table == "unread"]
    assert {count.outcome for count in found} == {"error"}
    assert all(count.error_class.endswith("Exception") for count in found)


def test_no_value_of_a_client_leaves_the_worker(
    counts: dict[tuple[str, str], JudgeCount],
) -> None:
    assert SECRET not in repr(counts)
    assert {field.name for field in fields(JudgeCount)} == {
        "table",
        "rule_id",
        "n_rows",
        "n_broken",
        "outcome",
        "same_as",
        "error_class",
    }


# ---------------------------------------------------------------- the process


@pytest.fixture
def no_import(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A Great Expectations whose import fails, so that the worker dies at once."""
    package = tmp_path / "broken" / "great_expectations"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        f"class MadeUpError(Exception): pass\nraise MadeUpError('{SECRET}')\n", encoding="utf-8"
    )
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    return tmp_path


def test_a_worker_that_died_names_its_exception_and_nothing_else(no_import: Path) -> None:
    def ask() -> None:
        worker.submit({"clean": []})
        worker.results()

    # It may be dead before it is asked, or before it answers.
    with (
        ExpectationsWorker(CONTRACTS, no_import / "scratch") as worker,
        pytest.raises(OutcomesError, match="MadeUpError") as caught,
    ):
        ask()
    assert SECRET not in str(caught.value)
    assert not list((no_import / "scratch").iterdir())
    assert caught.value.exit_code == 3


def asked_while_stopped(worker: ExpectationsWorker) -> int:
    """The process of a worker that has a request and cannot have answered it."""
    assert worker._process is not None
    os.kill(worker._process.pid, signal.SIGSTOP)
    worker.submit({"clean": []})
    return worker._process.pid


def test_a_killed_worker_is_an_error(tmp_path: Path) -> None:
    with ExpectationsWorker(CONTRACTS, tmp_path / "scratch") as worker:
        os.kill(asked_while_stopped(worker), signal.SIGKILL)
        with pytest.raises(OutcomesError, match="it ended with code -9"):
            worker.results()
    assert not list((tmp_path / "scratch").iterdir())


def test_a_worker_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    with ExpectationsWorker(CONTRACTS, tmp_path / "scratch") as worker:
        pid = asked_while_stopped(worker)
        with pytest.raises(OutcomesError, match=r"no answer in 0\.01 seconds"):
            worker.results(timeout_s=0.01)
        os.kill(pid, signal.SIGKILL)


def test_without_a_request_there_is_no_wait(tmp_path: Path) -> None:
    with ExpectationsWorker(CONTRACTS, tmp_path / "scratch") as worker:
        assert worker.results() == []
        worker.stop()
        worker.stop()


def test_the_worker_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path\n"
            "from pipelines.contracts.expectations import ExpectationsWorker\n"
            "worker = ExpectationsWorker({}, Path(sys.argv[1])).start()\n"
            "print(worker._process.pid, flush=True)\n"
            "time.sleep(3600)\n",
            str(tmp_path / "scratch"),
        ],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert parent.stdout is not None
    with parent.stdout:
        worker_pid = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and _is_running(worker_pid):
        time.sleep(0.05)
    assert not _is_running(worker_pid)
    assert not list((tmp_path / "scratch").iterdir())


def _is_running(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_great_expectations_is_not_imported_here() -> None:
    code = (
        "import sys; import pipelines.contracts.expectations, pipelines.contracts.agreement\n"
        "print([name for name in ('great_expectations', 'sqlalchemy', 'pandas')"
        " if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert found.stdout.strip() == "[]"
