"""`outcomes release`: a draft becomes a released version."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from pipelines.home import Home


@click.command("release")
@click.argument("period", metavar="PERIOD")
@click.option("--by", required=True, help="Who releases it: a name, shown on every page.")
@click.option("--note", default="", help="Why, or on what grounds; shown on every page.")
@click.option(
    "--home",
    "home_path",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="OUTCOMES_HOME",
    default=Path("clinic"),
    show_default=True,
    help="The clinic's folder (or OUTCOMES_HOME).",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")
def release_command(period: str, by: str, note: str, home_path: Path, as_json: bool) -> None:
    """Make the draft of a month, a quarter or a year a released version.

    It is sealed with all its pages, also those of programmes, therapists and groups, and never
    written again. PERIOD is 2026-10, 2026-Q3 or 2026.

    Where the clinic's settings ask for a second person, the first one proposes the release and
    another one approves it with the same command.

    Example: outcomes release 2026-10 --by "Dr Example" --note "read by the board"
    """
    from pipelines.reporting.release import release

    done = release(Home(home_path), period, by=by, note=note, at=datetime.now(UTC))
    if as_json:
        told = {"period": done.period, "version": done.version, "state": done.state}
        click.echo(json.dumps(told | {"folder": str(done.folder)}, indent=2, sort_keys=True))
        return
    sentence = (
        "is released."
        if done.state == "released"
        else "is proposed for release: a second person must now release it too."
    )
    click.echo(f"Version {done.version} of {done.period} {sentence}")
    click.echo(f"Folder: {done.folder}")
