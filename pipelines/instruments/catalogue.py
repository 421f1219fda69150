"""The instrument catalogue: every instrument by its id, and the tables that SQL reads of it.

What belongs here: reading `data_contracts/instruments/` and turning it into `ref_` tables, so that
no clinical constant stands in SQL or Python. Only active figures become rows: verified, the
default, for everyone. Of one instrument and scale there is one rule at most; alternatives stay in
the catalogue.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from pipelines.errors import InstrumentError
from pipelines.instruments.consistency import problems_of
from pipelines.instruments.instrument import (
    VERIFIED,
    Instrument,
    Scale,
    Threshold,
    read_instrument,
)

INSTRUMENTS_FOLDER = Path(__file__).parents[2] / "data_contracts" / "instruments"
_ANSWERS_FILE = "answers.yaml"
# The pure Python loader takes half a second for the catalogue.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_POINTS = pl.Decimal(9, 4)
_INSTRUMENTS = {
    "instrument_id": pl.String,
    "name": pl.String,
    "version": pl.String,
    "domain": pl.String,
    "n_items": pl.Int32,
    "item_min_points": _POINTS,
    "item_max_points": _POINTS,
    "total_min_points": _POINTS,
    "total_max_points": _POINTS,
    "direction": pl.String,
    "is_scored": pl.Boolean,
    "purpose": pl.String,
}
_SCALES = {
    "instrument_id": pl.String,
    "scale": pl.String,
    "n_items": pl.Int32,
    "item_numbers": pl.List(pl.Int32),
    "method": pl.String,
    "weights": pl.List(pl.Float64),
    # Not rounded to four places: a constant of a mean need not have so few.
    "constant_points": pl.Decimal(18, 9),
    "min_points": _POINTS,
    "max_points": _POINTS,
    "prorate_max_missing": pl.Int32,
}
_RULES = {
    "rule_id": pl.String,
    "rule_version": pl.String,
    "instrument_id": pl.String,
    "scale": pl.String,
    "reliable_change_points": _POINTS,
    "caseness_points": _POINTS,
    "remission_below_points": _POINTS,
    "response_share": _POINTS,
    "source": pl.String,
    "status": pl.String,
}
_LOINC_CODES = {
    "loinc_code": pl.String,
    "instrument_id": pl.String,
    "item": pl.Int32,
    "kind": pl.String,
}
_LOINC_ANSWERS = {"answer_code": pl.String, "points": _POINTS}
_RULE_KINDS = ("reliable_change", "caseness", "remission", "response")


@dataclass(frozen=True)
class Catalogue:
    """All instruments by id, in the order of their ids.

    `answer_points` are the points of coded answers. `digest` changes with any file.
    """

    instruments: Mapping[str, Instrument]
    answer_points: Mapping[str, Decimal]
    digest: str


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """The catalogue in a folder, by default the project's own.

    Raises: InstrumentError naming every problem of every file at once.
    """
    folder = folder or INSTRUMENTS_FOLDER
    digest = hashlib.sha256()
    instruments: dict[str, Instrument] = {}
    problems: list[str] = []
    paths = sorted(folder.glob("*.yaml"))
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.name}:{len(content)}:".encode())
        digest.update(content)
        if path.name == _ANSWERS_FILE:
            continue
        try:
            instrument = read_instrument(yaml.load(content, Loader=_LOADER))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f" at line {mark.line + 1}" if mark else ""
            problems.append(f"{path.name}: is not YAML{line}")
            continue
        except KeyError as error:
            problems.append(f"{path.name}: has no field {error}")
            continue
        except (TypeError, ValueError, AttributeError, ArithmeticError, IndexError):
            problems.append(f"{path.name}: does not have the shape of instrument.schema.json")
            continue
        if instrument.instrument_id != path.stem:
            problems.append(f"{path.name}: has the id {instrument.instrument_id}")
        problems += [f"{path.name}: {problem}" for problem in problems_of(instrument)]
        instruments[path.stem] = instrument
    problems += _shared_codes(instruments.values())
    if not instruments and not problems:
        problems.append("there is no instrument file")
    if problems:
        raise InstrumentError(
            "The instrument catalogue cannot be used.",
            where=str(folder),
            expected="one file per instrument, as instrument.schema.json describes",
            found="; ".join(problems),
            todo="correct the files named; an uncertain figure is `unverified`, not left out",
        )
    return Catalogue(
        instruments=instruments,
        answer_points=_answer_points(folder / _ANSWERS_FILE),
        digest=digest.hexdigest(),
    )


def _answer_points(path: Path) -> dict[str, Decimal]:
    if not path.exists():
        return {}
    document = yaml.load(path.read_bytes(), Loader=_LOADER)
    if document["status"] != VERIFIED:
        return {}
    return {entry["code"]: Decimal(str(entry["points"])) for entry in document["answers"]}


def _shared_codes(instruments: Iterable[Instrument]) -> list[str]:
    """A code of two instruments could not say which of them was meant."""
    owners: dict[str, str] = {}
    problems = []
    for instrument in instruments:
        for code, _, _ in _codes(instrument):
            owner = owners.setdefault(code, instrument.instrument_id)
            if owner != instrument.instrument_id:
                problems.append(f"loinc code {code} is in {owner} and {instrument.instrument_id}")
    return problems


def reference_tables(catalogue: Catalogue) -> dict[str, pl.DataFrame]:
    """The `ref_` tables by name; rows in the order of their keys.

    Shape:  ref_instruments: one row per instrument; ref_instrument_scales: per instrument and
            scale (weights null where a score is not a weighted sum); ref_outcome_rules: per
            instrument and scale with an active threshold; ref_loinc_codes and ref_loinc_answers:
            per code.
    """
    instruments = [catalogue.instruments[key] for key in sorted(catalogue.instruments)]
    scales = [
        _scale_row(instrument, scale) for instrument in instruments for scale in instrument.scales
    ]
    rules = [row for instrument in instruments for row in _rule_rows(instrument)]
    codes = [
        {"loinc_code": code, "instrument_id": instrument.instrument_id, "item": item, "kind": kind}
        for instrument in instruments
        for code, item, kind in _codes(instrument)
    ]
    answers = [
        {"answer_code": code, "points": points} for code, points in catalogue.answer_points.items()
    ]
    return {
        "ref_instruments": _table(
            [_instrument_row(instrument) for instrument in instruments],
            _INSTRUMENTS,
            key=["instrument_id"],
        ),
        "ref_instrument_scales": _table(scales, _SCALES, key=["instrument_id", "scale"]),
        "ref_outcome_rules": _table(rules, _RULES, key=["instrument_id", "scale"]),
        "ref_loinc_codes": _table(codes, _LOINC_CODES, key=["loinc_code"]),
        "ref_loinc_answers": _table(answers, _LOINC_ANSWERS, key=["answer_code"]),
    }


def _table(
    rows: list[dict[str, Any]], schema: Mapping[str, Any], *, key: list[str]
) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(schema), orient="row").sort(key)


def _instrument_row(instrument: Instrument) -> dict[str, Any]:
    total = instrument.total
    spans = [instrument.item_points] if instrument.item_points else []
    spans += [(min(own), max(own)) for own in instrument.own_points.values()]
    return {
        "instrument_id": instrument.instrument_id,
        "name": instrument.name,
        "version": instrument.version,
        "domain": instrument.domains[0],
        "n_items": instrument.n_items,
        # Of the item with the widest span, so that no valid answer is refused.
        "item_min_points": min((span[0] for span in spans), default=None),
        "item_max_points": max((span[1] for span in spans), default=None),
        "total_min_points": total.min_points if total else None,
        "total_max_points": total.max_points if total else None,
        # Where each scale has its own direction the instrument has none.
        "direction": None if instrument.direction == "scale_specific" else instrument.direction,
        "is_scored": instrument.is_scored,
        "purpose": instrument.purpose,
    }


def _scale_row(instrument: Instrument, scale: Scale) -> dict[str, Any]:
    weighted = instrument.weights_of(scale)
    weights, constant = weighted if weighted else (None, None)
    return {
        "instrument_id": instrument.instrument_id,
        "scale": scale.scale,
        "n_items": scale.n_items,
        "item_numbers": None if scale.items is None else list(scale.items),
        "method": scale.method,
        "weights": None if weights is None else [float(weight) for weight in weights],
        "constant_points": None if constant is None else _rounded(constant),
        "min_points": scale.min_points,
        "max_points": scale.max_points,
        "prorate_max_missing": instrument.prorate_max_missing if scale.scale == "total" else 0,
    }


def _rounded(number: Fraction) -> Decimal:
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return exact.quantize(Decimal("1e-9"))


def _rule_rows(instrument: Instrument) -> list[dict[str, Any]]:
    """One row per scale that has an active threshold; none for what is no outcome."""
    if instrument.purpose != "outcome":
        return []
    by_scale: dict[str, dict[str, Threshold]] = {}
    for threshold in instrument.thresholds:
        if threshold.is_active and threshold.kind in _RULE_KINDS:
            by_scale.setdefault(threshold.scale, {})[threshold.kind] = threshold
    return [_rule_row(instrument, scale, active) for scale, active in sorted(by_scale.items())]


def _rule_row(
    instrument: Instrument, scale: str, active: Mapping[str, Threshold]
) -> dict[str, Any]:
    used = [active[kind] for kind in _RULE_KINDS if kind in active]
    # The programme of the first figure that has one, in the order of _RULE_KINDS, names the rule.
    programme = next((threshold.rule for threshold in used if threshold.rule), None)

    def points(kind: str) -> Decimal | None:
        return active[kind].points if kind in active else None

    remission = active.get("remission")
    below = points("remission")
    if remission is not None and below is not None and remission.op == "<=":
        # Totals with a published remission are whole numbers: at most 5 is below 6.
        below += 1
    return {
        "rule_id": programme.rule_id if programme else "published",
        "rule_version": programme.version if programme else instrument.version,
        "instrument_id": instrument.instrument_id,
        "scale": scale,
        "reliable_change_points": points("reliable_change"),
        "caseness_points": points("caseness"),
        "remission_below_points": below,
        "response_share": active["response"].share if "response" in active else None,
        "source": "; ".join(
            f"{threshold.kind.replace('_', ' ')}: {', '.join(threshold.source)}"
            for threshold in used
        ),
        "status": "active",
    }


def _codes(instrument: Instrument) -> list[tuple[str, int | None, str]]:
    """Verified codes with their item (null for totals and panels) and kind."""
    loinc = instrument.loinc
    if loinc is None or loinc.status != VERIFIED:
        return []
    whole = [(loinc.total, None, "total"), (loinc.panel, None, "panel")]
    items = [(code, item, "item") for item, code in enumerate(loinc.items, start=1)]
    return [(code, item, kind) for code, item, kind in [*whole, *items] if code is not None]
