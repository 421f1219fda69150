"""Tables handed out as files, and a note in the ledger of those that hold single clients' rows."""

import os
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path

from pipelines.audit import ledger
from pipelines.engine import Engine, identifier, quoted
from pipelines.errors import UsageError
from pipelines.files import PRIVATE_FILE, atomic_path
from pipelines.home import Home
from pipelines.warehouse.snapshot import current_snapshot
from pipelines.warehouse.store import BuiltTable, Store

FREE_LAYERS = ("mart_", "pub_", "ref_")
# A row with one of these is about one course of treatment, or about one client.
PERSON_COLUMNS = frozenset({"episode_key", "client_key"})
# Lists of courses that nobody but their therapist is to go through.
FOR_ONE_THERAPIST = ("mart_on_track",)
# Without `use_tmp_file false` DuckDB would write beside a file that is there, open to others.
FORMATS = {
    "csv": "(format csv, header, use_tmp_file false)",
    "json": "(format json, array true, use_tmp_file false)",
    "parquet": "(format parquet, use_tmp_file false)",
}


def is_row_level(table: str, columns: Collection[str]) -> bool:
    """Whether a row of this table, with these columns, is about one person."""
    return not table.startswith(FREE_LAYERS) or not PERSON_COLUMNS.isdisjoint(columns)


def export_table(
    home: Home,
    table: str,
    *,
    kind: str,
    output: Path,
    purpose: str | None,
    therapist: str | None = None,
) -> int:
    """Write a published table to a file only its owner can read; returns its rows.

    With a `therapist`, the rows of that person's courses alone, and under the names that the clinic
    itself has for courses and clients.

    Raises: UsageError for an unknown table or therapist, a row-level one without a purpose, a
    therapist's list without a therapist, or a folder that is not there.
    """
    tables = current_snapshot(home).tables
    if table not in tables:
        offered = sorted(name for name in tables if name.startswith(FREE_LAYERS))
        close = get_close_matches(table, sorted(tables), n=3, cutoff=0.75)
        raise UsageError(
            "There is no such table.",
            where=table,
            expected=f"one of {', '.join(offered)}" if offered else "a table that was built",
            found=f"no {table}" + (f"; is it {' or '.join(close)}?" if close else ""),
            todo="correct the name" if offered else "run `outcomes run` first",
        )
    with Engine(scratch=home.scratch) as engine:
        for name in (table, "stg_episodes", "stg_therapists"):
            _name_view(engine, home, tables.get(name))
        columns = [name for name, *_ in engine.rows(f"describe {identifier(table)}")]
        _refuse_without_purpose(table, columns, purpose)
        source = f"select * from {identifier(table)}"
        if therapist is not None or table in FOR_ONE_THERAPIST:
            source = _of_one_therapist(engine, table, columns, therapist)
        output = output.absolute()
        if not output.parent.is_dir():
            raise UsageError(
                "The folder to write to does not exist.",
                where=str(output.parent),
                todo="make the folder first, or correct --output",
            )
        (n_rows,) = engine.one(f"select count(*) from ({source})")
        if kind == "csv":
            # A spreadsheet would run a cell that starts like a formula.
            source = _neutralised(engine, source)
        with atomic_path(output) as temporary:
            # Closed to others before the first row is in it.
            os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
            engine.execute(f"copy ({source}) to {quoted(str(temporary))} {FORMATS[kind]}")
            if is_row_level(table, columns):
                # Before the file has its name: no such file without its note.
                details = {"table": table, "content": tables[table].content, "format": kind}
                if therapist is not None:
                    details["therapist"] = therapist
                ledger.append(home, "export", {**details, "purpose": purpose})
    return n_rows


def _name_view(engine: Engine, home: Home, table: BuiltTable | None) -> None:
    """Let a published table be asked for by its name, where it was built."""
    if table is not None:
        path = quoted(str(Store(home.warehouse).path(table.table, table.content)))
        engine.execute(
            f"create or replace temp view {identifier(table.table)} as"
            f" select * from read_parquet({path})"
        )


def _refuse_without_purpose(table: str, columns: Collection[str], purpose: str | None) -> None:
    if is_row_level(table, columns) and not (purpose or "").strip():
        raise UsageError(
            "This table holds rows about single people.",
            where=table,
            expected="--purpose with the reason for handing it out, which the ledger keeps",
            todo='say why, such as --purpose "audit of March, approved by the board"',
        )


def _of_one_therapist(
    engine: Engine, table: str, columns: Collection[str], therapist: str | None
) -> str:
    """The rows of one therapist's courses, each under its own and its client's name."""
    if therapist is None:
        raise UsageError(
            "This list is for the treating therapist alone.",
            where=table,
            expected="--therapist with the id of one",
            todo="name the therapist; how many courses there are stands in mart_on_track_counts",
        )
    if not {"therapist_id", "episode_key"} <= set(columns):
        raise UsageError(
            "This table does not say whose courses its rows are about.",
            where=table,
            expected="a table with therapist_id and episode_key, such as "
            + ", ".join(FOR_ONE_THERAPIST),
            todo="leave --therapist out, or name another table",
        )
    known = f"select count(*) from stg_therapists where therapist_id = {quoted(therapist)}"
    if engine.one(known) == (0,):
        raise UsageError(
            "No therapist with this id has been delivered.",
            where="--therapist",
            expected="a therapist_id as in the clinic's exports",
            todo="correct the id",
        )
    return (
        "select own_names.client_id, own_names.episode_id, own_rows.* exclude (episode_key)"
        f" from {identifier(table)} as own_rows"
        " inner join stg_episodes as own_names on own_rows.episode_key = own_names.episode_key"
        f" where own_rows.therapist_id = {quoted(therapist)} order by all"
    )


def _neutralised(engine: Engine, source: str) -> str:
    columns = engine.rows(f"describe {source}")
    cells = []
    for name, column_type, *_ in columns:
        cell = identifier(name)
        if column_type == "VARCHAR":
            cells.append(
                f"case when left({cell}, 1) in ('=', '+', '-', '@', chr(9), chr(13))"
                f" then '''' || {cell}"
                f" else {cell} end as {cell}"
            )
        else:
            cells.append(cell)
    return f"select {', '.join(cells)} from ({source})"
