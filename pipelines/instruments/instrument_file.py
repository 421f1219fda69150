"""How a parsed instrument file becomes an `Instrument`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pipelines.instruments.document_check import safety_points
from pipelines.instruments.instrument import (
    VERIFIED,
    Figure,
    GoalRule,
    Instrument,
    LoincCodes,
    OutcomeRule,
    SafetyRule,
    Scale,
    ScoreTable,
    ScoringRule,
    Threshold,
)

# A published figure is one for people's own answers unless its entry says otherwise.
OWN_ANSWERS = ("client",)
# A rule of this project for missing answers is applied as a published one is, and says what it is.
_APPLIED_FILLS = (VERIFIED, "design")


def read_instrument(document: Mapping[str, Any]) -> Instrument:
    """The instrument in a parsed file.

    Raises: KeyError, TypeError, AttributeError or ArithmeticError where the file is not of the
    shape of instrument.schema.json; `load_catalogue` turns them into an InstrumentError.
    """
    form, scoring = document["form"], document["scoring"]
    missing = scoring.get("missing") or {}
    fills = missing if missing.get("method") and missing["status"] in _APPLIED_FILLS else {}
    reversed_items = form["reversed_items"]
    key = reversed_items["items"]
    # An empty list without a status is a form without reversed items, not an unchecked key.
    key_is_known = reversed_items.get("status", None if key else VERIFIED) == VERIFIED
    return Instrument(
        instrument_id=document["id"],
        name=document["name"],
        version=document["version"],
        purpose=document["purpose"],
        domains=tuple(document["domains"]),
        subdomain=document.get("subdomain", ""),
        direction=document["direction"],
        n_items=form["n_items"],
        item_points=_span(form["points"]),
        own_points={
            int(item): tuple(_decimal(point) for point in own.get("values") or own["points"])
            for item, own in form.get("items_that_differ", {}).items()
        },
        own_values={
            int(item): tuple(_decimal(point) for point in own["values"])
            for item, own in form.get("items_that_differ", {}).items()
            if "values" in own
        },
        item_step=_decimal(form.get("step", 1)),
        zero_allowed=form.get("zero_allowed", True),
        reversed_items=tuple(key) if key is not None and key_is_known else None,
        is_scored=scoring["is_scored"],
        scoring_status=scoring["status"],
        scoring_source=tuple(scoring["source"]),
        subscales_status=scoring.get("subscales", {}).get("status", "unverified"),
        not_scored_why=scoring.get("not_scored_because", ""),
        scoring_rules=_scoring_rules(
            document, is_key_known=bool(key and key_is_known), is_filled=bool(fills)
        ),
        fill_method=fills.get("method"),
        form_max_missing=fills.get("max_missing_in_form"),
        score_tables={
            entry["name"]: ScoreTable(
                points={_decimal(raw): _decimal(points) for raw, points in entry["table"].items()},
                status=entry["status"],
                source=tuple(entry["source"]),
            )
            for entry in scoring.get("other_metrics", ())
            if "table" in entry
        },
        goals=_goals(scoring.get("goals")),
        scales=tuple(_scale(entry, document, fills) for entry in scoring["scales"]),
        thresholds=tuple(_threshold(entry) for entry in document["thresholds"]),
        figures=tuple(
            _figure(kind, entry)
            for kind in ("bands", "reliability", "norms")
            for entry in document[kind]
        ),
        loinc=_loinc(document["loinc"]),
        licence=_figure("licence", document["licence"]),
        safety=_safety(document["safety"]),
        notes=tuple(document.get("notes", ())),
    )


def _scoring_rules(
    document: Mapping[str, Any], *, is_key_known: bool, is_filled: bool
) -> tuple[ScoringRule, ...]:
    """How a form is scored in words, in the order in which it is done."""
    scoring, turned = document["scoring"], document["form"]["reversed_items"]
    subscales, missing = scoring.get("subscales"), scoring.get("missing")
    respondents = scoring.get("respondents")
    # Ratings of goals are no form: they are judged by the rule for goals.
    is_scored = scoring["is_scored"] or "goals" in scoring
    rules = [_scoring_rule("scoring", scoring["rule"], scoring, is_applied=is_scored)]
    if turned["items"]:
        items = ", ".join(str(item) for item in turned["items"])
        rules.append(_scoring_rule("reversed items", items, turned, is_applied=is_key_known))
    if subscales:
        is_used = scoring["is_scored"] and subscales["status"] != "unverified"
        rules.append(_scoring_rule("items of subscales", "", subscales, is_applied=is_used))
    if missing:
        # Without a method there is nothing to follow: whole forms alone have a score.
        fills = is_filled if missing.get("method") else None
        rules.append(_scoring_rule("missing answers", missing["rule"], missing, is_applied=fills))
    if respondents:
        is_used = respondents["status"] != "unverified"
        rules.append(
            _scoring_rule("who fills it in", respondents["rule"], respondents, is_applied=is_used)
        )
    return tuple(rules)


def _scoring_rule(
    part: str, says: str | None, entry: Mapping[str, Any], *, is_applied: bool | None
) -> ScoringRule:
    notes = [entry.get(key, "") for key in ("not_scored_because", "trap", "note")]
    return ScoringRule(
        part=part,
        says=says or "",
        is_applied=is_applied,
        status=entry.get("status", ""),
        source=tuple(entry.get("source", ())),
        note="; ".join(note for note in notes if note),
    )


def _safety(entry: Mapping[str, Any] | None) -> SafetyRule | None:
    if entry is None:
        return None
    points = safety_points(entry["rule"])
    return SafetyRule(
        items=tuple(entry["items"]),
        rule=entry["rule"],
        from_points=None if points is None else Decimal(points),
        status=entry["status"],
        source=tuple(entry["source"]),
    )


def _decimal(number: float) -> Decimal:
    return Decimal(str(number))


def _span(points: list[float] | None) -> tuple[Decimal, Decimal] | None:
    return None if points is None else (_decimal(points[0]), _decimal(points[1]))


def _scale(
    entry: Mapping[str, Any], document: Mapping[str, Any], fills: Mapping[str, Any]
) -> Scale:
    span = _span(entry["points"])
    items_of = {one["scale"]: one["items"] for one in document["scoring"]["scales"]}
    groups = entry.get("maxima_of") or [items_of[part] for part in entry.get("parts", ())]
    limits = fills.get("max_missing_by_scale") or {"total": fills.get("max_missing", 0)}
    direction = entry.get("direction", document["direction"])
    return Scale(
        scale=entry["scale"],
        method=entry["method"],
        n_items=entry["n_items"],
        items=None if entry["items"] is None else tuple(entry["items"]),
        times=_decimal(entry.get("times", 1)),
        min_points=span[0] if span else None,
        max_points=span[1] if span else None,
        direction=direction,
        groups=tuple(tuple(items) for items in groups),
        alternatives=tuple(tuple(items) for items in entry.get("alternatives", ())),
        of_scale=entry.get("of_scale"),
        # A limit over the whole form leaves each scale free up to it.
        max_missing=fills.get("max_missing_in_form", limits.get(entry["scale"], 0)),
    )


def _goals(entry: Mapping[str, Any] | None) -> GoalRule | None:
    if entry is None:
        return None
    return GoalRule(
        met_points=_decimal(entry["met_points"]) if "met_points" in entry else None,
        gas_rho=_decimal(entry["rho"]) if "rho" in entry else None,
        status=entry["status"],
        source=tuple(entry["source"]),
    )


def _threshold(entry: Mapping[str, Any]) -> Threshold:
    rule = entry.get("rule")
    narrowed = (entry.get(name) for name in ("sex", "population"))
    return Threshold(
        kind=entry["kind"],
        scale=entry["scale"],
        points=_decimal(entry["points"]) if "points" in entry else None,
        share=_decimal(entry["share"]) if "share" in entry else None,
        op=entry["op"],
        use=entry["use"],
        status=entry["status"],
        source=tuple(entry["source"]),
        rule=OutcomeRule(rule["id"], str(rule["version"])) if rule else None,
        respondents=tuple(entry.get("respondents", OWN_ANSWERS)),
        population=", ".join(str(part) for part in narrowed if part),
        basis=entry.get("basis"),
        range_points=_span(entry.get("range")),
        note=entry.get("note", ""),
    )


def _figure(kind: str, entry: Mapping[str, Any]) -> Figure:
    return Figure(
        kind=kind, status=entry["status"], source=tuple(entry["source"]), details=dict(entry)
    )


def _loinc(entry: Mapping[str, Any] | None) -> LoincCodes | None:
    if entry is None:
        return None
    return LoincCodes(
        panel=entry["panel"],
        total=entry["total"],
        items=tuple(entry["items"]),
        status=entry["status"],
        source=tuple(entry["source"]),
    )
