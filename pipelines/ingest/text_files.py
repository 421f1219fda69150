"""A delivered table as a DuckDB relation of text cells, whatever kind of file it came in.

CSV (plain, gzip, zstd) and Parquet of the canonical export. A sound file is read by DuckDB's own
parallel reader, with a dialect that is told and never guessed; a file that it would refuse, or
whose line numbers it would get wrong, is read by `tolerant_csv.py`. Types and rules come later:
this module only says which cells there are.
"""

import csv
import io
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.engine import Engine, identifier, quoted
from pipelines.errors import DeliveryError, ModelError
from pipelines.ingest.byte_streams import ByteStream, Packing, first_bytes, packing_of
from pipelines.ingest.csv_facts import CsvFacts, examine
from pipelines.ingest.foreign import other_format
from pipelines.ingest.free_text import refuse_notes
from pipelines.ingest.parquet_text import (
    ContractColumn,
    parquet_columns,
    parquet_text_select,
    unreadable_parquet,
)
from pipelines.ingest.tolerant_csv import MAX_RECORD_BYTES, read_tolerantly

# Titles and other lines that some programs write above a header are looked for so far.
PREAMBLE_BYTES = 1 << 14


@dataclass(frozen=True)
class TextRelation:
    """What stands in a FROM clause, and what is known of it.

    `sql` yields one VARCHAR column per name in `present`, and `line` (BIGINT, the physical line on
    which the record starts) when `has_line`; without it a CSV row's line is its number + 1 (the
    header's line). `broken` is a Parquet file of the records that cannot be read: `line`, `reason`,
    `text` (the record's start, for quarantine only). `n_rows` is what the relation yields, null
    when only its reader knows (Parquet).
    """

    sql: str
    present: frozenset[str]
    unknown: tuple[str, ...]
    has_line: bool
    broken: Path | None
    n_rows: int | None


def read_text(
    path: Path,
    table: str,
    contract_columns: Sequence[ContractColumn],
    file_name: str,
    *,
    scratch: Path,
    run: Callable[[TextRelation], int],
) -> TextRelation:
    """Give the relation to `run`, which reads all of it and returns how many rows it saw.

    Sound files are read once. If the quick reader stumbles on a malformed row, or saw another
    number of rows than the file has lines, `run` is called a second time with the tolerant
    reader's relation, so it must overwrite what it wrote. Returns the relation that counted.

    Raises: DeliveryError when no row of the file can be used (empty, no header, columns missing,
        not text at all); whatever `run` raises over a relation that can be read.
    """
    relation = _quick_relation(path, table, contract_columns, file_name, scratch)
    if relation is not None:
        try:
            n_rows = run(relation)
        except (duckdb.Error, ModelError):
            if _is_readable(relation, scratch):
                raise
        else:
            if relation.n_rows is None or n_rows == relation.n_rows:
                return relation
    relation = _tolerant_relation(path, table, contract_columns, file_name, scratch)
    run(relation)
    return relation


def csv_header(path: Path, packing: Packing, file_name: str) -> list[str]:
    """Column names of a CSV file's first record.

    Raises: DeliveryError when there is none, or it is not usable as a header.
    """
    return _parse_header(_header_bytes(path, packing, file_name), file_name)


def _quick_relation(
    path: Path,
    table: str,
    contract_columns: Sequence[ContractColumn],
    file_name: str,
    scratch: Path,
) -> TextRelation | None:
    """DuckDB's own reader, or None where the bytes already show that it would not do."""
    packing = packing_of(path)
    if packing == "parquet":
        physical = parquet_columns(path, file_name, scratch=scratch)
        present, unknown = _match_columns(list(physical), table, contract_columns, file_name)
        return TextRelation(
            sql=parquet_text_select(path, physical, contract_columns),
            present=present,
            unknown=unknown,
            has_line=False,
            broken=None,
            n_rows=None,
        )
    header_bytes = _header_bytes(path, packing, file_name)
    _refuse_lower_header(first_bytes(path, packing, PREAMBLE_BYTES), contract_columns, file_name)
    header = _parse_header(header_bytes, file_name)
    present, unknown = _match_columns(header, table, contract_columns, file_name)
    if b"\n" in header_bytes.rstrip(b"\r\n"):
        return None
    facts = examine(ByteStream(path, packing), header=header_bytes)
    if not facts.suits_quick_reader:
        return None
    # Unknown columns are read by position and not selected.
    names = [name if name in present else f"?{number}" for number, name in enumerate(header)]
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
    selected = ", ".join(identifier(name) for name in names if name in present)
    return TextRelation(
        sql=f"(select {selected} from read_csv({quoted(str(path))}, header = true,"
        f" auto_detect = false, columns = {{{columns}}}, delim = ',', quote = '\"',"
        f" escape = '\"', strict_mode = true, null_padding = false,"
        f" compression = {quoted(packing)}, max_line_size = {MAX_RECORD_BYTES}))",
        present=present,
        unknown=unknown,
        has_line=False,
        broken=None,
        n_rows=_n_records_if_one_per_line(facts),
    )


def _n_records_if_one_per_line(facts: CsvFacts) -> int:
    n_lines = facts.n_newlines + (not facts.ends_with_newline)
    return n_lines - 1


def _tolerant_relation(
    path: Path,
    table: str,
    contract_columns: Sequence[ContractColumn],
    file_name: str,
    scratch: Path,
) -> TextRelation:
    packing = packing_of(path)
    if packing == "parquet":
        raise unreadable_parquet(file_name)
    header = csv_header(path, packing, file_name)
    present, unknown = _match_columns(header, table, contract_columns, file_name)
    read = read_tolerantly(
        ByteStream(path, packing), header, keep=present, scratch=scratch, name=table
    )
    selected = ", ".join(identifier(name) for name in header if name in present)
    return TextRelation(
        sql=f"(select {selected}, line from read_parquet({quoted(str(read.rows))}))",
        present=present,
        unknown=unknown,
        has_line=True,
        broken=read.broken,
        n_rows=read.n_rows,
    )


def _is_readable(relation: TextRelation, scratch: Path) -> bool:
    """Whether DuckDB reads the relation to its end and sees as many rows as there should be."""
    # Counting a Parquet file reads its footer only, so its cells are asked for.
    counted = "count(*)" if relation.n_rows is not None else "count(columns(*))"
    with Engine(scratch=scratch) as engine:
        try:
            row = engine.one(f"select {counted} from {relation.sql}")
        except ModelError:
            return False
    return relation.n_rows is None or row[0] == relation.n_rows


def _header_bytes(path: Path, packing: Packing, file_name: str) -> bytes:
    """The first record's bytes, its line end included."""
    start = first_bytes(path, packing, MAX_RECORD_BYTES)
    if not start and packing != "none":
        raise DeliveryError(
            "The compressed file breaks off before its first row.",
            where=file_name,
            expected=f"a whole {packing} file",
            found="damaged or missing parts",
            todo="pack or copy the file again",
        )
    if not start.strip(b"\xef\xbb\xbf\r\n \t"):
        raise DeliveryError(
            "The file is empty.",
            where=file_name,
            expected="a header row, then one row per record",
            found="nothing" if not start else "blank lines",
            todo="export the table again; a table without rows still has its header",
        )
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _not_utf8(file_name, "UTF-16")
    newline = b"\n" if b"\n" in start else b"\r"
    end = 0
    while True:
        end = start.find(newline, end) + 1
        if end == 0:
            if len(start) == MAX_RECORD_BYTES:
                raise DeliveryError(
                    "The file has no header that could be read.",
                    where=f"{file_name}, line 1",
                    expected=f"a header row of at most {MAX_RECORD_BYTES:,} bytes",
                    found="a longer first line",
                    todo="check that the file is CSV with one record a line",
                )
            return start
        if start[:end].count(b'"') % 2 == 0:
            return start[:end]


def _parse_header(header_bytes: bytes, file_name: str) -> list[str]:
    if other := other_format(header_bytes):
        what, _, todo = other.partition("; ")
        raise DeliveryError(
            "The file is no table in text.",
            where=file_name,
            expected="CSV in UTF-8, or Parquet",
            found=what,
            todo=todo or "export the table as CSV",
        )
    try:
        text = header_bytes.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _not_utf8(file_name, "bytes that are not UTF-8 in the header") from None
    if "\0" in text:
        raise _not_utf8(file_name, "zero bytes in the header")
    try:
        header = next(csv.reader(io.StringIO(text.strip("\r\n"), newline=""), strict=True))
    except (csv.Error, StopIteration):
        raise DeliveryError(
            "The header cannot be read.",
            where=f"{file_name}, line 1",
            expected="column names with commas between, quoted as RFC 4180 says",
            found="a quote that is not closed, or text after one",
            todo="export the table again",
        ) from None
    blank = [number for number, name in enumerate(header, start=1) if not name.strip()]
    if blank:
        raise DeliveryError(
            "A column has no name.",
            where=f"{file_name}, line 1",
            expected="a name for each column",
            found=f"none in column {', '.join(map(str, blank))}",
            todo="name the columns, or export the table without them",
        )
    # Positions only: without a header row the first record would be quoted here.
    seen: dict[str, int] = {}
    for number, name in enumerate(header, start=1):
        if name in seen:
            raise DeliveryError(
                "Two columns have the same name.",
                where=f"{file_name}, line 1",
                expected="each name once, in the first row",
                found=f"the same in columns {seen[name]} and {number}",
                todo="keep one of them",
            )
        seen[name] = number
    return header


def _match_columns(
    header: Sequence[str],
    table: str,
    contract_columns: Sequence[ContractColumn],
    file_name: str,
) -> tuple[frozenset[str], tuple[str, ...]]:
    """The contract's columns that are there, and the names that the contract does not know."""
    known = {column.name for column in contract_columns}
    present = frozenset(name for name in header if name in known)
    unknown = tuple(name for name in header if name not in known)
    missing = [column.name for column in contract_columns if column.required]
    missing = [name for name in missing if name not in present]
    if present:
        refuse_notes(unknown, file_name)
    if missing:
        if present:
            found = "columns " + _shown_columns(header, known)
        else:
            # Perhaps no header at all: then these would be somebody's cells.
            found = f"none of the table's columns among the {len(header)} of the first row"
        if len(header) == 1 and re.search(r"[;\t|: ]", header[0]):
            found += "; the columns seem to be separated by something else than commas"
        in_other_case = {name.strip().lower() for name in unknown} & set(missing)
        if in_other_case:
            found += f"; {', '.join(sorted(in_other_case))} differ in case or spaces only"
        raise DeliveryError(
            f"Columns that {table} must have are missing.",
            where=f"{file_name}, line 1",
            expected=f"columns {', '.join(missing)}",
            found=found,
            todo="export them, or name them as the canonical export does",
        )
    return present, unknown


def _shown_columns(header: Sequence[str], known: Collection[str]) -> str:
    """The names that are the contract's, but for case and marks; others may be a row's cells."""
    letters = {_letters(name) for name in known}
    shown = [name for name in header if _letters(name) in letters]
    n_others = len(header) - len(shown)
    return ", ".join(shown) + (f" and {n_others:,} others" if n_others else "")


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _refuse_lower_header(
    start: bytes, contract_columns: Sequence[ContractColumn], file_name: str
) -> None:
    """Refuse a file whose first line with the columns that must be there is not its first."""
    wanted = {column.name.encode() for column in contract_columns if column.required}
    for number, line in enumerate(start.splitlines(), start=1):
        if wanted <= {cell.strip(b'" \xef\xbb\xbf') for cell in line.split(b",")}:
            if number > 1 and start.splitlines()[0].strip():
                raise DeliveryError(
                    "The header is not the first row.",
                    where=f"{file_name}, line {number}",
                    expected="column names in line 1, and nothing above them",
                    found=f"column names in line {number}",
                    todo="remove the lines above it, or switch titles off in the export",
                )
            return


def _not_utf8(file_name: str, found: str) -> DeliveryError:
    return DeliveryError(
        "The file is not text in UTF-8.",
        where=file_name,
        expected="CSV in UTF-8",
        found=found,
        todo="export it as UTF-8",
    )
