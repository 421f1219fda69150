"""Shares of one length of time, each with its range and the number of courses behind it.

A filled disc shares no course with another filled one; a hollow one shares some with both beside
it. No line joins them, as it would say that one followed from the other.
"""

from collections.abc import Sequence
from typing import Any

from pipelines.reporting.output.drawings.marks import (
    NARROW,
    Data,
    Drawing,
    Frame,
    Row,
    Size,
    dot,
    group,
    rule,
    text,
)
from pipelines.reporting.output.drawings.scales import SHARES, across, heights, linear, percent

CAP = 3.5


def draw(data: Data, size: Size) -> Drawing:
    """The drawing of `points`."""
    points = placed(data["points"], size)
    frame = Frame.within(size, height=170, top=14, bottom=44)
    x = across([row["order"] for row in points], frame.width)
    y = linear(0, 1, frame.height, 0)
    known = [row for row in points if row["value"] is not None]
    ranged = [row for row in known if row["lower"] is not None and row["upper"] is not None]
    return Drawing(
        frame,
        heights(SHARES, y, frame.width, percent)
        + group(
            *(rule(x(row["order"]), y(row["lower"]), x(row["order"]), y(row["upper"]))
              for row in ranged),
            *(rule(x(row["order"]) - CAP, y(row[end]), x(row["order"]) + CAP, y(row[end]))
              for row in ranged for end in ("lower", "upper")),
            stroke="var(--grey)", stroke_width=1.5,
        )
        + group(
            *(dot(x(row["order"]), y(row["value"]), 4) for row in known if row["is_apart"]),
            fill="var(--accent)",
        )
        + group(
            *(dot(x(row["order"]), y(row["value"]), 3.5) for row in known if not row["is_apart"]),
            fill="var(--paper)", stroke="var(--accent)", stroke_width=1.5,
        )
        + "".join(
            text(x(row["order"]) + 9, y(row["value"]) + 4, row["text"], font_size=14,
                 font_weight=600, fill="var(--ink)")
            for row in known
            if row["is_last"]
        )
        + group(
            *(text(x(row["order"]), frame.height + 33, row["label"], font_size=11)
              for row in points if row["is_labelled"]),
            *(text(x(row["order"]), frame.height + 16, row["n"], font_size=9.5) for row in points),
            text_anchor="middle", fill="var(--grey)",
        ),
    )  # fmt: skip


def placed(points: Sequence[Row], size: Size) -> list[dict[str, Any]]:
    """All points; a narrow drawing has room for the labels of those alone that stand apart."""
    last = len(points) - 1
    return [
        {
            **point,
            "is_last": place == last,
            "is_labelled": size is not NARROW or point["is_apart"],
        }
        for place, point in enumerate(points)
    ]
