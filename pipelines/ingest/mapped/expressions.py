"""A mapping's cells and conditions as SQL over a relation of the source's columns as text.

Nothing is lost on the way: a cell that does not fit its code list, its format or its number stays
as it is, so that the contract turns it away and says where it stands.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.engine import identifier, quoted
from pipelines.ingest.mapped.model import Cell, Condition

# Between the parts of a derived id: no cell of a text file holds it.
_PART = "\x1f"
ID_LENGTH = 16
_ISO_FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")
# Day 0 of Excel's calendar, which counts a 29th of February 1900.
_EXCEL_EPOCH = "timestamp '1899-12-30'"


@dataclass(frozen=True)
class Dialect:
    """What a file's part says of all its cells."""

    decimal: str
    thousands: str
    time_zone: str | None


def cell_sql(cell: Cell, dialect: Dialect) -> str:
    """The cell's text; null where it is empty."""
    if cell.constant is not None:
        return quoted(cell.constant)
    if cell.id_of:
        return _id_sql(cell)
    if cell.between:
        start, end = (_moment(_joined(each), each.formats, dialect) for each in cell.between)
        return f"cast(date_diff('minute', {start}, {end}) as varchar)"
    text = _joined(cell)
    if cell.extract:
        text = extract_sql(text, cell.extract)
    if cell.codes:
        text = codes_sql(text, cell.codes)
    if cell.kind == "date":
        moment = _moment(text, cell.formats, dialect, is_date=True)
        text = f"coalesce(strftime({moment}, '%Y-%m-%d'), {text})"
    elif cell.kind == "datetime":
        text = _datetime_sql(text, cell.formats, dialect)
    elif cell.kind == "number":
        text = _number_sql(text, dialect)
    return text if cell.default is None else f"coalesce({text}, {quoted(cell.default)})"


def condition_sql(conditions: Sequence[Condition]) -> str:
    """All of the conditions; true where there are none."""
    return " and ".join(_condition(each) for each in conditions) or "true"


def codes_sql(text: str, codes: Mapping[str, str | None]) -> str:
    """The translated word in any case of letters; another word stays as it is."""
    cases = " ".join(
        f"when {quoted(word.casefold())} then {'null' if meaning is None else quoted(meaning)}"
        for word, meaning in codes.items()
    )
    return f"case lower({text}) {cases} else {text} end"


def extract_sql(text: str, pattern: str) -> str:
    """The pattern's first group, or all that it matches; a cell without a match as it is."""
    group = 1 if re.compile(pattern).groups else 0
    return f"coalesce(nullif(regexp_extract({text}, {quoted(pattern)}, {group}), ''), {text})"


def _condition(condition: Condition) -> str:
    column = identifier(condition.column)
    if condition.is_empty:
        return f"{column} is {'not ' if condition.is_negated else ''}null"
    if condition.words:
        words = ", ".join(quoted(word.casefold()) for word in condition.words)
        found = f"lower({column}) in ({words})"
    else:
        found = f"regexp_matches({column}, {quoted(condition.pattern)})"
    # An empty cell is none of the words, so it is not left out by a comparison with null.
    return f"coalesce({'not ' if condition.is_negated else ''}{found}, {condition.is_negated})"


def _joined(cell: Cell) -> str:
    if len(cell.columns) == 1:
        return identifier(cell.columns[0])
    parts = ", ".join(identifier(name) for name in cell.columns)
    return f"nullif(concat_ws({quoted(cell.join)}, {parts}), '')"


def _id_sql(cell: Cell) -> str:
    """The prefix and the first digits of a SHA-256 over all parts, an empty one too.

    The same cells give the same id in every delivery; whoever sees it cannot read the cells.
    """
    columns = [identifier(name) for name in cell.id_of]
    parts = ", ".join(f"coalesce({column}, '')" for column in columns)
    digest = f"sha256(concat_ws({quoted(_PART)}, {parts}))"
    return (
        f"case when {' or '.join(f'{column} is not null' for column in columns)}"
        f" then {quoted(cell.id_prefix)} || left({digest}, {ID_LENGTH}) end"
    )


def _moment(text: str, formats: Sequence[str], dialect: Dialect, *, is_date: bool = False) -> str:
    """A TIMESTAMP (TIMESTAMPTZ where a format has an offset); null where no format fits.

    ISO 8601 is always understood: workbooks give dates so, whatever their cells show.
    """
    with_offset = [one for one in formats if "%z" in one]
    plain = [one for one in formats if one != "excel" and one not in with_offset]
    attempts = []
    if with_offset:
        moment = f"try_strptime({text}, {_list(with_offset)})"
        attempts.append(f"timezone('UTC', {moment})" if is_date else moment)
    attempts.append(f"try_strptime({text}, {_list([*plain, *_ISO_FORMATS])})")
    if "excel" in formats:
        days = f"try_cast(case when regexp_full_match({text}, '[0-9]{{1,6}}([.][0-9]+)?') then"
        days += f" {text} end as double)"
        attempts.append(f"({_EXCEL_EPOCH} + to_seconds(cast(round({days} * 86400) as bigint)))")
    return attempts[0] if len(attempts) == 1 else f"coalesce({', '.join(attempts)})"


def _datetime_sql(text: str, formats: Sequence[str], dialect: Dialect) -> str:
    """Without a time zone of the mapping the clinic's is meant, and no offset is written.

    A day without a time of day is that day in the clinic's zone, wherever the file's times are of.
    """
    has_offset = any("%z" in one for one in formats)
    local = _moment(text, formats, dialect)
    as_day = f"strftime({local}, '%Y-%m-%dT%H:%M:%S')"
    if has_offset:
        return f"coalesce(strftime(timezone('UTC', {local}), '%Y-%m-%dT%H:%M:%SZ'), {text})"
    if dialect.time_zone is None:
        return f"coalesce({as_day}, {text})"
    moment = f"timezone('UTC', timezone({quoted(dialect.time_zone)}, {local}))"
    return (
        f"coalesce(case when cast({local} as time) = time '00:00' then {as_day}"
        f" else strftime({moment}, '%Y-%m-%dT%H:%M:%SZ') end, {text})"
    )


def _number_sql(text: str, dialect: Dialect) -> str:
    """The number in plain digits, `50.0` as 50; what is no number stays as it is."""
    mark, between = re.escape(dialect.decimal), re.escape(dialect.thousands)
    whole = f"[0-9]{{1,3}}(?:{between}[0-9]{{3}})+|[0-9]+" if between else "[0-9]+"
    is_number = f"regexp_full_match({text}, {quoted(f'-?(?:{whole})(?:{mark}[0-9]+)?')})"
    plain = text
    if dialect.thousands:
        plain = f"replace({plain}, {quoted(dialect.thousands)}, '')"
    if dialect.decimal != ".":
        plain = f"replace({plain}, {quoted(dialect.decimal)}, '.')"
    plain = f"regexp_replace({plain}, '[.]0+$', '')"
    return f"case when {is_number} then {plain} else {text} end"


def _list(formats: Sequence[str]) -> str:
    return "[" + ", ".join(quoted(one) for one in formats) + "]"
