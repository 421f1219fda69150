"""The growth model: closed forms of balanced courses, statsmodels, and published counts."""

import warnings

import numpy as np
import pytest

from pipelines.comparison import growth
from pipelines.comparison.growth import GrowthFit, fit_growth, p_of_random_slope
from tests.unit.comparison.growth_courses import Course, claus, sums_of


def made_up(
    rng: np.random.Generator, n_courses: int, times: np.ndarray | None = None
) -> list[Course]:
    """Courses whose lines begin at 15 (SD 4) and fall by 0.6 (SD 0.5) a week, noise 2."""
    found = []
    for _ in range(n_courses):
        t = np.sort(rng.choice(30, rng.integers(3, 9), replace=False)) if times is None else times
        start, slope = rng.normal(15, 4), rng.normal(-0.6, 0.5)
        found.append((t.astype(float), start + slope * t + rng.normal(0, 2, t.size)))
    return found


def fitted(courses: list[Course]) -> GrowthFit:
    fit = fit_growth(sums_of(courses))
    assert isinstance(fit, GrowthFit)
    return fit


def test_balanced_courses_have_the_closed_form() -> None:
    # All courses at the same times: the estimates are those of the courses' own least squares
    # lines. Means of these, their covariance less that of the noise, and shrinkage by matrices.
    times = np.arange(6.0)
    courses = made_up(np.random.default_rng(3), 60, times)
    design = np.stack([np.ones(6), times], axis=1)
    noise = np.linalg.inv(design.T @ design)
    lines = np.array([noise @ design.T @ y for _, y in courses])
    rests = np.array([y - design @ line for (_, y), line in zip(courses, lines, strict=True)])
    residual = (rests**2).sum() / (60 * (6 - 2))
    between = np.cov(lines.T) - residual * noise
    shrinkage = between @ np.linalg.inv(between + residual * noise)
    own = lines.mean(axis=0) + (lines - lines.mean(axis=0)) @ shrinkage.T
    left = between - shrinkage @ between
    fit = fitted(courses)
    assert fit.intercept == pytest.approx(lines[:, 0].mean(), rel=1e-8)
    assert fit.slope == pytest.approx(lines[:, 1].mean(), rel=1e-8)
    assert fit.slope_se == pytest.approx(np.sqrt(np.cov(lines.T)[1, 1] / 60), rel=1e-5)
    assert fit.residual_sd == pytest.approx(np.sqrt(residual), rel=1e-5)
    assert (fit.intercept_sd, fit.slope_sd) == pytest.approx(np.sqrt(np.diag(between)), rel=1e-5)
    assert fit.correlation == pytest.approx(
        between[0, 1] / np.sqrt(between[0, 0] * between[1, 1]), rel=1e-4
    )
    assert fit.slopes == pytest.approx(own[:, 1], rel=1e-5)
    assert fit.slope_sds == pytest.approx(np.full(60, np.sqrt(left[1, 1])), rel=1e-5)


def test_unbalanced_courses_are_fitted_as_by_statsmodels() -> None:
    from statsmodels.regression.mixed_linear_model import MixedLM

    courses = made_up(np.random.default_rng(8), 80)
    t, y = (np.concatenate([course[place] for course in courses]) for place in (0, 1))
    groups = np.repeat(np.arange(80), [course[0].size for course in courses])
    design = np.stack([np.ones(t.size), t], axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        meant = MixedLM(y, design, groups=groups, exog_re=design).fit(reml=True, gtol=1e-8)
        alike = MixedLM(y, design, groups=groups).fit(reml=True, gtol=1e-8)
    fit = fitted(courses)
    assert (fit.intercept, fit.slope) == pytest.approx(meant.fe_params, rel=1e-4)
    assert fit.slope_se == pytest.approx(meant.bse_fe[1], rel=1e-3)
    assert fit.residual_sd**2 == pytest.approx(meant.scale, rel=1e-3)
    assert (fit.intercept_sd**2, fit.slope_sd**2) == pytest.approx(np.diag(meant.cov_re), rel=2e-3)
    assert fit.p_one_slope == pytest.approx(
        p_of_random_slope(2 * (meant.llf - alike.llf)), rel=1e-3
    )
    effects = np.array([meant.random_effects[place] for place in range(80)])
    assert fit.deviations == pytest.approx(effects[:, 1], abs=2e-3)


def test_the_published_counts_of_claus_2020() -> None:
    """R package clinicalsignificance, tests/testthat/_snaps/cs_distribution.md: 11 / 20 / 9.

    HAMD of four occasions, of the 40 patients who have the last one. The package takes lme4's
    deviations from the mean slope for slopes; by the definition, the courses' own slopes, nearly
    everybody improved.
    """
    courses = claus()
    fit = fitted(courses)
    complete = np.array([t.size == 4 for t, _ in courses])
    assert complete.sum() == 40

    def counts(slopes: np.ndarray) -> list[int]:
        z = -slopes[complete] / fit.slope_sds[complete]
        return [int((z > 1.96).sum()), int((abs(z) <= 1.96).sum()), int((z < -1.96).sum())]

    assert counts(fit.deviations) == [11, 20, 9]
    assert counts(fit.slopes) == [33, 7, 0]
    # cs_combined.md: with the cut-off c of a functional norm of 8 (8), 10 of the 11 recovered.
    first, last = (np.array([y[place] for t, y in courses if t.size == 4]) for place in (0, -1))
    spread = first.std(ddof=1)
    cutoff = (spread * 8 + 8 * first.mean()) / (8 + spread)
    has_crossed = (first > cutoff) & (last < cutoff)
    is_better = -(fit.deviations / fit.slope_sds)[complete] > 1.96
    assert int((is_better & has_crossed).sum()) == 10


def test_the_truth_is_covered_and_order_and_a_turned_scale_change_nothing() -> None:
    rng = np.random.default_rng(21)
    n_inside = 0
    for _ in range(40):
        fit = fitted(made_up(rng, 40))
        n_inside += abs(fit.slope + 0.6) <= 1.96 * fit.slope_se
    # Of 40 intervals of 95 % fewer than 34 hold the truth once in 400 times.
    assert n_inside >= 34
    courses = made_up(rng, 40)
    fit, turned = fitted(courses), fitted([(t, 27 - y) for t, y in courses[::-1]])
    assert turned.slopes[::-1] == pytest.approx(-fit.slopes, rel=1e-6)
    assert turned.slope_sds[::-1] == pytest.approx(fit.slope_sds, rel=1e-6)


def test_lines_that_differ_by_noise_alone_have_one_slope() -> None:
    # Parallel lines with the same zigzag: no course's slope differs from the mean.
    times = np.arange(4.0)
    zigzag = np.array([1.0, -1.0, -1.0, 1.0])
    courses = [(times, start - times + zigzag) for start in (8.0, 10.0, 13.0, 21.0)]
    fit = fitted(courses)
    assert fit.slope_sd == 0
    assert fit.slopes == pytest.approx(np.full(4, -1.0))
    assert fit.correlation is None
    assert fit.p_one_slope == pytest.approx(1)
    assert fit.is_singular


def test_the_p_value_of_a_random_slope_is_that_of_an_even_mixture() -> None:
    # Half of chi square with one degree at 3.841 (.05) and with two: exp(-x / 2).
    assert p_of_random_slope(3.8415) == pytest.approx((0.05 + np.exp(-3.8415 / 2)) / 2, rel=1e-4)
    # Verbeke & Molenberghs 2000, table C.1: the .05 limit of the mixture of 1 and 2 is 5.14.
    assert p_of_random_slope(5.14) == pytest.approx(0.05, abs=1e-4)
    assert p_of_random_slope(0) == p_of_random_slope(-1e-9) == 1


def test_slopes_that_differ_are_told_from_slopes_that_do_not() -> None:
    rng = np.random.default_rng(31)
    n_told = 0
    for _ in range(20):
        times = [np.sort(rng.choice(20, rng.integers(3, 9), replace=False)) for _ in range(60)]
        alike = [
            (t.astype(float), np.round(rng.normal(15, 4) - 0.5 * t + rng.normal(0, 2, t.size)))
            for t in times
        ]
        n_told += fitted(alike).p_one_slope < 0.05
    # Of 20 clinics with one slope more than four are told wrongly once in 400 times.
    assert n_told <= 4
    assert fitted(made_up(rng, 60)).p_one_slope < 1e-6


@pytest.mark.parametrize("points", [5.0, 0.0])
def test_scores_that_never_change_are_not_fitted(points: float) -> None:
    times = np.arange(4.0)
    assert fit_growth(sums_of([(times, np.full(4, points))] * 5)) == "no_spread"


@pytest.mark.parametrize("slopes", [(0.0,), (0.0, -1.0, 0.7)])
def test_lines_without_noise_are_not_fitted(slopes: tuple[float, ...]) -> None:
    times = np.arange(4.0) * 7
    lines = [(times, 5.0 + place % 10 + slopes[place % len(slopes)] * times) for place in range(30)]
    assert fit_growth(sums_of(lines)) == "no_spread"
    # With noise, however little, they are.
    noisy = [(t, y + np.array([0.1, -0.1, -0.1, 0.1])) for t, y in lines]
    assert isinstance(fit_growth(sums_of(noisy)), GrowthFit)


def test_a_search_that_did_not_end_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    courses = made_up(np.random.default_rng(6), 40)
    assert isinstance(fit_growth(sums_of(courses)), GrowthFit)
    monkeypatch.setattr(growth, "_MOST_STEPS", 1)
    assert fit_growth(sums_of(courses)) == "not_converged"
