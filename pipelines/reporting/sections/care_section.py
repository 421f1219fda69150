"""Care as it happened: attendance, referrals and endings, waits, seats, and safety follow-up."""

from pipelines.reporting.context import Context, column, count_cell, text_cell
from pipelines.reporting.figures.figures import ROLLING, YEAR
from pipelines.reporting.figures.trends import attended_share, attended_trend
from pipelines.reporting.figures.windows import window
from pipelines.reporting.model import Chart, Row, Section, Table
from pipelines.reporting.sections.outcomes_section import trend_chart
from pipelines.reporting.sections.rules_kept_part import rules_kept_part
from pipelines.reporting.sections.safety_part import safety_part

_ROWS = (
    ("attended", "n_attended"),
    ("no_show", "n_no_show"),
    ("late_cancelled", "n_late_cancelled"),
    ("cancelled", "n_cancelled"),
    ("clinic_cancelled", "n_clinic_cancelled"),
    ("sessions", "n_sessions"),
    ("referred", "n_referred"),
    ("started", "n_started"),
    ("ended", "n_ended"),
    ("completed", "n_completed"),
    ("dropped_out", "n_dropped_out"),
    ("ended_derived", "n_ended_derived"),
    ("open", "n_open"),
    ("wait_median", "wait_median_days"),
    ("wait_p90", "wait_p90_days"),
    ("seats", "n_seats"),
    ("seats_taken", "n_seats_taken"),
)


def care_section(context: Context) -> Section:
    """The section, which says so where no appointment was recorded."""
    words = context.words
    row = context.figures.activity(context.subject, context.period.kind, context.period.end_on)
    share = attended_share(row)
    period = context.period.words
    if share.n:
        lead = words.say(
            "care.lead",
            x=words.count(share.x or 0),
            n=words.count(share.n),
            period=period,
            rate=words.percent(share.rate or 0, n=share.n),
        )
    else:
        lead = words.say("care.lead_none", period=period)
    chart = _chart(context)
    parts = (safety_part(context), rules_kept_part(context))
    return Section(
        section_id="care",
        title=words.say("section.care"),
        paragraphs=(lead,),
        charts=(chart,) if chart else (),
        tables=(_table(context),),
        parts=tuple(part for part in parts if part is not None),
    )


def _chart(context: Context) -> Chart | None:
    words = context.words
    found = attended_trend(
        context.figures, kind=context.period.kind, words=words, subject=context.subject
    )
    if found is None:
        return None
    last = found.points[-1]
    return trend_chart(
        found,
        chart_id="trend-attended",
        texts="care",
        measure="",
        period=context.period.words,
        figure=last.text if last.value is not None else words.say("card.no_figure"),
        words=words,
    )


def _table(context: Context) -> Table:
    words = context.words
    before = window(context.figures, context.period.kind, words, years_back=1)
    windows = (
        ("now", context.period, words.say("care.now", period=context.period.words)),
        ("year_ago", before, words.say("care.year_ago", period=before.words)),
        ("twelve", context.year, words.say("care.twelve", month=context.period.words)),
    )
    if context.period.kind in (YEAR, ROLLING):
        windows = windows[:-1]
    by_window = [
        context.figures.activity(context.subject, shown.kind, shown.end_on)
        for _, shown, _ in windows
    ]
    rows = [
        Row(
            (
                text_cell(words.say(f"care.{key}")),
                *(count_cell(row, name, words) for row in by_window),
            )
        )
        for key, name in _ROWS
        if any(row is not None and row[name] is not None for row in by_window)
    ]
    return Table(
        table_id="care-table",
        caption=words.say(f"care.table_{len(windows)}", period=context.period.words),
        columns=(
            column("measure", words.say("care.measure"), is_number=False),
            *(column(key, label) for key, _, label in windows),
        ),
        rows=tuple(rows),
    )


def derived_ends(context: Context) -> tuple[int, int]:
    """Ends that were derived, and all ends, over twelve months."""
    row = context.figures.activity(context.subject, ROLLING, context.year.end_on)
    if row is None:
        return (0, 0)
    return (row["n_ended_derived"] or 0, row["n_ended"] or 0)
