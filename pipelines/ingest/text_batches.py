"""Rows of text written as Parquet a batch at a time, so that a large file takes little memory."""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

BATCH_ROWS = 100_000


@dataclass
class BatchWriter:
    """Writes rows of text with their line as one Parquet file, a batch in memory at a time."""

    base: Path
    columns: list[str]
    n_rows: int = 0
    _n_waiting: int = 0
    _lines: list[int] = field(default_factory=list)
    _cells: list[list[str | None]] = field(default_factory=list)
    _frames: list[pl.DataFrame] = field(default_factory=list)
    _parts: list[Path] = field(default_factory=list)

    def add(self, line: int, cells: list[str | None]) -> None:
        """One row."""
        self._lines.append(line)
        self._cells.append(cells)
        self._count(1)

    def add_block(self, first_line: int, cells: pl.DataFrame) -> None:
        """Many rows with the columns in their order, each on the line after the one before."""
        self._gather()
        last = first_line + cells.height
        lines = pl.int_range(first_line, last, dtype=pl.Int64, eager=True).alias("line")
        self._frames.append(cells.with_columns(lines))
        self._count(cells.height)

    def finish(self) -> Path:
        """The one file with all rows."""
        self._gather()
        if self._frames or not self._parts:
            self._write_part()
        final = self.base.with_suffix(".parquet")
        if len(self._parts) == 1:
            return self._parts[0].rename(final)
        pl.scan_parquet(self._parts).sink_parquet(final)
        for part in self._parts:
            part.unlink()
        return final

    def _count(self, n_rows: int) -> None:
        self.n_rows += n_rows
        self._n_waiting += n_rows
        if self._n_waiting >= BATCH_ROWS:
            self._gather()
            self._write_part()

    def _gather(self) -> None:
        """Single rows become a frame behind those before them."""
        if self._lines:
            by_column = zip(self.columns, zip(*self._cells, strict=True), strict=True)
            frame = pl.DataFrame(
                [
                    *(pl.Series(name, list(cells), dtype=pl.String) for name, cells in by_column),
                    pl.Series("line", self._lines, dtype=pl.Int64),
                ]
            )
            self._frames.append(frame)
            self._lines, self._cells = [], []

    def _write_part(self) -> None:
        empty = pl.DataFrame(schema={**dict.fromkeys(self.columns, pl.String), "line": pl.Int64})
        frame = pl.concat(self._frames or [empty])
        part = self.base.with_name(f"{self.base.name}-{len(self._parts):05d}.parquet")
        frame.write_parquet(part, compression="zstd")
        self._parts.append(part)
        self._frames, self._n_waiting = [], 0
