"""Therapists and groups by name over twelve months, and first what that cannot tell.

Beside each unadjusted share stands what was expected of the same clients, the share adjusted for
them, the one drawn towards the average, and what can be said in words. Nobody is ranked.
"""

from dataclasses import replace

from pipelines.reporting.context import (
    Context,
    column,
    count_cell,
    first_with_rule,
    share_cell,
    subject_cell,
    text_cell,
)
from pipelines.reporting.figures.figures import ROLLING, Measure, Record, Subject
from pipelines.reporting.model import Cell, Row, Section, Table
from pipelines.reporting.sections.case_mix_part import case_mix_part
from pipelines.reporting.sections.comparison_chart import funnel
from pipelines.reporting.sections.comparison_words import (
    CANNOT_TELL,
    compared_row,
    lead_paragraphs,
    verdict_words,
    within_0_and_1,
)
from pipelines.reporting.sentences import better_share, measured_share, paired_share
from pipelines.reporting.wording import Wording

# What the comparison gives. Expected and adjusted shares stand only beside a verdict; the one drawn
# towards the average stands alone too, as it keeps a reader from taking a few courses for more.
_COMPARED = ("expected", "adjusted", "shrunken")


def people_section(context: Context) -> Section:
    """The section, which says so where nobody has an ended course."""
    words, minimum = context.words, context.settings.comparison.minimum_pairs
    levels = {level: _rows(context, level) for level in ("therapist", "group")}
    title = words.say("section.people")
    if not any(levels.values()):
        text = words.say("people.none", period=context.year.words)
        return Section(section_id="people", title=title, paragraphs=(text,))
    measure = first_with_rule(context)
    lead = (
        words.say("people.lead_no_measure", period=context.year.words)
        if measure is None
        else words.say("people.lead", period=context.year.words, measure=measure.instrument.name)
    )
    parts = [_part(context, level, rows, measure) for level, rows in levels.items() if rows]
    return Section(
        section_id="people",
        title=title,
        paragraphs=(
            words.say("people.cannot_1"),
            words.say("people.cannot_2", minimum=words.count(minimum)),
            words.say("people.cannot_3"),
            f"{lead} {words.say('people.words_note')}",
        ),
        parts=tuple(part for part in (*parts, case_mix_part(context)) if part is not None),
    )


def _part(
    context: Context,
    level: str,
    rows: list[tuple[Subject, Record | None]],
    measure: Measure | None,
) -> Section:
    """Who was compared and what came of it, the drawing, and everybody by name."""
    subjects = [subject for subject, _ in rows]
    chart = None if measure is None else funnel(context, measure, level, subjects)
    return Section(
        section_id=f"people-{level}s",
        title=context.words.say(f"people.{level}s"),
        paragraphs=() if measure is None else tuple(lead_paragraphs(context, measure, level)),
        charts=() if chart is None else (chart,),
        tables=(_table(context, level, rows, measure),),
    )


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
    if measure is not None:
        # A verdict on a measure rests on how many were measured on it, not on any.
        name = words.say("outcomes.measured_on", measure=measure.instrument.name)
        columns.append(column("measured", name))
    elif context.measures:
        columns.append(column("measured", words.say("outcomes.measured_of_finished")))
    if measure is not None:
        columns += [
            column("better", words.say("people.unadjusted")),
            column("expected", words.say("people.expected")),
            column("adjusted", words.say("people.adjusted")),
            column("shrunken", words.say("people.shrunken")),
            column("words", words.say("people.can_be_said"), is_number=False),
        ]
    return without_empty_comparisons(
        Table(
            table_id=f"{level}s",
            caption=words.say(f"people.table_{level}s", period=context.year.words),
            columns=tuple(columns),
            rows=tuple(
                Row(tuple(_cells(context, level, subject, activity, measure)))
                for subject, activity in rows
            ),
            is_sortable=False,
        ),
        words,
    )


def without_empty_comparisons(table: Table, words: Wording) -> Table:
    """The table without columns of the comparison that nobody in it has a figure for.

    A note says why some rows of those that are left are empty.
    """
    kept = [
        place
        for place, each in enumerate(table.columns)
        if each.key not in _COMPARED
        or any(row.cells[place].value is not None for row in table.rows)
    ]
    keys = {table.columns[place].key for place in kept}
    shown = [name for name in ("expected", "adjusted") if name in keys]
    return replace(
        table,
        note=words.say(f"people.only_with_a_verdict.{'_'.join(shown)}") if shown else "",
        columns=tuple(table.columns[place] for place in kept),
        rows=tuple(
            replace(row, cells=tuple(row.cells[place] for place in kept)) for row in table.rows
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
    cells = [subject_cell(context, subject)]
    if level == "group":
        cells += [text_cell(subject.detail), seats_cell(activity, context)]
    else:
        cells.append(count_cell(activity, "n_open", words))
    cells.append(count_cell(activity, "n_ended", words))
    end_on = context.year.end_on
    row = None if measure is None else figures.outcome(measure, subject.key, ROLLING, end_on)
    if measure is not None:
        cells.append(share_cell(paired_share(row), minimums, words, has_interval=False))
    elif context.measures:
        completeness = figures.completeness(subject.key, ROLLING, end_on)
        cells.append(share_cell(measured_share(completeness), minimums, words, has_interval=False))
    if measure is not None:
        cells.append(share_cell(better_share(row), minimums, words))
        cells += compared_cells(context, compared_row(context, measure, subject))
    return cells


def seats_cell(activity: Record | None, context: Context) -> Cell:
    """The seats taken, of those that a group has."""
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


def compared_cells(context: Context, row: Record | None) -> list[Cell]:
    """Expected, adjusted, drawn towards the average, and what can be said; never one of them."""
    words = context.words
    if row is None or not row["n_pairs"]:
        nothing = Cell(text=words.say("number.nothing"))
        return [nothing, nothing, nothing, Cell(text=words.say("outcomes.words.none"))]
    text, small = verdict_words(context, row)
    n = row["n_pairs"]
    reason = row["reason"] if row["verdict"] == CANNOT_TELL else ""
    verdict = Cell(text=text, small=small, reason=reason)
    if row["verdict"] == CANNOT_TELL or row["adjusted"] is None or not row["is_adjusted"]:
        # A figure beside what was expected of it would be read as the verdict that nobody can give.
        cell = Cell(text=words.say("number.nothing"), reason="not_compared")
        return [cell, cell, _range_cell(context, row, "shrunken", n), verdict]
    expected = Cell(text=words.percent(row["expected"], n=n), value=row["expected"])
    return [
        expected,
        _range_cell(context, row, "adjusted", n),
        _range_cell(context, row, "shrunken", n),
        verdict,
    ]


def _range_cell(context: Context, row: Record, name: str, n: int) -> Cell:
    words = context.words
    value, lower, upper = row[name], row[f"{name}_lower"], row[f"{name}_upper"]
    if value is None:
        return Cell(text=words.say("number.nothing"))
    value, small = within_0_and_1(value), ""
    if lower is not None and upper is not None:
        small = words.percent_range(within_0_and_1(lower), within_0_and_1(upper), n=n)
    return Cell(text=words.percent(value, n=n), value=value, small=small)
