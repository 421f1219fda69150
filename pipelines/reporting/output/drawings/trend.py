"""A share over time, its mean and its usual range, with the number behind each point.

A diamond is a signal.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from pipelines.reporting.output.drawings.marks import (
    NARROW,
    Data,
    Drawing,
    Frame,
    Point,
    Row,
    Size,
    area,
    diamond,
    dot,
    group,
    lines,
    text,
)
from pipelines.reporting.output.drawings.scales import (
    SHARES,
    Scale,
    across,
    heights,
    linear,
    percent,
)

# The narrow trend shows a year and the month before it: more would not be legible on a phone.
NARROW_POINTS = 13


def draw(data: Data, size: Size) -> Drawing:
    """The drawing of `points` and `limits`."""
    points = placed(data["points"], size)
    limits = placed_limits(data["limits"], len(data["points"]) - len(points))
    frame = Frame.within(size, height=230, top=14, bottom=44)
    x = across([row["order"] for row in points] + [row["from"] for row in limits], frame.width)
    y = linear(0, 1, frame.height, 0)
    stretches = [list(rows) for _, rows in groupby(limits, lambda row: row["stretch"])]
    known = [row for row in points if row["value"] is not None]
    return Drawing(
        frame,
        "".join(
            area(_steps(rows, "upper", x, y), _steps(rows, "lower", x, y), fill="var(--band)")
            for rows in stretches
        )
        + heights(SHARES, y, frame.width, percent)
        + "".join(
            lines(_steps(rows, "centre", x, y), stroke="var(--grey)", stroke_dasharray="4,4")
            for rows in stretches
        )
        + "".join(
            text(x(row["from"]) + 4, y(row["upper"]) - 5, row["label"], font_size=11,
                 fill="var(--grey)")
            for row in limits
        )
        + lines(
            [
                (x(row["order"]), None if row["value"] is None else y(row["value"]))
                for row in points
            ],
            stroke="var(--accent)", stroke_width=2, stroke_linejoin="round",
        )
        + group(
            *(dot(x(row["order"]), y(row["value"]), 2.9) for row in known if not row["signal"]),
            fill="var(--accent)",
        )
        + group(
            *(diamond(x(row["order"]), y(row["value"]), 5.2) for row in known if row["signal"]),
            fill="var(--ink)",
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
            *(text(x(row["order"]), frame.height + 16, row["n"], font_size=9.5)
              for row in points if row["shows_n"]),
            text_anchor="middle", fill="var(--grey)",
        ),
    )  # fmt: skip


def _steps(rows: Sequence[Row], name: str, x: Scale, y: Scale) -> list[Point]:
    """A limit of one stretch, which keeps its height until the next period begins."""
    found: list[Point] = []
    for row in rows:
        if found:
            found.append((x(row["from"]), found[-1][1]))
        found.append((x(row["from"]), y(row[name])))
    return found


def placed(points: Sequence[Row], size: Size) -> list[dict[str, Any]]:
    """The points that this size has room for, with a label at every third, the last included.

    Denominators of four digits, or three on a narrow drawing, have room at labelled points only.
    """
    kept = points[-NARROW_POINTS:] if size is NARROW else points
    last = len(kept) - 1
    crowded_from = 100 if size is NARROW else 1000
    is_crowded = max((point["n"] or 0 for point in kept), default=0) >= crowded_from
    found = []
    for order, point in enumerate(kept):
        is_labelled = (last - order) % 3 == 0
        found.append(
            {
                **point,
                "order": order,
                "is_last": order == last,
                "is_labelled": is_labelled,
                "shows_n": point["n"] is not None and (is_labelled or not is_crowded),
            }
        )
    return found


def placed_limits(limits: Sequence[Row], n_left_out: int) -> list[dict[str, Any]]:
    """The steps of the limits from the first point shown on, which then carries the label."""
    kept = [row for row in limits if row["from"] >= n_left_out - 0.5]
    # A stretch that ends where the drawing begins has one row left: nothing to draw.
    lengths = Counter(row["stretch"] for row in kept)
    kept = [row for row in kept if lengths[row["stretch"]] > 1]
    label = next((row["label"] for row in limits if row["label"]), "")
    return [
        {**row, "from": row["from"] - n_left_out, "label": "" if place else label}
        for place, row in enumerate(kept)
    ]
