"""One instrument of the catalogue, as its file describes it.

What belongs here: the shape of an instrument and how a file becomes one. Whether the facts in it
fit together is judged in `consistency.py`; the tables that SQL reads are made in `catalogue.py`.

Every figure has a source and a status. An unverified one is loaded, so that a page can show it and
a clinic may one day switch it on, but `is_active` is false and no reference table holds it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

VERIFIED = "verified"
# Scores and change can be derived from the answers by weights alone; the others need a table, an
# algorithm or a choice between items.
LINEAR_METHODS = frozenset({"sum", "mean"})


@dataclass(frozen=True)
class OutcomeRule:
    """The programme that fixes a threshold, and which of its editions."""

    rule_id: str
    version: str


@dataclass(frozen=True)
class Scale:
    """A total or a subscale. `times` multiplies its sum or mean; None means not known."""

    scale: str
    method: str
    n_items: int | None
    items: tuple[int, ...] | None
    times: Decimal
    min_points: Decimal | None
    max_points: Decimal | None
    direction: str


@dataclass(frozen=True)
class Threshold:
    """A published threshold of one scale.

    Units: `points` of the scale, or `share` of the first score.
    `use` is `default` for the value that is applied, `alternative` for another published value
    of the same rule, `reference` for one that is shown and never applied. `holds_for` narrows it
    to a respondent, a sex or another population ("" = everyone).
    """

    kind: str
    scale: str
    points: Decimal | None
    share: Decimal | None
    op: str
    use: str
    status: str
    source: tuple[str, ...]
    rule: OutcomeRule | None
    holds_for: str

    @property
    def is_active(self) -> bool:
        """Verified, the default, and for everyone."""
        return self.status == VERIFIED and self.use == "default" and not self.holds_for


@dataclass(frozen=True)
class Figure:
    """A norm, reliability or set of bands: shown with its source, no rule is made of it.

    `details` are the fields as written in the file.
    """

    kind: str
    status: str
    source: tuple[str, ...]
    details: Mapping[str, Any]


@dataclass(frozen=True)
class LoincCodes:
    """LOINC codes of an instrument; `items` in item order, empty where not known."""

    panel: str | None
    total: str | None
    items: tuple[str, ...]
    status: str
    source: tuple[str, ...]


@dataclass(frozen=True)
class Instrument:
    """An outcome instrument: its form, its scoring and what is published about its scores.

    `item_points` are the lowest and highest points of an item, `own_points` those of the items
    that differ. `reversed_items` is None where the reverse key is not known or not verified.
    `prorate_max_missing` is 0 unless a published prorating rule is verified.
    """

    instrument_id: str
    name: str
    version: str
    purpose: str
    domains: tuple[str, ...]
    subdomain: str
    tracks: tuple[str, ...]
    direction: str
    n_items: int | None
    item_points: tuple[Decimal, Decimal] | None
    own_points: Mapping[int, tuple[Decimal, ...]]
    reversed_items: tuple[int, ...] | None
    is_scored: bool
    scoring_rule: str
    scoring_status: str
    scoring_source: tuple[str, ...]
    subscales_status: str
    prorate_max_missing: int
    scales: tuple[Scale, ...]
    thresholds: tuple[Threshold, ...]
    figures: tuple[Figure, ...]
    loinc: LoincCodes | None
    licence: Figure
    safety_items: tuple[int, ...]
    notes: tuple[str, ...]

    @property
    def total(self) -> Scale | None:
        """The scale of the whole form, None where the instrument has no total."""
        return next((scale for scale in self.scales if scale.scale == "total"), None)

    def span_of_item(self, item: int) -> tuple[Decimal, Decimal] | None:
        """Lowest and highest points of an item."""
        own = self.own_points.get(item)
        return (min(own), max(own)) if own else self.item_points

    def weights_of(self, scale: Scale) -> tuple[list[Fraction], Fraction] | None:
        """Weight of each item of the form, and the constant to add; None if not just a sum.

        A reversed item counts lowest + highest - x, that is: weight -1 and a constant. Unknown or
        unverified keys give no weights.
        """
        key_status = self.scoring_status if scale.scale == "total" else self.subscales_status
        if (
            scale.method not in LINEAR_METHODS
            or scale.items is None
            or self.n_items is None
            or self.reversed_items is None
            or key_status == "unverified"
        ):
            return None
        each = Fraction(scale.times)
        if scale.method == "mean":
            each /= len(scale.items)
        weights = [Fraction(0)] * self.n_items
        constant = Fraction(0)
        for item in scale.items:
            span = self.span_of_item(item)
            if item not in self.reversed_items:
                weights[item - 1] = each
            elif span is None:
                return None
            else:
                weights[item - 1] = -each
                constant += each * Fraction(span[0] + span[1])
        return weights, constant


def read_instrument(document: Mapping[str, Any]) -> Instrument:
    """The instrument in a parsed file.

    Raises: KeyError, TypeError, AttributeError or ArithmeticError where the file is not of the
    shape of instrument.schema.json; `load_catalogue` turns them into an InstrumentError.
    """
    form, scoring = document["form"], document["scoring"]
    missing = scoring.get("missing") or {}
    reversed_items = form["reversed_items"]
    # An empty list without a status is a form without reversed items, not an unchecked key.
    key_is_known = reversed_items.get("status", VERIFIED) == VERIFIED
    key = reversed_items["items"]
    return Instrument(
        instrument_id=document["id"],
        name=document["name"],
        version=document["version"],
        purpose=document["purpose"],
        domains=tuple(document["domains"]),
        subdomain=document.get("subdomain", ""),
        tracks=tuple(document["tracks"]),
        direction=document["direction"],
        n_items=form["n_items"],
        item_points=_span(form["points"]),
        own_points={
            int(item): tuple(_decimal(point) for point in own.get("values") or own["points"])
            for item, own in form.get("items_that_differ", {}).items()
        },
        reversed_items=tuple(key) if key is not None and key_is_known else None,
        is_scored=scoring["is_scored"],
        scoring_rule=scoring["rule"] or "",
        scoring_status=scoring["status"],
        scoring_source=tuple(scoring["source"]),
        subscales_status=scoring.get("subscales", {}).get("status", "unverified"),
        prorate_max_missing=(
            missing["max_missing"]
            if missing.get("method") == "prorate_mean" and missing["status"] == VERIFIED
            else 0
        ),
        scales=tuple(_scale(entry, document["direction"]) for entry in scoring["scales"]),
        thresholds=tuple(_threshold(entry) for entry in document["thresholds"]),
        figures=tuple(
            _figure(kind, entry)
            for kind in ("bands", "reliability", "norms")
            for entry in document[kind]
        ),
        loinc=_loinc(document["loinc"]),
        licence=_figure("licence", document["licence"]),
        safety_items=tuple((document["safety"] or {}).get("items", ())),
        notes=tuple(document.get("notes", ())),
    )


def _decimal(number: float) -> Decimal:
    return Decimal(str(number))


def _span(points: list[float] | None) -> tuple[Decimal, Decimal] | None:
    return None if points is None else (_decimal(points[0]), _decimal(points[1]))


def _scale(entry: Mapping[str, Any], direction: str) -> Scale:
    span = _span(entry["points"])
    return Scale(
        scale=entry["scale"],
        method=entry["method"],
        n_items=entry["n_items"],
        items=None if entry["items"] is None else tuple(entry["items"]),
        times=_decimal(entry.get("times", 1)),
        min_points=span[0] if span else None,
        max_points=span[1] if span else None,
        direction=entry.get("direction", direction),
    )


def _threshold(entry: Mapping[str, Any]) -> Threshold:
    rule = entry.get("rule")
    narrowed = (entry.get(name) for name in ("respondent", "sex", "population"))
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
        holds_for=", ".join(str(part) for part in narrowed if part),
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
