"""Effects with known chance variances, shrunken, and what a figure's caseload can carry.

The spread of the true effects is estimated by REML, and each effect is drawn to the common one by
as much as its chance variance says (empirical Bayes).

Source: Morris, JASA 1983;78:47-55 (empirical Bayes with unequal known variances); Spearman-Brown
for the reliability; Kish, Survey Sampling, 1965, for the design effect.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.comparison.funnel import Z_95
from pipelines.comparison.variance_profile import profile_variance

FloatArray = NDArray[np.float64]
# The variance of the standard logistic distribution: the chance part of an odds on its log scale.
LATENT_VARIANCE = math.pi**2 / 3


@dataclass(frozen=True)
class ShrunkenEffects:
    """Effects drawn to the common one, with 95 % limits.

    `between_variance` is that of the true effects.
    """

    mean: float
    between_variance: float
    shrunken: FloatArray
    lower: FloatArray
    upper: FloatArray


def shrink_effects(effects: ArrayLike, variances: ArrayLike) -> ShrunkenEffects | None:
    """Shrink effects with known chance variances; None for fewer than two of them.

    The limits allow for not knowing the spread of the true effects, and for the common one being
    an estimate too.
    """
    found = np.asarray(effects, dtype=float)
    chance = np.asarray(variances, dtype=float)
    if found.size < 2:
        return None

    def log_likelihoods(between: FloatArray) -> FloatArray:
        weights = 1 / (chance + between[:, None])
        total = weights.sum(axis=1)
        mean = weights @ found / total
        squares = (weights * (found - mean[:, None]) ** 2).sum(axis=1)
        return -(np.log(chance + between[:, None]).sum(axis=1) + np.log(total) + squares) / 2

    def score(between: float) -> float:
        weights = 1 / (chance + between)
        mean = float(weights @ found) / float(weights.sum())
        value = weights.sum() - (weights**2).sum() / weights.sum()
        return -float(value - (weights**2 * (found - mean) ** 2).sum()) / 2

    typical = found.size / float((1 / chance).sum())
    profile = profile_variance(log_likelihoods, score, typical)
    mean, shrunken, _ = _posterior(found, chance, profile.estimate)
    centre = np.zeros(found.size)
    square = np.zeros(found.size)
    for between, weight in zip(profile.values, profile.weights, strict=True):
        _, here, spread = _posterior(found, chance, float(between))
        centre += weight * here
        square += weight * (spread + here**2)
    reach = Z_95 * np.sqrt(np.maximum(square - centre**2, 0.0))
    return ShrunkenEffects(
        mean=mean,
        between_variance=profile.estimate,
        shrunken=shrunken,
        lower=np.minimum(centre - reach, shrunken),
        upper=np.maximum(centre + reach, shrunken),
    )


def _posterior(
    effects: FloatArray, chance: FloatArray, between: float
) -> tuple[float, FloatArray, FloatArray]:
    """The common effect, the shrunken ones, and the variance of their errors."""
    weights = 1 / (chance + between)
    mean = float(weights @ effects) / float(weights.sum())
    kept = between * weights
    spread = chance * kept + (1 - kept) ** 2 / float(weights.sum())
    return mean, mean + kept * (effects - mean), spread


def reliability(n: ArrayLike, icc: float) -> FloatArray:
    """How much of the spread of means over n cases each is true: n icc / (1 + (n - 1) icc).

    Example: icc 0.05 gives 0.34 for 10 cases, 0.61 for 30, 0.72 for 50.
    """
    sizes = np.asarray(n, dtype=float)
    return sizes * icc / (1 + (sizes - 1) * icc)


def cases_needed(icc: float, wanted: float, minimum: int) -> int | None:
    """Cases from which a mean is as reliable as wanted, at least the minimum; None at icc 0.

    Example: icc 0.05 and 0.7 wanted need 45 cases.
    """
    if icc <= 0:
        return None
    # A whole number that rounding took a hair above itself is still that number.
    needed = wanted * (1 - icc) / (icc * (1 - wanted))
    return max(minimum, math.ceil(needed * (1 - 1e-12)))


def design_effect(mean_cases: float, icc: float) -> float:
    """How many times wider a variance is for cases that come in units: 1 + (m - 1) icc.

    Example: 8 members a group and icc 0.06 give 1.42.
    """
    return 1 + (mean_cases - 1) * icc


def latent_icc(icc: float, within: float) -> float | None:
    """The icc of a rate on the scale of log odds; None where no case has a chance variance.

    `within` is p (1 - p), the chance variance of a case, which is also the slope of the logistic
    curve there: by it the spread of rates is carried over.
    """
    if within <= 0 or icc >= 1:
        return None
    between = icc / (1 - icc) / within
    return between / (between + LATENT_VARIANCE)
