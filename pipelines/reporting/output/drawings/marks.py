"""The marks that drawings are made of, as elements of SVG, and the frame around them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any
from unicodedata import east_asian_width

# A chart's rows by the name of their dataset, as `report.json` holds them.
Row = Mapping[str, Any]
Data = Mapping[str, Sequence[Row]]
Point = tuple[float, float]
Attribute = str | float


@dataclass(frozen=True)
class Size:
    """A drawing's place in pixels: its width, and the room that a plot with an axis leaves."""

    name: str
    width: int
    left: int
    right: int


WIDE = Size("wide", width=640, left=44, right=62)
NARROW = Size("narrow", width=340, left=42, right=56)
SIZES = (WIDE, NARROW)


@dataclass(frozen=True)
class Frame:
    """A plot of `width` × `height` pixels, and the room around it."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float

    @classmethod
    def within(
        cls,
        size: Size,
        *,
        height: float,
        top: float,
        bottom: float,
        left: float | None = None,
        right: float | None = None,
    ) -> "Frame":
        """A plot that fills a size, with the room of an axis beside it if none is named."""
        left = size.left if left is None else left
        right = size.right if right is None else right
        return cls(size.width - left - right, height, left, right, top, bottom)


@dataclass(frozen=True)
class Drawing:
    """Marks in their frame; their coordinates start at the plot's upper left corner."""

    frame: Frame
    marks: str

    def svg(self, **attributes: Attribute) -> str:
        """The drawing as an `<svg>` element with these attributes of its own."""
        frame = self.frame
        width = frame.left + frame.width + frame.right
        height = frame.top + frame.height + frame.bottom
        plot = group(
            self.marks, fill="none", transform=f"translate({px(frame.left)},{px(frame.top)})"
        )
        box = f"0 0 {px(width)} {px(height)}"
        return element("svg", plot, **attributes, width=width, height=height, viewBox=box)


def px(value: float) -> str:
    """A length to a hundredth of a pixel, written alike on every machine."""
    # Adding zero turns a negative zero into zero.
    return f"{round(value, 2) + 0.0:g}"


def element(name: str, content: str = "", /, **attributes: Attribute) -> str:
    """An element; `stroke_width=2` is written as `stroke-width="2"`, `class_` as `class`."""
    written = "".join(f' {_name(key)}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


@cache
def _name(key: str) -> str:
    # viewBox and preserveAspectRatio are written as they are.
    return key.rstrip("_").replace("_", "-")


def _value(value: Attribute) -> str:
    return escape(value) if isinstance(value, str) else px(value)


def group(*marks: str, **attributes: Attribute) -> str:
    """Marks that share attributes; nothing where there are none."""
    content = "".join(marks)
    return element("g", content, **attributes) if content else ""


def text(x: float, y: float, said: object, **attributes: Attribute) -> str:
    """A text from (x, y) on its base line; nothing where it is empty."""
    content = "" if said is None else escape(str(said), quote=False)
    return element("text", content, x=x, y=y, **attributes) if content else ""


def shortened(said: str, n_letters: int) -> str:
    """The text, or its beginning and `…` where it is longer than its room."""
    widths = [2 if east_asian_width(letter) in "WF" else 1 for letter in said]
    if sum(widths) <= n_letters:
        return said
    kept = 0
    while sum(widths[: kept + 1]) < n_letters:
        kept += 1
    return f"{said[:kept].rstrip()}…"


def bar(x: float, y: float, width: float, height: float, **attributes: Attribute) -> str:
    """A rectangle from its upper left corner."""
    return element("rect", x=x, y=y, width=width, height=height, **attributes)


def rule(x: float, y: float, x2: float, y2: float, **attributes: Attribute) -> str:
    """A straight line."""
    return element("line", x1=x, y1=y, x2=x2, y2=y2, **attributes)


def path_of(points: Iterable[Point]) -> str:
    """The way through points, as the attribute `d` of a path."""
    return "M" + "L".join(f"{px(x)},{px(y)}" for x, y in points)


def area(upper: Sequence[Point], lower: Sequence[Point], **attributes: Attribute) -> str:
    """What lies between two lines."""
    return element("path", d=f"{path_of([*upper, *reversed(lower)])}Z", **attributes)


def lines(points: Iterable[tuple[float, float | None]], **attributes: Attribute) -> str:
    """A line through points, which ends where one has no height and starts anew after it."""
    return "".join(
        element("path", d=path_of(run), **attributes) for run in _runs(points) if len(run) > 1
    )


def _runs(points: Iterable[tuple[float, float | None]]) -> list[list[Point]]:
    runs: list[list[Point]] = [[]]
    for x, y in points:
        if y is None:
            runs.append([])
        else:
            runs[-1].append((x, y))
    return runs


def dot(x: float, y: float, radius: float, **attributes: Attribute) -> str:
    """A disc around (x, y)."""
    return element("circle", cx=x, cy=y, r=radius, **attributes)


def diamond(x: float, y: float, radius: float, **attributes: Attribute) -> str:
    """A square on its corner around (x, y), told from a disc without colour."""
    corners = [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]
    return element("path", d=f"{path_of(corners)}Z", **attributes)
