"""A SQLAlchemy dialect for DuckDB in which a transaction is nothing: `duckdb+autocommit://`.

Great Expectations gives its connection back before it fetches; SQLAlchemy then rolls back, and in
DuckDB a rollback discards the result that is still waiting ("list index out of range" in every
expectation). Without begin, commit and rollback the result survives. That is safe only where
nothing is written, so this dialect is for files opened read-only.

Importing this module costs SQLAlchemy and duckdb-engine: only the worker does it.
"""

import duckdb_engine
from sqlalchemy.dialects import registry

DRIVER = "autocommit"


class AutocommitDialect(duckdb_engine.Dialect):
    """duckdb-engine's dialect under its own name, with begin, commit and rollback that do nothing.

    The name stays `duckdb`: Great Expectations chooses its SQL by it.
    """

    supports_statement_cache = False

    def do_begin(self, connection: object) -> None:
        """Nothing begins; every statement stands alone."""

    def do_commit(self, connection: object) -> None:
        """Nothing to commit on a read-only file."""

    def do_rollback(self, connection: object) -> None:
        """A rollback would discard the result that is about to be fetched."""


def connection_url(database: str, *, threads: int, memory_limit: str) -> str:
    """The address of a read-only DuckDB file, relative to the current folder.

    Relative, because Great Expectations substitutes `$names` in an address, and a home's path may
    hold a dollar sign.
    """
    registry.register(f"duckdb.{DRIVER}", __name__, AutocommitDialect.__name__)
    return (
        f"duckdb+{DRIVER}:///{database}?access_mode=read_only"
        f"&threads={threads}&memory_limit={memory_limit}"
    )
