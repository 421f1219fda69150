"""Which months need a report."""

from collections.abc import Sequence

from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.ingest.manifest import deliveries
from pipelines.months import latest_complete_month, month_end, month_of, months_between
from pipelines.reporting.releases.versions import holds_for


def months_to_report(home: Home, *, month: str | None, all_months: bool) -> list[str]:
    """The months, `YYYY-MM` in order, whose report is wanted; none when no month is complete.

    Without a choice they are the latest complete months, one unless the clinic's settings say how
    many; all are those since the first delivery.

    Raises: UsageError when the month asked for is not complete yet.
    """
    landed = deliveries(home)
    if not landed:
        return []
    latest = latest_complete_month(landed[-1].delivered_on)
    if month is not None:
        asked = month_of(month)
        if asked > latest:
            raise UsageError(
                "This month is not complete.",
                where=month,
                expected=f"a delivery on or after {month_end(asked)}",
                found=f"the latest one is of {landed[-1].delivered_on}",
                todo="wait for the next delivery, or ask for an earlier month",
            )
        return [f"{asked:%Y-%m}"]
    first = min(latest_complete_month(landed[0].delivered_on), latest)
    every = [f"{each:%Y-%m}" for each in months_between(first, latest)]
    return every if all_months else every[-home.settings.report.months :]


def reports_missing(home: Home, months: Sequence[str], inputs: str) -> list[str]:
    """Those of these months whose report is not there or was made from something else."""
    return [month for month in months if not holds_for(home.reports / month, inputs)]
