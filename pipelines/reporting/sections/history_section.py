"""How the twelve-month figures of a therapist or a group went.

So few courses end in a month or a quarter that no chart over these could judge them: shown are
twelve months at a time, each with its range, and no rule of a control chart is applied.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.comparison.funnel import Z_95
from pipelines.comparison.spc import CANNOT_TELL, FALLEN, RISEN
from pipelines.reporting.context import Context, column, share_cell, text_cell
from pipelines.reporting.figures.figures import ROLLING, Measure, month_before, month_end
from pipelines.reporting.figures.programme_changes import Moved, beside_the_year_before
from pipelines.reporting.figures.trends import attended_share
from pipelines.reporting.model import Cell, Chart, Row, Section, Table
from pipelines.reporting.sentences import Share, better_share, figure_words, measured_share
from pipelines.reporting.wording import Wording

# Twelve months to the newest, three months apart, over two years.
_WINDOWS, _STEP = 9, 3
# Every fourth shares no course with the newest.
_APART = 12 // _STEP
_MOST_MEASURES = 3


@dataclass(frozen=True)
class _Window:
    """Twelve months: their last day, and the shares of each measure, of pairs, of appointments."""

    end_on: date
    better: tuple[Share, ...]
    measured: Share
    attended: Share


def history_section(context: Context) -> Section | None:
    """The section; None where there is nothing to set beside the newest twelve months."""
    words = context.words
    measures = [one for one in context.routine if one.has_reliable_change][:_MOST_MEASURES]
    windows = _windows(context, measures)
    if len(windows) < 2:
        return None
    table = _table(context, measures, windows)
    chart = _chart(context, measures[0], windows, table) if measures else None
    paragraphs = [words.say("subjects.history.lead")]
    if context.subject[0] == "group":
        paragraphs[0] += f" {words.say('subjects.history.together')}"
    if measures and chart is None:
        paragraphs.append(
            words.say(
                "subjects.history.too_few",
                measure=measures[0].instrument.name,
                minimum=words.count(context.minimums.rate),
            )
        )
    return Section(
        section_id="history",
        title=words.say("subjects.history.title"),
        paragraphs=tuple(paragraphs),
        charts=(chart,) if chart else (),
        tables=() if chart else (table,),
    )


def _windows(context: Context, measures: Sequence[Measure]) -> list[_Window]:
    """Those in which anything was recorded, the newest first."""
    figures, subject = context.figures, context.subject
    found = []
    for back in range(_WINDOWS):
        end_on = month_end(month_before(figures.month, _STEP * back))
        outcomes = [figures.outcome(one, subject, ROLLING, end_on) for one in measures]
        activity = figures.activity(subject, ROLLING, end_on)
        if activity is None and not any(row is not None and row["n_paired"] for row in outcomes):
            # What is older than a gap of a quarter belongs to another history.
            break
        found.append(
            _Window(
                end_on,
                tuple(better_share(row) for row in outcomes),
                measured_share(figures.completeness(subject, ROLLING, end_on)),
                attended_share(activity),
            )
        )
    return found


def _chart(
    context: Context, measure: Measure, windows: Sequence[_Window], table: Table
) -> Chart | None:
    """The first measure; None where fewer than two windows have enough courses to be drawn."""
    words, minimums = context.words, context.minimums
    shares = [window.better[0] for window in windows]
    drawn = [_is_drawn(context, share) for share in shares]
    if sum(drawn) < 2:
        return None
    while not drawn[-1]:
        # An axis begins where there is something to see.
        shares, drawn = shares[:-1], drawn[:-1]
    name = measure.instrument.name
    subtitle = words.say("subjects.history.subtitle", measure=name)
    if not all(drawn):
        few = words.say("subjects.history.not_drawn", minimum=words.count(minimums.rate))
        subtitle = f"{subtitle} {few}"
    points = [
        {
            "order": order,
            "label": words.short_month(window.end_on),
            "value": share.rate if is_drawn else None,
            "lower": share.lower if is_drawn else None,
            "upper": share.upper if is_drawn else None,
            "n": share.n or 0,
            "text": _label(context, share) if is_drawn else "",
            "is_apart": back % _APART == 0,
        }
        for order, (back, (window, share, is_drawn)) in enumerate(
            reversed(list(enumerate(zip(windows, shares, drawn, strict=False))))
        )
    ]
    title, summary = _told(context, name, windows)
    return Chart(
        chart_id="history-chart",
        drawing="ranges",
        title=title,
        subtitle=subtitle,
        summary=summary,
        data={"points": tuple(points)},
        table=table,
    )


def _is_drawn(context: Context, share: Share) -> bool:
    return share.rate is not None and (share.n or 0) >= context.minimums.rate


def _label(context: Context, share: Share) -> str:
    """The percentage beside the last disc; of a handful of people it would say too much."""
    if (share.n or 0) < context.minimums.comparison:
        return ""
    return context.words.percent(share.rate or 0, n=share.n)


def _told(context: Context, measure: str, windows: Sequence[_Window]) -> tuple[str, str]:
    """Title and summary: the newest twelve months beside the twelve before, which share no course.

    Said is whether the interval of their difference leaves out none, and nothing more: no verdict
    rests on so few.
    """
    words, minimums = context.words, context.minimums
    pair = [windows[0], *windows[_APART : _APART + 1]]
    newest, *before = [window.better[0] for window in pair]
    months = [words.month(window.end_on) for window in pair]
    say = {"measure": measure, "newest": months[0], "minimum": words.count(minimums.rate)}
    if not _is_drawn(context, newest):
        n = words.count(newest.n or 0)
        return (
            words.say("subjects.history.chart.title_few", n=n, **say),
            words.say("subjects.history.chart.summary_few", n=n, **say),
        )
    say |= {
        "counts": _counts(newest, words),
        "figure": figure_words(newest, minimums, words),
    }
    if not before or not _is_drawn(context, before[0]):
        return (
            words.say("subjects.history.chart.title_alone", **say),
            words.say("subjects.history.chart.summary_alone", **say),
        )
    earlier = before[0]
    say |= {
        "earlier": months[1],
        "counts_before": _counts(earlier, words),
        "figure_before": figure_words(earlier, minimums, words),
    }
    moved = beside_the_year_before(Moved("better", CANNOT_TELL, newest, before=earlier), Z_95)
    is_clear = moved.verdict in (RISEN, FALLEN)
    said = words.say(f"subjects.history.chart.{'clear' if is_clear else 'not_clear'}")
    return (
        words.say("subjects.history.chart.title", **say),
        f"{words.say('subjects.history.chart.summary', **say)} {said}",
    )


def _table(context: Context, measures: Sequence[Measure], windows: Sequence[_Window]) -> Table:
    words, minimums = context.words, context.minimums
    return Table(
        table_id="history-table",
        caption=words.say("subjects.history.table"),
        columns=(
            column("until", words.say("subjects.history.until"), is_number=False),
            *(
                column(
                    measure.instrument.instrument_id,
                    words.say("subjects.history.better", measure=measure.instrument.name),
                )
                for measure in measures
            ),
            column("measured", words.say("outcomes.measured_of_finished")),
            column("attended", words.say("subjects.history.attended")),
        ),
        rows=tuple(
            Row(
                (
                    text_cell(words.short_month(window.end_on)),
                    *(share_cell(share, minimums, words) for share in window.better),
                    share_cell(window.measured, minimums, words, has_interval=False),
                    _attended_cell(context, window.attended),
                )
            )
            for window in windows
        ),
    )


def _attended_cell(context: Context, share: Share) -> Cell:
    """The share of appointments, all of which are counted: it has no range."""
    words = context.words
    if not share.n or share.x is None or share.rate is None:
        return Cell(text=words.say("number.nothing"))
    percent = words.percent(share.rate, n=share.n)
    return Cell(text=percent, value=share.rate, small=_counts(share, words))


def _counts(share: Share, words: Wording) -> str:
    return words.say("number.x_of_n", x=words.count(share.x or 0), n=words.count(share.n or 0))
