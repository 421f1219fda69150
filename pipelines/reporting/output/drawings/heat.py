"""How many finished courses were measured, by programme and quarter; the darker, the more.

A frame marks what is under the share that is asked for: shades alone would not tell 69 % from 70 %.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from pipelines.reporting.output.drawings.marks import (
    Data,
    Drawing,
    Frame,
    Row,
    Size,
    bar,
    shortened,
    text,
)

# The room for names, and how many periods beside them.
NAME_ROOM = {"wide": 210, "narrow": 158}
PERIODS = {"wide": 8, "narrow": 4}
ROW = 26
GAP, GAP_OF_NAMES = 3, 8
# Pixels that a letter of a name takes, as a rule; what is wider yet is cut at the edge.
_LETTER = 5.5


def draw(data: Data, size: Size) -> Drawing:
    """The drawing of `cells`, each a programme in a period."""
    cells = placed(data["cells"], PERIODS[size.name])
    n_rows = 1 + max(cell["order"] for cell in cells)
    room = NAME_ROOM[size.name]
    frame = Frame.within(size, height=ROW * n_rows, top=26, bottom=4, left=room, right=2)
    step = (frame.width + GAP) / (1 + max(cell["column"] for cell in cells))
    n_letters = int((room - GAP_OF_NAMES) / _LETTER)
    return Drawing(frame, "".join(mark for cell in cells for mark in _cell(cell, step, n_letters)))


def _cell(cell: Row, step: float, n_letters: int) -> Iterator[str]:
    left, top, width = cell["column"] * step, cell["order"] * ROW, step - GAP
    middle, line = left + width / 2, top + 16
    place = (left, top, width, ROW - GAP)
    if cell["is_empty"]:
        yield bar(*place, fill="url(#hatch)", opacity=0.6)
    else:
        yield bar(*place, fill="var(--accent)", fill_opacity=cell["shade"])
        if cell["is_under"]:
            yield bar(left + 1, top + 1, width - 2, ROW - GAP - 2, stroke="var(--ink)",
                      stroke_width=2)  # fmt: skip
        yield text(
            middle, line, cell["text"], text_anchor="middle", font_size=11, fill="var(--ink)"
        )
    if cell["column"] == 0:
        name = shortened(cell["name"], n_letters)
        yield text(-GAP_OF_NAMES, line, name, text_anchor="end", font_size=11, fill="var(--ink)")
    if cell["order"] == 0:
        yield text(
            middle, -8, cell["period"], text_anchor="middle", font_size=11, fill="var(--grey)"
        )


def placed(cells: Sequence[Row], n_periods: int) -> list[dict[str, Any]]:
    """The cells of the newest periods that a size has room for, counted from the left."""
    first = max(0, 1 + max(cell["column"] for cell in cells) - n_periods)
    return [{**cell, "column": cell["column"] - first} for cell in cells if cell["column"] >= first]
