"""Limits of shrunken figures, against sums over a very fine grid of variances in closed form."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.comparison.mixed import MixedSums, fit_random_intercept
from pipelines.comparison.shrinkage import shrink_effects

Array = NDArray[np.float64]
Z = 1.959964
# Close together near 0, where the likelihood changes quickly; the steps are the weights.
EDGES = np.concatenate([[0.0], np.logspace(-7, 4, 40001)])
VALUES, STEPS = (EDGES[1:] + EDGES[:-1]) / 2, np.diff(EDGES)


def limits_of(log_weights: Array, means: Array, variances: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of a mixture, every variance between units equally likely.

    Shape: values; values x units; values.
    """
    weights = STEPS * np.exp(log_weights - log_weights.max())
    weights /= weights.sum()
    centre = weights @ means
    spread = weights @ (variances[:, None] + means**2) - centre**2
    return centre - Z * np.sqrt(spread), centre + Z * np.sqrt(spread)


@pytest.mark.parametrize("scale", [3.0, 1.0, 0.0], ids=["different", "a little", "not at all"])
def test_limits_of_means_in_a_balanced_layout(scale: float) -> None:
    n_units, size = 9, 12
    draw = np.random.default_rng(11)
    effects = scale * np.linspace(-1, 1, n_units)
    y = effects[:, None] + draw.normal(0, 3, (n_units, size))
    means, total = y.mean(axis=1), y.mean()
    within = ((y - means[:, None]) ** 2).sum()
    between = size * ((means - total) ** 2).sum()
    grown = 1 + size * VALUES
    squares = within + between / grown
    degrees = n_units * size - 1
    log_weights = -(degrees * np.log(squares) + (n_units - 1) * np.log(grown)) / 2
    kept = size * VALUES / grown
    # What is left of the unit's own effect, and of not knowing the common mean.
    chance = VALUES * (1 - kept) + (1 - kept) ** 2 * grown / (n_units * size)
    lower, upper = limits_of(
        log_weights, total + kept[:, None] * (means - total), squares / degrees * chance
    )
    cases = float(n_units * size)
    found = fit_random_intercept(
        MixedSums(
            np.array([[cases]]), np.array([y.sum()]), float((y**2).sum()),
            np.full(n_units, float(size)), np.full((n_units, 1), float(size)), y.sum(axis=1),
        )
    )  # fmt: skip
    assert found is not None
    np.testing.assert_allclose(found.shrunken_lower, lower, atol=2e-3)
    np.testing.assert_allclose(found.shrunken_upper, upper, atol=2e-3)


@pytest.mark.parametrize("scale", [0.6, 0.2, 0.0], ids=["different", "a little", "not at all"])
def test_limits_of_effects_of_equal_chance(scale: float) -> None:
    n_units, chance = 9, 0.02
    ratios = 1 + (scale + 0.1) * np.linspace(-1, 1, n_units) ** 3
    total = ratios.mean()
    squares = ((ratios - total) ** 2).sum()
    log_weights = -((n_units - 1) * np.log(chance + VALUES) + squares / (chance + VALUES)) / 2
    kept = VALUES / (chance + VALUES)
    variances = chance * kept + (1 - kept) ** 2 * (chance + VALUES) / n_units
    lower, upper = limits_of(log_weights, total + kept[:, None] * (ratios - total), variances)
    found = shrink_effects(ratios, np.full(n_units, chance))
    assert found is not None
    np.testing.assert_allclose(found.lower, lower, atol=5e-4)
    np.testing.assert_allclose(found.upper, upper, atol=5e-4)
