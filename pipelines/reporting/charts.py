"""Drawings of a report: its chart data put into the specifications of `reports/charts/`.

Vega-Lite renders them to SVG without a browser. Colours are written as var(--…) of
`reports/static/tokens.css`, so that one drawing serves light, dark and print. Nothing depends on
how wide a font draws a text: paddings are fixed and labels have fixed places.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from pipelines.errors import ModelError
from pipelines.reporting.model import Chart, Trend, stored
from pipelines.reporting.trends import limit_rows

CHART_FOLDER = Path(__file__).parents[2] / "reports" / "charts"
# The narrow trend shows a year and the month before it: more would not be legible on a phone.
NARROW_POINTS = 13
# A report has fewer drawings than this, so that its page and its PDF draw each but once.
KEPT_DRAWINGS = 128
_HEAD = re.compile(r"<svg(?: xmlns(?::xlink)?=\"[^\"]*\")* version=\"1\.1\" class=\"marks\"")
_MARK_ROLES = re.compile(r' (?:role="graphics-[a-z]+"|aria-roledescription="[^"]*")')

# A map of completeness: the room for names, and how many periods beside them.
HEAT_NAMES = {"wide": 210, "narrow": 130}
HEAT_PERIODS = {"wide": 8, "narrow": 4}

_CONFIG = {
    "aria": False,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "domain": False,
        "ticks": False,
        "gridColor": "var(--line)",
        "labelColor": "var(--grey)",
        "labelFontSize": 11,
        "labelPadding": 6,
    },
}


@dataclass(frozen=True)
class Size:
    """A drawing's place in pixels: the plot, and the room around it."""

    name: str
    width: int
    left: int
    right: int


WIDE = Size("wide", width=640, left=44, right=62)
NARROW = Size("narrow", width=340, left=42, right=56)
SIZES = (WIDE, NARROW)
_HEIGHTS = {
    "trend": (230, 14, 44),
    "flow": (44, 14, 0),
    "profile": (62, 10, 6),
    "curve": (190, 14, 44),
    "change": (170, 40, 26),
    "heat": (26, 26, 4),
    "funnel": (260, 26, 44),
}


@cache
def _drawing(name: str) -> dict[str, Any]:
    path = CHART_FOLDER / f"{name}.vl.json"
    if not path.is_file():
        raise ModelError(
            "There is no such drawing.",
            where="reports/charts/",
            expected=", ".join(sorted(_HEIGHTS)),
            found=name,
            todo="name one of these, or add its file",
        )
    return json.loads(path.read_text(encoding="utf-8"))


def specification(chart: Chart, size: Size) -> dict[str, Any]:
    """The Vega-Lite specification of a chart at one size, with its data in it."""
    spec = deepcopy(_drawing(chart.drawing))
    data = {name: [dict(row) for row in rows] for name, rows in chart.data.items()}
    height, top, bottom = _HEIGHTS[chart.drawing]
    left, right = size.left, size.right
    if chart.drawing == "trend":
        n_all = len(data["points"])
        data["points"] = _placed(data["points"], size)
        data["limits"] = _placed_limits(data["limits"], n_all - len(data["points"]))
    elif chart.drawing == "curve":
        data["points"] = _placed_on_curve(data["points"], size)
    elif chart.drawing == "heat":
        left, right = HEAT_NAMES[size.name], 2
        data["cells"] = _placed_cells(data["cells"], HEAT_PERIODS[size.name])
        height *= len({row["order"] for row in data["cells"]})
        spec["params"] = [{"name": "name_room", "value": left - 22}]
    elif chart.drawing not in ("funnel", "change"):
        left = 2
        right = 60 if chart.drawing == "flow" else 2
        rows = next(iter(data.values()))
        height *= len({row["order"] for row in rows})
    spec["datasets"] = stored(data)
    spec["width"] = size.width - left - right
    spec["height"] = height
    spec["padding"] = {"left": left, "right": right, "top": top, "bottom": bottom}
    spec["autosize"] = {"type": "none", "contains": "content"}
    spec["background"] = None
    spec["config"] = _CONFIG
    return spec


def _placed(points: Sequence[Mapping[str, Any]], size: Size) -> list[dict[str, Any]]:
    """The points that this size has room for, with a label at every third, the last included.

    Denominators of four digits have room at the labelled points only.
    """
    kept = points[-NARROW_POINTS:] if size is NARROW else points
    last = len(kept) - 1
    is_crowded = max((point["n"] or 0 for point in kept), default=0) >= 1000
    placed = []
    for order, point in enumerate(kept):
        is_labelled = (last - order) % 3 == 0
        placed.append(
            {
                **point,
                "order": order,
                "is_last": order == last,
                "is_labelled": is_labelled,
                "shows_n": point["n"] is not None and (is_labelled or not is_crowded),
            }
        )
    return placed


def _placed_cells(cells: Sequence[Mapping[str, Any]], n_periods: int) -> list[dict[str, Any]]:
    """The cells of the newest periods that this size has room for, counted from the left."""
    first = max(0, 1 + max(cell["column"] for cell in cells) - n_periods)
    return [{**cell, "column": cell["column"] - first} for cell in cells if cell["column"] >= first]


def _placed_limits(limits: Sequence[Mapping[str, Any]], n_left_out: int) -> list[dict[str, Any]]:
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


def _placed_on_curve(points: Sequence[Mapping[str, Any]], size: Size) -> list[dict[str, Any]]:
    """All points of a curve, with labels at as many as have room, the first included."""
    step = 1 + len(points) // (7 if size is NARROW else 14)
    return [
        {**point, "is_last": place == len(points) - 1, "is_labelled": place % step == 0}
        for place, point in enumerate(points)
    ]


def svg(chart: Chart, size: Size) -> str:
    """The drawing as an `<svg>` element that says in words what it shows."""
    label = escape(f"{chart.title}. {chart.summary}", quote=True)
    return _HEAD.sub(f'<svg role="img" aria-label="{label}"', drawn(chart, size))


@lru_cache(maxsize=KEPT_DRAWINGS)
def _vega(specification: str) -> str:
    # Imported where it draws: it starts a JavaScript engine, which nothing else needs.
    import vl_convert

    return vl_convert.vegalite_to_svg(specification)


def drawn(chart: Chart, size: Size) -> str:
    """What Vega draws; the page and the PDF of a report share one drawing."""
    # The drawing is one picture with one label; marks that claim to be pictures have none.
    return _MARK_ROLES.sub("", _vega(json.dumps(specification(chart, size))))


def sparkline(trend: Trend) -> str:
    """A small line of a trend in its band, without numbers: the card has them in words."""
    points = [(place, point.value) for place, point in enumerate(trend.points)]
    known = [(place, value) for place, value in points if value is not None]
    steps = limit_rows(trend, "")
    limits = [float(row[name] or 0) for row in steps for name in ("lower", "centre", "upper")]
    low = min([value for _, value in known] + limits)
    high = max([value for _, value in known] + limits)
    span = (high - low) or 1

    def y(value: float) -> str:
        return f"{36 - 32 * (value - low) / span:.1f}"

    def x(place: float) -> str:
        return f"{4 + 152 * place / max(1, len(points) - 1):.1f}"

    parts = [
        '<svg class="spark" viewBox="0 0 160 40" preserveAspectRatio="none" aria-hidden="true">'
    ]
    for begin, end in pairwise(steps):
        if begin["stretch"] != end["stretch"]:
            continue
        left, right = x(float(begin["from"] or 0)), x(float(end["from"] or 0))
        top, bottom = y(float(begin["upper"] or 0)), y(float(begin["lower"] or 0))
        parts.append(f'<path class="band" d="M{left},{top}H{right}V{bottom}H{left}Z"/>')
        level = y(float(begin["centre"] or 0))
        parts.append(f'<line class="centre" x1="{left}" x2="{right}" y1="{level}" y2="{level}"/>')
    for run in _runs(points):
        path = " ".join(f"{x(place)},{y(value)}" for place, value in run)
        parts.append(f'<polyline class="series" points="{path}"/>')
    if known:
        place, value = known[-1]
        parts.append(f'<path class="last" d="M{x(place)},{y(value)}h0.01"/>')
    return "".join([*parts, "</svg>"])


def _runs(points: Sequence[tuple[int, float | None]]) -> list[list[tuple[int, float]]]:
    """The stretches without a gap."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, value in points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return [run for run in runs if len(run) > 1]
