"""Months, by which reports are partitioned."""

import dagster as dg

MONTH_FORMAT = "%Y-%m"

months = dg.MonthlyPartitionsDefinition(start_date="2000-01", fmt=MONTH_FORMAT)
"""One partition per calendar month, named `YYYY-MM`."""
