"""What a cell can hold, and how its text becomes a value.

Casts of the engine are laxer than the contract (it reads `1e2`, ` 5 `, `2024/1/1` and `infinity`),
so the form is matched first, and the cast only has to know the calendar.
"""

from collections.abc import Mapping
from typing import Literal

from pipelines.engine import quoted

ColumnType = Literal["string", "date", "timestamp", "integer", "decimal", "boolean"]

# A checked timestamp is in UTC. A decimal is rounded to four places, the unit of every score.
DUCKDB_TYPES: Mapping[ColumnType, str] = {
    "string": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "integer": "INTEGER",
    "decimal": "DECIMAL(9, 4)",
    "boolean": "BOOLEAN",
}
LOGICAL_TYPES: Mapping[str, ColumnType] = {
    "string": "string",
    "date": "date",
    "timestamp": "timestamp",
    "integer": "integer",
    "number": "decimal",
    "boolean": "boolean",
}
EXPECTED_TEXT: Mapping[ColumnType, str] = {
    "string": "text",
    "date": "a date as YYYY-MM-DD",
    "timestamp": "a date and time as YYYY-MM-DDTHH:MM, with or without seconds and offset",
    "integer": "a whole number in plain digits",
    "decimal": "a number in plain digits, at most five of them before the point",
    "boolean": "true or false (also yes, no, 1, 0)",
}

# The calendar begins in year 1: the engine would read year 0 as one before Christ.
_YEAR = "(?:[1-9][0-9]{3}|0(?:[1-9][0-9]{2}|0[1-9][0-9]|00[1-9]))"
_DATE = f"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}"
_TIME = "[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,9})?)?"
_OFFSET = "(?:Z|[+-](?:0[0-9]|1[0-8])(?::?[0-5][0-9])?)"
_FORMS: Mapping[ColumnType, str] = {
    "date": _DATE,
    "timestamp": f"{_DATE}[T ]{_TIME}{_OFFSET}?",
    "integer": "-?[0-9]{1,10}",
    "decimal": "-?[0-9]+(?:[.][0-9]+)?",
}


def value_sql(text: str, column_type: ColumnType) -> str:
    """The value of a text expression, null where it does not have the type's form.

    A timestamp comes out as an instant (TIMESTAMPTZ); without an offset it is read in the
    session's time zone, which must be the clinic's.
    """
    if column_type == "string":
        return text
    if column_type == "boolean":
        return (
            f"case when lower({text}) in ('true', 'yes', '1') then true"
            f" when lower({text}) in ('false', 'no', '0') then false end"
        )
    target = "TIMESTAMPTZ" if column_type == "timestamp" else DUCKDB_TYPES[column_type]
    has_form = f"regexp_full_match({text}, {quoted(_FORMS[column_type])})"
    if column_type in {"integer", "decimal"}:
        # Of one byte the cast reads nothing but digits, and most answers are one digit long.
        has_form = f"strlen({text}) = 1 or {has_form}"
    return f"try_cast(case when {has_form} then {text} end as {target})"
