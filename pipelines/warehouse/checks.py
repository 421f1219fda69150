"""The two judges of a contract, side by side."""

from collections.abc import Iterator

import dagster as dg

from pipelines.warehouse.assets import RAW_TABLES, TABLE_ASSETS
from pipelines.warehouse.resources import HomeRun

JUDGES_CHECK = "judges_agree"
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
    counts = run.second_judge.compare(run.engine)
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
