"""What a report is: data. The page, and later the PDF and the CSV files, only print it.

Every text here is ready to be read, every `value` beside it is the number that it was written
from. Nothing holds the clock, so the same figures give the same bytes.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

Value = int | float | str | bool | None
# Decimals kept in report.json: more than any page shows, fewer than machines disagree on.
STORED_DECIMALS = 6
# Indented, it would be written by Python itself and take three times as long.
_WRITTEN = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


@dataclass(frozen=True)
class Head:
    """Which report this is, and who may read it."""

    clinic: str
    month: str
    month_name: str
    title: str
    audience: str
    readers: str
    language: str
    version: int
    state: str
    state_words: str
    as_of_on: str | None
    as_of_words: str
    change_words: str
    release_note: str = ""


@dataclass(frozen=True)
class Jump:
    """Words of a sentence that lead to a section of their own."""

    words: str
    link: str


@dataclass(frozen=True)
class Sentence:
    """One sentence and the rule that chose it; `link` is the section that stands behind it.

    `jumps`, in the order of the text, are the sections behind parts of it, where there are several.
    """

    text: str
    rule: str
    link: str = ""
    jumps: tuple[Jump, ...] = ()


@dataclass(frozen=True)
class Definition:
    """A term and what it means; `seen_as`: the phrases that running text has for it."""

    term: str
    text: str
    term_id: str = ""
    seen_as: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrendPoint:
    """One period of a series; `value` is None where it is withheld or cannot be computed.

    Limits are those of this point: with fewer courses they are wider. `segment` counts how often
    they started anew before it.
    """

    period: str
    label: str
    value: float | None
    n: int | None
    x: int | None
    text: str
    signal: int = 0
    centre: float | None = None
    lower: float | None = None
    upper: float | None = None
    segment: int = 0


@dataclass(frozen=True)
class Trend:
    """A series with its limits; `verdict` is about the last point.

    Centre and limits are those of the newest value. `rebased` says in words where limits started
    anew, and why.
    """

    points: tuple[TrendPoint, ...]
    centre: float | None
    lower: float | None
    upper: float | None
    is_trial: bool
    verdict: str
    period_kind: str
    unit: str
    rebased: tuple[str, ...] = ()


@dataclass(frozen=True)
class Card:
    """A key figure."""

    card_id: str
    name: str
    figure: str
    value: float | int | None
    of: str
    interval: str
    year_ago: str
    note: str
    trend_words: str
    trend: Trend | None
    details: tuple[Definition, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table; `is_number` aligns it on the decimal point."""

    key: str
    label: str
    is_number: bool = True


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: the text, the small grey text beside it, the number behind it.

    `reason` is set where a figure is withheld; the text then says so. `link` is a page, relative to
    this one.
    """

    text: str
    value: Value = None
    small: str = ""
    reason: str = ""
    link: str = ""


@dataclass(frozen=True)
class Row:
    """A row; its first cell is its head. `is_total` sets it apart."""

    cells: tuple[Cell, ...]
    is_total: bool = False


@dataclass(frozen=True)
class Table:
    """A table with what it shows as its caption.

    `is_sortable`: a reader may order it by any column; false where that would rank people.
    `is_folded_when_long`: false where the table is what the page is for; `is_folded`: however short
    it is, as where it tells in other figures what stands above it.
    """

    table_id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    is_sortable: bool = True
    is_folded_when_long: bool = True
    is_folded: bool = False


@dataclass(frozen=True)
class Chart:
    """A drawing: its finding, what is drawn, the same in words, the data, and the table of them.

    `drawing` names a module of `pipelines/reporting/output/drawings/`; `data` are its datasets.
    `narrow` says what a narrow screen leaves out of it.
    """

    chart_id: str
    drawing: str
    title: str
    subtitle: str
    summary: str
    data: Mapping[str, tuple[Mapping[str, Value], ...]] = field(hash=False)
    table: Table | None = None
    narrow: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page; an empty one is left out.

    `folded_as` names what a part holds that a screen shows on demand, such as the rules behind its
    figures; paper and PDF show it. Empty: it is open.
    """

    section_id: str
    title: str
    paragraphs: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    definitions: tuple[Definition, ...] = ()
    parts: tuple["Section", ...] = ()
    folded_as: str = ""

    @property
    def has_charts_beside(self) -> bool:
        """Whether its charts are small ones beside each other: several curves."""
        return len(self.charts) > 1 and {each.drawing for each in self.charts} == {"curve"}


@dataclass(frozen=True)
class Page:
    """A page beside the reports that has no figures of a month, such as the methods.

    `state`, `state_words`: those of the version that it lies in.
    """

    title: str
    clinic: str
    lead: str
    language: str
    sections: tuple[Section, ...]
    state: str = ""
    state_words: str = ""


@dataclass(frozen=True)
class Companion:
    """A page that lies beside a report; `file` is its name in the report's folder."""

    label: str
    file: str


@dataclass(frozen=True)
class Report:
    """One month for one audience.

    `counts`: on a public page, the counts that later ones must agree with once it is released.
    """

    head: Head
    in_short: tuple[Sentence, ...]
    key_figures: tuple[Card, ...]
    look_at: tuple[Sentence, ...]
    sections: tuple[Section, ...]
    provenance: Mapping[str, Any]
    companions: tuple[Companion, ...] = ()
    counts: tuple[Mapping[str, Value], ...] = ()

    def to_json(self) -> str:
        """The report as `report.json`: sorted keys, a line for each, and stable numbers."""
        lines = (
            f"{json.dumps(name)}: {_WRITTEN(value)}" for name, value in sorted(stored(self).items())
        )
        return "{\n" + ",\n".join(lines) + "\n}\n"

    def texts(self) -> Iterator[str]:
        """Every text of the report, for tests and searches."""
        yield from _texts(self)


@dataclass(frozen=True)
class SubjectPage:
    """A subject's report; `stem` is its file without ending, from the audience's folder."""

    stem: str
    report: Report


def stored(value: Any) -> Any:
    """The value as JSON may hold it, with numbers that every machine writes alike."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, Decimal):
        return stored(float(value))
    if isinstance(value, float):
        # Adding zero turns a negative zero into zero.
        return round(value, STORED_DECIMALS) + 0.0
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): stored(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [stored(item) for item in value]
    if is_dataclass(value):
        return {each.name: stored(getattr(value, each.name)) for each in fields(value)}
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for part in fields(value):
            yield from _texts(getattr(value, part.name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
