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
    _lines: list[int] = field(default_factory=list)
    _cells: list[list[str | None]] = field(default_factory=list)
    _parts: list[Path] = field(default_factory=list)

    def add(self, line: int, cells: list[str | None]) -> None:
        self._lines.append(line)
        self._cells.append(cells)
        self.n_rows += 1
        if len(self._lines) == BATCH_ROWS:
            self._write_part()

    def finish(self) -> Path:
        """The one file with all rows."""
        if self._lines or not self._parts:
            self._write_part()
        final = self.base.with_suffix(".parquet")
        if len(self._parts) == 1:
            return self._parts[0].rename(final)
        pl.scan_parquet(self._parts).sink_parquet(final)
        for part in self._parts:
            part.unlink()
        return final

    def _write_part(self) -> None:
        cells = zip(*self._cells, strict=True) if self._cells else [[] for _ in self.columns]
        frame = pl.DataFrame(
            [
                pl.Series(column, list(values), dtype=pl.String)
                for column, values in zip(self.columns, cells, strict=True)
            ]
            + [pl.Series("line", self._lines, dtype=pl.Int64)]
        )
        part = self.base.with_name(f"{self.base.name}-{len(self._parts):05d}.parquet")
        frame.write_parquet(part, compression="zstd")
        self._parts.append(part)
        self._lines, self._cells = [], []
