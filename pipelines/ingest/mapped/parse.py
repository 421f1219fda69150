"""A mapping's document, whose shape is known to be right, as the objects of `model.py`."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.ingest.mapped.model import (
    Cell,
    CellKind,
    Condition,
    FilePart,
    Questionnaire,
    SourceMapping,
    TablePart,
)

_KINDS: tuple[CellKind, ...] = ("date", "datetime", "number")


def parse_mapping(document: Mapping[str, Any], *, digest: str) -> SourceMapping:
    """The mapping that a validated document describes."""
    return SourceMapping(
        name=document["name"],
        title=document["title"],
        version=document["version"],
        time_zone=document.get("time_zone"),
        files=tuple(_file(each) for each in document["files"]),
        digest=digest,
    )


def word_of(value: object) -> str:
    """A scalar of YAML as the text that a cell would hold."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _file(part: Mapping[str, Any]) -> FilePart:
    return FilePart(
        file=part["file"],
        sheet=part.get("sheet"),
        encoding=part.get("encoding", "utf-8"),
        delimiter=part.get("delimiter", ","),
        quote=part.get("quote", '"'),
        header_row=part.get("header_row", 1),
        decimal=part.get("decimal", "."),
        thousands=part.get("thousands", ""),
        empty_words=tuple(map(word_of, part.get("empty_words", ()))),
        ignored=tuple(part.get("ignored", ())),
        optional=tuple(part.get("optional", ())),
        no_free_text=tuple(part.get("no_free_text", ())),
        left_out=tuple(_conditions(each) for each in part.get("leave_out", ())),
        tables=tuple(_table(each) for each in part.get("tables", ())),
        questionnaires=tuple(_questionnaire(each) for each in part.get("questionnaires", ())),
    )


def _table(part: Mapping[str, Any]) -> TablePart:
    return TablePart(
        table=part["table"],
        cells=_cells(part["columns"]),
        rows=part.get("rows", "each"),
        one_per=tuple(part.get("one_per", ())),
        where=_conditions(part.get("where", [])),
    )


def _questionnaire(part: Mapping[str, Any]) -> Questionnaire:
    items = part.get("items", {})
    if isinstance(items, str):
        items = {
            number: items.replace("{item:02}", f"{number:02}").replace("{item}", str(number))
            for number in range(1, part["n_items"] + 1)
        }
    return Questionnaire(
        instrument_id=part["instrument"],
        response=_cells(part["response"]),
        items={int(number): column for number, column in items.items()},
        answers=_codes(part.get("answers", {})),
        extract=part.get("extract", ""),
        where=_conditions(part.get("where", [])),
    )


def _cells(columns: Mapping[str, Any]) -> dict[str, Cell]:
    return {name: _cell(value) for name, value in columns.items()}


def _cell(value: str | Mapping[str, Any]) -> Cell:
    if isinstance(value, str):
        return Cell(columns=(value,))
    columns = value.get("from", ())
    kind: CellKind = "text"
    for each in _KINDS:
        kind = each if each in value else kind
    formats = value[kind] if kind in {"date", "datetime"} else ()
    default, constant = value.get("default"), value.get("constant")
    return Cell(
        columns=(columns,) if isinstance(columns, str) else tuple(columns),
        join=value.get("join", " "),
        extract=value.get("extract", ""),
        codes=_codes(value.get("codes", {})),
        kind=kind,
        formats=(formats,) if isinstance(formats, str) else tuple(formats),
        default=None if default is None else word_of(default),
        constant=None if constant is None else word_of(constant),
        id_of=tuple(value.get("id_of", ())),
        id_prefix=value.get("prefix", ""),
        between=tuple(_cell(end) for end in value.get("minutes_between", ())),
        take=value.get("take", "last"),
    )


def _codes(codes: Mapping[Any, Any]) -> dict[str, str | None]:
    return {
        word_of(word).strip(): None if meaning is None else word_of(meaning)
        for word, meaning in codes.items()
    }


def _conditions(value: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> tuple[Condition, ...]:
    entries = [value] if isinstance(value, Mapping) else value
    return tuple(_condition(each) for each in entries)


def _condition(value: Mapping[str, Any]) -> Condition:
    column = value["column"]
    for key, is_negated in (("is", False), ("is_not", True)):
        if key in value:
            words = tuple(word_of(word).strip() for word in value[key])
            return Condition(column, words=words, is_negated=is_negated)
    for key, is_negated in (("matches", False), ("matches_not", True)):
        if key in value:
            return Condition(column, pattern=value[key], is_negated=is_negated)
    return Condition(column, is_empty=True, is_negated=not value["empty"])
