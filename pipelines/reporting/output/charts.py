"""Charts as SVG: which drawing each has, what it says in words."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pipelines.errors import ModelError
from pipelines.reporting.model import Chart, stored
from pipelines.reporting.output.drawings import (
    change,
    curve,
    flow,
    funnel,
    heat,
    profile,
    ranges,
    trend,
)
from pipelines.reporting.output.drawings.marks import Data, Drawing, Size

DRAWINGS: Mapping[str, Callable[[Data, Size], Drawing]] = MappingProxyType(
    {
        "change": change.draw,
        "curve": curve.draw,
        "flow": flow.draw,
        "funnel": funnel.draw,
        "heat": heat.draw,
        "profile": profile.draw,
        "ranges": ranges.draw,
        "trend": trend.draw,
    }
)


def svg(chart: Chart, size: Size) -> str:
    """The drawing as an `<svg>` element that says in words what it shows."""
    return drawn(chart, size).svg(role="img", aria_label=f"{chart.title}. {chart.summary}")


def drawn(chart: Chart, size: Size) -> Drawing:
    """What is drawn of a chart's data at one size.

    Raises: ModelError if there is no such drawing.
    """
    if chart.drawing not in DRAWINGS:
        raise ModelError(
            "There is no such drawing.",
            where="pipelines/reporting/output/drawings/",
            expected=", ".join(DRAWINGS),
            found=chart.drawing,
            todo="name one of these, or add its module",
        )
    # Rounded as `report.json` holds them: the picture says no digit more than the data.
    return DRAWINGS[chart.drawing](stored(chart.data), size)
