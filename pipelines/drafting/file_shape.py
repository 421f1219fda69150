"""How a file is to be read: its encoding, what stands between cells, and where the header is."""

import csv
import io
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.ingest.byte_streams import first_bytes, packing_of
from pipelines.ingest.mapped.model import FilePart
from pipelines.ingest.mapped.workbook import is_workbook, sheet_names, sheet_rows

SAMPLE_BYTES = 1 << 18
SAMPLE_LINES = 60
HEADER_WITHIN = 15
DELIMITERS = ",;\t|"
EMPTY_WORDS = ("NULL", "N/A", "\\N", "NaN")


@dataclass(frozen=True)
class Shape:
    """A file or sheet as a mapping's part without columns; `why` says what was seen."""

    path: Path
    name: str
    sheet: str
    part: FilePart
    why: tuple[str, ...]


def shapes_of(path: Path) -> list[Shape]:
    """The shape of a text file, or of each sheet of a workbook that is not hidden or empty.

    Raises: DeliveryError when it is a workbook that cannot be opened.
    """
    if is_workbook(path):
        found = []
        for sheet in sheet_names(path, path.name):
            if sheet.is_hidden:
                continue
            rows = [
                (number, [cell or "" for cell in cells])
                for (number, cells), _ in zip(
                    sheet_rows(path, path.name, sheet.name), range(SAMPLE_LINES), strict=False
                )
            ]
            if rows:
                row, why = _header_row(rows)
                part = _part(path.name, sheet=sheet.name, header_row=row)
                found.append(Shape(path, path.name, sheet.name, part, why))
        return found
    start = first_bytes(path, packing_of(path), SAMPLE_BYTES)
    encoding, why_encoding = _encoding(start)
    text = start.decode(encoding, errors="replace").removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:SAMPLE_LINES]
    delimiter = _delimiter(lines)
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)
    row, why = _header_row([(number, cells) for number, cells in enumerate(reader, start=1)])
    empty = tuple(one for one in EMPTY_WORDS if _is_a_cell(one, lines, delimiter))
    part = _part(path.name, encoding=encoding, delimiter=delimiter, header_row=row)
    part = replace(part, empty_words=empty)
    return [Shape(path, path.name, "", part, (*why_encoding, *why))]


def _is_a_cell(one: str, lines: list[str], delimiter: str) -> bool:
    return any(one in line.replace('"', "").split(delimiter) for line in lines)


def _encoding(start: bytes) -> tuple[str, tuple[str, ...]]:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", ("UTF-16 by its byte order mark",)
    try:
        # The sample may end inside a character.
        start[: max(len(start) - 4, 0) if len(start) == SAMPLE_BYTES else None].decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252", ("not UTF-8, so probably Windows-1252: look at a word with accents",)
    return "utf-8", ()


def _delimiter(lines: list[str]) -> str:
    """What is in most lines, and in the same number in most of them."""

    def regularity(mark: str) -> tuple[int, int]:
        counts = Counter(line.count(mark) for line in lines if line.strip())
        most = [(n_lines * n, n) for n, n_lines in counts.items() if n]
        return max(most, default=(0, 0))

    return max(DELIMITERS, key=regularity)


def _header_row(rows: list[tuple[int, list[str]]]) -> tuple[int, tuple[str, ...]]:
    """The first row as wide as most, with a word in nearly all cells, and no number among them."""
    widths = Counter(sum(1 for cell in cells if cell.strip()) for _, cells in rows)
    usual = max(widths, key=lambda width: (widths[width] * width, width), default=0)
    for number, cells in rows[:HEADER_WITHIN]:
        words = [cell for cell in cells if any(c.isalpha() for c in cell)]
        filled = [cell for cell in cells if cell.strip()]
        if len(filled) >= 0.7 * usual and len(words) == len(filled) and filled:
            why = () if number == 1 else (f"what is above line {number} is no part of the table",)
            return number, why
    return 1, ("no line looks like a header: name the columns in the first line",)


def _part(
    name: str, *, sheet: str | None = None, encoding: str = "utf-8", delimiter: str = ",",
    header_row: int,
) -> FilePart:  # fmt: skip
    return FilePart(
        file=name, sheet=sheet, encoding=encoding, delimiter=delimiter, quote='"',
        header_row=header_row, decimal=".", thousands="", empty_words=(), ignored=(), optional=(),
        no_free_text=(), left_out=(), tables=(), questionnaires=(),
    )  # fmt: skip
