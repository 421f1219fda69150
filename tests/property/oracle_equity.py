"""Gaps between strata, client by client: plain loops over courses and the definitions alone."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

Row = dict[str, Any]
Key = tuple[Any, ...]
KINDS = ("age_band", "sex", "gender_identity", "ethnicity", "language", "state")
Z = 1.959964


def wilson(x: int, n: int) -> tuple[float, float]:
    """The 95 % limits of x of n, by the definition of Wilson's interval."""
    p = x / n
    middle = p + Z * Z / (2 * n)
    reach = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    size = 1 + Z * Z / n
    return (
        0.0 if x == 0 else (middle - reach) / size,
        1.0 if x == n else (middle + reach) / size,
    )


def newcombe(x: int, n: int, other_x: int, other_n: int) -> tuple[float, float, float]:
    """The gap of two shares and its 95 % limits."""
    p, q = x / n, other_x / other_n
    (p_low, p_high), (q_low, q_high) = wilson(x, n), wilson(other_x, other_n)
    return (
        p - q,
        p - q - math.hypot(p - p_low, q_high - q),
        p - q + math.hypot(p_high - p, q - q_low),
    )


def merged(sizes: dict[str, int], minimum: int) -> dict[str, str]:
    """Which stratum each is shown in: the small ones together, with the next ones if need be."""
    order = sorted(sizes, key=lambda name: (sizes[name], name))
    together = [name for name in order if sizes[name] < minimum]
    for name in order[len(together) :]:
        if together and sum(sizes[one] for one in together) < minimum:
            together.append(name)
    return {name: "merged" if name in together else name for name in sizes}


def gaps(
    facts: Iterable[Row],
    windows: Iterable[tuple[date, date]],
    expected: Callable[[Row, date], float | None],
    minimum: int,
) -> dict[Key, Row]:
    """mart_equity by its key.

    `facts` have figure, instrument_id, client, ended_on, course, is_met and a stratum of each
    kind; `expected` says what a model expected of one in a window that starts on a day.
    """
    everything = list(facts)
    found: dict[Key, Row] = {}
    for start, end in windows:
        by_figure: dict[Key, list[Row]] = defaultdict(list)
        for fact in sorted(everything, key=lambda one: (one["ended_on"], one["course"])):
            if start <= fact["ended_on"] <= end:
                by_figure[fact["figure"], fact["instrument_id"]].append(fact)
        for figure, own in by_figure.items():
            for kind in KINDS:
                for stratum, row in _of_kind(own, kind, start, expected, minimum).items():
                    found[(kind, stratum, *figure, start)] = {**row, "period_end_on": end}
    return found


def _of_kind(
    facts: Sequence[Row],
    kind: str,
    start: date,
    expected: Callable[[Row, date], float | None],
    minimum: int,
) -> dict[str, Row]:
    firsts: dict[str, str] = {}
    for fact in facts:
        firsts.setdefault(fact["client"], fact[kind])
    names = {fact[kind] for fact in facts}
    sizes = {name: sum(first == name for first in firsts.values()) for name in names}
    shown = merged(sizes, minimum)
    if len(set(shown.values())) < 2:
        return {}
    rates = [expected(fact, start) for fact in facts]
    has_model = all(rate is not None for rate in rates)
    overall = sum(fact["is_met"] for fact in facts) / len(facts)
    found = {}
    for stratum in set(shown.values()):
        own = [fact for fact in facts if shown[fact[kind]] == stratum]
        others = [fact for fact in facts if shown[fact[kind]] != stratum]
        x, y = sum(one["is_met"] for one in own), sum(one["is_met"] for one in others)
        gap, lower, upper = newcombe(x, len(own), y, len(others))
        row: Row = {
            "n_clients": sum(sizes[name] for name in names if shown[name] == stratum),
            "n_courses": len(own),
            "n_met": x,
            "share": x / len(own),
            "n_other_courses": len(others),
            "n_other_met": y,
            "other_share": y / len(others),
            "gap": gap,
            "gap_lower": lower,
            "gap_upper": upper,
            **dict.fromkeys(
                ("expected_share", "adjusted_gap", "adjusted_gap_lower", "adjusted_gap_upper")
            ),
        }
        row["share_lower"], row["share_upper"] = wilson(x, len(own))
        if has_model:
            mine = [expected(fact, start) or 0.0 for fact in own]
            theirs = [expected(fact, start) or 0.0 for fact in others]
            adjusted = overall * (x / sum(mine) - y / sum(theirs))
            reach = Z * overall * math.hypot(_spread(mine), _spread(theirs))
            row["expected_share"] = sum(mine) / len(mine)
            row["adjusted_gap"] = adjusted
            row["adjusted_gap_lower"] = adjusted - reach
            row["adjusted_gap_upper"] = adjusted + reach
        found[stratum] = row
    return found


def _spread(rates: Sequence[float]) -> float:
    """The standard error of observed over expected, of courses with these expected rates."""
    return math.sqrt(sum(rate * (1 - rate) for rate in rates)) / sum(rates)
