"""The path through treatment: curves, ups and downs, and open courses that are not on track.

All of it is about the clinic as a whole. Which courses are not on track is in no report; therapists
do not appear here.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from pipelines.reporting.context import Context, column, count_cell, share_cell, text_cell
from pipelines.reporting.figures import MONTH, ROLLING, Measure, Record
from pipelines.reporting.model import Cell, Chart, Column, Row, Section, Table
from pipelines.reporting.sentences import share_of
from pipelines.reporting.wording import Wording
from pipelines.warehouse.path_rules import rule_value

# Curves of as many measures, in the order of the outcomes section: more would be a wall of lines.
DRAWN_MEASURES = 3
# A line needs as many points.
DRAWN_POINTS = 3
# Two labels closer than this part of the drawing's height cover each other.
LABEL_SHARE = 0.09
PUBLISHED = "published"
# The two ways to count how far a course has come.
SESSION, WEEK = "session", "week"


def path_section(context: Context) -> Section | None:
    """The section; None where no course has a path."""
    if not context.measures:
        return None
    words = context.words
    period = context.year.words
    drawn = context.measures[:DRAWN_MEASURES]
    curves = [(measure, curve_rows(context, measure)) for measure in drawn]
    ups = _ups_table(context)
    if ups is None and not any(rows for _, rows in curves):
        return None
    charts, lined = [], []
    paragraphs = [words.say("path.lead", period=period), words.say("path.cannot")]
    for measure, rows in curves:
        chart = _curve(context, measure, rows)
        if chart is not None:
            charts.append(chart)
            lined.append(measure)
        elif rows:
            paragraphs.append(words.say("path.curve.none", measure=measure.instrument.name))
    track = _track_table(context)
    if track is None:
        paragraphs.append(_why_no_track(context))
    return Section(
        section_id="path",
        title=words.say("path.title"),
        paragraphs=tuple(paragraphs),
        charts=tuple(charts),
        tables=(
            *_week_tables(context, lined),
            *(table for table in (ups, track) if table is not None),
        ),
    )


def curve_rows(context: Context, measure: Measure, axis: str = SESSION) -> list[Record]:
    """The clinic's curve over the sessions or the weeks, in their order."""
    rows = context.figures.published(
        "pub_trajectories", context.subject, ROLLING, context.year.end_on
    )
    own = [
        row
        for row in rows
        if (row["instrument_id"], row["axis"]) == (measure.instrument.instrument_id, axis)
    ]
    return sorted(own, key=lambda row: row["position"])


def _curve(context: Context, measure: Measure, rows: list[Record]) -> Chart | None:
    words = context.words
    known = drawn_rows(context, rows)
    if len(known) < DRAWN_POINTS:
        return None
    first, last = known[0], known[-1]
    instrument = measure.instrument
    points = tuple(
        {
            "order": row["position"],
            "label": words.count(row["position"]),
            "value": row["mean_points"],
            "lower": row["q1_points"],
            "upper": row["q3_points"],
            "began": row["measured_first_mean_points"],
            "began_text": _apart(row, measure, words),
            "n_text": words.count(row["n_measured"]),
            "text": words.decimal(row["mean_points"]),
        }
        for row in known
    )
    # The whole range of the scale, so that a small change looks small.
    ends = (instrument.minimum_points, instrument.maximum_points)
    extent = tuple(
        {"order": first["position"], "value": value} for value in ends if value is not None
    )
    direction = "down" if instrument.is_higher_worse else "up"
    return Chart(
        chart_id=f"curve-{instrument.instrument_id}",
        drawing="curve",
        title=words.say(
            "path.curve.title",
            measure=instrument.name,
            first=words.decimal(first["mean_points"]),
            start=_session_words(first, words),
            last=words.decimal(last["mean_points"]),
            end=_session_words(last, words),
        ),
        subtitle=words.say(f"path.curve.subtitle_{direction}"),
        summary=who_is_there(last, words),
        data={"points": points, "extent": extent},
        table=_curve_table(context, measure, rows, SESSION),
    )


def _apart(row: Record, measure: Measure, words: Wording) -> str:
    """Where they began, for the line's end; nothing where it would cover the mean beside it."""
    top, bottom = measure.instrument.maximum_points, measure.instrument.minimum_points
    began = row["measured_first_mean_points"]
    height = None if top is None or bottom is None else top - bottom
    if height is not None and abs(began - row["mean_points"]) < LABEL_SHARE * height:
        return ""
    return words.decimal(began)


def drawn_rows(context: Context, rows: list[Record]) -> list[Record]:
    """The points of the line: as far as enough courses are measured to compare them.

    Where hardly any point has so many, all that have a mean: the table beneath has the rest.
    """
    known = [row for row in rows if row["mean_points"] is not None]
    many = [row for row in known if row["n_measured"] >= context.minimums.comparison]
    if len(many) < DRAWN_POINTS:
        return known
    return [row for row in known if row["position"] <= many[-1]["position"]]


def who_is_there(row: Record, words: Wording) -> str:
    """Who is measured at a point of a curve, and whether that alone moves it."""
    sentences = [
        words.say(
            "path.curve.summary",
            end=_session_words(row, words),
            n=words.count(row["n_measured"]),
            all=words.count(row["n_courses"]),
            there=words.count(row["n_there"]),
        )
    ]
    first, began = row["first_mean_points"], row["measured_first_mean_points"]
    moved, others = first - row["mean_points"], first - began
    shown = {"began": words.decimal(began), "first": words.decimal(first)}
    if shown["began"] == shown["first"]:
        sentences.append(words.say("path.curve.same", **shown))
    elif moved * others > 0 and abs(others) <= abs(moved):
        whole, part = words.decimal(abs(moved)), words.decimal(abs(others))
        sentences.append(words.say("path.curve.others", part=part, whole=whole, **shown))
    else:
        # Then the change of who is measured cannot be told as a part of the whole.
        sentences.append(words.say("path.curve.more", **shown))
    if row["gone_first_mean_points"] is not None and row["gone_last_mean_points"] is not None:
        sentences.append(
            words.say(
                "path.curve.gone",
                k=words.count(row["n_courses"] - row["n_there"]),
                n=words.count(row["n_gone_paired"]),
                first=words.decimal(row["gone_first_mean_points"]),
                last=words.decimal(row["gone_last_mean_points"]),
            )
        )
    return " ".join(sentences)


def _session_words(row: Record, words: Wording) -> str:
    return _position_words(row, words, SESSION)


def _position_words(row: Record, words: Wording, axis: str) -> str:
    if row["position"] == 0:
        return words.say(f"path.curve.{axis}_0")
    number = words.count(row["position"])
    return words.say(f"path.curve.at_{axis}", number=number, n=number)


def _week_tables(context: Context, lined: Sequence[Measure]) -> list[Table]:
    """The lines by the week since session 1, as folded tables: lines would say it twice."""
    weeks = [(measure, curve_rows(context, measure, WEEK)) for measure in lined]
    return [
        replace(_curve_table(context, measure, rows, WEEK), is_folded=True)
        for measure, rows in weeks
        if rows
    ]


def _curve_table(context: Context, measure: Measure, rows: list[Record], axis: str) -> Table:
    words = context.words
    stem = "curve" if axis == SESSION else "weeks"
    return Table(
        table_id=f"{stem}-{measure.instrument.instrument_id}-table",
        caption=words.say(
            f"path.curve.{axis}_table", measure=measure.instrument.name, period=context.year.words
        ),
        columns=(
            column(axis, words.say(f"path.curve.{axis}"), is_number=False),
            *(
                column(name, words.say(f"path.curve.{name}"))
                for name in ("there", "measured", "mean", "median", "half", "began")
            ),
        ),
        rows=tuple(
            Row(
                (
                    text_cell(_position_words(row, words, axis)),
                    count_cell(row, "n_there", words),
                    count_cell(row, "n_measured", words),
                    *_point_cells(row, words),
                )
            )
            for row in rows
        ),
    )


def _point_cells(row: Record, words: Wording) -> list[Cell]:
    if row["mean_points"] is None:
        nothing = Cell(text=words.say("number.nothing"))
        few = Cell(text=words.say("path.curve.few"), reason="too_few_pairs_for_rate")
        return [few, nothing, nothing, nothing]
    sd = row["sd_points"]
    return [
        Cell(
            text=words.decimal(row["mean_points"]),
            value=row["mean_points"],
            small="" if sd is None else f"({words.decimal(sd)})",
        ),
        Cell(text=words.decimal(row["median_points"]), value=row["median_points"]),
        Cell(
            text=words.say(
                "number.points_range",
                lower=words.decimal(row["q1_points"]),
                upper=words.decimal(row["q3_points"]),
            )
        ),
        Cell(
            text=words.decimal(row["measured_first_mean_points"]),
            value=row["measured_first_mean_points"],
        ),
    ]


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
