"""`[sources.<name>]` of `clinic.toml`: the places and layouts that deliveries come from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.errors import SettingsError
from pipelines.files import sha256_file, sha256_text
from pipelines.toml_sections import Section

MAPPINGS_FOLDER = "mappings"
SHIPPED_MAPPINGS = Path(__file__).parents[1] / "data_contracts" / "sources"


@dataclass(frozen=True)
class SourceSettings:
    """One place that deliveries come from: `[sources.<name>]`.

    Without a `path` nothing is pulled: its deliveries are landed by hand. `mapping` is the file
    that says how they are to be read, where they are of a layout of their own.
    """

    name: str
    kind: str
    path: Path | None
    mode: str = "full"
    mapping: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    # Instruments whose reversed items it delivers already turned.
    turned_instruments: frozenset[str] = frozenset()

    @property
    def mapping_digest(self) -> str:
        """Changes with the mapping's file; that it is missing is told where it is read."""
        is_there = self.mapping is not None and self.mapping.is_file()
        return sha256_text(
            self.name, sha256_file(self.mapping) if is_there and self.mapping else ""
        )


def read_source(path: Path, name: str, value: object) -> SourceSettings:
    """One source of the settings file at `path`.

    Raises: SettingsError naming the key that is wrong.
    """
    section = Section(path, f"sources.{name}", value)
    mapping = section.take_if_there("mapping", str)
    # A source with a mapping is landed by hand, unless a folder is named.
    kind = section.take("kind", str, None if mapping is None else "folder")
    place = section.take_if_there("path", str)
    if place is None and mapping is None:
        section.take("path", str)
    mode = section.take("mode", str, "full")
    if mode not in {"full", "incremental"}:
        raise SettingsError(
            "A source's mode is not known.",
            where=f"{path}, [sources.{name}] mode",
            expected="full or incremental",
            found=mode,
            todo="correct the word",
        )
    options = section.take("options", dict, {})
    turned = section.take("items_already_reversed", list, [])
    section.refuse_leftovers()
    if not all(isinstance(one, str) for one in turned):
        raise SettingsError(
            "What a source says of its reversed items cannot be used.",
            where=f"{path}, [sources.{name}] items_already_reversed",
            expected='a list of instruments, such as ["core10", "rses"]',
            found=", ".join(sorted({type(one).__name__ for one in turned})),
            todo="write the ids that `data_contracts/instruments` has, in quotes",
        )
    return SourceSettings(
        name=name,
        kind=kind,
        path=None if place is None else path.parent / place,
        mode=mode,
        mapping=None if mapping is None else mapping_path(path.parent, mapping),
        options=options,
        turned_instruments=frozenset(turned),
    )


def add_source(settings: Path, name: str, mapping: str) -> None:
    """Write a source with this mapping at the end of the settings file."""
    with settings.open("a", encoding="utf-8") as file:
        file.write(f"\n[sources.{name}]\nmapping = {json.dumps(mapping)}\n")


def mapping_path(folder: Path, name: str) -> Path:
    """Where a mapping of this name lies: in the folder's `mappings/`, else among the shipped ones.

    A name with an ending or a folder in it is a path of its own.
    """
    file = Path(name)
    if len(file.parts) > 1 or (folder / file).is_file():
        return folder / file
    file = file if file.suffix == ".yaml" else Path(f"{name}.yaml")
    own, shipped = folder / MAPPINGS_FOLDER / file, SHIPPED_MAPPINGS / file
    return shipped if shipped.is_file() and not own.is_file() else own
