"""A draft of a mapping for the files of an export, and what to tell about it.

The word TODO in its texts is for the person who finishes the draft: it asks what only the clinic
knows, and `outcomes check` lists the lines that still say it. Nothing in this program is left out.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.drafting.column_facts import (
    MAX_CODES,
    MIN_ROWS,
    Column,
    columns_of,
    described,
    words_of,
)
from pipelines.drafting.file_shape import Shape, shapes_of
from pipelines.drafting.guess import (
    Guess,
    WideForm,
    guess_columns,
    letters,
    names_columns,
    stands_above_its_values,
    vocabulary,
    wide_forms,
    with_shared_clients,
)
from pipelines.drafting.tables import Export, FileDraft, Writer, days_first, word
from pipelines.drafting.templates import (
    is_list_of_courses,
    is_usable,
    write_forms,
    write_tables,
)
from pipelines.engine import Engine, identifier
from pipelines.errors import DeliveryError, UsageError
from pipelines.ingest.mapped.mapping_file import load_mapping
from pipelines.ingest.recognition import is_data
from pipelines.instruments.catalogue import Catalogue

_TOTALS = "^(?i:total|subtotal|grand total|sum|summe|gesamt)"


@dataclass(frozen=True)
class Draft:
    """The mapping's text, how sure each column's meaning is, and the files that give no table."""

    text: str
    columns: tuple[tuple[str, str, str, float, str], ...]
    without_table: tuple[str, ...]
    n_todo: int

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        names = ("file", "column", "is", "confidence", "why")
        return {
            "mapping": self.text,
            "columns": [dict(zip(names, each, strict=True)) for each in self.columns],
            "without_table": list(self.without_table),
            "n_todo": self.n_todo,
        }

    def lines(self) -> list[str]:
        """For people: each column with its meaning, how sure that is, and why."""
        found: list[str] = []
        last = ""
        for file, column, meaning, confidence, why in self.columns:
            if file != last:
                found += ["", file]
                last = file
            sure = f"{confidence:4.0%}" if meaning else "    "
            found.append(f"  {column:26} {meaning or '-':18} {sure}  {why}")
        found += [f"\n{name}: no table was recognised" for name in self.without_table]
        return found


@dataclass(frozen=True)
class _Seen:
    shape: Shape
    columns: list[Column]
    guesses: list[Guess]
    forms: list[WideForm]

    @property
    def label(self) -> str:
        return f"{self.shape.name} [{self.shape.sheet}]" if self.shape.sheet else self.shape.name

    def has(self, *meanings: str) -> bool:
        return set(meanings) <= {guess.meaning for guess in self.guesses}


def draft_mapping(path: Path, *, name: str, time_zone: str | None, catalogue: Catalogue) -> Draft:
    """A mapping for a file or all files of a folder, which validates and which a person finishes.

    Raises: UsageError when there is no file; DeliveryError when no table is recognised in any.
    """
    paths = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    paths = [each for each in paths if is_data(each.name)]
    if not paths:
        raise UsageError("There is no file to look at.", where=str(path), todo="correct the path")
    with (
        tempfile.TemporaryDirectory(prefix="outcomes-map-") as folder,
        Engine(scratch=Path(folder) / "spill") as engine,
    ):
        seen: list[_Seen] = []
        problems: list[str] = []
        for number, shape in enumerate(shape for each in paths for shape in shapes_of(each)):
            try:
                columns = columns_of(shape, engine, Path(folder) / str(number))
                if not _has_header(columns):
                    problems.append(f"{shape.name}: no line looks like a header")
                    continue
            except DeliveryError as error:
                problems.append(f"{shape.name}: {error.message}")
                continue
            forms = wide_forms(columns, f"{shape.name} {shape.sheet}", catalogue)
            answers = {column for form in forms for column in form.columns}
            others = [column for column in columns if column.name not in answers]
            seen.append(
                _Seen(shape, columns, guess_columns(others, f"{shape.name} {shape.sheet}"), forms)
            )
        linked = with_shared_clients(
            [each.guesses for each in seen], [each.columns for each in seen]
        )
        seen = [replace(each, guesses=more) for each, more in zip(seen, linked, strict=True)]
        export = Export(
            days_first=days_first([column for each in seen for column in each.columns]),
            has=frozenset("therapists" for each in seen if _has_staff(each)),
            visits_have_staff=any(
                each.has("therapist_id", "starts_at") and not each.forms for each in seen
            ),
            instruments=tuple(
                dict.fromkeys(form.instrument_id for each in seen for form in each.forms)
            ),
            client_courses=any(is_list_of_courses(each.has) for each in seen),
            episode_columns=any(
                each.has("episode_id", "client_id") and not each.has("session_id")
                and (each.has("started_on") or each.has("referred_on")) for each in seen
            ),
        )  # fmt: skip
        drafts = [
            (each, _draft_file(each, export, catalogue, engine, Path(folder))) for each in seen
        ]
        text = _text(name, time_zone, drafts)
        without = (*problems, *(each.label for each, one in drafts if not one.lines))
        if not any(one.lines for _, one in drafts):
            raise DeliveryError(
                "No table was recognised, so there is nothing to draft.",
                where=path.name,
                expected="a column that says whose each row is (Client ID, Patient No) in the first"
                " lines, beside dates of visits or answers of a questionnaire",
                found="; ".join([*problems, *(_names(each) for each in seen)]),
                todo="name those columns as usual, or write the mapping by hand: README.md has an"
                " example with all that one can say; `outcomes check --mapping FILE` tries it",
            )
        _validate(text, name, Path(folder))
    return Draft(
        text=text,
        columns=tuple(row for each, one in drafts for row in _told(each, one)),
        without_table=without,
        n_todo=text.count("TODO:"),
    )


def _has_header(columns: Sequence[Column]) -> bool:
    """Whether the first row is one beyond doubt; of any other no cell may be told.

    It may be the first client's.
    """
    return names_columns([column.name for column in columns]) or any(
        map(stands_above_its_values, columns)
    )


def _names(each: _Seen) -> str:
    return f"{each.label} with the columns {', '.join(column.name for column in each.columns)}"


def _has_staff(each: _Seen) -> bool:
    return each.has("therapist_id", "employed_from") and not each.has("client_id")


def _draft_file(
    each: _Seen, export: Export, catalogue: Catalogue, engine: Engine, folder: Path
) -> FileDraft:
    columns_of(each.shape, engine, folder / "again")

    def words(column: Column, usual: Mapping[str, object]) -> tuple[str, ...] | None:
        return words_of(column.name, {one.casefold() for one in usual}, engine)

    draft = FileDraft()
    writer = Writer(each.guesses, export, catalogue, words, draft, is_sheet=bool(each.shape.sheet))
    usable = each.forms if is_usable(writer, each.forms) else []
    write_tables(writer, each.label, each.columns, usable)
    tables = [f"    {line}" if line.startswith("    ") else line for line in draft.lines]
    draft.lines = []
    write_forms(writer, usable, each.columns)
    forms, draft.lines = draft.lines, []
    if tables or forms:
        draft.lines = [*_head(each, draft, engine)]
        draft.lines += (
            ["    tables:", *(line.removeprefix("    ") for line in tables)] if tables else []
        )
        draft.lines += ["    questionnaires:", *forms] if forms else []
    return draft


def _head(each: _Seen, draft: FileDraft, engine: Engine) -> list[str]:
    """How the file is read, which rows and columns are left out."""
    part = each.shape.part
    lines = [f"  - file: {word(part.file)}"]
    if part.sheet:
        lines.append(f"    sheet: {word(part.sheet)}")
    if part.encoding != "utf-8":
        lines.append(f"    encoding: {part.encoding}")
    if part.delimiter != "," and not part.sheet:
        lines.append(f"    delimiter: {word(part.delimiter)}")
    lines += [f"    # {why}" for why in each.shape.why]
    if part.header_row != 1:
        lines.append(f"    header_row: {part.header_row}")
    if any(column.has_comma for column in each.columns):
        lines.append("    decimal: ','")
    if part.empty_words:
        lines.append(f"    empty_words: [{', '.join(map(word, part.empty_words))}]")
    lines += _left_out(each, engine)
    unused = [c.name for c in each.columns if c.name not in draft.used and not c.is_notes]
    if unused:
        lines += ["    # TODO: not understood; is one of them needed?"]
        lines.append(f"    ignored: [{', '.join(map(word, unused))}]")
    groups = {letters(one) for one in vocabulary()["groups"]}
    for column in each.columns:
        if column.name in unused and column.n_filled and letters(column.name) in groups:
            lines.append(
                f"    # TODO: does {column.name} name therapy groups? Their sessions are one row"
                " for all who came, with"
            )
            lines.append(
                "    # groups and memberships beside them; else each row counts as a session alone."
                " README.md shows how."
            )
        if column.is_notes:
            lines.append(
                f"    # TODO: {column.name} looks like notes, which are refused: leave it out of"
                " the export, or list it as no_free_text"
            )
    return lines


def _left_out(each: _Seen, engine: Engine) -> list[str]:
    """Rows of totals, by the file's id column."""
    keys = [g for m in ("session_id", "response_id", "client_id") for g in each.guesses
            if g.meaning == m]  # fmt: skip
    if not keys:
        return []
    column = keys[0].column.name
    name = identifier(column)
    n_totals, n_empty = engine.one(
        f"select count(*) filter (where regexp_matches({name}, '{_TOTALS}')),"
        f" count(*) filter (where {name} is null) from looked_at"
    )
    conditions = [f"      - {{column: {word(column)}, matches: '{_TOTALS}'}}"] * bool(n_totals)
    if n_empty:
        todo = f"  # TODO: {n_empty} rows without it; are they totals?"
        conditions.append(f"      - {{column: {word(column)}, empty: true}}{todo}")
    return ["    leave_out:", *conditions] if conditions else []


def _text(name: str, time_zone: str | None, drafts: Sequence[tuple[_Seen, FileDraft]]) -> str:
    lines = [
        "# A draft by `outcomes map`: look at each TODO, then check an export with it.",
        f"# Words of a code list are told where there are at most {MAX_CODES}, each in at least"
        f" {MIN_ROWS} rows",
        "# and none that may be a name. No other value of the export is here.",
        f"name: {name}",
        "version: 1.0.0",
        f"title: {word(f'The export {name}')}",
    ]
    if time_zone:
        lines.append(f"time_zone: {time_zone}")
    else:
        lines.append(
            "# time_zone: America/New_York  # where left out, times are in the clinic's zone"
        )
    lines.append("files:")
    for each, draft in drafts:
        lines += draft.lines or [f"  # TODO: {each.label} gives no table that is recognised"]
    return "\n".join(lines) + "\n"


def _validate(text: str, name: str, folder: Path) -> None:
    """A draft that does not validate is a mistake of ours, found before anybody reads it."""
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    load_mapping(path)


def _told(each: _Seen, draft: FileDraft) -> list[tuple[str, str, str, float, str]]:
    meanings = {guess.column.name: guess for guess in each.guesses}
    items = {
        column: (f"{form.instrument_id} item {number}", form)
        for form in each.forms
        for number, column in enumerate(form.columns, start=1)
    }
    rows: list[tuple[str, str, str, float, str]] = []
    for column in each.columns:
        seen = described(column)
        guess = meanings.get(column.name)
        if column.name not in draft.used:
            rows.append((each.label, column.name, "", 0.0, seen))
        elif column.name in items:
            meaning, form = items[column.name]
            rows.append((each.label, column.name, meaning, form.confidence, f"{form.why}; {seen}"))
        elif column.name in draft.meant:
            why = f"named for the form; {seen}"
            rows.append((each.label, column.name, draft.meant[column.name], 0.9, why))
        elif guess is not None:
            why = f"{guess.why}; {seen}"
            rows.append((each.label, column.name, guess.meaning, guess.confidence, why))
        else:
            rows.append((each.label, column.name, "name", 0.6, seen))
    return rows
