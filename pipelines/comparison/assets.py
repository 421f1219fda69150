"""Assets of the comparison: tables that no single select can make, because models are fitted."""

from collections.abc import Iterator

import dagster as dg

from pipelines.comparison import measures
from pipelines.comparison.estimates import INPUTS
from pipelines.comparison.made_tables import GRAINS, KEYS, PURPOSES
from pipelines.warehouse.assets import result, selected_names
from pipelines.warehouse.resources import HomeRun


@dg.multi_asset(
    name="comparison_layer",
    specs=[
        dg.AssetSpec(
            name,
            deps=INPUTS.get(name, measures.INPUTS),
            group_name="comparison_tables",
            description=f"{PURPOSES[name]}\n\nGrain: {GRAINS[name]}\n\nKey: {', '.join(key)}",
            skippable=False,
        )
        for name, key in KEYS.items()
    ],
    can_subset=True,
)
def comparison_layer(
    context: dg.AssetExecutionContext, home_run: HomeRun
) -> Iterator[dg.MaterializeResult]:
    """Case mix, shrunken estimates, limits and verdicts, for therapists and for groups.

    All tables of these come from the same fits: one that is asked for alone brings the others with
    it. Beside them are estimates of single courses, each with inputs of its own.
    """
    # Loaded where it is used: the code location starts without numerical libraries.
    from pipelines.comparison.memo import build_comparison, build_estimates

    names = selected_names(context)
    run = home_run.run_for(context)
    for built in (*build_comparison(run), *build_estimates(run)):
        if built.table in names:
            yield result(built)
    home_run.finish_step(context)
