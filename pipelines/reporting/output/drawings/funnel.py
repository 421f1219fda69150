"""Each therapist's or group's share after adjustment, over the number of measured courses.

Each has its own limits of chance; who lies outside them is a diamond.
"""

from pipelines.reporting.output.drawings.marks import (
    Attribute,
    Data,
    Drawing,
    Frame,
    Size,
    diamond,
    dot,
    group,
    rule,
    text,
)
from pipelines.reporting.output.drawings.scales import (
    SHARES,
    heights,
    linear,
    named,
    percent,
    rounded_up,
    ticks,
)


def draw(data: Data, size: Size) -> Drawing:
    """The drawing of `units` around `overall`, with the names of the `axes`."""
    units = data["units"]
    frame = Frame.within(size, height=260, top=26, bottom=44)
    most = rounded_up(max(row["n"] for row in units))
    x = linear(0, most, 0, frame.width)
    y = linear(0, 1, frame.height, 0)
    numbers = [value for value in ticks(0, most, 4) if value == int(value)]

    def chance(name: str, **attributes: Attribute) -> str:
        """From the lower to the upper limit of each unit."""
        return group(
            *(
                rule(x(row["n"]), y(row[f"lower_{name}"]), x(row["n"]), y(row[f"upper_{name}"]))
                for row in units
            ),
            **attributes,
        )

    return Drawing(
        frame,
        heights(SHARES, y, frame.width, percent)
        + group(
            *(text(x(value), frame.height + 15, named(value)) for value in numbers),
            text_anchor="middle", font_size=11, fill="var(--grey)",
        )
        + chance("998", stroke="var(--line)", stroke_width=7, stroke_linecap="round")
        + chance("95", stroke="var(--grey)")
        + "".join(
            rule(0, y(row["value"]), frame.width, y(row["value"]), stroke="var(--grey)",
                 stroke_dasharray="4,4")
            for row in data["overall"]
        )
        + group(
            *(dot(x(row["n"]), y(row["value"]), 3.6)
              for row in units if not row["is_outside"]),
            fill="var(--accent)", stroke="var(--paper)",
        )
        + group(
            *(diamond(x(row["n"]), y(row["value"]), 5.7)
              for row in units if row["is_outside"]),
            fill="var(--ink)", stroke="var(--paper)",
        )
        + "".join(
            text(0, -12, row["share"], font_size=12, fill="var(--grey)")
            + text(frame.width, frame.height + 35, row["courses"], text_anchor="end",
                   font_size=12, fill="var(--grey)")
            for row in data["axes"]
        ),
    )  # fmt: skip
