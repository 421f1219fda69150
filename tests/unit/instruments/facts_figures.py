"""The file of facts in the shape of the catalogue's files, so that each figure can be compared.

What belongs here: the reading of `../shared/domain/instruments.yaml`, which says some rules in
words. It knows nothing of the catalogue's own files. A rule in words that is not known here is a
KeyError, not a guess.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.unit.instruments.catalogue_figures import figures_of, grouped, is_provenance
from tests.unit.instruments.facts_in_words import MISSING, PARTS, SPECIAL, TOTALS

Fact = Mapping[str, Any]
FACTS = Path(__file__).parents[4] / "shared" / "domain" / "instruments.yaml"
_RESPONDENTS = {"self": "client", "parent": "parent", "teacher": "teacher"}
# The programme that fixes a figure, by the source that the figure was read in.
_PROGRAMMES = {
    "pmc8411661": {"id": "nhs_talking_therapies", "version": "2024-25"},
    "nhs_manual": {"id": "nhs_talking_therapies", "version": "2024-25"},
    "nhs_mhsds": {"id": "nhs_children_and_young_people", "version": "commit 7b4d742"},
}
_OTHER_SOURCES = {
    "nhs_tt": "nhs_manual",
    "veale2016": "veale2016",
    "abramowitz2006_vs_other_anxiety": "abramowitz2006",
    "community_case_finding": "morin2011",
}


@cache
def facts() -> dict[str, dict[str, Any]]:
    """Every instrument of the file of facts by its id; empty where the file is not there."""
    if not FACTS.exists():
        return {}
    return {entry["id"]: entry for entry in _file()["instruments"]}


@cache
def _file() -> dict[str, Any]:
    return yaml.load(FACTS.read_bytes(), Loader=yaml.CSafeLoader)


@cache
def _short_names() -> re.Pattern[str]:
    return re.compile(rf"\b({'|'.join(_file()['sources'])})\b")


def as_document(fact: Fact) -> dict[str, Any]:
    """One instrument of the facts as the catalogue's file of it would have it.

    Shape:  the fields of instrument.schema.json that the facts speak of.
    """
    return {
        "purpose": _purpose(fact),
        **{name: fact[name] for name in ("name", "domains", "tracks", "direction")},
        **{name: fact[name] for name in ("subdomain", "recall_days") if name in fact},
        "form": _form(fact),
        "scoring": {**_scoring(fact), "scales": list(_scales(fact)), **_metrics(fact)},
        "thresholds": list(_thresholds(fact)),
        "bands": list(_bands(fact)),
        "reliability": [_entry(one) for one in fact.get("reliability", ())],
        "norms": [_entry(one) for one in fact.get("norms", ())],
        "loinc": _loinc(fact["loinc"]),
        "licence": {**_read(fact["licence"]), "kind": fact["licence"]["status"]},
        "safety": _safety(fact["safety_item"]),
    }


def _purpose(fact: Fact) -> str:
    """What an instrument may be used for, by its first domain and what is said of its use."""
    by_domain = {
        "alliance": "process",
        "experience": "process",
        "global_change": "verdict",
        "safety": "safety",
    }
    if fact.get("use", "").startswith("screen only"):
        return "screen"
    return by_domain.get(fact["domains"][0], "outcome")


def in_words(sources: Any) -> list[str]:
    """Sources as written out: short names of the facts in full."""
    known, names = _file()["sources"], _short_names()
    found = [sources] if isinstance(sources, str) else list(sources or ())
    # A short name of a programme's code may stand in a longer word.
    return [known.get(one) or names.sub(lambda name: known[name[0]], one) for one in found]


def _read(entry: Fact) -> dict[str, Any]:
    """Status and sources of an entry."""
    found: dict[str, Any] = {
        "status": "verified" if entry.get("verified") is True else "unverified",
        "source": in_words(entry.get("source")),
    }
    return {**found, "via": in_words(entry["via"])} if "via" in entry else found


def _entry(entry: Fact) -> dict[str, Any]:
    own = {name: value for name, value in entry.items() if name not in {"verified", "source"}}
    return {**own, **_read(entry)}


def _form(fact: Fact) -> dict[str, Any]:
    reverse: dict[str, Any] = {"items": fact["reverse_items"]}
    if "reverse_items_verified" in fact:
        is_verified = fact["reverse_items_verified"]
        reverse |= {
            "status": "verified" if is_verified else "unverified",
            "source": in_words(fact.get("reverse_items_source")),
        }
    own = fact.get("item_overrides", {})
    differ = {
        item: {"points" if len(points) == 2 else "values": points} for item, points in own.items()
    }
    return {
        "n_items": fact["items"],
        "points": fact["item_range"],
        **({"step": fact["item_step"]} if "item_step" in fact else {}),
        **({"zero_allowed": fact["item_zero_allowed"]} if "item_zero_allowed" in fact else {}),
        **({"items_that_differ": differ} if differ else {}),
        "reversed_items": reverse,
    }


def _scoring(fact: Fact) -> dict[str, Any]:
    scoring = fact["scoring"]
    found: dict[str, Any] = {"rule": scoring["rule"], **_read(scoring)}
    if "verified" not in scoring and fact["id"] not in SPECIAL:
        # A plain sum or mean of the items involves no figure.
        found["status"] = "definition"
    missing = scoring.get("missing")
    if isinstance(missing, Mapping):
        rule = MISSING.get(missing["rule"], {})
        found["missing"] = {"rule": missing["rule"], **rule, **_read(missing)}
    if "respondents" in scoring:
        is_read = scoring["respondents_verified"]
        found["respondents"] = {
            "rule": scoring["respondents"],
            "status": "verified" if is_read else "unverified",
            "source": found["source"],
        }
    if "subscales" in scoring:
        is_read = scoring.get("subscales_verified", scoring.get("verified"))
        found["subscales"] = {
            "status": "verified" if is_read else "unverified",
            "source": found["source"],
        }
    if "checks" in scoring:
        found["worked_examples"] = scoring["checks"]
    return found


def _scales(fact: Fact) -> Iterator[dict[str, Any]]:
    scoring, name = fact["scoring"], fact["id"]
    span = scoring["total_range"]
    if name in SPECIAL:
        for scale, entry in SPECIAL[name].items():
            plain = {"n_items": fact["items"], "items": None, "points": span}
            yield {"scale": scale, **plain, **entry}
    else:
        parts = PARTS.get(name)
        items = list(range(1, fact["items"] + 1))
        if parts:
            items = sorted(item for part in parts for item in scoring["subscales"][part])
        method, times = ("sum", 1) if parts else TOTALS[scoring["rule"]]
        yield {
            "scale": "total",
            **_scale(items, method, times, span),
            **({"parts": parts} if parts else {}),
        }
    for scale, items in scoring.get("subscales", {}).items():
        method, times = TOTALS.get(scoring["rule"], ("sum", 1))
        ends = [fact.get("item_overrides", {}).get(item, fact["item_range"]) for item in items]
        each = len(items) if method == "mean" else 1
        points = [times * sum(end[side] for end in ends) // each for side in (0, -1)]
        entry = {"scale": scale, **_scale(items, method, times, points)}
        # The facts say it in words alone: prosocial behaviour is higher_better.
        yield {**entry, "direction": "higher_better"} if scale == "prosocial" else entry
    if "metric_table" in scoring:
        yield {"scale": "metric", "method": "table", "of_scale": "total",
               "n_items": fact["items"], "items": None, "points": span}  # fmt: skip


def _scale(items: list[int], method: str, times: int, points: Sequence[float]) -> dict[str, Any]:
    found = {"method": method, "n_items": len(items), "items": items, "points": points}
    return {**found, "times": times} if times != 1 else found


def _metrics(fact: Fact) -> dict[str, Any]:
    scoring = fact["scoring"]
    metrics = [
        {"name": one["name"], "points": one["total_range"], **_read(one)}
        for one in scoring.get("alternatives", ())
    ]
    if "metric_table" in scoring:
        status = "verified" if scoring["metric_table_verified"] else "unverified"
        metrics.append(
            {"name": "metric", "points": scoring["total_range"], "status": status,
             "source": ["three public research scripts with the identical table"],
             "table": scoring["metric_table"]}
        )  # fmt: skip
    return {"other_metrics": metrics} if metrics else {}


def _thresholds(fact: Fact) -> Iterator[dict[str, Any]]:
    for kind in ("caseness", "reliable_change"):
        if fact.get(kind):
            yield from _of_rule(fact, kind, fact[kind])
    for kind, use in (
        ("remission", "default"), ("response", "default"), ("responder", "default"),
        ("index_elevated", "reference"), ("clinically_significant", "reference"),
    ):  # fmt: skip
        if fact.get(kind):
            bound = _bound(fact[kind]["rule"])
            yield {"kind": kind, "scale": "total", "use": use, **bound, **_read(fact[kind])}
    for entry in fact.get("mcid", ()):
        words = ("absolute", "range", "at", "metric", "meaning")
        found = {name: entry[name] for name in words if name in entry}
        if "value" in entry:
            found["points"] = entry["value"]
        if "percent" in entry:
            found["share"] = entry["percent"] / 100
        yield {"kind": "minimal_important_difference", "scale": "total", "op": ">=",
               "use": "reference", **found, **_read(entry)}  # fmt: skip


def _of_rule(fact: Fact, kind: str, entry: Fact) -> Iterator[dict[str, Any]]:
    sources = entry["source"] if isinstance(entry["source"], list) else [entry["source"]]
    programme = next((_PROGRAMMES[one] for one in sources if one in _PROGRAMMES), None)
    if entry.get("via") == "as bands":
        entry = {**entry, "via": fact["bands"]["via"]}
    plain = {
        "kind": kind,
        "op": entry.get("op", ">="),
        "use": "default",
        **({"rule": programme} if programme else {}),
        **({"basis": entry["kind"]} if "kind" in entry else {}),
        **{name: entry[name] for name in ("metric", "meaning") if name in entry},
        **_read(entry),
    }
    first = {name: entry[name] for name in ("exact", "range") if name in entry}
    if isinstance(entry["value"], Mapping):
        for name, points in entry["value"].items():
            yield {**plain, **_whose(name), "points": points}
    else:
        scale = "goal" if fact["id"] == "gbo" else "total"
        yield {**plain, **first, "scale": scale, "points": entry["value"]}
    for scale, points in entry.get("subscales", {}).items():
        yield {**plain, "scale": scale, "points": points}
    other = entry.get("other", {})
    for name, points in other.items():
        if not name.endswith(("_verified", "_source")):
            yield {**_of_others(kind, name, plain, other), "points": points}


def _whose(name: str) -> dict[str, Any]:
    """The scale, sex or respondent that the name of a value speaks of."""
    if name in {"male", "female"}:
        return {"scale": "total", "sex": name}
    scale, _, respondent = name.rpartition("_")
    if name in _RESPONDENTS:
        scale, respondent = "total", name
    if not scale:
        # The children's metric has these for the answers of the young people and of parents.
        return {"scale": name, "respondents": ["client", "parent"]}
    return {"scale": scale, "respondents": [_RESPONDENTS[respondent]]}


def _of_others(kind: str, name: str, plain: Fact, other: Fact) -> dict[str, Any]:
    """Another published value of the same rule: whose, and where it was read."""
    family = "nhs_cyp" if name.startswith("nhs_cyp") else name
    source = other.get(f"{family}_source", _OTHER_SOURCES.get(name))
    scale = "mean_of_goals" if name == "mean_of_goals" else "total"
    found: dict[str, Any] = {**plain, "use": "alternative", "population": name, "scale": scale}
    if f"{family}_verified" in other:
        found["status"] = "verified" if other[f"{family}_verified"] else "unverified"
    if source is None:
        return found
    found.pop("via", None)
    first, _, more = source.partition(", from ")
    found["source"] = in_words([first, *([more] if more else [])])
    if first in _PROGRAMMES:
        found["rule"] = _PROGRAMMES[first]
        found |= {"basis": "programme_rule"} if kind == "reliable_change" else {}
    return found


def _bound(rule: str) -> dict[str, Any]:
    """`total < 5`, `post <= 28`, `>= 50% lower`, `1 or 2 (...)` as a field each."""
    if share := re.match(r"(>=) (\d+)%", rule):
        return {"op": share[1], "share": int(share[2]) / 100}
    if bound := re.match(r"(?:total|post) (<=?|>=?) (\d+)$", rule):
        return {"op": bound[1], "points": int(bound[2])}
    first = re.match(r"1 or (\d) \(", rule)
    assert first, rule
    return {"op": "<=", "points": int(first[1])}


def _bands(fact: Fact) -> Iterator[dict[str, Any]]:
    entry = fact["bands"]
    if entry is None:
        return
    values = entry["values"]
    metric = {"metric": entry["metric"]} if "metric" in entry else {}
    if not isinstance(values, Mapping):
        yield {"scale": "total", "values": values, **metric, **_read(entry)}
        return
    for name, of_name in values.items():
        whose = {"scale": "total", "respondent": _RESPONDENTS[name]} if name in _RESPONDENTS else {}
        yield {"scale": name, **whose, "values": of_name, **metric, **_read(entry)}
    for name, of_name in entry.get("four_band_unverified", {}).items():
        yield {"scale": "total", "respondent": _RESPONDENTS[name], "values": of_name,
               "status": "unverified", "source": in_words(entry["source"])}  # fmt: skip


def _loinc(entry: Fact | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    codes = {name: entry[name] for name in ("panel", "total")}
    other = {"other": entry["other"]} if "other" in entry else {}
    return {**codes, "items": entry.get("items", []), **other, **_read(entry)}


def _safety(entry: Fact | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    items = [entry["item"]] if "item" in entry else entry["items"] or []
    code = {"loinc": entry["loinc"]} if "loinc" in entry else {}
    return {"items": items, "rule": entry["flag_rule"], **code, **_read(entry)}


def published() -> dict[str, dict[str, dict[str, Any]]]:
    """What `published_figures.yaml` holds: the facts' figures, without where they were read."""
    return {
        name: grouped(
            {
                path: figure
                for path, figure in figures_of(as_document(fact)).items()
                if not is_provenance(path)
            }
        )
        for name, fact in facts().items()
    }


def published_text() -> str:
    """`published_figures.yaml`, one line for each group of figures."""
    lines = [
        "# Made from the file of facts, never from the catalogue, which is compared with it. To renew:",
        "# python -m tests.unit.instruments.facts_figures > tests/unit/instruments/"
        "published_figures.yaml",
    ]
    for name, groups in published().items():
        lines.append(f"{name}:")
        for group, figures in groups.items():
            flow = yaml.safe_dump(figures, default_flow_style=True, width=78, sort_keys=False)
            first, *more = flow.splitlines()
            start = f"  {group}:"
            fits = len(start) + len(first) < 100
            lines += [f"{start} {first}"] if fits else [start, f"    {first}"]
            lines += [f"    {line.strip()}" for line in more]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(published_text())
