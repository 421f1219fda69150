"""The small line of a card: a trend in its usual range, without numbers."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pipelines.reporting.figures.trends import limit_rows
from pipelines.reporting.model import Trend
from pipelines.reporting.output.drawings.marks import bar, element, lines, px, rule
from pipelines.reporting.output.drawings.scales import linear

WIDTH, HEIGHT, MARGIN = 160, 40, 4


def sparkline(trend: Trend) -> str:
    """The line as an `<svg>` element that software for reading aloud passes over.

    The card says the same in words.
    """
    values = [point.value for point in trend.points]
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    steps: list[Mapping[str, Any]] = list(limit_rows(trend, ""))
    levels = [value for _, value in known]
    levels += [step[name] for step in steps for name in ("lower", "centre", "upper")]
    x = linear(0, max(1, len(values) - 1), MARGIN, WIDTH - MARGIN)
    y = linear(min(levels, default=0), max(levels, default=1), HEIGHT - MARGIN, MARGIN)
    marks = []
    for begin, end in pairwise(steps):
        if begin["stretch"] == end["stretch"]:
            left, right, top = x(begin["from"]), x(end["from"]), y(begin["upper"])
            level, height = y(begin["centre"]), y(begin["lower"]) - top
            marks += [
                bar(left, top, right - left, height, class_="band"),
                rule(left, level, right, level, class_="centre"),
            ]
    marks.append(
        lines(
            [(x(place), None if value is None else y(value)) for place, value in enumerate(values)],
            class_="series",
        )
    )
    for place, value in known[-1:]:
        # The round end of a line of no length: a disc that is not drawn out with the picture.
        marks.append(element("path", d=f"M{px(x(place))},{px(y(value))}h0.01", class_="last"))
    return element(
        "svg", "".join(marks), class_="spark", viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none", aria_hidden="true",
    )  # fmt: skip
