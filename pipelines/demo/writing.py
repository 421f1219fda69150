"""Deliveries on disk: one folder per month, one file per table, written piece by piece.

Pieces are appended to plain CSV files; at the end each month gets the format it is due. So nothing
grows with the number of clients but the files. `Deliveries` counts what it writes, by the status
that each row must have once all deliveries are landed.
"""

import csv
import gzip
import io
import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import zstandard

from pipelines.demo.tables import TABLES
from pipelines.demo.timeline import Timeline

STATUSES = ("accepted", "superseded", "withdrawn", "quarantined")
ACCEPTED, SUPERSEDED, WITHDRAWN, QUARANTINED = range(4)
FORMATS = ("csv", "csv.gz", "csv.zst", "parquet")
COPY_BYTES = 1 << 20


def month_formats(wanted: str, months: int) -> list[str]:
    """The format of each month's files; `mixed` is CSV with one month of each other format."""
    if wanted != "mixed":
        return [wanted] * months
    formats = ["csv"] * months
    if months >= 4:
        middle = months // 2
        for month, other in zip(range(middle - 1, middle + 2), FORMATS[1:], strict=True):
            formats[month] = other
    return formats


class Deliveries:
    """The months' folders while they are being written."""

    def __init__(self, *, timeline: Timeline, folder: Path, formats: Sequence[str]) -> None:
        self.timeline = timeline
        self.formats = list(formats)
        self.folders = [folder / f"{day:%Y-%m-%d}" for day in timeline.delivered_on]
        self.counts = {
            table: np.zeros((timeline.months, len(STATUSES)), dtype=np.int64) for table in TABLES
        }
        self.extra_columns: dict[tuple[int, str], str] = {}
        for path in self.folders:
            path.mkdir(parents=True)

    def add(
        self,
        table: str,
        month: np.ndarray,
        frame: pl.DataFrame,
        *,
        status: np.ndarray | None = None,
    ) -> None:
        """Appends the rows of `frame` to the files of their months; months outside are left out."""
        months = self.timeline.months
        month = np.where((month >= 0) & (month < months), month, months)
        order = np.argsort(month, kind="stable")
        bounds = np.searchsorted(month[order], np.arange(months + 1))
        if bounds[-1] == 0:
            return
        frame = frame.select(TABLES[table].keys())
        if (np.diff(month) < 0).any():
            frame = frame[order]
        kind = np.zeros(len(month), dtype=np.int64) if status is None else status
        inside = month < months
        self.counts[table] += np.bincount(
            month[inside] * len(STATUSES) + kind[inside], minlength=months * len(STATUSES)
        ).reshape(months, len(STATUSES))
        for index in range(months):
            first, last = bounds[index], bounds[index + 1]
            if first < last:
                self._append(table, index, frame[first:last])

    def _append(self, table: str, month: int, piece: pl.DataFrame) -> None:
        extra = self.extra_columns.get((month, table))
        if extra is not None:
            piece = piece.with_columns(pl.lit("blue").alias(extra))
        path = self._text_file(table, month)
        with path.open("ab") as file:
            piece.write_csv(
                file, include_header=file.tell() == 0, datetime_format="%Y-%m-%dT%H:%M:%S"
            )

    def add_text(self, table: str, month: int, cells: Sequence[str], *, status: int) -> None:
        """Appends one row of ready-made cells, as many as given, right or wrong."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        path = self._text_file(table, month)
        if not path.exists():
            writer.writerow(TABLES[table])
        writer.writerow(cells)
        with path.open("ab") as file:
            file.write(text.getvalue().encode())
        self.counts[table][month, status] += 1

    def _text_file(self, table: str, month: int) -> Path:
        return self.folders[month] / f"{table}.csv"

    def finish(self) -> None:
        """Gives each month its format and its `delivery.toml`."""
        for month, folder in enumerate(self.folders):
            for path in sorted(folder.glob("*.csv")):
                _convert(path, self.formats[month])
            mode = "incremental" if month else "full"
            day = self.timeline.delivered_on[month]
            (folder / "delivery.toml").write_text(
                f'mode = "{mode}"\ndelivered_on = "{day:%Y-%m-%d}"\n', encoding="utf-8"
            )


def _convert(path: Path, wanted: str) -> None:
    if wanted == "csv":
        return
    target = path.with_name(path.name.removesuffix("csv") + wanted)
    if wanted == "parquet":
        _to_parquet(path, target)
    else:
        with path.open("rb") as source, target.open("wb") as file:
            if wanted == "csv.gz":
                # Neither name nor time of the file may enter its bytes.
                with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
                    shutil.copyfileobj(source, packed, COPY_BYTES)
            else:
                zstandard.ZstdCompressor(level=3).copy_stream(source, file)
    path.unlink()


def _to_parquet(path: Path, target: Path) -> None:
    types = TABLES[path.stem]
    columns = ", ".join(f'"{name}"' for name in types)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            f"copy (select {columns} from read_csv($path, auto_detect = false, header = true, "
            "delim = ',', quote = '\"', escape = '\"', new_line = '\\n', columns = $types)) "
            f"to '{str(target).replace(chr(39), chr(39) * 2)}' (format parquet)",
            {"path": str(path), "types": types},
        )
