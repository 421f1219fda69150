"""One run over a home: from landed files to a published set of tables.

Dagster's assets call these methods; nothing here knows Dagster. A run starts from the published
snapshot, builds what it is asked for, and publishes at its end or not at all. Everything it builds
is remembered by its inputs, so that a run that was killed goes on where it stopped.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import polars

from pipelines.contracts.checked import remove_stale
from pipelines.contracts.mart_contracts import public_contracts
from pipelines.contracts.odcs import Contract, load_contracts
from pipelines.contracts.settle import CheckedFile
from pipelines.engine import Engine, functions_digest
from pipelines.errors import CheckFailedError, ModelError
from pipelines.files import remove_abandoned, sha256_text
from pipelines.home import Home
from pipelines.ingest.manifest import Delivery, deliveries
from pipelines.instruments.catalogue import Catalogue, load_catalogue
from pipelines.instruments.measures import measure_tables
from pipelines.instruments.programme_rules import programme_rule_tables
from pipelines.instruments.reference_tables import reference_tables
from pipelines.instruments.scoring_rules import scoring_tables
from pipelines.warehouse.accounts import (
    ACCOUNT_TABLES,
    FILES_TABLE,
    account_select,
    files_frame,
)
from pipelines.warehouse.checked_deliveries import check_deliveries, conversion_names
from pipelines.warehouse.claims import claims
from pipelines.warehouse.key_check import KeyCheck, key_check
from pipelines.warehouse.model_file import Model, build_order, load_checks, load_models
from pipelines.warehouse.path_rules import path_rules
from pipelines.warehouse.rebases import rebase_table
from pipelines.warehouse.rule_results import CHECKS_TABLE, RULES_TABLE, checks_frame, rules_frame
from pipelines.warehouse.second_judge import SecondJudge
from pipelines.warehouse.side_by_side import side_by_side
from pipelines.warehouse.snapshot import (
    Snapshot,
    current_snapshot,
    publish,
    read_snapshots,
)
from pipelines.warehouse.staging import (
    StagingInputs,
    build_staging,
    engine_writer,
    staging_needs,
    staging_order,
)
from pipelines.warehouse.store import BuiltTable, Store

MUST_BE_DELIVERED = ("clients", "therapists")


class BuildRun:
    """The state of one run. Only for whoever holds the home's writer lock."""

    def __init__(self, home: Home, progress: Callable[[str], None] | None = None) -> None:
        self.home = home
        self.settings = home.settings
        self.store = Store(home.warehouse)
        self.engine = Engine(scratch=home.scratch, time_zone=self.settings.time_zone)
        self.base = current_snapshot(home)
        self.built: dict[str, BuiltTable] = {}
        self.finished_steps: set[str] = set()
        self._key_checks: dict[BuiltTable, KeyCheck] = {}
        self._say = progress or (lambda _: None)
        self._only: frozenset[str] | None = None

    def close(self) -> None:
        """Free the engine and the second judge's process."""
        if "second_judge" in self.__dict__:
            self.second_judge.stop()
        self.engine.close()

    @cached_property
    def contracts(self) -> dict[str, Contract]:
        """The contract of each table of the export."""
        return load_contracts()

    @cached_property
    def catalogue(self) -> Catalogue:
        """The instruments that the clinic can use."""
        return load_catalogue()

    @cached_property
    def models(self) -> dict[str, Model]:
        """All SQL models, in building order."""
        return load_models()

    @cached_property
    def files(self) -> dict[str, list[CheckedFile]]:
        """Every landed file, checked, by table; files no table takes stand under their kind."""
        return check_deliveries(
            self.home,
            self.deliveries,
            engine=self.engine,
            contracts=self.contracts,
            catalogue=self.catalogue,
            progress=self._say,
        )

    @cached_property
    def deliveries(self) -> list[Delivery]:
        """The deliveries that this run works on, in the order in which they count."""
        return [
            delivery
            for delivery in deliveries(self.home)
            if self._only is None or delivery.delivery_id in self._only
        ]

    def keep_to_published_deliveries(self) -> None:
        """Work on what the published set was made from, whatever has been landed since."""
        if "deliveries" in self.base.facts:
            self._only = frozenset(self.base.facts["deliveries"])

    @property
    def tables(self) -> Mapping[str, BuiltTable]:
        """What is published, with what this run has built instead."""
        return {**self.base.tables, **self.built}

    @property
    def refusals(self) -> list[str]:
        """What is wrong with files that could not be used at all, and with what never came.

        A refused file is told until a usable one of its table comes after it.
        """
        found = [
            f"{file.refusal}\n  delivery: {file.delivered_on}, {file.delivery_id}"
            for files in self.files.values()
            for file in files
            if file.refusal and files[-1].refusal
        ]
        missing = [table for table in MUST_BE_DELIVERED if not self.files[table]]
        if missing and any(self.files.values()):
            found.append(
                f"Tables that every clinic must deliver were never delivered: {', '.join(missing)}."
                "\n  what to do: land a delivery that holds them"
            )
        return found

    @property
    def as_of_on(self) -> date | None:
        """The day of the latest delivery, on which everything is judged."""
        days = [file.delivered_on for files in self.files.values() for file in files]
        return max(days, default=None)

    @cached_property
    def second_judge(self) -> SecondJudge:
        """Great Expectations, started at once when there are deliveries that nobody judged."""
        judge = SecondJudge(self.contracts, self.home.scratch / "judge")
        seen = set(self.base.facts.get("deliveries", ()))
        if any(delivery.delivery_id not in seen for delivery in self.deliveries):
            judge.start()
        return judge

    def table_path(self, name: str) -> Path:
        """Where a table of this run lies.

        Raises: ModelError when it was never built.
        """
        try:
            return self.store.path(name, self.tables[name].content)
        except KeyError:
            raise ModelError(
                "A table is needed that was never built.",
                where=name,
                todo="run the whole job once: `outcomes run`",
            ) from None

    # ------------------------------------------------------------------ layers

    def reference(self, names: Iterable[str]) -> list[BuiltTable]:
        """Tables of cut-offs and codes from the instrument catalogue."""
        frames = {
            **reference_tables(
                self.catalogue, self.settings.outcomes, self.settings.turned_instruments
            ),
            **scoring_tables(self.catalogue),
            **programme_rule_tables(),
            "ref_path_rules": path_rules(),
            **measure_tables(self.settings.measures),
            "ref_claims": claims(self.home.claims),
            "ref_rebases": rebase_table(self.settings.rebases, self.catalogue.instruments),
            RULES_TABLE: rules_frame(self.contracts, self.settings.quarantine.shares),
        }
        return [self.keep_frame(name, frames[name]) for name in sorted(names)]

    def keep_frame(self, name: str, frame: polars.DataFrame) -> BuiltTable:
        """A small table that Python made, such as a policy, in the order of its rows."""

        def write(path: Path) -> int:
            frame.write_parquet(path)
            return frame.height

        self.built[name] = self.store.keep(name, write)
        return self.built[name]

    def stage(self, names: Iterable[str]) -> list[BuiltTable]:
        """Staging tables and the accounts of every delivered row, parents first."""
        wanted = set(names)
        inputs = StagingInputs(self.contracts, self.models, self.files, self.settings)
        order = staging_order(self.contracts)
        tasks = {
            table: partial(self._build_stage, table, inputs)
            for table in order
            if f"stg_{table}" in wanted or wanted & set(ACCOUNT_TABLES)
        }
        needs = {table: staging_needs(table, self.contracts) for table in tasks}
        for table, _ in zip(tasks, side_by_side(self.engine, tasks, needs), strict=True):
            self._say(f"staging {table}")
        for name in sorted(wanted & set(ACCOUNT_TABLES)):
            self._gather_accounts(name)
        if FILES_TABLE in wanted:
            self.keep_frame(FILES_TABLE, files_frame(self._all_files))
        if CHECKS_TABLE in wanted:
            self.keep_frame(CHECKS_TABLE, checks_frame(self.contracts, self.files))
        staged = [*(f"stg_{each}" for each in order), *ACCOUNT_TABLES, FILES_TABLE, CHECKS_TABLE]
        return [self.built[name] for name in staged if name in wanted]

    def _build_stage(self, table: str, inputs: StagingInputs, engine: Engine) -> None:
        for built in build_staging(table, inputs, self.tables, engine=engine, store=self.store):
            self.built[built.table] = built
        self.check_key(f"stg_{table}", engine)

    def _gather_accounts(self, name: str) -> None:
        prefix, _ = ACCOUNT_TABLES[name]
        parts = [
            self.store.path(part, built.content)
            for part, built in sorted(self.tables.items())
            if part.startswith(prefix)
        ]
        unread = [file for file in self._all_files if file.table not in self.contracts]
        self._build_sql(name, account_select(name, parts, unread), {}, self.engine, where=name)

    @property
    def _all_files(self) -> list[CheckedFile]:
        return [file for files in self.files.values() for file in files]

    def build(self, names: Iterable[str]) -> list[BuiltTable]:
        """Tables of the later layers, from their SQL models, in building order."""
        return list(self.building(names))

    def building(self, names: Iterable[str]) -> Iterator[BuiltTable]:
        """The same, one by one while others are still being built; their keys are checked too."""
        models = [self.models[name] for name in build_order(self.models, names)]
        tasks = {
            model.name: partial(self._build_model, model, self.parameters(model))
            for model in models
        }
        needs = {model.name: model.inputs for model in models}
        for built in side_by_side(self.engine, tasks, needs):
            self._say(f"building {built.table}")
            yield built

    def _build_model(
        self, model: Model, parameters: Mapping[str, object], engine: Engine
    ) -> BuiltTable:
        inputs = sorted(model.inputs)
        fingerprint = sha256_text(
            model.digest,
            functions_digest(),
            repr(sorted(parameters.items())),
            *(f"{name} {self.tables[name].content}" for name in inputs if name in self.tables),
        )
        known = self.store.recall(fingerprint)
        if known is None:
            views = {name: self.table_path(name) for name in inputs}
            with engine.views(views):
                known = (
                    self._build_sql(
                        model.name, model.sql, parameters, engine, where=str(model.path)
                    ),
                )
            self.store.remember(fingerprint, known)
        self.built[model.name] = known[0]
        self.check_key(model.name, engine)
        return known[0]

    def _build_sql(
        self,
        name: str,
        sql: str,
        parameters: Mapping[str, object],
        engine: Engine,
        *,
        where: str,
    ) -> BuiltTable:
        self.built[name] = self.store.keep(
            name, engine_writer(engine, sql, parameters, where=where)
        )
        return self.built[name]

    def parameters(self, model: Model) -> dict[str, Any]:
        """The values of the parameters that a model names.

        Raises: ModelError when it names one that there is not.
        """
        period = self.settings.outcomes.reference_period
        known = {
            "as_of_on": self.as_of_on,
            "first_score_days": self.settings.first_score_days,
            "derived_end_days": self.settings.derived_end_days,
            "reference_starts_on": period.starts_on if period else None,
            "reference_ends_on": period.ends_on if period else None,
            "reference_set_on": period.set_on if period else None,
            "reference_minimum_scores": self.settings.outcomes.minimum_reference_scores,
            "clinic_name": self.settings.clinic_name,
            "early_response_share": self.settings.paths.early_response_share,
            "early_response_weeks": self.settings.paths.early_response_weeks,
            "early_response_source": self.settings.paths.early_response_source,
            "trajectory_positions": self.settings.paths.trajectory_positions,
            "dropout_return_days": self.settings.dropout_return_days,
            "protocol_sessions": self.settings.protocol_sessions,
            "safety_action_days": self.settings.governance.safety_action_days,
            "session_window_days": self.settings.session_window_days,
            "case_mix_covariates": list(self.settings.comparison.covariates),
            "age_bands": list(self.settings.comparison.age_bands),
            "minimum_pairs": self.settings.comparison.minimum_pairs,
            "minimum_units": self.settings.comparison.minimum_units,
            "minimum_stratum_clients": self.settings.comparison.minimum_stratum_clients,
        }
        unknown = model.parameters - set(known)
        if unknown:
            raise ModelError(
                "A SQL model uses parameters that do not exist.",
                where=str(model.path),
                expected=", ".join(f"${name}" for name in sorted(known)),
                found=", ".join(f"${name}" for name in sorted(unknown)),
                todo="use one of these, or add it in build_run.py",
            )
        return {name: known[name] for name in sorted(model.parameters)}

    # ------------------------------------------------------------------ checks

    def check_key(self, name: str, engine: Engine | None = None) -> KeyCheck:
        """Whether the Key of a model's header holds for the table it built; found out once."""
        if self.tables[name] not in self._key_checks:
            self._key_checks[self.tables[name]] = key_check(
                engine or self.engine,
                self.models[name],
                self.table_path(name),
                public_contracts().get(name),
            )
        return self._key_checks[self.tables[name]]

    def check_invariant(self, name: str) -> int:
        """How many rows break one of the promises of `sql/checks/`."""
        check = load_checks()[name]
        with self.engine.views({table: self.table_path(table) for table in sorted(check.inputs)}):
            (n_broken,) = self.engine.one(f"select count(*) from ({check.sql.rstrip('; ')}\n)")
        return int(n_broken)

    def require_invariant(self, name: str, n_broken: int) -> None:
        """Stop the run when a promise of `sql/checks/` is broken.

        Raises: CheckFailedError.
        """
        if n_broken:
            raise CheckFailedError(
                load_checks()[name].purpose,
                where=f"sql/checks/{name}.sql",
                expected="no row",
                found=f"{n_broken} rows",
                todo="nothing was published; run the check's select over the tables it reads",
            )

    def raw_version(self, table: str) -> str:
        """Changes with the checked files of a table."""
        return sha256_text(*(file.checked for file in self.files[table]))

    # ------------------------------------------------------------------ the end

    def publish(self, *, inputs: str, facts: Mapping[str, Any]) -> None:
        """Make what this run has built the published set."""
        tables = dict(self.tables)
        raw = {
            table: tuple(dict.fromkeys(file.checked for file in files if file.rows is not None))
            for table, files in self.files.items()
            if table in self.contracts
        }
        publish(self.home, Snapshot(tables=tables, raw=raw, inputs=inputs, facts=facts))
        # A reader may still have the catalogue of the set before open.
        kept = {
            name
            for snapshot in read_snapshots(self.home)
            for names in snapshot.raw.values()
            for name in names
        }
        kept |= {file.checked for files in self.files.values() for file in files}
        landed = deliveries(self.home)
        kept |= conversion_names(self.home, landed, self.contracts, self.catalogue)
        remove_stale(self.home.checked, kept)
        remove_abandoned(list(self.home.unfinished()))
