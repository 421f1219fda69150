"""A mapping's YAML file, read and judged: every problem with its line, before a cell is read.

What the file's shape may be is said by `mapping.schema.json`; what only this project can know (a
time zone, a regular expression, a date format, a column that holds notes) is judged here.
"""

import json
import re
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from pipelines.errors import SettingsError
from pipelines.files import sha256_text
from pipelines.home import Home
from pipelines.ingest.mapped.model import SourceMapping
from pipelines.ingest.mapped.parse import parse_mapping
from pipelines.source_settings import SHIPPED_MAPPINGS
from pipelines.yaml_files import StrictLoader, yaml_line

_SCHEMA = SHIPPED_MAPPINGS / "mapping.schema.json"
Place = tuple[str | int, ...]


class _PlainWords(StrictLoader):
    """Reads `No`, `01` and `2026-01-31` as words, not as false, a number and a day."""


_PlainWords.yaml_implicit_resolvers = {}
for _tag, _form, _first in (
    ("bool", r"true|false", "tf"),
    ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("null", r"~|null|", ["~", "n", ""]),
):
    _PlainWords.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_form})$"), list(_first)
    )


def shipped_mappings() -> list[str]:
    """The names of the mappings that come with this project."""
    return sorted(path.stem for path in SHIPPED_MAPPINGS.glob("*.yaml"))


def source_mapping(home: Home, source: str) -> SourceMapping | None:
    """The mapping of a source of the home; None where its deliveries need none.

    Raises: SettingsError when the mapping is missing or cannot be used.
    """
    for each in home.settings.sources:
        if each.name == source and each.mapping is not None:
            return load_mapping(each.mapping)
    return None


def load_mapping(path: Path) -> SourceMapping:
    """The mapping in a file.

    Raises: SettingsError naming every problem with its line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(
            "There is no such mapping.",
            where=str(path),
            expected="a YAML file in the home's folder mappings/, or one of"
            f" {', '.join(shipped_mappings())}",
            found="no file",
            todo="correct the name, or draft a mapping with `outcomes map`",
        ) from None
    except UnicodeDecodeError:
        raise _unusable(path, ["expected UTF-8, found another encoding"]) from None
    try:
        document = yaml.load(text, Loader=_PlainWords)
        lines = _Lines(text)
    except yaml.YAMLError as error:
        line = yaml_line(error)
        place = f"line {line}: " if line else ""
        found = str(getattr(error, "problem", None) or "this is not YAML")
        raise _unusable(path, [f"{place}{found}"]) from None
    problems = list(_shape_problems(document))
    if not problems:
        problems = list(_meaning_problems(document, path))
    if problems:
        raise _unusable(
            path, [f"line {lines.of(place)}, {_name(place)}: {words}" for place, words in problems]
        )
    return parse_mapping(document, digest=sha256_text(text))


def _unusable(path: Path, problems: Sequence[str]) -> SettingsError:
    return SettingsError(
        "A mapping cannot be used.",
        where=str(path),
        expected="what data_contracts/sources/mapping.schema.json describes",
        found=problems[0] if len(problems) == 1 else "".join(f"\n    {each}" for each in problems),
        todo="correct the lines",
    )


class _Lines:
    """The line on which each field of a YAML text stands."""

    def __init__(self, text: str) -> None:
        self._by_place: dict[Place, int] = {(): 1}
        self._walk(yaml.compose(text, Loader=_PlainWords), ())

    def _walk(self, node: yaml.Node | None, place: Place) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inside = (*place, key.value)
                self._by_place[inside] = key.start_mark.line + 1
                self._walk(value, inside)
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                self._by_place[*place, number] = value.start_mark.line + 1
                self._walk(value, (*place, number))

    def of(self, place: Place) -> int:
        # Keys of YAML may be numbers; places name them as text.
        known = tuple(step if isinstance(step, int) else str(step) for step in place)
        while known not in self._by_place:
            known = known[:-1]
        return self._by_place[known]


def _name(place: Place) -> str:
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in place]
    return "".join(steps).lstrip(".") or "the file"


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))


def _shape_problems(document: object) -> Iterator[tuple[Place, str]]:
    # Item numbers and codes may be written as numbers; JSON knows keys of text only.
    found = sorted(_validator().iter_errors(_with_text_keys(document)), key=lambda e: str(e.path))
    for error in found:
        deepest = _deepest(error)
        yield tuple(deepest.absolute_path), _sentence(deepest)


def _with_text_keys(value: object) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _with_text_keys(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_text_keys(each) for each in value]
    return value


def _deepest(error: ValidationError) -> ValidationError:
    """Of alternatives the one that was meant: a column's name is text, all else a mapping."""
    while error.context and error.validator in {"oneOf", "anyOf"}:
        is_text = isinstance(error.instance, str)
        fitting = [
            each
            for each in error.context
            if not (each.validator == "type" and (each.validator_value == "string") != is_text)
        ]
        chosen = best_match(fitting or error.context)
        if chosen is None or chosen.validator == "required":
            return error if chosen is None else chosen
        error = chosen
    return error


def _sentence(error: ValidationError) -> str:
    if error.validator == "additionalProperties":
        schema: Any = error.schema
        known = schema.get("properties", {})
        instance: Any = error.instance
        surplus = ", ".join(sorted(set(instance) - set(known)))
        return f"{surplus} is no key that may stand here; those are {', '.join(sorted(known))}"
    if error.validator == "enum":
        allowed: Any = error.validator_value
        return f"expected one of {', '.join(map(str, allowed))}, found {error.instance}"
    if error.validator == "not" or (error.validator == "oneOf" and "each" in error.message):
        return "two keys stand here that exclude each other"
    return error.message


def _meaning_problems(document: Mapping[str, Any], path: Path) -> Iterator[tuple[Place, str]]:
    if document["name"] != path.stem:
        yield ("name",), f"expected {path.stem}, as the file is named, found {document['name']}"
    zone = document.get("time_zone")
    if zone is not None and zone not in zoneinfo.available_timezones():
        yield ("time_zone",), "expected a name of the IANA list such as America/New_York"
    for number, part in enumerate(document["files"]):
        place: Place = ("files", number)
        yield from _dialect_problems(part, place)
        yield from _cell_problems(part, place)
        for form_number, form in enumerate(part.get("questionnaires", ())):
            if isinstance(form.get("items"), str) and "n_items" not in form:
                at = (*place, "questionnaires", form_number)
                yield at, "expected n_items beside a pattern of the items' columns"
            if "items" not in form and "total_score" not in form["response"]:
                at = (*place, "questionnaires", form_number)
                yield at, "expected items, or total_score in response: else no answer is read"


def _dialect_problems(part: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, str]]:
    try:
        "".encode(part.get("encoding", "utf-8"))
    except LookupError:
        yield (*place, "encoding"), "expected an encoding such as utf-8, windows-1252 or utf-16"
    if part.get("decimal", ".") == part.get("thousands", ""):
        yield (*place, "thousands"), "expected another mark than the decimal one"
    if "sheet" in part:
        for key in ("encoding", "delimiter", "quote"):
            if key in part:
                yield (*place, key), "a sheet of a workbook has none"


def _cell_problems(value: object, place: Place) -> Iterator[tuple[Place, str]]:
    """Expressions, formats and columns of notes, wherever they stand in a file's part."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _cell_problems(each, (*place, number))
    if not isinstance(value, Mapping):
        return
    for key, each in value.items():
        at = (*place, key)
        if key in {"extract", "matches", "matches_not"}:
            try:
                re.compile(each)
            except re.error as error:
                yield at, f"expected a regular expression, found one with {error.msg}"
        elif key in {"date", "datetime"}:
            for one in [each] if isinstance(each, str) else each:
                if one != "excel" and not re.search(r"%[YymdjHbBsc]", one):
                    yield at, f"expected a format such as %d.%m.%Y, found {one}"
        elif key == "codes" or key == "answers":
            folded = [str(word).strip().casefold() for word in each]
            if len(set(folded)) < len(folded):
                yield at, "two words differ in case or spaces only"
        elif key in {"minutes_between"}:
            for number, end in enumerate(each):
                if "datetime" not in end:
                    yield (*at, number), "expected datetime: both are moments"
        yield from _cell_problems(each, at)
