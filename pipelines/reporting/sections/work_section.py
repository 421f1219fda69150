"""The working relationship, therapy groups, and what clients said, over twelve months.

All of it is about the work and none of it about a result: there is no better or worse subject here,
groups stand in the order of their names, and therapists do not appear.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache

from pipelines.instruments.catalogue import Catalogue, load_catalogue
from pipelines.reporting.context import (
    Context,
    column,
    count_cell,
    share_cell,
    subject_cell,
    text_cell,
)
from pipelines.reporting.figures.figures import Record, Subject
from pipelines.reporting.model import Cell, Row, Section, Table
from pipelines.reporting.sections.work_cells import (
    WHOLE,
    called,
    mean_cell,
    measure_cell,
    rows_of,
    share_of,
    wholes,
)
from pipelines.reporting.sections.work_groups import groups_part
from pipelines.reporting.sentences import BOUNDS, extremes, reading

_VERDICT_KEY = ("instrument_id", "respondent")
_HALF = Decimal("0.5")


def work_section(context: Context) -> Section | None:
    """The section; None where nothing of it was recorded."""
    parts = [
        part
        for part in (_relationship(context), groups_part(context), _experience(context))
        if part is not None
    ]
    if not parts:
        return None
    return Section(section_id="work", title=context.words.say("work.title"), parts=tuple(parts))


def _relationship(context: Context) -> Section | None:
    words = context.words
    coverage = next(iter(rows_of(context, "pub_alliance_coverage")), None)
    rows = wholes(rows_of(context, "pub_alliance"))
    if coverage is None or (not rows and not coverage["n_rated"]):
        return None
    paragraphs = [
        _coverage_sentence(context, coverage),
        words.say("work.relationship.cannot"),
        *_alerts(context, rows),
        *_notes(context, rows),
    ]
    tables = [_alliance_table(context, rows)] if rows else []
    by_programme = _coverage_table(context)
    return Section(
        section_id="work-relationship",
        title=words.say("work.relationship.title"),
        paragraphs=tuple(paragraphs),
        tables=tuple(tables + ([by_programme] if by_programme else [])),
    )


def _window(coverage: Record) -> dict[str, str]:
    """The sessions of the window, for a text."""
    return {name: str(int(coverage[name])) for name in ("from_session", "until_session")}


def _coverage_sentence(context: Context, coverage: Record) -> str:
    words = context.words
    x, n, rate = coverage["n_in_time"], coverage["n_reached"], coverage["in_time_rate"]
    values = {"period": context.year.words, **_window(coverage)}
    if not n:
        return words.say("work.relationship.lead_none", **values)
    counts = {"x": words.count(x), "n": words.count(n)}
    if rate is None:
        return words.say("work.relationship.lead_too_few", **values, **counts)
    percent = words.percent(rate, n=n)
    return words.say("work.relationship.lead", **values, **counts, rate=percent)


def _alerts(context: Context, rows: Sequence[Record]) -> list[str]:
    """What an alert is, by the cut-offs in use; nothing where no measure has one."""
    words = context.words
    cut_offs = {
        (row["instrument_id"], row["scale"]): words.say(
            f"work.relationship.cut_off.{cut_off.op}",
            measure=called(context, {**row, "respondent": "client"}),
            points=words.decimal(cut_off.points, 0 if cut_off.points % 1 == 0 else 1),
        )
        for row in rows
        if row["n_alert_base"]
        for cut_off in _catalogue().instruments[row["instrument_id"]].thresholds
        if (cut_off.kind, cut_off.scale) == ("alert", row["scale"]) and cut_off.points is not None
    }
    if not cut_offs:
        return []
    return [
        words.say("work.relationship.alerts", cut_offs=words.listed(list(cut_offs.values()))),
        *_usual(context, rows),
    ]


def _usual(context: Context, rows: Sequence[Record]) -> list[str]:
    """Where most courses have a rating beyond the cut-off, that this is a level and no alarm."""
    words = context.words
    return [
        words.say(
            "work.relationship.usual",
            measure=called(context, {**row, "respondent": "client"}),
            rate=words.percent(row["with_alert_rate"], n=row["n_alert_base"]),
            x=words.count(row["n_with_alert"]),
            n=words.count(row["n_alert_base"]),
        )
        for row in rows
        if row["with_alert_rate"] is not None and Decimal(str(row["with_alert_rate"])) > _HALF
    ]


@cache
def _catalogue() -> Catalogue:
    return load_catalogue()


@cache
def _catalogue_notes() -> dict[str, tuple[str, ...]]:
    return {key: one.notes for key, one in _catalogue().instruments.items()}


def _notes(context: Context, rows: Iterable[Record]) -> list[str]:
    """What the catalogue warns of, such as a ceiling."""
    names = {row["instrument_id"]: called(context, {**row, **_PLAIN}) for row in rows}
    return [
        context.words.say(
            "work.relationship.note", measure=name, note=context.words.translated(note)
        )
        for key, name in names.items()
        for note in _catalogue_notes().get(key, ())
    ]


_PLAIN = {"scale": WHOLE, "respondent": "client"}


def _alliance_table(context: Context, rows: list[Record]) -> Table:
    words, minimums = context.words, context.minimums

    def say(key: str) -> str:
        return words.say(f"work.relationship.{key}")

    def fell(row: Record) -> Cell:
        if row["fall_reason"] is not None:
            return Cell(text=say(row["fall_reason"]), reason=row["fall_reason"])
        cell = share_cell(share_of(row, "n_fell", "n_fall_base", "fell_rate"), minimums, words)
        if cell.value is None:
            return cell
        sd = words.decimal(row["fall_sd_points"])
        which = words.say(f"work.relationship.sd.{row['fall_sd_basis']}", sd=sd)
        return Cell(text=cell.text, value=cell.value, small=f"{cell.small}; {which}")

    def with_alert(row: Record) -> Cell:
        if row["n_alert_base"] is None:
            return Cell(text=say("no_alert"), reason="no_alert")
        share = share_of(row, "n_with_alert", "n_alert_base", "with_alert_rate")
        return share_cell(share, minimums, words)

    return Table(
        table_id="work-alliance",
        caption=words.say("work.relationship.table", period=context.year.words),
        columns=(
            column("measure", say("measure"), is_number=False),
            column("rated", say("rated")),
            column("first", say("first")),
            column("last", say("last")),
            column("fell", say("fell")),
            column("with_alert", say("with_alert")),
        ),
        rows=tuple(
            Row(
                (
                    measure_cell(context, row),
                    count_cell(row, "n_rated", words),
                    mean_cell(context, row, "first_mean_points"),
                    mean_cell(context, row, "last_mean_points"),
                    fell(row),
                    with_alert(row),
                )
            )
            for row in rows
        ),
        note=say("table_note"),
    )


def _coverage_table(context: Context) -> Table | None:
    """By programme; None where there is but one."""
    words = context.words
    found: list[tuple[Subject, Record]] = []
    for subject in context.figures.subjects_at("programme"):
        for row in rows_of(context, "pub_alliance_coverage", subject.key):
            if row["n_reached"]:
                found.append((subject, row))
    if len(found) < 2:
        return None
    window = _window(found[0][1])
    return Table(
        table_id="work-alliance-programmes",
        caption=words.say("work.relationship.by_programme", period=context.year.words),
        columns=(
            column("name", words.say("work.relationship.programme"), is_number=False),
            column("in_time", words.say("work.relationship.in_time", **window)),
        ),
        rows=tuple(
            Row(
                (
                    subject_cell(context, subject),
                    share_cell(
                        share_of(row, "n_in_time", "n_reached", "in_time_rate"),
                        context.minimums,
                        words,
                    ),
                )
            )
            for subject, row in found
        ),
    )


def _experience(context: Context) -> Section | None:
    words = context.words
    rows = wholes(rows_of(context, "pub_experience"))
    if not rows:
        return None
    verdicts = _verdict_table(context)
    return Section(
        section_id="work-experience",
        title=words.say("work.experience.title"),
        paragraphs=(words.say("work.experience.lead"),),
        tables=(_experience_table(context, rows), *([verdicts] if verdicts else [])),
    )


def _experience_table(context: Context, rows: list[Record]) -> Table:
    words, minimums = context.words, context.minimums

    def say(key: str) -> str:
        return words.say(f"work.experience.{key}")

    def mean(row: Record) -> Cell:
        if row["domain"] != "experience":
            return Cell(text=words.say("number.nothing"))
        return mean_cell(context, row, "rating_mean_points")

    def rated(row: Record) -> Cell:
        if not row["n_asked"]:
            # Nobody says of which whole these are a part: no share.
            text = words.say("work.experience.answered", n=words.count(row["n_rated"]))
            return Cell(text=text, value=row["n_rated"], small=say("not_listed"))
        share = share_of(row, "n_asked_rated", "n_asked", "rated_rate")
        cell = share_cell(share, minimums, words, has_interval=False)
        more = row["n_rated"] - row["n_asked_rated"]
        if not more:
            return cell
        small = words.say("work.experience.more", counts=cell.small, n=words.count(more))
        return replace(cell, small=small)

    def met(row: Record) -> Cell:
        share = replace(
            share_of(row, "n_met", "n_rated", "met_rate"),
            n_all=row["n_asked"],
            measured_rate=row["rated_rate"],
            worst=row["met_rate_worst"],
            best=row["met_rate_best"],
        )
        cell = share_cell(share, minimums, words)
        ends = extremes(share, words)
        if share.rate is None or ends is None:
            return cell
        bounds = words.say("work.experience.bounds", worst=ends[0], best=ends[1])
        if reading(share, minimums) != BOUNDS:
            return Cell(text=cell.text, value=cell.value, small=f"{cell.small}; {bounds}")
        # So few answered that those who did say little of all: the two extremes come first.
        among = words.say("work.experience.among_rated", rate=cell.text, counts=cell.small)
        return Cell(text=bounds, small=among)

    has_rule = any(row["n_met"] is not None for row in rows)
    return Table(
        table_id="work-experience",
        caption=words.say("work.experience.table", period=context.year.words),
        columns=(
            column("measure", say("measure"), is_number=False),
            column("rated", say("rated")),
            column("mean", say("mean")),
            column("met", say("met")),
        ),
        rows=tuple(
            Row(
                (
                    measure_cell(context, row),
                    rated(row),
                    mean(row),
                    met(row),
                )
            )
            for row in rows
        ),
        note=say("met_note") if has_rule else "",
    )


def _verdict_table(context: Context) -> Table | None:
    """How often each step was chosen: one row per measure and respondent."""
    words = context.words
    steps: dict[tuple[str, ...], list[Record]] = {}
    for row in rows_of(context, "pub_verdicts"):
        steps.setdefault(tuple(row[name] for name in _VERDICT_KEY), []).append(row)
    if not steps:
        return None
    ratings = sorted({row["rating"] for rows in steps.values() for row in rows})
    rows = []
    for own in steps.values():
        chosen = {row["rating"]: row for row in own}
        cells = [count_cell(chosen.get(rating), "n_chosen", words) for rating in ratings]
        rows.append(Row((text_cell(called(context, own[0])), *cells)))
    return Table(
        table_id="work-verdicts",
        caption=words.say("work.experience.verdicts", period=context.year.words),
        columns=(
            column("said", words.say("work.experience.said"), is_number=False),
            *(column(f"step_{rating}", words.count(rating)) for rating in ratings),
        ),
        rows=tuple(rows),
        note=words.say("work.experience.verdicts_note", lowest=ratings[0], highest=ratings[-1]),
    )
