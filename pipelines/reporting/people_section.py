"""Therapists and groups by name over twelve months, and first what that cannot tell."""

from pipelines.reporting.context import Context, column, count_cell, share_cell, text_cell
from pipelines.reporting.figures import ROLLING, Measure, Record, Subject
from pipelines.reporting.model import Cell, Row, Section, Table
from pipelines.reporting.sentences import better_share, measured_share


def people_section(context: Context) -> Section | None:
    """The section; None for an audience that may not see single people."""
    if context.is_public:
        return None
    words = context.words
    therapists = _rows(context, "therapist")
    groups = _rows(context, "group")
    title = words.say("section.people")
    if not therapists and not groups:
        text = words.say("people.none", period=context.year.words)
        return Section(section_id="people", title=title, paragraphs=(text,))
    measure = _first_with_rule(context)
    lead = (
        words.say("people.lead_no_measure", period=context.year.words)
        if measure is None
        else words.say("people.lead", period=context.year.words, measure=measure.instrument.name)
    )
    minimum = words.count(context.minimums.comparison)
    tables = [
        _table(context, level, rows, measure)
        for level, rows in (("therapist", therapists), ("group", groups))
        if rows
    ]
    return Section(
        section_id="people",
        title=title,
        paragraphs=(
            words.say("people.cannot_1"),
            words.say("people.cannot_2", minimum=minimum),
            words.say("people.cannot_3"),
            f"{lead} {words.say('people.words_note')}",
        ),
        tables=tuple(tables),
    )


def _first_with_rule(context: Context) -> Measure | None:
    return next((measure for measure in context.measures if measure.has_reliable_change), None)


def _rows(context: Context, level: str) -> list[tuple[Subject, Record | None]]:
    """The subjects with an ended or an open course in the twelve months."""
    figures = context.figures
    found = []
    for subject in figures.subjects_at(level):
        activity = figures.activity(subject.key, ROLLING, context.year.end_on)
        has_courses = activity is not None and bool(activity["n_ended"] or activity["n_open"])
        if has_courses or figures.completeness(subject.key, ROLLING, context.year.end_on):
            found.append((subject, activity))
    return found


def _table(
    context: Context,
    level: str,
    rows: list[tuple[Subject, Record | None]],
    measure: Measure | None,
) -> Table:
    words = context.words
    columns = [column("name", words.say(f"people.{level}"), is_number=False)]
    if level == "group":
        columns += [
            column("programme", words.say("people.programme"), is_number=False),
            column("seats", words.say("people.seats")),
        ]
    else:
        columns.append(column("open", words.say("people.open")))
    columns.append(column("ended", words.say("people.ended")))
    if context.measures:
        columns.append(column("measured", words.say("outcomes.measured_of_finished")))
    if measure is not None:
        columns += [
            column("better", words.say("outcomes.reliably_better")),
            column("words", words.say("people.can_be_said"), is_number=False),
        ]
    return Table(
        table_id=f"{level}s",
        caption=words.say(f"people.table_{level}s", period=context.year.words),
        columns=tuple(columns),
        rows=tuple(
            Row(tuple(_cells(context, level, subject, activity, measure)))
            for subject, activity in rows
        ),
    )


def _cells(
    context: Context,
    level: str,
    subject: Subject,
    activity: Record | None,
    measure: Measure | None,
) -> list[Cell]:
    words, minimums, figures = context.words, context.minimums, context.figures
    cells = [text_cell(subject.name)]
    if level == "group":
        cells += [text_cell(subject.detail), _seats(activity, context)]
    else:
        cells.append(count_cell(activity, "n_open", words))
    cells.append(count_cell(activity, "n_ended", words))
    end_on = context.year.end_on
    if context.measures:
        completeness = figures.completeness(subject.key, ROLLING, end_on)
        cells.append(share_cell(measured_share(completeness), minimums, words, has_interval=False))
    if measure is not None:
        row = figures.outcome(measure, subject.key, ROLLING, end_on)
        cells += [share_cell(better_share(row), minimums, words), _words_cell(row, context)]
    return cells


def _seats(activity: Record | None, context: Context) -> Cell:
    words = context.words
    if activity is None or not activity["n_seats"]:
        return Cell(text=words.say("number.nothing"))
    return Cell(
        text=words.say(
            "number.x_of_n",
            x=words.count(activity["n_seats_taken"] or 0),
            n=words.count(activity["n_seats"]),
        ),
        value=activity["n_seats_taken"],
    )


def _words_cell(row: Record | None, context: Context) -> Cell:
    """What may be said; who is better is not among it."""
    words = context.words
    if row is None or not row["n_paired"]:
        return Cell(text=words.say("outcomes.words.none"))
    reason = row["reliability_reason"]
    if reason is None:
        return Cell(text=words.say("people.enough"))
    return Cell(text=words.say(f"outcomes.words.{reason}"), reason=reason)


def too_few_to_compare(context: Context, level: str) -> tuple[int, int]:
    """Of a level's subjects with a finished course: those with too few pairs, and all of them."""
    measure = _first_with_rule(context)
    if measure is None:
        return (0, 0)
    end_on = context.year.end_on
    rows = [
        (
            context.figures.completeness(subject.key, ROLLING, end_on),
            context.figures.outcome(measure, subject.key, ROLLING, end_on),
        )
        for subject in context.figures.subjects_at(level)
    ]
    counted = [outcome for completeness, outcome in rows if (completeness or {}).get("n_finished")]
    few = [
        outcome
        for outcome in counted
        if outcome is None or (outcome["n_paired"] or 0) < context.minimums.comparison
    ]
    return (len(few), len(counted))
