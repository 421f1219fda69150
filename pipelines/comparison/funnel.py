"""Funnel limits: how far a unit's figure may lie from its expected one by chance alone.

Pure arithmetic on arrays with one value per unit (a therapist or a group); nothing here reads a
table. Each unit is judged around its own expected rate, not around one line for all: a common line
would accuse those whose clients are sicker. Limits of rates are exact binomial ones, or widened on
the arcsine scale once units differ by more than chance (overdispersion).

FunnelPlotR's ratios of counts are here to hold the method against published numbers. Where that
tool leaves the definition, a comment says so and the definition is followed.

Source: Spiegelhalter, Stat Med 2005;24:1185-1202; FunnelPlotR (arcsine scale, ratios).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# The two pairs of limits: the chance left beyond each of the two, and its normal deviate.
TAIL_95 = 0.025
TAIL_998 = 0.001
Z_95 = 1.959964
Z_998 = 3.090232
_TAILS = {Z_95: TAIL_95, Z_998: TAIL_998}
# The share of units at each end whose deviates are pulled in before the spread is measured.
WINSORISED = 0.1


@dataclass(frozen=True)
class Overdispersion:
    """How much more units differ than chance alone would have them.

    `phi` is the mean squared deviate, near 1 (below it after winsorising) where all are equal.
    `tau2` is the variance between units on the scale of `y`; 0 where chance explains it all. Both
    are computed from `n_units`; `phi` is None without any.
    """

    phi: float | None
    tau2: float
    n_units: int


@dataclass(frozen=True)
class Limits:
    """Lower and upper limits, one pair per unit, on the scale of what they were made for."""

    lower: FloatArray
    upper: FloatArray


def binomial_limits(n: ArrayLike, rate: ArrayLike, p: float) -> FloatArray:
    """The interpolated p-quantile of Bin(n, rate), as a share of n.

    (r - a) / n with r the smallest count of P(R <= r) >= p and
    a = (P(R <= r) - p) / (P(R <= r) - P(R <= r - 1)); cut at 0. Example: n 30, rate 0.5, p 0.001
    gives 0.2050. nan where n is 0. At a rate of 0 or 1 nothing varies: the limit is the rate.

    Source: Spiegelhalter (2005), appendix A.1.
    """
    from scipy.stats import binom

    sizes, rates = np.broadcast_arrays(np.asarray(n, dtype=float), np.asarray(rate, dtype=float))
    limits = np.where(sizes > 0, rates, np.nan)
    varies = (sizes > 0) & (rates > 0) & (rates < 1)
    sizes, rates = sizes[varies], rates[varies]
    counts = binom.ppf(p, sizes, rates)
    # The quantile function rounds: one step back or forth makes r what the definition says.
    counts = np.where(binom.cdf(counts - 1, sizes, rates) >= p, counts - 1, counts)
    counts = np.where(binom.cdf(counts, sizes, rates) < p, counts + 1, counts)
    reached = binom.cdf(counts, sizes, rates)
    share = (reached - p) / (reached - binom.cdf(counts - 1, sizes, rates))
    limits[varies] = np.maximum((counts - share) / sizes, 0.0)
    return limits


def overdispersion(
    y: ArrayLike, target: ArrayLike, s: ArrayLike, winsor: float = WINSORISED
) -> Overdispersion:
    """The spread of units beyond chance, by winsorised random effects.

    `y` and `target` are a unit's figure and its expected one, `s` the standard error of `y` by
    chance. Deviates beyond the `winsor` quantile at either end are pulled in to it, so that a few
    true outliers do not widen the limits that should find them.

    Source: Spiegelhalter (2005), section 6; DerSimonian & Laird's moment estimate of tau squared.
    """
    errors = np.asarray(s, dtype=float)
    deviates = (np.asarray(y, dtype=float) - np.asarray(target, dtype=float)) / errors
    if deviates.size:
        deviates = np.clip(deviates, *np.quantile(deviates, [winsor, 1 - winsor]))
    return _spread(deviates, errors)


def _spread(deviates: FloatArray, errors: FloatArray) -> Overdispersion:
    n_units = int(deviates.size)
    if n_units == 0:
        return Overdispersion(phi=None, tau2=0.0, n_units=0)
    phi = float(np.mean(deviates**2))
    weights = 1 / errors**2
    excess = n_units * phi - (n_units - 1)
    reach = float(np.sum(weights) - np.sum(weights**2) / np.sum(weights))
    # One unit alone has no reach: it cannot differ from others.
    tau2 = excess / reach if excess > 0 and reach > 0 else 0.0
    return Overdispersion(phi=phi, tau2=tau2, n_units=n_units)


def rate_overdispersion(
    counts: ArrayLike, n: ArrayLike, expected_rate: ArrayLike
) -> Overdispersion:
    """The spread of rates, on the arcsine scale, where chance does not depend on the rate."""
    sizes = np.asarray(n, dtype=float)
    rates = np.asarray(counts, dtype=float) / sizes
    return overdispersion(_arcsine(rates), _arcsine(expected_rate), 1 / (2 * np.sqrt(sizes)))


def rate_limits(n: ArrayLike, expected_rate: ArrayLike, tau2: float, z: float) -> Limits:
    """Limits of each unit's rate around its own expected rate.

    Exact binomial limits where `tau2` is 0, else sin(asin(sqrt(rate)) ± z sqrt(s² + tau2))² with
    s = 1 / (2 sqrt(n)). `z` is Z_95 or Z_998. nan where n is 0.
    """
    sizes = np.asarray(n, dtype=float)
    if tau2 <= 0:
        tail = _TAILS[z]
        return Limits(
            lower=binomial_limits(sizes, expected_rate, tail),
            upper=binomial_limits(sizes, expected_rate, 1 - tail),
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = z * np.sqrt(1 / (4 * sizes) + tau2)
    centre = _arcsine(expected_rate)
    # The angle is cut at those of 0 and 1. FunnelPlotR squares the sine of any angle, so that its
    # lower limit rises again from 0 for few cases; by the definition it stays at 0.
    ends = [np.clip(centre + reach * side, 0, np.pi / 2) for side in (-1, 1)]
    lower, upper = (np.where(sizes > 0, np.sin(end) ** 2, np.nan) for end in ends)
    return Limits(lower, upper)


def rate_sides(counts: ArrayLike, n: ArrayLike, expected_rate: ArrayLike, tau2: float) -> IntArray:
    """-1 below the 99.8 % limits of its own expected rate, 1 above them, 0 on or within them.

    Outside means both: beyond the limit as drawn, and so far out by chance in fewer than 1 in 1,000
    equal units. The interpolated upper limit lies up to one case too low (its own tail holds more
    than 0.1 %), and arcsine limits with little overdispersion can lie inside the exact ones; either
    would flag equals more often than is said.
    """
    from scipy.stats import binom

    found = np.asarray(counts, dtype=float)
    sizes = np.asarray(n, dtype=float)
    rates = np.asarray(expected_rate, dtype=float)
    limits = rate_limits(sizes, rates, tau2, Z_998)
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = found / sizes
    below = (observed < limits.lower) & (binom.cdf(found, sizes, rates) < TAIL_998)
    above = (observed > limits.upper) & (binom.sf(found - 1, sizes, rates) < TAIL_998)
    return above.astype(np.int64) - below.astype(np.int64)


def mean_limits(expected: ArrayLike, se: ArrayLike, tau2: float, z: float) -> Limits:
    """Limits of each unit's mean, in points, around its own expected mean."""
    centre = np.asarray(expected, dtype=float)
    reach = z * np.sqrt(np.asarray(se, dtype=float) ** 2 + tau2)
    return Limits(centre - reach, centre + reach)


def sides(values: ArrayLike, limits: Limits) -> IntArray:
    """-1 below the limits, 1 above them, 0 within; a value on its limit is within."""
    found = np.asarray(values, dtype=float)
    return (found > limits.upper).astype(np.int64) - (found < limits.lower).astype(np.int64)


def chance_of_any(n_units: int, chance: float) -> float:
    """The chance that at least one of so many equal units is flagged, each with this chance.

    Among 40 equals a lower 95 % limit accuses somebody 64 times in 100, a 99.8 % limit 4 times.
    """
    return 1 - (1 - chance) ** n_units


def ratio_limits(expected: ArrayLike, p: float, target: float = 1.0) -> Limits:
    """Limits of observed over expected counts, with a chance of p beyond each.

    q(p, 2E) / 2E and q(1 - p, 2(E + 1)) / 2E with q of chi-square, times the target; exact for
    Poisson counts. FunnelPlotR calls the limits at p = 0.001 "99"; they are 99.8 % ones, and its
    older versions drew the lower at 0.002.
    """
    from scipy.stats import chi2

    counts = np.asarray(expected, dtype=float)
    return Limits(
        lower=target * chi2.ppf(p, 2 * counts) / (2 * counts),
        upper=target * chi2.isf(p, 2 * (counts + 1)) / (2 * counts),
    )


def ratio_overdispersion(
    observed: ArrayLike, expected: ArrayLike, trim: float = WINSORISED
) -> Overdispersion:
    """The spread of ratios on the log scale, with the lowest and highest tenth left out.

    A unit's tenth is floor(rank x 10 / (units + 1)), so that nothing is left out of six units. The
    spread, its number of units and its weights are those of the units kept.

    Source: the summary hospital-level mortality indicator's method, as in FunnelPlotR ("SHMI").
    """
    from scipy.stats import rankdata

    counts = np.asarray(expected, dtype=float)
    deviates = np.log(np.asarray(observed, dtype=float) / counts) * np.sqrt(counts)
    parts = round(1 / trim)
    part = np.floor(rankdata(deviates) * parts / (deviates.size + 1))
    kept = (part > 0) & (part < parts - 1)
    return _spread(deviates[kept], 1 / np.sqrt(counts[kept]))


def ratio_limits_overdispersed(expected: ArrayLike, tau2: float, z: float) -> Limits:
    """Limits of observed over expected counts on the log scale, widened by `tau2`."""
    reach = z * np.sqrt(1 / np.asarray(expected, dtype=float) + tau2)
    return Limits(np.exp(-reach), np.exp(reach))


def _arcsine(rates: ArrayLike) -> FloatArray:
    return np.arcsin(np.sqrt(np.asarray(rates, dtype=float)))
