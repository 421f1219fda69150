"""One random intercept by REML, from sums alone: the cost does not grow with the cases.

y = X beta + u + e, with u of variance between units and e of variance within them. The inverse of
a unit's covariance matrix is (I - c 11') / within with c = ratio / (1 + n ratio), so that all of
the likelihood comes from X'X, X'y and y'y over everybody and from n and the sums of x and y of
each unit. Units with the same n share c, and their products are added up once.

Source: Patterson & Thompson, Biometrika 1971;58:545-554; Robinson, Stat Sci 1991;6:15-32 (BLUP).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.comparison.funnel import Z_95
from pipelines.comparison.grouped import sums_by
from pipelines.comparison.variance_profile import profile_variance

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class MixedSums:
    """Sums over cases: `xtx`, `xty`, `yty` over everybody, the others one row per unit.

    Shape:  xtx parameters x parameters, xty parameters; n units, sum_x units x parameters,
            sum_y units. Every unit has at least one case.

    `average` are the covariates that figures are told for, the cases' own means if None; `missed`
    points are added to them for covariates that no case here has.
    """

    xtx: FloatArray
    xty: FloatArray
    yty: float
    n: FloatArray
    sum_x: FloatArray
    sum_y: FloatArray
    average: FloatArray | None = None
    missed: float = 0.0


@dataclass(frozen=True)
class MixedFit:
    """A fitted random intercept.

    `effects` are the units' best linear unbiased predictions, in points. `shrunken` are the units'
    means at the case mix of `average`, with 95 % limits that allow for not knowing the variance.
    `icc` is the part of the variance that lies between units.
    """

    coefficients: FloatArray
    covariance: FloatArray
    between_variance: float
    within_variance: float
    icc: float
    log_likelihood: float
    effects: FloatArray
    shrunken: FloatArray
    shrunken_lower: FloatArray
    shrunken_upper: FloatArray


def fit_random_intercept(sums: MixedSums, *, is_restricted: bool = True) -> MixedFit | None:
    """Fit the model; None where there are too few cases or units to tell their spreads apart.

    `is_restricted` False maximises the likelihood itself (ML), as some published results do.
    """
    model = _Model(sums, is_restricted=is_restricted)
    if sums.n.size < 2 or model.n_cases <= sums.n.size or not model.can_vary:
        return None
    profile = profile_variance(model.log_likelihoods, model.score, 1 / float(np.mean(sums.n)))
    ratio = profile.estimate
    (coefficients,), (inverse,), (squares,) = model.solve(np.array([ratio]))
    within = float(squares) / model.degrees
    effects = ratio / (1 + sums.n * ratio) * (sums.sum_y - sums.sum_x @ coefficients)
    centre, spread = _mixture(model, profile.values, profile.weights)
    shrunken = float(model.average @ coefficients) + sums.missed + effects
    reach = Z_95 * np.sqrt(spread)
    return MixedFit(
        coefficients=coefficients,
        covariance=within * inverse,
        between_variance=ratio * within,
        within_variance=within,
        icc=ratio / (1 + ratio),
        log_likelihood=float(model.log_likelihoods(np.array([ratio]))[0]),
        effects=effects,
        shrunken=shrunken,
        shrunken_lower=np.minimum(centre - reach, shrunken),
        shrunken_upper=np.maximum(centre + reach, shrunken),
    )


def _mixture(
    model: "_Model", ratios: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of each unit's mean at that case mix, over the possible ratios."""
    sums, average = model.sums, model.average
    coefficients, inverses, squares = model.solve(ratios)
    withins = squares / model.degrees
    mean = np.zeros(sums.n.size)
    square = np.zeros(sums.n.size)
    for place, weight in enumerate(weights):
        ratio, own, inverse = float(ratios[place]), coefficients[place], inverses[place]
        pull = ratio / (1 + sums.n * ratio)
        here = float(average @ own) + sums.missed + pull * (sums.sum_y - sums.sum_x @ own)
        # What is left of the unit's own effect, and of the fixed effects' uncertainty.
        turned = sums.sum_x @ inverse
        fixed = (
            average @ inverse @ average
            - 2 * pull * (turned @ average)
            + pull**2 * np.einsum("ui,ui->u", turned, sums.sum_x)
        )
        variance = withins[place] * (ratio * (1 - sums.n * pull) + fixed)
        mean += weight * here
        square += weight * (variance + here**2)
    return mean, np.maximum(square - mean**2, 0.0)


class _Model:
    """The likelihood as a function of the ratio of the variances, between over within."""

    def __init__(self, sums: MixedSums, *, is_restricted: bool) -> None:
        self.sums = sums
        self.n_cases = float(np.sum(sums.n))
        self.n_parameters = sums.xtx.shape[0]
        self.is_restricted = is_restricted
        self.degrees = self.n_cases - (self.n_parameters if is_restricted else 0)
        plain = float(sums.yty - sums.xty @ np.linalg.solve(sums.xtx, sums.xty))
        # What rounding leaves of no spread at all is none.
        self.can_vary = self.degrees > 0 and plain > 1e-9 * float(sums.yty)
        # The first parameter is the intercept: its sums of products are the sums of the others.
        self.average = sums.xtx[0] / self.n_cases if sums.average is None else sums.average
        self.sizes, place = np.unique(sums.n, return_inverse=True)
        n_sizes = self.sizes.size
        self.n_units = np.bincount(place, minlength=n_sizes).astype(float)
        self.xx = np.empty((n_sizes, self.n_parameters, self.n_parameters))
        for i in range(self.n_parameters):
            for j in range(i + 1):
                products = sums.sum_x[:, i] * sums.sum_x[:, j]
                self.xx[:, i, j] = sums_by(place, products, n_sizes)
                self.xx[:, j, i] = self.xx[:, i, j]
        self.xy = np.stack(
            [
                sums_by(place, sums.sum_x[:, i] * sums.sum_y, n_sizes)
                for i in range(self.n_parameters)
            ],
            axis=1,
        )
        self.yy = sums_by(place, sums.sum_y**2, n_sizes)

    def log_likelihoods(self, ratios: FloatArray) -> FloatArray:
        """The (restricted) log-likelihood at each ratio, with the within variance at its best."""
        _, information, squares = self._equations(ratios)
        value = self.degrees * (np.log(2 * np.pi * squares / self.degrees) + 1)
        value = value + np.log1p(ratios[:, None] * self.sizes) @ self.n_units
        if self.is_restricted:
            value = value + np.linalg.slogdet(information)[1]
        return -value / 2

    def score(self, ratio: float) -> float:
        """The derivative of the log-likelihood by the ratio."""
        coefficients, inverses, squares = self.solve(np.array([ratio]))
        own, inverse = coefficients[0], inverses[0]
        slope = 1 / (1 + self.sizes * ratio) ** 2
        residual = self.yy - 2 * self.xy @ own + (self.xx @ own) @ own
        value = float(self.n_units @ (self.sizes / (1 + self.sizes * ratio)))
        value -= self.degrees * float(slope @ residual) / float(squares[0])
        if self.is_restricted:
            value -= float(slope @ (self.xx * inverse).sum(axis=(1, 2)))
        return -value / 2

    def solve(self, ratios: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """At each ratio: coefficients, inverse information (variance 1), residual squares."""
        coefficients, information, squares = self._equations(ratios)
        return coefficients, np.asarray(np.linalg.inv(information), dtype=np.float64), squares

    def _equations(self, ratios: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        c = ratios[:, None] / (1 + ratios[:, None] * self.sizes)
        information = self.sums.xtx - np.tensordot(c, self.xx, axes=1)
        products = self.sums.xty - c @ self.xy
        solved = np.linalg.solve(information, products[:, :, None])
        coefficients = np.asarray(solved[:, :, 0], dtype=np.float64)
        squares = self.sums.yty - c @ self.yy - np.sum(products * coefficients, axis=1)
        least = np.full(ratios.size, np.finfo(np.float64).tiny)
        return coefficients, information, np.maximum(squares, least)
