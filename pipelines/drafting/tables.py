"""The guesses of one file as tables and questionnaires of a mapping, written as YAML.

Everything uncertain gets a comment with what it rests on. The cells of a row and their order are
those of the contracts. TODO in a text asks the person who finishes the draft: see draft.py.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.drafting.column_facts import Column
from pipelines.drafting.guess import Guess, WideForm, instrument_of, vocabulary
from pipelines.instruments.catalogue import Catalogue

SURE = 0.9
_PLAIN = re.compile(r"[A-Za-z_][\w ()-]*[\w)]|[A-Za-z_]")
_NOT_PLAIN = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


@dataclass
class FileDraft:
    """A file's part of the mapping: YAML lines, and which columns became what."""

    lines: list[str] = field(default_factory=list)
    meant: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    tables: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Export:
    """What the other files of the export have, which decides what a file must give.

    `client_courses`: a list of clients says when each one's course began and ended.
    `visits_have_staff`: the visits say with whom each was.
    """

    days_first: bool | None
    has: frozenset[str]
    visits_have_staff: bool
    episode_columns: bool
    client_courses: bool
    instruments: tuple[str, ...]


def word(text: object) -> str:
    """A scalar as YAML reads it back as the same text."""
    plain = str(text)
    if isinstance(text, int) or (_PLAIN.fullmatch(plain) and plain.casefold() not in _NOT_PLAIN):
        return plain
    return json.dumps(plain, ensure_ascii=False)


class Writer:
    """Writes the tables of one file from its guesses."""

    def __init__(
        self,
        guesses: Sequence[Guess],
        export: Export,
        catalogue: Catalogue,
        words: Callable[[Column, Mapping[str, object]], tuple[str, ...] | None],
        draft: FileDraft,
        *,
        is_sheet: bool,
    ) -> None:
        self.guesses = {guess.meaning: guess for guess in guesses}
        self.export, self.catalogue, self.words, self.draft = export, catalogue, words, draft
        self.is_sheet = is_sheet

    def has(self, *meanings: str) -> bool:
        """Whether the file has a column of each of these meanings."""
        return all(meaning in self.guesses for meaning in meanings)

    def table(
        self,
        name: str,
        cells: Mapping[str, str | None],
        one_per: Sequence[str] = (),
        *,
        is_distinct: bool = False,
    ) -> None:
        """One table of the file; cells that are None are left out."""
        self.draft.tables.append(name)
        add = self.draft.lines.append
        add(f"      - table: {name}")
        if one_per:
            add(f"        one_per: [{', '.join(map(word, one_per))}]")
        if is_distinct:
            add("        rows: distinct")
        add("        columns:")
        for column, text in cells.items():
            if text is not None:
                add(f"          {column}: {text}")

    def form(self, form: WideForm, answers: str, response: Mapping[str, str | None]) -> None:
        """One questionnaire in wide rows."""
        self.draft.tables += ["responses", "response_items"]
        self.draft.used.update(form.columns)
        self.draft.lines += [
            f"      - instrument: {form.instrument_id}" + self._doubt(form.confidence, form.why),
            "        response:",
            *(f"          {name}: {text}" for name, text in response.items() if text is not None),
            f"        items: {word(form.pattern)}",
            f"        n_items: {len(form.columns)}",
        ]
        if answers:
            self.draft.lines.append(f"        answers: {answers}")

    def cell(self, meaning: str) -> str | None:
        """The column of a meaning as it is; None where the file has none."""
        guess = self.guesses.get(meaning)
        if guess is None:
            return None
        self.draft.used.add(guess.column.name)
        name = word(guess.column.name)
        if self.is_sheet and guess.column.is_whole and meaning.endswith("_id"):
            return f"{{from: {name}, number: true}}" + self._said(guess)
        return name + self._said(guess)

    def id(self, meaning: str, prefix: str = "") -> str | None:
        """An id: the column, or one that is made of it where it holds a name."""
        guess = self.guesses.get(meaning)
        if guess is None or not (guess.column.has_spaces or prefix):
            return self.cell(meaning)
        self.draft.used.add(guess.column.name)
        prefix = prefix or f"{meaning[0].upper()}-"
        return f"{{id_of: [{word(guess.column.name)}], prefix: {prefix}}}" + self._said(guess)

    def id_of(self, meanings: Sequence[str], prefix: str) -> str:
        """An id that is made of all columns of these meanings that the file has."""
        names = [self.guesses[each].column.name for each in meanings if each in self.guesses]
        self.draft.used.update(names)
        listed = ", ".join(word(name) for name in names)
        return f"{{id_of: [{listed}], prefix: {prefix}}}  # TODO: is there a number of its own?"

    def date(self, meaning: str, *, take: str = "", is_moment: bool = False) -> str | None:
        """A date or date-time with the format that all its values have."""
        guess = self.guesses.get(meaning)
        if guess is None:
            return None
        column = guess.column
        self.draft.used.add(column.name)
        time = self.guesses.get("time") if is_moment and meaning == "starts_at" else None
        source, said = word(column.name), self._said(guess)
        chosen, doubt = _format(column, self.export.days_first)
        if self.is_sheet and not column.formats:
            chosen, doubt = "excel", "" if column.is_whole else "TODO: no format fits its values"
        if time is not None and chosen:
            self.draft.used.add(time.column.name)
            source = f"[{source}, {word(time.column.name)}]"
            chosen += f" {time.column.is_time}"
        kind = "datetime" if is_moment else "date"
        if not chosen:
            seen = "no known date format fits its values" if column.n_filled else "it is empty"
            return f"{source}  # TODO: {seen}; add `{kind}:` with its format"
        more = f", take: {take}" if take else ""
        return f"{{from: {source}, {kind}: {word(chosen)}{more}}}" + (
            f"  # {doubt}" if doubt else said
        )

    def total(self, column: Column) -> str:
        """A column of a questionnaire's totals."""
        self.draft.used.add(column.name)
        self.draft.meant[column.name] = "total_score"
        return f"{{from: {word(column.name)}, number: true}}"

    def number(self, meaning: str) -> str | None:
        """A number with the file's marks."""
        guess = self.guesses.get(meaning)
        if guess is None:
            return None
        self.draft.used.add(guess.column.name)
        return f"{{from: {word(guess.column.name)}, number: true}}" + self._said(guess)

    def codes(self, meaning: str) -> str | None:
        """A code list: the words of the file where they may be told, else the usual ones."""
        guess = self.guesses.get(meaning)
        if guess is None:
            return None
        self.draft.used.add(guess.column.name)
        usual = self._usual(meaning)
        found = self.words(guess.column, usual)
        name = word(guess.column.name)
        if found is None:
            if not usual:
                return f"{name}  # TODO: add `codes:`; its words are rare or may be names"
            listed = ", ".join(f"{word(one)}: {word(to)}" for one, to in usual.items())
            todo = "TODO: its words are too rare to be told, or names; here the usual ones"
            return f"{{from: {name}, codes: {{{listed}}}}}  # {todo}"
        known = {one: self._meant(meaning, one, usual) for one in found}
        listed = ", ".join(f"{word(o)}: {word(to)}" for o, to in known.items() if to is not None)
        unknown = [word(one) for one, to in known.items() if to is None]
        todo = f"  # TODO: what is {', '.join(unknown)}?" if unknown else self._said(guess)
        return (f"{{from: {name}, codes: {{{listed}}}}}" if listed else name) + todo

    def _usual(self, meaning: str) -> Mapping[str, object]:
        if meaning == "instrument_id":
            return {one: one for one in self.catalogue.instruments}
        return vocabulary()["codes"].get(meaning, {})

    def _meant(self, meaning: str, one: str, usual: Mapping[str, object]) -> object:
        if meaning == "instrument_id":
            return instrument_of(one, self.catalogue)
        return usual.get(one.casefold())

    def _said(self, guess: Guess) -> str:
        return self._doubt(guess.confidence, guess.why)

    def _doubt(self, confidence: float, why: str) -> str:
        return "" if confidence >= SURE else f"  # TODO: sure? {why}"


def _format(column: Column, days_first: bool | None) -> tuple[str, str]:
    """The format to read a date with, and what to say where it could be another one."""
    if not column.formats:
        return "", ""
    chosen = column.formats[0]
    others = [one for one in column.formats[1:] if _swapped(one) == chosen]
    if others and days_first is not None:
        chosen = next(one for one in (chosen, *others) if _is_days_first(one) == days_first)
        return chosen, "day or month first cannot be told here; taken from the other dates"
    if others:
        return chosen, f"TODO: it may as well be {others[0]}: no day after the 12th is in the file"
    return chosen, ""


def _is_days_first(one: str) -> bool:
    return one.startswith("%d")


def _swapped(one: str) -> str:
    return one.replace("%d", "%_").replace("%m", "%d").replace("%_", "%m")


def days_first(columns: Sequence[Column]) -> bool | None:
    """Whether the day stands first in the export's dates; None where none of them shows it."""
    seen = {
        _is_days_first(column.formats[0])
        for column in columns
        if column.formats
        and column.formats[0][:2] in {"%d", "%m"}
        and _swapped(column.formats[0]) not in column.formats
    }
    return seen.pop() if len(seen) == 1 else None
