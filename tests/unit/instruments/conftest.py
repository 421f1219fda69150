"""A catalogue with one file, changed as a test wants."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.instruments.catalogue_figures import documents


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., Path]:
    """A folder with PHQ-9 alone, after a change to its parsed file."""

    def edit(change: Callable[[dict[str, Any]], object], *, name: str = "phq9.yaml") -> Path:
        content = copy.deepcopy(documents()["phq9"])
        change(content)
        (tmp_path / name).write_text(yaml.safe_dump(content), encoding="utf-8")
        return tmp_path

    return edit
