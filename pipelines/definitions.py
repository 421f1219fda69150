"""Dagster's code location: assembly only.

`build_definitions` makes it for one home, so that tests and the command line can name theirs.
"""

import gc

# Importing makes many objects and little rubbish: looking for it costs a sixth of the import.
gc.disable()

import atexit
import json
import os
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from pipelines.audit import ledger
from pipelines.comparison.assets import comparison_layer
from pipelines.errors import OutcomesError
from pipelines.files import private_folder, write_atomic
from pipelines.home import Home
from pipelines.ingest.assets import inbox_sensor, months_due_at
from pipelines.partitions import run_tags
from pipelines.reporting.assets import REPORT_ASSETS
from pipelines.warehouse.assets import TABLE_ASSETS
from pipelines.warehouse.checks import judges_agree, rules_hold
from pipelines.warehouse.resources import HomeRun

# What was imported stays, and searching through the rest as often as Python would costs a run a
# twentieth of its time: rubbish is found later, and there is little.
gc.freeze()
gc.set_threshold(20_000)
gc.enable()
# At the end DuckDB's binding would report as leaked what cannot be found then.
atexit.register(gc.unfreeze)

JOB_NAME = "outcomes"
PROCESS_TAG = "outcomes/process"
INSTANCE_SETTINGS = """\
# Dagster's settings for this clinic: its history stays here and nothing is sent anywhere.
telemetry:
  enabled: false
nux:  # the page's question for an address to send news to
  enabled: false
python_logs:
  python_log_level: WARNING
event_log_storage:
  module: pipelines.run_history
  class: KeptConnectionsEventLog
  config:
    base_dir: {history}
"""


def build_definitions(home: Path) -> dg.Definitions:
    """All assets, checks, the job, its schedule and its sensor, over one home."""
    job = dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.all(),
        description="From the sources to the month's report.",
    )

    @dg.schedule(
        name="monthly",
        job=job,
        cron_schedule="0 5 2 * *",
        description="The months that have just ended, once their last delivery had a day to come.",
    )
    def monthly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        due = months_due_at(Home(home), context.scheduled_execution_time)
        return dg.RunRequest(tags=run_tags(due))

    return dg.Definitions(
        assets=[*TABLE_ASSETS, comparison_layer, *REPORT_ASSETS],
        asset_checks=[judges_agree, rules_hold],
        jobs=[job],
        schedules=[monthly],
        sensors=[inbox_sensor(home, JOB_NAME)],
        resources={"home_run": HomeRun(home=str(home))},
        # Steps are few and fat, and share one engine and one lock.
        executor=dg.in_process_executor,
    )


def open_instance(home: Home) -> dg.DagsterInstance:
    """The home's own Dagster instance, made where there is none yet."""
    private_folder(home.dagster)
    settings = home.dagster / "dagster.yaml"
    wanted = INSTANCE_SETTINGS.format(history=json.dumps(str(home.dagster / "history" / "runs")))
    # Paths in it are absolute, so a home that was moved gets new ones.
    if not settings.exists() or settings.read_text(encoding="utf-8") != wanted:
        write_atomic(settings, wanted)
    return dg.DagsterInstance.from_config(str(home.dagster))


def run_job(home: Home, months_to_report: Sequence[str]) -> None:
    """Run the whole job in this process, on the home's instance.

    `months_to_report` are `YYYY-MM`, in order and without gaps; none means tables only.

    Raises: what a step raised, with its own message.
    """
    tags = {PROCESS_TAG: str(os.getpid()), **run_tags(months_to_report)}
    definitions = build_definitions(home.root)
    with open_instance(home) as instance:
        end_dead_runs(instance)
        job = definitions.resolve_job_def(JOB_NAME)
        tables_only = None if months_to_report else _table_keys(definitions)
        try:
            result = job.execute_in_process(
                instance=instance,
                tags=tags,
                asset_selection=tables_only,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                raise_on_error=True,
            )
        except OutcomesError as error:
            from pipelines.reporting.pages.index_page import write_index_page

            kind = type(error).__name__
            details = {"error": str(error), "gate": kind, "where": error.where}
            ledger.append(home, "run_failed", {**details, "found": error.found})
            write_index_page(home, stopped=details | {"found": error.found})
            raise
        if not result.success:
            raise OutcomesError(
                "The run failed.",
                where=f"Dagster run {result.run_id}",
                todo="open `make dagster` and look at the run",
            )


def _table_keys(definitions: dg.Definitions) -> list[dg.AssetKey]:
    graph = definitions.resolve_asset_graph()
    return sorted(
        key for key in graph.materializable_asset_keys if graph.get(key).group_name != "reports"
    )


def end_dead_runs(instance: dg.DagsterInstance) -> None:
    """Mark our runs as failed whose process was killed; history would show them going on."""
    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        process = run.tags.get(PROCESS_TAG)
        if process is not None and not _lives(process):
            instance.report_run_failed(run, "The process of this run ended before the run did.")


def _lives(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


defs = build_definitions(Path(os.environ.get("OUTCOMES_HOME", "clinic")).absolute())
