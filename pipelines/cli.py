"""The `outcomes` command: parses, calls, prints.

Exit codes: 0 done, 1 the data needs attention, 2 wrong use, 3 something broke. Progress goes to
standard error when that is a terminal; what a program may read goes to standard output (`--json`).
"""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from pipelines.cli_files import contract, instrument
from pipelines.cli_map import map_command
from pipelines.cli_options import (
    HOME_OPTION,
    JSON_OPTION,
    counted,
    show,
    showing_progress,
    tell_refused,
)
from pipelines.cli_release import release_command
from pipelines.cli_run import demo, run
from pipelines.errors import DeliveryError, OutcomesError
from pipelines.home import Home, require_source
from pipelines.source_settings import mapping_path

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


for command in (contract, demo, instrument, map_command, release_command, run):
    main.add_command(command)


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
    with showing_progress():
        found = check_delivery(
            path,
            home=Home(home_path) if home_path is not None else None,
            mode="incremental" if incremental else None,
            delivered_on=_day(delivered_on),
            source=source or "inbox",
            mapping=None if mapping is None else mapping_path(Path.cwd(), mapping),
        )
    show(as_json, found.as_dict(), found.lines)
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
    show(as_json, _delivery(delivery), lambda: _delivery_lines(delivery))


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
    show(
        as_json,
        {"landed": [_delivery(each) for each in landed], "refused": [str(e) for e in refused]},
        lambda: [line for each in landed for line in _delivery_lines(each)] or ["Nothing new."],
    )
    tell_refused(refused)


@main.command()
@HOME_OPTION
@JSON_OPTION
def status(home_path: Path, as_json: bool) -> None:
    """Deliveries, quarantine, stale tables, reports.

    Example: outcomes status --json
    """
    from pipelines.audit.status import home_status

    found = home_status(Home(home_path))
    show(as_json, found.as_dict(), found.lines)


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
        click.echo(f"{counted(len(rows), 'row')} in {csv_path}")
        return
    show(as_json, rows, lambda: lines(rows) or ["Nothing is in quarantine."])


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
    click.echo(f"{counted(n_rows, 'row')} in {target}")


@main.command()
@HOME_OPTION
def docs(home_path: Path) -> None:
    """Draw Great Expectations' pages of the deliveries that have none yet.

    Example: outcomes docs --home clinic
    """
    from pipelines.reporting.data_docs import write_data_docs

    with showing_progress():
        written = write_data_docs(Home(home_path))
    new = counted(written.n_new, "new page")
    click.echo(f"{new}, {counted(written.n_pages, 'page')} in all: {written.index}")


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
        f" from {delivery.source}: {counted(len(delivery.files), 'file')}",
        *(f"  not taken: {file.name} ({file.reason})" for file in delivery.unrecognised),
    ]
