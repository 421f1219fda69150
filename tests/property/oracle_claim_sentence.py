"""The sentence of a claim once more: every number from exact counts, rounded against the claim.

What speaks for a claim is never rounded up, what speaks against it never down.
"""

import math
import re
from datetime import date
from fractions import Fraction

from tests.property.oracle import Row

# Of the percentages: which end is told, and of what.
DOWN = {
    "pair_percent": ("n_measured", "n_due"),
    "met_percent": ("n_met", "n_measured"),
    "worst_percent": ("n_met", "n_due"),
}
COUNTS = ("n_referred", "n_started", "n_below_threshold", "n_due", "n_measured", "n_met")
COUNTS_OF_WORSE = ("n_worse_known", "n_deteriorated")
MONTHS = "January February March April May June July August September October November December"


def sentence(claim: Row, row: Row, points: Fraction | None, subject: str) -> str | None:
    """What may be said instead of a claim; nothing while the verdict is open."""
    if row["verdict"] == "cannot_tell":
        return None
    is_low = row["n_measured"] < Fraction(claim["minimum_pair_rate"]) * row["n_due"]
    template = claim["sentence_bounds_first" if is_low else "sentence"]
    words = {
        **{name: f"{row[name]:,}" for name in (*COUNTS, *COUNTS_OF_WORSE)},
        **percents(row),
        "from": long_day(row["period_start_on"]),
        "to": long_day(row["period_end_on"]),
        "subject": subject,
        "points": f"{float(points or 0):g}",
        **{name: claim[f"{name}_words"] for name in ("due", "met", "worse", "measure")},
        "population": claim["population_words"],
    }
    # A claim's own words may hold names of counts themselves.
    for _ in range(2):
        template = re.sub(r"\{(\w+)\}", lambda found: words[found[1]], template)
    return template


def percents(row: Row) -> dict[str, str]:
    """Every percentage of a row, whole."""
    n, lost = row["n_due"], row["n_due"] - row["n_measured"]
    unknown = n - row["n_worse_known"]
    up = {
        "best_percent": Fraction(row["n_met"] + lost, n),
        "deteriorated_percent": Fraction(row["n_deteriorated"], row["n_worse_known"]),
        "worse_worst_percent": Fraction(row["n_deteriorated"] + unknown, n),
        "upper_percent": Fraction(row["met_rate_upper"]),
    }
    down = {name: Fraction(row[part], row[whole]) for name, (part, whole) in DOWN.items()}
    down["lower_percent"] = Fraction(row["met_rate_lower"])
    return {
        **{name: str(math.ceil(100 * share)) for name, share in up.items()},
        **{name: str(math.floor(100 * share)) for name, share in down.items()},
    }


def long_day(day: date) -> str:
    """Such as 3 May 2025."""
    return f"{day.day} {MONTHS.split()[day.month - 1]} {day.year}"
