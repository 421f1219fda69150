"""`outcomes contract` and `outcomes instrument`: a look at the files that people write."""

import sys
from pathlib import Path

import click

from pipelines.cli_options import JSON_OPTION, show


@click.group()
def contract() -> None:
    """Look at the contracts of tables.

    Example: outcomes contract diff old/clients.odcs.yaml data_contracts/clients.odcs.yaml
    """


@contract.command("diff")
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", type=click.Path(exists=True, path_type=Path))
@JSON_OPTION
def diff(old: Path, new: Path, as_json: bool) -> None:
    """Say what changed between two contract files or folders, and what of it is breaking.

    Exit 1 where a version number says less than has changed.

    Example: outcomes contract diff old/clients.odcs.yaml data_contracts/clients.odcs.yaml
    """
    from pipelines.contracts.contract_files import diff_contracts

    found = diff_contracts(old, new)
    show(as_json, found.as_dict(), found.lines)
    sys.exit(0 if found.is_honest else 1)


@click.group()
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
    show(as_json, found.as_dict(), found.lines)
    sys.exit(0 if found.is_clean else 1)
