"""One instrument file, checked: every problem with its line, and its scoring drawn on an example.

What belongs here: what `outcomes instrument check FILE` says. A file is judged by the JSON schema
first, since what it means cannot be judged while its shape is wrong; then by `consistency.py` and
against the codes of the other instruments.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from pipelines.instruments.catalogue import INSTRUMENTS_FOLDER, load_catalogue
from pipelines.instruments.consistency import problems_of
from pipelines.instruments.document_check import (
    document_problems,
    place_name,
)
from pipelines.instruments.example_form import ExampleForm, example_form
from pipelines.instruments.instrument import Instrument
from pipelines.instruments.instrument_file import read_instrument
from pipelines.yaml_files import StrictLoader, yaml_line, yaml_problem

_SCHEMA = INSTRUMENTS_FOLDER / "instrument.schema.json"
# Words of the schema that say less than the sentence made of them here.
_EXPECTED = {
    "required": "the field {missing}",
    "additionalProperties": "no field {surplus}",
    "type": "{value}",
    "enum": "one of {value}",
    "pattern": "text like {value}",
    "minItems": "a list with {value} at least",
    "minimum": "{value} or more",
    "maximum": "{value} or less",
    "exclusiveMinimum": "more than {value}",
    "minLength": "text, found none",
    "maxItems": "a list with {value} at most",
    "uniqueItems": "each of the list once",
    "minProperties": "a field at least",
}
_TYPES = {
    "array": "a list",
    "object": "fields, one a line",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


@dataclass(frozen=True)
class FileProblem:
    """What is wrong, and where: a field's path, and its line where the file has one."""

    place: str
    line: int | None
    text: str

    def __str__(self) -> str:
        return f"{f'line {self.line}, ' if self.line else ''}{self.place}: {self.text}"


@dataclass(frozen=True)
class InstrumentFindings:
    """All that a check of one file has found; an example where the file is sound and scored."""

    path: Path
    problems: tuple[FileProblem, ...]
    instrument: Instrument | None
    example: ExampleForm | None

    @property
    def is_clean(self) -> bool:
        """Whether the catalogue could take the file."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """For a program: problems, and the example's scores."""
        return {
            "file": str(self.path),
            "problems": [vars(problem) for problem in self.problems],
            "example": self.example.as_dict() if self.example else None,
        }

    def lines(self) -> list[str]:
        """For a person."""
        if self.problems:
            n = len(self.problems)
            return [
                f"{self.path}: {n} problem{'s' if n > 1 else ''}",
                *(f"  {problem}" for problem in self.problems),
                "  what to do: correct the lines named; an uncertain figure is `unverified`, not"
                " left out",
            ]
        assert self.instrument is not None
        lines = [f"{self.path}: nothing is wrong", *_about(self.instrument)]
        if self.example is not None:
            return [*lines, *self.example.lines()]
        # A delivered total is held against them, too.
        return [*lines, *ExampleForm(self.instrument, {}, {}).threshold_lines()]


def check_instrument_file(path: Path) -> InstrumentFindings:
    """Judge one file as the catalogue would, all problems at once."""
    content = path.read_bytes()
    try:
        root = yaml.compose(content, Loader=yaml.SafeLoader)
        document = yaml.load(content, Loader=StrictLoader)
    except yaml.YAMLError as error:
        problem = FileProblem("the file", yaml_line(error), yaml_problem(error))
        return InstrumentFindings(path, (problem,), None, None)
    problems = list(_schema_problems(document, root))
    told = {problem.place for problem in problems}
    problems += [
        FileProblem(place_name(place), _line_of(root, place), text)
        for place, text in document_problems(document)
        if place_name(place) not in told
    ]
    if problems:
        return InstrumentFindings(path, tuple(problems), None, None)
    instrument = read_instrument(document)
    found = list(problems_of(instrument))
    if instrument.instrument_id != path.stem:
        found.append(f"the file is not named {instrument.instrument_id}.yaml, after its id")
    if not found:
        # A file in the catalogue's own folder is loaded with it: broken, it would not be.
        found += _codes_of_others(instrument)
    problems = [FileProblem("the file", None, text) for text in found]
    return InstrumentFindings(
        path,
        tuple(problems),
        instrument,
        None if problems or not instrument.is_scored else example_form(instrument),
    )


def _schema_problems(document: Any, root: yaml.Node | None) -> Iterator[FileProblem]:
    validator = Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))
    errors = sorted(validator.iter_errors(document), key=lambda error: list(map(str, error.path)))
    told: set[FileProblem] = set()
    for error in errors:
        # Of several shapes that would do, the one that the file comes closest to.
        leaf = best_match([error]) or error
        place = tuple(leaf.absolute_path)
        problem = FileProblem(
            place_name(place), _line_of(root, place), f"expected {_expected(leaf)}"
        )
        # The schema finds each missing field by itself; one sentence names them all.
        if problem not in told:
            told.add(problem)
            yield problem


def _expected(error: ValidationError) -> str:
    instance = error.instance if isinstance(error.instance, dict) else {}
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    if error.validator in {"oneOf", "anyOf"}:
        shapes: Any = error.validator_value
        return " or ".join(_shape(each) for each in shapes)
    words = _EXPECTED.get(str(error.validator))
    if words is None:
        return f"{error.validator} {error.validator_value}"
    required = error.validator_value if isinstance(error.validator_value, list) else []
    value = required if error.validator in {"enum", "type"} and required else error.validator_value
    if error.validator == "type":
        kinds = value if isinstance(value, list) else [value]
        value = " or ".join(_TYPES.get(str(kind), str(kind)) for kind in kinds)
    return words.format(
        missing=", ".join(str(name) for name in required if name not in instance),
        surplus=", ".join(str(name) for name in instance if name not in known),
        value=", ".join(map(str, value)) if isinstance(value, list) else value,
    )


def _shape(schema: dict[str, Any]) -> str:
    """One of several shapes that would do, in a few words."""
    if "required" in schema:
        return f"the fields {', '.join(schema['required'])}"
    return _TYPES.get(str(schema.get("type")), "another shape, as instrument.schema.json has it")


def _line_of(node: yaml.Node | None, path: Sequence[str | int]) -> int | None:
    """The line of a field; of what holds it where the field itself is not there."""
    if node is None:
        return None
    found: yaml.Node = node
    for step in path:
        if isinstance(found, yaml.SequenceNode) and isinstance(step, int):
            found = found.value[step]
        elif isinstance(found, yaml.MappingNode):
            below = [value for key, value in found.value if key.value == str(step)]
            found = below[0] if below else found
    return found.start_mark.line + 1 if found.start_mark else None


def _codes_of_others(instrument: Instrument) -> Iterator[str]:
    owners = {
        code: other.instrument_id
        for other in load_catalogue().instruments.values()
        if other.instrument_id != instrument.instrument_id
        for code, _, _ in other.verified_codes()
    }
    for code, _, _ in instrument.verified_codes():
        if code in owners:
            yield f"loinc code {code} is one of {owners[code]} already"


def _about(instrument: Instrument) -> list[str]:
    items = f"{instrument.n_items} items" if instrument.n_items else "items of several forms"
    if instrument.item_points:
        items += f" from {instrument.item_points[0]} to {instrument.item_points[1]}"
    direction = {"higher_worse": "higher is worse", "higher_better": "higher is better"}.get(
        instrument.direction, "each scale has its own direction"
    )
    lines = [f"  {instrument.name}, version {instrument.version}: {items}; {direction}"]
    if not instrument.is_scored:
        lines.append(
            f"  It is not scored from answers: {instrument.not_scored_why}. A delivered total"
            " counts where it lies in the range."
        )
    return lines
