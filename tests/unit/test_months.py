"""Calendar months."""

from datetime import date

import pytest

from pipelines.errors import UsageError
from pipelines.months import latest_complete_month, month_end, month_of, months_between


def test_a_month_is_its_first_day():
    assert month_of("2024-02") == date(2024, 2, 1)


@pytest.mark.parametrize(
    "text", ["2024-13", "2024-00", "2024", "02-2024", "March", "2024-02-01", ""]
)
def test_what_is_no_month_is_refused(text):
    with pytest.raises(UsageError, match="not written as a month") as caught:
        month_of(text)
    assert caught.value.expected.startswith("YYYY-MM")


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2024, 2, 1), date(2024, 2, 29)),
        (date(2023, 2, 28), date(2023, 2, 28)),
        (date(2024, 12, 31), date(2024, 12, 31)),
        (date(2024, 4, 30), date(2024, 4, 30)),
    ],
)
def test_a_month_ends_on_its_last_day(day, end):
    assert month_end(day) == end


@pytest.mark.parametrize(
    ("as_of_on", "month"),
    [
        (date(2024, 2, 28), date(2024, 1, 1)),
        (date(2024, 2, 29), date(2024, 2, 1)),
        (date(2024, 3, 1), date(2024, 2, 1)),
        (date(2024, 1, 30), date(2023, 12, 1)),
        (date(2024, 1, 31), date(2024, 1, 1)),
    ],
)
def test_a_month_is_complete_when_its_last_day_was_delivered(as_of_on, month):
    assert latest_complete_month(as_of_on) == month


@pytest.mark.parametrize(
    ("first", "last", "n_months"),
    [
        (date(2024, 1, 31), date(2024, 1, 1), 1),
        (date(2023, 12, 31), date(2024, 1, 1), 2),
        (date(2023, 1, 1), date(2024, 12, 31), 24),
        (date(2024, 2, 1), date(2024, 1, 31), 0),
    ],
)
def test_months_between_two_days_are_counted_with_both(first, last, n_months):
    found = months_between(first, last)
    assert len(found) == n_months
    assert found == sorted(set(found))
    assert all(month.day == 1 for month in found)
