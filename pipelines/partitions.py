"""Months, by which reports are partitioned."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)

from pipelines.home import Home
from pipelines.months import latest_complete_month, months_between

MONTH_FORMAT = "%Y-%m"
FIRST_MONTH = date(2000, 1, 1)

months = dg.MonthlyPartitionsDefinition(start_date=f"{FIRST_MONTH:%Y-%m}", fmt=MONTH_FORMAT)
"""One partition per calendar month, named `YYYY-MM`."""


def run_tags(wanted: Sequence[str]) -> dict[str, str]:
    """The tags of a run that writes the reports of these months, in order and without gaps."""
    if not wanted:
        return {}
    return {
        ASSET_PARTITION_RANGE_START_TAG: wanted[0],
        ASSET_PARTITION_RANGE_END_TAG: wanted[-1],
    }


def months_over_at(home: Home, moment: datetime) -> list[str]:
    """The latest months that are over at a moment, by the clinic's clock and as many as it reports.

    Whether a month's deliveries are complete, only what has landed tells; the run itself leaves out
    one that is not.
    """
    today = moment.astimezone(ZoneInfo(home.settings.time_zone)).date()
    every = months_between(FIRST_MONTH, latest_complete_month(today))
    return [f"{month:%Y-%m}" for month in every[-home.settings.report.months :]]
