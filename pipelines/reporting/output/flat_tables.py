"""The tables of a report as plain columns, for the files that lie beside the page.

A cell of the page is a number, the words that show it and the small words beside them; here each
is a column of its own, the same ones every month. Nothing is here that the page does not show: a
cell whose words are not one number (a range, a reason why nothing is shown) has no number.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.reporting.model import Cell, Column, Report, Section, Table, stored
from pipelines.reporting.wording import Wording

TOTAL = "is_total"
# One number and nothing else, as any of our languages writes it.
_ONE_NUMBER = re.compile(r"[+−-]?\d[\d.,'\u00a0\u202f]*(?:[\u00a0\u202f ]?%)?")


@dataclass(frozen=True)
class FlatColumn:
    """A column of a file. `kind` is `number`, `text` or `flag`; `unit` is in words, or empty."""

    name: str
    meaning: str
    kind: str
    unit: str
    values: tuple[float | int | str | bool | None, ...]


@dataclass(frozen=True)
class FlatTable:
    """A table of a report; `name` is the name of its files."""

    name: str
    caption: str
    note: str
    columns: tuple[FlatColumn, ...]


def tables_of(report: Report) -> tuple[Table, ...]:
    """Every table of the page, in its order, those of drawings included."""

    def within(sections: Sequence[Section]) -> Iterator[Table]:
        for section in sections:
            yield from (chart.table for chart in section.charts if chart.table is not None)
            yield from section.tables
            yield from within(section.parts)

    return tuple(within(report.sections))


def flat_tables(report: Report, words: Wording) -> tuple[FlatTable, ...]:
    """Every table of the page as plain columns."""
    return tuple(_flat(table, words) for table in tables_of(report))


def number_in(cell: Cell) -> float | int | None:
    """The number that a cell shows; None where it shows another thing than one number."""
    value = stored(cell.value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if _ONE_NUMBER.fullmatch(cell.text) else None


def is_share(cell: Cell) -> bool:
    """Whether a cell shows a part of 1 as per cent."""
    return cell.text.endswith("%") and number_in(cell) is not None


def _flat(table: Table, words: Wording) -> FlatTable:
    columns = [
        flat
        for place, column in enumerate(table.columns)
        for flat in _columns(column, [row.cells[place] for row in table.rows], words)
    ]
    columns.append(
        FlatColumn(
            name=TOTAL,
            meaning=words.say("data.total"),
            kind="flag",
            unit="",
            values=tuple(row.is_total for row in table.rows),
        )
    )
    return FlatTable(
        name=table.table_id, caption=table.caption, note=table.note, columns=tuple(columns)
    )


def _columns(column: Column, cells: Sequence[Cell], words: Wording) -> Iterator[FlatColumn]:
    texts = tuple(cell.text for cell in cells)
    if column.is_number:
        has_shares = any(is_share(cell) for cell in cells)
        yield FlatColumn(
            name=column.key,
            meaning=column.label,
            kind="number",
            unit=words.say("data.share") if has_shares else "",
            values=tuple(number_in(cell) for cell in cells),
        )
        shown = words.say("data.shown", column=column.label)
        yield FlatColumn(f"{column.key}_shown", shown, "text", "", texts)
    else:
        yield FlatColumn(column.key, column.label, "text", "", texts)
    beside = words.say("data.beside", column=column.label)
    smalls = tuple(cell.small for cell in cells)
    yield FlatColumn(f"{column.key}_beside", beside, "text", "", smalls)
