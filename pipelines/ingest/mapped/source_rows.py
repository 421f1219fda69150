"""A file's part as a table of the engine: the columns a mapping reads, as text, and `LINE`.

The line is the vendor's: the physical line of a text file, the row's number of a sheet. A sound
text file is read by DuckDB; one with malformed records, line breaks in cells or bytes of another
encoding by `tolerant_csv.py`, which gives up on records and never on files.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

import duckdb

from pipelines.engine import Engine, identifier, quoted
from pipelines.errors import DeliveryError, ModelError
from pipelines.files import private_folder
from pipelines.ingest.byte_streams import ByteStream, first_bytes, packing_of
from pipelines.ingest.csv_facts import examine
from pipelines.ingest.free_text import looks_like_notes
from pipelines.ingest.mapped.model import FilePart
from pipelines.ingest.mapped.workbook import sheet_rows
from pipelines.ingest.resembling import did_you_mean
from pipelines.ingest.text_batches import BatchWriter
from pipelines.ingest.tolerant_csv import MAX_RECORD_BYTES, CsvDialect, read_tolerantly

HEADER_BYTES = 1 << 20
SHOWN_COLUMNS = 12
# The line's column in the engine: no column of a mapping is called so.
LINE = "?line"
_UTF8 = {"utf-8", "ascii"}


@dataclass(frozen=True)
class SourceRows:
    """What a part's rows are in the engine: `table`, its columns, and the records left behind.

    `unknown` are columns that the mapping neither reads nor ignores, `broken` a Parquet file with
    `line` and `reason` of the records that could not be read.
    """

    table: str
    columns: tuple[str, ...]
    unknown: tuple[str, ...]
    broken: Path | None


def read_part(
    engine: Engine, part: FilePart, path: Path, file_name: str, *, sheet: str, scratch: Path,
    table: str,
) -> SourceRows:  # fmt: skip
    """Make the part's `table` in the engine.

    Raises: DeliveryError when the file has no such header, misses a column that the mapping reads,
        or has columns of notes.
    """
    private_folder(scratch)
    names = header_names(part, path, file_name, sheet)
    if not part.is_sheet:
        path = _in_utf8(path, part.encoding, scratch / f"{table}.csv")
    used, unknown = _match(part, names, file_name)
    # By their places: a column of the file may be called as one of ours.
    places = [names.index(name) for name in names if name in used]
    if part.is_sheet:
        rows = _read_sheet(path, file_name, part, sheet, places, scratch / table)
        source, line, broken = f"read_parquet({quoted(str(rows))})", "line", None
    else:
        source, line, broken = _read_text(engine, part, path, len(names), places, scratch, table)
    selected = "".join(
        f"{_cleaned(_cell(names.index(name)), part.empty_words) if name else 'null::varchar'}"
        f" as {identifier(column)}, "
        for column, name in _asked(part, used)
    )
    engine.execute(
        f"create or replace table {identifier(table)} as select {selected} {line} as"
        f" {identifier(LINE)} from {source}",
        where=file_name,
    )
    columns = tuple(column for column, _ in _asked(part, used))
    return SourceRows(table, columns, unknown, broken)


def text_header(path: Path, part: FilePart, file_name: str) -> list[str]:
    """The columns' names of a text file, each once.

    Raises: DeliveryError when there is no such line.
    """
    encoding = "utf-8-sig" if codecs.lookup(part.encoding).name in _UTF8 else part.encoding
    start = first_bytes(path, packing_of(path), HEADER_BYTES).decode(encoding, errors="replace")
    lines = io.StringIO(start.replace("\r\n", "\n").replace("\r", "\n"), newline="")
    reader = csv.reader(
        islice(lines, part.header_row - 1, None),
        delimiter=part.delimiter,
        quotechar=part.quote or None,
        quoting=csv.QUOTE_MINIMAL if part.quote else csv.QUOTE_NONE,
    )
    try:
        header = next(reader, [])
    except csv.Error:
        header = []
    if not any(cell.strip() for cell in header):
        raise DeliveryError(
            "The file has no header where the mapping expects it.",
            where=f"{file_name}, line {part.header_row}",
            expected="the columns' names",
            found="nothing",
            todo="export the file again, or correct header_row in the mapping",
        )
    return usable_names(header)


def usable_names(header: Sequence[str]) -> list[str]:
    """The names without spaces around; one that is empty or comes again gets its number."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for number, cell in enumerate(header, start=1):
        name = " ".join(cell.split()) or f"column {number}"
        seen[name.casefold()] = seen.get(name.casefold(), 0) + 1
        n = seen[name.casefold()]
        names.append(name if n == 1 else f"{name} ({n})")
    return names


def refuse_notes_of(part: FilePart, path: Path, file_name: str, sheet: str) -> None:
    """Refuse a file with columns of notes, before a byte of it is copied.

    Raises: DeliveryError naming the columns. A file without a header is told of when it is checked.
    """
    try:
        names = header_names(part, path, file_name, sheet)
    except DeliveryError:
        return
    _refuse_notes(part, names, file_name)


def header_names(part: FilePart, path: Path, file_name: str, sheet: str) -> list[str]:
    """The columns' names of a text file or a sheet, each once.

    Raises: DeliveryError when there is no header.
    """
    if not part.is_sheet:
        return text_header(path, part, file_name)
    header = next(islice(_sheet_records(path, file_name, part, sheet), 1), (0, []))[1]
    return usable_names([cell or "" for cell in header])


def _match(
    part: FilePart, names: Sequence[str], file_name: str
) -> tuple[frozenset[str], tuple[str, ...]]:
    """The file's names that the mapping reads, and those that it does not know."""
    place = f"{file_name}, line {part.header_row}"
    optional = {name.casefold() for name in part.optional}
    by_name = {name.casefold(): name for name in names}
    asked = part.reads()
    missing = [n for n in asked if n.casefold() not in by_name and n.casefold() not in optional]
    if missing:
        found = f"{len(names)} columns without them"
        if len(missing) < len(asked):
            # Some of it is there, so the first row is a header and no client's.
            found = "columns " + ", ".join(names[:SHOWN_COLUMNS])
            found += f" and {len(names) - SHOWN_COLUMNS} more" * (len(names) > SHOWN_COLUMNS)
            likely = did_you_mean(_unread(part, names), missing)
            found += "".join(f"; {name} may be {meant}" for name, meant in likely.items())
        raise DeliveryError(
            "Columns that the mapping reads are missing.",
            where=place,
            expected=f"columns {', '.join(missing)}",
            found=found,
            todo="export them, correct their names in the mapping, or list them there as optional",
        )
    _refuse_notes(part, names, file_name)
    read = {name.casefold() for name in asked}
    used = frozenset(name for name in names if name.casefold() in read)
    return used, _unread(part, names)


def _unread(part: FilePart, names: Sequence[str]) -> tuple[str, ...]:
    """The file's names that the mapping neither reads nor ignores."""
    read = {name.casefold() for name in part.reads()}
    return tuple(
        name
        for name in names
        if name.casefold() not in read
        and not any(fnmatchcase(name.casefold(), each.casefold()) for each in part.ignored)
    )


def likely_optional(part: FilePart, names: Sequence[str]) -> dict[str, str]:
    """For unknown names of a header the optional column that is not in it and that each resembles.

    Empty without any column that the mapping reads: then the row may be no header.
    """
    there = {name.casefold() for name in names}
    if there.isdisjoint(name.casefold() for name in part.reads()):
        return {}
    absent = [name for name in part.optional if name.casefold() not in there]
    return did_you_mean(_unread(part, names), absent)


def _refuse_notes(part: FilePart, names: Sequence[str], file_name: str) -> None:
    notes = [name for name in names if looks_like_notes(name) and name not in part.no_free_text]
    if notes:
        raise DeliveryError(
            "A file holds what looks like notes about clients, which are no part of an export.",
            where=f"{file_name}, line {part.header_row}",
            expected="no columns of free text",
            found=f"columns {', '.join(sorted(notes))}",
            todo="leave them out of the export; where one holds no free text, list it in the"
            " mapping as no_free_text",
        )


def _header_line(path: Path, part: FilePart) -> bytes:
    """The bytes of the header's line in a file that is UTF-8 by now."""
    lines = first_bytes(path, packing_of(path), HEADER_BYTES).split(b"\n")
    return lines[part.header_row - 1] if len(lines) >= part.header_row else b""


def _asked(part: FilePart, used: frozenset[str]) -> list[tuple[str, str]]:
    """Each column that the mapping reads, as it calls it and as the file does."""
    by_name = {name.casefold(): name for name in used}
    found = {name.casefold(): (name, by_name.get(name.casefold(), "")) for name in part.reads()}
    return list(found.values())


def _cell(place: int) -> str:
    return f"c{place}"


def _cleaned(column: str, empty_words: Sequence[str]) -> str:
    """A cell without the spaces around it; null where nothing, or a word for nothing, is left."""
    text = f"nullif(trim({column}, ' \t\u00a0\r\n'), '')"
    if not empty_words:
        return text
    words = ", ".join(quoted(word.casefold()) for word in empty_words)
    return f"case when lower({text}) not in ({words}) then {text} end"


def _in_utf8(path: Path, encoding: str, target: Path) -> Path:
    """The file itself where it is UTF-8, else a copy in UTF-8.

    A byte that the encoding does not know is kept as it is, so that its record alone is turned
    away.
    """
    codec = codecs.lookup(encoding)
    if codec.name in _UTF8:
        return path
    keeps_bytes = not codec.name.startswith("utf-")
    decoder = codec.incrementaldecoder("surrogateescape" if keeps_bytes else "replace")
    stream = ByteStream(path, packing_of(path))
    with target.open("wb") as copy:
        for chunk in stream:
            copy.write(decoder.decode(chunk).encode("utf-8", "surrogateescape"))
        copy.write(decoder.decode(b"", final=True).encode("utf-8", "surrogateescape"))
    if not stream.is_whole:
        raise DeliveryError(
            "The packed file breaks off.",
            where=target.name,
            expected="a whole file",
            found="an end inside the packed data",
            todo="export or copy the file again",
        )
    return target


def _read_text(
    engine: Engine,
    part: FilePart,
    path: Path,
    n_columns: int,
    places: Sequence[int],
    scratch: Path,
    table: str,
) -> tuple[str, str, Path | None]:
    packing = packing_of(path)
    facts = examine(ByteStream(path, packing), header=_header_line(path, part))
    n_lines = facts.n_newlines + (not facts.ends_with_newline)
    if facts.suits_quick_reader:
        columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(n_columns))
        source = (
            f"read_csv({quoted(str(path))}, header = false, skip = {part.header_row},"
            f" auto_detect = false, columns = {{{columns}}}, delim = {quoted(part.delimiter)},"
            f" quote = {quoted(part.quote)}, escape = {quoted(part.quote)}, strict_mode = true,"
            f" null_padding = false, compression = {quoted(packing)},"
            f" max_line_size = {MAX_RECORD_BYTES})"
        )
        rows = scratch / f"{table}-rows.parquet"
        selected = ", ".join(_cell(place) for place in places)
        try:
            n_rows = engine.write_parquet(f"select {selected} from {source}", rows)
        except (duckdb.Error, ModelError):
            n_rows = -1
        if n_rows == n_lines - part.header_row:
            line = f"file_row_number + {part.header_row + 1}"
            return f"read_parquet({quoted(str(rows))}, file_row_number = true)", line, None
    read = read_tolerantly(
        ByteStream(path, packing),
        [f"c{place}" for place in range(n_columns)],
        keep=frozenset(f"c{place}" for place in places),
        scratch=scratch,
        name=table,
        dialect=CsvDialect(part.delimiter.encode(), part.quote.encode()),
        header_line=part.header_row,
    )
    return f"read_parquet({quoted(str(read.rows))})", "line", read.broken


def _sheet_records(
    path: Path, file_name: str, part: FilePart, sheet: str
) -> Iterator[tuple[int, list[str | None]]]:
    rows = sheet_rows(path, file_name, sheet)
    return ((number, cells) for number, cells in rows if number >= part.header_row)


def _read_sheet(
    path: Path,
    file_name: str,
    part: FilePart,
    sheet: str,
    places: Sequence[int],
    base: Path,
) -> Path:
    writer = BatchWriter(base, [f"c{place}" for place in places])
    for line, cells in islice(_sheet_records(path, file_name, part, sheet), 1, None):
        writer.add(line, [cells[place] for place in places])
    return writer.finish()
