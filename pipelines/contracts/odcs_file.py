"""A YAML file read field by field, so that all its problems are told at once.

What belongs here: places, expectations and findings for messages. What the fields of a contract
mean is in `odcs.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import ContractError
from pipelines.yaml_files import load_yaml, yaml_line


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a file."""

    where: str
    expected: str
    found: str
    todo: str


@dataclass
class Problems:
    """All that is wrong, gathered before anything is raised."""

    found: list[Problem] = field(default_factory=list)

    def add(self, where: str, expected: str, found: str, todo: str) -> None:
        self.found.append(Problem(where, expected, found, todo))

    def raise_if_any(self) -> None:
        """Raises: ContractError with every problem."""
        if not self.found:
            return
        first = self.found[0]
        if len(self.found) == 1:
            raise ContractError(
                "A contract cannot be used.",
                where=first.where,
                expected=first.expected,
                found=first.found,
                todo=first.todo,
            )
        raise ContractError(
            f"The contracts have {len(self.found)} problems.",
            where="; ".join(dict.fromkeys(problem.where for problem in self.found)),
            found="".join(
                f"\n    {problem.where}: expected {problem.expected}, found {problem.found}"
                for problem in self.found
            ),
            todo=first.todo + "; then load the contracts again",
        )


def read_yaml(path: Path, problems: Problems) -> dict[str, Any] | None:
    """The mapping that a YAML file holds; None, with a problem, where it holds none."""
    try:
        content = load_yaml(path)
    except yaml.YAMLError as error:
        line = yaml_line(error)
        place = f"{path.name}, line {line}" if line else path.name
        found = str(getattr(error, "problem", None) or "not YAML")
        problems.add(place, "YAML with each key once", found, "correct the line")
        return None
    except UnicodeDecodeError:
        problems.add(path.name, "UTF-8", "another encoding", "save the file as UTF-8")
        return None
    if not isinstance(content, dict):
        problems.add(
            path.name, "a mapping of names to values", type(content).__name__, "see the other files"
        )
        return None
    return content


class Node:
    """One mapping of the file. A wrong field is a problem, and reads as something harmless."""

    def __init__(self, content: Mapping[str, Any], where: str, problems: Problems) -> None:
        self.content, self.where, self.problems = content, where, problems

    def wrong(self, key: str, expected: str) -> None:
        """Note that a field is not what it must be. The file is ours: its values may be shown."""
        value = self.content.get(key)
        found = value if isinstance(value, str | int | float) else type(value).__name__
        self.problems.add(
            f"{self.where}, {key}",
            expected,
            "nothing" if value is None else str(found),
            "correct the field",
        )

    def must_be(self, key: str, expected: str | int) -> None:
        value = self.content.get(key)
        if value != expected or isinstance(value, bool):
            self.wrong(key, str(expected))

    def text(self, key: str) -> str:
        value = self.content.get(key)
        if isinstance(value, str) and value.strip():
            return value
        self.wrong(key, "a text")
        return ""

    def texts(self, key: str, *, optional: bool = False) -> tuple[str, ...]:
        value = self.content.get(key)
        if value is None and optional:
            return ()
        if isinstance(value, list) and value and all(isinstance(entry, str) for entry in value):
            return tuple(value)
        self.wrong(key, "a list of texts (in quotes where YAML reads a number or a yes)")
        return ()

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self.content.get(key)
        if isinstance(value, str) and value in choices:
            return value
        self.wrong(key, f"one of {', '.join(choices)}")
        return choices[0]

    def flag(self, key: str) -> bool:
        value = self.content.get(key, False)
        if not isinstance(value, bool):
            self.wrong(key, "true or false")
        return value is True

    def number(self, key: str) -> int | float | None:
        value = self.content.get(key)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        self.wrong(key, "a number")
        return None

    def node(self, key: str, *, optional: bool = False) -> "Node":
        value = self.content.get(key)
        if not isinstance(value, dict):
            if value is not None or not optional:
                self.wrong(key, "a mapping")
            value = {}
        return Node(value, self.where, self.problems)

    def nodes(self, key: str, *, optional: bool = False) -> list["Node"]:
        value = self.content.get(key)
        if value is None and optional:
            return []
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.wrong(key, "a list of mappings")
            return []
        return [Node(entry, self.where, self.problems) for entry in value]

    def custom(self, name: str, *, optional: bool = False) -> str:
        """The text of a custom property."""
        for entry in self.nodes("customProperties", optional=True):
            if entry.content.get("property") == name:
                return entry.text("value")
        if not optional:
            self.problems.add(
                self.where, f"a custom property {name}", "nothing", "add it to customProperties"
            )
        return ""

    def only(self, *keys: str) -> None:
        """Note fields that nothing reads: a misspelt one would silently do nothing."""
        unread = sorted(set(self.content) - set(keys))
        if unread:
            self.problems.add(
                self.where, f"only {', '.join(keys)}", ", ".join(unread), "correct or remove them"
            )
