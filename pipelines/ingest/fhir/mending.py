"""Lines that DuckDB's reader would miscount or fail on, found first and mended in a copy.

It gives no row for an empty line, and fails on a byte order mark, UTF-16 and a compressed file that
breaks off.
"""

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path

from pipelines.ingest.byte_streams import ByteStream

EMPTY_LINE = json.dumps("clinic-outcomes: empty line")
"""The JSON that stands for an empty line in a mended copy, so that row and line numbers agree."""
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

_UTF8_MARK = b"\xef\xbb\xbf"
_EMPTY_LINES = re.compile(rb"\n\s*\n")
_BLANK_START = re.compile(rb"\s*\n")


def examine_lines(stream: ByteStream) -> tuple[bool, bool]:
    """(whether DuckDB's reader would fail or count lines wrongly, whether lines may be very long).

    The stream is not read to its end where it needs mending.
    """
    is_first, is_blank_so_far, has_long_lines = True, True, False
    for chunk in stream:
        if is_first and chunk.startswith((_UTF8_MARK, *UTF16_MARKS)):
            return True, True
        is_first = False
        if _EMPTY_LINES.search(chunk) or (is_blank_so_far and _BLANK_START.match(chunk)):
            return True, True
        end = chunk.rfind(b"\n")
        is_blank_so_far = (is_blank_so_far or end >= 0) and _is_blank(chunk[end + 1 :])
        has_long_lines = has_long_lines or end < 0
    return not stream.is_whole, has_long_lines


def _is_blank(line: bytes) -> bool:
    return not line or line.isspace()


def write_mended(stream: ByteStream, mended: Path) -> None:
    """The same lines in UTF-8 without a mark, empty ones marked as such, to where it broke off."""
    mended.touch(mode=0o600)
    with mended.open("wb") as target:
        target.writelines(
            EMPTY_LINE.encode() + b"\n" if _is_blank(line) else line + b"\n"
            for line in _utf8_lines(stream)
        )


def _utf8_lines(stream: ByteStream) -> Iterator[bytes]:
    """Lines of a file without their ends, from UTF-16 where its mark says so."""
    rest, is_first, decoder = b"", True, None
    for packed in stream:
        chunk = packed
        if is_first:
            is_first = False
            if chunk.startswith(UTF16_MARKS):
                decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
            chunk = chunk.removeprefix(_UTF8_MARK)
        if decoder:
            chunk = decoder.decode(chunk).encode(errors="replace")
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    if rest:
        yield rest
