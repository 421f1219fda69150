"""Where units lie, and how far they lie apart: by hand, and only by those that are compared."""

from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.comparison.measures import Units
from pipelines.comparison.shrinkage import reliability
from pipelines.comparison.subject import Subject
from pipelines.comparison.units import (
    IMPROVED,
    OUTCOMES,
    POINTS,
    Placement,
    UnitSums,
    place_units,
    shrink_rates,
)
from pipelines.comparison_settings import ComparisonSettings

Array = NDArray[np.float64]
SETTINGS = ComparisonSettings()
MINIMA = {"minimum_pairs": SETTINGS.minimum_pairs, "minimum_units": SETTINGS.minimum_units}
# The last two lie far out, each on its side.
OBSERVED = np.array([20, 21, 19, 20, 22, 18, 20, 21, 19, 20, 3, 37], dtype=float)
CASES = 40.0


def sums_of(outcome: str, observed: Array) -> UnitSums:
    """Forty cases a unit, of which half were expected to improve, or a point each by half."""
    n = np.full(observed.size, CASES)
    return UnitSums(outcome, n, observed, n / 2, n / 4, 0.5)


def limits_of(placement: Placement, kept: NDArray[np.bool_]) -> Array:
    names = ("lower_95", "upper_95", "lower_998", "upper_998", "side")
    return np.stack([getattr(placement, name)[kept] for name in names])


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_who_is_not_compared_says_nothing_of_the_others(outcome: str) -> None:
    kept = np.arange(OBSERVED.size) < 10
    everybody = np.ones(OBSERVED.size, dtype=bool)
    alone = place_units(sums_of(outcome, OBSERVED[kept]), everybody[kept], **MINIMA)
    found = place_units(sums_of(outcome, OBSERVED), kept, **MINIMA)
    assert (found.n_compared, found.phi, found.tau2) == (10, alone.phi, alone.tau2)
    np.testing.assert_array_equal(limits_of(found, kept), limits_of(alone, everybody[kept]))
    assert np.isnan(limits_of(found, ~kept)[:-1]).all()
    assert found.side.tolist() == [0] * 12
    wider = place_units(sums_of(outcome, OBSERVED), everybody, **MINIMA)
    assert wider.n_compared == 12
    assert found.phi is not None
    assert wider.phi is not None
    assert wider.phi > found.phi
    too_few = place_units(sums_of(outcome, OBSERVED), kept & (np.arange(12) > 0), **MINIMA)
    assert (too_few.n_compared, too_few.phi, too_few.tau2) == (9, None, None)


def subject(own: NDArray[np.bool_] | None, n_finished: Array) -> Subject:
    units = Units(
        names=tuple("abcdefghijkl"),
        place=np.arange(12),
        n_clients=np.full(12, 40),
        n_finished=n_finished.astype(np.int64),
        n_pairs=np.full(12, 40),
        n_shared=np.zeros(12, dtype=np.int64),
        n_concurrent=np.zeros(12, dtype=np.int64),
    )
    key = {"period_start_on": date(2026, 1, 1)}
    return Subject(key, IMPROVED, units, True, True, SETTINGS, own)


def test_who_is_compared_with_his_own_courses_only_is_not_compared() -> None:
    own, finished = np.arange(12) == 10, np.full(12, 50.0)
    sums = sums_of(IMPROVED, OBSERVED)
    one = subject(own, finished)
    placement = one.place(sums)
    assert placement.n_compared == 11
    verdicts = one.judge(sums.n, placement)
    told = {(each.verdict, each.reason) for each in verdicts[:10]}
    assert told == {("within", "within_limits")}
    assert (verdicts[10].verdict, verdicts[10].reason) == ("cannot_tell", "own_case_mix")
    assert verdicts[11].verdict == "above"
    plain = subject(None, finished)
    assert plain.judge(sums.n, plain.place(sums))[10].verdict == "below"
    # With two more that are hardly measured there are nine left, and nobody can tell of anybody.
    finished[:2] = 58
    few = subject(own, finished)
    assert few.place(sums).n_compared == 9
    assert {each.verdict for each in few.judge(sums.n, few.place(sums))} == {"cannot_tell"}


def test_the_spread_of_rates_by_hand() -> None:
    # Ratios of units alike in all else: the variance between them is their sample variance less
    # what chance gives a ratio, 10 / 20² = 0.025.
    observed = np.array([8.0, 14, 16, 20, 20, 24, 26, 32])
    ratios = observed / 20
    between = (np.sum((ratios - 1) ** 2) / 7 - 0.025) * 0.5**2
    found = shrink_rates(sums_of(IMPROVED, observed))
    assert found is not None
    assert found.between_variance == pytest.approx(between, rel=1e-6)
    # One course with a chance of a half varies by a quarter.
    assert found.within_variance == pytest.approx(0.25)
    assert found.icc == pytest.approx(between / (between + 0.25), rel=1e-6)
    # As much of a figure's distance is kept as is reliable of it.
    kept = reliability(CASES, found.icc)
    np.testing.assert_allclose(found.shrunken, 0.5 + kept * (observed / CASES - 0.5), rtol=1e-6)


def test_limits_of_points_are_widened_by_the_spread_between_units() -> None:
    observed = np.linspace(4, 36, 12)
    found = place_units(sums_of(POINTS, observed), np.ones(12, dtype=bool), **MINIMA)
    assert found.tau2 is not None
    assert found.tau2 > 0
    # A quarter a course is 10 over forty of them, and so the mean's variance is 10 / 40².
    reach = 3.090232 * np.sqrt(10 / 40**2 + found.tau2)
    np.testing.assert_allclose(found.upper_998 - 0.5, reach, rtol=1e-6)
    np.testing.assert_allclose(0.5 - found.lower_998, reach, rtol=1e-6)
