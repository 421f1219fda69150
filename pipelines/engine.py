"""The one place that executes SQL: an in-memory DuckDB over Parquet files.

Nothing is kept inside the engine between tables. Inputs are views over files, an output is a file;
what the engine spills goes to the home and nowhere else.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import MemoryFullError, ModelError, OutcomesError
from pipelines.files import private_folder, sha256_file, sha256_text

SQL_FOLDER = Path(__file__).parents[1] / "sql"
ROW_GROUP_ROWS = 122_880
# How many different values of a column are kept in a list of their own before it is written plain.
# The default, a fifth of the rows, costs a sixth of the time of writing; files are no larger so.
DICTIONARY_VALUES = 4_000
# Errors about a statement, whose texts hold names and no row's values.
NAMES_ONLY = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.IOException,
    duckdb.NotImplementedException,
    duckdb.ParserException,
)
# Beyond this DuckDB spills to the home's scratch folder; it is no ceiling on the process.
DEFAULT_MEMORY = "5GB"


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A SQL name, quoted."""
    return '"' + name.replace('"', '""') + '"'


def path_list(paths: Sequence[Path]) -> str:
    """A SQL list literal of paths."""
    return "[" + ", ".join(quoted(str(path)) for path in paths) + "]"


@cache
def functions_digest() -> str:
    """Changes with the macros and with the engine."""
    functions = sorted((SQL_FOLDER / "functions").glob("*.sql"))
    return sha256_text(duckdb.__version__, *(sha256_file(path) for path in functions))


def _names_told(error: duckdb.Error, where: str) -> str:
    """What an error says of names, on one line, without the lines of the query that follow.

    In a file of SQL the names that may have been meant are those of its tables. Elsewhere they may
    be a delivered file's header, and where that is missing, a client's row: they are left out.
    """
    told = str(error).partition("\n\nLINE ")[0]
    return " ".join((told if where.endswith(".sql") else told.splitlines()[0]).split())


class Engine:
    """A private in-memory DuckDB with the project's macros.

    `OUTCOMES_THREADS` and `OUTCOMES_MEMORY` (such as `4GB`) bound what it takes; results do not
    depend on them. Names in errors are ours: no value of a row is quoted.
    """

    def __init__(self, *, scratch: Path, time_zone: str = "UTC") -> None:
        private_folder(scratch)
        self.memory = os.environ.get("OUTCOMES_MEMORY", DEFAULT_MEMORY)
        config: dict[str, Any] = {
            "temp_directory": str(scratch),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "preserve_insertion_order": True,
            "memory_limit": self.memory,
        }
        if threads := os.environ.get("OUTCOMES_THREADS"):
            config["threads"] = int(threads)
        self.connection = duckdb.connect(":memory:", config=config)
        self._time_zone = time_zone
        self._prepare_session()
        (self.threads,) = self.one("select cast(current_setting('threads') as integer)")
        for path in sorted((SQL_FOLDER / "functions").glob("*.sql")):
            self.execute(path.read_text(encoding="utf-8"), where=str(path))

    def _prepare_session(self) -> None:
        self.connection.execute(f"set timezone = {quoted(self._time_zone)}")
        self.connection.execute("set enable_progress_bar = false")

    def for_thread(self) -> "Engine":
        """The same engine for use in another thread, with temporary tables of its own."""
        twin = copy(self)
        twin.connection = self.connection.cursor()
        twin._prepare_session()
        return twin

    def close(self) -> None:
        """Give its memory and scratch files back."""
        self.connection.close()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def execute(
        self, sql: str, parameters: Mapping[str, Any] | None = None, *, where: str = ""
    ) -> duckdb.DuckDBPyConnection:
        """Run one statement.

        Raises: MemoryFullError; else ModelError. Where the statement itself is wrong it has what
        the engine says of names of columns and types; other errors may quote a value, so only their
        kind is told.
        """
        try:
            return self.connection.execute(sql, dict(parameters) if parameters else None)
        except duckdb.OutOfMemoryException as error:
            raise MemoryFullError(
                "A query ran out of memory, or of disk for what does not fit into it.",
                where=where,
                expected=f"at most {self.memory}",
                found=_names_told(error, where),
                todo="allow more by OUTCOMES_MEMORY, such as 8GB, or free disk where the home lies",
            ) from None
        except NAMES_ONLY as error:
            raise ModelError(
                "A query failed.",
                where=where,
                found=f"{type(error).__name__}: {_names_told(error, where)}",
                todo="run the file's select in a DuckDB shell over the same tables",
            ) from None
        except duckdb.Error as error:
            raise ModelError(
                "A query met a value that it cannot handle.",
                where=where,
                found=type(error).__name__,
                todo="the cause is not shown since it may hold a client's value",
            ) from None

    def rows(
        self, sql: str, parameters: Mapping[str, Any] | None = None, *, where: str = ""
    ) -> list[tuple[Any, ...]]:
        """All rows of a small result."""
        return self.execute(sql, parameters, where=where).fetchall()

    def one(self, sql: str, parameters: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
        """The one row of a result that has exactly one."""
        found = self.rows(sql, parameters)
        if len(found) != 1:
            raise OutcomesError(f"A query for one row gave {len(found)}.", where=sql[:80])
        return found[0]

    def write_parquet(
        self,
        sql: str,
        path: Path,
        parameters: Mapping[str, Any] | None = None,
        *,
        where: str = "",
    ) -> int:
        """Write a select's rows as one Parquet file, the same bytes for the same rows.

        Returns how many rows it wrote.
        """
        copied = self.execute(
            f"copy ({sql.rstrip().rstrip(';')}\n) to {quoted(str(path))}"
            f" (format parquet, row_group_size {ROW_GROUP_ROWS},"
            f" dictionary_size_limit {DICTIONARY_VALUES}, write_bloom_filter false)",
            parameters,
            where=where,
        )
        return int(copied.fetchall()[0][0])

    @contextmanager
    def views(self, tables: Mapping[str, Path]) -> Iterator[None]:
        """Name Parquet files as tables for the length of a block."""
        for name, path in tables.items():
            self.execute(
                f"create or replace temp view {identifier(name)} as"
                f" select * from read_parquet({quoted(str(path))})"
            )
        try:
            yield
        finally:
            for name in tables:
                self.execute(f"drop view if exists {identifier(name)}")
