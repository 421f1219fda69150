"""The instrument catalogue: every instrument of `data_contracts/instruments/` by its id.

What belongs here: reading the folder and naming all that is wrong with it. The tables that SQL
reads are made in `reference_tables.py`.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml

from pipelines.errors import InstrumentError
from pipelines.instruments.consistency import problems_of
from pipelines.instruments.document_check import (
    document_problems,
    place_name,
)
from pipelines.instruments.instrument import VERIFIED, Instrument
from pipelines.instruments.instrument_file import read_instrument
from pipelines.yaml_files import StrictLoader, load_yaml, yaml_line, yaml_problem

INSTRUMENTS_FOLDER = Path(__file__).parents[2] / "data_contracts" / "instruments"
_ANSWERS_FILE = "answers.yaml"
_CONVENTIONS_FILE = "conventions.yaml"
_APPLIED_CONVENTIONS = frozenset({VERIFIED, "design"})
# Files of the folder that are no instrument.
SHARED_FILES = (_ANSWERS_FILE, _CONVENTIONS_FILE)


@dataclass(frozen=True)
class Convention:
    """A figure that belongs to no single instrument."""

    name: str
    value: Decimal
    status: str
    source: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Catalogue:
    """All instruments by id, in the order of their ids.

    `answer_points` are the points of coded answers, `conventions` the figures that belong to no
    single instrument. `digest` changes with any file.
    """

    instruments: Mapping[str, Instrument]
    answer_points: Mapping[str, Decimal]
    conventions: Mapping[str, Convention]
    digest: str


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """The catalogue in a folder, by default the project's own, which is read once.

    Raises: InstrumentError naming every problem of every file at once.
    """
    return _own_catalogue() if folder is None else _read_catalogue(folder)


@cache
def _own_catalogue() -> Catalogue:
    return _read_catalogue(INSTRUMENTS_FOLDER)


def _read_catalogue(folder: Path) -> Catalogue:
    digest = hashlib.sha256()
    instruments: dict[str, Instrument] = {}
    problems: list[str] = []
    paths = sorted(folder.glob("*.yaml"))
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.name}:{len(content)}:".encode())
        digest.update(content)
        if path.name in SHARED_FILES:
            continue
        try:
            document = yaml.load(content, Loader=StrictLoader)
            wrong = list(document_problems(document))
            problems += [f"{path.name}, {place_name(place)}: {text}" for place, text in wrong]
            if wrong:
                continue
            instrument = read_instrument(document)
        except yaml.YAMLError as error:
            line = yaml_line(error)
            place = f" at line {line}" if line else ""
            problems.append(f"{path.name}: {yaml_problem(error)}{place}")
            continue
        except KeyError as error:
            problems.append(f"{path.name}: has no field {error}")
            continue
        except (TypeError, ValueError, AttributeError, ArithmeticError, IndexError):
            problems.append(f"{path.name}: does not have the shape of instrument.schema.json")
            continue
        if instrument.instrument_id != path.stem:
            problems.append(f"{path.name}: has the id {instrument.instrument_id}")
        problems += [f"{path.name}: {problem}" for problem in problems_of(instrument)]
        instruments[path.stem] = instrument
    problems += _shared_codes(instruments.values())
    if not instruments and not problems:
        problems.append("there is no instrument file")
    if problems:
        raise InstrumentError(
            "The instrument catalogue cannot be used.",
            where=str(folder),
            expected="one file per instrument, as instrument.schema.json describes",
            found="; ".join(problems),
            todo="correct the files named; an uncertain figure is `unverified`, not left out",
        )
    return Catalogue(
        instruments=instruments,
        answer_points=_answer_points(folder / _ANSWERS_FILE),
        # They hold for any catalogue, that of a test's folder included.
        conventions=_conventions(INSTRUMENTS_FOLDER / _CONVENTIONS_FILE),
        digest=digest.hexdigest(),
    )


def _answer_points(path: Path) -> dict[str, Decimal]:
    if not path.exists():
        return {}
    document = load_yaml(path)
    if document["status"] != VERIFIED:
        return {}
    return {entry["code"]: Decimal(str(entry["points"])) for entry in document["answers"]}


def _conventions(path: Path) -> dict[str, Convention]:
    document = load_yaml(path)
    unusable = [
        str(entry["name"])
        for entry in document["conventions"]
        if entry["status"] not in _APPLIED_CONVENTIONS
        or (entry["status"] == VERIFIED and not entry["source"])
    ]
    if unusable:
        raise InstrumentError(
            "A figure that belongs to no single instrument cannot be used.",
            where=str(path),
            expected="status verified with a source, or design: each of them is applied",
            found=", ".join(unusable),
            todo="give its source, or say that it is a rule of this project",
        )
    return {
        entry["name"]: Convention(
            name=entry["name"],
            value=Decimal(str(entry["value"])),
            status=entry["status"],
            source=tuple(entry["source"]),
            note=" ".join(entry.get("note", "").split()),
        )
        for entry in document["conventions"]
    }


def _shared_codes(instruments: Iterable[Instrument]) -> list[str]:
    """A code of two instruments could not say which of them was meant."""
    owners: dict[str, str] = {}
    problems = []
    for instrument in instruments:
        for code, _, _ in instrument.verified_codes():
            owner = owners.setdefault(code, instrument.instrument_id)
            if owner != instrument.instrument_id:
                problems.append(f"loinc code {code} is in {owner} and {instrument.instrument_id}")
    return problems
