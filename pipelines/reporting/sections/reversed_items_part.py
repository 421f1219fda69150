"""Whether reversed items are turned as each source needs it, for the data quality page."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.reporting.context import column, text_cell
from pipelines.reporting.model import Cell, Row, Section, Table
from pipelines.reporting.wording import Wording

Record = Mapping[str, Any]
_COLUMNS = ("source", "instrument", "forms", "go_together", "finding")


def reversed_items_section(rows: Sequence[Record], words: Wording) -> Section:
    """The section; `rows` are those of `pub_reversed_items` for one audience."""

    def say(key: str, **values: object) -> str:
        return words.say(f"data_quality.reversed.{key}", **values)

    suspicious = [row for row in rows if row["is_suspicious"]]
    paragraphs = [say("lead")]
    paragraphs += [
        say("suspicious", source=row["source"], instrument=row["instrument_id"])
        for row in suspicious
    ]
    if not rows:
        paragraphs.append(say("none"))
    elif not suspicious:
        paragraphs.append(say("none_suspicious"))
    return Section(
        "reversed-items",
        say("title"),
        paragraphs=tuple(paragraphs),
        tables=(_table(rows, words, say("caption")),) if rows else (),
    )


def _table(rows: Sequence[Record], words: Wording, caption: str) -> Table:
    def say(key: str) -> str:
        return words.say(f"data_quality.reversed.{key}")

    return Table(
        table_id="reversed-items-table",
        caption=caption,
        columns=tuple(
            column(key, say(f"columns.{key}"), is_number=key in {"forms", "go_together"})
            for key in _COLUMNS
        ),
        rows=tuple(
            Row(
                (
                    text_cell(row["source"]),
                    text_cell(row["instrument_id"]),
                    Cell(words.count(row["n_forms"]), row["n_forms"]),
                    _correlation(row["correlation"], words),
                    text_cell(say(f"findings.{_finding(row)}")),
                )
            )
            for row in rows
        ),
    )


def _finding(row: Record) -> str:
    if row["is_suspicious"] is None:
        return "cannot_tell"
    return "against" if row["is_suspicious"] else "together"


def _correlation(value: Any, words: Wording) -> Cell:
    if value is None:
        return Cell(words.say("data_quality.no_rate"))
    return Cell(words.decimal(value, 2), float(value))
