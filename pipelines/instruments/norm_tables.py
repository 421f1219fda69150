"""Norms, reliabilities, and the Jacobson-Truax cut-offs that follow from verified norms.

Of several verified figures one is the default, by the rules in conventions.yaml: the norm with the
largest sample, the lowest reliability.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from pipelines.instruments.instrument import VERIFIED, Figure, Instrument, Scale
from pipelines.instruments.instrument_file import OWN_ANSWERS

_PLACES = Decimal("0.0001")


def norm_rows(instrument: Instrument) -> list[dict[str, Any]]:
    """Every norm in the order of the file; one default per scale, population and respondents."""
    norms = [figure for figure in instrument.figures if figure.kind == "norms"]
    defaults = {id(figure) for figure in _default_norms(norms).values()}
    return [
        {
            "instrument_id": instrument.instrument_id,
            "scale": _scale_of(figure),
            "population": figure.details["group"],
            "entry": entry,
            "label": figure.details["label"],
            "mean_points": _decimal(figure.details["mean"]),
            "sd_points": _decimal(figure.details["sd"]),
            "status": figure.status,
            "source": "; ".join(figure.source),
            "is_default": id(figure) in defaults,
            "respondents": list(_respondents_of(figure)),
        }
        for entry, figure in enumerate(norms, start=1)
    ]


def cutoff_rows(instrument: Instrument, *, sds: Fraction) -> list[dict[str, Any]]:
    """Cut-offs a, b and c of each scale, as far as its verified default norms allow.

    One that parts nobody from anybody is kept and says so in `no_use_reason`: no score lies on its
    other side (`at_or_below_lowest_score`, `above_highest_score`), as happens where a norm's SD is
    large beside its scale. Null means usable.

    Units:  points of the scale, rounded to four places.
    Source: Jacobson & Truax (1991). With M1 = 18, SD1 = 5 (clinical), M0 = 4, SD0 = 3.5 and higher
            worse: a = 8, b = 11, c = 9.7647.
    """
    norms = [figure for figure in instrument.figures if figure.kind == "norms"]
    defaults = _default_norms(norms)
    scales = {scale.scale: scale for scale in instrument.scales}
    rows = []
    for scale, respondents in sorted({(scale, who) for scale, _, who in defaults}):
        known = scales.get(scale)
        sign = {"higher_worse": 1, "higher_better": -1}.get(known.direction) if known else None
        if known is None or sign is None:
            continue
        clinical = defaults.get((scale, "clinical", respondents))
        healthy = defaults.get((scale, "non_clinical", respondents))
        points: dict[str, tuple[Fraction, list[Figure]]] = {}
        if clinical:
            mean, sd = _moments(clinical)
            points["a"] = (mean - sign * sds * sd, [clinical])
        if healthy:
            mean, sd = _moments(healthy)
            points["b"] = (mean + sign * sds * sd, [healthy])
        if clinical and healthy:
            (mean_1, sd_1), (mean_0, sd_0) = _moments(clinical), _moments(healthy)
            points["c"] = ((sd_1 * mean_0 + sd_0 * mean_1) / (sd_0 + sd_1), [clinical, healthy])
        rows += [
            {
                "instrument_id": instrument.instrument_id,
                "scale": scale,
                "cutoff": cutoff,
                "respondent": respondent,
                "points": _rounded(value),
                "no_use_reason": _no_use_reason(_rounded(value), known),
                "source": "; ".join(
                    f"{figure.details['label']}: {', '.join(figure.source)}" for figure in used
                ),
            }
            for cutoff, (value, used) in points.items()
            for respondent in respondents
        ]
    return rows


def reliability_rows(instrument: Instrument) -> list[dict[str, Any]]:
    """Every reliability in the order of the file.

    Of those with a single value one is the default, per scale and respondents.
    """
    found = [figure for figure in instrument.figures if figure.kind == "reliability"]
    lowest: dict[tuple[str, tuple[str, ...]], Figure] = {}
    for figure in found:
        key = (_scale_of(figure), _respondents_of(figure))
        if figure.status == VERIFIED and "value" in figure.details:
            best = lowest.get(key)
            if best is None or figure.details["value"] < best.details["value"]:
                lowest[key] = figure
    defaults = {id(figure) for figure in lowest.values()}
    rows = []
    for entry, figure in enumerate(found, start=1):
        details = figure.details
        several = details.get("range") or details.get("values") or []
        rows.append(
            {
                "instrument_id": instrument.instrument_id,
                "scale": _scale_of(figure),
                "entry": entry,
                "value": _decimal(details["value"]) if "value" in details else None,
                "lower_value": _decimal(min(several)) if several else None,
                "upper_value": _decimal(max(several)) if several else None,
                "kind": details["kind"],
                "sample": details.get("sample"),
                "status": figure.status,
                "source": "; ".join(figure.source),
                "is_default": id(figure) in defaults,
                "respondents": list(_respondents_of(figure)),
            }
        )
    return rows


def _no_use_reason(points: Decimal, scale: Scale) -> str | None:
    """Why a cut-off has all scores of its scale on one side: below it, or at it and above."""
    if scale.min_points is not None and points <= scale.min_points:
        return "at_or_below_lowest_score"
    if scale.max_points is not None and points > scale.max_points:
        return "above_highest_score"
    return None


def _default_norms(norms: list[Figure]) -> dict[tuple[str, str, tuple[str, ...]], Figure]:
    """The verified norm with the largest sample, by scale, population and respondents."""
    found: dict[tuple[str, str, tuple[str, ...]], Figure] = {}
    for figure in norms:
        key = (_scale_of(figure), figure.details["group"], _respondents_of(figure))
        if figure.status == VERIFIED and (key not in found or _size(figure) > _size(found[key])):
            found[key] = figure
    return found


def _size(figure: Figure) -> int:
    return figure.details.get("n") or figure.details.get("n_courses") or 0


def _scale_of(figure: Figure) -> str:
    return figure.details.get("scale", "total")


def _respondents_of(figure: Figure) -> tuple[str, ...]:
    """Whose answers the figure was found for: the client's where the file does not say."""
    return tuple(figure.details.get("respondents", OWN_ANSWERS))


def _moments(figure: Figure) -> tuple[Fraction, Fraction]:
    return (
        Fraction(_decimal(figure.details["mean"])),
        Fraction(_decimal(figure.details["sd"])),
    )


def _decimal(number: float) -> Decimal:
    return Decimal(str(number))


def _rounded(number: Fraction) -> Decimal:
    return (Decimal(number.numerator) / Decimal(number.denominator)).quantize(_PLACES)
