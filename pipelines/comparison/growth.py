"""A straight line for each course: random intercept and slope by REML, from sums alone.

y = (b0 + u0) + (b1 + u1) t + e over the scores of a course, with (u0, u1) of a covariance between
courses and e of a variance within them. A course enters by its number of scores and its sums of t,
t t, y, t y and y y: for its covariance matrix V = I + Z G Z' the inverse and the determinant follow
from the two by two matrix Z'Z alone. G is the covariance over the variance within, searched by its
Cholesky factor, so that a variance of exactly 0 can be found.

Source: Laird & Ware, Biometrics 1982;38:963-974; Robinson, Stat Sci 1991;6:15-32 (BLUP).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# The factor of G is found to this part of a typical value.
_TOLERANCE = 1e-10
_MOST_STEPS = 300
# The signs of the factor's diagonal are free: kept from below 0, a search that comes to a variance
# of 0 with the wrong sign of the covariance would stay there. The better of two searches counts.
_STARTS = ((1.0, 0.0, 0.5), (0.2, 0.1, 1.5))
# An SD that is this part of the noise of a score, or less, is 0; a correlation so near 1 is 1. So
# lme4's isSingular() has it.
_LEAST_SPREAD = 1e-4
# Of a search that ended well the gradient is this part of the number of scores, or less.
_LEAST_GRADIENT = 1e-5
# What rounding leaves of no spread at all.
_ROUNDING = 1e-9

NO_SPREAD = "no_spread"
NOT_CONVERGED = "not_converged"


@dataclass(frozen=True)
class CourseSums:
    """One place per course: number of scores, and sums of time, of points and of their products.

    Units: time as given, points of the scale.
    """

    n: FloatArray
    t: FloatArray
    tt: FloatArray
    y: FloatArray
    ty: FloatArray
    yy: FloatArray


@dataclass(frozen=True)
class GrowthFit:
    """The fitted model; `slopes` are each course's own empirical-Bayes slope, b1 + u1.

    `slope_sds` are the SDs of u1 given the scores, the variances and b1 (lme4's condsd), in points
    per unit of time; 0 where all courses have one slope. `p_one_slope` is how likely the scores
    would speak as much for slopes that differ if all courses had one. `is_singular`: a variance is
    0, or the correlation 1, so that these SDs say nothing of how sure a slope is.
    """

    intercept: float
    slope: float
    slope_se: float
    intercept_sd: float
    slope_sd: float
    correlation: float | None
    residual_sd: float
    slopes: FloatArray
    slope_sds: FloatArray
    p_one_slope: float
    is_singular: bool

    @property
    def deviations(self) -> FloatArray:
        """How much steeper each course's line is than the mean one."""
        return self.slopes - self.slope


def fit_growth(sums: CourseSums) -> GrowthFit | str:
    """Fit the model; or NO_SPREAD or NOT_CONVERGED, why there is none."""
    model = _Model(sums)
    if not model.can_vary:
        return NO_SPREAD
    with_slopes = model.search(_STARTS, 3)
    # Lines that begin apart but run alike: the factor's first place alone.
    without = model.search(_STARTS, 1)
    if with_slopes is None or without is None:
        return NOT_CONVERGED
    gain = model.deviance(without)[0] - model.deviance(with_slopes)[0]
    return model.fitted(with_slopes, p_of_random_slope(gain))


def p_of_random_slope(gain: float) -> float:
    """The p value of so much less deviance by a random slope: of its variance and covariance.

    Source: Stram & Lee, Biometrics 1994;50:1171-1177 (an even mixture, as a variance is never
            below 0).
    """
    from scipy.special import chdtrc

    return float((chdtrc(1, max(gain, 0.0)) + chdtrc(2, max(gain, 0.0))) / 2)


class _Model:
    """The restricted likelihood as a function of the factor of G; time in its own typical size."""

    def __init__(self, sums: CourseSums) -> None:
        self.n_scores = float(sums.n.sum())
        self.degrees = self.n_scores - 2
        self.unit = float(np.sqrt(sums.tt.sum() / self.n_scores)) or 1.0
        self.n, self.t, self.tt = sums.n, sums.t / self.unit, sums.tt / self.unit**2
        # Points from their mean: squares of large numbers would leave no digits for the rest.
        self.mean = float(sums.y.sum()) / self.n_scores
        self.y = sums.y - self.mean * sums.n
        self.ty = (sums.ty - self.mean * sums.t) / self.unit
        self.yy = float((sums.yy - 2 * self.mean * sums.y + self.mean**2 * sums.n).sum())
        tiny = _ROUNDING * max(float(sums.yy.sum()), 1.0)
        self.can_vary = (
            self.degrees > 0
            and sums.n.size > 1
            and self.yy > tiny
            and float(_around_means(sums.n, sums.t, sums.t, sums.tt).sum()) > 0
            and self._around_lines() > _ROUNDING * self.yy
        )

    def _around_lines(self) -> float:
        """The squares that are left around each course's own line, by least squares."""
        y = self.y / self.n
        tt = _around_means(self.n, self.t, self.t, self.tt)
        ty = _around_means(self.n, self.t, self.y, self.ty)
        explained = np.divide(ty**2, tt, out=np.zeros_like(tt), where=tt > 0)
        # The courses' squares add up to those from the mean of all, less those of their means.
        return self.yy - float((self.n * y**2).sum()) - float(explained.sum())

    def search(self, starts: tuple[tuple[float, ...], ...], n_places: int) -> FloatArray | None:
        """The factor of the least deviance, all but its first `n_places` 0; None if not found."""
        from scipy.optimize import minimize

        def deviance(places: FloatArray) -> tuple[float, FloatArray]:
            value, gradient = self.deviance(np.pad(places, (0, 3 - n_places)))
            return value, gradient[:n_places]

        found = [
            minimize(
                deviance,
                np.array(start[:n_places]),
                jac=True,
                method="L-BFGS-B",
                options={"ftol": 1e-15, "gtol": _TOLERANCE * self.n_scores, "maxiter": _MOST_STEPS},
            )
            for start in starts
        ]
        # The search gives up as well where no step is small enough to make it any better.
        ended = [
            each
            for each in found
            if np.isfinite(each.fun) and np.abs(each.jac).max() <= _LEAST_GRADIENT * self.n_scores
        ]
        if not ended:
            return None
        return np.pad(min(ended, key=lambda each: float(each.fun)).x, (0, 3 - n_places))

    def _solve(self, factor: FloatArray) -> "_Solved":
        a, b, c = (float(value) for value in factor)
        g00, g01, g11 = a * a, a * b, b * b + c * c
        # I + A G for A = Z'Z, course by course, and its inverse.
        m00, m01 = 1 + self.n * g00 + self.t * g01, self.n * g01 + self.t * g11
        m10, m11 = self.t * g00 + self.tt * g01, 1 + self.t * g01 + self.tt * g11
        det = m00 * m11 - m01 * m10
        w00, w01, w10, w11 = m11 / det, -m01 / det, -m10 / det, m00 / det
        p00 = w00 * self.n + w01 * self.t
        p01 = w00 * self.t + w01 * self.tt
        p11 = w10 * self.t + w11 * self.tt
        q0, q1 = w00 * self.y + w01 * self.ty, w10 * self.y + w11 * self.ty
        information = np.array([[p00.sum(), p01.sum()], [p01.sum(), p11.sum()]])
        products = np.array([q0.sum(), q1.sum()])
        beta = np.asarray(np.linalg.solve(information, products), dtype=np.float64)
        # G W is symmetric: y'y less the part that the courses' own lines explain.
        explained = self.y * (g00 * q0 + g01 * q1) + self.ty * (g01 * q0 + g11 * q1)
        squares = self.yy - float(explained.sum()) - float(products @ beta)
        r0, r1 = q0 - p00 * beta[0] - p01 * beta[1], q1 - p01 * beta[0] - p11 * beta[1]
        return _Solved(
            g=(g00, g01, g11), p=(p00, p01, p11), r=(r0, r1), w=(w00, w01, w10, w11),
            information=information, beta=beta,
            squares=max(squares, float(np.finfo(float).tiny)), log_det=float(np.log(det).sum()),
        )  # fmt: skip

    def deviance(self, factor: FloatArray) -> tuple[float, FloatArray]:
        """Minus twice the restricted log-likelihood, but for a constant, and its gradient."""
        solved = self._solve(factor)
        inverse = np.linalg.inv(solved.information)
        value = (
            solved.log_det
            + float(np.linalg.slogdet(solved.information)[1])
            + self.degrees * float(np.log(solved.squares / self.degrees))
        )
        variance = solved.squares / self.degrees
        p00, p01, p11 = solved.p
        r0, r1 = solved.r
        i00, i01, i11 = inverse[0, 0], inverse[0, 1], inverse[1, 1]
        # P inverse P, the part of the fixed effects.
        left0, left1 = p00 * i00 + p01 * i01, p00 * i01 + p01 * i11
        down0, down1 = p01 * i00 + p11 * i01, p01 * i01 + p11 * i11
        d00 = float((p00 - r0 * r0 / variance - (left0 * p00 + left1 * p01)).sum())
        d01 = float((p01 - r0 * r1 / variance - (left0 * p01 + left1 * p11)).sum())
        d11 = float((p11 - r1 * r1 / variance - (down0 * p01 + down1 * p11)).sum())
        a, b, c = (float(part) for part in factor)
        gradient = np.array([2 * (d00 * a + d01 * b), 2 * (d01 * a + d11 * b), 2 * d11 * c])
        return value, gradient

    def fitted(self, factor: FloatArray, p_one_slope: float) -> GrowthFit:
        solved = self._solve(factor)
        variance = solved.squares / self.degrees
        g00, g01, g11 = solved.g
        r0, r1 = solved.r
        _, w01, _, w11 = solved.w
        u1 = g01 * r0 + g11 * r1
        own = np.maximum(variance * (g01 * w01 + g11 * w11), 0.0)
        has_spread = np.sqrt(g11) > _LEAST_SPREAD
        has_both = has_spread and np.sqrt(g00) > _LEAST_SPREAD
        correlation = float(g01 / np.sqrt(g00 * g11)) if has_both else None
        slope = solved.beta[1] / self.unit
        slope_se = float(np.sqrt(variance * np.linalg.inv(solved.information)[1, 1])) / self.unit
        return GrowthFit(
            intercept=float(solved.beta[0]) + self.mean,
            slope=float(slope),
            slope_se=slope_se,
            intercept_sd=float(np.sqrt(variance * g00)),
            slope_sd=float(np.sqrt(variance * g11)) / self.unit if has_spread else 0.0,
            correlation=correlation,
            residual_sd=float(np.sqrt(variance)),
            slopes=slope + (u1 / self.unit if has_spread else np.zeros_like(u1)),
            slope_sds=np.sqrt(own) / self.unit if has_spread else np.zeros_like(own),
            p_one_slope=p_one_slope,
            is_singular=correlation is None or abs(correlation) > 1 - _LEAST_SPREAD,
        )


def _around_means(n: FloatArray, x: FloatArray, y: FloatArray, xy: FloatArray) -> FloatArray:
    """Each course's products around its own means, from its sums."""
    return xy - x * y / n


@dataclass(frozen=True)
class _Solved:
    """G, and of each course P = Z'V^-1 Z, r = Z'V^-1 (y - X beta) and W = (I + Z'Z G)^-1."""

    g: tuple[float, float, float]
    p: tuple[FloatArray, FloatArray, FloatArray]
    r: tuple[FloatArray, FloatArray]
    w: tuple[FloatArray, FloatArray, FloatArray, FloatArray]
    information: FloatArray
    beta: FloatArray
    squares: float
    log_det: float
