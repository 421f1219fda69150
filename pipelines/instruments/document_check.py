"""What is wrong with a parsed instrument file before an `Instrument` can be made of it.

What belongs here: names and keys that another part of the file must have, numbers that are none,
and verified figures without a source: each with the path of the field, so that its line can be
found. What the shape allows is said by the JSON schema, what figures mean by `consistency.py`.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

Place = tuple[str | int, ...]
_SAFETY_RULE = re.compile(r"(?:any )?raw >= (\d+)(?: \(|$)")


def place_name(place: Place) -> str:
    """The path of a field, as messages show it."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in place]
    return "".join(steps).lstrip(".") or "the file"


def safety_points(rule: str) -> int | None:
    """The points from which an answer shows a risk; None where the rule says it in words alone."""
    found = _SAFETY_RULE.match(rule)
    return int(found[1]) if found else None


def document_problems(document: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """The place and the words of each problem; nothing is assumed about the file's shape."""
    yield from _number_problems(document, ())
    yield from _source_problems(document, ())
    scoring, form = _mapping(document, "scoring"), _mapping(document, "form")
    scales = [one for one in scoring.get("scales") or () if isinstance(one, Mapping)]
    known = sorted(str(one.get("scale")) for one in scales)
    for number, scale in enumerate(scales):
        for place, part in enumerate(scale.get("parts") or ()):
            if part not in known:
                where = ("scoring", "scales", number, "parts", place)
                yield where, f"expected one of {', '.join(known)}, found {part}"
    key = _mapping(form, "reversed_items")
    if key.get("items") and "status" not in key:
        yield ("form", "reversed_items"), "expected a status and a source of the items, found none"
    safety = _mapping(document, "safety")
    rule = str(safety.get("rule", ""))
    if safety.get("status") == "verified" and safety_points(rule) is None:
        yield ("safety", "rule"), f"expected `raw >= N` or `any raw >= N`, found {rule}"
    limits = _mapping(_mapping(scoring, "missing"), "max_missing_by_scale")
    for name in limits:
        if name not in known:
            where = ("scoring", "missing", "max_missing_by_scale", name)
            yield where, f"expected one of {', '.join(known)}, found {name}"
    for item in _mapping(form, "items_that_differ"):
        if not _is_whole(item):
            where = ("form", "items_that_differ", str(item))
            yield where, f"expected the number of an item, found {item}"
    for number, metric in enumerate(scoring.get("other_metrics") or ()):
        for points in _mapping(metric, "table"):
            if not _is_number(points):
                where = ("scoring", "other_metrics", number, "table", str(points))
                yield where, f"expected points as the key, found {points}"


def _number_problems(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, float) and not math.isfinite(value):
        yield place, f"expected a number, found {value}"
    for step, below in _parts(value):
        yield from _number_problems(below, (*place, step))


def _source_problems(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, Mapping) and value.get("status") == "verified" and not value.get("source"):
        yield place, "expected a source, since it is verified, found none"
    for step, below in _parts(value):
        yield from _source_problems(below, (*place, step))


def _parts(value: Any) -> list[tuple[str | int, Any]]:
    if isinstance(value, Mapping):
        return [(str(key), below) for key, below in value.items()]
    return list(enumerate(value)) if isinstance(value, list) else []


def _mapping(value: Any, key: str) -> Mapping[Any, Any]:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _is_whole(key: Any) -> bool:
    return str(key).isdigit()


def _is_number(key: Any) -> bool:
    try:
        return math.isfinite(float(str(key)))
    except ValueError:
        return False
