"""The comparison's tables for a `Bench`: the project's own build, from the bench's own models."""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import polars as pl

from pipelines.comparison.build import compare
from pipelines.comparison.estimates import ESTIMATES
from pipelines.comparison_settings import ComparisonSettings

Make = Callable[[Callable[[str], pl.DataFrame]], Mapping[str, pl.DataFrame]]


def make_comparison(connection: duckdb.DuckDBPyConnection, settings: ComparisonSettings) -> None:
    """Leave every table of the comparison in the connection; its inputs are there."""
    _make(connection, lambda read: compare(read, settings))


def make_estimate(
    connection: duckdb.DuckDBPyConnection, name: str, settings: ComparisonSettings
) -> None:
    """Leave one table of estimates in the connection; its inputs are there."""
    _make(connection, lambda read: {name: ESTIMATES[name](read, settings)})


def _make(connection: duckdb.DuckDBPyConnection, make: Make) -> None:
    with TemporaryDirectory() as folder:

        def read(name: str) -> pl.DataFrame:
            path = Path(folder) / f"{name}.parquet"
            connection.execute(f"copy (select * from {name}) to '{path}' (format parquet)")
            return pl.read_parquet(path)

        for name, frame in make(read).items():
            path = Path(folder) / f"{name}.parquet"
            frame.write_parquet(path)
            connection.execute(
                f"create or replace table {name} as select * from read_parquet('{path}')"
            )
