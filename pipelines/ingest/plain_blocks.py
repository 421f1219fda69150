"""Stretches of a CSV file in which nothing is odd, read many lines at a time.

One odd record would otherwise cost a file of millions its speed. A stretch is plain when it holds
no quote, NUL, lone CR, blank line or byte that is not UTF-8, and every line has as many cells as
the header: then a cell is what lies between two delimiters, and no reader could read it otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

BLOCK_BYTES = 1 << 18


@dataclass(frozen=True)
class Block:
    """Whole lines, the last one without its end; `number` is the line number of the first."""

    number: int
    content: bytes

    @property
    def n_lines(self) -> int:
        """How many lines there are."""
        return self.content.count(b"\n") + 1


def blocks(content: bytes, number: int) -> Iterator[Block]:
    """Whole lines, without the end of the last, cut at line ends into blocks of some size."""
    start = 0
    while start <= len(content):
        end = content.find(b"\n", start + BLOCK_BYTES)
        end = len(content) if end < 0 else end
        block = Block(number, content[start:end])
        yield block
        number += block.n_lines
        start = end + 1


def plain_cells(
    block: Block, *, n_columns: int, delimiter: bytes, quote: bytes, header: bytes
) -> pl.DataFrame | None:
    """The block's cells as text, empty ones null, in columns by place; None if anything is odd.

    `header` are the header's own bytes: a line of them is odd too.
    """
    content = block.content
    if (quote and quote in content) or b"\0" in content or header in content:
        return None
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").removesuffix(b"\r")
        if b"\r" in content:
            return None
    if not content or content.startswith(b"\n") or content.endswith(b"\n") or b"\n\n" in content:
        return None
    # With no line longer, none is shorter; a longer one makes the reader fail.
    if content.count(delimiter) != block.n_lines * (n_columns - 1):
        return None
    try:
        content.decode()
        cells = pl.read_csv(
            content,
            has_header=False,
            schema={str(place): pl.String for place in range(n_columns)},
            separator=delimiter.decode(),
            quote_char=None,
            truncate_ragged_lines=False,
        )
    except (UnicodeDecodeError, pl.exceptions.PolarsError):
        return None
    return cells if cells.height == block.n_lines else None
