"""Every figure of an instrument's file as a flat mapping from a path to its value.

What belongs here: the paths by which the catalogue is compared, one figure at a time, with what
was published. Two entries of one kind are told apart by their place among those of their kind and
scale: `thresholds.caseness.total.2.points`. Words (notes, terms, labels of licences) are no figures.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import yaml

from pipelines.instruments.catalogue import INSTRUMENTS_FOLDER, SHARED_FILES

Document = Mapping[str, Any]
# Free text, and what is told apart elsewhere: the version by `test_versions.py`.
WORDS = frozenset(
    {
        "direction_note", "extra", "gates", "id", "not_scored_because", "note", "notes",
        "provisional_diagnosis", "recall_note", "terms", "trap", "unscored", "version",
    }
)  # fmt: skip
# Where a figure was read: compared with the file of facts alone.
PROVENANCE = frozenset({"source", "via"})
# What a field of a file means that is not there.
_CLIENT = ("client",)


@cache
def documents() -> dict[str, dict[str, Any]]:
    """Every instrument's parsed file by its id."""
    return {
        path.stem: yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        for path in sorted(INSTRUMENTS_FOLDER.glob("*.yaml"))
        if path.name not in SHARED_FILES
    }


def figures_of(document: Document) -> dict[str, Any]:
    """The figures of one file by their paths; lists are values of their own."""
    content = dict(document)
    thresholds = [
        {"respondents": list(_CLIENT), **entry} for entry in content.pop("thresholds", ())
    ]
    scoring = dict(content.pop("scoring", {}))
    scales = scoring.pop("scales", ())
    metrics = scoring.pop("other_metrics", ())
    nested = {
        **content,
        "scoring": scoring,
        "scales": {entry["scale"]: without(entry, "scale") for entry in scales},
        "metrics": {entry["name"]: without(entry, "name") for entry in metrics},
        "thresholds": numbered(thresholds, ("kind", "scale")),
        "bands": numbered(content.get("bands", ()), ("scale",)),
        "reliability": numbered(content.get("reliability", ()), ()),
        "norms": numbered(content.get("norms", ()), ()),
    }
    return dict(flat(nested))


def without(entry: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """An entry without some of its fields."""
    return {name: value for name, value in entry.items() if name not in names}


def numbered(entries: Iterable[Mapping[str, Any]], keys: tuple[str, ...]) -> dict[str, Any]:
    """Entries by their keys and their place among those with the same keys."""
    seen: Counter[str] = Counter()
    found: dict[str, Any] = {}
    for entry in entries:
        start = "".join(f"{entry[key]}." for key in keys)
        seen[start] += 1
        found[f"{start}{seen[start]}"] = without(entry, *keys)
    return found


def flat(value: Mapping[Any, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Each figure with its path."""
    for name, below in value.items():
        place = f"{path}.{name}" if path else str(name)
        if name in WORDS:
            continue
        if isinstance(below, Mapping):
            yield from flat(below, place)
        else:
            yield place, below


def is_provenance(path: str) -> bool:
    """Whether a path says where a figure was read, not what it is."""
    return path.rpartition(".")[2] in PROVENANCE


def grouped(figures: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Figures by all but the last step of their paths: a line each in a table of them."""
    found: dict[str, dict[str, Any]] = {}
    for path, value in figures.items():
        group, _, name = path.rpartition(".")
        found.setdefault(group or "instrument", {})[name] = value
    return found


def ungrouped(groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What `grouped` was made from."""
    return {
        name if group == "instrument" else f"{group}.{name}": value
        for group, figures in groups.items()
        for name, value in figures.items()
    }
