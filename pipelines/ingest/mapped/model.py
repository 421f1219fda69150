"""What a mapping says, once it has been read: frozen, and free of YAML.

A mapping turns files of another layout into the tables of the canonical export. `mapping_file.py`
reads one, `expressions.py` says it in SQL, `convert.py` carries it out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Rows = Literal["each", "distinct"]
CellKind = Literal["text", "date", "datetime", "number"]
Take = Literal["last", "smallest", "largest"]

REASONS: Mapping[str, str] = {
    "mapping.left_out": "The mapping leaves this row out, such as a row of totals.",
    "mapping.gives_no_row": "No table of the mapping takes this row.",
    "mapping.told_by_another_row": (
        "Another row of the file says the same; that one is the row of the table."
    ),
}
"""Why a row of a mapped file is a row of no table: each code with its sentence."""


@dataclass(frozen=True)
class Condition:
    """What a column's cell must be: one of `words` (in any case), or match, or be empty."""

    column: str
    words: tuple[str, ...] = ()
    pattern: str = ""
    is_empty: bool = False
    is_negated: bool = False


@dataclass(frozen=True)
class Cell:
    """How one cell of a canonical table is made, in this order.

    `columns` are joined (`join`), `extract` takes a part, `codes` translates a word, `formats` read
    a date (`kind`), `default` stands where nothing is left. Or the cell is a `constant`, an id
    made of other cells (`id_of`), or the minutes between two (`between`).
    """

    columns: tuple[str, ...] = ()
    join: str = " "
    extract: str = ""
    codes: Mapping[str, str | None] = field(default_factory=dict)
    kind: CellKind = "text"
    formats: tuple[str, ...] = ()
    default: str | None = None
    constant: str | None = None
    id_of: tuple[str, ...] = ()
    id_prefix: str = ""
    between: tuple["Cell", ...] = ()
    take: Take = "last"

    def reads(self) -> Iterator[str]:
        """The columns that the cell is made of."""
        yield from self.columns
        yield from self.id_of
        for end in self.between:
            yield from end.reads()


@dataclass(frozen=True)
class TablePart:
    """Rows of one canonical table: one for `each` row, each `distinct` one, or `one_per` key."""

    table: str
    cells: Mapping[str, Cell]
    rows: Rows = "each"
    one_per: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Questionnaire:
    """One row with a whole form: `items` are columns by item number, `response` the other cells."""

    instrument_id: str
    response: Mapping[str, Cell]
    items: Mapping[int, str]
    answers: Mapping[str, str | None]
    extract: str = ""
    where: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class FilePart:
    """One file, or one sheet of a workbook, and what its rows become."""

    file: str
    sheet: str | None
    encoding: str
    delimiter: str
    quote: str
    header_row: int
    decimal: str
    thousands: str
    empty_words: tuple[str, ...]
    ignored: tuple[str, ...]
    optional: tuple[str, ...]
    no_free_text: tuple[str, ...]
    left_out: tuple[tuple[Condition, ...], ...]
    tables: tuple[TablePart, ...]
    questionnaires: tuple[Questionnaire, ...]

    @property
    def is_sheet(self) -> bool:
        """Whether it is a sheet of a workbook."""
        return self.sheet is not None

    def reads(self) -> tuple[str, ...]:
        """The columns that any row of a table is made of or chosen by, each once."""
        found: list[str] = []
        for table in self.tables:
            for cell in table.cells.values():
                found += cell.reads()
            found += [*table.one_per, *(each.column for each in table.where)]
        for form in self.questionnaires:
            for cell in form.response.values():
                found += cell.reads()
            found += [*form.items.values(), *(each.column for each in form.where)]
        found += [each.column for group in self.left_out for each in group]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class SourceMapping:
    """A whole mapping. `time_zone` is that of times without an offset; the clinic's if None.

    `digest` changes with the file.
    """

    name: str
    title: str
    version: str
    time_zone: str | None
    files: tuple[FilePart, ...]
    digest: str
