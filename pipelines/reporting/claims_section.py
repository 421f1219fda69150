"""What may be said about outcomes: each claim with its flow, its verdict and its sentence."""

from pipelines.reporting.context import Context, column, count_cell, share_cell, text_cell
from pipelines.reporting.figures import (
    CLINIC,
    HISTORY_MONTHS,
    ROLLING,
    Record,
    month_before,
    month_end,
)
from pipelines.reporting.model import Cell, Definition, Row, Section, Table
from pipelines.reporting.sentences import share_of

_TABLE = "pub_claims"


def claims_section(context: Context) -> Section | None:
    """The section; None without a claim, and on a public page without a sentence."""
    words = context.words
    rows = _closed(context)
    if context.is_public:
        told = [row for row in rows if row["sentence"]]
        if not told:
            return None
        lead = words.say("claims.public_lead")
        return Section(
            section_id="claims",
            title=words.say("claims.title"),
            paragraphs=(lead, *(row["sentence"] for row in told)),
        )
    if not rows:
        if not context.figures.published(_TABLE, CLINIC, ROLLING, context.year.end_on):
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


def _closed(context: Context) -> list[Record]:
    """Of each claim the clinic's newest window that had closed by the month's end."""
    figures = context.figures
    found: dict[str, Record] = {}
    for back in range(HISTORY_MONTHS):
        end_on = month_end(month_before(figures.month, back))
        for row in figures.published(_TABLE, CLINIC, ROLLING, end_on):
            if row["closes_on"] <= figures.month_end_on:
                found.setdefault(row["claim_id"], row)
    return [found[claim_id] for claim_id in sorted(found)]


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
    if row["sentence"]:
        text = f"{text} {words.say('claims.instead', sentence=row['sentence'])}"
    return Definition(term=row["says"], text=text, term_id=f"claim-{row['claim_id']}")


def _table(context: Context, rows: list[Record]) -> Table:
    words = context.words
    return Table(
        table_id="claims",
        caption=words.say("claims.table"),
        columns=(
            column("claim", words.say("claims.claim"), is_number=False),
            column("began", words.say("claims.began"), is_number=False),
            *(
                column(key, words.say(f"claims.{key}"))
                for key in ("started", "due", "measured", "met", "bounds", "worse")
            ),
            column("verdict", words.say("claims.verdict"), is_number=False),
        ),
        rows=tuple(Row(tuple(_cells(context, row))) for row in rows),
        note=words.say("claims.note"),
    )


def _cells(context: Context, row: Record) -> list[Cell]:
    words, minimums = context.words, context.minimums
    measured = share_of(row, count="n_measured", denominator="n_due", rate="measured_rate")
    met = share_of(row, count="n_met", denominator="n_measured", rate="met_rate")
    worse = share_of(
        row, count="n_deteriorated", denominator="n_measured", rate="deteriorated_rate"
    )
    window = words.say(
        "claims.began_window",
        start=words.short_month(row["period_start_on"]),
        end=words.short_month(row["period_end_on"]),
    )
    return [
        text_cell(row["says"]),
        text_cell(window),
        count_cell(row, "n_started", words),
        count_cell(row, "n_due", words),
        share_cell(measured, minimums, words, has_interval=False),
        share_cell(met, minimums, words),
        _bounds(context, row),
        share_cell(worse, minimums, words),
        text_cell(words.say(f"claims.verdicts.{row['verdict']}")),
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
