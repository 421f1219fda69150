"""What may be said about a unit in words: within, above, below, or that nobody can tell.

`above` and `below` need a fair comparison first: enough pairs, enough units, enough of the courses
measured, a case-mix model that others' courses carry. Every verdict carries its reasons, and one
outside the limits also what could explain it; the page never prints it without them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import compress
from typing import Literal

WITHIN = "within"
ABOVE = "above"
BELOW = "below"
CANNOT_TELL = "cannot_tell"

# Why nobody can tell, in the order in which they are named: the first is a table's `reason`.
NO_THRESHOLD = "no_published_threshold"
TOO_FEW_PAIRS = "too_few_pairs"
PAIR_RATE_TOO_LOW = "pair_rate_too_low"
TOO_FEW_UNITS = "too_few_units"
NO_MODEL = "no_case_mix_model"
OWN_CASE_MIX = "own_case_mix"
# Why it can.
WITHIN_LIMITS = "within_limits"
OUTSIDE = "outside_99_8"
# The same comparison with other courses, or with each course weighted.
WITHOUT_CONCURRENT = "without_concurrent"
WITHOUT_GROUP_MEMBERS = "without_group_members"
WITHOUT_SHARED = "without_shared"
WEIGHTED = "weighted_by_attribution"
VARIANTS = (WITHOUT_CONCURRENT, WITHOUT_GROUP_MEMBERS, WITHOUT_SHARED, WEIGHTED)
# What could explain a figure outside the limits, apart from the unit's own work: the adjustment, or
# a kind of course without which it lies elsewhere, or without which it cannot be judged.
NOT_UNADJUSTED = "not_without_adjustment"
_ELSEWHERE = "not_"
_UNJUDGED = "unjudged_"

CANNOT_TELL_REASONS = (
    NO_THRESHOLD,
    TOO_FEW_PAIRS,
    PAIR_RATE_TOO_LOW,
    TOO_FEW_UNITS,
    NO_MODEL,
    OWN_CASE_MIX,
)
REASONS = (*CANNOT_TELL_REASONS, WITHIN_LIMITS, OUTSIDE)
EXPLANATIONS = (
    NOT_UNADJUSTED,
    *(f"{how}{variant}" for variant in VARIANTS for how in (_ELSEWHERE, _UNJUDGED)),
)

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
    paired_rate: float,
    n_compared: int,
    is_fitted: bool,
    minimum_pairs: int,
    minimum_units: int,
    minimum_pair_rate: float,
    has_threshold: bool = True,
    own_case_mix: bool = False,
    unadjusted_side: int | None = None,
) -> Verdict:
    """The verdict on one unit.

    `side` is where its adjusted figure lies by the 99.8 % limits after overdispersion: -1 below,
    0 on or within, 1 above. `unadjusted_side` is the same without case mix, where known.
    `paired_rate` is pairs of finished courses. `n_compared` counts the units that limits were made
    for. A figure at its minimum suffices. `own_case_mix`: what was expected of the unit was learnt
    from its own courses, as hardly anybody else has such.
    """
    obstacles = (
        not has_threshold,
        n_pairs < minimum_pairs,
        paired_rate < minimum_pair_rate,
        n_compared < minimum_units,
        not is_fitted,
        own_case_mix,
    )
    is_adjustments = unadjusted_side is not None and unadjusted_side != side
    # Twenty thousand therapists are judged five times a window: all verdicts are made once.
    return _verdict(side, obstacles, is_adjustments=is_adjustments)


def explained(found: Verdict, others: Mapping[str, Verdict]) -> Verdict:
    """The verdict with each variant of VARIANTS that does not bear it out, `others` by its name."""
    if found.verdict not in (ABOVE, BELOW):
        return found
    names = tuple(
        f"{_UNJUDGED if other.verdict == CANNOT_TELL else _ELSEWHERE}{variant}"
        for variant, other in others.items()
        if other.verdict != found.verdict
    )
    return replace(found, explanations=(*found.explanations, *names)) if names else found


@cache
def _verdict(side: int, obstacles: tuple[bool, ...], *, is_adjustments: bool) -> Verdict:
    """The verdict from what stands in its way, in the order of names."""
    if any(obstacles):
        return Verdict(CANNOT_TELL, tuple(compress(CANNOT_TELL_REASONS, obstacles)))
    if side == 0:
        return Verdict(WITHIN, (WITHIN_LIMITS,))
    return Verdict(_WORDS[side], (OUTSIDE,), (NOT_UNADJUSTED,) if is_adjustments else ())
