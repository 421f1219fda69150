"""Tables as text, so that a test shows rows in and rows out.

    episode_id | client_id | ended_on
    e1         | c1        | 2025-03-31
    e2         | c2        |

An empty cell is null. What a test leaves out has the defaults of `tests/table_rows.py`.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.builders import Bench
from tests.table_rows import Row

LISTS = {"instruments", "respondents"}


def rows_of(text: str) -> list[Row]:
    """The rows of a text table, with dates, numbers and booleans read as such."""
    lines = [line for line in text.splitlines() if line.strip()]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    head, body = cells[0], cells[1:]
    return [
        {name: _value(name, cell) for name, cell in zip(head, row, strict=True)} for row in body
    ]


def _value(name: str, cell: str) -> Any:
    if name in LISTS:
        return [part for part in cell.split(";") if part]
    if cell == "":
        return None
    if cell in {"true", "false"}:
        return cell == "true"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
        return date.fromisoformat(cell)
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", cell):
        return datetime.fromisoformat(cell)
    return Decimal(cell) if re.fullmatch(r"-?\d+(\.\d+)?", cell) else cell


def shown(value: Any) -> Any:
    """A value as a text table has it: numbers as decimals of at most four places."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float, Decimal)):
        return Decimal(str(value)).quantize(Decimal("0.0001")).normalize() + 0
    return value


class TextBench(Bench):
    """A clinic given and expected as text tables."""

    def given(self, **tables: str) -> None:
        """Fill tables, staged ones or a model's own."""
        for name, text in tables.items():
            self.fill(name, rows_of(text))

    def expect(self, name: str, text: str, **where: Any) -> None:
        """A model's rows, in the order of its key, in the columns that the text shows.

        `where` keeps the rows in which columns have these values.
        """
        head = [cell.strip() for cell in text.strip().splitlines()[0].split("|")]
        kept = [
            row
            for row in self.rows(name)
            if all(row[column] == value for column, value in where.items())
        ]
        found = [{column: shown(row[column]) for column in head} for row in kept]
        expected = [{c: shown(v) for c, v in row.items()} for row in rows_of(text)]
        assert found == expected
