"""Which programmes are measured, quarter by quarter: a map, darker where more are."""

from datetime import date

from pipelines.months import month_end
from pipelines.reporting.context import Context, column, share_cell, text_cell
from pipelines.reporting.figures.figures import CLINIC, QUARTER, Subject
from pipelines.reporting.model import Chart, Row, Table, Value
from pipelines.reporting.output.drawings.heat import PERIODS
from pipelines.reporting.sentences import (
    PLAIN,
    WIDE,
    Share,
    is_under_measured,
    measured_percent,
    measured_share,
    reading,
)

# Opacity of the accent in a cell, by the share that it stands for: text stays readable on all.
_SHADES = ((0.5, 0.06), (0.7, 0.16), (0.9, 0.28), (1.01, 0.42))


def completeness_chart(context: Context) -> Chart | None:
    """The map; None but on the clinic's page, and where no programme has a rate."""
    if context.subject != CLINIC:
        return None
    words = context.words
    quarters = _quarters(context.period.end_on, max(PERIODS.values()))
    rows: list[tuple[Subject, list[Share]]] = []
    left_out: list[str] = []
    for subject in context.figures.subjects_at("programme"):
        shares = _shares(context, subject, quarters)
        if any(_has_rate(context, share) for share in shares):
            rows.append((subject, shares))
        else:
            left_out.append(subject.name)
    newest = [
        (subject.name, shares[-1]) for subject, shares in rows if _has_rate(context, shares[-1])
    ]
    if not newest:
        return None
    rates = sorted((share.rate or 0, share.n or 0) for _, share in newest)
    under = [
        words.say(
            "number.counted_name",
            name=name,
            x=words.count(share.x or 0),
            n=words.count(share.n or 0),
        )
        for name, share in newest
        if is_under_measured(share.rate or 0)
    ]
    named = [words.say("trust.heat.named", names=words.listed(under))] if under else []
    lowest, highest = (measured_percent(rate, words, n=n) for rate, n in (rates[0], rates[-1]))
    return Chart(
        chart_id="completeness-map",
        drawing="heat",
        title=words.say("trust.heat.title", n=len(under)),
        subtitle=words.say("trust.heat.subtitle"),
        summary=" ".join(
            [
                words.say(
                    "trust.heat.summary",
                    all=words.count(len(newest)),
                    period=words.quarter(quarters[-1]),
                    under=words.count(len(under)),
                    lowest=lowest,
                    highest=highest,
                ),
                *named,
                *(
                    [words.say("trust.heat.left_out", names=words.listed(left_out))]
                    if left_out
                    else []
                ),
            ]
        ),
        data={
            "cells": tuple(
                _cell(context, share, name=subject.name, order=order, column=place, period=period)
                for order, (subject, shares) in enumerate(rows)
                for place, (share, period) in enumerate(zip(shares, quarters, strict=True))
            )
        },
        table=Table(
            table_id="completeness-map-table",
            caption=words.say("trust.heat.table"),
            columns=(
                column("name", words.say("outcomes.programme"), is_number=False),
                *(
                    column(f"q{place}", words.short_quarter(day))
                    for place, day in enumerate(quarters)
                ),
            ),
            rows=tuple(
                Row(
                    (
                        text_cell(subject.name),
                        *(
                            share_cell(share, context.minimums, words, has_interval=False)
                            for share in shares
                        ),
                    )
                )
                for subject, shares in rows
            ),
        ),
    )


def _quarters(end_on: date, n: int) -> list[date]:
    """The last days of the newest complete quarters, oldest first."""
    year, quarter = end_on.year, end_on.month // 3
    found = []
    for _ in range(n):
        if quarter == 0:
            year, quarter = year - 1, 4
        found.append(month_end(date(year, 3 * quarter, 1)))
        quarter -= 1
    return found[::-1]


def _shares(context: Context, subject: Subject, quarters: list[date]) -> list[Share]:
    return [
        measured_share(context.figures.completeness(subject.key, QUARTER, day)) for day in quarters
    ]


def _has_rate(context: Context, share: Share) -> bool:
    return share.rate is not None and reading(share, context.minimums) in (PLAIN, WIDE)


def _cell(
    context: Context, share: Share, *, name: str, order: int, column: int, period: date
) -> dict[str, Value]:
    has_rate = _has_rate(context, share)
    rate = share.rate or 0
    return {
        "name": name,
        "order": order,
        "column": column,
        "period": context.words.short_quarter(period),
        "shade": next(shade for below, shade in _SHADES if rate < below) if has_rate else 0,
        "text": measured_percent(rate, context.words, n=share.n) if has_rate else "",
        "is_empty": not has_rate,
        "is_under": has_rate and is_under_measured(rate),
    }
