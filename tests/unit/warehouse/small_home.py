"""A home with one published table or two, without a run."""

from pathlib import Path

import polars

from pipelines.home import Home
from pipelines.warehouse.snapshot import Snapshot, publish
from pipelines.warehouse.store import BuiltTable, Store


def keep(home: Home, table: str, **columns: list[object]) -> BuiltTable:
    """A table of the home's store."""
    frame = polars.DataFrame(columns)

    def write(path: Path) -> int:
        frame.write_parquet(path)
        return frame.height

    return Store(home.warehouse).keep(table, write)


def publish_tables(home: Home, *tables: BuiltTable, inputs: str = "") -> Snapshot:
    """Make these tables the published set."""
    snapshot = Snapshot(tables={table.table: table for table in tables}, inputs=inputs)
    publish(home, snapshot)
    return snapshot
