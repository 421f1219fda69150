"""`outcomes map`: drafts a mapping, keeps it where it is looked for, and says what comes next."""

import json
from pathlib import Path

import click

from pipelines.cli_options import home_option
from pipelines.errors import UsageError
from pipelines.files import private_folder, write_atomic
from pipelines.home import SETTINGS_FILE, Home
from pipelines.source_settings import add_source


@click.command("map")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--source",
    "name",
    default="ehr",
    show_default=True,
    help="What the source and its mapping are to be called: small letters, digits, underscores.",
)
@home_option("Keep the draft in this home (made where there is none) and name it in clinic.toml.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Write the draft to this file instead, named as the source; the home is left alone.",
)
@click.option("--time-zone", default=None, help="Of the export's times, such as America/New_York.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program; write nothing.")
def map_command(
    path: Path,
    name: str,
    home_path: Path,
    output: Path | None,
    time_zone: str | None,
    as_json: bool,
) -> None:
    """Draft how an export of another layout is to be read; never tells a client's value.

    Example: outcomes map exports/2026-10-31 --home clinic --source ehr
    """
    from pipelines.drafting.draft import draft_mapping
    from pipelines.instruments.catalogue import load_catalogue

    target = output or home_path / "mappings" / f"{name}.yaml"
    name = target.stem
    if target.exists() and not as_json:
        raise UsageError(
            "There is a mapping of this name already, and somebody may have finished it.",
            where=str(target),
            todo="name another --source, or remove the file",
        )
    draft = draft_mapping(path, name=name, time_zone=time_zone, catalogue=load_catalogue())
    if as_json:
        click.echo(json.dumps(draft.as_dict(), indent=2, sort_keys=True))
        return
    if output is None:
        home = Home.create(home_path, time_zone=time_zone or "UTC")
        private_folder(home.mappings)
        if name not in {source.name for source in home.settings.sources}:
            add_source(home.root / SETTINGS_FILE, name, f"{name}.yaml")
    write_atomic(target, draft.text)
    for line in draft.lines():
        click.echo(line)
    how = f"--mapping {target}" if output else f"--source {name} --home {home_path}"
    # Each asks what only the clinic knows.
    click.echo(f"\nThe draft is in {target}; {draft.n_todo} places in it say TODO.")
    click.echo("Next: finish it in an editor, then")
    click.echo(f"  outcomes check {path} {how}")
    if output is None:
        settings = Home(home_path).settings
        click.echo(f"  outcomes land {path} {how}")
        click.echo(f"  outcomes run --home {home_path}")
        click.echo(
            f"\nThe clinic is called {settings.clinic_name}, and its days are those of"
            f" {settings.time_zone}: where that is wrong, correct {home_path / SETTINGS_FILE}."
        )
