"""Calendar months as `YYYY-MM` texts and first days."""

from datetime import date, timedelta

from pipelines.errors import UsageError


def month_of(text: str) -> date:
    """The first day of the month `YYYY-MM`.

    Raises: UsageError when the text is no month.
    """
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise UsageError(
            "A month is not written as a month.",
            expected="YYYY-MM, such as 2026-03",
            found=text,
            todo="correct it",
        ) from None


def month_end(day: date) -> date:
    """The last day of a day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def years_before(day: date, years: int) -> date:
    """The same day so many years earlier; 28 February for a 29th that there was not."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def latest_complete_month(as_of_on: date) -> date:
    """The first day of the last month that had ended by the end of this day."""
    if as_of_on == month_end(as_of_on):
        return as_of_on.replace(day=1)
    return (as_of_on.replace(day=1) - timedelta(days=1)).replace(day=1)


def months_between(first: date, last: date) -> list[date]:
    """First days of all months from one to another, both included."""
    found = [first.replace(day=1)]
    while found[-1] < last.replace(day=1):
        found.append((found[-1] + timedelta(days=32)).replace(day=1))
    return [month for month in found if month <= last]
