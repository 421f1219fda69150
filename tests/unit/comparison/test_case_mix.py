"""Case-mix models: fitted on cells as on cases, refused below their minima, judged unseen."""

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.comparison.case_mix import (
    CaseMixModel,
    area_under_curve,
    fit_linear,
    fit_logistic,
    tenths_of,
)
from pipelines.comparison.design import Covariate, Design, make_design, merge_small

Array = NDArray[np.float64]
CATEGORIES = ("a", "b", "c")


def logit(matrix: Array, outcome: Array) -> tuple[Array, Array]:
    """Coefficients and standard errors by statsmodels' Logit, which sees every case."""
    from statsmodels.discrete.discrete_model import Logit

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = Logit(outcome, matrix).fit(disp=0, tol=1e-12, maxiter=100)
    return np.asarray(fit.params), np.asarray(fit.bse)


class Cases:
    """Made-up cases, and the cells that they make."""

    def __init__(self, n: int = 900) -> None:
        draw = np.random.default_rng(5)
        self.score = draw.integers(3, 28, n).astype(float)
        self.category = draw.choice(3, n, p=[0.5, 0.3, 0.2])
        chance = 1 / (1 + np.exp(2 - 0.1 * self.score - 0.7 * (self.category == 1)))
        self.event = (draw.random(n) < chance).astype(float)
        self.points = np.round(0.4 * self.score - 2 * (self.category == 2) + draw.normal(0, 5, n))
        # The columns by hand: a, the most frequent, has none.
        self.matrix = np.stack(
            [np.ones(n), self.score, self.category == 1, self.category == 2], axis=1
        ).astype(float)
        kinds, self.cell = np.unique(self.score * 3 + self.category, return_inverse=True)
        self.n = np.bincount(self.cell).astype(float)
        self.design = make_design(
            np.floor(kinds / 3), {"kind": Covariate(CATEGORIES, kinds.astype(int) % 3)}, self.n, 10
        )
        self.folds = np.arange(self.n.size) % 10

    def of_cells(self, values: Array) -> Array:
        return np.asarray(np.bincount(self.cell, weights=values), dtype=np.float64)

    def logistic(self, per_parameter: int = 10) -> CaseMixModel:
        events = self.of_cells(self.event)
        return fit_logistic(self.design, self.n, events, self.folds, per_parameter)

    def linear(self, per_parameter: int = 20) -> CaseMixModel:
        squares = float(self.points @ self.points)
        points = self.of_cells(self.points)
        return fit_linear(self.design, self.n, points, squares, self.folds, per_parameter)


@pytest.fixture(scope="module")
def cases() -> Cases:
    return Cases()


def test_cells_give_the_logistic_model_of_the_cases(cases: Cases) -> None:
    found = cases.logistic()
    estimates, errors = logit(cases.matrix, cases.event)
    assert found.terms == ("intercept", "first_score", "kind: b", "kind: c")
    np.testing.assert_allclose(found.coefficients, estimates, rtol=1e-7)
    np.testing.assert_allclose(found.standard_errors, errors, rtol=1e-6)
    rates = 1 / (1 + np.exp(-cases.matrix @ estimates))
    np.testing.assert_allclose(found.expected[cases.cell], rates, rtol=1e-7)
    # Who came explains who got better on the whole: expected and observed add up to the same.
    assert float(found.expected @ cases.n) == pytest.approx(cases.event.sum())
    assert (found.n_cases, found.n_events) == (900, int(cases.event.sum()))


def test_cells_give_the_linear_model_of_the_cases(cases: Cases) -> None:
    found = cases.linear()
    estimates, squares, *_ = np.linalg.lstsq(cases.matrix, cases.points, rcond=None)
    np.testing.assert_allclose(found.coefficients, estimates, rtol=1e-8)
    assert found.residual_variance == pytest.approx(float(squares[0]) / (900 - 4))
    inverse = np.linalg.inv(cases.matrix.T @ cases.matrix)
    errors = np.sqrt(np.diag(inverse) * squares[0] / (900 - 4))
    np.testing.assert_allclose(found.standard_errors, errors, rtol=1e-8)


def test_quality_is_that_of_cases_the_model_has_not_seen(cases: Cases) -> None:
    """Each tenth of the cells is predicted by a model that was fitted without it."""
    fold = cases.folds[cases.cell]
    log_odds, points = np.empty(900), np.empty(900)
    for each in range(10):
        own, others = fold == each, fold != each
        log_odds[own] = cases.matrix[own] @ logit(cases.matrix[others], cases.event[others])[0]
        fit, *_ = np.linalg.lstsq(cases.matrix[others], cases.points[others], rcond=None)
        points[own] = cases.matrix[own] @ fit
    logistic, linear = cases.logistic(), cases.linear()
    hits, misses = log_odds[cases.event == 1], log_odds[cases.event == 0]
    pairs = hits[:, None] - misses[None, :]
    # One Newton step instead of a fit: close, and not the same.
    assert logistic.auc == pytest.approx(((pairs > 0) + (pairs == 0) / 2).mean(), abs=2e-3)
    rates = 1 / (1 + np.exp(-log_odds))
    assert logistic.brier == pytest.approx(((cases.event - rates) ** 2).mean(), abs=1e-4)
    line, _ = logit(np.stack([np.ones(900), log_odds], axis=1), cases.event)
    assert logistic.calibration_intercept == pytest.approx(line[0], abs=5e-3)
    assert logistic.calibration_slope == pytest.approx(line[1], abs=5e-3)
    # Exact for the linear one.
    missed = ((cases.points - points) ** 2).sum()
    spread = ((cases.points - cases.points.mean()) ** 2).sum()
    assert linear.r_squared == pytest.approx(1 - missed / spread)
    slope, intercept = np.polyfit(points, cases.points, 1)
    assert (linear.calibration_intercept, linear.calibration_slope) == pytest.approx(
        (intercept, slope)
    )


def scores_alone(n_hits: int, n_misses: int) -> tuple[Design, Array, Array]:
    """Two parameters over three first scores, with so many hits and misses."""
    score = np.array([5.0, 10.0, 15.0])
    events = np.array([n_hits // 4, n_hits // 4, n_hits - 2 * (n_hits // 4)], dtype=float)
    n = events + np.array([n_misses - 2 * (n_misses // 4), n_misses // 4, n_misses // 4])
    return make_design(score, {}, n, 10), n, events


@pytest.mark.parametrize(
    ("n_hits", "n_misses", "is_fitted"),
    [(20, 20, True), (19, 90, False), (90, 19, False), (20, 90, True), (90, 20, True)],
)
def test_a_logistic_model_needs_ten_of_either_outcome_for_each_parameter(
    n_hits: int, n_misses: int, is_fitted: bool
) -> None:
    design, n, events = scores_alone(n_hits, n_misses)
    found = fit_logistic(design, n, events, np.arange(3), 10)
    assert (found.is_fitted, found.n_parameters) == (is_fitted, 2)
    assert found.reason == (None if is_fitted else "too_few_events")
    if not is_fitted:
        np.testing.assert_allclose(found.expected, n_hits / (n_hits + n_misses))
        assert (found.auc, found.tenths, found.terms) == (None, None, ())


@pytest.mark.parametrize(("n_cases", "is_fitted"), [(40, True), (39, False)])
def test_a_linear_model_needs_twenty_cases_for_each_parameter(
    n_cases: int, is_fitted: bool
) -> None:
    n = np.array([10.0, 10.0, n_cases - 20.0])
    design = make_design(np.array([5.0, 10.0, 15.0]), {}, n, 10)
    points = n * np.array([1.0, 2.0, 4.0])
    found = fit_linear(design, n, points, float(points @ points), np.arange(3), 20)
    assert found.is_fitted is is_fitted
    assert found.reason == (None if is_fitted else "too_few_cases")
    if not is_fitted:
        np.testing.assert_allclose(found.expected, points.sum() / n_cases)


def test_a_category_in_which_everybody_improved_has_no_odds() -> None:
    kinds = Covariate(("a", "b"), np.array([0, 0, 1, 1]))
    n = np.array([200.0, 200.0, 50.0, 50.0])
    events = np.array([60.0, 100.0, 50.0, 50.0])
    design = make_design(np.array([5.0, 15.0, 5.0, 15.0]), {"kind": kinds}, n, 10)
    found = fit_logistic(design, n, events, np.arange(4), 10)
    assert (found.is_fitted, found.reason) == (False, "not_converged")


@pytest.mark.parametrize(
    ("totals", "names"),
    [
        ((50, 10, 10), ("a", "b", "c")),
        # Two small ones together are enough for a category of their own.
        ((50, 9, 9), ("a", "other")),
        ((50, 10, 9), ("a", "b")),
        ((50, 5, 5), ("a", "other")),
        # Too few even together: they join the most frequent.
        ((50, 5, 4), ("a",)),
        ((9, 5, 4), ("a",)),
        ((50, 0, 20), ("a", "c")),
    ],
)
def test_small_categories_are_put_together(
    totals: tuple[int, int, int], names: tuple[str, ...]
) -> None:
    covariate = Covariate(CATEGORIES, np.arange(3))
    found, places, most = merge_small(covariate, np.array(totals, dtype=float), 10)
    assert (found, most) == (names, "a")
    assert [found[place] for place in places[:1]] == ["a"]


def test_small_categories_join_an_other_that_is_recorded() -> None:
    covariate = Covariate(("a", "b", "other"), np.arange(3))
    found, places, _ = merge_small(covariate, np.array([50.0, 3.0, 12.0]), 10)
    assert ([found[place] for place in places], found) == (["a", "other", "other"], ("a", "other"))
    # Too few in it even so.
    found, _, _ = merge_small(covariate, np.array([50.0, 3.0, 4.0]), 10)
    assert found == ("a",)


def test_a_column_that_says_nothing_new_is_left_out() -> None:
    codes = np.array([0, 1, 2, 0, 1, 2])
    twice = {"kind": Covariate(CATEGORIES, codes), "again": Covariate(("x", "y", "z"), codes)}
    design = make_design(np.array([1.0, 2, 3, 4, 5, 7]), twice, np.full(6, 20.0), 10)
    assert design.terms == ("intercept", "first_score", "kind: b", "kind: c")
    everybody_alike = make_design(np.full(6, 8.0), {}, np.full(6, 20.0), 10)
    assert everybody_alike.terms == ("intercept",)


def test_area_and_tenths_by_hand() -> None:
    # Two improved at 3 and 1, one not at 2: half of the pairs are in order. A tie is half of one.
    ones = np.ones(3)
    assert area_under_curve(np.array([3.0, 1, 2]), ones, np.array([1.0, 1, 0])) == 0.5
    assert area_under_curve(np.array([2.0, 1, 2]), ones, np.array([1.0, 1, 0])) == 0.25
    expected = np.arange(20) / 20
    found = tenths_of(expected[::-1], np.ones(20), np.arange(20.0)[::-1])
    assert found.n_cases.tolist() == [2] * 10
    np.testing.assert_allclose(found.observed, np.arange(10) * 2 + 0.5)
    np.testing.assert_allclose(found.expected, (np.arange(10) * 2 + 0.5) / 20)
