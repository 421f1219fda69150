"""What the commands share: options, progress on a terminal, and how findings are printed."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from pipelines import progress


def home_option(words: str) -> Callable[..., Any]:
    """The option that names the home, with what a command says of it."""
    return click.option(
        "--home",
        "home_path",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="OUTCOMES_HOME",
        default=Path("clinic"),
        show_default=True,
        help=words,
    )


HOME_OPTION = home_option("The clinic's folder (or OUTCOMES_HOME).")
JSON_OPTION = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")


@contextmanager
def showing_progress() -> Iterator[None]:
    """Tell what is being done on standard error, where that is a terminal."""
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


def show(as_json: bool, content: Any, lines: Callable[[], Sequence[str]]) -> None:
    """Print what was found: as JSON for a program, else as lines."""
    if as_json:
        click.echo(json.dumps(content, indent=2, sort_keys=True, default=str))
    else:
        for line in lines():
            click.echo(line)


def tell_refused(refused: Sequence[object]) -> None:
    """Print what was refused, and end with exit code 1 where anything was."""
    for error in refused:
        click.echo(str(error), err=True)
    if refused:
        sys.exit(1)


def counted(n: int, noun: str) -> str:
    """So many of a thing, such as `1 row` and `2 rows`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
