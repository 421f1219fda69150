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
    is_whole: bool

    @property
    def suits_quick_reader(self) -> bool:
        """Whether nothing here would make DuckDB's reader fail, or worse, go on silently.

        It accepts NUL, reads a truncated zstd file as a shorter one, and checks UTF-8 only in the
        columns that are asked for.
        """
        only_carriage_returns = self.has_carriage_return and self.n_newlines == 0
        return self.is_whole and self.is_utf8 and not self.has_nul and not only_carriage_returns


def examine(stream: ByteStream) -> CsvFacts:
    """The facts of one stream, read once in bounded memory."""
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
        last = chunk[-1:]
    return CsvFacts(
        n_newlines=n_newlines,
        ends_with_newline=last == b"\n",
        is_utf8=is_utf8 and not decoder.getstate()[0],
        has_nul=has_nul,
        has_carriage_return=has_carriage_return,
        is_whole=stream.is_whole,
    )
