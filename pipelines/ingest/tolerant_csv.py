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
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile
from pathlib import Path

import polars as pl

from pipelines.files import private_folder
from pipelines.ingest.byte_streams import ByteStream
from pipelines.ingest.plain_blocks import Block, blocks, plain_cells
from pipelines.ingest.text_batches import BatchWriter

# DuckDB's own default; a longer record is a sign of a quote that was never closed.
MAX_RECORD_BYTES = 2_097_152
# A quoted cell may span lines, but no answer or name spans this many.
MAX_RECORD_LINES = 200
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


@dataclass(frozen=True)
class CsvDialect:
    """What stands between cells and around them: one byte each; `quote` may be empty."""

    delimiter: bytes = b","
    quote: bytes = b'"'

    @cached_property
    def quoted_cell(self) -> re.Pattern[bytes]:
        """A whole quoted cell with the spaces around it; its first group is what it holds."""
        q, end = re.escape(self.quote), re.escape(self.delimiter)
        return re.compile(b" *%b((?:[^%b]|%b%b)*)%b *(?=%b|$)" % (q, q, q, q, q, end))

    @cached_property
    def plain_cell(self) -> re.Pattern[bytes]:
        """All up to the next delimiter."""
        return re.compile(b"[^%b]*" % re.escape(self.delimiter))

    @cached_property
    def starts_quoted(self) -> re.Pattern[bytes]:
        """The start of a quoted cell."""
        return re.compile(b" *%b" % re.escape(self.quote))


CANONICAL_DIALECT = CsvDialect()


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
    dialect: CsvDialect = CANONICAL_DIALECT,
    header_line: int = 1,
) -> TolerantRead:
    """Read a whole stream in bounded memory, from the record after the header's on."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=private_folder(scratch)))
    kept = [(number, column) for number, column in enumerate(header) if column in keep]
    rows = BatchWriter(folder / "rows", [column for _, column in kept])
    broken = BatchWriter(folder / "broken", ["reason", "text"])
    lines = _Lines(stream)
    every = _records(lines, dialect, n_columns=len(header))
    records = dropwhile(lambda record: record.line < header_line, every)
    first = next(records, None)
    if isinstance(first, _Record):
        lines.header = dialect.delimiter.join(cell.encode() for cell in first.cells)
    for record in records:
        if isinstance(record, _Plain):
            cells = record.cells.select(pl.nth(number).alias(column) for number, column in kept)
            rows.add_block(record.line, cells)
        elif isinstance(record, _Broken):
            broken.add(record.line, [record.reason, _shown(record.content)])
        elif isinstance(first, _Record) and record.cells == first.cells:
            broken.add(record.line, [REPEATED_HEADER, _shown(",".join(record.cells).encode())])
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


@dataclass(frozen=True)
class _Plain:
    """Many records, one a line from `line` on."""

    line: int
    cells: pl.DataFrame


class _Lines:
    """The lines of a stream one by one or, between two of them, a block of whole ones at once.

    Blocks are given only once `header`, the bytes of the first record, is known.
    """

    def __init__(self, stream: ByteStream) -> None:
        self.header: bytes | None = None
        self._pieces = _pieces(stream)
        self._lines: deque[_Line] = deque()

    def next_line(self) -> _Line | None:
        """The next line; None at the end."""
        if not self._lines:
            piece = next(self._pieces, None)
            if piece is None:
                return None
            self.hand_back(piece)
        return self._lines.popleft()

    def next_block(self) -> Block | None:
        """The next block, to use or to hand back; None inside of one, or where a line is next."""
        if self._lines or not self.header:
            return None
        piece = next(self._pieces, None)
        if isinstance(piece, Block):
            return piece
        if piece is not None:
            self.hand_back(piece)
        return None

    def hand_back(self, piece: "_Line | Block") -> None:
        """Read this line by line."""
        self._lines.extend([piece] if isinstance(piece, _Line) else _split(piece))


def _split(block: Block) -> Iterator[_Line]:
    for number, content in enumerate(block.content.split(b"\n"), start=block.number):
        too_long = len(content) > MAX_RECORD_BYTES
        yield _Line(number, content, True, TOO_LONG if too_long else None)


def _pieces(stream: ByteStream) -> Iterator[_Line | Block]:
    """Whole lines in blocks; what follows the length limit inside a line is dropped and told."""
    number, rest, overlong, newline = 0, b"", False, b""
    for chunk in stream:
        rest += chunk
        if number == 0:
            rest = rest.removeprefix(b"\xef\xbb\xbf")
        # A CR that is the last byte so far may be half of a line end.
        if not newline and (b"\n" in rest or b"\r" in rest[:-1]):
            newline = b"\n" if b"\n" in rest else b"\r"
        if newline and newline in rest:
            whole, _, rest = rest.rpartition(newline)
            if overlong:
                content, more, whole = whole.partition(newline)
                number, overlong = number + 1, False
                yield _Line(number, content, True, TOO_LONG)
                if not more:
                    whole = None
            if whole is not None:
                for block in blocks(whole.replace(newline, b"\n"), number + 1):
                    number += block.n_lines
                    yield block
        if len(rest) > MAX_RECORD_BYTES:
            overlong, rest = True, rest[:SHOWN_CHARACTERS]
    if not stream.is_whole:
        yield _Line(number + 1, rest, False, TRUNCATED)
    elif rest or overlong:
        yield _Line(number + 1, rest, False, TOO_LONG if overlong else None)


def _records(
    lines: _Lines, dialect: CsvDialect, *, n_columns: int
) -> Iterator[_Record | _Broken | _Plain]:
    """Records of the file in order, the header's first, and many at once where all is plain."""
    waiting: list[_Line] = []
    while True:
        block = None if waiting else lines.next_block()
        if block is not None:
            plain = plain_cells(
                block,
                n_columns=n_columns,
                delimiter=dialect.delimiter,
                quote=dialect.quote,
                header=lines.header or b"",
            )
            if plain is not None:
                yield _Plain(block.number, plain)
                continue
            lines.hand_back(block)
        line = waiting.pop(0) if waiting else lines.next_line()
        if line is None:
            return
        if line.fault:
            yield _Broken(line.number, line.fault, line.content)
            continue
        content = line.content.removesuffix(b"\r")
        if not content:
            continue
        cells = _cells(content, dialect)
        last = line
        if cells is None:
            # Perhaps a quoted cell with line breaks. If no end of it is found, only this line is
            # given up, and reading goes on with the next one.
            joined = _join(line, waiting, lines, dialect, n_columns=n_columns)
            if joined is not None:
                content, cells, last = joined
        judged = _judged(line.number, content, cells, n_columns=n_columns, at_end=not last.has_end)
        yield from _old_ends(judged, dialect, n_columns=n_columns)


def _old_ends(
    found: _Record | _Broken, dialect: CsvDialect, *, n_columns: int
) -> Iterator[_Record | _Broken]:
    """The records of a line that has too many cells since some of its ends are lone CRs."""
    if isinstance(found, _Broken) and found.reason == TOO_MANY_COLUMNS and b"\r" in found.content:
        pieces = [
            _judged(found.line, piece, _cells(piece, dialect), n_columns=n_columns, at_end=False)
            for piece in found.content.split(b"\r")
            if piece
        ]
        if all(isinstance(piece, _Record) for piece in pieces):
            yield from pieces
            return
    yield found


def _join(
    first: _Line,
    waiting: list[_Line],
    lines: _Lines,
    dialect: CsvDialect,
    *,
    n_columns: int,
) -> tuple[bytes, list[bytes], _Line] | None:
    """The record that starts on `first` and goes on over the next lines; None if there is none.

    Lines that were read ahead and not used stay in `waiting`.
    """
    if not _is_open(first.content, dialect):
        return None
    content = first.content
    for used in range(MAX_RECORD_LINES):
        if used == len(waiting):
            line = lines.next_line()
            if line is None:
                return None
            waiting.append(line)
        line = waiting[used]
        if line.fault or len(content) + len(line.content) > MAX_RECORD_BYTES:
            return None
        content += b"\n" + line.content
        if dialect.quote not in line.content:
            continue
        cells = _cells(content.removesuffix(b"\r"), dialect)
        if cells is not None:
            if len(cells) != n_columns:
                return None
            del waiting[: used + 1]
            return content.removesuffix(b"\r"), cells, line
        if not _is_open(content, dialect):
            return None
    return None


def _is_open(content: bytes, dialect: CsvDialect) -> bool:
    """Whether the content ends inside a quoted cell."""
    position, quote = 0, dialect.quote
    while True:
        if dialect.starts_quoted.match(content, position):
            cell = dialect.quoted_cell.match(content, position)
            if cell is None:
                start = content.index(quote, position) + 1
                return quote not in content[start:].replace(quote + quote, b"")
            position = cell.end()
        else:
            plain = dialect.plain_cell.match(content, position)
            position = plain.end() if plain else len(content)
        if position >= len(content):
            return False
        position += 1


def _cells(content: bytes, dialect: CsvDialect) -> list[bytes] | None:
    """The record's cells, or None when a quoted cell has no end."""
    quote = dialect.quote
    if not quote or quote not in content:
        return content.split(dialect.delimiter)
    cells: list[bytes] = []
    position = 0
    while True:
        if dialect.starts_quoted.match(content, position):
            cell = dialect.quoted_cell.match(content, position)
            if cell is None:
                return None
            cells.append(cell.group(1).replace(quote + quote, quote))
        else:
            cell = dialect.plain_cell.match(content, position)
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
