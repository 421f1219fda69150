"""What may be said about a unit in words: within, above, below, or that nobody can tell.

`above` and `below` need a fair comparison first: enough pairs, enough units, enough of the courses
measured, a case-mix model. Every verdict carries its reasons, and one outside the limits also what
could explain it; the page never prints it without them.
"""

from dataclasses import dataclass
from functools import cache
from itertools import compress
from math import isnan
from typing import Literal

WITHIN = "within"
ABOVE = "above"
BELOW = "below"
CANNOT_TELL = "cannot_tell"

# Why nobody can tell, in the order in which they are named: the first is a table's `reason`.
NO_THRESHOLD = "no_published_threshold"
TOO_FEW_PAIRS = "too_few_pairs"
PAIR_RATE_UNKNOWN = "pair_rate_unknown"
PAIR_RATE_TOO_LOW = "pair_rate_too_low"
TOO_FEW_UNITS = "too_few_units"
NO_MODEL = "no_case_mix_model"
# Why it can.
WITHIN_LIMITS = "within_limits"
OUTSIDE = "outside_99_8"
# What could explain a figure outside the limits, apart from the unit's own work.
MOSTLY_SHARED = "mostly_shared"
MOSTLY_CONCURRENT = "mostly_concurrent"
NOT_UNADJUSTED = "not_without_adjustment"

CANNOT_TELL_REASONS = (
    NO_THRESHOLD,
    TOO_FEW_PAIRS,
    PAIR_RATE_UNKNOWN,
    PAIR_RATE_TOO_LOW,
    TOO_FEW_UNITS,
    NO_MODEL,
)
REASONS = (*CANNOT_TELL_REASONS, WITHIN_LIMITS, OUTSIDE)
EXPLANATIONS = (MOSTLY_SHARED, MOSTLY_CONCURRENT, NOT_UNADJUSTED)

VerdictWord = Literal["within", "above", "below", "cannot_tell"]
_WORDS: dict[int, VerdictWord] = {-1: BELOW, 0: WITHIN, 1: ABOVE}


@dataclass(frozen=True)
class Verdict:
    """A verdict with all its reasons, the weightiest first.

    `explanations` is empty unless the verdict is above or below.
    """

    verdict: VerdictWord
    reasons: tuple[str, ...]
    explanations: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """The weightiest reason."""
        return self.reasons[0]


def judge(
    *,
    side: int,
    n_pairs: int,
    paired_rate: float | None,
    n_compared: int,
    is_fitted: bool,
    minimum_pairs: int,
    minimum_units: int,
    minimum_pair_rate: float,
    has_threshold: bool = True,
    n_shared: int = 0,
    n_concurrent: int = 0,
    unadjusted_side: int | None = None,
) -> Verdict:
    """The verdict on one unit.

    `side` is where its adjusted figure lies by the 99.8 % limits after overdispersion: -1 below,
    0 on or within, 1 above. `unadjusted_side` is the same without case mix, where known.
    `paired_rate` is pairs of finished courses, None or nan where there were none. `n_compared`
    counts the units with at least `minimum_pairs`. A figure at its minimum suffices.
    """
    # Twenty thousand therapists are judged five times a window: all verdicts are made once.
    is_unknown = paired_rate is None or isnan(paired_rate)
    obstacles = (
        not has_threshold,
        n_pairs < minimum_pairs,
        is_unknown,
        paired_rate is not None and paired_rate < minimum_pair_rate,
        n_compared < minimum_units,
        not is_fitted,
    )
    explained = (
        2 * n_shared > n_pairs,
        2 * n_concurrent > n_pairs,
        unadjusted_side is not None and unadjusted_side != side,
    )
    return _verdict(side, obstacles, explained)


@cache
def _verdict(side: int, obstacles: tuple[bool, ...], explained: tuple[bool, ...]) -> Verdict:
    """The verdict from what stands in its way and what could explain it, in the order of names."""
    if any(obstacles):
        return Verdict(CANNOT_TELL, tuple(compress(CANNOT_TELL_REASONS, obstacles)))
    if side == 0:
        return Verdict(WITHIN, (WITHIN_LIMITS,))
    return Verdict(_WORDS[side], (OUTSIDE,), tuple(compress(EXPLANATIONS, explained)))
