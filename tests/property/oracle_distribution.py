"""How changes are spread, counted pair by pair."""

import math
from collections import Counter
from fractions import Fraction
from typing import Any

from tests.property.oracle import Clinic, Row, by_subject, in_period
from tests.property.oracle_change import finished_pairs
from tests.property.oracle_marts import periods

STEPS = [Fraction(text) for text in ("0.25", "0.5", "1", "2", "5", "10", "20")]


def step_of(instrument: Row) -> Fraction | None:
    """The narrowest step of which sixty cover every change that the total can make."""
    low, high = instrument["total_min_points"], instrument["total_max_points"]
    if instrument["purpose"] != "outcome" or low is None or high is None or high <= low:
        return None
    widest = 2 * (Fraction(high) - Fraction(low))
    return next((step for step in STEPS if widest / step <= 60), None)


def distribution(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_change_distribution by its key."""
    found: dict[tuple[Any, ...], Row] = {}
    pairs: dict[str, list[tuple[str, str, Fraction, Fraction, str | None]]] = {}
    for course, (instrument_id, scale, respondent), outcome in finished_pairs(clinic):
        step = step_of(clinic.instruments[instrument_id])
        gain = outcome["improvement_points"]
        if scale != "total" or step is None or gain is None:
            continue
        begin = math.floor(Fraction(gain) / step) * step
        key = course.facts["episode_key"]
        pair = (instrument_id, respondent, step, begin, outcome["reliable_change"])
        pairs.setdefault(key, []).append(pair)
    for (level, subject_id), courses in by_subject(list(clinic.courses.values())).items():
        if level not in ("clinic", "programme"):
            continue
        for kind, start, end in periods(clinic):
            if kind == "month":
                continue
            cells: Counter[tuple[str, str, Fraction, Fraction, str | None]] = Counter()
            for course in courses:
                if in_period(course.facts["ended_on"], start, end):
                    cells.update(pairs.get(course.facts["episode_key"], []))
            for (instrument_id, respondent, step, begin, change), n in cells.items():
                key = (level, subject_id, instrument_id, respondent, kind, start, begin)
                row = found.setdefault(
                    key,
                    {
                        "period_end_on": end,
                        "step_points": step,
                        "n_paired": 0,
                        "n_improved": 0,
                        "n_deteriorated": 0,
                    },
                )
                row["n_paired"] += n
                row["n_improved"] += n if change == "improved" else 0
                row["n_deteriorated"] += n if change == "deteriorated" else 0
    return found
