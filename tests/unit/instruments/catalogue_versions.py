"""What a version of an instrument's file means, and the table of versions with their content.

A file with another content has another version: `major` when a figure that is applied changes
(what a form is, its scores, thresholds in force, verified norms, reliabilities and codes, safety
items), `minor` when another figure is added or changes, `patch` when only words or sources do.

`python -m tests.unit.instruments.catalogue_versions` renews the table, once the versions say so.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.unit.instruments.catalogue_figures import (
    documents,
    figures_of,
    grouped,
    is_provenance,
)

TABLE = Path(__file__).with_name("catalogue_versions.txt")
RENEW = "python -m tests.unit.instruments.catalogue_versions"
# Figures that are shown and never applied.
_SHOWN = ("bands", "licence")
_APPLIED_OF_INSTRUMENT = ("purpose", "domains", "direction")


@dataclass(frozen=True)
class Entry:
    """A version, and digests of what it holds: applied figures, all figures, the whole content."""

    version: str
    applied: str
    figures: str
    content: str


def current() -> dict[str, Entry]:
    """The entry of every instrument as its file is now."""
    return {name: entry_of(document) for name, document in documents().items()}


def entry_of(document: Mapping[str, Any]) -> Entry:
    """The entry of one parsed file."""
    figures = {
        path: figure
        for path, figure in figures_of(document).items()
        if not is_provenance(path) and path != "name"
    }
    return Entry(
        version=document["version"],
        applied=_digest(_applied(figures)),
        figures=_digest(figures),
        content=_digest({key: value for key, value in document.items() if key != "version"}),
    )


def _applied(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures that a score or a rule is made of."""
    groups = grouped(figures)
    left_out = {
        group
        for group, own in groups.items()
        if own.get("status") == "unverified" or own.get("use", "default") != "default"
    }
    found: dict[str, Any] = {}
    for group, own in groups.items():
        steps = group.split(".")
        if steps[0] in _SHOWN or left_out & {".".join(steps[:n]) for n in range(2, len(steps) + 1)}:
            continue
        kept = _APPLIED_OF_INSTRUMENT if group == "instrument" else tuple(own)
        found[group] = {name: own[name] for name in kept if name in own}
    return found


def recorded() -> dict[str, Entry]:
    """The entries of the table."""
    lines = [line.split() for line in TABLE.read_text(encoding="utf-8").splitlines()]
    return {name: Entry(*rest) for name, *rest in lines if name != "#"}


def problem_of(before: Entry | None, now: Entry) -> str:
    """Why an instrument's version does not fit what has changed since; "" where it does."""
    if before is None or before == now:
        return ""
    changed = next(
        (
            (place, what)
            for place, what in enumerate(("applied", "figures", "content"))
            if getattr(before, what) != getattr(now, what)
        ),
        None,
    )
    if changed is None:
        return "has another version and the same content"
    place, what = changed
    old, new = (tuple(map(int, entry.version.split("."))) for entry in (before, now))
    if new[: place + 1] > old[: place + 1]:
        return ""
    level = ("major", "minor", "patch")[place]
    said = {"applied": "a figure that is applied", "figures": "a figure", "content": "its words"}
    return f"{said[what]} changed since {before.version}: it needs another {level} version"


def table_text(entries: Mapping[str, Entry]) -> str:
    """The table of these entries."""
    lines = ["# instrument version, digests of applied figures, figures, content"]
    lines += [" ".join([name, *vars(entry).values()]) for name, entry in sorted(entries.items())]
    return "\n".join(lines) + "\n"


def _digest(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def renew() -> list[str]:
    """Write the table, unless a version does not fit; what is wrong otherwise."""
    before = recorded() if TABLE.exists() else {}
    found = current()
    problems = [
        f"{name}: {problem}"
        for name, entry in found.items()
        if (problem := problem_of(before.get(name), entry))
    ]
    if not problems:
        TABLE.write_text(table_text(found), encoding="utf-8")
    return problems


if __name__ == "__main__":
    sys.exit("\n".join(renew()) or 0)
