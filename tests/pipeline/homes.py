"""Homes for the end-to-end tests: made, run in processes of their own, and read back.

What belongs here: running the `outcomes` command as a person would, and reading what a run
published. What a home must hold is said in the tests.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.engine import identifier
from pipelines.files import sha256_file
from pipelines.home import Home
from pipelines.warehouse.snapshot import Snapshot, current_snapshot
from pipelines.warehouse.store import Store

ROOT = Path(__file__).parents[2]
SHARED_DATA = ROOT.parent / "shared" / "data"
COMMAND = (sys.executable, "-c", "from pipelines.cli import main; main()")
# The same for every home of these tests: pseudonyms depend on it.
SALT = "made-up"
# A run takes seconds; a machine may be busy elsewhere for long.
SECONDS_AT_MOST = 600


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a process of ours is started with; `extra` comes last."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OUTCOMES_", "DAGSTER_", "PYTEST_"))
    }
    return {**kept, "PYTHONPATH": str(ROOT), **(extra or {})}


def outcomes(
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
    command: Sequence[str | Path] = COMMAND,
) -> subprocess.CompletedProcess[str]:
    """Run the `outcomes` command to its end, whatever that is."""
    return subprocess.run(
        [*map(str, command), *map(str, arguments)],
        cwd=ROOT,
        env=environment(env),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS_AT_MOST,
    )


def succeed(
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
    command: Sequence[str | Path] = COMMAND,
) -> str:
    """Run the `outcomes` command, which must end well; returns what it printed."""
    done = outcomes(*arguments, env=env, command=command)
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def succeed_here(*arguments: str | Path) -> str:
    """The same in this process, which has the libraries at hand: for tests that start many runs.

    Importing them takes a third of a small clinic's run. Tests of what a start itself needs, or of
    what it leaves behind, start a process.
    """
    done = CliRunner().invoke(main, [*map(str, arguments)])
    assert done.exit_code == 0, f"exit {done.exit_code}\n{done.output}"
    return done.stdout


def new_home(root: Path, *, prints: bool = False, **settings: str) -> Home:
    """An empty home with the tests' salt; with PDFs, which take longer than all else, if asked."""
    paper = "" if prints else '\n[print]\npaper = "none"\n'
    decisions = paper + settings.pop("decisions", "")
    return Home.create(root, name="Made-up Clinic", salt=SALT, decisions=decisions, **settings)


def fill_inbox(home: Home, deliveries: Path) -> None:
    """Put every delivery of a folder into a home's inbox."""
    for folder in sorted(path for path in deliveries.iterdir() if path.is_dir()):
        shutil.copytree(folder, home.inbox / folder.name)


@dataclass(frozen=True)
class Published:
    """All that a home shows to others, as hashes of bytes by name."""

    tables: Mapping[str, str]
    reports: Mapping[str, str]
    checked: Mapping[str, str]
    landed: Mapping[str, str]


def published(home: Home) -> Published:
    """What a home shows. The tables' hashes are of the bytes, not of the files' names."""
    return Published(
        tables={
            name: sha256_file(path) for name, path in table_files(home, current_snapshot(home))
        },
        reports=_hashes(home.reports),
        checked=_hashes(home.checked),
        landed=_hashes(home.landed_files) | _hashes(home.manifests),
    )


def assert_same(found: Published, meant: Published) -> None:
    """Both homes show the same bytes; otherwise say which differ."""
    for part in ("landed", "checked", "tables", "reports"):
        ours, theirs = getattr(found, part), getattr(meant, part)
        differing = sorted(
            name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)
        )
        assert differing == [], f"{part} differ"
        assert ours, f"there are {part}"


def table_files(home: Home, snapshot: Snapshot) -> list[tuple[str, Path]]:
    """The Parquet files of a published set, by table."""
    store = Store(home.warehouse)
    return [
        (name, store.path(built.table, built.content))
        for name, built in sorted(snapshot.tables.items())
    ]


def contents(snapshot: Snapshot) -> dict[str, str]:
    """Table to content of a published set."""
    return {name: built.content for name, built in snapshot.tables.items()}


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def open_to_others(home: Home) -> list[str]:
    """What others than the owner may read or enter.

    What lies in the inbox was put there by somebody else, and Dagster's own files keep no value;
    its folder is closed.
    """
    return [
        str(path.relative_to(home.root))
        for path in sorted(home.root.rglob("*"))
        if (
            path == home.dagster or path.relative_to(home.root).parts[0] not in {"inbox", "dagster"}
        )
        and path.stat().st_mode & 0o077
    ]


def unfinished_files(home: Home) -> list[str]:
    """Files that a killed process left half written."""
    return sorted(str(path.relative_to(home.root)) for path in home.root.rglob("*.tmp"))


def query(catalogue: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a catalogue, as an analyst reads it."""
    with duckdb.connect(str(catalogue), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def records(home: Home, table: str) -> list[dict[str, Any]]:
    """Rows of a table by the names of its columns, in the order of its file."""
    has_keys_alone = table.startswith(("ref_", "int_", "mart_", "pub_"))
    catalogue = home.warehouse_catalogue if has_keys_alone else home.vault_catalogue
    with duckdb.connect(str(catalogue), read_only=True) as connection:
        result = connection.execute(f"select * from {identifier(table)}")
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


CONTENT = re.compile(r"/(\w+)/([0-9a-f]{32})\.parquet")


def contents_seen(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Table to content as the open catalogue has them."""
    views = connection.execute(
        "select view_name, sql from duckdb_views() where not internal"
    ).fetchall()
    return {name: found[2] for name, sql in views if (found := CONTENT.search(sql))}


def words_of(page: Path) -> str:
    """What a reader of a page can read: its text without tags, styles and drawings."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"(?s)<(style|svg|script)\b.*?</\1>", " ", text)
    # A link stands inside its sentence; all other elements end one.
    text = re.sub(r"</?a\b[^>]*>", "", text)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())
