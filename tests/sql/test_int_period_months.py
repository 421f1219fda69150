"""Which periods are complete, and which months they hold."""

from datetime import date

import pytest

from tests.sql.text_tables import TextBench


def periods(clinic: TextBench, kind: str) -> list[tuple[date, date, int]]:
    """Start, end and number of months of each period of a kind."""
    clinic.build("int_period_months")
    return clinic.connection.execute(
        "select period_start_on, period_end_on, count(*) from int_period_months"
        " where period_kind = ? group by all order by all",
        [kind],
    ).fetchall()


@pytest.mark.parametrize(
    ("as_of_on", "last_month"),
    [
        (date(2025, 2, 27), date(2025, 1, 1)),
        (date(2025, 2, 28), date(2025, 2, 1)),
        (date(2025, 3, 1), date(2025, 2, 1)),
    ],
)
def test_a_month_is_complete_on_its_last_day(
    clinic: TextBench, as_of_on: date, last_month: date
) -> None:
    clinic.parameters["as_of_on"] = as_of_on
    clinic.given(stg_episodes="episode_id | referred_on\n e1 | 2024-12-31")
    months = periods(clinic, "month")
    assert [start for start, _, _ in months][-1] == last_month
    assert months[0] == (date(2024, 12, 1), date(2024, 12, 31), 1)


def test_quarters_and_years_are_whole(clinic: TextBench) -> None:
    clinic.parameters["as_of_on"] = date(2025, 7, 15)
    clinic.given(stg_episodes="episode_id | referred_on\n e1 | 2024-11-30")
    assert periods(clinic, "quarter") == [
        (date(2024, 10, 1), date(2024, 12, 31), 3),
        (date(2025, 1, 1), date(2025, 3, 31), 3),
        (date(2025, 4, 1), date(2025, 6, 30), 3),
    ]
    assert periods(clinic, "year") == [(date(2024, 1, 1), date(2024, 12, 31), 12)]


def test_rolling_periods_have_twelve_months_where_history_is_shorter(clinic: TextBench) -> None:
    clinic.parameters["as_of_on"] = date(2025, 2, 28)
    clinic.given(
        stg_sessions="session_id | group_id | scheduled_on\n s1 | g1 | 2025-01-31",
        stg_groups="group_id\n g1",
    )
    assert periods(clinic, "rolling_12m") == [
        (date(2024, 2, 1), date(2025, 1, 31), 12),
        (date(2024, 3, 1), date(2025, 2, 28), 12),
    ]


def test_nothing_has_no_periods(clinic: TextBench) -> None:
    assert clinic.rows("int_period_months") == []


def test_plans_alone_have_no_periods(clinic: TextBench) -> None:
    clinic.parameters["as_of_on"] = date(2025, 2, 28)
    clinic.given(
        stg_sessions="session_id | group_id | scheduled_on\n s1 | g1 | 2025-06-01",
        stg_groups="group_id\n g1",
    )
    assert clinic.rows("int_period_months") == []
