"""The periods that a report can be of, as folders and commands call them.

A month is `2026-10`, a quarter `2026-Q3`, a calendar year `2026`; each is known by the month that
it ends with.
"""

import re
from dataclasses import dataclass
from datetime import date

from pipelines.errors import UsageError
from pipelines.months import month_of
from pipelines.reporting.figures.figures import MONTH, QUARTER, YEAR

N_MONTHS = {MONTH: 1, QUARTER: 3, YEAR: 12}
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Period:
    """A period by its kind and the first day of the month that it ends with."""

    kind: str
    month: date

    @property
    def key(self) -> str:
        """The name of its folder."""
        return period_key(self.kind, self.month)

    @property
    def is_month(self) -> bool:
        """Whether it is a single month."""
        return self.kind == MONTH


def period_key(kind: str, month: date) -> str:
    """The period that ends with a month as folders call it: `2026-10`, `2026-Q3` or `2026`."""
    if kind == YEAR:
        return f"{month.year}"
    if kind == QUARTER:
        return f"{month.year}-Q{(month.month + 2) // 3}"
    return f"{month.year}-{month.month:02}"


def period_of(text: str) -> Period:
    """The period with this key.

    Raises: UsageError when the text is none.
    """
    if found := _QUARTER.fullmatch(text):
        return Period(QUARTER, date(int(found[1]), 3 * int(found[2]), 1))
    try:
        if _YEAR.fullmatch(text):
            return Period(YEAR, date(int(text), 12, 1))
        return Period(MONTH, month_of(text))
    except (UsageError, ValueError):
        raise UsageError(
            "A period is not written as a month, a quarter or a year.",
            expected="YYYY-MM, YYYY-Qn or YYYY, such as 2026-03, 2026-Q1 or 2026",
            found=text,
            todo="correct it",
        ) from None


def periods_that_end_with(month: date) -> tuple[Period, ...]:
    """The periods whose last month this is, the shortest first."""
    return tuple(Period(kind, month) for kind, n in N_MONTHS.items() if month.month % n == 0)


def newest_of_its_kind(period: Period, newest: date) -> bool:
    """Whether no whole period of its kind has ended since, up to the newest complete month."""
    months = (newest.year - period.month.year) * 12 + newest.month - period.month.month
    return 0 <= months < N_MONTHS[period.kind]
