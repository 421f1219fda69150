"""What the values of each column look like. The values themselves stay where they are.

The one exception are words of a code list, which a draft cannot do without. They are told only of
a column whose name says that it is one, with at most `MAX_CODES` words, each in at least
`MIN_ROWS` rows, short, and none of which looks like a name, a date, an address or a number of many
digits, unless it is a usual word of such lists. Of a column with one word that breaks the rule, no
word is told.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.drafting.file_shape import Shape
from pipelines.engine import Engine, identifier, quoted
from pipelines.ingest.free_text import looks_like_notes
from pipelines.ingest.mapped.model import Cell, TablePart
from pipelines.ingest.mapped.source_rows import header_names, read_part

MIN_ROWS = 5
MAX_CODES = 12
MAX_CODE_LETTERS = 30
SEEN_SHARE = 0.97
FORMATS = (
    "%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m-%d-%Y", "%d-%m-%Y", "%d %b %Y", "%d-%b-%Y",
    "%b %d, %Y", "%Y/%m/%d", "%Y%m%d", "%d.%m.%y", "%m/%d/%y", "%d/%m/%y",
)  # fmt: skip
TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%H:%M:%S.%g", "%H.%M")
_ISO_TIMES = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S%z")
# Digits with marks between, and at most the name of a month or AM and PM.
_DATE_LIKE = "[0-9A-Za-z:., /+-]*[0-9]+[./: -][0-9A-Za-z:., /+-]*|[0-9]{8}"
_NAME_LIKE = re.compile(r"[@,/\\]|\d{3}|\d[./-]\d|\b[A-Z][\w'-]* +[A-Z]|\b(?:Dr|Mr|Ms|Mrs)\b")


@dataclass(frozen=True)
class Column:
    """One column's shape: how full it is, how many values it has, and which formats all fit."""

    name: str
    n_rows: int
    n_filled: int
    n_values: int
    formats: tuple[str, ...]
    is_time: str
    is_whole: bool
    is_decimal: bool
    has_comma: bool
    has_spaces: bool
    is_notes: bool

    @property
    def is_key(self) -> bool:
        """Whether nearly every row has a value of its own: a client may be listed twice."""
        few = 0.97 * self.n_rows
        return self.n_rows > 0 and self.n_filled >= few and self.n_values >= few


def columns_of(shape: Shape, engine: Engine, scratch: Path) -> list[Column]:
    """The columns of a file in its order, looked at as a whole.

    Raises: DeliveryError when there is no header.
    """
    names = header_names(shape.part, shape.path, shape.name, shape.sheet)
    usable = [name for name in names if not looks_like_notes(name)]
    every = TablePart("clients", {str(n): Cell(columns=(name,)) for n, name in enumerate(usable)})
    # What looks like notes is named here and not read.
    allowed = tuple(name for name in names if name not in usable)
    part = replace(shape.part, tables=(every,), no_free_text=allowed)
    read_part(
        engine, part, shape.path, shape.name, sheet=shape.sheet, scratch=scratch, table="looked_at"
    )
    return [_column(engine, name) if name in usable else _notes(name, engine) for name in names]


def words_of(column: str, usual: Collection[str], engine: Engine) -> tuple[str, ...] | None:
    """The words of a code list by the module's rule, the most frequent first."""
    name = identifier(column)
    found = engine.rows(
        f"select {name}, count(*) from looked_at where {name} is not null"
        f" group by {name} order by count(*) desc, {name} limit {MAX_CODES + 1}"
    )
    words = [word for word, _ in found]
    is_rare = any(n_rows < MIN_ROWS for _, n_rows in found)
    if (
        not words
        or is_rare
        or len(words) > MAX_CODES
        or any(_may_tell_who(word) for word in words if word.casefold() not in usual)
    ):
        return None
    return tuple(words)


def _may_tell_who(word: str) -> bool:
    return len(word) > MAX_CODE_LETTERS or bool(_NAME_LIKE.search(word))


def _column(engine: Engine, column: str) -> Column:
    name = identifier(column)
    n_rows, n_filled, n_values, n_whole, n_decimal, n_comma, n_spaces, n_dated = engine.one(
        f"""
        select count(*), count({name}), count(distinct {name}),
            count(*) filter (where regexp_full_match({name}, '-?[0-9]{{1,9}}')),
            count(*) filter (where regexp_full_match({name}, '-?[0-9]+[.][0-9]+')),
            count(*) filter (where regexp_full_match({name}, '-?[0-9]+,[0-9]+')),
            count(*) filter (where regexp_matches({name}, '[A-Za-z].* [A-Za-z]')),
            count(*) filter (where regexp_full_match({name}, '{_DATE_LIKE}'))
        from looked_at
        """
    )
    # A few cells that are no dates, such as a row of totals, do not change what the others are.
    enough = max(1, SEEN_SHARE * n_filled)
    fitting = _fitting(engine, name, enough) if n_dated >= enough else []
    times = [one for one in fitting if one in TIMES]
    return Column(
        name=column, n_rows=n_rows, n_filled=n_filled, n_values=n_values,
        formats=tuple(one for one in fitting if one not in TIMES),
        is_time=times[0] if times else "",
        is_whole=n_filled > 0 and n_whole >= enough,
        is_decimal=n_decimal > 0 and n_whole + n_decimal >= enough,
        has_comma=n_comma > 0 and n_whole + n_comma >= enough,
        has_spaces=n_spaces > n_filled / 2,
        is_notes=False,
    )  # fmt: skip


def _fitting(engine: Engine, name: str, enough: float) -> list[str]:
    """The formats that so many cells have: days alone first, then with a time of day."""

    def counted(formats: Sequence[str]) -> list[str]:
        fits = ", ".join(f"count(try_strptime({name}, {quoted(one)}))" for one in formats)
        counts = engine.one(f"select {fits} from looked_at")
        return [one for one, n in zip(formats, counts, strict=True) if n >= enough]

    found = counted([*FORMATS, *TIMES, *_ISO_TIMES])
    return found or counted([f"{day} {time}" for day in FORMATS for time in TIMES])


def _notes(column: str, engine: Engine) -> Column:
    (n_rows,) = engine.one("select count(*) from looked_at")
    return Column(column, n_rows, 0, 0, (), "", False, False, False, False, True)


def described(column: Column) -> str:
    """What the values look like, without one of them."""
    if column.is_notes:
        return "looks like notes"
    if not column.n_filled:
        return "empty"
    kinds: Sequence[tuple[bool, str]] = (
        (bool(column.formats), "dates"),
        (bool(column.is_time), "times of day"),
        (column.is_whole, "whole numbers"),
        (column.is_decimal or column.has_comma, "numbers"),
    )
    kind = next((words for is_it, words in kinds if is_it), "text")
    return f"{kind}, {column.n_values:,} different in {column.n_filled:,} of {column.n_rows:,} rows"
