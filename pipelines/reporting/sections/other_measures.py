"""Measures that few courses have: one row each instead of a part of their own."""

from pipelines.reporting.context import Context, bounded_cell, column, share_cell, text_cell
from pipelines.reporting.figures.figures import ROLLING, Measure, Record
from pipelines.reporting.model import Cell, Row, Section, Table
from pipelines.reporting.sentences import better_share, paired_share, worse_share
from pipelines.reporting.wording import Wording


def other_parts(context: Context) -> list[Section]:
    """One table of the measures that few courses have; empty without any."""
    words, minimums = context.words, context.minimums
    others = [measure for measure in context.measures if measure not in context.routine]
    if not others:
        return []
    names = ("measured_on_this", "reliably_better", "reliably_worse", "first", "last", "change")
    points = ("first_mean_points", "last_mean_points", "improvement_mean_points")
    rows = []
    for measure in others:
        row = context.figures.outcome(measure, context.subject, ROLLING, context.year.end_on)
        shares = [share_cell(paired_share(row), minimums, words, has_interval=False)]
        if measure.has_reliable_change:
            shares += [
                bounded_cell(share(row), minimums, words) for share in (better_share, worse_share)
            ]
        else:
            shares += [Cell(words.say("outcomes.no_threshold"))] * 2
        means = [points_cell(row, name, words) for name in points]
        rows.append(Row((text_cell(full_title(measure, words)), *shares, *means)))
    return [
        Section(
            section_id="other-measures",
            title=words.say("outcomes.others"),
            paragraphs=(words.say("outcomes.others_lead"),),
            tables=(
                Table(
                    table_id="other-measures-table",
                    caption=words.say("outcomes.others_table", period=context.year.words),
                    columns=(
                        column("measure", words.say("outcomes.measure"), is_number=False),
                        *(column(name, words.say(f"outcomes.{name}")) for name in names),
                    ),
                    rows=tuple(rows),
                    note=words.say("outcomes.others_note"),
                ),
            ),
        )
    ]


def full_title(measure: Measure, words: Wording) -> str:
    """What sentences call a measure, with what its authors call it."""
    name, full_name = measure.instrument.name, measure.instrument.full_name
    if name == full_name:
        return name
    return words.say("outcomes.full_title", name=name, full_name=full_name)


def points_cell(row: Record | None, name: str, words: Wording) -> Cell:
    """Points of a scale; nothing where they cannot be computed."""
    if row is None or row[name] is None:
        return Cell(text=words.say("number.nothing"))
    return Cell(text=words.decimal(row[name]), value=row[name])
