"""What may be said about outcomes: each claim with its flow, its verdict and its sentence."""

from datetime import date

from pipelines.reporting.context import Context, column, share_cell, text_cell
from pipelines.reporting.figures import (
    CLINIC,
    HISTORY_MONTHS,
    QUARTER,
    ROLLING,
    Record,
    month_before,
    month_end,
)
from pipelines.reporting.model import Cell, Definition, Row, Section, Table
from pipelines.reporting.sentences import share_of

_TABLE = "pub_claims"
YEAR = "year"


def claims_section(context: Context) -> Section | None:
    """The section; None without a claim, and on a public page: claims are for the director."""
    if context.is_public:
        return None
    words = context.words
    judged = _judged(context)
    rows = _closed(context, judged)
    if not rows:
        if not judged:
            return None
        return Section(
            section_id="claims",
            title=words.say("claims.title"),
            paragraphs=(words.say("claims.lead"), words.say("claims.none")),
        )
    return Section(
        section_id="claims",
        title=words.say("claims.title"),
        paragraphs=(
            words.say("claims.lead"),
            words.say("claims.window", day=words.day(context.figures.month_end_on)),
        ),
        tables=(_table(context, rows),),
        definitions=tuple(_definition(context, row) for row in rows),
    )


def _judged(context: Context) -> list[Record]:
    """All the clinic's windows, of the one kind that each claim names, newest first."""
    figures = context.figures
    return [
        row
        for back in range(HISTORY_MONTHS)
        for kind in (ROLLING, YEAR, QUARTER)
        for row in figures.published(
            _TABLE, CLINIC, kind, month_end(month_before(figures.month, back))
        )
    ]


def _closed(context: Context, judged: list[Record]) -> list[Record]:
    """Of each claim the newest window that had closed by the month's end, by its date alone.

    Where nobody was referred or began in it there is none: an older one could have been picked.
    """
    month_end_on = context.figures.month_end_on
    by_claim: dict[str, list[Record]] = {}
    for row in judged:
        by_claim.setdefault(row["claim_id"], []).append(row)
    found = []
    for _, rows in sorted(by_claim.items()):
        days = rows[0]["closes_on"] - rows[0]["period_end_on"]
        newest_on = newest_end(rows[0]["period_kind"], month_end_on - days)
        found += [row for row in rows if row["period_end_on"] == newest_on]
    return found


def newest_end(kind: str, day: date) -> date:
    """The last day of the newest period of a kind that ended on a day or before it."""
    month = day.replace(day=1) if month_end(day) == day else month_before(day)
    step = {YEAR: 12, QUARTER: 3}.get(kind, 1)
    return month_end(month_before(month, month.month % step))


def _definition(context: Context, row: Record) -> Definition:
    words = context.words
    verdict = words.say(f"claims.verdicts.{row['verdict']}")
    reasons = [
        words.say(f"claims.reasons.{reason}")
        for reason in (row["verdict_reasons"] or "").split(";")
        if reason
    ]
    text = (
        words.say("claims.judged_because", verdict=verdict, reasons=words.listed(reasons))
        if reasons
        else words.say("claims.judged", verdict=verdict)
    )
    text = f"{text} {_flow(context, row)}"
    if row["sentence"]:
        text = f"{text} {words.say('claims.instead', sentence=row['sentence'])}"
    return Definition(term=row["says"], text=text, term_id=f"claim-{row['claim_id']}")


def _flow(context: Context, row: Record) -> str:
    words = context.words
    names = ("referred", "started", "below_threshold", "due", "measured")
    counts = {name: words.count(row[f"n_{name}"]) for name in names}
    return words.say("claims.flow_below" if row["n_below_threshold"] else "claims.flow", **counts)


def _table(context: Context, rows: list[Record]) -> Table:
    words = context.words
    return Table(
        table_id="claims",
        caption=words.say("claims.table"),
        columns=(
            column("claim", words.say("claims.claim"), is_number=False),
            column("verdict", words.say("claims.verdict"), is_number=False),
            column("began", words.say("claims.began"), is_number=False),
            *(
                column(key, words.say(f"claims.{key}"))
                for key in ("measured", "met", "bounds", "worse", "worse_bound")
            ),
        ),
        rows=tuple(Row(tuple(_cells(context, row))) for row in rows),
        note=words.say("claims.note"),
    )


def _cells(context: Context, row: Record) -> list[Cell]:
    words, minimums = context.words, context.minimums
    measured = share_of(row, count="n_measured", denominator="n_due", rate="measured_rate")
    met = share_of(row, count="n_met", denominator="n_measured", rate="met_rate")
    worse = share_of(
        row, count="n_deteriorated", denominator="n_worse_known", rate="deteriorated_rate"
    )
    window = words.say(
        "claims.began_window",
        start=words.short_month(row["period_start_on"]),
        end=words.short_month(row["period_end_on"]),
    )
    return [
        text_cell(row["says"]),
        text_cell(words.say(f"claims.verdicts.{row['verdict']}")),
        text_cell(window),
        share_cell(measured, minimums, words, has_interval=False),
        share_cell(met, minimums, words),
        _bounds(context, row),
        share_cell(worse, minimums, words),
        _worse_bound(context, row),
    ]


def _bounds(context: Context, row: Record) -> Cell:
    words = context.words
    if row["met_rate_worst"] is None:
        return Cell(text=words.say("number.nothing"))
    n = row["n_due"]
    text = words.say(
        "claims.bounds_range",
        worst=words.percent(row["met_rate_worst"], n=n),
        best=words.percent(row["met_rate_best"], n=n),
    )
    return Cell(text=text, value=row["met_rate_worst"])


def _worse_bound(context: Context, row: Record) -> Cell:
    words, rate = context.words, row["deteriorated_rate_worst"]
    if rate is None:
        return Cell(text=words.say("number.nothing"))
    text = words.say("claims.at_most", percent=words.percent(rate, n=row["n_due"]))
    return Cell(text=text, value=rate)
