"""How many courses changed by how many points.

The quiet band is what a questionnaire's own error explains.
"""

from pipelines.reporting.output.drawings.marks import (
    Data,
    Drawing,
    Frame,
    Size,
    bar,
    group,
    rule,
    text,
)
from pipelines.reporting.output.drawings.scales import heights, linear, named, rounded_up, ticks

_ANCHORS = {"left": "start", "center": "middle", "right": "end"}


def draw(data: Data, size: Size) -> Drawing:
    """The drawing of `stretches` over `band`, the three parts named by `labels`."""
    frame = Frame.within(size, height=170, top=40, bottom=26)
    stretches, band = data["stretches"], data["band"]
    ends = [row[name] for row in [*stretches, *band] for name in ("from", "to")]
    low, high = min(ends), max(ends)
    most = rounded_up(max(row["high"] for row in stretches))
    x = linear(low, high, 0, frame.width)
    y = linear(0, most, frame.height, 0)
    below = frame.height + 15
    return Drawing(
        frame,
        "".join(
            bar(x(row["from"]), 0, x(row["to"]) - x(row["from"]), frame.height, fill="var(--band)")
            for row in band
        )
        + heights(ticks(0, most, 4), y, frame.width)
        + group(
            *(text(x(value), below, named(value)) for value in ticks(low, high, 9)),
            text_anchor="middle", font_size=11, fill="var(--grey)",
        )
        + group(
            *(
                bar(
                    x(row["from"]), y(row["high"]), x(row["to"]) - x(row["from"]),
                    y(row["low"]) - y(row["high"]), fill=f"var(--{row['part']})",
                )
                for row in stretches
            ),
            stroke="var(--paper)", stroke_width=0.5,
        )
        + rule(x(0), 0, x(0), frame.height, stroke="var(--ink)", stroke_dasharray="3,3")
        + group(
            *(
                text(
                    x(row["from"]), -22 if row["is_above"] else -7, row["text"],
                    text_anchor=_ANCHORS[row["align"]],
                )
                for row in data["labels"]
            ),
            font_size=12, font_weight=600, fill="var(--ink)",
        ),
    )  # fmt: skip
