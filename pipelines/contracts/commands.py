"""Commands about contracts: what changed between two versions of them."""

import json
import sys
from pathlib import Path

import click


@click.group()
def contract() -> None:
    """Look at the contracts of tables.

    Example: outcomes contract diff old/clients.odcs.yaml data_contracts/clients.odcs.yaml
    """


@contract.command("diff")
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def diff(old: Path, new: Path, as_json: bool) -> None:
    """Say what changed between two contract files or folders, and what of it is breaking.

    Exit 1 where a version number says less than has changed.

    Example: outcomes contract diff old/clients.odcs.yaml data_contracts/clients.odcs.yaml
    """
    from pipelines.contracts.contract_files import diff_contracts

    found = diff_contracts(old, new)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2, sort_keys=True))
    else:
        for line in found.lines():
            click.echo(line)
    sys.exit(0 if found.is_honest else 1)
