"""What may be said about outcomes: each claim with its flow, its verdict and its sentence.

Shares are rounded against the claim, as in the sentence: what speaks for it down, what speaks
against it up, an interval outwards. A table beside the sentence must not say another number.
"""

from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction
from math import ceil, floor

from pipelines.reporting.context import Context, column, share_cell, text_cell
from pipelines.reporting.figures.figures import (
    CLINIC,
    HISTORY_MONTHS,
    QUARTER,
    ROLLING,
    Record,
    month_before,
    month_end,
)
from pipelines.reporting.model import Cell, Definition, Row, Section, Table
from pipelines.reporting.sentences import Share, share_of
from pipelines.reporting.wording import Wording

_TABLE = "pub_claims"
YEAR = "year"


def claims_section(context: Context) -> Section | None:
    """The section; None without a claim."""
    words = context.words
    judged = _judged(context)
    rows = closed_claims(context)
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
            *([words.say("claims.examples")] if are_examples(rows) else []),
            words.say("claims.window", day=words.day(context.figures.month_end_on)),
        ),
        tables=(_table(context, rows),),
        definitions=tuple(_definition(context, row) for row in rows),
    )


def are_examples(rows: Sequence[Record]) -> bool:
    """Whether nobody has fixed any of these claims for this clinic: they come with the program."""
    return all(row["set_on"] is None for row in rows)


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


def closed_claims(context: Context) -> list[Record]:
    """Of each claim the newest window that had closed by the month's end, by its date alone.

    Where nobody was referred or began in it there is none: an older one could have been picked.
    """
    month_end_on = context.figures.month_end_on
    by_claim: dict[str, list[Record]] = {}
    for row in _judged(context):
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
    why = words.say("claims.because", reasons=words.listed(reasons)) if reasons else ""
    # The sentence tells the flow itself.
    said = row["sentence"]
    rest = words.say("claims.instead", sentence=said) if said else _flow(context, row)
    return Definition(
        term=words.say("claims.judged", verdict=verdict, says=row["says"]),
        text=" ".join(filter(None, (why, rest))),
        term_id=f"claim-{row['claim_id']}",
    )


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
    words = context.words
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
        _share(context, measured, floor, has_interval=False),
        _share(context, met, floor),
        _bounds(words, row),
        _share(context, worse, ceil),
        _worse_bound(words, row),
    ]


def claim_figure_words(row: Record, words: Wording) -> str:
    """What was found of a claim, rounded as in its sentence; empty where no rate can be given."""
    n_met, n_measured, n_due = row["n_met"], row["n_measured"], row["n_due"]
    if row["met_rate"] is None or n_met is None or not n_measured or not n_due:
        return ""
    return words.say(
        "sentence.claims.figure",
        met=_percent(words, n_met, n_measured, floor),
        x=words.count(n_met),
        n=words.count(n_measured),
        measured=_percent(words, n_measured, n_due, floor),
    )


def _share(
    context: Context,
    share: Share,
    rounded: Callable[[Fraction], int],
    *,
    has_interval: bool = True,
) -> Cell:
    """The cell of a share as everywhere, but for how its figures are rounded."""
    words = context.words
    cell = share_cell(share, context.minimums, words, has_interval=has_interval)
    if cell.value is None or share.x is None or not share.n:
        return cell
    small = words.say("number.x_of_n", x=words.count(share.x), n=words.count(share.n))
    if has_interval and share.lower is not None and share.upper is not None:
        ends = {"lower": floor(100 * share.lower), "upper": ceil(100 * share.upper)}
        small = f"{words.say('number.percent_range', **ends)}; {small}"
    return Cell(text=_percent(words, share.x, share.n, rounded), value=cell.value, small=small)


def _percent(words: Wording, x: int, n: int, rounded: Callable[[Fraction], int]) -> str:
    return words.say("number.percent", value=rounded(Fraction(100 * x, n)))


def _bounds(words: Wording, row: Record) -> Cell:
    x, n = row["n_met"], row["n_due"]
    if x is None or not n:
        return Cell(text=words.say("number.nothing"))
    text = words.say(
        "claims.bounds_range",
        worst=_percent(words, x, n, floor),
        best=_percent(words, x + n - row["n_measured"], n, ceil),
    )
    return Cell(text=text, value=row["met_rate_worst"])


def _worse_bound(words: Wording, row: Record) -> Cell:
    x, n = row["n_deteriorated"], row["n_due"]
    if x is None or not n:
        return Cell(text=words.say("number.nothing"))
    percent = _percent(words, x + n - row["n_worse_known"], n, ceil)
    return Cell(
        text=words.say("claims.at_most", percent=percent), value=row["deteriorated_rate_worst"]
    )
