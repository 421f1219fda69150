"""One small demo home for all end-to-end tests, made once however many workers there are."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from pipelines.demo.clinic import DemoOptions, write_deliveries
from pipelines.home import Home
from tests.pipeline.homes import fill_inbox, new_home, succeed
from tests.pipeline.sealed import sealed_command

FOLDER = Path(__file__).parent
SMALL = DemoOptions(clients=400, months=6)
TINY = DemoOptions(clients=60, months=3)
MadeOnce = Callable[[str, Callable[[Path], None]], Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that ask for the demo home come last in this folder, but for the first of them.

    That one makes it, and the other worker would only wait for it.
    """
    places = [place for place, item in enumerate(items) if item.path.parent == FOLDER]
    own = [items[place] for place in places]
    asking = dict.fromkeys(item.path for item in own if "demo" in getattr(item, "fixturenames", ()))
    later = set(list(asking)[1:])
    for place, item in zip(places, sorted(own, key=lambda item: item.path in later), strict=True):
        items[place] = item


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """Makes a folder of a name, or waits for the worker that is making it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(name: str, fill: Callable[[Path], None]) -> Path:
        folder, done = shared / name, shared / f"{name}.done"
        with FileLock(shared / f"{name}.lock"):
            if not done.exists():
                if folder.exists():
                    pytest.fail(f"making {name} failed before")
                folder.mkdir()
                fill(folder)
                done.touch()
        return folder

    return make


@pytest.fixture(scope="session")
def small_deliveries(made_once: MadeOnce) -> Path:
    """Six months of a small demo clinic, and their truth."""
    return made_once("small-deliveries", lambda folder: _write(SMALL, folder))


@pytest.fixture(scope="session")
def tiny_deliveries(made_once: MadeOnce) -> Path:
    """Three months of a very small demo clinic."""
    return made_once("tiny-deliveries", lambda folder: _write(TINY, folder))


def _write(options: DemoOptions, folder: Path) -> None:
    write_deliveries(options, folder)


@pytest.fixture(scope="session")
def demo(made_once: MadeOnce, small_deliveries: Path) -> Home:
    """The small demo clinic after its run, which could reach no network. Only to be read.

    It has reports of two months and of the quarter that ends with the first of them.
    """

    def fill(root: Path) -> None:
        home = new_home(root, prints=True, decisions="\n[report]\nmonths = 2\n")
        fill_inbox(home, small_deliveries)
        command, proof = sealed_command(root.with_name("demo-seal"))
        succeed("run", "--home", root, env=proof, command=command)

    return Home(made_once("demo", fill))


@pytest.fixture(scope="session")
def never_killed(made_once: MadeOnce, tiny_deliveries: Path) -> Home:
    """The tiny clinic after one whole run. Only to be read."""

    def fill(root: Path) -> None:
        home = new_home(root)
        fill_inbox(home, tiny_deliveries)
        # One thread, where other runs have two or four: their bytes are compared.
        succeed("run", "--home", home.root, env={"OUTCOMES_THREADS": "1"})

    return Home(made_once("never-killed", fill))


@pytest.fixture(scope="session")
def truth(small_deliveries: Path) -> dict[str, Any]:
    """What the demo clinic was made from."""
    return json.loads((small_deliveries / "truth.json").read_text(encoding="utf-8"))
