"""Expected outcomes given who came: the case-mix models, and how well they tell.

One model per scale, outcome and window, over everybody, without therapists or groups: logistic for
reliable improvement (statsmodels' GLM), linear for points. Both see cells of like cases, not
people. Where there is too little data no model is fitted, with the reason; everybody's expected
outcome is then the overall one.

What is said about a model's quality comes from cases that it has not seen: each tenth of the cells
is predicted without itself (exactly so for the linear model; by one Newton step for the logistic
one, which is what leaving a tenth out changes to first order).

Source: events per parameter: Peduzzi et al., J Clin Epidemiol 1996;49:1373-1379; one-step
deletion: Pregibon, Ann Stat 1981;9:705-724; calibration: Cox, Biometrika 1958;45:562-565.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.comparison.design import Design
from pipelines.comparison.grouped import sums_by

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LOGISTIC = "logistic"
LINEAR = "linear"
OVERALL = "overall"
# Why there is no model.
TOO_FEW_CASES = "too_few_cases"
TOO_FEW_EVENTS = "too_few_events"
NOT_CONVERGED = "not_converged"
NOTHING_TO_ADJUST = "nothing_to_adjust_for"
N_FOLDS = 10
# A linear predictor beyond this is a category in which all or none got better: no odds to tell of.
_LARGEST_LOG_ODDS = 15.0
_MOST_STEPS = 50


@dataclass(frozen=True)
class Tenths:
    """Cases in ten parts of rising expected outcome: how many, and their two means."""

    n_cases: IntArray
    observed: FloatArray
    expected: FloatArray


@dataclass(frozen=True)
class CaseMixModel:
    """One fitted model, or the overall outcome in its place.

    `expected` is each cell's: a rate, or points. `residual_variance` is that of points (None for
    rates). Quality is None where there is no model: `r_squared` of the linear, `auc` and `brier`
    of the logistic one; the calibration's intercept and slope are 0 and 1 at best, and None where
    all cases were predicted alike.
    """

    model: str
    reason: str | None
    terms: tuple[str, ...]
    coefficients: FloatArray
    standard_errors: FloatArray
    expected: FloatArray
    n_cases: int
    n_events: int | None
    n_parameters: int
    residual_variance: float | None = None
    r_squared: float | None = None
    auc: float | None = None
    brier: float | None = None
    calibration_intercept: float | None = None
    calibration_slope: float | None = None
    tenths: Tenths | None = None

    @property
    def is_fitted(self) -> bool:
        """Whether covariates are adjusted for."""
        return self.model != OVERALL


def fit_logistic(
    design: Design, n: FloatArray, events: FloatArray, folds: IntArray, per_parameter: int
) -> CaseMixModel:
    """Reliable improvement by case mix: `events` of the `n` cases of each cell.

    Needs `per_parameter` cases that improved, and as many that did not, for each parameter.
    """
    n_cases, n_events = int(n.sum()), int(events.sum())
    n_parameters = len(design.terms)
    if n_parameters < 2:
        return _overall_rate(n, n_events, n_parameters, NOTHING_TO_ADJUST)
    if min(n_events, n_cases - n_events) < per_parameter * n_parameters:
        return _overall_rate(n, n_events, n_parameters, TOO_FEW_EVENTS)
    fitted = _fit_glm(design.matrix, n, events)
    if fitted is None:
        return _overall_rate(n, n_events, n_parameters, NOT_CONVERGED)
    coefficients, standard_errors = fitted
    expected = _rate(design.matrix @ coefficients)
    held_out = _held_out_logistic(design.matrix, n, events, folds, coefficients, expected)
    rates = _rate(held_out)
    intercept, slope = _logistic_line(held_out, n, events)
    return CaseMixModel(
        model=LOGISTIC,
        reason=None,
        terms=design.terms,
        coefficients=coefficients,
        standard_errors=standard_errors,
        expected=expected,
        n_cases=n_cases,
        n_events=n_events,
        n_parameters=n_parameters,
        auc=area_under_curve(held_out, n, events),
        brier=float(np.sum(events * (1 - rates) ** 2 + (n - events) * rates**2) / n_cases),
        calibration_intercept=intercept,
        calibration_slope=slope,
        tenths=tenths_of(rates, n, events),
    )


def fit_linear(
    design: Design,
    n: FloatArray,
    points: FloatArray,
    squares: float,
    folds: IntArray,
    per_parameter: int,
) -> CaseMixModel:
    """Improvement by case mix: `points` is each cell's sum over its `n` cases.

    `squares` is the sum of squared points over all cases. Needs `per_parameter` cases each.
    """
    n_cases = int(n.sum())
    n_parameters = len(design.terms)
    total = float(points.sum())
    spread = squares - total**2 / n_cases
    if n_parameters < 2 or n_cases < per_parameter * n_parameters or spread <= 0:
        return CaseMixModel(
            model=OVERALL,
            reason=TOO_FEW_CASES if n_parameters > 1 else NOTHING_TO_ADJUST,
            terms=(),
            coefficients=np.zeros(0),
            standard_errors=np.zeros(0),
            expected=np.full(n.size, total / n_cases),
            n_cases=n_cases,
            n_events=None,
            n_parameters=n_parameters,
            residual_variance=max(spread, 0.0) / (n_cases - 1) if n_cases > 1 else None,
        )
    matrix = design.matrix
    products = matrix.T @ (matrix * n[:, None])
    sums = matrix.T @ points
    inverse = np.asarray(np.linalg.inv(products), dtype=np.float64)
    coefficients = np.asarray(np.linalg.solve(products, sums), dtype=np.float64)
    variance = max(squares - float(sums @ coefficients), 0.0) / (n_cases - n_parameters)
    held_out = np.empty(n.size)
    for fold in range(N_FOLDS):
        rows = folds == fold
        part = matrix[rows]
        left = products - part.T @ (part * n[rows, None])
        held_out[rows] = part @ _solved(left, sums - part.T @ points[rows], coefficients)
    intercept, slope = _line(held_out, n, points)
    missed = squares - 2 * float(held_out @ points) + float(n @ held_out**2)
    return CaseMixModel(
        model=LINEAR,
        reason=None,
        terms=design.terms,
        coefficients=coefficients,
        standard_errors=np.sqrt(variance * np.diag(inverse)),
        expected=matrix @ coefficients,
        n_cases=n_cases,
        n_events=None,
        n_parameters=n_parameters,
        residual_variance=variance,
        r_squared=1 - missed / spread,
        calibration_intercept=intercept,
        calibration_slope=slope,
        tenths=tenths_of(held_out, n, points),
    )


def area_under_curve(scores: FloatArray, n: FloatArray, events: FloatArray) -> float:
    """The chance that one who improved was given a higher score than one who did not.

    Ties count half. Example: two improved at 3 and 1, one not at 2: 0.5.
    """
    levels, place = np.unique(scores, return_inverse=True)
    hits = sums_by(place, events, levels.size)
    misses = sums_by(place, n - events, levels.size)
    below = np.cumsum(misses) - misses
    return float(np.sum(hits * (below + misses / 2)) / (hits.sum() * misses.sum()))


def tenths_of(expected: FloatArray, n: FloatArray, sums: FloatArray) -> Tenths:
    """Observed and expected means of the cases in ten parts of rising expected outcome.

    A cell is in one part only, the one that its middle case lies in, so that parts differ a little
    in size.
    """
    order = np.argsort(expected, kind="stable")
    reached = np.cumsum(n[order])
    part = np.empty(n.size, dtype=np.int64)
    part[order] = np.floor(10 * (reached - n[order] / 2) / reached[-1]).astype(np.int64)
    counts = sums_by(part, n, 10)
    with np.errstate(invalid="ignore"):
        return Tenths(
            counts.astype(np.int64),
            sums_by(part, sums, 10) / counts,
            sums_by(part, n * expected, 10) / counts,
        )


def _overall_rate(n: FloatArray, n_events: int, n_parameters: int, reason: str) -> CaseMixModel:
    n_cases = int(n.sum())
    return CaseMixModel(
        model=OVERALL,
        reason=reason,
        terms=(),
        coefficients=np.zeros(0),
        standard_errors=np.zeros(0),
        expected=np.full(n.size, n_events / n_cases),
        n_cases=n_cases,
        n_events=n_events,
        n_parameters=n_parameters,
    )


def _fit_glm(
    matrix: FloatArray, n: FloatArray, events: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """Coefficients and standard errors by statsmodels; None where they run away."""
    # Takes a second to import, and most runs of a small clinic fit nothing.
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    with warnings.catch_warnings():
        # What they warn of (no convergence, perfect separation) is judged below.
        warnings.simplefilter("ignore")
        fitted = GLM(np.column_stack([events, n - events]), matrix, family=Binomial()).fit(
            maxiter=_MOST_STEPS, tol=1e-11
        )
    coefficients = np.asarray(fitted.params, dtype=float)
    reach = np.abs(matrix @ coefficients).max()
    if not fitted.converged or not reach <= _LARGEST_LOG_ODDS:
        return None
    return coefficients, np.asarray(fitted.bse, dtype=float)


def _held_out_logistic(
    matrix: FloatArray,
    n: FloatArray,
    events: FloatArray,
    folds: IntArray,
    coefficients: FloatArray,
    expected: FloatArray,
) -> FloatArray:
    weights = n * expected * (1 - expected)
    information = matrix.T @ (matrix * weights[:, None])
    held_out = np.empty(n.size)
    for fold in range(N_FOLDS):
        rows = folds == fold
        part = matrix[rows]
        left = information - part.T @ (part * weights[rows, None])
        pull = part.T @ (events[rows] - n[rows] * expected[rows])
        held_out[rows] = part @ (coefficients - _solved(left, pull, np.zeros(pull.size)))
    return held_out


def _solved(matrix: FloatArray, values: FloatArray, otherwise: FloatArray) -> FloatArray:
    """The solution, or `otherwise` where a tenth held all cases of a category."""
    try:
        found = np.asarray(np.linalg.solve(matrix, values), dtype=np.float64)
    except np.linalg.LinAlgError:
        return otherwise
    is_singular = np.linalg.cond(matrix) > 1 / np.sqrt(np.finfo(float).eps) ** 1.5
    return otherwise if is_singular else found


def _logistic_line(
    scores: FloatArray, n: FloatArray, events: FloatArray
) -> tuple[float, float] | tuple[None, None]:
    """Intercept and slope of the logistic regression of the outcome on the predicted log odds."""
    matrix = np.column_stack([np.ones(scores.size), scores])
    line = np.array([0.0, 1.0])
    for _ in range(_MOST_STEPS):
        rates = _rate(matrix @ line)
        weights = n * rates * (1 - rates)
        try:
            step = np.linalg.solve(
                matrix.T @ (matrix * weights[:, None]), matrix.T @ (events - n * rates)
            )
        except np.linalg.LinAlgError:
            return None, None
        line = line + step
        if np.abs(step).max() < 1e-12:
            break
    return float(line[0]), float(line[1])


def _line(
    scores: FloatArray, n: FloatArray, sums: FloatArray
) -> tuple[float, float] | tuple[None, None]:
    """Intercept and slope of the regression of the outcome on the predicted points."""
    total = n.sum()
    mean, height = float(n @ scores) / total, float(sums.sum()) / total
    spread = float(n @ (scores - mean) ** 2)
    if spread <= 0:
        return None, None
    slope = float((scores - mean) @ (sums - n * height)) / spread
    return height - slope * mean, slope


def _rate(log_odds: FloatArray) -> FloatArray:
    # Where an outcome is told apart by a covariate the odds may leave what a double can hold.
    return np.exp(-np.logaddexp(0.0, -log_odds))
