"""What is wrong with a quality measure's file, before anything reads it.

`data_contracts/measures/measure.schema.json` describes the shape for editors and tests; here only
what a run would stumble over is judged.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

STATUSES = ("verified", "design", "unverified")
# The figures without which a kind of measure cannot be computed.
NEEDED_FIGURES: Mapping[str, tuple[str, ...]] = {
    "follow_up": (
        "minimum_age_years", "index_above_points", "session_lookback_days",
        "identification_start_months", "identification_end_months", "window_months",
        "window_from_days", "window_to_days",
    ),
    "visit_screening": ("minimum_age_years", "session_lookback_days", "follow_up_days"),
    "yearly_screening": (
        "minimum_age_years", "screen_from_months", "screen_to_months", "screen_to_days",
        "follow_up_days",
    ),
    "utilization": ("minimum_age_years", "assessment_months"),
    "visit_assessment": ("minimum_age_years", "maximum_age_years"),
}  # fmt: skip
MET_BY: Mapping[str, tuple[str, ...]] = {
    "follow_up": ("follow_up", "remission", "response"),
    "visit_screening": ("screened_and_followed_up",),
    "yearly_screening": ("screened", "positive_followed_up"),
    "utilization": ("measured",),
    "visit_assessment": ("assessed",),
}
_FIGURE_OF_RATE = {"remission": "remission_below_points", "response": "response_share"}
_FIELDS = (
    "id", "version", "title", "steward", "kind", "initial_population", "denominator",
    "numerator", "figures", "rates", "strata", "tools", "codes",
)  # fmt: skip


def problems_of_measure(content: Any, *, file_name: str, figures: Sequence[str]) -> list[str]:
    """All that is wrong with one file's content, as short texts."""
    if not isinstance(content, dict):
        return ["the file holds no keys"]
    missing = [name for name in _FIELDS if name not in content]
    if missing:
        return [f"has no {name}" for name in missing]
    try:
        return list(_problems(content, file_name, figures))
    except (KeyError, TypeError, AttributeError) as error:
        return [f"does not have the shape of measure.schema.json ({type(error).__name__}: {error})"]


def _problems(content: Mapping[str, Any], file_name: str, figures: Sequence[str]) -> Iterator[str]:
    if content["id"] != file_name:
        yield f"has the id {content['id']}"
    kind = content["kind"]
    if kind not in NEEDED_FIGURES:
        yield f"unknown kind {kind}, expected {', '.join(NEEDED_FIGURES)}"
        return
    given = [entry["figure"] for entry in content["figures"]]
    rates = [entry["met_by"] for entry in content["rates"]]
    needed = [*NEEDED_FIGURES[kind], *(_FIGURE_OF_RATE[r] for r in rates if r in _FIGURE_OF_RATE)]
    yield from (f"no figure {name}" for name in needed if name not in given)
    yield from (f"unknown figure {name}" for name in given if name not in figures)
    yield from (f"a {kind} is not met by {rate}" for rate in rates if rate not in MET_BY[kind])
    yield from _twice("figure", given)
    yield from _twice("rate", (entry["rate"] for entry in content["rates"]))
    yield from _twice("stratum", (entry["stratum"] for entry in content["strata"]))
    yield from _twice("tool", (entry["instrument"] for entry in content["tools"]))
    yield from _twice("codes", (f"{entry['use']} {entry['reason']}" for entry in content["codes"]))
    judged = [entry for entry in content["tools"] if "positive_from_points" in entry]
    if kind.endswith("screening") and len(judged) < len(content["tools"]):
        yield "a screening tool has no positive_from_points"
    for entry in (*content["figures"], *judged, *content["codes"]):
        if entry["status"] not in STATUSES:
            yield f"unknown status {entry['status']}"
        if not entry["source"]:
            yield "a figure has no source"
    for entry in content["codes"]:
        if not entry.get("prefixes") and not entry.get("end_reasons"):
            yield f"{entry['use']} {entry['reason']} names no code"
        if entry["use"] == "exclusion" and "counts" not in entry:
            yield f"exclusion {entry['reason']} does not say when it counts"


def _twice(what: str, names: Iterable[str]) -> Iterator[str]:
    yield from (f"{what} {name} twice" for name, count in Counter(names).items() if count > 1)
