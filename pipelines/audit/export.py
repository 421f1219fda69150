"""Tables handed out as files, and a note in the ledger of those that hold single clients' rows."""

import os
from pathlib import Path

from pipelines.audit import ledger
from pipelines.engine import Engine, identifier, quoted
from pipelines.errors import UsageError
from pipelines.files import PRIVATE_FILE, atomic_path
from pipelines.home import Home
from pipelines.warehouse.snapshot import current_snapshot
from pipelines.warehouse.store import Store

FREE_LAYERS = ("mart_", "pub_", "ref_")
ROW_LEVEL_MARTS = ("mart_episode_",)
# Without `use_tmp_file false` DuckDB would write beside a file that is there, open to others.
FORMATS = {
    "csv": "(format csv, header, use_tmp_file false)",
    "json": "(format json, array true, use_tmp_file false)",
    "parquet": "(format parquet, use_tmp_file false)",
}


def is_row_level(table: str) -> bool:
    """Whether a row of this table is about one person."""
    return table.startswith(ROW_LEVEL_MARTS) or not table.startswith(FREE_LAYERS)


def export_table(home: Home, table: str, *, kind: str, output: Path, purpose: str | None) -> int:
    """Write a published table to a file only its owner can read; returns its rows.

    Raises: UsageError for an unknown table, a row-level one without a purpose, or a folder
    that is not there.
    """
    tables = current_snapshot(home).tables
    if table not in tables:
        offered = sorted(name for name in tables if name.startswith(FREE_LAYERS))
        raise UsageError(
            "There is no such table.",
            where=table,
            expected=f"one of {', '.join(offered)}" if offered else "a table that was built",
            todo="correct the name" if offered else "run `outcomes run` first",
        )
    if is_row_level(table) and not (purpose or "").strip():
        raise UsageError(
            "This table holds rows about single people.",
            where=table,
            expected="--purpose with the reason for handing it out, which the ledger keeps",
            todo='say why, such as --purpose "audit of March, approved by the board"',
        )
    output = output.absolute()
    if not output.parent.is_dir():
        raise UsageError(
            "The folder to write to does not exist.",
            where=str(output.parent),
            todo="make the folder first, or correct --output",
        )
    path = Store(home.warehouse).path(table, tables[table].content)
    source = f"select * from read_parquet({quoted(str(path))})"
    with Engine(scratch=home.scratch) as engine, atomic_path(output) as temporary:
        if kind == "csv":
            # A spreadsheet would run a cell that starts like a formula.
            source = _neutralised(engine, source)
        # Closed to others before the first row is in it.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
        engine.execute(f"copy ({source}) to {quoted(str(temporary))} {FORMATS[kind]}")
        if is_row_level(table):
            # Before the file has its name: no such file without its note.
            details = {"table": table, "content": tables[table].content, "format": kind}
            ledger.append(home, "export", {**details, "purpose": purpose})
    return tables[table].n_rows


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
