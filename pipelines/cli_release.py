"""`outcomes release`: a draft becomes a released version."""

from datetime import UTC, datetime
from pathlib import Path

import click

from pipelines.cli_options import HOME_OPTION, JSON_OPTION, show
from pipelines.home import Home


@click.command("release")
@click.argument("period", metavar="PERIOD")
@click.option("--by", required=True, help="Who releases it: a name, shown on every page.")
@click.option("--note", default="", help="Why, or on what grounds; shown on every page.")
@HOME_OPTION
@JSON_OPTION
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
    sentence = (
        "is released."
        if done.state == "released"
        else "is proposed for release: a second person must now release it too."
    )
    told = {"period": done.period, "version": done.version, "state": done.state}
    show(
        as_json,
        told | {"folder": str(done.folder)},
        lambda: [f"Version {done.version} of {done.period} {sentence}", f"Folder: {done.folder}"],
    )
