"""Do the facts of one instrument fit together? Each problem as a sentence.

What belongs here: what the JSON schema cannot say, because it needs two fields at once. The
catalogue refuses to load an instrument with a problem: a wrong cut-off is worse than none.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from pipelines.instruments.instrument import (
    LINEAR_METHODS,
    Figure,
    Instrument,
    Scale,
    Threshold,
)

# A case is on the worse side of the threshold; the published integer itself is a case where
# higher is worse, and is none where higher is better.
_CASENESS_OP = {"higher_worse": ">=", "higher_better": "<"}
_OF_A_SCALE = frozenset({"bands", "norms", "reliability"})
_KINDS_IN_POINTS = frozenset({"caseness", "reliable_change", "remission"})
# Points of a score, and points by which two scores differ.
_LEVELS = _KINDS_IN_POINTS - {"reliable_change"} | {
    "alert", "clinically_significant", "guide", "index_elevated", "responder",
}  # fmt: skip
_CHANGES = frozenset({"reliable_change", "minimal_important_difference"})
# Who responded is on the better side, the threshold itself included or not.
_BETTER_OPS = {"higher_worse": ("<=", "<"), "higher_better": (">=", ">")}


def problems_of(instrument: Instrument) -> list[str]:
    """What is wrong with the instrument, empty when nothing is."""
    return [
        *_item_problems(instrument),
        *_scale_problems(instrument),
        *_missing_answer_problems(instrument),
        *_threshold_problems(instrument),
        *_figure_problems(instrument),
        *_norm_problems(instrument),
        *_safety_problems(instrument),
        *_table_problems(instrument),
        *_code_problems(instrument),
    ]


def _item_problems(instrument: Instrument) -> Iterator[str]:
    last = instrument.n_items or 0
    named = {
        "form.reversed_items": instrument.reversed_items or (),
        "form.items_that_differ": tuple(instrument.own_points),
        "safety.items": instrument.safety_items,
    }
    for field, items in named.items():
        beyond = sorted(item for item in items if not 1 <= item <= last)
        if beyond:
            yield f"{field} names items {beyond}, the form has items 1 to {last}"
    if instrument.item_points and instrument.item_points[0] >= instrument.item_points[1]:
        yield "form.points are not lowest and highest"
    for point in instrument.item_points or ():
        if point % instrument.item_step:
            yield f"form.points name {point}, which is between steps of {instrument.item_step}"


def _scale_problems(instrument: Instrument) -> Iterator[str]:
    for name, count in Counter(scale.scale for scale in instrument.scales).items():
        if count > 1:
            yield f"scoring.scales names {name} {count} times"
    for scale in instrument.scales:
        if scale.items is not None:
            beyond = [item for item in scale.items if not 1 <= item <= (instrument.n_items or 0)]
            if beyond:
                yield f"scale {scale.scale} has items {beyond} that the form does not have"
                continue
            if scale.n_items != len(scale.items):
                yield f"scale {scale.scale} says n_items {scale.n_items}, lists {len(scale.items)}"
        span = _possible_span(instrument, scale)
        if span and span != (scale.min_points, scale.max_points):
            yield (
                f"scale {scale.scale} has points {scale.min_points} to {scale.max_points}, "
                f"its items give {span[0]} to {span[1]}"
            )
        yield from _shape_problems(instrument, scale)
        if instrument.is_scored and not instrument.can_score(scale):
            yield f"is_scored is true, but scale {scale.scale} has no known weights"
    if instrument.is_scored and not instrument.scales:
        yield "is_scored is true, but there is no scale"
    if instrument.is_scored == bool(instrument.not_scored_why):
        yield "scoring needs not_scored_because where is_scored is false, and only there"


def _shape_problems(instrument: Instrument, scale: Scale) -> Iterator[str]:
    """What is wrong with the groups, alternatives and table of one scale."""
    own = set(scale.items or ())
    grouped = [item for items in scale.groups for item in items]
    if scale.groups and (len(grouped) != len(set(grouped)) or set(grouped) != own):
        yield f"scale {scale.scale}: its parts or lists do not hold each of its items once"
    alternatives = [item for items in scale.alternatives for item in items]
    if len(alternatives) != len(set(alternatives)) or not set(alternatives) <= own:
        yield f"scale {scale.scale}: an alternative is named twice or is none of its items"
    for items in scale.alternatives:
        if not any(set(items) <= set(group) for group in scale.groups):
            yield f"scale {scale.scale}: alternatives {list(items)} are not within one list"
    if scale.method == "domain_maxima":
        if not scale.groups:
            yield f"scale {scale.scale} is of domain_maxima and has no maxima_of"
        if own & set(instrument.reversed_items or ()):
            yield f"scale {scale.scale} is of domain_maxima and has reversed items"
    elif scale.alternatives:
        yield f"scale {scale.scale} has alternatives, which only domain_maxima can have"
    if (scale.method == "table") != (scale.of_scale is not None):
        yield f"scale {scale.scale} needs of_scale where its method is table, and only there"
    if scale.of_scale is not None:
        source = next((one for one in instrument.scales if one.scale == scale.of_scale), None)
        table = instrument.score_tables.get(scale.scale)
        if source is None or table is None:
            yield f"scale {scale.scale} converts a scale or by a table that there is not"
        elif {min(table.points), max(table.points)} != {source.min_points, source.max_points}:
            yield f"the table of scale {scale.scale} does not go from end to end of {source.scale}"


def _missing_answer_problems(instrument: Instrument) -> Iterator[str]:
    if instrument.fill_method is None:
        return
    if instrument.fill_method == "blank_is_zero" and instrument.reversed_items:
        yield "scoring.missing is blank_is_zero, which says nothing about reversed items"
    lowest = min(instrument.item_points or (Decimal(0),))
    if instrument.fill_method == "blank_is_zero" and lowest > 0:
        yield f"scoring.missing is blank_is_zero, but the lowest answer is {lowest}"
    for scale in instrument.scales:
        if (
            scale.max_missing
            and scale.method == "mean"
            and instrument.fill_method != "prorate_mean"
        ):
            yield f"scoring.missing is {instrument.fill_method}, but {scale.scale} is a mean"
        sizes = [len(items) for items in scale.groups] or [len(scale.items or ())]
        if scale.max_missing and min(sizes) <= scale.max_missing:
            yield (
                f"scoring.missing lets {scale.max_missing} answers of {min(sizes)} be missing in"
                f" scale {scale.scale}: none might be left"
            )


def _figure_problems(instrument: Instrument) -> Iterator[str]:
    """Bands, norms and reliabilities of a scale that there is not would never be used."""
    known = {scale.scale: scale for scale in instrument.scales}
    for figure in instrument.figures:
        scale = figure.details.get("scale", "total")
        is_empty = figure.kind == "bands" and figure.details.get("values") is None
        if figure.kind in _OF_A_SCALE and scale not in known and not is_empty:
            yield f"{figure.kind} names the scale {scale}, the file has {sorted(known) or 'none'}"
        if figure.kind == "reliability" and figure.details.get("value") == 1:
            yield f"reliability of {scale} is 1: no change at all would be chance"
        bands: list[Any] = (figure.details.get("values") or []) if figure.kind == "bands" else []
        for (low, high, _), (following, _, _) in pairwise(bands):
            # Published bands of a mean share their end points.
            if low > high or following < high:
                yield f"bands of {scale} overlap at {following}, or are out of order"
        if bands and scale in known:
            yield from _uncovered(instrument, known[scale], bands, figure)


def _uncovered(
    instrument: Instrument, scale: Scale, bands: list[Any], figure: Figure
) -> Iterator[str]:
    """Scores of a scale that are in none of its bands, and bands beyond the scale."""
    steps = instrument.steps_of(scale)
    for (_, high, _), (following, _, _) in pairwise(bands):
        # Published bands leave out what lies between two scores of the form.
        if Fraction(str(following)) - Fraction(str(high)) > (steps[0] if steps else 1):
            yield f"bands of {scale.scale} have a hole between {high} and {following}"
    lowest, highest = scale.min_points, scale.max_points
    if lowest is None or highest is None:
        return
    first, last = Decimal(str(bands[0][0])), Decimal(str(bands[-1][1]))
    # Bands of another metric, such as T-scores, are published over all that it could be.
    is_beyond = (first < lowest or last > highest) and "metric" not in figure.details
    if is_beyond or first > lowest or last < highest:
        yield (
            f"bands of {scale.scale} go from {first} to {last}, the scale from {lowest} to"
            f" {highest}"
        )


def _norm_problems(instrument: Instrument) -> Iterator[str]:
    """Means and spreads that no sample of the scale can have: cut-offs are made of them."""
    scales = {scale.scale: scale for scale in instrument.scales}
    for figure in instrument.figures:
        scale = scales.get(figure.details.get("scale", "total"))
        if figure.kind != "norms" or scale is None:
            continue
        lowest, highest = scale.min_points, scale.max_points
        if lowest is None or highest is None:
            continue
        mean, sd = (Decimal(str(figure.details[name])) for name in ("mean", "sd"))
        if not lowest <= mean <= highest:
            yield (
                f"norms of {scale.scale} have a mean of {mean}, the scale goes from {lowest} to"
                f" {highest}"
            )
        # At most half of the people are at one end and half at the other.
        if sd > (highest - lowest) / 2:
            yield (
                f"norms of {scale.scale} have an SD of {sd}, on a scale from {lowest} to"
                f" {highest} none is above {(highest - lowest) / 2}"
            )


def _safety_problems(instrument: Instrument) -> Iterator[str]:
    """A rule that no answer meets would never tell of a risk, one that all meet always."""
    rule = instrument.safety
    if rule is None or rule.from_points is None:
        return
    for item in rule.items:
        span = instrument.span_of_item(item)
        if span is not None and not span[0] < rule.from_points <= span[1]:
            yield (
                f"safety.rule is raw >= {rule.from_points}, item {item} has answers from {span[0]}"
                f" to {span[1]}"
            )


def _table_problems(instrument: Instrument) -> Iterator[str]:
    """A table that lacks points would leave some forms without a score."""
    for scale in instrument.scales:
        table = instrument.score_tables.get(scale.scale)
        source = next((one for one in instrument.scales if one.scale == scale.of_scale), None)
        if table is None or source is None or not instrument.steps_of(source):
            continue
        raw = sorted(table.points)
        step = instrument.steps_of(source)[0]
        holes = [low for low, high in pairwise(raw) if Fraction(high - low) != step]
        if holes:
            yield f"the table of scale {scale.scale} has a hole after {holes[0]}"


def _possible_span(instrument: Instrument, scale: Scale) -> tuple[Decimal, Decimal] | None:
    """Lowest and highest points of a sum or mean of the items; None where it is neither."""
    if scale.method not in LINEAR_METHODS or not scale.items:
        return None
    lowest = highest = Decimal(0)
    for item in scale.items:
        span = instrument.span_of_item(item)
        if span is None:
            return None
        lowest += span[0]
        highest += span[1]
    shared = len(scale.items) if scale.method == "mean" else 1
    return lowest * scale.times / shared, highest * scale.times / shared


def _threshold_problems(instrument: Instrument) -> Iterator[str]:
    defaults = Counter(
        (threshold.kind, threshold.scale, respondent, threshold.population)
        for threshold in instrument.thresholds
        if threshold.use == "default"
        for respondent in threshold.respondents
    )
    for (kind, scale, respondent, population), count in defaults.items():
        if count > 1:
            whom = f"{respondent}, {population}" if population else respondent
            yield f"{kind} of {scale} for {whom} has {count} defaults"
    directions = {scale.scale: scale.direction for scale in instrument.scales}
    for threshold in instrument.thresholds:
        wanted = _CASENESS_OP.get(directions.get(threshold.scale, instrument.direction), "")
        if threshold.kind == "caseness" and threshold.op != wanted:
            expected = wanted or "none, its scales differ"
            yield f"caseness of {threshold.scale} has op {threshold.op}, expected {expected}"
        if threshold.kind == "remission" and threshold.op not in {"<", "<="}:
            yield f"remission of {threshold.scale} has op {threshold.op}, expected < or <="
        ops = _BETTER_OPS.get(directions.get(threshold.scale, instrument.direction), ())
        if threshold.kind == "responder" and ops and threshold.op not in ops:
            yield f"responder of {threshold.scale} has op {threshold.op}, expected {ops[0]}"
        if threshold.kind in {"reliable_change", "response"} and threshold.op != ">=":
            yield f"{threshold.kind} of {threshold.scale} has op {threshold.op}, expected >="
        yield from _misfits(instrument, threshold)
        if threshold.kind == "response" and threshold.share is None:
            yield f"response of {threshold.scale} has no share"
        if threshold.kind in _KINDS_IN_POINTS and threshold.points is None:
            yield f"{threshold.kind} of {threshold.scale} has no points"


def _misfits(instrument: Instrument, threshold: Threshold) -> Iterator[str]:
    """What a threshold would need another scale for."""
    name = f"{threshold.kind} of {threshold.scale}"
    scale = next((one for one in instrument.scales if one.scale == threshold.scale), None)
    if scale is None:
        # A goal is rated by itself, and is no scale of a form.
        if threshold.use == "default" and threshold.scale != "goal":
            known = ", ".join(one.scale for one in instrument.scales) or "none"
            yield f"{name}: there is no such scale (there is {known})"
        return
    lowest, highest, points = scale.min_points, scale.max_points, threshold.points
    if points is None:
        return
    if threshold.kind in _CHANGES:
        if points <= 0:
            yield f"{name} has points {points}, expected more than 0"
        if lowest is not None and highest is not None and points > highest - lowest:
            yield f"{name} has points {points}, the scale can change by {highest - lowest}"
    elif threshold.kind in _LEVELS and lowest is not None and highest is not None:
        # At an end of the scale all scores may be on one side of a threshold.
        if not lowest <= points <= highest:
            yield f"{name} has points {points}, the scale goes from {lowest} to {highest}"
        elif points == (highest if threshold.op in {"<=", ">"} else lowest):
            reach = f"{lowest} to {highest}"
            yield f"{name} is {threshold.op} {points}, which parts no scores of {reach}"
    # It reaches the rules as one point more and `<`.
    is_rule = threshold.kind in _KINDS_IN_POINTS
    if is_rule and threshold.op == "<=" and instrument.steps_of(scale) != [1]:
        yield f"{name} has op <=, which needs a scale of whole points; write it with <"


def _code_problems(instrument: Instrument) -> Iterator[str]:
    codes = instrument.loinc
    if codes is None:
        return
    if codes.items and len(codes.items) != instrument.n_items:
        yield f"loinc.items has {len(codes.items)} codes for {instrument.n_items} items"
    for code in (codes.panel, codes.total, *codes.items):
        if code is not None and not has_valid_check_digit(code):
            yield f"loinc code {code} fails the check digit"


def has_valid_check_digit(code: str) -> bool:
    """Whether a LOINC code ends in its mod-10 check digit.

    Source: LOINC Users' Guide, appendix on check digits (Luhn); 44261-6 is valid.
    """
    digits, _, check = code.partition("-")
    if not (digits.isdigit() and len(check) == 1 and check.isdigit()):
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return (-total) % 10 == int(check)
