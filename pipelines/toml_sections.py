"""Sections of a TOML file, read key by key so that a misspelt key is noticed."""

import json
import tomllib
from collections.abc import Iterable
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pipelines.errors import SettingsError
from pipelines.files import sha256_text

# What a setting of each kind looks like in the file.
_LOOKS_LIKE = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: 'text in quotes, such as "text"',
    list: 'a list, such as ["one", "two"]',
    dict: "a table, such as { key = 1 }",
    date: "a day without quotes, such as 2026-01-31",
}


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
        self._known: set[str] = set()

    def take(self, key: str, kind: type, default: Any = None) -> Any:
        """The value of a key, which must be of this kind.

        Raises: SettingsError when it is missing without a default, or of another kind.
        """
        self._known.add(key)
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
                expected=_LOOKS_LIKE.get(kind, kind.__name__),
                found="nothing" if value is None else type(value).__name__,
                todo="add or correct the line",
            )
        return value

    def take_if_there(self, key: str, kind: type) -> Any:
        """The value of a key that may be left out; None where it is."""
        self._known.add(key)
        return self.take(key, kind) if key in self.left else None

    def take_number(
        self, key: str, kind: type, default: float, *, least: float, most: float | None = None
    ) -> Any:
        """The value of a key, a number from `least` up to `most`, where there is one.

        Raises: SettingsError when it is of another kind or out of that range.
        """
        value = self.take(key, kind, default)
        if value < least or (most is not None and value > most):
            raise SettingsError(
                "A setting is out of its range.",
                where=f"{self.path}, [{self.name}] {key}",
                expected=f"{least} or more" if most is None else f"a number from {least} to {most}",
                found=str(value),
                todo="correct the line",
            )
        return value

    def refuse_leftovers(self) -> None:
        """Raise a SettingsError that names the keys nothing has read, and those that are known."""
        refuse_unknown(self.left, self._known, where=f"{self.path}, [{self.name}]")


def refuse_unknown(found: Iterable[str], known: Iterable[str], *, where: str) -> None:
    """Raise a SettingsError that says what each key that nobody knows is most likely meant as."""
    unknown, allowed = sorted(set(found) - set(known)), sorted(known)
    if unknown:
        close = {name: get_close_matches(name, allowed, n=1) for name in unknown}
        raise SettingsError(
            "Settings that nothing reads; a misspelt key would silently do nothing.",
            where=where,
            expected="one of " + ", ".join(allowed),
            found=", ".join(
                f"{name} (is it {close[name][0]}?)" if close[name] else name for name in unknown
            ),
            todo="correct or remove them; README.md explains each",
        )


class Sections:
    """A whole file, section by section."""

    def __init__(self, path: Path, content: dict[str, Any]) -> None:
        self.path, self.left = path, dict(content)
        self._known: set[str] = set()

    def section(self, name: str) -> Section:
        """One section; an empty one where the file has none."""
        self._known.add(name)
        return Section(self.path, name, self.left.pop(name, {}))

    def table(self, name: str) -> dict[str, Any]:
        """The sections below one name, by their own names."""
        return self.section(name).left

    def entries(self, name: str) -> list[Section]:
        """The entries of a list of sections, `[[name]]`, in the order of the file.

        Raises: SettingsError when it is no list.
        """
        self._known.add(name)
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
        """Raise a SettingsError that names the sections nothing has read, and those there are."""
        refuse_unknown(self.left, self._known, where=f"{self.path}, [top level]")
