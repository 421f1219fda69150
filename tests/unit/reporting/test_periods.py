"""Periods by the names of their folders."""

from datetime import date

import pytest

from pipelines.errors import UsageError
from pipelines.reporting.figures.periods import Period, newest_of_its_kind, period_of


@pytest.mark.parametrize(
    ("key", "kind", "month"),
    [
        ("2026-10", "month", date(2026, 10, 1)),
        ("2026-Q1", "quarter", date(2026, 3, 1)),
        ("2026-Q4", "quarter", date(2026, 12, 1)),
        ("2026", "year", date(2026, 12, 1)),
    ],
)
def test_a_period_is_what_its_name_says(key: str, kind: str, month: date) -> None:
    assert period_of(key) == Period(kind, month)
    assert period_of(key).key == key


@pytest.mark.parametrize(
    "text", ["2026-Q0", "2026-Q5", "2026-13", "26", "0000", "2026-q3", "", "../x"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not written as a month, a quarter or a year"):
        period_of(text)


@pytest.mark.parametrize(
    ("key", "newest", "is_newest"),
    [
        ("2026-10", date(2026, 10, 1), True),
        ("2026-09", date(2026, 10, 1), False),
        ("2026-Q3", date(2026, 9, 1), True),
        ("2026-Q3", date(2026, 11, 1), True),
        ("2026-Q3", date(2026, 12, 1), False),
        ("2025", date(2026, 11, 1), True),
        ("2025", date(2026, 12, 1), False),
    ],
)
def test_the_newest_whole_period_is_the_one_that_is_read(
    key: str, newest: date, is_newest: bool
) -> None:
    assert newest_of_its_kind(period_of(key), newest) is is_newest
