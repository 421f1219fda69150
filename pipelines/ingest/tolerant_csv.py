"""A CSV reader that gives up on records, never on files.

Slower than DuckDB's and used only where that one would fail or count lines wrongly: malformed
rows, bytes that are not UTF-8, quoted line breaks, truncated files. Every record that can be read
is kept, with the physical line on which it starts; every other one is told apart, with the reason.

It accepts what DuckDB's reader accepts, so that a row is judged alike whatever its neighbours are:
a quote inside an unquoted cell is a character, spaces around a quoted cell are dropped, one empty
cell too many at the end is overlooked, blank lines are skipped.
"""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipelines.files import private_folder
from pipelines.ingest.byte_streams import ByteStream

# DuckDB's own default; a longer record is a sign of a quote that was never closed.
MAX_RECORD_BYTES = 2_097_152
# A quoted cell may span lines, but no answer or name spans this many.
MAX_RECORD_LINES = 200
BATCH_ROWS = 100_000
SHOWN_CHARACTERS = 2_000

TOO_FEW_COLUMNS = "file.too_few_columns"
TOO_MANY_COLUMNS = "file.too_many_columns"
NOT_UTF8 = "file.not_utf8"
STRAY_QUOTE = "file.stray_quote"
NUL_BYTE = "file.nul_byte"
TRUNCATED = "file.truncated"
TOO_LONG = "file.record_too_long"
REPEATED_HEADER = "file.repeated_header"
# Not of a record: the file as a whole could not be used.
UNUSABLE = "file.unusable"

_QUOTED_CELL = re.compile(rb' *"((?:[^"]|"")*)" *(?=,|$)')
_PLAIN_CELL = re.compile(rb"[^,]*")
_STARTS_QUOTED = re.compile(rb' *"')


@dataclass(frozen=True)
class TolerantRead:
    """Files with the records that could be read and those that could not.

    `rows` has the kept columns as text and `line`; `broken`, absent when all is well, has `line`,
    `reason` and `text`, the record's start as delivered.
    """

    rows: Path
    broken: Path | None
    n_rows: int
    n_broken: int


def read_tolerantly(
    stream: ByteStream,
    header: list[str],
    *,
    keep: frozenset[str],
    scratch: Path,
    name: str,
) -> TolerantRead:
    """Read a whole stream in bounded memory; the header record is skipped."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=private_folder(scratch)))
    kept = [(number, column) for number, column in enumerate(header) if column in keep]
    rows = _BatchWriter(folder / "rows", [column for _, column in kept])
    broken = _BatchWriter(folder / "broken", ["reason", "text"])
    records = _records(_lines(stream), n_columns=len(header))
    next(records, None)
    for record in records:
        if isinstance(record, _Broken):
            broken.add(record.line, [record.reason, _shown(record.content)])
        elif record.cells == header:
            broken.add(record.line, [REPEATED_HEADER, _shown(",".join(header).encode())])
        else:
            rows.add(record.line, [record.cells[number] or None for number, _ in kept])
    return TolerantRead(
        rows=rows.finish(),
        broken=broken.finish() if broken.n_rows else None,
        n_rows=rows.n_rows,
        n_broken=broken.n_rows,
    )


@dataclass(frozen=True)
class _Line:
    """A physical line without its line end; `fault` when it is no whole line."""

    number: int
    content: bytes
    has_end: bool
    fault: str | None = None


@dataclass(frozen=True)
class _Record:
    line: int
    cells: list[str]


@dataclass(frozen=True)
class _Broken:
    line: int
    reason: str
    content: bytes


def _lines(stream: ByteStream) -> Iterator[_Line]:
    """Physical lines; what follows the length limit inside one line is dropped and told."""
    number, rest, overlong, newline = 0, b"", False, b""
    for chunk in stream:
        rest += chunk
        if number == 0:
            rest = rest.removeprefix(b"\xef\xbb\xbf")
        if not newline:
            newline = b"\n" if b"\n" in rest or b"\r" not in rest else b"\r"
        *whole, rest = rest.split(newline)
        for content in whole:
            number += 1
            too_long = overlong or len(content) > MAX_RECORD_BYTES
            overlong = False
            yield _Line(number, content, True, TOO_LONG if too_long else None)
        if len(rest) > MAX_RECORD_BYTES:
            overlong, rest = True, rest[:SHOWN_CHARACTERS]
    if not stream.is_whole:
        yield _Line(number + 1, rest, False, TRUNCATED)
    elif rest or overlong:
        yield _Line(number + 1, rest, False, TOO_LONG if overlong else None)


def _records(lines: Iterator[_Line], *, n_columns: int) -> Iterator[_Record | _Broken]:
    """Records of the file in order, the header's first."""
    waiting: list[_Line] = []
    while True:
        line = waiting.pop(0) if waiting else next(lines, None)
        if line is None:
            return
        if line.fault:
            yield _Broken(line.number, line.fault, line.content)
            continue
        content = line.content.removesuffix(b"\r")
        if not content:
            continue
        cells = _cells(content)
        last = line
        if cells is None:
            # Perhaps a quoted cell with line breaks. If no end of it is found, only this line is
            # given up, and reading goes on with the next one.
            joined = _join(line, waiting, lines, n_columns=n_columns)
            if joined is not None:
                content, cells, last = joined
        judged = _judged(line.number, content, cells, n_columns=n_columns, at_end=not last.has_end)
        yield from _old_ends(judged, n_columns=n_columns)


def _old_ends(found: _Record | _Broken, *, n_columns: int) -> Iterator[_Record | _Broken]:
    """The records of a line that has too many cells since some of its ends are lone CRs."""
    if isinstance(found, _Broken) and found.reason == TOO_MANY_COLUMNS and b"\r" in found.content:
        pieces = [
            _judged(found.line, piece, _cells(piece), n_columns=n_columns, at_end=False)
            for piece in found.content.split(b"\r")
            if piece
        ]
        if all(isinstance(piece, _Record) for piece in pieces):
            yield from pieces
            return
    yield found


def _join(
    first: _Line, waiting: list[_Line], lines: Iterator[_Line], *, n_columns: int
) -> tuple[bytes, list[bytes], _Line] | None:
    """The record that starts on `first` and goes on over the next lines; None if there is none.

    Lines that were read ahead and not used stay in `waiting`.
    """
    if not _is_open(first.content):
        return None
    content = first.content
    for used in range(MAX_RECORD_LINES):
        if used == len(waiting):
            line = next(lines, None)
            if line is None:
                return None
            waiting.append(line)
        line = waiting[used]
        if line.fault or len(content) + len(line.content) > MAX_RECORD_BYTES:
            return None
        content += b"\n" + line.content
        if b'"' not in line.content:
            continue
        cells = _cells(content.removesuffix(b"\r"))
        if cells is not None:
            if len(cells) != n_columns:
                return None
            del waiting[: used + 1]
            return content.removesuffix(b"\r"), cells, line
        if not _is_open(content):
            return None
    return None


def _is_open(content: bytes) -> bool:
    """Whether the content ends inside a quoted cell."""
    position = 0
    while True:
        if _STARTS_QUOTED.match(content, position):
            cell = _QUOTED_CELL.match(content, position)
            if cell is None:
                start = content.index(b'"', position) + 1
                return b'"' not in content[start:].replace(b'""', b"")
            position = cell.end()
        else:
            plain = _PLAIN_CELL.match(content, position)
            position = plain.end() if plain else len(content)
        if position >= len(content):
            return False
        position += 1


def _cells(content: bytes) -> list[bytes] | None:
    """The record's cells, or None when a quoted cell has no end."""
    if b'"' not in content:
        return content.split(b",")
    cells: list[bytes] = []
    position = 0
    while True:
        if _STARTS_QUOTED.match(content, position):
            cell = _QUOTED_CELL.match(content, position)
            if cell is None:
                return None
            cells.append(cell.group(1).replace(b'""', b'"'))
        else:
            cell = _PLAIN_CELL.match(content, position)
            assert cell is not None
            cells.append(cell.group())
        position = cell.end()
        if position >= len(content):
            return cells
        position += 1
        if position == len(content):
            cells.append(b"")
            return cells


def _judged(
    line: int, content: bytes, cells: list[bytes] | None, *, n_columns: int, at_end: bool
) -> _Record | _Broken:
    if b"\0" in content:
        return _Broken(line, NUL_BYTE, content)
    if cells is not None and len(cells) == n_columns + 1 and not cells[-1]:
        cells = cells[:-1]
    if cells is None or len(cells) < n_columns:
        if at_end:
            return _Broken(line, TRUNCATED, content)
        return _Broken(line, STRAY_QUOTE if cells is None else TOO_FEW_COLUMNS, content)
    if len(cells) > n_columns:
        return _Broken(line, TOO_MANY_COLUMNS, content)
    try:
        return _Record(line, [cell.decode("utf-8") for cell in cells])
    except UnicodeDecodeError:
        return _Broken(line, NOT_UTF8, content)


def _shown(content: bytes) -> str:
    return (
        content[:SHOWN_CHARACTERS].decode("utf-8", errors="backslashreplace").replace("\0", "\\0")
    )


@dataclass
class _BatchWriter:
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
