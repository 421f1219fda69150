"""The random intercept from sums alone, against statsmodels' MixedLM, which sees every case."""

import csv
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.comparison.mixed import MixedSums, fit_random_intercept
from pipelines.comparison.shrinkage import (
    cases_needed,
    design_effect,
    latent_icc,
    reliability,
    shrink_effects,
)

Array = NDArray[np.float64]
BEAT_THE_BLUES = Path(__file__).parents[4] / "shared/data/beat-the-blues/btheb.csv"


def sums_of(y: Array, x: Array, unit: NDArray[np.int64]) -> MixedSums:
    """What SQL would hand over, added up case by case."""
    n_units = int(unit.max()) + 1
    n, sum_x, sum_y = np.zeros(n_units), np.zeros((n_units, x.shape[1])), np.zeros(n_units)
    for place, one in enumerate(unit):
        n[one] += 1
        sum_x[one] += x[place]
        sum_y[one] += y[place]
    return MixedSums(x.T @ x, x.T @ y, float(y @ y), n, sum_x, sum_y)


def made_up(
    seed: int, sizes: list[int], icc: float, n_covariates: int
) -> tuple[Array, Array, NDArray[np.int64]]:
    """Cases of units of these sizes; what is known of a case differs from unit to unit."""
    draw = np.random.default_rng(seed)
    unit = np.repeat(np.arange(len(sizes)), sizes)
    columns = [np.ones(unit.size)]
    columns += [draw.normal(unit / len(sizes), 1) for _ in range(n_covariates)]
    x = np.stack(columns, axis=1)
    effects = draw.normal(0, 3 * np.sqrt(icc / (1 - icc)), len(sizes)) if icc else 0 * unit
    y = (
        x @ np.arange(1, n_covariates + 2)
        + effects[unit if icc else 0]
        + draw.normal(0, 3, unit.size)
    )
    return y, x, unit


@pytest.mark.parametrize(
    ("seed", "sizes", "icc", "n_covariates"),
    [
        pytest.param(1, [30] * 20, 0.1, 0, id="balanced"),
        pytest.param(2, [2, 3, 60, 41, 17, 9, 25, 33, 5, 12, 28, 50], 0.2, 0, id="unbalanced"),
        pytest.param(3, [12, 40, 8, 22, 35, 19, 27, 51, 6, 14] * 2, 0.15, 4, id="covariates"),
        pytest.param(4, [4, 5, 3, 6, 4, 5], 0.6, 1, id="few, and very different"),
    ],
)
@pytest.mark.parametrize("is_restricted", [True, False], ids=["reml", "ml"])
def test_it_is_mixed_lm(
    seed: int, sizes: list[int], icc: float, n_covariates: int, is_restricted: bool
) -> None:
    from statsmodels.regression.mixed_linear_model import MixedLM

    y, x, unit = made_up(seed, sizes, icc, n_covariates)
    with warnings.catch_warnings():
        # It tries one optimiser after the other, and says so.
        warnings.simplefilter("ignore")
        theirs = MixedLM(y, x, unit).fit(reml=is_restricted, method=["powell", "lbfgs"], gtol=1e-9)
    ours = fit_random_intercept(sums_of(y, x, unit), is_restricted=is_restricted)
    assert ours is not None
    assert ours.log_likelihood >= theirs.llf - 1e-9
    assert ours.between_variance == pytest.approx(float(np.ravel(theirs.cov_re)[0]), rel=1e-4)
    assert ours.within_variance == pytest.approx(theirs.scale, rel=1e-4)
    np.testing.assert_allclose(ours.coefficients, theirs.fe_params, atol=1e-4)
    effects = [np.ravel(theirs.random_effects[one])[0] for one in range(len(sizes))]
    np.testing.assert_allclose(ours.effects, effects, atol=1e-4)


def test_no_difference_beyond_chance_is_exactly_none() -> None:
    # Every unit has the same mean, less than chance would give.
    unit = np.repeat(np.arange(6), 4)
    y = np.tile(np.array([1.0, 2.0, 3.0, 4.0]), 6)
    fit = fit_random_intercept(sums_of(y, np.ones((24, 1)), unit))
    assert fit is not None
    assert (fit.between_variance, fit.icc) == (0.0, 0.0)
    # REML: 24 cases with squared deviations of 5 a unit, over 23.
    assert fit.within_variance == pytest.approx(30 / 23)
    assert fit.effects.tolist() == [0.0] * 6
    np.testing.assert_allclose(fit.shrunken, 2.5)
    # The limits know that a difference might have been missed.
    assert (fit.shrunken_upper - fit.shrunken > 1.96 * np.sqrt(30 / 23 / 24)).all()


def test_a_balanced_layout_by_hand() -> None:
    # Two cases in each of three units: means 2, 4, 9; within mean square 2, between 26.
    unit = np.array([0, 0, 1, 1, 2, 2])
    y = np.array([1.0, 3.0, 3.0, 5.0, 8.0, 10.0])
    fit = fit_random_intercept(sums_of(y, np.ones((6, 1)), unit))
    assert fit is not None
    assert fit.within_variance == pytest.approx(2)
    assert fit.between_variance == pytest.approx((26 - 2) / 2)
    # Drawn to the mean of 5 by 2 x 12 / (2 x 12 + 2).
    np.testing.assert_allclose(fit.shrunken, 5 + np.array([-3, -1, 4]) * 24 / 26)
    assert (fit.shrunken_lower < fit.shrunken).all()
    assert (fit.shrunken < fit.shrunken_upper).all()


def test_where_spreads_cannot_be_told_apart_there_is_no_fit() -> None:
    one_each = sums_of(np.array([1.0, 2.0, 4.0]), np.ones((3, 1)), np.arange(3))
    assert fit_random_intercept(one_each) is None
    one_unit = sums_of(np.array([1.0, 2.0, 4.0]), np.ones((3, 1)), np.zeros(3, dtype=np.int64))
    assert fit_random_intercept(one_unit) is None
    all_equal = sums_of(np.full(6, 2.1), np.ones((6, 1)), np.array([0, 0, 1, 1, 2, 2]))
    assert fit_random_intercept(all_equal) is None


@pytest.mark.skipif(not BEAT_THE_BLUES.exists(), reason="the published data are not at hand")
def test_beat_the_blues_is_as_published() -> None:
    """HSAUR3, chapter 13, figures 13.2 and 13.3: a random intercept by maximum likelihood."""
    y, x, unit = [], [], []
    with BEAT_THE_BLUES.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            for months in (2, 3, 5, 8):
                if row[f"bdi.{months}m"] not in ("", "NA"):
                    y.append(float(row[f"bdi.{months}m"]))
                    x.append(
                        [
                            1.0,
                            float(row["bdi.pre"]),
                            float(months),
                            float(row["treatment"] == "BtheB"),
                            float(row["drug"] == "Yes"),
                            float(row["length"] == ">6m"),
                        ]
                    )
                    unit.append(row["subject"])
    _, place = np.unique(unit, return_inverse=True)
    assert (len(y), int(place.max()) + 1) == (280, 97)
    fit = fit_random_intercept(
        sums_of(np.array(y), np.array(x), place.astype(np.int64)), is_restricted=False
    )
    assert fit is not None
    assert fit.between_variance == pytest.approx(48.78, abs=0.005)
    assert fit.within_variance == pytest.approx(25.14, abs=0.005)
    assert fit.icc == pytest.approx(0.66, abs=0.005)
    assert fit.log_likelihood == pytest.approx(-935.75, abs=0.05)
    # Six coefficients and two variances; 280 observations.
    assert 2 * 8 - 2 * fit.log_likelihood == pytest.approx(1887.5, abs=0.05)
    assert 8 * np.log(280) - 2 * fit.log_likelihood == pytest.approx(1916.6, abs=0.05)
    np.testing.assert_allclose(
        fit.coefficients, [5.59239, 0.63968, -0.70476, -2.32908, -2.82495, 0.19708], atol=6e-5
    )
    errors = np.sqrt(np.diag(fit.covariance))
    published = [2.24244, 0.07789, 0.14639, 1.67036, 1.72684, 1.63832]
    np.testing.assert_allclose(errors, published, rtol=2e-4)


def reml_by_fixed_point(ratios: list[float], variances: list[float]) -> tuple[float, float]:
    """Mean and between variance by the textbook's fixed point, step by step in plain Python."""
    between = 0.1
    for _ in range(20000):
        weights = [1 / (v + between) for v in variances]
        total = sum(weights)
        mean = sum(w * r for w, r in zip(weights, ratios, strict=True)) / total
        gain = sum(
            w * w * ((r - mean) ** 2 - v)
            for w, r, v in zip(weights, ratios, variances, strict=True)
        )
        between = max(0.0, gain / sum(w * w for w in weights) + 1 / total)
    return mean, between


@pytest.mark.parametrize(
    ("ratios", "variances"),
    [
        ([0.7, 1.3, 1.0, 1.6, 0.4, 1.1], [0.02, 0.05, 0.01, 0.09, 0.03, 0.04]),
        ([0.98, 1.03, 1.0, 1.01], [0.02, 0.05, 0.01, 0.09]),
    ],
    ids=["different", "equal but for chance"],
)
def test_shrunken_effects_are_empirical_bayes(ratios: list[float], variances: list[float]) -> None:
    mean, between = reml_by_fixed_point(ratios, variances)
    found = shrink_effects(ratios, variances)
    assert found is not None
    assert found.between_variance == pytest.approx(between, rel=1e-6, abs=1e-12)
    assert found.mean == pytest.approx(mean)
    shrunken = [
        mean + between / (between + v) * (r - mean) for r, v in zip(ratios, variances, strict=True)
    ]
    np.testing.assert_allclose(found.shrunken, shrunken, rtol=1e-6)
    assert (found.lower < found.shrunken).all()
    assert (found.shrunken < found.upper).all()
    assert shrink_effects(ratios[:1], variances[:1]) is None


@pytest.mark.parametrize(("n", "expected"), [(10, 0.34), (30, 0.61), (50, 0.72), (80, 0.81)])
def test_reliability_grows_with_the_caseload(n: int, expected: float) -> None:
    assert float(reliability(n, 0.05)) == pytest.approx(expected, abs=0.005)


def test_cases_needed_are_the_first_that_suffice() -> None:
    assert cases_needed(0.05, 0.7, 30) == 45
    assert float(reliability(45, 0.05)) >= 0.7 > float(reliability(44, 0.05))
    # 0.5 of a reliability at icc 0.1 needs exactly nine, and no tenth by rounding.
    assert cases_needed(0.1, 0.5, 1) == 9
    assert cases_needed(0.5, 0.7, 30) == 30
    assert cases_needed(0.0, 0.7, 30) is None


def test_design_effect_and_latent_icc() -> None:
    assert design_effect(8, 0.06) == pytest.approx(1.42)
    # At one half the slope of the logistic curve is 1/4: a variance of 1/16 a unit of the latent.
    assert latent_icc(0.2, 0.25) == pytest.approx((0.25 / 0.25) / (1 + np.pi**2 / 3))
    assert latent_icc(0.2, 0.0) is None
