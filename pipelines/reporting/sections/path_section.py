"""The path through treatment: curves, ups and downs, and open courses that are not on track.

All of it is about the clinic as a whole or a programme. Which courses are not on track is in no
report; a therapist's and a group's page have the curves alone.
"""

from decimal import Decimal

from pipelines.reporting.context import Context, column, count_cell, share_cell, text_cell
from pipelines.reporting.figures.figures import MONTH, ROLLING, Measure, Record
from pipelines.reporting.model import Cell, Column, Row, Section, Table
from pipelines.reporting.sections.curves import curves_of
from pipelines.reporting.sentences import share_of
from pipelines.reporting.wording import Wording
from pipelines.warehouse.path_rules import rule_value

PUBLISHED = "published"


def path_section(context: Context) -> Section | None:
    """The section; None where no course has a path."""
    if not context.measures:
        return None
    words = context.words
    curves, ups = curves_of(context), _ups_table(context)
    if ups is None and not curves.has_rows:
        return None
    paragraphs = [words.say("path.lead", period=context.year.words), words.say("path.cannot")]
    paragraphs += curves.too_few
    track = _track_table(context)
    if track is None:
        paragraphs.append(_why_no_track(context))
    return Section(
        section_id="path",
        title=words.say("path.title"),
        paragraphs=tuple(paragraphs),
        charts=curves.charts,
        tables=(*curves.weeks, *(table for table in (ups, track) if table is not None)),
    )


# Column of the table → count, denominator and rate of pub_path.
_SHARES = {
    "gain": ("n_with_gain", "n_gain_assessable", "with_gain_rate"),
    "reversed": ("n_with_reversal", "n_with_gain", "with_reversal_rate"),
    "setback": ("n_with_setback", "n_setback_assessable", "with_setback_rate"),
    "good": ("n_setback_made_good", "n_with_setback", "setback_made_good_rate"),
    "worst": ("n_worse_than_first", "n_worst_assessable", "worse_than_first_rate"),
    "early": ("n_early_response", "n_early_assessable", "early_response_rate"),
}


def _ups_table(context: Context) -> Table | None:
    words = context.words
    every = _by_measure(context, "pub_path", ROLLING)
    rows = [(measure, row) for measure, row in every if row["gain_cut_points"] is not None]
    if not rows:
        return None
    settings = next((row for _, row in rows if row["early_response_share"] is not None), None)
    shown = [name for name in _SHARES if name != "early" or settings is not None]
    notes = [words.say("path.ups.note"), *_left_out(words, len(every) - len(rows))]
    own = [m.instrument.name for m, row in rows if row["basis"] not in (None, PUBLISHED)]
    if own:
        notes.append(words.say("path.ups.derived", measures=words.listed(own)))
    if settings is None:
        notes.append(words.say("path.ups.early_unset"))
    else:
        notes.append(
            words.say(
                "path.ups.early_set",
                share=words.percent(Decimal(str(settings["early_response_share"])), n=None),
                weeks=words.count(settings["early_response_weeks"]),
                source=settings["early_response_source"],
            )
        )
    columns = [
        column("measure", words.say("path.ups.measure"), is_number=False),
        column("courses", words.say("path.ups.courses")),
        *(column(name, words.say(f"path.ups.{name}")) for name in shown),
    ]
    return Table(
        table_id="path-ups",
        caption=words.say("path.ups.table", period=context.year.words),
        columns=tuple(columns),
        rows=tuple(
            Row(
                (
                    text_cell(measure.instrument.name),
                    count_cell(row, "n_courses", words),
                    *(_share(context, row, name) for name in shown),
                )
            )
            for measure, row in rows
        ),
        note=" ".join(notes),
    )


def _share(context: Context, row: Record, name: str) -> Cell:
    count, denominator, rate = _SHARES[name]
    share = share_of(row, count=count, denominator=denominator, rate=rate)
    return share_cell(share, context.minimums, context.words)


def _track_table(context: Context) -> Table | None:
    words = context.words
    every = _by_measure(context, "pub_on_track", MONTH)
    ruled = [(measure, row) for measure, row in every if row["n_judged"] is not None]
    if not ruled:
        return None
    # A line of nothing but what cannot be judged says less than its measure's name.
    rows = [(measure, row) for measure, row in ruled if row["n_judged"]] or ruled
    silent = [measure.instrument.name for measure, row in ruled if (measure, row) not in rows]
    names = {"open": "n_open", "judged": "n_judged", "on_track": "n_on_track"}
    names |= {"off_track": "n_not_on_track", "early": "n_too_early", "unknown": "n_cannot_tell"}
    notes = [
        words.say(
            "path.track.note",
            share=words.percent(rule_value("not_on_track", "improvement_share"), n=None),
            session=words.count(int(rule_value("not_on_track", "by_session"))),
        )
    ]
    if silent:
        notes.append(words.say("path.track.silent", measures=words.listed(silent)))
    columns: list[Column] = [
        column("measure", words.say("path.ups.measure"), is_number=False),
        *(column(name, words.say(f"path.track.{name}")) for name in names),
    ]
    return Table(
        table_id="path-track",
        caption=words.say("path.track.table", period=context.period.words),
        columns=tuple(columns),
        rows=tuple(
            Row(
                (
                    text_cell(measure.instrument.name),
                    *(count_cell(row, figure, words) for figure in names.values()),
                )
            )
            for measure, row in rows
        ),
        note=" ".join((*notes, *_left_out(words, len(every) - len(ruled)))),
    )


def _why_no_track(context: Context) -> str:
    """Why the month has no table of open courses."""
    end_on = context.period.end_on
    has_open = bool(context.figures.published("pub_on_track", context.subject, MONTH, end_on))
    key = "path.track.no_rule" if has_open else "path.track.none"
    return context.words.say(key, period=context.period.words)


def _left_out(words: Wording, count: int) -> list[str]:
    """That measures without a rule in force are not in the table, where there are any."""
    return [words.say("path.ups.left_out", n=words.count(count))] if count else []


def _by_measure(context: Context, table: str, kind: str) -> list[tuple[Measure, Record]]:
    """The clinic's rows of a table, in the order of the outcomes section."""
    end_on = context.year.end_on
    found = {
        row["instrument_id"]: row
        for row in context.figures.published(table, context.subject, kind, end_on)
    }
    return [
        (measure, found[measure.instrument.instrument_id])
        for measure in context.measures
        if measure.instrument.instrument_id in found
    ]
