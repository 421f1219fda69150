"""What a CSV file's bytes tell before anything parses them."""

import codecs
from dataclasses import dataclass

from pipelines.ingest.byte_streams import ByteStream


@dataclass(frozen=True)
class CsvFacts:
    """Counts and flags over a whole file; a hundred megabytes take a twentieth of a second."""

    n_newlines: int
    ends_with_newline: bool
    is_utf8: bool
    has_nul: bool
    has_carriage_return: bool
    has_repeated_header: bool
    is_whole: bool

    @property
    def suits_quick_reader(self) -> bool:
        """Whether nothing here would make DuckDB's reader fail, or worse, go on silently.

        It accepts NUL, reads a truncated zstd file as a shorter one, and checks UTF-8 only in the
        columns that are asked for. A header that stands again between rows would be one of them.
        """
        only_carriage_returns = self.has_carriage_return and self.n_newlines == 0
        is_odd = self.has_nul or self.has_repeated_header or only_carriage_returns
        return self.is_whole and self.is_utf8 and not is_odd


def examine(stream: ByteStream, *, header: bytes = b"") -> CsvFacts:
    """The facts of one stream, read once in bounded memory.

    `header` are the bytes of the first record, by which it is known again.
    """
    again = b"\n" + header.removeprefix(b"\xef\xbb\xbf").strip(b"\r\n")
    has_repeated_header, end = False, b""
    decoder = codecs.getincrementaldecoder("utf-8")()
    n_newlines, last = 0, b"\n"
    is_utf8, has_nul, has_carriage_return = True, False, False
    for chunk in stream:
        n_newlines += chunk.count(b"\n")
        has_nul = has_nul or b"\0" in chunk
        has_carriage_return = has_carriage_return or b"\r" in chunk
        if is_utf8 and (not chunk.isascii() or decoder.getstate()[0]):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
        if header and not has_repeated_header:
            # Also where two chunks meet.
            has_repeated_header = again in chunk or again in end + chunk[: len(again)]
            end = chunk[-len(again) :]
        last = chunk[-1:]
    return CsvFacts(
        n_newlines=n_newlines,
        ends_with_newline=last == b"\n",
        is_utf8=is_utf8 and not decoder.getstate()[0],
        has_nul=has_nul,
        has_carriage_return=has_carriage_return,
        has_repeated_header=has_repeated_header,
        is_whole=stream.is_whole,
    )
