"""The verdict on a unit: every reason, and both sides of every boundary."""

from dataclasses import dataclass, replace

import pytest

from pipelines.comparison.verdicts import (
    ABOVE,
    BELOW,
    CANNOT_TELL,
    CANNOT_TELL_REASONS,
    EXPLANATIONS,
    NO_MODEL,
    NO_THRESHOLD,
    NOT_UNADJUSTED,
    OUTSIDE,
    OWN_CASE_MIX,
    PAIR_RATE_TOO_LOW,
    TOO_FEW_PAIRS,
    TOO_FEW_UNITS,
    VARIANTS,
    WEIGHTED,
    WITHIN,
    WITHIN_LIMITS,
    WITHOUT_SHARED,
    Verdict,
    explained,
    judge,
)


@dataclass(frozen=True)
class Unit:
    """A therapist of whom it can be told."""

    side: int = 0
    n_pairs: int = 40
    paired_rate: float = 0.8
    n_compared: int = 12
    is_fitted: bool = True
    has_threshold: bool = True
    own_case_mix: bool = False
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
        ({"is_fitted": False}, {"is_fitted": True}, NO_MODEL),
        ({"has_threshold": False}, {"has_threshold": True}, NO_THRESHOLD),
        ({"own_case_mix": True}, {"own_case_mix": False}, OWN_CASE_MIX),
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
        Unit(
            -1, n_pairs=3, paired_rate=0.1, n_compared=2, is_fitted=False, has_threshold=False,
            own_case_mix=True,
        )
    )  # fmt: skip
    assert found.reasons == (
        NO_THRESHOLD,
        TOO_FEW_PAIRS,
        PAIR_RATE_TOO_LOW,
        TOO_FEW_UNITS,
        NO_MODEL,
        OWN_CASE_MIX,
    )
    assert found.reason == found.reasons[0]
    assert found.reasons == CANNOT_TELL_REASONS


BELOW_LIMITS = Verdict(BELOW, (OUTSIDE,))
ABOVE_LIMITS = Verdict(ABOVE, (OUTSIDE,))
INSIDE = Verdict(WITHIN, (WITHIN_LIMITS,))
TOO_FEW = Verdict(CANNOT_TELL, (TOO_FEW_PAIRS,))


@pytest.mark.parametrize("found", [BELOW_LIMITS, ABOVE_LIMITS])
def test_a_variant_that_does_not_bear_it_out_could_explain_it(found: Verdict) -> None:
    opposite = ABOVE_LIMITS if found == BELOW_LIMITS else BELOW_LIMITS
    assert explained(found, dict.fromkeys(VARIANTS, found)) == found
    for variant in VARIANTS:
        others = dict.fromkeys(VARIANTS, found)
        for other in (INSIDE, opposite):
            named = explained(found, {**others, variant: other})
            assert named == replace(found, explanations=(f"not_{variant}",))
        lost = explained(found, {**others, variant: TOO_FEW})
        assert lost == replace(found, explanations=(f"unjudged_{variant}",))


def test_explanations_are_all_named_and_the_adjustment_first() -> None:
    found = explained(
        verdict_on(Unit(-1, unadjusted_side=0)), {WITHOUT_SHARED: INSIDE, WEIGHTED: TOO_FEW}
    )
    assert found.explanations == (
        NOT_UNADJUSTED,
        "not_without_shared",
        "unjudged_weighted_by_attribution",
    )
    assert set(found.explanations) < set(EXPLANATIONS)
    assert len(set(EXPLANATIONS)) == 1 + 2 * len(VARIANTS)


@pytest.mark.parametrize("found", [INSIDE, TOO_FEW])
def test_only_who_lies_outside_has_explanations(found: Verdict) -> None:
    assert explained(found, dict.fromkeys(VARIANTS, BELOW_LIMITS)) == found


def test_what_only_the_case_mix_brought_out_is_said() -> None:
    assert verdict_on(Unit(-1, unadjusted_side=-1)).explanations == ()
    assert verdict_on(Unit(-1, unadjusted_side=0)).explanations == (NOT_UNADJUSTED,)
    assert verdict_on(Unit(-1, unadjusted_side=1)).explanations == (NOT_UNADJUSTED,)


def test_within_needs_no_explanation() -> None:
    found = verdict_on(Unit(0, unadjusted_side=-1))
    assert (found.verdict, found.explanations) == (WITHIN, ())
