"""What became of finished courses, a bar for each measure or domain."""

from collections.abc import Iterator

from pipelines.reporting.output.drawings.marks import (
    Data,
    Drawing,
    Frame,
    Row,
    Size,
    bar,
    group,
    shortened,
    text,
)

ROW = 62
BAR = 20
# Pixels that a letter or a digit takes, as a rule.
_LETTER, _DIGIT = 7, 8
_COLOURS = {
    "better": "var(--better)",
    "same": "var(--same)",
    "worse": "var(--worse)",
    "missing": "url(#hatch)",
}


def draw(data: Data, size: Size) -> Drawing:
    """The drawing of `parts`, each a stretch of a bar."""
    parts = data["parts"]
    n_bars = 1 + max(row["order"] for row in parts)
    frame = Frame.within(size, height=ROW * n_bars, top=10, bottom=6, left=2, right=2)
    n_letters = int(frame.width / _LETTER)
    return Drawing(
        frame,
        "".join(mark for row in parts for mark in _part(row, frame.width))
        + group(
            *(
                text(0, _top(row) - 7, shortened(row["measure"], n_letters))
                for row in parts if row["is_first"]
            ),
            font_size=12.5, font_weight=600, fill="var(--ink)",
        ),
    )  # fmt: skip


def _top(row: Row) -> float:
    return ROW * row["order"] + 26


def _part(row: Row, width: float) -> Iterator[str]:
    top, middle = _top(row), row["middle"] * width
    has_room = row["is_wide"] and (row["end"] - row["start"]) * width >= _DIGIT * len(row["text"])
    yield bar(
        row["start"] * width, top, (row["end"] - row["start"]) * width, BAR,
        fill=_COLOURS[row["part"]], stroke="var(--paper)",
    )  # fmt: skip
    if row.get("is_joined"):
        yield text(2, top + BAR + 13, row["text"], font_size=12, fill="var(--ink)")
    elif has_room and row["part"] != "missing":
        colour = "var(--on-dark)" if row["part"] == "better" else "var(--on-light)"
        yield text(
            middle, top + 14, row["text"], text_anchor="middle", font_size=12.5, font_weight=600,
            fill=colour,
        )  # fmt: skip
    elif row["n"]:
        # No room in a narrow part, and no letter is legible on a hatch: below it.
        yield text(
            middle, top + BAR + 13, row["text"], text_anchor="middle", font_size=12,
            fill="var(--ink)",
        )  # fmt: skip
