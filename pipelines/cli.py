"""The `outcomes` command: parses, calls, prints.

Exit codes: 0 done, 1 the data needs attention, 2 wrong use, 3 something broke. Progress goes to
standard error when that is a terminal; what a program may read goes to standard output (`--json`).
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from pipelines import progress
from pipelines.cli_map import map_command
from pipelines.cli_release import release_command
from pipelines.contracts.commands import contract
from pipelines.errors import DeliveryError, OutcomesError, UsageError
from pipelines.home import Home, require_source
from pipelines.source_settings import mapping_path

HOME_OPTION = click.option(
    "--home",
    "home_path",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="OUTCOMES_HOME",
    default=Path("clinic"),
    show_default=True,
    help="The clinic's folder (or OUTCOMES_HOME).",
)
JSON_OPTION = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")
BROKEN = 3


class _Commands(click.Group):
    """Prints our errors as they are, and anything else as one line unless `--debug` is given."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OutcomesError as error:
            if ctx.params.get("debug"):
                raise
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)
        # Whoever reads no further, as `| head` does, has had enough; click ends quietly then.
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params.get("debug"):
                raise
            # The text of a foreign exception may hold a client's value, so only its kind is told.
            click.echo(
                f"Something broke: {type(error).__name__}.\n"
                "  what to do: run again with `outcomes --debug ...` on this machine and look at"
                " the traceback",
                err=True,
            )
            ctx.exit(BROKEN)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show tracebacks; they may quote clients' values.")
def main(debug: bool) -> None:
    """From a clinic's EHR exports to outcome reports that can be checked."""


@contextmanager
def _showing_progress() -> Iterator[None]:
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        token = progress.listener.set(lambda text: status.update(text))
        try:
            yield
        finally:
            progress.listener.reset(token)


def _print(as_json: bool, content: Any, lines: Callable[[], Sequence[str]]) -> None:
    if as_json:
        click.echo(json.dumps(content, indent=2, sort_keys=True, default=str))
    else:
        for line in lines():
            click.echo(line)


@main.command()
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
    from pipelines.demo.clinic import DemoOptions, clinic_decisions, write_deliveries
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
    with _showing_progress():
        progress.say("writing the demo clinic's deliveries")
        write_deliveries(options, home.inbox)
        _run_and_tell(home, month=None, as_json=False, all_months=True, latest=reports)


@main.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--home",
    "home_path",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Judge the delivery beside what this home already has.",
)
@click.option("--source", default=None, help="Which of the home's sources it comes from.")
@click.option("--mapping", default=None, help="A mapping: its file, or the name of a shipped one.")
@click.option("--incremental", is_flag=True, help="The delivery holds only what is new or changed.")
@click.option("--delivered-on", type=click.DateTime(["%Y-%m-%d"]), default=None)
@JSON_OPTION
def check(
    path: Path,
    home_path: Path | None,
    source: str | None,
    mapping: str | None,
    incremental: bool,
    delivered_on: datetime | None,
    as_json: bool,
) -> None:
    """Check a delivery against the contracts and change nothing; exit 1 on errors.

    Example: outcomes check exports/2026-10-31
    """
    from pipelines.warehouse.rehearsal import check_delivery

    require_source(home_path, source)
    with _showing_progress():
        found = check_delivery(
            path,
            home=Home(home_path) if home_path is not None else None,
            mode="incremental" if incremental else None,
            delivered_on=_day(delivered_on),
            source=source or "inbox",
            mapping=None if mapping is None else mapping_path(Path.cwd(), mapping),
        )
    _print(as_json, found.as_dict(), found.lines)
    sys.exit(0 if found.is_clean else 1)


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@HOME_OPTION
@click.option("--source", default="inbox", show_default=True, help="Which source it comes from.")
@click.option("--incremental", is_flag=True, help="It holds only what is new or changed.")
@click.option("--delivered-on", type=click.DateTime(["%Y-%m-%d"]), default=None)
@JSON_OPTION
def land(
    paths: tuple[Path, ...],
    home_path: Path,
    source: str,
    incremental: bool,
    delivered_on: datetime | None,
    as_json: bool,
) -> None:
    """Take a delivery (a folder, or files given together) into the home.

    Example: outcomes land exports/2026-10-31 --delivered-on 2026-10-31
    """
    from pipelines.ingest.landing import land as land_delivery

    require_source(home_path, source)
    home = Home.create(home_path)
    delivery = land_delivery(
        home,
        list(paths),
        source=source,
        mode="incremental" if incremental else None,
        delivered_on=_day(delivered_on),
    )
    _print(as_json, _delivery(delivery), lambda: _delivery_lines(delivery))


@main.command()
@HOME_OPTION
@JSON_OPTION
def pull(home_path: Path, as_json: bool) -> None:
    """Take what the configured sources have.

    Example: outcomes pull --home clinic
    """
    from pipelines.ingest.sources import pull as pull_sources

    refused: list[DeliveryError] = []
    landed = pull_sources(Home(home_path), on_refused=refused.append)
    _print(
        as_json,
        {"landed": [_delivery(each) for each in landed], "refused": [str(e) for e in refused]},
        lambda: [line for each in landed for line in _delivery_lines(each)] or ["Nothing new."],
    )
    _tell_refused(refused)


@main.command()
@HOME_OPTION
@click.option("--month", default=None, metavar="YYYY-MM", help="Default: latest complete month.")
@click.option("--all-months", is_flag=True, help="A report for every complete month.")
@JSON_OPTION
def run(home_path: Path, month: str | None, all_months: bool, as_json: bool) -> None:
    """Bring everything that is out of date up to date.

    Example: outcomes run --month 2026-10
    """
    with _showing_progress():
        _run_and_tell(Home(home_path), month=month, as_json=as_json, all_months=all_months)


def _run_and_tell(
    home: Home, *, month: str | None, as_json: bool, all_months: bool, latest: int = 0
) -> None:
    """Run and print; with `latest` only so many of the months get a report."""
    from pipelines.ingest.manifest import deliveries
    from pipelines.ingest.sources import pull as pull_sources
    from pipelines.months import month_of
    from pipelines.reporting.disclosure import audience_policies
    from pipelines.reporting.due_reports import months_to_report, reports_missing
    from pipelines.reporting.versions import moved_since_release, newest_version
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
        _tell_refused(refused)
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
    told = {
        "ran": not is_current,
        "months": months,
        "report": pages[-1] if pages else None,
        "moved": {period: version.number for period, version in moved.items()},
    }
    _print(
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
        ],
    )
    facts = current_snapshot(home).facts
    for warning in facts.get("warnings", ()):
        click.echo(warning, err=True)
    _tell_refused([*refused, *facts.get("refusals", ())])


def _tell_refused(refused: Sequence[DeliveryError | str]) -> None:
    for error in refused:
        click.echo(str(error), err=True)
    if refused:
        sys.exit(1)


@main.command()
@HOME_OPTION
@JSON_OPTION
def status(home_path: Path, as_json: bool) -> None:
    """Deliveries, quarantine, stale tables, reports.

    Example: outcomes status --json
    """
    from pipelines.audit.status import home_status

    found = home_status(Home(home_path))
    _print(as_json, found.as_dict(), found.lines)


@main.command()
@HOME_OPTION
@click.option("--table", default=None, help="Only this table's rows.")
@click.option("--rule", default=None, help="Only rows that break this rule.")
@click.option("--source", default=None, help="Only what came from this source.")
@click.option("--delivery", default=None, help="Only this delivery: its id or its day.")
@click.option("--by-delivery", "view", flag_value="by-delivery", help="Counts by delivery.")
@click.option("--list", "view", flag_value="list", help="One line per row: file, line, reasons.")
@click.option("--rows", "view", flag_value="rows", help="The rows as delivered; needs --purpose.")
@click.option("--to-fix", "view", flag_value="to-fix", help="By clinician; needs --purpose.")
@click.option("--owner", default=None, help="With --to-fix: only this therapist's rows.")
@click.option("--purpose", default=None, help="Why rows are handed out; the ledger keeps it.")
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False, path_type=Path), default=None)
@JSON_OPTION
def quarantine(home_path: Path, as_json: bool, csv_path: Path | None, **asked: Any) -> None:
    """What was turned away, why, and what to do.

    Example: outcomes quarantine --to-fix --owner T001 --purpose "to mend May" --csv to_fix.csv
    """
    from pipelines.audit.quarantine import ask, write_csv

    rows, lines = ask(Home(home_path), **asked)
    if csv_path is not None:
        write_csv(csv_path, rows)
        click.echo(f"{_count(len(rows), 'row')} in {csv_path}")
        return
    _print(as_json, rows, lambda: lines(rows) or ["Nothing is in quarantine."])


@main.command()
@click.argument("table")
@HOME_OPTION
@click.option("--format", "kind", type=click.Choice(["csv", "parquet", "json"]), default="csv")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="The file to write; default: TABLE.FORMAT in this folder.",
)
@click.option("--purpose", default=None, help="Why; needed for row-level tables, kept for audits.")
@click.option("--therapist", default=None, help="Only this therapist's courses, by their own ids.")
def export(table: str, home_path: Path, kind: str, **how: Any) -> None:
    """Write any table to a file; those with rows about single people need --purpose.

    Example: outcomes export mart_outcomes --format parquet --output outcomes.parquet
    """
    from pipelines.audit.export import export_table

    target = how.pop("output") or Path(f"{table}.{kind}")
    n_rows = export_table(Home(home_path), table, kind=kind, output=target, **how)
    click.echo(f"{_count(n_rows, 'row')} in {target}")


main.add_command(map_command)
main.add_command(release_command)


@main.group()
def instrument() -> None:
    """Look at the files of the instrument catalogue.

    Example: outcomes instrument check data_contracts/instruments/phq9.yaml
    """


@instrument.command("check")
@click.argument(
    "path", metavar="FILE", type=click.Path(dir_okay=False, exists=True, path_type=Path)
)
@JSON_OPTION
def check_instrument(path: Path, as_json: bool) -> None:
    """Say what is wrong with an instrument file and draw its scoring on an example.

    Example: outcomes instrument check data_contracts/instruments/phq9.yaml
    """
    from pipelines.instruments.file_check import check_instrument_file

    found = check_instrument_file(path)
    _print(as_json, found.as_dict(), found.lines)
    sys.exit(0 if found.is_clean else 1)


main.add_command(contract)


@main.command()
@HOME_OPTION
def docs(home_path: Path) -> None:
    """Draw Great Expectations' pages of the deliveries that have none yet.

    Example: outcomes docs --home clinic
    """
    from pipelines.reporting.data_docs import write_data_docs

    with _showing_progress():
        written = write_data_docs(Home(home_path))
    new = _count(written.n_new, "new page")
    click.echo(f"{new}, {_count(written.n_pages, 'page')} in all: {written.index}")


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None


def _delivery(delivery: Any) -> dict[str, Any]:
    return {
        "delivery_id": delivery.delivery_id,
        "source": delivery.source,
        "kind": delivery.kind,
        "mode": delivery.mode,
        "delivered_on": delivery.delivered_on.isoformat(),
        "is_new": delivery.is_new,
        "files": [{"name": file.name, "holds": file.holds} for file in delivery.files],
        "unrecognised": [
            {"name": file.name, "reason": file.reason} for file in delivery.unrecognised
        ],
    }


def _delivery_lines(delivery: Any) -> list[str]:
    state = "Landed" if delivery.is_new else "Landed before, nothing changed:"
    return [
        f"{state} {delivery.mode} delivery {delivery.delivery_id} of {delivery.delivered_on}"
        f" from {delivery.source}: {_count(len(delivery.files), 'file')}",
        *(f"  not taken: {file.name} ({file.reason})" for file in delivery.unrecognised),
    ]
