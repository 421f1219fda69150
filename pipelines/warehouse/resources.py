"""The run over a home as a Dagster resource: one lock, one engine, one publication."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from pipelines.home import Home
from pipelines.progress import say
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.check_hints import other_zone
from pipelines.warehouse.fewer_rows import fewer_rows
from pipelines.warehouse.inputs import inputs_fingerprint
from pipelines.warehouse.noted_runs import note_run
from pipelines.warehouse.turned_twice import turned_twice

StepContext = dg.AssetExecutionContext | dg.AssetCheckExecutionContext
WHOLE_JOB = frozenset(
    {
        "deliveries",
        "raw_layer",
        "ref_layer",
        "stg_layer",
        "int_layer",
        "comparison_layer",
        "mart_layer",
    }
)


def planned_steps(context: StepContext) -> frozenset[str]:
    """The steps that this Dagster run is going to execute."""
    step = context.op_execution_context.get_step_execution_context()
    return frozenset(step.plan_data.execution_plan.step_keys_to_execute)


class HomeRun(dg.ConfigurableResource):
    """Holds the home's writer lock from the first step of a Dagster run to its last.

    The in-process executor makes one of these for all steps of a run, so that runs that were
    started together take turns, and what a run has built is published once, by its last step.
    """

    home: str
    _run: BuildRun = PrivateAttr()
    _planned: frozenset[str] = PrivateAttr(default=frozenset())

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["HomeRun"]:
        """Wait for the turn to write, then open the run."""
        log = context.log
        home = Home(Path(self.home))

        def wait(holder: str) -> None:
            say(f"waiting for {holder}")
            if log is not None:
                log.info(f"waiting for {holder}")

        with home.writer_lock("a run", on_wait=wait):
            self._run = BuildRun(home, say)
            try:
                yield self
            finally:
                self._run.close()

    def run_for(self, context: StepContext) -> BuildRun:
        """The run that all steps share.

        A run of some tables only works on the deliveries that the published set was made from:
        with newer ones its tables would not fit the others.
        """
        if not planned_steps(context) >= WHOLE_JOB:
            self._run.keep_to_published_deliveries()
        return self._run

    def finish_step(self, context: StepContext) -> None:
        """Note that a step is done; the last planned one publishes what the run has built."""
        step = context.op_execution_context.get_step_execution_context()
        self._run.finished_steps.add(step.step.key)
        if not planned_steps(context) <= self._run.finished_steps:
            return
        built = self._run
        inputs = ""
        if planned_steps(context) >= WHOLE_JOB and set(built.models) <= set(built.built):
            inputs = inputs_fingerprint(built.home, built.deliveries)
        elif built.tables == built.base.tables:
            # Some tables were built again and came out the same: the set is what it was.
            inputs = built.base.inputs
        as_of_on = built.as_of_on
        built.publish(
            inputs=inputs,
            facts={
                "as_of_on": as_of_on.isoformat() if as_of_on else None,
                "deliveries": [delivery.delivery_id for delivery in built.deliveries],
                "refusals": built.refusals,
                "warnings": [
                    *fewer_rows(built.files),
                    *other_zone(built, built.deliveries),
                    *turned_twice(built),
                ],
            },
        )
        note_run(built.home, built.tables, built=built.built, dagster_run=context.run.run_id)
