"""Mean score by session, the middle half of courses, and where the same courses began."""

from collections.abc import Sequence
from typing import Any

from pipelines.reporting.output.drawings.marks import (
    NARROW,
    Data,
    Drawing,
    Frame,
    Row,
    Size,
    area,
    dot,
    group,
    lines,
    text,
)
from pipelines.reporting.output.drawings.scales import across, heights, linear, ticks


def draw(data: Data, size: Size) -> Drawing:
    """The drawing of `points` within `extent`, the ends of the scale."""
    points = placed(data["points"], size)
    frame = Frame.within(size, height=190, top=14, bottom=44)
    drawn = [row[name] for row in points for name in ("value", "lower", "upper", "began")]
    values = [value for value in drawn if value is not None]
    values += [row["value"] for row in data["extent"]]
    x = across([row["order"] for row in [*points, *data["extent"]]], frame.width)
    y = linear(min(values), max(values), frame.height, 0)

    def line(name: str) -> list[tuple[float, float | None]]:
        return [(x(row["order"]), None if row[name] is None else y(row[name])) for row in points]

    half = [row for row in points if row["lower"] is not None and row["upper"] is not None]
    last = points[-1]
    return Drawing(
        frame,
        area(
            [(x(row["order"]), y(row["upper"])) for row in half],
            [(x(row["order"]), y(row["lower"])) for row in half],
            fill="var(--band)",
        )
        + heights(ticks(min(values), max(values), 5), y, frame.width)
        + lines(line("began"), stroke="var(--grey)", stroke_width=2, stroke_dasharray="4,4")
        + lines(line("value"), stroke="var(--accent)", stroke_width=2, stroke_linejoin="round")
        + group(
            *(dot(x(row["order"]), y(row["value"]), 2.9) for row in points),
            fill="var(--accent)",
        )
        + text(x(last["order"]) + 9, y(last["began"]) + 3, last["began_text"], font_size=11,
               fill="var(--grey)")
        + text(x(last["order"]) + 9, y(last["value"]) + 4, last["text"], font_size=14,
               font_weight=600, fill="var(--ink)")
        + group(
            *(
                text(x(row["order"]), frame.height + below, row[name], font_size=size_of_text)
                for row in points if row["is_labelled"]
                for name, below, size_of_text in (("label", 33, 11), ("n_text", 16, 9.5))
            ),
            text_anchor="middle", fill="var(--grey)",
        ),
    )  # fmt: skip


def placed(points: Sequence[Row], size: Size) -> list[dict[str, Any]]:
    """All points of a curve, with labels at as many as have room, the first included."""
    step = 1 + len(points) // (7 if size is NARROW else 14)
    return [{**point, "is_labelled": place % step == 0} for place, point in enumerate(points)]
