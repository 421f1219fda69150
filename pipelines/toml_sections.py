"""Sections of a TOML file, read key by key so that a misspelt key is noticed."""

import json
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.errors import SettingsError
from pipelines.files import sha256_text


def section_digests(path: Path) -> dict[str, str]:
    """A digest of each section of a file, so that two states of it can be told apart by section."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: sha256_text(json.dumps(value, default=str, sort_keys=True))
        for name, value in sorted(content.items())
    }


class Section:
    """One table of the file. `take` removes what it reads; `refuse_leftovers` names the rest."""

    def __init__(self, path: Path, name: str, value: object) -> None:
        if not isinstance(value, dict):
            raise SettingsError(
                "A section of the settings is not a table.",
                where=f"{path}, {name}",
                expected=f"[{name}] with one key a line",
                found=type(value).__name__,
                todo="write it as a section",
            )
        self.path, self.name, self.left = path, name, dict(value)

    def take(self, key: str, kind: type, default: Any = None) -> Any:
        """The value of a key, which must be of this kind.

        Raises: SettingsError when it is missing without a default, or of another kind.
        """
        value = self.left.pop(key, default)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        is_near_miss = (kind is int and isinstance(value, bool)) or (
            kind is date and isinstance(value, datetime)
        )
        if not isinstance(value, kind) or is_near_miss:
            raise SettingsError(
                "A setting is missing or has the wrong type.",
                where=f"{self.path}, [{self.name}] {key}",
                expected=kind.__name__,
                found="nothing" if value is None else type(value).__name__,
                todo="add or correct the line",
            )
        return value

    def take_if_there(self, key: str, kind: type) -> Any:
        """The value of a key that may be left out; None where it is."""
        return self.take(key, kind) if key in self.left else None

    def refuse_leftovers(self) -> None:
        """Raise a SettingsError that names the keys nothing has read."""
        if self.left:
            raise SettingsError(
                "Settings that nothing reads; a misspelt key would silently do nothing.",
                where=f"{self.path}, [{self.name}]",
                expected="only keys that README.md lists",
                found=", ".join(sorted(self.left)),
                todo="correct or remove them",
            )


class Sections:
    """A whole file, section by section."""

    def __init__(self, path: Path, content: dict[str, Any]) -> None:
        self.path, self.left = path, dict(content)

    def section(self, name: str) -> Section:
        """One section; an empty one where the file has none."""
        return Section(self.path, name, self.left.pop(name, {}))

    def table(self, name: str) -> dict[str, Any]:
        """The sections below one name, by their own names."""
        return Section(self.path, name, self.left.pop(name, {})).left

    def entries(self, name: str) -> list[Section]:
        """The entries of a list of sections, `[[name]]`, in the order of the file.

        Raises: SettingsError when it is no list.
        """
        value = self.left.pop(name, [])
        if not isinstance(value, list):
            raise SettingsError(
                "A list of the settings is not one.",
                where=f"{self.path}, {name}",
                expected=f"[[{name}]], once for each entry",
                found=type(value).__name__,
                todo=f"write each entry below a line [[{name}]]",
            )
        return [
            Section(self.path, f"{name} number {number}", entry)
            for number, entry in enumerate(value, start=1)
        ]

    def refuse_leftovers(self) -> None:
        """Raise a SettingsError that names the sections nothing has read."""
        Section(self.path, "top level", self.left).refuse_leftovers()
