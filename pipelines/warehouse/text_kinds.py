"""What the texts of a column look like: numbers, dates, words; how many of each, never a text.

A contract takes any text for one, so that ids which a spreadsheet wrote as 1e5, or without their
leading zeros, break no rule and yet match nothing any more.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.engine import Engine, identifier, path_list, quoted

# So many rows of the beginning of each file are looked at: a column that drifted did so throughout.
SEEN_ROWS = 10_000
# The first that fits.
KINDS: Mapping[str, str] = {
    "numbers such as 1e5": "-?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+",
    "digits with a leading zero": "0[0-9]+",
    "whole numbers": "-?[0-9]+",
    "numbers with a decimal mark": "-?[0-9]+[.,][0-9]+",
    "dates": "[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{4}",
    "other text": ".*",
}


def text_kinds(
    engine: Engine, paths: Sequence[Path], columns: Sequence[str]
) -> dict[str, dict[str, int]]:
    """By column how many of the filled cells that were looked at are of each kind."""
    if not paths or not columns:
        return {}
    counts = [
        f"count(*) filter (where {_kind_of(column)} = {quoted(kind)})"
        for column in columns
        for kind in KINDS
    ]
    found = engine.one(
        f"select {', '.join(counts)} from read_parquet({path_list(paths)}, file_row_number = true)"
        f" where file_row_number < {SEEN_ROWS}"
    )
    return {
        column: dict(zip(KINDS, found[place : place + len(KINDS)], strict=True))
        for place, column in zip(range(0, len(found), len(KINDS)), columns, strict=True)
    }


def _kind_of(column: str) -> str:
    name = identifier(column)
    cases = " ".join(
        f"when regexp_full_match({name}, {quoted(form)}, 's') then {quoted(kind)}"
        for kind, form in KINDS.items()
    )
    return f"case when {name} is not null then case {cases} end end"
