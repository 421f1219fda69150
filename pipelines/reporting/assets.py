"""What may be shown, the monthly reports, and the index of all of them."""

import warnings
from collections.abc import Iterator

import dagster as dg

from pipelines.months import month_of
from pipelines.partitions import months
from pipelines.reporting.figures.disclosure import policy_table
from pipelines.reporting.releases.released_counts import TABLE as RELEASED_COUNTS
from pipelines.reporting.releases.released_counts import released_counts
from pipelines.warehouse.assets import (
    build_checked,
    key_check_specs,
    layer,
    model_specs,
    result,
    selected_names,
)
from pipelines.warehouse.key_check import KeyCheck
from pipelines.warehouse.resources import HomeRun

# Backfill policies are marked as beta in the Dagster that is pinned; that is known and accepted.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`")

POLICIES = "ref_disclosure_policies"
PUBLISHED_MODELS = layer("pub_")


@dg.multi_asset(
    name="pub_layer",
    specs=[
        dg.AssetSpec(
            POLICIES,
            group_name="pub_tables",
            description="Who may see what and how exactly, from data_contracts/disclosure/.",
        ),
        dg.AssetSpec(
            RELEASED_COUNTS,
            group_name="pub_tables",
            description="What released public reports show, which later ones must agree with.",
        ),
        *model_specs(PUBLISHED_MODELS, {model.name: model.inputs for model in PUBLISHED_MODELS}),
    ],
    check_specs=key_check_specs(model.name for model in PUBLISHED_MODELS),
    can_subset=True,
)
def pub_layer(
    context: dg.AssetExecutionContext, home_run: HomeRun
) -> Iterator[dg.MaterializeResult]:
    """The one gate between figures and readers."""
    run = home_run.run_for(context)
    names = selected_names(context)
    if POLICIES in names:
        public = run.settings.governance.public_policy
        yield result(run.keep_frame(POLICIES, policy_table(public_policy=public)))
    if RELEASED_COUNTS in names:
        yield result(run.keep_frame(RELEASED_COUNTS, released_counts(run.home.reports)))
    failed: list[KeyCheck] = []
    for built, check in build_checked(run, sorted(set(names) - {POLICIES, RELEASED_COUNTS})):
        if not check.passed:
            failed.append(check)
        yield result(built, check)
    for check in failed:
        check.require()
    home_run.finish_step(context)


@dg.asset(
    partitions_def=months,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[model.name for model in PUBLISHED_MODELS],
    group_name="reports",
    description="The month's report for each audience: report.json and the page made from it.",
)
def monthly_report(context: dg.AssetExecutionContext, home_run: HomeRun) -> dg.MaterializeResult:
    """Write the reports of the months asked for; a month that is not complete is left out."""
    # The libraries that draw pages are loaded where pages are drawn, not with the code location.
    from pipelines.reporting.crew import Crew
    from pipelines.reporting.upkeep import ReportWriter

    run = home_run.run_for(context)
    if run.second_judge.is_asked:
        # Dagster may put the check that asks the judges after this step: no page before they agree.
        run.second_judge.compare()
    with Crew() as crew:
        writer = ReportWriter(run, crew)
        written = {key: writer.write(month_of(key)) for key in context.partition_keys}
        restated = writer.restate(context.partition_keys)
    home_run.finish_step(context)
    return dg.MaterializeResult(
        metadata={
            "n_pages": sum(len(pages) for pages in written.values()),
            "not_written": ", ".join(key for key, pages in written.items() if not pages) or "none",
            "restated": ", ".join(restated) or "none",
        }
    )


@dg.asset(
    deps=[monthly_report],
    group_name="reports",
    description="The list of all months and versions.",
)
def report_index(context: dg.AssetExecutionContext, home_run: HomeRun) -> dg.MaterializeResult:
    """Rewrite the index of the home's reports."""
    from pipelines.reporting.upkeep import ReportWriter

    n_months = ReportWriter(home_run.run_for(context)).write_index()
    home_run.finish_step(context)
    return dg.MaterializeResult(metadata={"n_months": n_months})


REPORT_ASSETS = [pub_layer, monthly_report, report_index]
