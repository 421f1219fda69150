"""What a file is that no delivery takes, in plain words, and what its owner can do with it.

Names of columns are told only where the first row is a header beyond doubt: else it would be the
first person's row that is quoted. No other cell is ever told.
"""

import codecs
import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipelines.ingest.byte_streams import ByteStream, Packing, first_bytes
from pipelines.ingest.csv_facts import examine

START_BYTES = 1 << 20
SAMPLE_ROWS = 50
SHOWN_COLUMNS = 8
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (
        b"PK\x03\x04",
        "an archive or workbook, which is not opened here; deliver an archive by itself, a"
        " workbook's sheets as CSV",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Office file, or one with a password; save it without, as .xlsx or its sheets as"
        " CSV",
    ),
    (b"%PDF", "a PDF file is for reading; export the data itself"),
    (b"\xfd7zXZ", "packed as .xz; pack it as .gz or .zst, or not at all"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it and deliver the folder"),
    (b"Rar!", "a RAR archive; unpack it and deliver the folder"),
    (b"BZh", "packed as .bz2; pack it as .gz or .zst, or not at all"),
    (b"SQLite format 3", "a database file; export its tables as CSV"),
    (b"<", "a web page or XML, perhaps a login page in place of the export; export it again"),
    (b"{", "JSON that is no FHIR resource; export the table as CSV"),
    (b"[", "JSON that is no FHIR resource; export the table as CSV"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
_NAME = re.compile(r"[A-Za-z_.][\w .()/%:-]{0,60}")
_VALUE = re.compile(r"-?\d[\d.,:/ TZ+-]*|NA|NULL|")


def describe(path: Path, packing: Packing, name: str, tables: Mapping[str, Sequence[str]]) -> str:
    """What the file is, that it is no table of ours, and what to do, as one clause.

    `tables` are the columns of the tables that there are, to say which one it resembles.
    """
    start = first_bytes(path, packing, START_BYTES)
    if not start.strip():
        return "an empty file, and its name is no table of the canonical export"
    text = start.decode("utf-8-sig", errors="replace")
    if text.lstrip().startswith(("{", "[")):
        return _of_json(text, ByteStream(path, packing))
    if known := other_format(start):
        return known
    if "\0" in text:
        return "neither text nor a format that is known"
    return _of_text(text, ByteStream(path, packing), name, tables)


def other_format(start: bytes) -> str | None:
    """What a file is that starts like a format of another kind, and what to do with it."""
    return next((meaning for mark, meaning in _SIGNATURES if start.startswith(mark)), None)


def _of_json(text: str, stream: ByteStream) -> str:
    try:
        found = json.loads(text.lstrip().partition("\n")[0])
    except (ValueError, RecursionError):
        return "JSON that is no FHIR resource"
    n_lines = _lines(stream)
    if isinstance(found, dict):
        holders = [key for key, value in found.items() if _holds_resources(value)]
        if holders:
            return (
                f"{n_lines:,} JSON lines that each hold FHIR resources under `{holders[0]}`,"
                " such as the test cases of a measure, and no export: ids may repeat from one line"
                " to the next; write each line's resources, one a line, to a folder of its own"
            )
    return f"{n_lines:,} JSON lines without FHIR resources"


def _holds_resources(value: object) -> bool:
    return isinstance(value, list) and any(
        isinstance(each, dict) and "resourceType" in each for each in value
    )


def _of_text(text: str, stream: ByteStream, name: str, tables: Mapping[str, Sequence[str]]) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    counts = {mark: lines[0].count(mark) for mark in DELIMITERS}
    mark = max(counts, key=lambda each: counts[each])
    if not counts[mark]:
        return "its name is no table of the canonical export, and its content no table or FHIR"
    # The last line of the start may be cut.
    rows = list(csv.reader(lines[: SAMPLE_ROWS + 1], delimiter=mark))
    header = [cell.strip() for cell in rows[0]]
    n_rows = max(_records(stream, mark) - 1, 0)
    what = f"a table of {len(header)} columns and {n_rows:,} rows, with {DELIMITERS[mark]} between"
    if not _is_header(header, rows[1:]):
        return f"{what}, whose first row may be no header; its name is no table of ours"
    shown = ", ".join(header[:SHOWN_COLUMNS]) + (", ..." if len(header) > SHOWN_COLUMNS else "")
    if table := _table_with(header, tables):
        return f"{what}: the columns are those of {table}; name it {table}.csv to deliver it"
    return (
        f"{what} ({shown}); neither its name nor its columns are those of a table of the canonical"
        f" export; `outcomes map {name}` drafts how to read it"
    )


def _lines(stream: ByteStream) -> int:
    facts = examine(stream)
    return facts.n_newlines + (not facts.ends_with_newline)


def _records(stream: ByteStream, mark: str) -> int:
    """How many records there are, where quoted cells may hold line breaks."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    try:
        return sum(1 for row in csv.reader(_text_lines(stream, decoder), delimiter=mark) if row)
    except csv.Error:
        # A cell without an end.
        return _lines(stream)


def _text_lines(stream: ByteStream, decoder: codecs.IncrementalDecoder) -> Iterator[str]:
    rest = ""
    for chunk in stream:
        *whole, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from (f"{line}\n" for line in whole)
    yield rest


def _is_header(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: words, each once, above a column of other things."""
    names = [cell for cell in header if cell]
    if len(set(names)) < len(names) or not all(_NAME.fullmatch(cell) for cell in names):
        return False
    whole = [row for row in rows if len(row) == len(header)]
    return bool(whole) and any(
        header[place]
        and any(row[place].strip() for row in whole)
        and all(_VALUE.fullmatch(row[place].strip()) for row in whole)
        for place in range(len(header))
    )


def _table_with(header: Sequence[str], tables: Mapping[str, Sequence[str]]) -> str | None:
    """The table that has nearly all of these columns."""
    shared = {table: len(set(header) & set(columns)) for table, columns in tables.items()}
    best = max(shared, key=lambda table: shared[table])
    return best if shared[best] >= 3 and shared[best] >= 0.8 * len(header) else None
