"""The published quality measures, and the tables that SQL reads of them.

What belongs here: reading `data_contracts/measures/` and what the clinic decided about it, and
turning both into `ref_measure` tables, so that SQL holds no figure of a measure. A measure that
needs an unverified figure is loaded and not active; its tables say which figure that is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.errors import ContractError, SettingsError
from pipelines.instruments.catalogue import load_catalogue
from pipelines.instruments.measure_bounds import expected_of, out_of_order
from pipelines.instruments.measure_shape import problems_of_measure
from pipelines.measure_settings import MeasureDecision
from pipelines.yaml_files import load_yaml

MEASURES_FOLDER = Path(__file__).parents[2] / "data_contracts" / "measures"
UNVERIFIED = "unverified"
PUBLISHED, CLINIC = "published", "clinic"
ALL_AGES = "all"

_FIGURE = pl.Decimal(9, 4)
# Figures that count days, months or years are whole; the others are points or shares.
_WHOLE = (
    "minimum_age_years", "maximum_age_years", "session_lookback_days",
    "identification_start_months", "identification_end_months", "window_months",
    "window_from_days", "window_to_days", "follow_up_days", "screen_from_months",
    "screen_to_months", "screen_to_days", "assessment_months",
)  # fmt: skip
_EXACT = ("index_above_points", "remission_below_points", "response_share")
FIGURES = (*_WHOLE, *_EXACT)
_SCHEMAS: Mapping[str, dict[str, Any]] = {
    "ref_measures": {
        "measure_id": pl.String, "figure": pl.String, "title": pl.String, "version": pl.String,
        "steward": pl.String, "value": _FIGURE, "unit": pl.String, "is_active": pl.Boolean,
        "status": pl.String, "source": pl.String, "decided_on": pl.Date,
    },
    "ref_measure_rules": {
        "measure_id": pl.String, "kind": pl.String,
        **dict.fromkeys(_WHOLE, pl.Int32), **dict.fromkeys(_EXACT, _FIGURE),
    },
    "ref_measure_rates": {
        "measure_id": pl.String, "rate_id": pl.String, "position": pl.Int32, "met_by": pl.String,
        "version": pl.String, "basis": pl.String, "status": pl.String, "reason": pl.String,
    },
    "ref_measure_strata": {
        "measure_id": pl.String, "stratum": pl.String, "from_years": pl.Int32,
        "to_years": pl.Int32,
    },
    "ref_measure_tools": {
        "measure_id": pl.String, "instrument_id": pl.String, "is_brief": pl.Boolean,
        "positive_from_points": _FIGURE,
    },
    "ref_measure_codes": {
        "measure_id": pl.String, "use": pl.String, "reason": pl.String, "code_kind": pl.String,
        "code_prefix": pl.String, "position": pl.Int32, "counts": pl.String,
        "is_active": pl.Boolean, "status": pl.String, "source": pl.String, "decided_on": pl.Date,
    },
    "ref_measure_texts": {
        "measure_id": pl.String, "part": pl.String, "position": pl.Int32, "says": pl.String,
        "source": pl.String,
    },
}  # fmt: skip
_KEYS: Mapping[str, list[str]] = {
    "ref_measures": ["measure_id", "figure"],
    "ref_measure_rules": ["measure_id"],
    "ref_measure_rates": ["measure_id", "rate_id"],
    "ref_measure_strata": ["measure_id", "stratum"],
    "ref_measure_tools": ["measure_id", "instrument_id"],
    "ref_measure_codes": ["measure_id", "use", "reason", "code_kind", "code_prefix"],
    "ref_measure_texts": ["measure_id", "part", "position"],
}
_TEXTS = ("initial_population", "denominator", "numerator")
MEASURE_TABLES: Mapping[str, str] = {
    "ref_measures": "Figures of the quality measures, each with its source and status.",
    "ref_measure_rules": "Windows and thresholds of the quality measures, as far as in force.",
    "ref_measure_rates": "Rates of the quality measures, and why one is not computed.",
    "ref_measure_strata": "Ages by which the quality measures are shown.",
    "ref_measure_tools": "Questionnaires that the quality measures accept.",
    "ref_measure_codes": "Diagnoses by which the quality measures choose and exclude.",
    "ref_measure_texts": "What the quality measures count in words, and what limits them here.",
}


@dataclass(frozen=True)
class _Part:
    """A figure, a tool's cut-off or a list of codes, with what the clinic decided about it."""

    name: str
    value: Decimal | None
    unit: str
    status: str
    source: str
    is_needed: bool
    decision: MeasureDecision | None

    @property
    def is_active(self) -> bool:
        return self.status != UNVERIFIED or self.decision is not None

    @property
    def decided_on(self) -> date | None:
        return None if self.decision is None else self.decision.decided_on

    @property
    def status_shown(self) -> str:
        return self.status if self.decision is None else CLINIC

    @property
    def source_shown(self) -> str:
        return self.source if self.decision is None else self.decision.source


@cache
def load_measures(folder: Path = MEASURES_FOLDER) -> tuple[Mapping[str, Any], ...]:
    """Every measure's file, in the order of their ids.

    Raises: ContractError naming every problem of every file at once.
    """
    found: list[Mapping[str, Any]] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        content = load_yaml(path)
        own = problems_of_measure(content, file_name=path.stem, figures=FIGURES)
        problems += [f"{path.name}: {problem}" for problem in own]
        found.append(content)
    if problems:
        raise ContractError(
            "A quality measure cannot be used.",
            where=str(folder),
            expected="files of the shape of measure.schema.json",
            found="; ".join(problems),
            todo="correct the files named; an uncertain figure is `unverified`, not left out",
        )
    return tuple(found)


def measure_tables(
    decisions: Sequence[MeasureDecision] = (), folder: Path = MEASURES_FOLDER
) -> dict[str, pl.DataFrame]:
    """The `ref_measure` tables by name; rows in the order of their keys.

    Shape:  ref_measures: one row per measure and figure, active or not; ref_measure_rules: per
            measure, null where a figure is not in force; ref_measure_rates: per rate, with
            status `active` or `inactive_unverified`; ref_measure_codes: per list and prefix;
            ref_measure_texts: per measure and text, `part` being what it is about or `note`.
    Raises: SettingsError when a decision names no figure of a measure; ContractError.
    """
    measures = load_measures(folder)
    _refuse_unknown(measures, decisions)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _SCHEMAS}
    for measure in measures:
        own = {one.figure: one for one in decisions if one.measure_id == measure["id"]}
        parts = {part.name: part for part in _parts(measure, own)}
        for name, found in _rows(measure, parts).items():
            rows[name] += found
    return {
        name: pl.DataFrame(rows[name], schema=schema, orient="row").sort(_KEYS[name])
        for name, schema in _SCHEMAS.items()
    }


def _parts(measure: Mapping[str, Any], decisions: Mapping[str, MeasureDecision]) -> Iterator[_Part]:
    for entry in measure["figures"]:
        yield _part(entry, entry["figure"], entry["value"], entry["unit"], decisions)
    for entry in measure["tools"]:
        if "positive_from_points" in entry:
            name = f"positive_from_points.{entry['instrument']}"
            yield _part(entry, name, entry["positive_from_points"], "points", decisions)
    for entry in measure["codes"]:
        yield _part(entry, f"{entry['use']}.{entry['reason']}", None, "", decisions)


def _part(
    entry: Mapping[str, Any],
    name: str,
    value: float | None,
    unit: str,
    decisions: Mapping[str, MeasureDecision],
) -> _Part:
    decision = decisions.get(name)
    figure = None if value is None else Decimal(str(value))
    if decision is not None and decision.value is not None:
        figure = decision.value
    return _Part(
        name=name,
        value=figure,
        unit=unit,
        status=entry["status"],
        source="; ".join(entry["source"]),
        is_needed=entry.get("is_needed", True),
        decision=decision,
    )


def _rows(
    measure: Mapping[str, Any], parts: Mapping[str, _Part]
) -> dict[str, list[dict[str, Any]]]:
    own = {"measure_id": measure["id"]}
    missing = [part.name for part in parts.values() if part.is_needed and not part.is_active]
    is_adapted = any(part.decision is not None for part in parts.values())
    return {
        "ref_measures": [
            {
                **own,
                **{name: measure[name] for name in ("title", "version", "steward")},
                "figure": part.name,
                "value": part.value,
                "unit": part.unit,
                **_standing(part),
            }
            for part in parts.values()
        ],
        "ref_measure_rules": [
            {
                **own,
                "kind": measure["kind"],
                **{name: _value(parts.get(name)) for name in FIGURES},
            }
        ],
        "ref_measure_rates": [
            {
                **own,
                "rate_id": rate["rate"],
                "position": position,
                "met_by": rate["met_by"],
                "version": measure["version"],
                "basis": CLINIC if is_adapted else PUBLISHED,
                "status": "inactive_unverified" if missing else "active",
                "reason": ", ".join(missing) or None,
            }
            for position, rate in enumerate(measure["rates"], 1)
        ],
        "ref_measure_strata": [
            {**own, "stratum": ALL_AGES, "from_years": 0, "to_years": None},
            *({**own, "to_years": None, **stratum} for stratum in measure["strata"]),
        ],
        "ref_measure_tools": [
            {
                **own,
                "instrument_id": tool["instrument"],
                "is_brief": tool.get("is_brief", False),
                "positive_from_points": part.value if part else None,
            }
            for tool in measure["tools"]
            for part in [parts.get(f"positive_from_points.{tool['instrument']}")]
            # A tool whose results nobody can read is not accepted.
            if part is None or part.is_active
        ],
        "ref_measure_codes": [
            {
                **own,
                "use": entry["use"],
                "reason": entry["reason"],
                "position": position,
                "counts": entry.get("counts"),
                "code_kind": kind,
                "code_prefix": prefix,
                **_standing(parts[f"{entry['use']}.{entry['reason']}"]),
            }
            for position, entry in enumerate(measure["codes"], 1)
            for kind, name in (("icd10cm", "prefixes"), ("end_reason", "end_reasons"))
            for prefix in entry.get(name, ())
        ],
        "ref_measure_texts": [
            {
                **own,
                "part": part,
                "position": position,
                "says": says,
                "source": f"{measure['steward']}, version {measure['version']}",
            }
            for part, position, says in (
                *((name, 1, measure[name]) for name in _TEXTS),
                *(("note", place, one) for place, one in enumerate(measure.get("notes", ()), 1)),
            )
        ],
    }


def _standing(part: _Part) -> dict[str, Any]:
    return {
        "is_active": part.is_active,
        "status": part.status_shown,
        "source": part.source_shown,
        "decided_on": part.decided_on,
    }


def _value(part: _Part | None) -> Decimal | int | None:
    if part is None or part.value is None or not part.is_active:
        return None
    return int(part.value) if part.name in _WHOLE else part.value


def _refuse_unknown(
    measures: Iterable[Mapping[str, Any]], decisions: Iterable[MeasureDecision]
) -> None:
    known = {
        measure["id"]: {part.name: part for part in _parts(measure, {})} for measure in measures
    }
    seen: set[tuple[str, str]] = set()
    for one in decisions:
        parts = known.get(one.measure_id)
        part = None if parts is None else parts.get(one.figure)
        expected = ", ".join(sorted(known if parts is None else parts))
        found = one.measure_id if parts is None else one.figure
        if part is not None and (one.measure_id, one.figure) in seen:
            expected, found, part = "each figure once", f"{one.figure} twice", None
        elif part is not None and one.value is not None:
            limit = _most_points(one.measure_id, part.name, measures)
            wanted = expected_of(part.name, one.value, most_points=limit)
            wanted = "no value" if part.value is None else wanted
            if wanted is not None:
                expected, found, part = wanted, f"{one.figure} {one.value}", None
        if part is None:
            raise _refused(one, expected=expected, found=found)
        seen.add((one.measure_id, one.figure))
    _refuse_disorder(measures, decisions)


def _refuse_disorder(
    measures: Iterable[Mapping[str, Any]], decisions: Iterable[MeasureDecision]
) -> None:
    """Windows whose end is before their start, by what the files and the clinic say together."""
    for measure in measures:
        own = {one.figure: one for one in decisions if one.measure_id == measure["id"]}
        values = {part.name: part.value for part in _parts(measure, own)}
        for pair in out_of_order(values):
            decided = [own[name] for name in pair if name in own]
            if not decided:
                continue
            first, second = pair
            raise _refused(
                decided[-1],
                expected=f"{first} before {second}",
                found=f"{first} {values[first]}, {second} {values[second]}",
            )


def _refused(decision: MeasureDecision, *, expected: str, found: str) -> SettingsError:
    return SettingsError(
        "A decision about a quality measure cannot be used.",
        where=decision.place,
        expected=expected,
        found=found,
        todo="correct the entry; data_contracts/measures/ has the measures",
    )


def _most_points(
    measure_id: str, figure: str, measures: Iterable[Mapping[str, Any]]
) -> Decimal | None:
    """The highest total that a figure can be about: of its tool, else of the measure's tools."""
    own = figure.partition(".")[2]
    tools = [
        tool["instrument"]
        for measure in measures
        if measure["id"] == measure_id
        for tool in measure["tools"]
    ]
    instruments = load_catalogue().instruments
    totals = [instruments[name].total for name in ([own] if own else tools) if name in instruments]
    ends = [total.max_points for total in totals if total is not None]
    return max((end for end in ends if end is not None), default=None)
