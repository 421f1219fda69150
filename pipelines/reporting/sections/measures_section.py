"""Published quality measures: what each asks, who met it, who is left out, what is not computed."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from pipelines.reporting.context import (
    Context,
    column,
    count_cell,
    share_cell,
    subject_cell,
    text_cell,
)
from pipelines.reporting.figures.figures import Record
from pipelines.reporting.model import Cell, Row, Section, Table
from pipelines.reporting.sections.measures_words import asks, name_of
from pipelines.reporting.sentences import share_of
from pipelines.reporting.wording import Wording

YEAR = "year"
ALL_AGES = "all"
ACTIVE = "active"
ADAPTED = "clinic"
VISIT = "visit"
_MEASURES, _EXCLUSIONS = "pub_quality_measures", "pub_measure_exclusions"


def measures_section(context: Context) -> Section | None:
    """The section, over the last complete calendar year; None where no measure was computed."""
    words, figures = context.words, context.figures
    year_end = last_year_end(figures.month_end_on)
    every = figures.published(_MEASURES, context.subject, YEAR, year_end)
    rows = [row for row in every if row["stratum"] == ALL_AGES]
    if not rows:
        return Section(
            section_id="measures",
            title=words.say("measures.title"),
            paragraphs=(words.say("measures.no_year"),),
        )
    rows.sort(key=lambda row: (row["measure_id"], row["position"]))
    active = [row for row in rows if row["status"] == ACTIVE]
    inactive = [row for row in rows if row["status"] != ACTIVE]
    tables = [_active_table(_with_strata(active, every), context, year_end.year)] if active else []
    names = {(row["measure_id"], row["rate_id"]): name_of(row, words) for row in active}
    excluded = _exclusions_table(context, year_end, names)
    tables += [excluded] if excluded is not None else []
    tables += [_inactive_table(inactive, words)] if inactive else []
    return Section(
        section_id="measures",
        title=words.say("measures.title"),
        paragraphs=(words.say("measures.lead", year=year_end.year),),
        tables=tuple(tables),
    )


def last_year_end(day: date) -> date:
    """The last day of the last calendar year that is over by this day."""
    return day if (day.month, day.day) == (12, 31) else date(day.year - 1, 12, 31)


def _with_strata(rows: list[Record], every: list[Record]) -> list[Record]:
    """Each rate, and after it its strata where clients of more than one were counted."""
    found = []
    for row in rows:
        key = (row["measure_id"], row["rate_id"])
        strata = [
            one
            for one in every
            if (one["measure_id"], one["rate_id"]) == key
            and one["stratum"] != ALL_AGES
            and one["n_denominator"]
        ]
        found.append(row)
        if len(strata) > 1:
            found += sorted(strata, key=lambda one: one["stratum"])
    return found


def _active_table(rows: list[Record], context: Context, year: int) -> Table:
    words = context.words
    note = [words.say("measures.note")]
    if any(row["basis"] == ADAPTED for row in rows):
        note.append(words.say("measures.adapted"))
    # A measure with several rates warns once.
    warnings = {row["measure_id"]: row for row in rows if row["notes"]}
    note += [
        words.say(
            "measures.caveat",
            measure=words.say(f"measures.short.{key}"),
            notes=row["notes"],
        )
        for key, row in warnings.items()
    ]
    # Most years are over long before their report; a column of zeros would say nothing.
    has_open = any(row["n_not_yet_due"] for row in rows)
    return Table(
        table_id="measures-table",
        caption=words.say("measures.table", year=year),
        columns=(
            column("measure", words.say("measures.measure"), is_number=False),
            column("asks", words.say("measures.asks"), is_number=False),
            column("population", words.say("measures.population")),
            column("excluded", words.say("measures.excluded")),
            column("met", words.say("measures.met")),
            *([column("not_due", words.say("measures.not_due"))] if has_open else []),
        ),
        rows=tuple(
            Row(
                (
                    *_what_cells(row, words),
                    _population_cell(row, words),
                    _excluded_cell(row, words),
                    _met_cell(row, context),
                    *([count_cell(row, "n_not_yet_due", words)] if has_open else []),
                )
            )
            for row in rows
        ),
        note=" ".join(note),
    )


def _what_cells(row: Record, words: Wording) -> tuple[Cell, Cell]:
    """A rate and what it asks; a stratum of it and that it asks the same."""
    if row["stratum"] == ALL_AGES:
        basis = words.say(f"measures.basis.{row['basis']}", version=row["version"])
        return text_cell(name_of(row, words), basis), text_cell(asks(row, words))
    ages = row["stratum"].replace("-", "–")
    name = words.say("measures.stratum", measure=name_of(row, words), ages=ages)
    return text_cell(name), text_cell(words.say("measures.same"))


def _population_cell(row: Record, words: Wording) -> Cell:
    """Whom a rate is about; visits with how many clients made them, as one may have many."""
    if row["unit"] != VISIT:
        return count_cell(row, "n_initial_population", words)
    n_visits = row["n_initial_population"]
    clients = words.say("measures.clients", n=row["n_clients"])
    return Cell(text=words.say("measures.visits", n=n_visits, clients=clients), value=n_visits)


def _met_cell(row: Record, context: Context) -> Cell:
    share = share_of(
        row,
        count="n_numerator",
        denominator="n_eligible",
        rate="met_rate",
        people="n_eligible_clients",
    )
    if share.n == 0:
        return text_cell(context.words.say("measures.nobody"))
    return share_cell(share, context.minimums, context.words)


def _excluded_cell(row: Record, words: Wording) -> Cell:
    counts = words.say(
        "number.x_of_n",
        x=words.count(row["n_exclusions"]),
        n=words.count(row["n_denominator"]),
    )
    return Cell(text=counts, value=row["n_exclusions"])


def _exclusions_table(
    context: Context, year_end: date, names: Mapping[tuple[str, str], str]
) -> Table | None:
    """Exclusions by reason, per programme and measure; None without any."""
    words, figures = context.words, context.figures
    rows = []
    for subject in figures.subjects_at("programme"):
        by_measure: dict[tuple[str, str], list[Record]] = defaultdict(list)
        for row in figures.published(_EXCLUSIONS, subject.key, YEAR, year_end):
            by_measure[row["measure_id"], row["rate_id"]].append(row)
        for found in by_measure.values():
            rows.append(
                Row(
                    (
                        subject_cell(context, subject),
                        text_cell(names[found[0]["measure_id"], found[0]["rate_id"]]),
                        _excluded_cell(
                            {
                                "n_exclusions": sum(row["n_exclusions"] for row in found),
                                "n_denominator": found[0]["n_denominator"],
                            },
                            words,
                        ),
                        text_cell(_reasons(found, words)),
                    )
                )
            )
    if not rows:
        return None
    return Table(
        table_id="measures-exclusions",
        caption=words.say("measures.exclusions", year=year_end.year),
        columns=(
            column("programme", words.say("measures.programme"), is_number=False),
            column("measure", words.say("measures.measure"), is_number=False),
            column("excluded", words.say("measures.excluded")),
            column("reasons", words.say("measures.reasons"), is_number=False),
        ),
        rows=tuple(rows),
        note=words.say("measures.exclusions_note"),
    )


def _reasons(rows: list[Record], words: Wording) -> str:
    """The reasons with their counts, the most frequent first."""
    ordered = sorted(rows, key=lambda row: (-row["n_exclusions"], row["exclusion_reason"]))
    return ", ".join(
        words.say(
            "measures.reason_count",
            reason=words.say(f"measures.reason.{row['exclusion_reason']}"),
            x=words.count(row["n_exclusions"]),
        )
        for row in ordered
    )


def _inactive_table(rows: list[Record], words: Wording) -> Table:
    return Table(
        table_id="measures-inactive",
        caption=words.say("measures.inactive"),
        columns=(
            column("measure", words.say("measures.measure"), is_number=False),
            column("asks", words.say("measures.asks"), is_number=False),
            column("why", words.say("measures.why"), is_number=False),
        ),
        rows=tuple(
            Row(
                (
                    text_cell(name_of(row, words), row["version"]),
                    text_cell(asks(row, words)),
                    text_cell(_missing(row["reason"] or "", words)),
                )
            )
            for row in rows
        ),
        note=words.say("measures.inactive_note"),
    )


def _missing(reason: str, words: Wording) -> str:
    """The kinds of figures that nobody has verified, each once, in the order of the file."""
    kinds = dict.fromkeys(name.strip().partition(".")[0] for name in reason.split(","))
    return words.say(
        "measures.unverified",
        figures=words.listed([words.say(f"measures.figure.{kind}") for kind in kinds]),
    )
