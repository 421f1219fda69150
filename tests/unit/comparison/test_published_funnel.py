"""Limits, spreads and outliers that FunnelPlotR publishes for ratios of counts."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from pipelines.comparison.funnel import (
    TAIL_95,
    TAIL_998,
    Z_998,
    FloatArray,
    Limits,
    ratio_limits,
    ratio_limits_overdispersed,
    ratio_overdispersion,
    sides,
)

MEDPAR = Path(__file__).parents[4] / "shared" / "data" / "funnel-medpar" / "medpar.csv"
needs_data = pytest.mark.skipif(
    not MEDPAR.is_file(), reason="the shared data sets lie beside a clone, not in it"
)


@pytest.mark.parametrize(
    ("p", "lower", "upper"),
    [
        (TAIL_95, [0.5596924, 0.6108260, 0.6746958], [1.649348, 1.544419, 1.427562]),
        (TAIL_998, [0.3862650, 0.4479107, 0.5289724], [2.082907, 1.902094, 1.702771]),
    ],
)
def test_limits_of_fifteen_twenty_and_thirty_expected(
    p: float, lower: list[float], upper: list[float]
) -> None:
    found = ratio_limits([15, 20, 30], p)
    assert found.lower == pytest.approx(lower, rel=2e-7)
    assert found.upper == pytest.approx(upper, rel=4e-7)
    doubled = ratio_limits([15, 20, 30], p, target=2.0)
    assert doubled.lower == pytest.approx([2 * each for each in lower], rel=2e-7)


def test_spread_of_six_units() -> None:
    found = ratio_overdispersion([100, 150, 180, 80, 120, 225], [108, 112, 165, 95, 100, 220])
    # Of six units none is in the lowest or highest tenth.
    assert found.n_units == 6
    assert found.phi == pytest.approx(2.948033, abs=5e-7)


def test_units_are_summed_before_they_are_divided() -> None:
    observed = [100 + 150 + 180, 89 + 120, 225]
    expected = [102 + 135 + 165, 95 + 100, 220]
    assert [o / e for o, e in zip(observed, expected, strict=True)] == pytest.approx(
        [1.069652, 1.071795, 1.022727], abs=5e-7
    )


@pytest.mark.parametrize(
    ("lower", "upper", "flags"),
    [
        (0.9, 1.1, "0001111111"),
        (0.79, 1.21, "0000011111"),
        (0.59, 1.41, "0000000111"),
        (0.38, 1.62, "0000000001"),
    ],
)
def test_outliers_of_ten_ratios(lower: float, upper: float, flags: str) -> None:
    ratios = [1, 0.95, 1.05, 0.8, 1.2, 0.6, 1.4, 0.4, 1.6, 0]
    found = np.abs(sides(ratios, Limits(np.full(10, lower), np.full(10, upper))))
    assert "".join(map(str, found)) == flags


def test_the_lowest_and_the_highest_tenth_are_left_out() -> None:
    # Ranks 1 to 19 of 19: tenths floor(rank / 2), so that rank 1 and ranks 18 and 19 drop out.
    observed = 100 * np.exp(np.linspace(-0.9, 0.9, 19))
    found = ratio_overdispersion(observed, np.full(19, 100.0))
    kept = 10 * np.linspace(-0.9, 0.9, 19)[1:17]
    assert found.n_units == 16
    assert found.phi == pytest.approx(np.mean(kept**2))
    assert found.tau2 == pytest.approx((16 * np.mean(kept**2) - 15) / (1600 - 100))


def medpar() -> tuple[FloatArray, FloatArray, list[str]]:
    """Days in hospital, the model's columns and the hospital of each of 1,495 stays."""
    with MEDPAR.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    days = np.array([float(row["los"]) for row in rows])
    columns = np.array(
        [
            [1, int(row["hmo"]), int(row["died"]), int(row["age80"])]
            + [int(row["type"] == kind) for kind in "23"]
            for row in rows
        ],
        dtype=float,
    )
    return days, columns, [row["provnum"] for row in rows]


def as_r_weighs(days: FloatArray, columns: FloatArray) -> float:
    """Pearson's dispersion as R's `sum(weights * residuals^2) / df` gives it for a Poisson fit.

    R's weights are those that its last step began with, its residuals those that it ended with.
    """
    means = days + 0.1
    deviance = np.inf
    while True:
        weights = means
        scores = np.log(means) + (days - means) / means
        crossed = columns.T @ (columns * weights[:, None])
        means = np.exp(columns @ np.linalg.solve(crossed, columns.T @ (weights * scores)))
        parts = np.where(days > 0, days * np.log(days / means), 0.0) - (days - means)
        before, deviance = deviance, 2 * float(parts.sum())
        if abs(deviance - before) / (abs(deviance) + 0.1) < 1e-8:
            residuals = (days - means) / means
            return float(np.sum(weights * residuals**2)) / (len(days) - columns.shape[1])


@needs_data
def test_published_comparison_of_fifty_four_hospitals() -> None:
    import statsmodels.api as sm

    days, columns, hospitals = medpar()
    fit = sm.GLM(days, columns, family=sm.families.Poisson()).fit()
    published = [2.26875, -0.07637, -0.24574, -0.02141, 0.24921, 0.74869]
    assert fit.params == pytest.approx(published, abs=5.1e-6)
    # At the maximum itself the dispersion is 6.2405005; the published one is R's last step but one.
    assert fit.pearson_chi2 / fit.df_resid == pytest.approx(6.2405, abs=5e-5)
    assert as_r_weighs(days, columns) == pytest.approx(6.240519, abs=5e-7)

    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for hospital, stayed, mean in zip(hospitals, days, fit.fittedvalues, strict=True):
        sums[hospital][0] += stayed
        sums[hospital][1] += mean
    observed, expected = np.array([sums[name] for name in sorted(sums)]).T
    assert len(observed) == 54
    outside = sides(observed / expected, ratio_limits(expected, TAIL_998))
    assert np.abs(outside).sum() == 25
    spread = ratio_overdispersion(observed, expected)
    widened = ratio_limits_overdispersed(expected, spread.tau2, Z_998)
    assert np.abs(sides(observed / expected, widened)).sum() == 9
