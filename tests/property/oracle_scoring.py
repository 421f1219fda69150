"""Scores of one form, item by item, from an instrument's file and nothing else of the product.

Written from the meaning of the fields in instrument.schema.json, in exact fractions, so that the
SQL that scores whole tables has something independent to agree with.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

Document = Mapping[str, Any]
Score = tuple[Decimal, str] | None


def exact(number: float) -> Fraction:
    """A number as it is written in the file."""
    return Fraction(Decimal(str(number)))


def score_form(
    document: Document,
    answers: Mapping[int, Fraction] | None,
    total: Fraction | None,
) -> dict[str, Score]:
    """Points (four places) and basis of every scale; `answers` is None where none was delivered."""
    scoring = document["scoring"]
    entries = {entry["scale"]: entry for entry in scoring["scales"]}
    if not scoring["is_scored"]:
        return {"total": _of_total(entries.get("total"), total)}
    given = None if answers is None else _possible(document, answers)
    keyed = {} if given is None else _keyed(document, given)
    scores: dict[str, Score] = {}
    for name, entry in entries.items():
        if entry["method"] == "table":
            continue
        if given is None:
            scores[name] = _of_total(entry, total) if name == "total" else None
        elif entry["method"] == "domain_maxima":
            scores[name] = _of_maxima(entry, given)
        else:
            scores[name] = _of_items(document, entry, entries, keyed)
    for name, entry in entries.items():
        if entry["method"] == "table":
            scores[name] = _converted(scoring["other_metrics"], name, scores[entry["of_scale"]])
    return scores


def _of_total(entry: Document | None, total: Fraction | None) -> Score:
    if entry is None or total is None or entry["points"] is None:
        return None
    lowest, highest = (exact(one) for one in entry["points"])
    if not lowest <= total <= highest:
        return None
    return _rounded(total), "total"


def _possible(document: Document, answers: Mapping[int, Fraction]) -> dict[int, Fraction]:
    """Without the answers that their own item cannot have."""
    form = document["form"]
    possible = {}
    for item, answer in answers.items():
        own = form.get("items_that_differ", {}).get(item, {})
        lowest, highest = (exact(one) for one in own.get("points", form["points"]))
        if "values" in own:
            fits = answer in [exact(one) for one in own["values"]]
        else:
            fits = lowest <= answer <= highest
        fits = fits and (answer / exact(form.get("step", 1))).denominator == 1
        if fits and (answer != 0 or form.get("zero_allowed", True)):
            possible[item] = answer
    return possible


def _keyed(document: Document, answers: Mapping[int, Fraction]) -> dict[int, Fraction]:
    form = document["form"]
    turned = form["reversed_items"]["items"]
    keyed = {}
    for item, answer in answers.items():
        own = form.get("items_that_differ", {}).get(item, {})
        ends = own.get("points") or own.get("values") or form["points"]
        keyed[item] = exact(min(ends)) + exact(max(ends)) - answer if item in turned else answer
    return keyed


def _of_maxima(entry: Document, answers: Mapping[int, Fraction]) -> Score:
    alternatives = entry.get("alternatives", [])
    choosable = {item for items in alternatives for item in items}
    needed = [[item] for item in entry["items"] if item not in choosable] + list(alternatives)
    if not all(any(item in answers for item in items) for items in needed):
        return None
    highest = [
        max(answers[item] for item in items if item in answers) for items in entry["maxima_of"]
    ]
    return _rounded(sum(highest, Fraction(0))), "answers"


def _of_items(
    document: Document,
    entry: Document,
    entries: Mapping[str, Document],
    keyed: Mapping[int, Fraction],
) -> Score:
    parts = [entries[part]["items"] for part in entry.get("parts", [])] or [entry["items"]]
    sums = [_part(document, entry["scale"], items, keyed) for items in parts]
    if any(one is None for one in sums):
        return None
    total = sum((one for one in sums if one is not None), Fraction(0))
    if entry["method"] == "mean":
        total /= len(entry["items"])
    is_whole = all(item in keyed for item in entry["items"])
    points = total * exact(entry.get("times", 1))
    return _rounded(points), "answers" if is_whole else "prorated"


def _part(
    document: Document, scale: str, items: Sequence[int], keyed: Mapping[int, Fraction]
) -> Fraction | None:
    """The sum of some items, with what takes the place of missing answers."""
    given = [keyed[item] for item in items if item in keyed]
    n_missing = len(items) - len(given)
    if n_missing == 0:
        return sum(given, Fraction(0))
    rule = document["scoring"].get("missing") or {}
    if not given or "method" not in rule or rule["status"] == "unverified":
        return None
    if "max_missing_in_form" in rule:
        if document["form"]["n_items"] - len(keyed) > rule["max_missing_in_form"]:
            return None
    else:
        limits = rule.get("max_missing_by_scale") or {"total": rule["max_missing"]}
        if n_missing > limits.get(scale, 0):
            return None
    mean = sum(given, Fraction(0)) / len(given)
    if rule["method"] == "prorate_mean":
        return mean * len(items)
    if rule["method"] == "prorate_mean_rounded":
        return _half_up(mean * len(items))
    if rule["method"] == "item_mean_rounded":
        return sum(given, Fraction(0)) + n_missing * _half_up(mean)
    assert rule["method"] == "blank_is_zero"
    return sum(given, Fraction(0))


def _converted(metrics: Sequence[Document], name: str, source: Score) -> Score:
    (table,) = [metric["table"] for metric in metrics if metric["name"] == name]
    if source is None or source[0] not in table:
        return None
    return _rounded(exact(table[int(source[0])])), source[1]


def _half_up(number: Fraction) -> Fraction:
    return Fraction((number + Fraction(1, 2)).__floor__())


def _rounded(number: Fraction) -> Decimal:
    return (Decimal(number.numerator) / Decimal(number.denominator)).quantize(
        Decimal("0.0001"), rounding=ROUND_HALF_UP
    )
