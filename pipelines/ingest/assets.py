"""The deliveries asset, and the sensor that notices that something new came."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from pipelines.errors import DeliveryError
from pipelines.home import Home
from pipelines.ingest.sources import pull, waiting
from pipelines.partitions import months_over_at, run_tags

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


def inbox_sensor(home_root: Path, job_name: str) -> dg.SensorDefinition:
    """Start the job when a source has something that was not landed yet."""

    @dg.sensor(name="new_files", job_name=job_name, minimum_interval_seconds=SECONDS_BETWEEN_LOOKS)
    def new_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        home = Home(home_root)
        offers = waiting(home)
        if not offers:
            return dg.SkipReason("No source has anything new.")
        key = ",".join(offer.state for offer in offers)
        tags = run_tags(months_over_at(home, datetime.now(UTC)))
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=key, tags=tags)])

    return new_files
