"""The comparison's tables for a `Bench`: the project's own build, from the bench's own models."""

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import polars as pl

from pipelines.comparison.build import compare
from pipelines.comparison_settings import ComparisonSettings


def make_comparison(connection: duckdb.DuckDBPyConnection, settings: ComparisonSettings) -> None:
    """Leave every table of the comparison in the connection; its inputs are there."""
    with TemporaryDirectory() as folder:

        def read(name: str) -> pl.DataFrame:
            path = Path(folder) / f"{name}.parquet"
            connection.execute(f"copy (select * from {name}) to '{path}' (format parquet)")
            return pl.read_parquet(path)

        for name, frame in compare(read, settings).items():
            path = Path(folder) / f"{name}.parquet"
            frame.write_parquet(path)
            connection.execute(
                f"create or replace table {name} as select * from read_parquet('{path}')"
            )
