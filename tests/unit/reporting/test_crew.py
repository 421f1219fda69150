"""Tasks that are done here or in processes: what they leave, raise and leave undone."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pipelines.errors import ModelError
from pipelines.reporting.crew import Crew, Task


def note(folder: Path, name: str) -> None:
    (folder / name).write_text(str(os.getpid()), encoding="utf-8")


def fail() -> None:
    raise ModelError("A task failed.", where="here")


def notes(folder: Path, n: int) -> Iterator[Task]:
    return (partial(note, folder, f"{each}") for each in range(n))


def by(folder: Path) -> set[str]:
    return {path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_few_tasks_are_done_here_and_many_elsewhere_by_the_same_processes(tmp_path: Path) -> None:
    here, once, twice = (tmp_path / name for name in ("here", "once", "twice"))
    for folder in (here, once, twice):
        folder.mkdir()
    with Crew(many=3) as crew:
        crew.do(notes(here, 2))
        assert by(here) == {str(os.getpid())}
        crew.do(notes(once, 3))
        crew.do(notes(twice, 5))
        assert len(list(once.iterdir())) == 3
        assert len(list(twice.iterdir())) == 5
        assert str(os.getpid()) not in by(once)
        # A process that is started for later tasks would be a third.
        assert len(by(once) | by(twice)) <= 2
        with pytest.raises(ModelError, match="A task failed"):
            crew.do([*notes(here, 2), fail, fail])
        crew.do(notes(here, 3))


@pytest.mark.parametrize("many", [1, 9])
def test_an_error_while_tasks_are_made_is_raised(many: int) -> None:
    def tasks() -> Iterator[Task]:
        raise ModelError("No task can be made.", where="here")
        yield fail

    with Crew(many=many) as crew, pytest.raises(ModelError, match="No task"):
        crew.do(tasks())
