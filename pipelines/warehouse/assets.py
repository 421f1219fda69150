"""Assets for every table up to the marts: one per table, one subsettable step per layer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import dagster as dg

from pipelines.contracts.odcs import load_contracts
from pipelines.ingest.assets import deliveries
from pipelines.instruments.measures import MEASURE_TABLES
from pipelines.warehouse.accounts import FILES_TABLE
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.key_check import KeyCheck
from pipelines.warehouse.model_file import Model, load_checks, load_models
from pipelines.warehouse.quarantine_limit import require_usable_rows
from pipelines.warehouse.resources import HomeRun
from pipelines.warehouse.rule_results import CHECKS_TABLE, RULES_TABLE
from pipelines.warehouse.staging import CATALOGUE_TABLES
from pipelines.warehouse.store import BuiltTable

KEY_CHECK = "key_identifies_rows"
REFERENCE_TABLES = {
    "ref_instruments": "Instruments: range, direction, domain, whether scored.",
    "ref_instrument_scales": "How each scale of an instrument is scored.",
    "ref_scoring_rules": "How each questionnaire is scored, in words, each rule with its source.",
    "ref_bands": "Published bands of severity; no figure is made by them.",
    "ref_instrument_items": "Points that each item may have, and which items run the other way.",
    "ref_turned_items": "Items that a feed delivers already turned, by the clinic's settings.",
    "ref_outcome_rules": "Published cut-offs, by respondent, each with its source.",
    "ref_thresholds": "Every threshold of the catalogue, active or not.",
    "ref_clinic_thresholds": "Cut-offs that the clinic has decided on, each with its source.",
    "ref_norms": "Means and spreads of published samples.",
    "ref_cutoffs": "Jacobson-Truax cut-offs a, b and c from verified norms.",
    "ref_reliabilities": "Published reliabilities, and which of them is used.",
    "ref_goal_rules": "How ratings of clients' own goals are judged.",
    "ref_safety_items": "Items whose answers may show a risk, and from which points.",
    "ref_score_tables": "Published tables from raw points to another metric.",
    "ref_conventions": "Figures that belong to no single instrument.",
    "ref_loinc_codes": "LOINC codes of totals, panels and items.",
    "ref_loinc_answers": "Points of coded answers.",
    "ref_recovery_pairs": "Pairs of measures of the NHS rule, by diagnosis, with their source.",
    "ref_wait_bands": "Bands of days that waits are counted in, each with its source.",
    "ref_programme_standards": "Published standards for a programme's figures.",
    "ref_child_measures": "Thresholds of the children's metric, by rater, with their source.",
    "ref_path_rules": "Rules about the path through a course, each figure with its source.",
    **MEASURE_TABLES,
    "ref_claims": "Claims that the clinic would like to make, each with the standard to meet.",
    RULES_TABLE: "Rules of the contracts: what each means, how much may break it, what to do.",
    "ref_rebases": "Charts whose limits start anew, each with the documented change.",
}
CONTRACTS = load_contracts()
MODELS = load_models()
INVARIANTS = load_checks()
RAW_TABLES = {f"raw_{table}": table for table in CONTRACTS}


def layer(prefix: str) -> list[Model]:
    """The models of one layer, in building order."""
    return [model for model in MODELS.values() if model.name.startswith(prefix)]


def invariant_owner(check: Model) -> str:
    """The table that an invariant is attached to: the last of those it reads to be built."""
    return max(check.inputs & set(MODELS), key=list(MODELS).index)


def selected_names(context: dg.AssetExecutionContext) -> list[str]:
    """The tables that this step was asked for."""
    return sorted(key.path[-1] for key in context.selected_asset_keys)


def result(
    built: BuiltTable, check: KeyCheck | None = None, **metadata: int
) -> dg.MaterializeResult:
    """What Dagster is told of a built table: its content's hash and counts, never rows."""
    checks = []
    if check is not None:
        checks.append(
            dg.AssetCheckResult(
                asset_key=built.table,
                check_name=KEY_CHECK,
                passed=check.passed,
                metadata={
                    "n_repeated": check.n_repeated,
                    "n_without_key": check.n_without_key,
                    "n_unpromised": check.n_unpromised,
                },
            )
        )
    return dg.MaterializeResult(
        asset_key=built.table,
        data_version=dg.DataVersion(built.content),
        metadata={"dagster/row_count": built.n_rows, **metadata},
        check_results=checks,
    )


def key_check_specs(names: Iterable[str]) -> list[dg.AssetCheckSpec]:
    """One check per table: its Key identifies its rows, which are what its contract promises."""
    return [
        dg.AssetCheckSpec(
            KEY_CHECK, asset=name, blocking=True,
            description="The columns of `Key:` in the model's header are never empty and never"
            " the same in two rows, and rows are what the table's contract promises.",
        )
        for name in names
    ]  # fmt: skip


def model_specs(models: Sequence[Model], deps: Mapping[str, Iterable[str]]) -> list[dg.AssetSpec]:
    """One asset per model, with its header as description."""
    return [
        dg.AssetSpec(
            model.name,
            deps=sorted(deps[model.name]),
            group_name=model.name.partition("_")[0] + "_tables",
            description=model.description,
            skippable=False,
        )
        for model in models
    ]


def staging_inputs(table: str) -> set[str]:
    """Assets that one staging table is built from."""
    contract = CONTRACTS[table]
    parents = {
        f"stg_{column.references[0]}"
        for column in contract.columns
        if column.references is not None and column.references[0] != table
    }
    own = {f"raw_{table}", "raw_deletions", *CATALOGUE_TABLES}
    if table == "responses":
        own |= {"raw_response_items", "ref_turned_items"}
    return own | parents


def build_checked(run: BuildRun, names: Sequence[str]) -> Iterator[tuple[BuiltTable, KeyCheck]]:
    """Build models and check each one's key; a broken key stops the run after it is told."""
    for built in run.building(names):
        yield built, run.check_key(built.table)


@dg.multi_asset(
    name="raw_layer",
    specs=[
        dg.AssetSpec(
            name, deps=["deliveries"], group_name="raw_tables",
            description=f"{CONTRACTS[table].description} As delivered: typed, with errors,"
            " file and line.",
        )
        for name, table in RAW_TABLES.items()
    ],
    check_specs=[
        dg.AssetCheckSpec(
            "rows_fit_contract", asset=name,
            description="Rows that break a rule of severity error go to quarantine.",
        )
        for name in RAW_TABLES
    ],
    can_subset=True,
)  # fmt: skip
def raw_layer(
    context: dg.AssetExecutionContext, home_run: HomeRun
) -> Iterator[dg.MaterializeResult]:
    """Judge the delivered rows; Great Expectations starts to judge the same rows beside us."""
    run = home_run.run_for(context)
    names = selected_names(context)
    judge = run.second_judge
    files = run.files
    judge.submit(files, (RAW_TABLES[name] for name in names))
    for name in names:
        table = files[RAW_TABLES[name]]
        n_broken = sum(file.n_broken + file.n_with_errors for file in table)
        yield dg.MaterializeResult(
            asset_key=name,
            data_version=dg.DataVersion(run.raw_version(RAW_TABLES[name])),
            metadata={
                "dagster/row_count": sum(file.n_delivered for file in table),
                "n_files": len(table),
                "n_broken": n_broken,
            },
            check_results=[
                dg.AssetCheckResult(
                    asset_key=name,
                    check_name="rows_fit_contract",
                    passed=n_broken == 0,
                    severity=dg.AssetCheckSeverity.WARN,
                    metadata={"n_broken": n_broken},
                )
            ],
        )
    home_run.finish_step(context)


@dg.multi_asset(
    name="ref_layer",
    specs=[
        dg.AssetSpec(name, group_name="ref_tables", description=description)
        for name, description in REFERENCE_TABLES.items()
    ],
    can_subset=True,
)
def ref_layer(
    context: dg.AssetExecutionContext, home_run: HomeRun
) -> Iterator[dg.MaterializeResult]:
    """Cut-offs and codes of the instrument catalogue."""
    for built in home_run.run_for(context).reference(selected_names(context)):
        yield result(built)
    home_run.finish_step(context)


STAGING_MODELS = layer("stg_")


@dg.multi_asset(
    name="stg_layer",
    specs=[
        *model_specs(
            STAGING_MODELS,
            {
                model.name: staging_inputs(model.name.removeprefix("stg_"))
                for model in STAGING_MODELS
            },
        ),
        *(
            dg.AssetSpec(
                name, deps=[model.name for model in STAGING_MODELS], group_name="stg_tables",
                description=description,
            )
            for name, description in (
                ("quarantine", "Delivered rows that were turned away, with file, line, reasons."),
                ("stg_row_counts", "Delivered rows by file and by how they ended."),
                ("stg_warning_counts", "Rows in use that break a warning, by file and rule."),
                ("stg_rule_breaks", "Delivered rows that break a rule about other tables."),
                (FILES_TABLE, "Landed files and the tables they held."),
                (CHECKS_TABLE, "Rows of a file that each rule was put to, and that broke it."),
            )
        ),
    ],
    check_specs=key_check_specs(model.name for model in STAGING_MODELS),
    can_subset=True,
)  # fmt: skip
def stg_layer(
    context: dg.AssetExecutionContext, home_run: HomeRun
) -> Iterator[dg.MaterializeResult]:
    """Current accepted rows, and where every other row ended."""
    run = home_run.run_for(context)
    keyed = {model.name for model in STAGING_MODELS}
    failed: list[KeyCheck] = []
    for built in run.stage(selected_names(context)):
        check = run.check_key(built.table) if built.table in keyed else None
        if check is not None and not check.passed:
            failed.append(check)
        yield result(built, check)
    for check in failed:
        check.require()
    if {"quarantine", "stg_row_counts"} <= set(run.built):
        require_usable_rows(run)
    home_run.finish_step(context)


def _layer_asset(prefix: str) -> dg.AssetsDefinition:
    models = layer(f"{prefix}_")
    invariants = {
        name: check
        for name, check in INVARIANTS.items()
        if invariant_owner(check).startswith(f"{prefix}_")
    }

    @dg.multi_asset(
        name=f"{prefix}_layer",
        specs=model_specs(models, {model.name: model.inputs for model in models}),
        check_specs=[
            *key_check_specs(model.name for model in models),
            *(
                dg.AssetCheckSpec(
                    name, asset=invariant_owner(check), blocking=True, description=check.purpose
                )
                for name, check in invariants.items()
            ),
        ],
        can_subset=True,
    )
    def built_layer(
        context: dg.AssetExecutionContext, home_run: HomeRun
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        run = home_run.run_for(context)
        names = selected_names(context)
        failed: list[KeyCheck] = []
        for built, check in build_checked(run, names):
            if not check.passed:
                failed.append(check)
            yield result(built, check)
        for check in failed:
            check.require()
        for name, check in invariants.items():
            if invariant_owner(check) in names:
                n_broken = run.check_invariant(name)
                yield dg.AssetCheckResult(
                    asset_key=invariant_owner(check),
                    check_name=name,
                    passed=n_broken == 0,
                    metadata={"n_broken": n_broken},
                )
                run.require_invariant(name, n_broken)
        home_run.finish_step(context)

    return built_layer


int_layer = _layer_asset("int")
mart_layer = _layer_asset("mart")

TABLE_ASSETS = [deliveries, raw_layer, ref_layer, stg_layer, int_layer, mart_layer]
