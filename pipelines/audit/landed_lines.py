"""Rows of landed text files as they came, byte for byte, found by their line."""

from collections.abc import Collection, Iterator
from pathlib import Path

from pipelines.ingest.byte_streams import ByteStream, packing_of

_NO_TEXT = (b"PAR1", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff")
# A quoted cell with more line breaks than this is a stray quote.
_LINES_OF_A_ROW = 50
_QUOTE = b'"'


def landed_rows(path: Path, lines: Collection[int], *, is_csv: bool) -> dict[int, str]:
    """The rows that begin on these lines, without their end of line; those not found are left out.

    A row of a CSV file goes on while a quoted cell is open. What is no text with line breaks
    (Parquet, a workbook, UTF-16) has no lines to show, nor has what is no longer there.
    """
    if not path.is_file():
        return {}
    found: dict[int, list[bytes]] = {}
    is_open: set[int] = set()
    last = max(lines, default=0)
    for number, line in enumerate(_lines(path), start=1):
        if number == 1 and line.startswith(_NO_TEXT):
            return {}
        for begun in list(is_open):
            found[begun].append(line)
            if line.count(_QUOTE) % 2:
                is_open.remove(begun)
            elif len(found[begun]) > _LINES_OF_A_ROW:
                del found[begun][1:]
                is_open.remove(begun)
        if number in lines:
            found[number] = [line]
            if is_csv and line.count(_QUOTE) % 2:
                is_open.add(number)
        if number >= last and not is_open:
            break
    return {
        number: _text(b"\n".join(found[number][: 1 if number in is_open else None]))
        for number in found
    }


def _lines(path: Path) -> Iterator[bytes]:
    rest: list[bytes] = []
    for chunk in ByteStream(path, packing_of(path)):
        first, *others = chunk.split(b"\n")
        rest.append(first)
        for other in others:
            yield b"".join(rest)
            rest = [other]
    if any(rest):
        yield b"".join(rest)


def _text(line: bytes) -> str:
    """The bytes as text: every byte is there, also where the encoding is not known."""
    line = line.removesuffix(b"\r")
    for encoding in ("utf-8", "windows-1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")
