"""Therapists or groups beside what was expected of their caseload: where each of them lies.

Everything here is per unit of one level, for one outcome of one measure in one window. A rate is
adjusted as observed over expected times the overall rate, points as overall plus the difference.
Units are placed at their own expected figure and only then moved to the adjusted scale, with their
limits.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.comparison import funnel
from pipelines.comparison.mixed import MixedSums, fit_random_intercept
from pipelines.comparison.shrinkage import shrink_effects

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

IMPROVED = "improved"
POINTS = "points"
OUTCOMES = (IMPROVED, POINTS)
# A spread between units cannot be told of fewer: any variance, however large, would be possible.
FEWEST_UNITS_FOR_SPREAD = 4


@dataclass(frozen=True)
class UnitSums:
    """Sums over each unit's cases: their number, the outcome, and what was expected.

    Units: courses; `observed` and `expected` courses that improved, or points. `chance` is the
    variance of `observed` that chance alone gives.
    """

    outcome: str
    n: FloatArray
    observed: FloatArray
    expected: FloatArray
    chance: FloatArray
    overall: float

    @property
    def observed_mean(self) -> FloatArray:
        """The unit's rate or mean; nan without a case."""
        return _over(self.observed, self.n)

    @property
    def expected_mean(self) -> FloatArray:
        """What was expected of its caseload; nan without a case."""
        return _over(self.expected, self.n)

    def adjusted(self, means: FloatArray) -> FloatArray:
        """Figures of the units' own caseloads, moved to everybody's."""
        if self.outcome == IMPROVED:
            # Where nobody improved nothing was expected either, and there is nothing to adjust.
            ratio = _over(means, self.expected_mean)
            return np.where(self.expected_mean == 0, means, ratio * self.overall)
        return self.overall + means - self.expected_mean


@dataclass(frozen=True)
class Placement:
    """Where the units lie: `side` -1 below, 1 above the 99.8 % limits after overdispersion.

    Limits are on the adjusted scale; nan for a unit that is not compared, and for all where too
    few are. `phi` and `tau2` (on the scale of the limits) are None then.
    """

    n_compared: int
    side: IntArray
    lower_95: FloatArray
    upper_95: FloatArray
    lower_998: FloatArray
    upper_998: FloatArray
    phi: float | None
    tau2: float | None


@dataclass(frozen=True)
class Shrinkage:
    """Shrunken figures, and the spread that they come from; variances on the scale of the outcome.

    nan for a unit without a case.
    """

    shrunken: FloatArray
    lower: FloatArray
    upper: FloatArray
    between_variance: float
    within_variance: float

    @property
    def icc(self) -> float:
        """The part of the variance that lies between units."""
        return self.between_variance / (self.between_variance + self.within_variance)


def place_units(
    sums: UnitSums, is_comparable: BoolArray, *, minimum_pairs: int, minimum_units: int
) -> Placement:
    """Limits and sides of the comparable units with enough pairs, where there are enough of those.

    Only they say how much units differ (`phi`, `tau2`).
    """
    compared = is_comparable & (sums.n >= minimum_pairs)
    n_compared = int(compared.sum())
    side = np.zeros(sums.n.size, dtype=np.int64)
    none = np.full(sums.n.size, np.nan)
    nowhere = Placement(n_compared, side, none, none, none, none, phi=None, tau2=None)
    if n_compared < minimum_units:
        return nowhere
    n = sums.n[compared]
    expected = sums.expected_mean[compared]
    if sums.outcome == IMPROVED:
        counts = sums.observed[compared]
        # Rounding may carry what is expected of a cell to a hair beyond a certain outcome.
        expected = np.clip(expected, 0.0, 1.0)
        spread = funnel.rate_overdispersion(counts, n, expected)
        side[compared] = funnel.rate_sides(counts, n, expected, spread.tau2)
        found = [
            funnel.rate_limits(n, expected, spread.tau2, z) for z in (funnel.Z_95, funnel.Z_998)
        ]
    else:
        observed = sums.observed_mean[compared]
        errors = np.sqrt(sums.chance[compared]) / n
        if not np.all(errors > 0):
            return nowhere
        spread = funnel.overdispersion(observed, expected, errors)
        found = [
            funnel.mean_limits(expected, errors, spread.tau2, z)
            for z in (funnel.Z_95, funnel.Z_998)
        ]
        side[compared] = funnel.sides(observed, found[1])

    def as_adjusted(limits: FloatArray) -> FloatArray:
        return sums.adjusted(_spread_out(limits, compared))

    return Placement(
        n_compared,
        side,
        lower_95=as_adjusted(found[0].lower),
        upper_95=as_adjusted(found[0].upper),
        lower_998=as_adjusted(found[1].lower),
        upper_998=as_adjusted(found[1].upper),
        phi=spread.phi,
        tau2=spread.tau2,
    )


def shrink_rates(sums: UnitSums) -> Shrinkage | None:
    """Empirical Bayes on the units' log odds, as rates of everybody's cases.

    A unit's effect is one step from what was expected: (O - E) over sum of p (1 - p), the inverse
    of which is its variance. Units are taken to differ in log odds, not in O / E: the same work
    changes a low rate by a larger part of it than a high one. As a rate an effect is the ratio
    1 + effect x sum of p (1 - p) / E, times the overall rate.

    Source: Yusuf et al., Prog Cardiovasc Dis 1985;27:335-371 (one-step log odds).
    """
    has_cases = (sums.n > 0) & (sums.chance > 0)
    if has_cases.sum() < FEWEST_UNITS_FOR_SPREAD:
        return None
    expected, chance = sums.expected[has_cases], sums.chance[has_cases]
    found = shrink_effects((sums.observed[has_cases] - expected) / chance, 1 / chance)
    if found is None:
        return None

    def as_rate(effects: FloatArray) -> FloatArray:
        ratios = 1 + effects * chance / expected
        return np.clip(_spread_out(ratios * sums.overall, has_cases), 0.0, 1.0)

    # Both variances are those of rates, where the slope is that of an average case.
    per_case = float(chance.sum()) / float(sums.n[has_cases].sum())
    return Shrinkage(
        shrunken=as_rate(found.shrunken),
        lower=as_rate(found.lower),
        upper=as_rate(found.upper),
        between_variance=found.between_variance * per_case**2,
        within_variance=per_case,
    )


def shrink_means(sums: UnitSums, mixed: MixedSums | None) -> Shrinkage | None:
    """The random intercept's shrunken means; `mixed` has the units of `sums` that have a case."""
    has_cases = sums.n > 0
    if mixed is None or has_cases.sum() < FEWEST_UNITS_FOR_SPREAD:
        return None
    found = fit_random_intercept(mixed)
    if found is None:
        return None
    return Shrinkage(
        shrunken=_spread_out(found.shrunken, has_cases),
        lower=_spread_out(found.shrunken_lower, has_cases),
        upper=_spread_out(found.shrunken_upper, has_cases),
        between_variance=found.between_variance,
        within_variance=found.within_variance,
    )


def wilson(
    counts: ArrayLike, sizes: ArrayLike, z: float = funnel.Z_95
) -> tuple[FloatArray, FloatArray]:
    """Wilson's limits of rates, 95 % ones; nan where n is 0. Example: 40 of 50: 0.670 and 0.888.

    Source: Wilson (1927).
    """
    n = np.asarray(sizes, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.asarray(counts, dtype=float) / n
        centre = rate + z**2 / (2 * n)
        reach = z * np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
        scale = 1 + z**2 / n
        return np.maximum((centre - reach) / scale, 0), np.minimum((centre + reach) / scale, 1)


def _spread_out(values: FloatArray, has_cases: BoolArray) -> FloatArray:
    found = np.full(has_cases.size, np.nan)
    found[has_cases] = values
    return found


def _over(values: FloatArray, by: FloatArray) -> FloatArray:
    return np.divide(values, by, out=np.full(by.size, np.nan), where=by > 0)
