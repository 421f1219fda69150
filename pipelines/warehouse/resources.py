"""The run over a home as a Dagster resource: one lock, one engine, one publication."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from pipelines.audit import ledger
from pipelines.files import sha256_text
from pipelines.home import Home
from pipelines.ingest.manifest import deliveries
from pipelines.progress import say
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.inputs import inputs_fingerprint


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

    @property
    def run(self) -> BuildRun:
        """The run that all steps share."""
        return self._run

    def finish_step(
        self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext
    ) -> None:
        """Note that a step is done; the last planned one publishes what the run has built."""
        step = context.op_execution_context.get_step_execution_context()
        planned = frozenset(step.plan_data.execution_plan.step_keys_to_execute)
        self._run.finished_steps.add(step.step.key)
        if not planned <= self._run.finished_steps:
            return
        built = self._run
        whole = set(built.models) <= set(built.built)
        as_of_on = built.as_of_on
        built.publish(
            inputs=inputs_fingerprint(built.home) if whole else "",
            facts={
                "as_of_on": as_of_on.isoformat() if as_of_on else None,
                "deliveries": [delivery.delivery_id for delivery in deliveries(built.home)],
            },
        )
        ledger.append(
            built.home,
            "run",
            {
                "dagster_run": context.run.run_id,
                "tables": {name: table.content for name, table in sorted(built.built.items())},
                "tables_hash": sha256_text(
                    *(f"{name} {table.content}" for name, table in sorted(built.tables.items()))
                ),
            },
        )
