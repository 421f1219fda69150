"""The deliveries asset, and the sensor that notices that something new came."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines.errors import DeliveryError
from pipelines.home import Home
from pipelines.ingest.manifest import deliveries as landed_deliveries
from pipelines.ingest.sources import pull, waiting
from pipelines.months import latest_complete_month, months_between
from pipelines.partitions import FIRST_MONTH, run_tags

SECONDS_BETWEEN_LOOKS = 60


@dg.asset(
    group_name="deliveries",
    description="What the sources hold, landed byte for byte.",
    required_resource_keys={"home_run"},
)
def deliveries(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Pull every source of the settings; a delivery that cannot be taken does not stop others."""
    refused: list[DeliveryError] = []
    home_run = context.resources.home_run
    landed = pull(home_run.run_for(context).home, on_refused=refused.append)
    for error in refused:
        context.log.warning(str(error))
    home_run.finish_step(context)
    return dg.MaterializeResult(metadata={"n_landed": len(landed), "n_refused": len(refused)})


def months_due_at(home: Home, moment: datetime) -> list[str]:
    """The months, `YYYY-MM`, that may get a report at a moment; the run takes the complete ones.

    They end with the latest that is over by the clinic's clock. Whether its deliveries are complete
    only the run knows that lands them; as many months as the clinic reports therefore come before
    the latest that what has landed already tells of.
    """
    today = moment.astimezone(ZoneInfo(home.settings.time_zone)).date()
    landed = [latest_complete_month(each.delivered_on) for each in landed_deliveries(home)[-1:]]
    over = latest_complete_month(today)
    known = months_between(FIRST_MONTH, min([*landed, over]))
    return [
        f"{month:%Y-%m}" for month in months_between(known[-home.settings.report.months :][0], over)
    ]


def inbox_sensor(home_root: Path, job_name: str) -> dg.SensorDefinition:
    """Start the job when a source has something that was not landed yet."""

    @dg.sensor(name="new_files", job_name=job_name, minimum_interval_seconds=SECONDS_BETWEEN_LOOKS)
    def new_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        home = Home(home_root)
        offers = waiting(home)
        if not offers:
            return dg.SkipReason("No source has anything new.")
        key = ",".join(offer.state for offer in offers)
        tags = run_tags(months_due_at(home, datetime.now(UTC)))
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=key, tags=tags)])

    return new_files
