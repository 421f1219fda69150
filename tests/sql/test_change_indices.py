"""The change indices against the worked numbers of their headers and of published sources."""

import pytest

from tests.sql.published_pairs import is_near
from tests.sql.text_tables import TextBench


def value(clinic: TextBench, expression: str) -> float | None:
    """What an expression over made-up numbers gives."""
    ((found,),) = clinic.connection.execute(f"select {expression}").fetchall()
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("change_index_jt(32, 20, 7.5, 0.8)", -2.53),
        ("change_index_gln(30, 20, 25, 5, 0.8)", -3),
        ("change_index_hll(30, 20, 25, 20, 5, 0.8)", -1.33),
        ("change_index_en(30, 20, 25, 5, 0.8)", -4.02),
        ("change_index_nk(30, 20, 25, 5, 0.8, 0.8)", -3.14),
        # Differences without error: the index of Jacobson and Truax.
        ("change_index_ha(32, 20, 25, 20, 7.5, 0.8, 1)", -2.53),
    ],
)
def test_worked_numbers(clinic: TextBench, expression: str, expected: float) -> None:
    assert is_near(value(clinic, expression), expected, by=0.005)


@pytest.mark.parametrize(
    "expression",
    [
        "change_index_jt(32, 20, 0, 0.8)",
        "change_index_jt(32, 20, 7.5, 1)",
        "change_index_gln(30, 20, 25, 5, 1)",
        "change_index_hll(30, 20, 25, 20, 0, 0.8)",
        "change_index_en(30, 20, 25, 5, 1)",
        "change_index_nk(30, 20, 25, 0, 0.8, 0.8)",
        "change_index_ha(32, 20, 25, 20, 7.5, 0.8, 0)",
        "change_index_ha(32, 20, 25, 20, 7.5, 0.8, -0.1)",
    ],
)
def test_without_error_or_spread_there_is_no_index(clinic: TextBench, expression: str) -> None:
    assert value(clinic, expression) is None


@pytest.mark.parametrize(
    ("sd", "reliability", "z", "points"),
    [
        # CECPfuns, test-getRCIfromSDandAlpha.R: with the exact quantile instead of 1.96.
        (7.5, 0.8, 1.959963984540054, 9.296925484568419),
        # suddengains, test-define_crit1_cutoff.R.
        (6.396073, 0.931, 1.96, 4.65703),
        (10.5, 0.961, 1.96, 5.747681),
    ],
)
def test_published_reliable_changes(
    clinic: TextBench, sd: float, reliability: float, z: float, points: float
) -> None:
    index = value(clinic, f"change_index_jt(0, {points}, {sd}, {reliability})")
    assert is_near(index, z, by=1e-6)
    rounded_up = value(clinic, f"reliable_change_points({sd}, {reliability}, {z})")
    assert is_near(float(rounded_up or 0), points, by=1e-4)
