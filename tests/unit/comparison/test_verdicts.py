"""The verdict on a unit: every reason, and both sides of every boundary."""

from dataclasses import dataclass, replace

import pytest

from pipelines.comparison.verdicts import (
    ABOVE,
    BELOW,
    CANNOT_TELL,
    CANNOT_TELL_REASONS,
    MOSTLY_CONCURRENT,
    MOSTLY_SHARED,
    NO_MODEL,
    NO_THRESHOLD,
    NOT_UNADJUSTED,
    OUTSIDE,
    PAIR_RATE_TOO_LOW,
    PAIR_RATE_UNKNOWN,
    TOO_FEW_PAIRS,
    TOO_FEW_UNITS,
    WITHIN,
    WITHIN_LIMITS,
    Verdict,
    judge,
)


@dataclass(frozen=True)
class Unit:
    """A therapist of whom it can be told."""

    side: int = 0
    n_pairs: int = 40
    paired_rate: float | None = 0.8
    n_compared: int = 12
    is_fitted: bool = True
    has_threshold: bool = True
    n_shared: int = 0
    n_concurrent: int = 0
    unadjusted_side: int | None = None


def verdict_on(unit: Unit) -> Verdict:
    """The verdict with the usual minimums."""
    return judge(**vars(unit), minimum_pairs=30, minimum_units=10, minimum_pair_rate=0.70)


@pytest.mark.parametrize(
    ("side", "verdict", "reason"),
    [(-1, BELOW, OUTSIDE), (0, WITHIN, WITHIN_LIMITS), (1, ABOVE, OUTSIDE)],
)
def test_the_side_of_the_limits_decides(side: int, verdict: str, reason: str) -> None:
    found = verdict_on(Unit(side=side))
    assert (found.verdict, found.reason, found.explanations) == (verdict, reason, ())


@pytest.mark.parametrize("side", [-1, 0, 1])
@pytest.mark.parametrize(
    ("short", "enough", "reason"),
    [
        ({"n_pairs": 29}, {"n_pairs": 30}, TOO_FEW_PAIRS),
        ({"n_compared": 9}, {"n_compared": 10}, TOO_FEW_UNITS),
        ({"paired_rate": 6999 / 10000}, {"paired_rate": 7000 / 10000}, PAIR_RATE_TOO_LOW),
        ({"paired_rate": 48 / 69}, {"paired_rate": 49 / 70}, PAIR_RATE_TOO_LOW),
        ({"paired_rate": None}, {"paired_rate": 1.0}, PAIR_RATE_UNKNOWN),
        ({"paired_rate": float("nan")}, {"paired_rate": 1.0}, PAIR_RATE_UNKNOWN),
        ({"is_fitted": False}, {"is_fitted": True}, NO_MODEL),
        ({"has_threshold": False}, {"has_threshold": True}, NO_THRESHOLD),
    ],
)
def test_nobody_can_tell_below_a_minimum_and_everybody_at_it(
    side: int, short: dict[str, int], enough: dict[str, int], reason: str
) -> None:
    found = verdict_on(replace(Unit(side=side), **short))
    assert (found.verdict, found.reasons, found.explanations) == (CANNOT_TELL, (reason,), ())
    assert verdict_on(replace(Unit(side=side), **enough)).verdict != CANNOT_TELL


def test_every_reason_is_named_the_weightiest_first() -> None:
    found = verdict_on(
        Unit(-1, n_pairs=3, paired_rate=0.1, n_compared=2, is_fitted=False, has_threshold=False)
    )
    assert found.reasons == (
        NO_THRESHOLD,
        TOO_FEW_PAIRS,
        PAIR_RATE_TOO_LOW,
        TOO_FEW_UNITS,
        NO_MODEL,
    )
    assert found.reason == found.reasons[0]
    assert set(found.reasons) <= set(CANNOT_TELL_REASONS)


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(
    ("half", "most", "explanation"),
    [
        ({"n_shared": 20}, {"n_shared": 21}, MOSTLY_SHARED),
        ({"n_concurrent": 20}, {"n_concurrent": 21}, MOSTLY_CONCURRENT),
    ],
)
def test_what_most_pairs_share_could_explain_it(
    side: int, half: dict[str, int], most: dict[str, int], explanation: str
) -> None:
    assert verdict_on(replace(Unit(side=side), **half)).explanations == ()
    assert verdict_on(replace(Unit(side=side), **most)).explanations == (explanation,)


def test_what_only_the_case_mix_brought_out_is_said() -> None:
    assert verdict_on(Unit(-1, unadjusted_side=-1)).explanations == ()
    assert verdict_on(Unit(-1, unadjusted_side=0)).explanations == (NOT_UNADJUSTED,)
    assert verdict_on(Unit(-1, unadjusted_side=1)).explanations == (NOT_UNADJUSTED,)


def test_within_needs_no_explanation() -> None:
    found = verdict_on(Unit(0, n_shared=40, n_concurrent=40, unadjusted_side=-1))
    assert (found.verdict, found.explanations) == (WITHIN, ())
