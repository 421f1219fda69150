"""Months, by which reports are partitioned."""

from collections.abc import Sequence
from datetime import date

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)

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
