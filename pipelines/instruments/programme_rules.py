"""Rules of programmes that are more than a threshold: pairs of measures, waits, standards, sets.

What belongs here: reading `data_contracts/programme_rules/` and turning it into `ref_` tables, so
that no clinical constant stands in SQL or Python. An unverified figure is a row like any other with
its status; the models use verified ones alone. Thresholds of one scale are in the catalogue.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from pipelines.errors import InstrumentError
from pipelines.yaml_files import load_yaml

PROGRAMME_RULES_FOLDER = Path(__file__).parents[2] / "data_contracts" / "programme_rules"
TALKING_THERAPIES = "nhs_talking_therapies"
CHILDREN = "nhs_children_and_young_people"
STATUSES = frozenset({"verified", "definition", "unverified"})
WAITS = frozenset({"referral_to_first", "first_to_second"})

_POINTS = pl.Decimal(9, 4)
_PAIRS = {
    "code_prefix": pl.String,
    "descriptor": pl.String,
    "rule_id": pl.String,
    "rule_version": pl.String,
    "first_instrument_id": pl.String,
    "second_instrument_id": pl.String,
    "second_name": pl.String,
    "fallback_instrument_id": pl.String,
    "functioning_instrument_id": pl.String,
    "from_age_years": pl.Int32,
    "status": pl.String,
    "source": pl.String,
}
_BANDS = {
    "wait_id": pl.String,
    "wait": pl.String,
    "min_days": pl.Int32,
    "max_days": pl.Int32,
    "status": pl.String,
    "source": pl.String,
}
_STANDARDS = {
    "figure": pl.String,
    "rule_id": pl.String,
    "op": pl.String,
    "share": _POINTS,
    "status": pl.String,
    "source": pl.String,
}
_CHILD_MEASURES = {
    "instrument_id": pl.String,
    "scale": pl.String,
    "rater": pl.String,
    "rule_id": pl.String,
    "rule_version": pl.String,
    "reliable_change_points": _POINTS,
    "below_age_years": pl.Int32,
    "status": pl.String,
    "source": pl.String,
}


@cache
def programme_rule_tables(folder: Path = PROGRAMME_RULES_FOLDER) -> dict[str, pl.DataFrame]:
    """The `ref_` tables of the programmes' rules by name; rows in the order of their keys.

    Shape:  ref_recovery_pairs: one row per prefix of a diagnosis's code; ref_wait_bands: per band
            of days; ref_programme_standards: per figure that a standard is published for;
            ref_child_measures: per instrument, scale and rater of the children's metric.
    Units:  points of the scale, whole days, shares of 1, whole years of age.

    Raises: InstrumentError naming every problem of every file at once.
    """
    adult = _document(folder / f"{TALKING_THERAPIES}.yaml")
    children = _document(folder / f"{CHILDREN}.yaml")
    problems = [*_adult_problems(adult), *_child_problems(children)]
    if problems:
        raise InstrumentError(
            "The rules of a programme cannot be used.",
            where=str(folder),
            expected="every key that the pipeline's own files have, each figure with a source",
            found="; ".join(problems),
            todo="correct the files named; an uncertain figure is `unverified`, not left out",
        )
    return {
        "ref_recovery_pairs": pl.DataFrame(_pair_rows(adult), schema=_PAIRS).sort("code_prefix"),
        "ref_wait_bands": pl.DataFrame(
            [
                {
                    "wait_id": entry["wait_id"],
                    "wait": entry["wait"],
                    "min_days": entry.get("min_days"),
                    "max_days": entry.get("max_days"),
                    "status": entry["status"],
                    "source": _citation(adult, entry),
                }
                for entry in adult["waits"]
            ],
            schema=_BANDS,
        ).sort("wait_id"),
        "ref_programme_standards": pl.DataFrame(
            [
                {
                    "figure": entry["figure"],
                    "rule_id": adult["rule_id"],
                    "op": entry["op"],
                    "share": Decimal(str(entry["share"])),
                    "status": entry["status"],
                    "source": _citation(adult, entry),
                }
                for entry in adult["standards"]
            ],
            schema=_STANDARDS,
        ).sort("figure"),
        "ref_child_measures": pl.DataFrame(_child_rows(children), schema=_CHILD_MEASURES).sort(
            "instrument_id", "scale", "rater"
        ),
    }


def children_below_age() -> int:
    """Under how many whole years of age on the day of referral the children's metric counts."""
    return int(programme_rule_tables()["ref_child_measures"]["below_age_years"].unique().item())


def recovery_from_age() -> int:
    """From how many whole years of age on the day of referral the adults' rule counts."""
    return int(programme_rule_tables()["ref_recovery_pairs"]["from_age_years"].unique().item())


def _document(path: Path) -> Mapping[str, Any]:
    try:
        content = load_yaml(path)
    except (OSError, yaml.YAMLError):
        content = None
    return content if isinstance(content, dict) else {}


def _citation(document: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    return "; ".join(document["sources"][name] for name in entry["source"])


def _pair_rows(adult: Mapping[str, Any]) -> list[dict[str, Any]]:
    codes = _citation(adult, {"source": adult["code_source"]})
    return [
        {
            "code_prefix": prefix,
            "descriptor": entry["descriptor"],
            "rule_id": adult["rule_id"],
            "rule_version": str(adult["version"]),
            "first_instrument_id": adult["first_instrument"],
            "second_instrument_id": entry["second_instrument"],
            "second_name": entry.get("name"),
            "fallback_instrument_id": adult["fallback_instrument"],
            "functioning_instrument_id": adult["functioning_instrument"],
            "from_age_years": adult["population"]["from_age_years"]["value"],
            "status": entry["status"],
            "source": f"{_citation(adult, entry)}; codes: {codes}",
        }
        for entry in adult["descriptors"]
        for prefix in entry["code_prefixes"]
    ]


def _child_rows(children: Mapping[str, Any]) -> list[dict[str, Any]]:
    raters = children["raters"]
    return [
        {
            "instrument_id": entry["instrument"],
            "scale": entry["scale"],
            "rater": raters[rater],
            "rule_id": children["rule_id"],
            "rule_version": str(children["version"]),
            "reliable_change_points": Decimal(str(entry["points"])),
            "below_age_years": children["below_age_years"]["value"],
            "status": entry["status"],
            "source": _citation(children, entry),
        }
        for entry in children["measures"]
        for rater in ([entry["rater"]] if "rater" in entry else raters)
    ]


def _adult_problems(adult: Mapping[str, Any]) -> list[str]:
    wanted = (
        "rule_id", "version", "sources", "first_instrument", "fallback_instrument",
        "functioning_instrument", "population", "code_source", "descriptors", "waits", "standards",
    )  # fmt: skip
    missing = [f"{TALKING_THERAPIES}.yaml: no {key}" for key in wanted if key not in adult]
    if missing:
        return missing
    problems: list[str] = []
    lists = {
        "descriptors": ("descriptor", "code_prefixes", "second_instrument"),
        "waits": ("wait_id", "wait"),
        "standards": ("figure", "op", "share"),
    }
    for name, keys in lists.items():
        for entry in adult[name]:
            problems += _entry_problems(adult, entry, f"{TALKING_THERAPIES}.yaml, {name}", keys)
    problems += [
        f"{TALKING_THERAPIES}.yaml, waits: unknown wait {entry.get('wait')}"
        for entry in adult["waits"]
        if entry.get("wait") not in WAITS
    ]
    prefixes = [each for entry in adult["descriptors"] for each in entry.get("code_prefixes", ())]
    twice = sorted({prefix for prefix in prefixes if prefixes.count(prefix) > 1})
    problems += [f"{TALKING_THERAPIES}.yaml: code prefix {prefix} is twice" for prefix in twice]
    # Without these two a diagnosis, or the lack of one, would have no pair.
    problems += [
        f"{TALKING_THERAPIES}.yaml: no code prefix {prefix!r}"
        for prefix in ("", "none")
        if prefix not in prefixes
    ]
    return problems


def _child_problems(children: Mapping[str, Any]) -> list[str]:
    wanted = ("rule_id", "version", "sources", "below_age_years", "raters", "measures")
    missing = [f"{CHILDREN}.yaml: no {key}" for key in wanted if key not in children]
    if missing:
        return missing
    problems: list[str] = []
    for entry in children["measures"]:
        keys = ("instrument", "scale", "points")
        problems += _entry_problems(children, entry, f"{CHILDREN}.yaml, measures", keys)
        if entry.get("rater", next(iter(children["raters"]))) not in children["raters"]:
            problems.append(f"{CHILDREN}.yaml, measures: unknown rater {entry['rater']}")
    return problems


def _entry_problems(
    document: Mapping[str, Any], entry: Mapping[str, Any], where: str, keys: tuple[str, ...]
) -> list[str]:
    problems = [f"{where}: an entry has no {key}" for key in keys if key not in entry]
    if entry.get("status") not in STATUSES:
        problems.append(f"{where}: an entry's status is none of {', '.join(sorted(STATUSES))}")
    sources = entry.get("source") or []
    if not sources:
        problems.append(f"{where}: an entry has no source")
    problems += [
        f"{where}: unknown source {name}" for name in sources if name not in document["sources"]
    ]
    return problems
