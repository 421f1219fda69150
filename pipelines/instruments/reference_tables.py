"""The catalogue as the `ref_` tables that SQL reads: no clinical constant stands in SQL or Python.

Of one instrument, scale and respondent there is one rule at most: verified, the default. All other
figures are in `ref_thresholds`, so that a page can show them, and are never applied. Cut-offs from
norms are in `norm_tables.py`, the clinic's own decisions in `clinic_thresholds.py`.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from pipelines.instruments.catalogue import Catalogue
from pipelines.instruments.clinic_thresholds import clinic_threshold_rows
from pipelines.instruments.instrument import VERIFIED, Instrument, Scale, Threshold
from pipelines.instruments.norm_tables import cutoff_rows, norm_rows, reliability_rows
from pipelines.instruments.safety_items import safety_rows
from pipelines.instruments.turned_items import turned_item_rows
from pipelines.outcome_settings import RESPONDENTS, THRESHOLD_KINDS, OutcomeSettings

_POINTS = pl.Decimal(9, 4)
_TEXT, _INTEGERS = pl.String, pl.List(pl.Int32)
# Columns of each table, its key first in the order in which its rows stand.
_SCHEMAS: dict[str, tuple[int, dict[str, Any]]] = {
    "ref_instruments": (1, {
        "instrument_id": _TEXT, "name": _TEXT, "version": _TEXT, "domain": _TEXT,
        "n_items": pl.Int32, "item_min_points": _POINTS, "item_max_points": _POINTS,
        "total_min_points": _POINTS, "total_max_points": _POINTS, "direction": _TEXT,
        "is_scored": pl.Boolean, "purpose": _TEXT, "domains": pl.List(_TEXT), "subdomain": _TEXT,
        "not_scored_why": _TEXT, "item_step_points": _POINTS,
        "total_steps": pl.List(pl.Float64),
    }),
    "ref_instrument_scales": (2, {
        "instrument_id": _TEXT, "scale": _TEXT, "n_items": pl.Int32, "item_numbers": _INTEGERS,
        "method": _TEXT, "weights": pl.List(pl.Float64),
        # Not rounded to four places: a constant of a mean need not have so few.
        "constant_points": pl.Decimal(18, 9),
        "min_points": _POINTS, "max_points": _POINTS, "prorate_max_missing": pl.Int32,
        "direction": _TEXT, "fill_method": _TEXT, "form_max_missing": pl.Int32,
        "group_numbers": _INTEGERS, "slot_numbers": _INTEGERS, "of_scale": _TEXT,
    }),
    "ref_instrument_items": (2, {
        "instrument_id": _TEXT, "item": pl.Int32, "min_points": _POINTS, "max_points": _POINTS,
        "allowed_points": pl.List(pl.Float64), "is_zero_allowed": pl.Boolean,
        "is_reversed": pl.Boolean, "has_own_values": pl.Boolean,
    }),
    "ref_turned_items": (3, {
        "feed": _TEXT, "instrument_id": _TEXT, "item": pl.Int32, "end_points": _POINTS,
        "source": _TEXT,
    }),
    "ref_outcome_rules": (3, {
        "instrument_id": _TEXT, "scale": _TEXT, "respondent": _TEXT, "rule_id": _TEXT,
        "rule_version": _TEXT, "reliable_change_points": _POINTS, "reliable_change_kind": _TEXT,
        "caseness_points": _POINTS, "remission_below_points": _POINTS, "response_share": _POINTS,
        "source": _TEXT, "status": _TEXT,
    }),
    "ref_thresholds": (4, {
        "instrument_id": _TEXT, "scale": _TEXT, "kind": _TEXT, "entry": pl.Int32,
        "respondents": pl.List(_TEXT), "points": _POINTS, "share": _POINTS, "op": _TEXT,
        "use": _TEXT, "holds_for": _TEXT, "is_active": pl.Boolean, "status": _TEXT, "source": _TEXT,
        "basis": _TEXT, "rule_id": _TEXT, "rule_version": _TEXT, "range_low_points": _POINTS,
        "range_high_points": _POINTS, "note": _TEXT, "not_computed_why": _TEXT,
    }),
    "ref_clinic_thresholds": (4, {
        "instrument_id": _TEXT, "scale": _TEXT, "respondent": _TEXT, "kind": _TEXT,
        "points": _POINTS, "share": _POINTS, "reliability_value": _POINTS,
        "sd_points": _POINTS, "source": _TEXT, "decided_on": pl.Date,
    }),
    "ref_norms": (4, {
        "instrument_id": _TEXT, "scale": _TEXT, "population": _TEXT, "entry": pl.Int32,
        "label": _TEXT, "mean_points": _POINTS, "sd_points": _POINTS, "status": _TEXT,
        "source": _TEXT, "is_default": pl.Boolean, "respondents": pl.List(_TEXT),
    }),
    "ref_cutoffs": (4, {
        "instrument_id": _TEXT, "scale": _TEXT, "cutoff": _TEXT, "respondent": _TEXT,
        "points": _POINTS, "no_use_reason": _TEXT, "source": _TEXT,
    }),
    "ref_reliabilities": (3, {
        "instrument_id": _TEXT, "scale": _TEXT, "entry": pl.Int32, "value": _POINTS,
        "lower_value": _POINTS, "upper_value": _POINTS, "kind": _TEXT, "sample": _TEXT,
        "status": _TEXT, "source": _TEXT, "is_default": pl.Boolean,
        "respondents": pl.List(_TEXT),
    }),
    "ref_goal_rules": (1, {
        "goal_kind": _TEXT, "min_points": _POINTS, "max_points": _POINTS,
        "reliable_change_points": _POINTS, "met_points": _POINTS, "gas_rho": _POINTS,
        "source": _TEXT,
    }),
    "ref_safety_items": (2, {
        "instrument_id": _TEXT, "item": pl.Int32, "from_points": _POINTS, "is_active": pl.Boolean,
        "rule": _TEXT, "status": _TEXT, "source": _TEXT,
    }),
    "ref_score_tables": (3, {
        "instrument_id": _TEXT, "scale": _TEXT, "raw_points": _POINTS, "points": _POINTS,
        "source": _TEXT,
    }),
    "ref_conventions": (1, {
        "name": _TEXT, "value": pl.Decimal(18, 9), "status": _TEXT, "source": _TEXT,
        "note": _TEXT,
    }),
    "ref_loinc_codes": (1, {
        "loinc_code": _TEXT, "instrument_id": _TEXT, "item": pl.Int32, "kind": _TEXT,
    }),
    "ref_loinc_answers": (1, {"answer_code": _TEXT, "points": _POINTS}),
}  # fmt: skip
_GOAL_KINDS = ("gas", "gbo", "psychlops")


def reference_tables(
    catalogue: Catalogue,
    settings: OutcomeSettings | None = None,
    feeds: Mapping[str, frozenset[str]] | None = None,
) -> dict[str, pl.DataFrame]:
    """The `ref_` tables by name; rows in the order of their keys, which are their first columns.

    `settings` are the clinic's own thresholds, `feeds` by source the instruments whose items it
    delivers already reversed.

    Raises: SettingsError where the clinic's decisions name what the catalogue does not have.
    """
    settings = settings or OutcomeSettings()
    instruments = [catalogue.instruments[key] for key in sorted(catalogue.instruments)]
    conventions = catalogue.conventions
    rows: dict[str, list[dict[str, Any]]] = {
        "ref_instruments": [_instrument_row(one) for one in instruments],
        "ref_instrument_scales": [
            _scale_row(one, scale) for one in instruments for scale in one.scales
        ],
        "ref_turned_items": turned_item_rows(catalogue, feeds or {}),
        "ref_instrument_items": [row for one in instruments for row in _item_rows(one)],
        "ref_outcome_rules": [row for one in instruments for row in _rule_rows(one)],
        "ref_thresholds": [row for one in instruments for row in _threshold_rows(one)],
        "ref_clinic_thresholds": clinic_threshold_rows(catalogue, settings),
        "ref_norms": [row for one in instruments for row in norm_rows(one)],
        "ref_cutoffs": [
            row
            for one in instruments
            for row in cutoff_rows(one, sds=Fraction(conventions["cutoff_sds"].value))
        ],
        "ref_reliabilities": [row for one in instruments for row in reliability_rows(one)],
        "ref_goal_rules": [
            _goal_row(one) for one in instruments if one.instrument_id in _GOAL_KINDS
        ],
        "ref_score_tables": [row for one in instruments for row in _table_rows(one)],
        "ref_safety_items": [row for one in instruments for row in safety_rows(one)],
        "ref_conventions": [
            {
                "name": one.name,
                "value": one.value,
                "status": one.status,
                "source": "; ".join(one.source),
                "note": one.note,
            }
            for one in conventions.values()
        ],
        "ref_loinc_codes": [
            {"loinc_code": code, "instrument_id": one.instrument_id, "item": item, "kind": kind}
            for one in instruments
            for code, item, kind in one.verified_codes()
        ],
        "ref_loinc_answers": [
            {"answer_code": code, "points": points}
            for code, points in catalogue.answer_points.items()
        ],
    }
    return {
        name: pl.DataFrame(rows[name], schema=schema, orient="row").sort(list(schema)[:n_key])
        for name, (n_key, schema) in _SCHEMAS.items()
    }


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
        "direction": _one_way(instrument.direction),
        "is_scored": instrument.is_scored,
        "purpose": instrument.purpose,
        "domains": list(instrument.domains),
        "subdomain": instrument.subdomain or None,
        "not_scored_why": instrument.not_scored_why or None,
        "item_step_points": instrument.item_step,
        "total_steps": [float(step) for step in instrument.steps_of(total)] if total else [],
    }


def _one_way(direction: str) -> str | None:
    """Where each scale has its own direction the instrument has none."""
    return None if direction == "scale_specific" else direction


def _scale_row(instrument: Instrument, scale: Scale) -> dict[str, Any]:
    weighted = instrument.weights_of(scale)
    weights, constant = weighted if weighted else (None, None)
    is_filled = scale.max_missing > 0 and instrument.fill_method is not None
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
        "prorate_max_missing": scale.max_missing if is_filled else 0,
        "direction": _one_way(scale.direction),
        "fill_method": instrument.fill_method if is_filled else None,
        "form_max_missing": instrument.form_max_missing if is_filled else None,
        "group_numbers": _places(scale, scale.groups) if scale.groups else None,
        "slot_numbers": _places(scale, scale.alternatives) if scale.alternatives else None,
        "of_scale": scale.of_scale,
    }


def _places(scale: Scale, groups: tuple[tuple[int, ...], ...]) -> list[int] | None:
    """For each item of the scale the number of its group; an item in none has its own."""
    if scale.items is None:
        return None
    numbers = {item: number for number, items in enumerate(groups, start=1) for item in items}
    return [
        numbers.get(item, len(groups) + place) for place, item in enumerate(scale.items, start=1)
    ]


def _rounded(number: Fraction) -> Decimal:
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return exact.quantize(Decimal("1e-9"))


def _item_rows(instrument: Instrument) -> list[dict[str, Any]]:
    rows = []
    for item in range(1, (instrument.n_items or 0) + 1):
        span = instrument.span_of_item(item)
        if span is None:
            continue
        values = instrument.own_values.get(item)
        rows.append(
            {
                "instrument_id": instrument.instrument_id,
                "item": item,
                "min_points": span[0],
                "max_points": span[1],
                "allowed_points": None if values is None else [float(value) for value in values],
                "is_zero_allowed": instrument.zero_allowed,
                "is_reversed": item in (instrument.reversed_items or ()),
                # Such forms are read answer by answer; of the others the contract has judged all.
                "has_own_values": bool(instrument.own_points) or not instrument.zero_allowed,
            }
        )
    return rows


def _rule_rows(instrument: Instrument) -> list[dict[str, Any]]:
    """One row per scale and respondent with an active threshold; none for what is no outcome."""
    if instrument.purpose != "outcome":
        return []
    rows = []
    # A figure for what is no scale here is shown among the thresholds, and is no rule.
    known = {scale.scale for scale in instrument.scales} | {"goal"}
    for scale in sorted(known & {threshold.scale for threshold in instrument.thresholds}):
        for respondent in RESPONDENTS:
            active = {
                threshold.kind: threshold
                for threshold in instrument.thresholds
                if threshold.scale == scale
                and threshold.is_active
                and threshold.kind in THRESHOLD_KINDS
                and respondent in threshold.respondents
            }
            if active:
                rows.append({"respondent": respondent, **_rule_row(instrument, scale, active)})
    return rows


def _rule_row(
    instrument: Instrument, scale: str, active: Mapping[str, Threshold]
) -> dict[str, Any]:
    used = [active[kind] for kind in THRESHOLD_KINDS if kind in active]
    # The programme of the first figure that has one, in the order of the kinds, names the rule.
    programme = next((threshold.rule for threshold in used if threshold.rule), None)

    def points(kind: str) -> Decimal | None:
        return active[kind].points if kind in active else None

    remission = active.get("remission")
    below = points("remission")
    if remission is not None and below is not None and remission.op == "<=":
        # Totals with a published remission are whole numbers: at most 5 is below 6.
        below += 1
    return {
        "instrument_id": instrument.instrument_id,
        "scale": scale,
        "rule_id": programme.rule_id if programme else "published",
        "rule_version": programme.version if programme else instrument.version,
        "reliable_change_points": points("reliable_change"),
        "reliable_change_kind": (
            active["reliable_change"].basis if "reliable_change" in active else None
        ),
        "caseness_points": points("caseness"),
        "remission_below_points": below,
        "response_share": active["response"].share if "response" in active else None,
        # A citation can hold a semicolon or a comma: each figure has a sentence of its own.
        "source": " ".join(
            f"{threshold.kind.replace('_', ' ').capitalize()}: "
            f"{'; '.join(threshold.source).rstrip('.')}."
            for threshold in used
        ),
        "status": "active",
    }


def _threshold_rows(instrument: Instrument) -> list[dict[str, Any]]:
    return [
        {
            "instrument_id": instrument.instrument_id,
            "scale": threshold.scale,
            "kind": threshold.kind,
            "entry": entry,
            "points": threshold.points,
            "share": threshold.share,
            "op": threshold.op,
            "use": threshold.use,
            "respondents": list(threshold.respondents),
            "holds_for": threshold.holds_for,
            "is_active": threshold.is_active,
            "status": threshold.status,
            "source": "; ".join(threshold.source),
            "basis": threshold.basis,
            "rule_id": threshold.rule.rule_id if threshold.rule else None,
            "rule_version": threshold.rule.version if threshold.rule else None,
            "range_low_points": threshold.range_points[0] if threshold.range_points else None,
            "range_high_points": threshold.range_points[1] if threshold.range_points else None,
            "note": threshold.note or None,
            "not_computed_why": instrument.why_not_computed(threshold) or None,
        }
        for entry, threshold in enumerate(instrument.thresholds, start=1)
    ]


def _goal_row(instrument: Instrument) -> dict[str, Any]:
    goals = instrument.goals if instrument.goals and instrument.goals.status == VERIFIED else None
    change = next(
        (
            threshold
            for threshold in instrument.thresholds
            if threshold.is_active
            and threshold.kind == "reliable_change"
            and threshold.scale == "goal"
        ),
        None,
    )
    span = instrument.item_points
    sources = [*instrument.scoring_source, *(goals.source if goals else ())]
    sources += list(change.source) if change else []
    return {
        "goal_kind": instrument.instrument_id,
        "min_points": span[0] if span else None,
        "max_points": span[1] if span else None,
        "reliable_change_points": change.points if change else None,
        "met_points": goals.met_points if goals else None,
        "gas_rho": goals.gas_rho if goals else None,
        "source": "; ".join(dict.fromkeys(sources)),
    }


def _table_rows(instrument: Instrument) -> list[dict[str, Any]]:
    return [
        {
            "instrument_id": instrument.instrument_id,
            "scale": scale,
            "raw_points": raw,
            "points": points,
            "source": "; ".join(table.source),
        }
        for scale, table in instrument.score_tables.items()
        if table.status == VERIFIED
        for raw, points in table.points.items()
    ]
