"""A row as it stood at the end of each month in which something about it changed.

An incremental delivery brings an episode when it is referred, again when it starts and again when
it ends; each later row corrects the earlier one.
"""

from dataclasses import dataclass

import numpy as np

from pipelines.demo.timeline import NEVER, Timeline


@dataclass(frozen=True)
class Versions:
    """Which rows to write in which month.

    Shape:  three arrays of one length: `row` (index into the table), `month`, and `is_last`
            (False: a later version follows, so this one ends as superseded).
    """

    row: np.ndarray
    month: np.ndarray
    is_last: np.ndarray
    events: tuple[np.ndarray, ...]

    def known(self, event: int, days: np.ndarray) -> np.ndarray:
        """`days` of an event as far as each version knows it, else `NEVER`."""
        return np.where(self.events[event][self.row] <= self.month, days[self.row], NEVER)


def versions(timeline: Timeline, *event_days: np.ndarray) -> Versions:
    """Versions of rows whose columns become known on `event_days`; the first creates the row."""
    events = tuple(
        np.where(days > NEVER // 2, timeline.month_of(days), timeline.months) for days in event_days
    )
    created = events[0]
    rows, months = [], []
    for number, month in enumerate(events):
        # A change in a month that brings the row already, or before the row was created, is part
        # of that row.
        new = month < timeline.months
        if number:
            new &= month > created
        for earlier in events[1:number]:
            new &= month != earlier
        rows.append(np.flatnonzero(new))
        months.append(month[new])
    row, month = np.concatenate(rows), np.concatenate(months)
    order = np.lexsort((month, row))
    row, month = row[order], month[order]
    return Versions(row, month, np.append(np.diff(row) != 0, True)[: len(row)], events)
