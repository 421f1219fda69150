"""The limits of a standardised change against the exact noncentral t distribution."""

import math
from itertools import product

import pytest

from tests.sql.published_pairs import is_near
from tests.sql.text_tables import TextBench


def limit(clinic: TextBench, d: float, rho: float | None, n: int, z: float) -> float | None:
    """What the product says."""
    query = (
        "select change_limit(cast($d as double), cast($rho as double), cast($n as bigint),"
        " cast($z as double))"
    )
    given = {"d": d, "rho": rho, "n": n, "z": z}
    ((found,),) = clinic.connection.execute(query, given).fetchall()
    return found


def noncentral_t(t: float, df: int, shift: float) -> float:
    """The distribution function: the mean of the normal one over all estimated spreads."""
    steps, top = 200, math.sqrt(df) + 6
    whole = 2 ** (df / 2 - 1) * math.gamma(df / 2)
    total = 0.0
    for step in range(1, steps):
        chi = top * step / steps
        density = chi ** (df - 1) * math.exp(-chi * chi / 2) / whole
        normal = (1 + math.erf((t * chi / math.sqrt(df) - shift) / math.sqrt(2))) / 2
        total += (4 if step % 2 else 2) * density * normal
    return total * top / steps / 3


def exact(d: float, rho: float, n: int, tail: float) -> float:
    """The true change at which a smaller d than this has this probability."""
    root = math.sqrt(n / (2 * (1 - rho)))
    low, high = -30.0, 30 + 3 * d * root
    while high - low > 1e-5:
        middle = (low + high) / 2
        if noncentral_t(d * root, n - 1, middle) > tail:
            low = middle
        else:
            high = middle
    return low / root


def test_the_distribution_is_that_of_the_tables() -> None:
    # Student's t with 4 degrees of freedom; the noncentral one as scipy.stats.nct.cdf gives it.
    assert is_near(noncentral_t(2.7764, 4, 0), 0.975, by=1e-5)
    assert is_near(noncentral_t(3, 10, 2), 0.779172, by=1e-6)


@pytest.mark.parametrize(("n", "share"), [(5, 0.01), (10, 0.003), (19, 0.002)])
def test_below_20_pairs_they_are_the_exact_ones_within_a_hair(
    clinic: TextBench, n: int, share: float
) -> None:
    for d, rho in product([0, 0.3, 0.8, 3], [-0.2, 0.4, 0.8]):
        lower, upper = exact(d, rho, n, 0.975), exact(d, rho, n, 0.025)
        assert is_near(limit(clinic, d, rho, n, -1.96), lower, by=share * (upper - lower))
        assert is_near(limit(clinic, d, rho, n, 1.96), upper, by=share * (upper - lower))


def test_worked_numbers(clinic: TextBench) -> None:
    found = [limit(clinic, 1, 0.5, 10, z) for z in (-1.96, 1.96)]
    assert [round(each or 0, 3) for each in found] == [0.213, 1.751]
    assert [round(exact(1, 0.5, 10, tail), 3) for tail in (0.975, 0.025)] == [0.214, 1.751]


@pytest.mark.parametrize("n", [20, 100])
def test_from_20_pairs_on_they_are_beckers(clinic: TextBench, n: int) -> None:
    g = (1 - 3 / (4 * (n - 1) - 1)) * 0.8
    reach = 1.96 * math.sqrt(2 * (1 - 0.5) / n + g * g / (2 * n))
    assert is_near(limit(clinic, 0.8, 0.5, n, 1.96), g + reach, by=1e-12)
    assert is_near(limit(clinic, 0.8, 0.5, n, -1.96), g - reach, by=1e-12)


@pytest.mark.parametrize(("rho", "n"), [(0.5, 4), (None, 10), (None, 30)])
def test_too_few_or_a_correlation_that_nobody_knows_have_none(
    clinic: TextBench, rho: float | None, n: int
) -> None:
    assert limit(clinic, 1, rho, n, 1.96) is None


def test_more_improvement_mirrors_as_much_worsening(clinic: TextBench) -> None:
    for n in (6, 40):
        lower = limit(clinic, -0.7, 0.4, n, -1.96)
        assert lower is not None
        assert is_near(limit(clinic, 0.7, 0.4, n, 1.96), -lower, by=1e-12)
