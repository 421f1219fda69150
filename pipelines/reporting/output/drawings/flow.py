"""Bars from referral to a measured outcome; the length is the number."""

from pipelines.reporting.output.drawings.marks import Data, Drawing, Frame, Size, bar, text
from pipelines.reporting.output.drawings.scales import linear

ROW = 44
BAR = 16


def draw(data: Data, size: Size) -> Drawing:
    """The drawing of `bars`: each its name, its length and its number."""
    bars = data["bars"]
    frame = Frame.within(size, height=ROW * len(bars), top=14, bottom=0, left=2, right=60)
    x = linear(0, max((row["n"] for row in bars), default=0), 0, frame.width)
    marks = []
    for row in bars:
        top = ROW * row["order"] + 20
        colour = "var(--accent)" if row["is_part"] else "var(--same)"
        marks += [
            text(0, top - 6, row["stage"], font_size=12.5, fill="var(--ink)"),
            bar(0, top, x(row["n"]), BAR, fill=colour),
            text(x(row["n"]) + 7, top + 12, row["text"], font_size=13, font_weight=600,
                 fill="var(--ink)"),
        ]  # fmt: skip
    return Drawing(frame, "".join(marks))
