"""A SQL model file: its header, its parameters and the tables it reads.

One file is one table and one select. Dependencies and parameters are read from the SQL itself, so
that no list beside it can rot. They are found by patterns that our SQL style guarantees: parsing
all files takes a second, which every start of Dagster would pay. A convention test parses each
file with SQLGlot and holds the two against each other.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from pipelines.engine import SQL_FOLDER
from pipelines.errors import ModelError
from pipelines.files import sha256_text

MODEL_FOLDERS = ("staging", "intermediate", "marts", "published")
_FIELD = re.compile(r"^-- (Grain|Key|Source):\s*(.*)$")
_PARAMETER = re.compile(r"\$([a-z_][a-z0-9_]*)")
# A text in quotes, or what lies between two words: space and comments.
_TEXT_OR_SPACE = re.compile(r"('(?:[^']|'')*')|(?:--[^\n]*|\s)+")
_QUOTED = re.compile(r"'(?:[^']|'')*'")
# `is distinct from x` compares; a name with a bracket behind it is a function.
_READ = re.compile(r"(?<!distinct )\b(?:from|join) ([a-z_][a-z0-9_]*)\b(?! ?\()")
_CTE = re.compile(
    r"(?:\bwith(?: recursive)?|,) ([a-z_][a-z0-9_]*) (?:\([^()]*\) )?as (?:materialized )?\("
)


@dataclass(frozen=True)
class Model:
    """One model file. `key` are the columns that identify a row; `sql` is the text as written."""

    name: str
    path: Path
    purpose: str
    grain: str
    key: tuple[str, ...]
    source: str
    sql: str

    @property
    def description(self) -> str:
        """The header as Dagster's page shows it, with the file to read on in."""
        parts = [self.purpose, f"Grain: {self.grain}", f"Key: {', '.join(self.key)}"]
        if self.source:
            parts.append(f"Source: {self.source}")
        return "\n\n".join([*parts, f"File: sql/{self.path.parent.name}/{self.path.name}"])

    @cached_property
    def _code(self) -> str:
        """The query on one line, without comments."""
        return _TEXT_OR_SPACE.sub(lambda found: found[1] or " ", self.sql).strip()

    @cached_property
    def inputs(self) -> frozenset[str]:
        """Names of the tables it reads."""
        code = _QUOTED.sub("''", self._code)
        return frozenset(_READ.findall(code)) - frozenset(_CTE.findall(code))

    @cached_property
    def parameters(self) -> frozenset[str]:
        """Names of the `$parameters` it uses; DuckDB refuses one that is not used."""
        return frozenset(_PARAMETER.findall(_QUOTED.sub("''", self._code)))

    @cached_property
    def digest(self) -> str:
        """Changes with the query, not with its comments or layout."""
        return sha256_text(self._code)


def read_model(path: Path) -> Model:
    """The model in one file.

    Raises: ModelError when the header lacks its purpose, Grain or Key.
    """
    text = path.read_text(encoding="utf-8")
    header: list[str] = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        header.append(line)
    fields: dict[str, str] = {}
    purpose: list[str] = []
    current = ""
    for line in header:
        match = _FIELD.match(line)
        if match:
            current = match[1]
            fields[current] = match[2].strip()
        elif line.strip() == "--":
            current = "" if current == "" else current
        elif current:
            fields[current] += " " + line.removeprefix("--").strip()
        else:
            purpose.append(line.removeprefix("--").strip())
    missing = [name for name in ("Grain", "Key") if not fields.get(name)]
    if not purpose:
        missing.insert(0, "purpose")
    if missing:
        raise ModelError(
            "A SQL model's header is incomplete.",
            where=str(path),
            expected="a purpose, then `-- Grain:` and `-- Key:`",
            found="no " + ", no ".join(missing),
            todo="add the lines; the key becomes a check",
        )
    return Model(
        name=path.stem,
        path=path,
        purpose=" ".join(purpose),
        grain=fields["Grain"],
        key=tuple(column.strip() for column in fields["Key"].split(",")),
        source=fields.get("Source", ""),
        sql=text,
    )


@cache
def load_models(folder: Path = SQL_FOLDER) -> dict[str, Model]:
    """All models by name, in an order in which each follows the models it reads."""
    models = {
        path.stem: read_model(path)
        for subfolder in MODEL_FOLDERS
        for path in sorted((folder / subfolder).glob("*.sql"))
    }
    return {name: models[name] for name in build_order(models)}


@cache
def load_checks(folder: Path = SQL_FOLDER) -> dict[str, Model]:
    """The invariants of `sql/checks/`: a returned row is a broken promise."""
    checks = {}
    for path in sorted((folder / "checks").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        meaning = " ".join(
            line.removeprefix("--").strip() for line in text.splitlines() if line.startswith("--")
        )
        checks[path.stem] = Model(path.stem, path, meaning, "", (), "", text)
    return checks


def build_order(models: Mapping[str, Model], wanted: Iterable[str] | None = None) -> list[str]:
    """Model names so that each follows its inputs; ties go by name.

    Raises: ModelError when models read each other in a circle.
    """
    names = set(models if wanted is None else wanted)
    sorter = TopologicalSorter({name: models[name].inputs & names for name in sorted(names)})
    try:
        sorter.prepare()
    except CycleError as error:
        raise ModelError(
            "SQL models read each other in a circle.",
            found=" -> ".join(error.args[1]),
            todo="split the fact that both need into a model of its own",
        ) from None
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order.extend(ready)
        sorter.done(*ready)
    return order
