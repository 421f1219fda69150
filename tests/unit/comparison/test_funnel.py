"""Funnel limits against a second calculation in fractions, hand numbers and their own laws."""

import math
from fractions import Fraction

import numpy as np
import pytest

from pipelines.comparison.funnel import (
    TAIL_95,
    TAIL_998,
    Z_95,
    Z_998,
    Limits,
    binomial_limits,
    chance_of_any,
    mean_limits,
    overdispersion,
    rate_limits,
    rate_overdispersion,
    rate_sides,
    sides,
)


def chances(n: int, rate: Fraction) -> list[Fraction]:
    """P(R = r) for each r, exactly."""
    return [math.comb(n, r) * rate**r * (1 - rate) ** (n - r) for r in range(n + 1)]


def limit(n: int, rate: Fraction, p: Fraction) -> Fraction:
    """The interpolated quantile by its definition, exactly."""
    reached = Fraction(0)
    for r, chance in enumerate(chances(n, rate)):
        before, reached = reached, reached + chance
        if reached >= p:
            return max(Fraction(0), (r - (reached - p) / (reached - before)) / n)
    raise AssertionError("chances add up to 1")


@pytest.mark.parametrize("p", ["0.001", "0.025", "0.975", "0.999"])
@pytest.mark.parametrize("rate", ["0.04", "0.5", "0.62", "0.97"])
@pytest.mark.parametrize("n", [1, 5, 29, 30, 113])
def test_limits_are_the_interpolated_quantiles(n: int, rate: str, p: str) -> None:
    expected = float(limit(n, Fraction(rate), Fraction(p)))
    assert binomial_limits(n, float(rate), float(p)) == pytest.approx(expected, abs=1e-12)


def test_limits_by_hand() -> None:
    # Bin(2, 1/2): 1/4, 3/4, 1. At 0.5 r is 1 and a = (3/4 - 1/2) / (1/2) = 1/2: (1 - 1/2) / 2.
    assert binomial_limits(2, 0.5, 0.5) == pytest.approx(0.25)
    # Where P(R <= r) is p exactly, a is 0: the limit is r itself.
    assert binomial_limits(2, 0.5, 0.75) == pytest.approx(0.5)


def test_limits_without_anything_to_vary() -> None:
    found = binomial_limits([0, 30, 30], [0.5, 0.0, 1.0], TAIL_998)
    assert math.isnan(found[0])
    assert found[1:].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("n", [30, 41, 200])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.83])
def test_wider_limits_hold_the_narrower_ones_and_the_rate(n: int, rate: float) -> None:
    wide = rate_limits(n, rate, 0.0, Z_998)
    narrow = rate_limits(n, rate, 0.0, Z_95)
    spread = rate_limits(n, rate, 0.01, Z_998)
    assert 0 <= wide.lower <= narrow.lower < rate < narrow.upper <= wide.upper <= 1
    assert spread.lower <= wide.lower
    assert spread.upper > wide.upper


def test_overdispersion_by_hand() -> None:
    # Deviates -3, -1, 0, 1, 3; the 10 % and 90 % quantiles are -2.2 and 2.2.
    found = overdispersion([-3, -1, 0, 1, 3], 0, [1, 1, 1, 1, 1])
    phi = (2 * 2.2**2 + 2) / 5
    assert found.phi == pytest.approx(phi)
    # (5 phi - 4) / (5 - 5 / 5)
    assert found.tau2 == pytest.approx((5 * phi - 4) / 4)
    assert found.n_units == 5


def test_overdispersion_weighs_by_the_error() -> None:
    errors = [0.1, 0.2, 0.4]
    values = [0.3, -0.4, 0.4]
    deviates = [3.0, -2.0, 1.0]
    low, high = -2 + 0.2 * 3, 1 + 0.8 * 2
    pulled = [min(max(z, low), high) for z in deviates]
    phi = sum(z * z for z in pulled) / 3
    weights = [100.0, 25.0, 6.25]
    reach = sum(weights) - sum(w * w for w in weights) / sum(weights)
    found = overdispersion(values, 0, errors)
    assert found.phi == pytest.approx(phi)
    assert found.tau2 == pytest.approx((3 * phi - 2) / reach)


@pytest.mark.parametrize(("factor", "is_over"), [(1.0, False), (0.999, False), (1.001, True)])
def test_overdispersion_begins_where_chance_ends(factor: float, is_over: bool) -> None:
    # Without winsorising, k phi = k - 1 is what equals have: 2 units at ± sqrt(1 / 2).
    values = [factor * math.sqrt(0.5), -factor * math.sqrt(0.5)]
    found = overdispersion(values, 0, [1, 1], winsor=0)
    assert (found.tau2 > 1e-6) == is_over


def test_one_unit_or_none_has_no_spread() -> None:
    assert overdispersion([], [], []).phi is None
    assert overdispersion([], [], []).tau2 == 0
    assert overdispersion([9.0], [0.0], [1.0]).tau2 == 0


def test_rates_are_spread_on_the_arcsine_scale() -> None:
    found = rate_overdispersion([10, 30], [40, 40], [0.5, 0.5])
    deviate = (math.asin(math.sqrt(0.75)) - math.asin(math.sqrt(0.5))) * 2 * math.sqrt(40)
    assert found.phi == pytest.approx((0.8 * deviate) ** 2)


def test_limits_with_overdispersion_by_hand() -> None:
    found = rate_limits([100], [0.25], 0.01, Z_95)
    reach = Z_95 * math.sqrt(1 / 400 + 0.01)
    assert found.lower[0] == pytest.approx(math.sin(math.pi / 6 - reach) ** 2)
    assert found.upper[0] == pytest.approx(math.sin(math.pi / 6 + reach) ** 2)


def test_limits_with_overdispersion_stay_between_none_and_all() -> None:
    # The angle of 4 cases at 5 % would turn below that of 0; its sine squared would rise again.
    found = rate_limits([4, 4, 0], [0.05, 0.95, 0.5], 0.2, Z_998)
    assert (found.lower[0], found.upper[1]) == (0, 1)
    assert np.isnan([found.lower[2], found.upper[2]]).all()


@pytest.mark.parametrize(
    ("n", "rate", "count", "side"),
    [
        # P(R <= 6) is 0.0007, P(R <= 7) 0.0026.
        (30, 0.5, 6, -1),
        (30, 0.5, 7, 0),
        # The mirror image: P(R >= 24) is 0.0007. 23 lies above the interpolated limit of 22.85
        # and happens 26 times in 10,000, so that it accuses nobody.
        (30, 0.5, 23, 0),
        (30, 0.5, 24, 1),
        (100, 0.5, 33, -1),
        (100, 0.5, 35, 0),
        (100, 0.5, 67, 1),
        (100, 0.5, 65, 0),
    ],
)
def test_a_side_needs_less_than_one_chance_in_a_thousand(
    n: int, rate: float, count: int, side: int
) -> None:
    assert rate_sides([count], [n], [rate], 0.0).tolist() == [side]
    mirrored = rate_sides([n - count], [n], [1 - rate], 0.0).tolist()
    assert mirrored == [-side]


@pytest.mark.parametrize("n", [30, 47, 200])
@pytest.mark.parametrize("rate", [0.05, 0.3, 0.62, 0.9])
@pytest.mark.parametrize("tau2", [0.0, 1e-6, 0.01])
def test_equals_are_outside_at_most_once_in_a_thousand_on_either_side(
    n: int, rate: float, tau2: float
) -> None:
    counts = np.arange(n + 1)
    found = rate_sides(counts, np.full(n + 1, n), np.full(n + 1, rate), tau2)
    exact = [float(chance) for chance in chances(n, Fraction(str(rate)))]
    for side in (-1, 1):
        assert sum(c for c, s in zip(exact, found, strict=True) if s == side) < TAIL_998


def test_each_unit_is_judged_at_its_own_expected_rate() -> None:
    # 12 of 50 is far below half, and what clients as sick as these come to.
    assert rate_sides([12, 12], [50, 50], [0.5, 0.28], 0.0).tolist() == [-1, 0]


def test_limits_of_means_by_hand() -> None:
    found = mean_limits([5.0], [0.3], 0.16, Z_998)
    assert found.lower[0] == pytest.approx(5 - 3.090232 * 0.5)
    assert found.upper[0] == pytest.approx(5 + 3.090232 * 0.5)


def test_on_the_limit_is_within() -> None:
    limits = Limits(np.array([1.0, 1.0, 1.0, 1.0]), np.array([2.0, 2.0, 2.0, 2.0]))
    values = [1.0, 2.0, math.nextafter(1.0, 0), math.nextafter(2.0, 3)]
    assert sides(values, limits).tolist() == [0, 0, -1, 1]


def test_among_forty_equals_a_95_limit_accuses_somebody_64_times_in_100() -> None:
    assert round(100 * chance_of_any(40, TAIL_95)) == 64
    assert round(100 * chance_of_any(40, TAIL_998)) == 4
    assert chance_of_any(0, TAIL_998) == 0
