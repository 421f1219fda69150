"""Curves of scores by session and by week, of whomever a page is about, and who is still there.

One function makes them for the clinic, a programme, a therapist and a group: from the published
rows of that subject alone, so that no page has another's line beside its own.
"""

from dataclasses import dataclass, replace

from pipelines.reporting.context import Context, column, count_cell, text_cell
from pipelines.reporting.figures.figures import ROLLING, Measure, Record
from pipelines.reporting.model import Cell, Chart, Row, Section, Table
from pipelines.reporting.wording import Wording

# Curves of as many measures, in the order of the outcomes section: more would be a wall of lines.
DRAWN_MEASURES = 3
# A line needs as many points.
DRAWN_POINTS = 3
# A table of weeks with fewer means would say over and over that there are too few.
TOLD_WEEKS = 2
# Two labels closer than this part of the drawing's height cover each other.
LABEL_SHARE = 0.09
# The two ways to count how far a course has come.
SESSION, WEEK = "session", "week"


@dataclass(frozen=True)
class Curves:
    """A subject's lines by session, the same by week as tables, and what is too few for a line."""

    charts: tuple[Chart, ...]
    weeks: tuple[Table, ...]
    too_few: tuple[str, ...]

    @property
    def has_rows(self) -> bool:
        """Whether any course has a score on the way."""
        return bool(self.charts or self.too_few)


def curves_of(context: Context) -> Curves:
    """The curves of the page's subject, from as many courses as its audience may read a mean of."""
    charts, weeks, too_few = [], [], []
    for measure in context.measures[:DRAWN_MEASURES]:
        rows = curve_rows(context, measure)
        chart = _curve(context, measure, rows)
        if chart is not None:
            charts.append(chart)
            weeks += _week_table(context, measure)
        elif rows:
            too_few.append(context.words.say("path.curve.none", measure=measure.instrument.name))
    return Curves(tuple(charts), tuple(weeks), tuple(too_few))


def curves_section(context: Context) -> Section | None:
    """The section of a therapist's or a group's page; None where no line can be drawn.

    It is on the pages of the newest month alone: nobody keeps their curves of older ones.
    """
    words, curves = context.words, curves_of(context)
    if not curves.charts:
        return None
    return Section(
        section_id="curves",
        title=words.say("path.title"),
        paragraphs=(
            words.say("path.lead", period=context.year.words),
            words.say(f"path.beside.{context.subject[0]}"),
            *curves.too_few,
        ),
        charts=curves.charts,
        tables=curves.weeks,
    )


def curve_rows(context: Context, measure: Measure, axis: str = SESSION) -> list[Record]:
    """The subject's curve over the sessions or the weeks, in their order."""
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
        summary=" ".join((who_is_there(last, words), *_few_words(context, known))),
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


def _few_words(context: Context, known: list[Record]) -> list[str]:
    """That a few people can bend the line, where it ends below what a comparison needs."""
    if known[-1]["n_measured"] >= context.minimums.comparison:
        return []
    measured = [row["n_measured"] for row in known]
    fewest, most = (context.words.count(n) for n in (min(measured), max(measured)))
    key = "path.curve.small" if fewest != most else "path.curve.small_same"
    return [context.words.say(key, fewest=fewest, most=most)]


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
        sentences.append(
            words.say("path.curve.more", mean=words.decimal(row["mean_points"]), **shown)
        )
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


def _week_table(context: Context, measure: Measure) -> list[Table]:
    """The line by the week since session 1, as a folded table: another line would say it twice."""
    rows = curve_rows(context, measure, WEEK)
    if sum(row["mean_points"] is not None for row in rows) < TOLD_WEEKS:
        return []
    return [replace(_curve_table(context, measure, rows, WEEK), is_folded=True)]


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
                for name in ("there", "measured", "mean", "spread", "median", "half", "began")
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
    nothing = Cell(text=words.say("number.nothing"))
    if row["mean_points"] is None:
        few = Cell(text=words.say("path.curve.few"), reason="too_few_pairs_for_rate")
        return [few, nothing, nothing, nothing, nothing]
    sd = row["sd_points"]
    return [
        Cell(text=words.decimal(row["mean_points"]), value=row["mean_points"]),
        nothing if sd is None else Cell(text=words.decimal(sd), value=sd),
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
