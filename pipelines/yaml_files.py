"""How this project reads YAML: quickly, and never with a key that comes twice.

What belongs here: the loader, and what is said of a file that it refuses. What a file means is
judged where it is read.
"""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml
from yaml.reader import ReaderError

# The C parser is ten times as fast; a PyYAML built without it gives the same result.
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NO_VALUE = "a day or a number that is none"


class StrictLoader(_BASE):
    """A safe loader that refuses a key that comes twice: YAML would silently keep the last."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """The value of a node.

        Raises: yaml.MarkedYAMLError for what looks like a day or a number and cannot be one, such
                as 31 February.
        """
        try:
            return super().construct_object(node, deep=deep)
        except ValueError:
            raise yaml.MarkedYAMLError(problem=_NO_VALUE, problem_mark=node.start_mark) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping of a node.

        Raises: yaml.MarkedYAMLError naming the key that comes twice.
        """
        names = [key.value for key, _ in node.value if isinstance(key.value, str)]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            place = [key for key, _ in node.value if key.value == twice][1].start_mark
            raise yaml.MarkedYAMLError(problem=f"{twice} twice", problem_mark=place)
        return super().construct_mapping(node, deep)


def load_yaml(path: Path) -> Any:
    """What a file holds.

    Raises: OSError, yaml.YAMLError.
    """
    return yaml.load(path.read_bytes(), Loader=StrictLoader)


def yaml_problem(error: yaml.YAMLError) -> str:
    """Why the loader refuses a file: a key twice, no such day, not UTF-8, or no YAML at all."""
    found = str(getattr(error, "problem", None) or "")
    if found == _NO_VALUE:
        return f"holds {found}"
    if found.endswith(" twice"):
        return f"has {found}"
    if isinstance(error, ReaderError):
        return "is not text in UTF-8"
    return f"is not YAML ({found})" if found else "is not YAML"


def yaml_line(error: yaml.YAMLError) -> int | None:
    """The line that the loader stopped at, from 1; None where it does not say."""
    mark = getattr(error, "problem_mark", None)
    return None if mark is None else mark.line + 1
