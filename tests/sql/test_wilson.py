"""Wilson limits against the worked numbers of their headers."""

import pytest

from tests.sql.text_tables import TextBench


@pytest.mark.parametrize(
    ("x", "n", "lower", "upper"),
    [
        (40, 50, 0.670, 0.888),
        (0, 10, 0, 0.278),
        (10, 10, 0.722, 1),
        (0, 0, None, None),
        (None, 10, None, None),
        (1, None, None, None),
    ],
)
def test_limits(
    clinic: TextBench, x: int | None, n: int | None, lower: float | None, upper: float | None
) -> None:
    found = clinic.connection.execute(
        "select wilson_lower(cast($x as bigint), cast($n as bigint)),"
        " wilson_upper(cast($x as bigint), cast($n as bigint))",
        {"x": x, "n": n},
    ).fetchall()
    assert [None if one is None else round(one, 3) for one in found[0]] == [lower, upper]


def test_limits_never_leave_0_to_1_and_hold_the_rate(clinic: TextBench) -> None:
    assert (
        clinic.connection.execute(
            "select x, n from range(0, 200) as xs (x), range(1, 200) as ns (n) where x <= n"
            " and not (0 <= wilson_lower(x, n) and wilson_lower(x, n) <= x / n"
            " and x / n <= wilson_upper(x, n) and wilson_upper(x, n) <= 1)"
        ).fetchall()
        == []
    )
