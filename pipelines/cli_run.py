"""`outcomes run` and `outcomes demo`: bring a home up to date and say where its report is."""

from pathlib import Path

import click

from pipelines import progress
from pipelines.cli_options import HOME_OPTION, JSON_OPTION, show, showing_progress, tell_refused
from pipelines.errors import DeliveryError, UsageError
from pipelines.home import Home


@click.command()
@HOME_OPTION
@click.option("--clients", type=click.IntRange(min=1), default=6000, show_default=True)
@click.option("--months", type=click.IntRange(min=1), default=36, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--as-of", "as_of_month", default="2026-10", show_default=True, metavar="YYYY-MM")
@click.option(
    "--reports",
    type=click.IntRange(min=1),
    default=6,
    show_default=True,
    help="Of so many of the latest months; `outcomes run --all-months` makes the others.",
)
def demo(
    home_path: Path, clients: int, months: int, seed: int, as_of_month: str, reports: int
) -> None:
    """Write a made-up clinic's deliveries to a home, then do what `run` does.

    Example: outcomes demo --home clinic --clients 6000 --months 36
    """
    from pipelines.demo.adopted_claims import adopt_claims
    from pipelines.demo.clinic import DemoOptions, write_deliveries
    from pipelines.demo.decisions import clinic_decisions
    from pipelines.months import month_of

    month_of(as_of_month)
    options = DemoOptions(clients=clients, months=months, seed=seed, as_of_month=as_of_month)
    home = Home.create(
        home_path,
        name="Made-up Clinic",
        salt=f"demo-{seed}",
        decisions=clinic_decisions(options),
    )
    adopt_claims(options, home.claims)
    with showing_progress():
        progress.say("writing the demo clinic's deliveries")
        write_deliveries(options, home.inbox)
        _run_and_tell(home, month=None, as_json=False, all_months=True, latest=reports)


@click.command()
@HOME_OPTION
@click.option("--month", default=None, metavar="YYYY-MM", help="Default: latest complete month.")
@click.option("--all-months", is_flag=True, help="A report for every complete month.")
@JSON_OPTION
def run(home_path: Path, month: str | None, all_months: bool, as_json: bool) -> None:
    """Bring everything that is out of date up to date.

    Example: outcomes run --month 2026-10
    """
    with showing_progress():
        _run_and_tell(Home(home_path), month=month, as_json=as_json, all_months=all_months)


_ANEW = "  `outcomes run --month YYYY-MM` makes that month's anew, `--all-months` every one"


def _run_and_tell(
    home: Home, *, month: str | None, as_json: bool, all_months: bool, latest: int = 0
) -> None:
    """Run and print; with `latest` only so many of the months get a report."""
    from pipelines.ingest.manifest import deliveries
    from pipelines.ingest.sources import pull as pull_sources
    from pipelines.months import month_of
    from pipelines.reporting.figures.disclosure import audience_policies
    from pipelines.reporting.releases.due_reports import months_to_report, reports_missing
    from pipelines.reporting.releases.versions import (
        drafts_out_of_date,
        moved_since_release,
        newest_version,
    )
    from pipelines.warehouse.inputs import inputs_fingerprint
    from pipelines.warehouse.noted_runs import note_cut_off_run
    from pipelines.warehouse.snapshot import current_snapshot, ensure_catalogues

    if month is not None:
        month_of(month)
    # A wrong name is told before anything is computed.
    audience_policies(home.settings.governance.public_policy)
    refused: list[DeliveryError] = []
    pull_sources(home, on_refused=refused.append)
    if not deliveries(home):
        tell_refused(refused)
        raise UsageError(
            "There is nothing to run on: no delivery has been landed yet.",
            where=str(home.root),
            todo=f"put a delivery's folder into {home.inbox}, or use `outcomes land`",
        )
    months = months_to_report(home, month=month, all_months=all_months)[-latest:]
    inputs = inputs_fingerprint(home)
    missing = reports_missing(home, months, inputs)
    is_current = current_snapshot(home).inputs == inputs and not missing
    if is_current:
        ensure_catalogues(home)
        note_cut_off_run(home)
    else:
        from pipelines.definitions import run_job

        run_job(home, missing or months)
    newest = [(each, newest_version(home.reports / each)) for each in months]
    pages = [str(v.folder / "director" / "index.html") for _, v in newest if v is not None]
    moved = moved_since_release(home.reports)
    old = drafts_out_of_date(home.reports, inputs)
    told = {
        "ran": not is_current,
        "months": months,
        "report": pages[-1] if pages else None,
        "moved": {period: version.number for period, version in moved.items()},
        "out_of_date": old,
    }
    show(
        as_json,
        told,
        lambda: [
            "Everything is up to date." if is_current else "Done.",
            f"Report: {pages[-1]}" if pages else "No month is complete yet, so there is no report.",
            *([f"All months: {home.reports / 'index.html'}"] if pages else []),
            *(
                line
                for period, version in moved.items()
                for line in (
                    f"Moved: {period}, draft of version {version.number}: {version.change_words}",
                    f"  {version.folder / 'director' / 'index.html'}",
                )
            ),
            *([f"Drafts of an earlier state: {', '.join(old)}", _ANEW] if old else []),
        ],
    )
    facts = current_snapshot(home).facts
    for warning in facts.get("warnings", ()):
        click.echo(warning, err=True)
    tell_refused([*refused, *facts.get("refusals", ())])
