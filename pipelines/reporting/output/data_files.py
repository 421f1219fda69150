"""The tables of a report as CSV and Parquet, with a dictionary of their columns.

CSV is UTF-8 and RFC 4180. A text that a spreadsheet would take for a formula is preceded by an
apostrophe there; Parquet holds it as it is.
"""

import csv
import io
from collections.abc import Sequence

import polars as pl

from pipelines.reporting.output.flat_tables import FlatColumn, FlatTable
from pipelines.reporting.wording import Wording
from pipelines.reporting.write import DATA_FOLDER

DICTIONARY = "columns"
# What makes a spreadsheet compute a cell.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_TYPES = {"number": pl.Float64, "text": pl.String, "flag": pl.Boolean}


def data_files(tables: Sequence[FlatTable], words: Wording) -> dict[str, bytes]:
    """By name in the report's folder the CSV and Parquet files of its tables and their columns."""
    return {
        f"{DATA_FOLDER}/{table.name}.{ending}": write(table)
        for table in (*tables, dictionary(tables, words))
        for ending, write in (("csv", as_csv), ("parquet", as_parquet))
    }


def dictionary(tables: Sequence[FlatTable], words: Wording) -> FlatTable:
    """What each column of each file means, as a table of the same kind."""
    facts = [
        (table.name, table.caption, column.name, column.meaning, column.kind, column.unit)
        for table in tables
        for column in table.columns
    ]
    names = ("file", "caption", "column", "meaning", "kind", "unit")
    return FlatTable(
        name=DICTIONARY,
        caption=words.say("data.dictionary"),
        note="",
        columns=tuple(
            FlatColumn(
                name=name,
                meaning=words.say(f"data.facts.{name}"),
                kind="text",
                unit="",
                values=tuple(fact[place] for fact in facts),
            )
            for place, name in enumerate(names)
        ),
    )


def as_csv(table: FlatTable) -> bytes:
    """The table as CSV in UTF-8, without a formula in it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_harmless(column.name) for column in table.columns])
    rows = zip(*(column.values for column in table.columns), strict=True)
    writer.writerows([_written(value) for value in row] for row in rows)
    return text.getvalue().encode()


def as_parquet(table: FlatTable) -> bytes:
    """The table as Parquet; numbers are doubles, whatever this month's are."""
    frame = pl.DataFrame(
        [
            pl.Series(column.name, column.values, dtype=_TYPES[column.kind], strict=False)
            for column in table.columns
        ]
    )
    content = io.BytesIO()
    frame.write_parquet(content)
    return content.getvalue()


def _written(value: float | int | str | bool | None) -> str | int | float | None:
    if isinstance(value, bool):
        return str(value).lower()
    return _harmless(value) if isinstance(value, str) else value


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
