"""What Dagster is told of the contracts: whether their judges agree, and what their rules found."""

from collections.abc import Iterator

import dagster as dg

from pipelines.contracts import odcs
from pipelines.warehouse.assets import CONTRACTS, RAW_TABLES, TABLE_ASSETS
from pipelines.warehouse.resources import HomeRun
from pipelines.warehouse.rule_results import latest_outcomes

JUDGES_CHECK = "judges_agree"
# Which rules of a table have to do with which of these, the contract says.
DIMENSIONS = tuple(dict.fromkeys(odcs.DIMENSIONS.values()))
LAST_TABLES = [
    key for assets in TABLE_ASSETS if assets.op.name == "mart_layer" for key in assets.keys
]


@dg.multi_asset_check(
    name="judges_agree",
    specs=[
        dg.AssetCheckSpec(
            JUDGES_CHECK,
            asset=name,
            # Great Expectations needs seconds to start; asked last, it has worked meanwhile.
            additional_deps=LAST_TABLES,
            description="Great Expectations and the row rules count the same broken rows.",
        )
        for name in RAW_TABLES
    ],
    can_subset=True,
)
def judges_agree(
    context: dg.AssetCheckExecutionContext, home_run: HomeRun
) -> Iterator[dg.AssetCheckResult]:
    """Compare the judges' counts; a disagreement fails the run before it publishes anything."""
    run = home_run.run_for(context)
    if not run.second_judge.is_asked:
        # The raw tables are not part of this Dagster run, so nobody has handed them over yet.
        run.second_judge.submit(run.files, RAW_TABLES.values())
    counts = run.second_judge.compare()
    for key in sorted(context.selected_asset_check_keys):
        name = key.asset_key.path[-1]
        own = [count for count in counts if count.table == RAW_TABLES[name]]
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=JUDGES_CHECK,
            passed=True,
            metadata={
                "n_rules": len(own),
                "n_rules_broken": sum(count.outcome == "failed" for count in own),
                "n_rules_not_applicable": sum(count.outcome == "not_applicable" for count in own),
            },
        )
    home_run.finish_step(context)


def _judged_dimensions(table: str) -> list[str]:
    found = {rule.dimension for rule in CONTRACTS[table].rules}
    return [dimension for dimension in DIMENSIONS if dimension in found]


@dg.multi_asset_check(
    name="rules_hold",
    specs=[
        dg.AssetCheckSpec(
            dimension,
            asset=name,
            additional_deps=["mart_rule_results"],
            description="What the latest delivery's rules of this kind found; see"
            " mart_rule_results. What may stop a run is in the contract and stops it before.",
        )
        for name, table in RAW_TABLES.items()
        for dimension in _judged_dimensions(table)
    ],
    can_subset=True,
)
def rules_hold(
    context: dg.AssetCheckExecutionContext, home_run: HomeRun
) -> Iterator[dg.AssetCheckResult]:
    """Outcomes of the rules over the latest delivery of each table, by dimension."""
    run = home_run.run_for(context)
    outcomes = latest_outcomes(run.engine, run.table_path("mart_rule_results"))
    for key in sorted(context.selected_asset_check_keys):
        own = outcomes.get((RAW_TABLES[key.asset_key.path[-1]], key.name), ())
        failed = [each for each in own if each.outcome in {"failed", "error"}]
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=not failed,
            severity=dg.AssetCheckSeverity.ERROR
            if any(each.severity == "error" for each in failed)
            else dg.AssetCheckSeverity.WARN,
            metadata={
                "n_rules": len(own),
                "n_not_applicable": sum(each.outcome == "not_applicable" for each in own),
                "failed": "; ".join(map(str, failed)) or "none",
            },
        )
    home_run.finish_step(context)
