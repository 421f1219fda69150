"""Which column of the canonical export each column of a file is, and how sure that is."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cache
from typing import Any

from pipelines.drafting.column_facts import Column
from pipelines.instruments.catalogue import Catalogue
from pipelines.source_settings import SHIPPED_MAPPINGS
from pipelines.yaml_files import load_yaml

_CLOSE = 0.86
# What the values must look like for a meaning; a column of another kind is not taken for it.
_DATES = {
    "birth_date", "registered_on", "referred_on", "started_on", "ended_on", "employed_from",
    "employed_to", "administered_at", "starts_at", "ends_at",
}  # fmt: skip
_THINGS = {
    "patient": "client_id", "client": "client_id", "klient": "client_id",
    "encounter": "session_id", "appointment": "session_id", "visit": "session_id",
    "session": "session_id", "termin": "session_id", "booking": "session_id",
    "provider": "therapist_id", "practitioner": "therapist_id", "therapist": "therapist_id",
    "clinician": "therapist_id", "staff": "therapist_id",
    "episode": "episode_id", "course": "episode_id", "case": "episode_id",
}  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
_NUMBERED = re.compile(r"^(?P<stem>.*?)(?P<number>\d+)$")


@dataclass(frozen=True)
class Guess:
    """A column's meaning in `words.yaml`, with the confidence and what it rests on."""

    column: Column
    meaning: str
    confidence: float
    why: str


@dataclass(frozen=True)
class WideForm:
    """Columns that are the answers of one questionnaire, by item number."""

    instrument_id: str
    pattern: str
    columns: tuple[str, ...]
    why: str
    confidence: float


@cache
def vocabulary() -> Mapping[str, Any]:
    """The words of `words.yaml`."""
    path = SHIPPED_MAPPINGS / "drafting" / "words.yaml"
    return load_yaml(path)


def letters(text: str) -> str:
    """A name without spaces, marks, accents and capitals; `#` is how many write "no"."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("#", " no"))
    return "".join(c for c in plain if c.isalnum())


def names_columns(names: Sequence[str]) -> bool:
    """Whether a row is a header by its words: one of its cells is a usual name of a column."""
    usual = {letters(phrase) for phrases in vocabulary()["columns"].values() for phrase in phrases}
    return any(letters(name) in usual for name in names)


def stands_above_its_values(column: Column) -> bool:
    """Whether a name is no value of its column beyond doubt: those are dates or numbers."""
    has_kind = bool(column.formats) or column.is_whole or column.is_decimal or column.has_comma
    return has_kind and column.n_filled > 1 and not any(c.isdigit() for c in column.name)


def total_of(form: "WideForm", columns: Sequence[Column]) -> Column | None:
    """The column that is named for a form's total, where there is exactly one."""
    known = letters(form.instrument_id)
    bare = known.rstrip("0123456789")
    named = [
        column
        for column in columns
        if column.name not in form.columns
        and (known in letters(column.name) or (len(bare) >= 3 and bare in letters(column.name)))
        and any(each in letters(column.name) for each in vocabulary()["totals"])
    ]
    return named[0] if len(named) == 1 else None


def guess_columns(columns: Sequence[Column], file_name: str) -> list[Guess]:
    """At most one meaning per column, and one column per meaning: the surest ones first.

    A column that is just called `id` is the id of what the file is named for.
    """
    candidates = [
        guess
        for column in columns
        if not column.is_notes
        for meaning, phrases in vocabulary()["columns"].items()
        if (guess := _guess(column, meaning, phrases)) is not None
    ]
    candidates += [
        Guess(column, meaning, 0.85, f"the id of a file named for {thing}")
        for column in columns
        if letters(column.name) in {"id", "no", "nr", "number"} and column.is_key
        for thing, meaning in _THINGS.items()
        if thing in letters(file_name)
    ]
    candidates.sort(key=lambda guess: -guess.confidence)
    found: dict[str, Guess] = {}
    taken: set[str] = set()
    for guess in candidates:
        if guess.meaning not in found and guess.column.name not in taken:
            found[guess.meaning] = guess
            taken.add(guess.column.name)
    ended = found.get("end_reason")
    if ended and {"starts_at", "status", "ended_on"} & set(found) == {"starts_at"}:
        # The outcome of a visit is whether somebody came, that of a course how it ended.
        del found["end_reason"]
        found["status"] = replace(ended, meaning="status")
    return [guess for column in columns for guess in found.values() if guess.column is column]


def with_shared_clients(
    files: Sequence[Sequence[Guess]], columns: Sequence[Sequence[Column]]
) -> list[list[Guess]]:
    """The guesses, and whose a row is where no name says so.

    A column that stands in several files of the export, once per row of one of them, is taken for
    the client; the only column of times beside a day for the time of that day.
    """
    understood = {guess.column.name for guesses in files for guess in guesses}
    names = [column.name for each in columns for column in each]
    shared = {
        column.name
        for each in columns
        for column in each
        if column.is_key
        and column.name not in understood
        and names.count(column.name) > 1
        # Nor an address, a price or a place on a map.
        and not (column.has_spaces or column.is_decimal or column.formats)
    }
    found = []
    for guesses, each in zip(files, columns, strict=True):
        more = list(guesses)
        known = {guess.meaning for guess in guesses}
        for column in each:
            needs_time = "starts_at" in known and "time" not in known
            if "client_id" not in known and column.name in shared:
                why = f"it stands in {names.count(column.name)} files, once per row of one"
                more.append(Guess(column, "client_id", 0.6, why))
                known.add("client_id")
            elif column.is_time and column.name not in understood and needs_time:
                more.append(Guess(column, "time", 0.7, "the times of day beside a date"))
                known.add("time")
        found.append(more)
    return found


def _guess(column: Column, meaning: str, phrases: Sequence[str]) -> Guess | None:
    # A serial number of Excel is a whole number too.
    may_be_a_date = column.formats or column.is_time or column.is_whole or not column.n_filled
    if meaning in _DATES and not may_be_a_date:
        return None
    if meaning == "time" and not column.is_time:
        return None
    if meaning == "programme_id" and not _may_be_a_programme(column):
        return None
    if meaning in {"starts_at", "birth_date"} and column.is_time and not column.formats:
        return None
    name = letters(column.name)
    words = {letters(word) for word in _WORD.findall(column.name)}
    best, why = 0.0, ""
    for place, phrase in enumerate(phrases):
        wanted = letters(phrase)
        # Words that stand first in the list are the more telling ones.
        order = 0.002 * place
        if name == wanted:
            score, said = 1.0 - order, f"named {phrase}"
        elif len(wanted) > 2 and words.issuperset(letters(word) for word in phrase.split()):
            # "Program Start Date" is a start date rather than a date.
            more = 0.02 * phrase.count(" ")
            score, said = 0.75 + more - order, f"its name holds {phrase}"
        elif SequenceMatcher(None, name, wanted).ratio() >= _CLOSE:
            score, said = 0.6 - order, f"its name resembles {phrase}"
        else:
            continue
        if score > best:
            best, why = score, said
    if not best:
        return None
    if meaning in _DATES and column.formats:
        why += ", and its values are dates"
        best = min(1.0, best + 0.05)
    return Guess(column, meaning, best, why)


def _may_be_a_programme(column: Column) -> bool:
    """Whether a column is of few values, each of many clients, and named for no part of one.

    What is taken for a programme is on pages by its name.
    """
    if column.formats or column.is_decimal or column.n_values > max(2, column.n_filled / 2):
        return False
    usual = {letters(phrase) for phrase in vocabulary()["columns"]["programme_id"]}
    words = {letters(word) for word in _WORD.findall(column.name)}
    return letters(column.name) in usual or words <= {*usual, *vocabulary()["beside_programme"]}


def wide_forms(columns: Sequence[Column], name: str, catalogue: Catalogue) -> list[WideForm]:
    """Groups of columns that are numbered from 1 on as an instrument's items are."""
    stems: dict[str, dict[int, str]] = {}
    for column in columns:
        if numbered := _NUMBERED.match(column.name):
            stems.setdefault(numbered["stem"], {})[int(numbered["number"])] = column.name
    found = []
    for stem, by_number in stems.items():
        n = len(by_number)
        if n < 2 or set(by_number) != set(range(1, n + 1)):
            continue
        guess = _instrument(stem, name, n, catalogue)
        if guess is not None:
            instrument_id, why, confidence = guess
            width = ":02" if by_number[1].endswith("01") else ""
            listed = tuple(by_number[number] for number in range(1, n + 1))
            found.append(WideForm(instrument_id, f"{stem}{{item{width}}}", listed, why, confidence))
    return found


def _instrument(
    stem: str, name: str, n_items: int, catalogue: Catalogue
) -> tuple[str, str, float] | None:
    """The instrument with so many items that the columns' or the file's name says."""
    fitting = [each for each in catalogue.instruments.values() if each.n_items == n_items]
    for text, where, confidence in ((stem, "columns", 0.9), (name, "file", 0.8)):
        said = letters(text)
        for each in fitting:
            known = letters(each.instrument_id)
            bare = known.rstrip("0123456789")
            if known in said or (len(bare) >= 3 and bare in said):
                return (
                    each.instrument_id,
                    f"{n_items} items, and the name of the {where}",
                    confidence,
                )
    return None


def instrument_of(word: str, catalogue: Catalogue) -> str | None:
    """The instrument that a word of a code list names."""
    return next((one for one in catalogue.instruments if letters(one) == letters(word)), None)
