"""Drawings for paper: whole SVG files with the colours of the light page in them.

On a screen a drawing takes its colours, hatch and font from the page around it; on paper it stands
alone.
"""

import re
from collections.abc import Mapping

from pipelines.reporting.model import Chart, Trend
from pipelines.reporting.output.charts import drawn
from pipelines.reporting.output.drawings.marks import WIDE, Size
from pipelines.reporting.output.drawings.sparkline import sparkline

FONT = "Source Sans Pro"
_XMLNS = "http://www.w3.org/2000/svg"
_HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><rect width="6" height="6" fill="var(--missing)"/>'
    '<line x1="0" y1="0" x2="0" y2="6" stroke="var(--hatch)" stroke-width="2"/></pattern></defs>'
)
# The rules of page.css for a small trend.
_SPARK_STYLE = (
    "<style>.band{fill:var(--band)}"
    ".centre{stroke:var(--grey);stroke-width:.6;stroke-dasharray:2 2}"
    ".series{fill:none;stroke:var(--accent);stroke-width:1.4;stroke-linejoin:round}"
    ".last{stroke:var(--ink);stroke-width:4.5;stroke-linecap:round}</style>"
)


def print_drawing(chart: Chart, colours: Mapping[str, str], size: Size = WIDE) -> str:
    """A chart as an SVG file of its own; `colours` by the names of the tokens."""
    content = drawn(chart, size).svg(xmlns=_XMLNS, font_family=FONT)
    return _coloured(content.replace(">", f">{_HATCH}", 1), colours)


def print_sparkline(trend: Trend, colours: Mapping[str, str]) -> str:
    """The small line of a card as an SVG file of its own."""
    content = sparkline(trend).replace("<svg", f'<svg xmlns="{_XMLNS}"', 1)
    return _coloured(content.replace(">", f">{_SPARK_STYLE}", 1), colours)


def _coloured(content: str, colours: Mapping[str, str]) -> str:
    return re.sub(r"var\(--([\w-]+)\)", lambda found: colours[found[1]], content)
