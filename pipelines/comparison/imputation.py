"""What the rates would be if missing last scores were as likely as the measured ones tell.

Multiple imputation of the last score, by a normal linear model on what is known of everybody: each
imputation draws the model's variance and coefficients, then a last score for every course that has
none. A drawn score is rounded to the scale's steps and kept inside it, and judged by the rule in
force. A delta adjustment draws the same scores, so many points worse: it asks what holds if those
who were not measured did worse than anybody like them.

Source: Rubin, Multiple Imputation for Nonresponse in Surveys, 1987 (pooling); Barnard & Rubin,
        Biometrika 1999;86:948-955 (degrees of freedom); Lott & Reiter, Am Stat 2020;74:109-115
        (Wilson's limits for imputed proportions).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.comparison.funnel import Z_95

FloatArray = NDArray[np.float64]

# Decimal places of a score, and what a difference of two may be out by as a double.
_PLACES = 4
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Scale:
    """A scale turned so that more is worse.

    Units: points; `step` is None where the scale has no even steps (it is exact: a third has more
    than four places), the ends where they are not known. `change` is the reliable change.
    """

    lowest: float | None
    highest: float | None
    step: float | None
    change: float

    def improved_up_to(self, first: FloatArray) -> FloatArray:
        """The point below which a last score, before rounding, is a reliable improvement."""
        return self._limit(first - self.change, downwards=True)

    def worse_from(self, first: FloatArray) -> FloatArray:
        """The point from which a last score, before rounding, is a reliable worsening."""
        return self._limit(first + self.change, downwards=False)

    def _limit(self, wanted: FloatArray, *, downwards: bool) -> FloatArray:
        limit = wanted
        if self.step is not None:
            start = 0.0 if self.lowest is None else self.lowest
            nearest = np.round((wanted - start) / self.step)
            # The rule in force judges scores of four places: where the nearest one does not count
            # any more, the next one does. Half a step further is what is rounded to it.
            score = np.round(start + nearest * self.step, _PLACES)
            if downwards:
                way = np.where(score <= wanted + _ROUNDING, nearest, nearest - 1) + 0.5
            else:
                way = np.where(score >= wanted - _ROUNDING, nearest, nearest + 1) - 0.5
            limit = start + way * self.step
        if downwards and self.lowest is not None:
            return np.where(wanted < self.lowest - _ROUNDING, -np.inf, limit)
        if not downwards and self.highest is not None:
            return np.where(wanted > self.highest + _ROUNDING, np.inf, limit)
        return limit


@dataclass(frozen=True)
class LastScoreModel:
    """The linear model of the last score, over the courses that have one.

    `root` times its transpose is the covariance of the coefficients over the variance.
    """

    coefficients: FloatArray
    root: FloatArray
    variance: float
    degrees: int
    n_parameters: int


def fit_last_scores(
    matrix: FloatArray, n: FloatArray, sums: FloatArray, squares: float
) -> LastScoreModel | None:
    """Fit it to cells of `n` measured courses with these sums; None where nothing is left over.

    Shape:  matrix cells x terms, its columns independent over the measured courses.
    """
    n_cases, n_parameters = int(n.sum()), matrix.shape[1]
    degrees = n_cases - n_parameters
    if degrees < 1:
        return None
    products = matrix.T @ (matrix * n[:, None])
    totals = matrix.T @ sums
    inverse = np.asarray(np.linalg.inv(products), dtype=np.float64)
    coefficients = inverse @ totals
    missed = squares - float(totals @ coefficients)
    # What rounding leaves of no spread at all is none.
    variance = missed / degrees if missed > 1e-9 * max(squares, 1.0) else 0.0
    root = np.asarray(np.linalg.cholesky((inverse + inverse.T) / 2), dtype=np.float64)
    return LastScoreModel(coefficients, root, variance, degrees, n_parameters)


@dataclass(frozen=True)
class Draws:
    """Whether each course without a last score would be better, or worse, in each imputation.

    Shape:  imputations x courses.
    """

    improved: NDArray[np.bool_]
    worse: NDArray[np.bool_]


def draw_last_scores(
    model: LastScoreModel,
    matrix: FloatArray,
    first: FloatArray,
    scale: Scale,
    shifts: tuple[float, ...],
    n_imputations: int,
    seed: int,
) -> list[Draws]:
    """For each shift, in points worse, the imputed results of courses without a last score.

    The same random numbers serve all shifts, so that a larger one never makes anybody better.

    Shape:  matrix courses x terms, first courses.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    deviates = np.sqrt(model.degrees / rng.chisquare(model.degrees, n_imputations))
    spreads = np.sqrt(model.variance) * deviates
    directions = rng.standard_normal((n_imputations, model.n_parameters))
    noise = rng.standard_normal((n_imputations, first.size))
    drawn = model.coefficients + spreads[:, None] * (directions @ model.root.T)
    scores = drawn @ matrix.T + spreads[:, None] * noise
    below, above = scale.improved_up_to(first), scale.worse_from(first)
    return [Draws(scores + shift < below, scores + shift >= above) for shift in shifts]


@dataclass(frozen=True)
class PooledRates:
    """Rates over all courses, and how sure each is: `missing_information` is part of 1."""

    rate: FloatArray
    lower: FloatArray
    upper: FloatArray
    missing_information: FloatArray


def pool_rates(counts: FloatArray, n_courses: FloatArray, n_paired: FloatArray) -> PooledRates:
    """Rubin's rules over the counts that each imputation gave, of so many courses.

    The limits are Wilson's with the variance between imputations in them. Where nothing varies
    between them although scores are missing, the imputed ones say nothing: the limits are Wilson's
    own over the measured courses. Where all of the variance is between them (every imputation gave
    none or all), there are no limits: nan.

    Shape:  counts rates x imputations, n_courses and n_paired rates.
    """
    from scipy.special import stdtrit

    n_imputations = counts.shape[1]
    rates = counts / n_courses[:, None]
    # Of whole counts: rates that are all alike would differ in their last digit from their mean.
    rate = counts.mean(axis=1) / n_courses
    within = (rates * (1 - rates)).mean(axis=1) / n_courses
    extra = (1 + 1 / n_imputations) * counts.var(axis=1, ddof=1) / n_courses**2
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(extra > 0, extra / (within + extra), 0.0)
        ratio = np.where(extra > 0, extra / within, 0.0)
    degrees = degrees_of_freedom(share, n_imputations, n_courses - 1)
    quantile = np.where(np.isnan(degrees), Z_95, stdtrit(np.nan_to_num(degrees, nan=1.0), 0.975))
    n_telling = np.where(extra > 0, n_courses, n_paired)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = quantile**2 * (1 + ratio) / n_telling
        centre = (2 * rate + spread) / (2 * (1 + spread))
        reach = np.sqrt(spread * (4 * rate * (1 - rate) + spread)) / (2 * (1 + spread))
    missing = np.where(
        extra > 0, missing_information(ratio, share, n_imputations), 1 - n_paired / n_courses
    )
    return PooledRates(rate, centre - reach, centre + reach, missing)


def degrees_of_freedom(share: FloatArray, n_imputations: int, complete: FloatArray) -> FloatArray:
    """Barnard and Rubin's degrees of freedom; nan where nothing varies between imputations.

    `share` is the part of the variance that lies between them, `complete` the degrees of freedom
    that there were without missing values: there are never more.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        of_imputations = (n_imputations - 1) / share**2
        of_courses = (complete + 1) / (complete + 3) * complete * (1 - share)
        both = 1 / (1 / of_imputations + 1 / of_courses)
    found = np.where(share < 1, both, of_imputations)
    return np.where((share > 0) & (complete > 0), found, np.nan)


def missing_information(ratio: FloatArray, share: FloatArray, n_imputations: int) -> FloatArray:
    """Rubin's fraction of missing information, of the relative increase in variance `ratio`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        degrees = (n_imputations - 1) / share**2
        found = (ratio + 2 / (degrees + 3)) / (1 + ratio)
    # All of the variance is between imputations.
    found = np.where(np.isinf(ratio), 1.0, found)
    return np.where(share > 0, found, 0.0)
