"""A report's tables as one Excel workbook: a sheet of contents, then a sheet for each table.

Numbers are numbers, written as the page writes them; where the page shows none, its words stand in
the cell. No text is ever a formula, and the clock is not in it.
"""

import io
import re
from collections.abc import Sequence
from datetime import datetime

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipelines.reporting.model import Cell, Report, Table
from pipelines.reporting.output.flat_tables import is_share, number_in, tables_of
from pipelines.reporting.wording import Wording

# What Excel allows for the name of a sheet.
NAME_LENGTH = 31
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9 _-]+")
# Characters of the widest column; what is longer runs on to the next lines.
WIDEST, NARROWEST = 48, 9
HEAD_ROW = 2
# Excel wants to know when a workbook was made; it is the first day that its format can hold.
NO_DAY = datetime(1980, 1, 1)


def workbook(report: Report, words: Wording) -> bytes:
    """The workbook of a report, the same bytes for the same report."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        head = report.head
        book.set_properties({"title": head.title, "author": head.clinic, "created": NO_DAY})
        styles = _Styles(book)
        contents = book.add_worksheet(words.say("data.contents"))
        tables = tables_of(report)
        names = [_sheet_name(place, table) for place, table in enumerate(tables, start=1)]
        for name, table in zip(names, tables, strict=True):
            _write_table(book.add_worksheet(name), table, styles, words)
        _write_contents(contents, report, list(zip(names, tables, strict=True)), styles, words)
    return content.getvalue()


class _Styles:
    """How cells look; a number of decimals is made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.bold = book.add_format({"bold": True})
        self.head = book.add_format(
            {"bold": True, "text_wrap": True, "bottom": 1, "valign": "bottom"}
        )
        self._formats: dict[tuple[str, bool, bool], Format] = {}

    def of(self, number_format: str, *, is_total: bool, is_right: bool) -> Format:
        """The look of a cell in the table."""
        key = (number_format, is_total, is_right)
        if key not in self._formats:
            look = {"num_format": number_format, "valign": "top", "text_wrap": True}
            if is_right:
                look["align"] = "right"
            self._formats[key] = self._book.add_format(
                look | ({"bold": True, "top": 1} if is_total else {})
            )
        return self._formats[key]


def _sheet_name(place: int, table: Table) -> str:
    """A name that no other sheet has: the number comes first."""
    return f"{place} {_NOT_IN_NAME.sub('-', table.table_id)}"[:NAME_LENGTH].strip()


def _write_contents(
    sheet: Worksheet,
    report: Report,
    tables: Sequence[tuple[str, Table]],
    styles: _Styles,
    words: Wording,
) -> None:
    head = report.head
    sheet.write_string(0, 0, head.title, styles.title)
    sheet.write_string(1, 0, head.state_words, styles.bold)
    sheet.write_string(2, 0, head.readers)
    for place, key in enumerate(("sheet", "caption", "rows")):
        sheet.write_string(4, place, words.say(f"data.{key}"), styles.head)
    for row, (name, table) in enumerate(tables, start=5):
        sheet.write_url(row, 0, f"internal:'{name}'!A1", string=name)
        sheet.write_string(row, 1, table.caption)
        sheet.write_number(row, 2, len(table.rows))
    sheet.freeze_panes(5, 0)
    sheet.set_column(0, 0, NAME_LENGTH)
    sheet.set_column(1, 1, 90)


def _write_table(sheet: Worksheet, table: Table, styles: _Styles, words: Wording) -> None:
    sheet.write_string(0, 0, table.caption, styles.title)
    sheet.freeze_panes(HEAD_ROW + 1, 1)
    place = 0
    for number, column in enumerate(table.columns):
        cells = [row.cells[number] for row in table.rows]
        sheet.write_string(HEAD_ROW, place, column.label, styles.head)
        sheet.set_column(place, place, _width([cell.text for cell in cells]))
        for line, row in enumerate(table.rows, start=HEAD_ROW + 1):
            _write_cell(sheet, line, place, row.cells[number], styles, is_total=row.is_total)
        place += 1
        if any(cell.small for cell in cells):
            beside = words.say("data.beside", column=column.label)
            sheet.write_string(HEAD_ROW, place, beside, styles.head)
            sheet.set_column(place, place, _width([cell.small for cell in cells]))
            for line, row in enumerate(table.rows, start=HEAD_ROW + 1):
                look = styles.of("@", is_total=row.is_total, is_right=False)
                sheet.write_string(line, place, row.cells[number].small, look)
            place += 1
    if table.note:
        sheet.write_string(HEAD_ROW + 2 + len(table.rows), 0, table.note)


def _write_cell(
    sheet: Worksheet, line: int, place: int, cell: Cell, styles: _Styles, *, is_total: bool
) -> None:
    value = number_in(cell)
    if value is None:
        is_right = bool(cell.reason)
        look = styles.of("@", is_total=is_total, is_right=is_right)
        sheet.write_string(line, place, cell.text, look)
    else:
        look = styles.of(_number_format(cell), is_total=is_total, is_right=True)
        sheet.write_number(line, place, value, look)


def _number_format(cell: Cell) -> str:
    """As many decimals as the page shows."""
    digits = cell.text.removesuffix("%").rstrip("\u00a0\u202f ")
    shown = re.search(r"[.,](\d{1,2})$", digits)
    decimals = "." + "0" * len(shown[1]) if shown else ""
    return f"0{decimals} %" if is_share(cell) else f"#,##0{decimals}"


def _width(texts: Sequence[str]) -> int:
    return min(WIDEST, max([NARROWEST, *(len(text) + 2 for text in texts)]))
