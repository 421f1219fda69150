"""Days, months and delivery dates of the demo.

Days are whole numbers from the first day of the first month (0); `NEVER` stands for "not (yet)".
A delivery holds one month and comes on the second day of the next.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

NEVER = -1_000_000
EPOCH = date(1970, 1, 1)
MINUTES_PER_DAY = 1440


@dataclass(frozen=True)
class Timeline:
    """The months that the demo covers."""

    first_month: date
    months: int

    @classmethod
    def ending(cls, as_of_month: str, months: int) -> "Timeline":
        """`months` calendar months of which `as_of_month` (YYYY-MM) is the last."""
        year, month = (int(part) for part in as_of_month.split("-"))
        count = year * 12 + (month - 1) - (months - 1)
        return cls(date(count // 12, count % 12 + 1, 1), months)

    @cached_property
    def month_starts(self) -> np.ndarray:
        """First day of each month, and of the month after the last."""
        return np.array([(self._month(i) - self.first_month).days for i in range(self.months + 1)])

    def _month(self, index: int) -> date:
        count = self.first_month.year * 12 + self.first_month.month - 1 + index
        return date(count // 12, count % 12 + 1, 1)

    @cached_property
    def last_day(self) -> int:
        """The last day of the last month: nothing recorded lies after it."""
        return int(self.month_starts[-1]) - 1

    @cached_property
    def month_names(self) -> list[str]:
        """`YYYY-MM` of each month."""
        return [f"{self._month(i):%Y-%m}" for i in range(self.months)]

    @cached_property
    def delivered_on(self) -> list[date]:
        """The date of each month's delivery."""
        return [self._month(i + 1) + timedelta(days=1) for i in range(self.months)]

    @cached_property
    def weekday_of_first(self) -> int:
        """Weekday of day 0; Monday is 0."""
        return self.first_month.weekday()

    def month_of(self, days: np.ndarray) -> np.ndarray:
        """Index of the month that holds each day: 0 for days before, `months` for days after."""
        found = np.searchsorted(self.month_starts, days, side="right") - 1
        return np.maximum(found, 0).astype(np.int32)

    def to_weekday(self, days: np.ndarray) -> np.ndarray:
        """The day itself, or the Monday after it when it is a Saturday or Sunday."""
        weekday = (days + self.weekday_of_first) % 7
        return days + np.where(weekday == 5, 2, np.where(weekday == 6, 1, 0))

    def day(self, day: int) -> date:
        """A day number as a date."""
        return self.first_month + timedelta(days=int(day))

    def dates(self, days: np.ndarray) -> pl.Series:
        """Day numbers as dates; `NEVER` becomes null."""
        offset = (self.first_month - EPOCH).days
        series = pl.Series(np.where(days > NEVER // 2, days + offset, NEVER).astype(np.int32))
        return series.replace(NEVER, None).cast(pl.Date)

    def times(self, days: np.ndarray, minutes: np.ndarray) -> pl.Series:
        """Day numbers and minutes of the day as date-times in the clinic's own time zone."""
        offset = (self.first_month - EPOCH).days
        stamp = (days.astype(np.int64) + offset) * MINUTES_PER_DAY + minutes
        return pl.Series(stamp * 60_000_000).cast(pl.Datetime("us"))
