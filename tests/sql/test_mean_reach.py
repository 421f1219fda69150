"""The limits of a mean against a table of Student's t."""

import pytest

from tests.sql.text_tables import TextBench


@pytest.mark.parametrize(
    ("n", "t"),
    # Two-sided 5 %, n - 1 degrees of freedom: 4, 5, 9, 19, 29, 99.
    [(5, 2.7764), (6, 2.5706), (10, 2.2622), (20, 2.0930), (30, 2.0452), (100, 1.9842)],
)
def test_the_reach_is_t_standard_errors(clinic: TextBench, n: int, t: float) -> None:
    (found,) = clinic.connection.execute(
        "select mean_reach(cast($sd as double), cast($n as bigint))", {"sd": 3, "n": n}
    ).fetchall()
    assert found[0] == pytest.approx(t * 3 / n**0.5, rel=0.003)


@pytest.mark.parametrize(("sd", "n"), [(1, 4), (1, 0), (None, 10), (1, None)])
def test_there_is_none_of_too_few_or_of_the_unknown(
    clinic: TextBench, sd: float | None, n: int | None
) -> None:
    query = "select mean_reach(cast($sd as double), cast($n as bigint))"
    assert clinic.connection.execute(query, {"sd": sd, "n": n}).fetchall() == [(None,)]


def test_equal_numbers_say_nothing_about_how_sure_their_mean_is(clinic: TextBench) -> None:
    query = "select mean_reach(0.0::double, 5)"
    assert clinic.connection.execute(query).fetchall() == [(None,)]
