"""Series over time with their limits, and what the rules of a control chart say of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date

from pipelines.comparison.spc import BASELINE_POINTS, CANNOT_TELL, Count, p_chart, xmr
from pipelines.reporting.figures.figures import (
    CLINIC,
    HISTORY_MONTHS,
    MONTH,
    QUARTER,
    Figures,
    Measure,
    Record,
    month_before,
)
from pipelines.reporting.model import Trend, TrendPoint, Value
from pipelines.reporting.sentences import (
    Minimums,
    Share,
    Usual,
    better_share,
    is_wide,
    measured_share,
    nhs_recovered_share,
    worse_share,
)
from pipelines.reporting.wording import Wording

# Four years: with fewer quarters, limits would rest on next to nothing.
HISTORY_QUARTERS = 16
SHARE = "share"
COUNT = "count"
DAYS = "days"


def trend(
    figures: Figures,
    *,
    kind: str,
    words: Wording,
    figure: str,
    read: Callable[[date], tuple[float | None, int | None, int | None]],
    unit: str = SHARE,
    instrument_id: str | None = None,
) -> Trend | None:
    """The series of a reading (value, x, n) with its limits; None below two known values.

    A share has a p′-chart, whose limits follow each period's n; a count or a number of days has an
    XmR chart. `figure` and `instrument_id` are what a rebase of the clinic names.
    """
    if kind not in (MONTH, QUARTER):
        # Years are too few for limits, and twelve months hold most of the twelve before.
        return None
    ends = figures.period_ends(kind, HISTORY_MONTHS if kind == MONTH else HISTORY_QUARTERS)
    read_values = [read(end) for end in ends]
    rebases = _rebases(figures, figure, instrument_id, kind, ends)
    counts = [_count(*reading) for reading in read_values]
    known = [value for value, _, _ in read_values if value is not None]
    if unit == SHARE and len(known) == len([count for count in counts if count is not None]):
        chart = p_chart(counts, rebase_at=list(rebases))
    else:
        chart = xmr(
            [value for value, _, _ in read_values],
            minimum=0,
            maximum=1 if unit == SHARE else None,
            rebase_at=list(rebases),
        )
    if chart is None:
        return None
    return Trend(
        points=tuple(
            TrendPoint(
                period=f"{end.year}-{end.month:02}",
                label=words.short_month(end),
                value=value,
                n=n,
                x=x,
                text=_value_words(value, n, unit=unit, words=words),
                signal=point.direction,
                centre=point.centre,
                lower=point.lower,
                upper=point.upper,
                segment=point.segment,
            )
            for end, (value, x, n), point in zip(ends, read_values, chart.points, strict=True)
        ),
        centre=chart.centre,
        lower=chart.lower,
        upper=chart.upper,
        is_trial=chart.is_trial,
        verdict=chart.verdict,
        period_kind=kind,
        unit=unit,
        rebased=tuple(_rebased_words(row, words) for row in rebases.values()),
    )


def _count(value: float | None, x: int | None, n: int | None) -> Count | None:
    return None if value is None or x is None or not n else (x, n)


def _rebases(
    figures: Figures, figure: str, instrument_id: str | None, kind: str, ends: Sequence[date]
) -> dict[int, Record]:
    """Where the limits start anew: the first period that begins in or after the month named.

    An entry without an instrument holds for every one. One from before the series does nothing, and
    of several that fall on one period the newest is told.
    """
    starts = [month_before(end, 2 if kind == QUARTER else 0) for end in ends]
    found: dict[int, Record] = {}
    for row in sorted(figures.rebases, key=lambda row: row["from_month_on"]):
        if row["figure"] != figure or row["instrument_id"] not in (None, instrument_id):
            continue
        place = sum(start < row["from_month_on"] for start in starts)
        if 0 < place < len(starts):
            found[place] = row
    return found


def _rebased_words(row: Record, words: Wording) -> str:
    return words.say(
        "usual.rebased",
        month=words.month(row["from_month_on"]),
        reason=row["source"].rstrip("."),
        day=words.day(row["decided_on"]),
    )


def _value_words(value: float | None, n: int | None, *, unit: str, words: Wording) -> str:
    if value is None:
        return words.say("number.nothing")
    if unit == SHARE:
        return words.percent(value, n=n)
    return words.count(int(value)) if float(value).is_integer() else words.decimal(value)


def share_trend(
    figures: Figures,
    *,
    kind: str,
    words: Wording,
    figure: str,
    share: Callable[[date], Share],
    instrument_id: str | None = None,
    subject: tuple[str, str] = CLINIC,
) -> Trend | None:
    """The series of a share of a subject.

    A part of the clinic is small: where its limits are provisional, or its last share may be
    anything within twenty points, the series has no signal and cannot tell a change. Limits that a
    few small quarters happen to make narrow would call chance a change.
    """

    def read(end: date) -> tuple[float | None, int | None, int | None]:
        found = share(end)
        return (found.rate, found.x, found.n)

    found = trend(
        figures, kind=kind, words=words, figure=figure, read=read, instrument_id=instrument_id
    )
    if found is None or subject == CLINIC or not _is_too_small(found, share, figures):
        return found
    points = tuple(replace(point, signal=0) for point in found.points)
    return replace(found, points=points, verdict=CANNOT_TELL)


def _is_too_small(found: Trend, share: Callable[[date], Share], figures: Figures) -> bool:
    last = share(figures.period_ends(found.period_kind, 1)[-1])
    if last.lower is None or last.upper is None:
        # Every appointment is counted, and a share of them has no interval.
        return False
    minimums = Minimums(
        rate=figures.policy["minimum_pairs_for_rate"],
        comparison=figures.policy["minimum_pairs_for_comparison"],
    )
    return found.is_trial or is_wide(last, minimums)


def better_trend(
    figures: Figures,
    measure: Measure,
    *,
    kind: str,
    words: Wording,
    subject: tuple[str, str] = CLINIC,
) -> Trend | None:
    """A subject's share reliably better on a measure."""
    return share_trend(
        figures,
        kind=kind,
        words=words,
        figure="better",
        subject=subject,
        instrument_id=measure.instrument.instrument_id,
        share=lambda end: better_share(figures.outcome(measure, subject, kind, end)),
    )


def worse_trend(
    figures: Figures,
    measure: Measure,
    *,
    kind: str,
    words: Wording,
    subject: tuple[str, str] = CLINIC,
) -> Trend | None:
    """A subject's share reliably worse on a measure."""
    return share_trend(
        figures,
        kind=kind,
        words=words,
        figure="worse",
        subject=subject,
        instrument_id=measure.instrument.instrument_id,
        share=lambda end: worse_share(figures.outcome(measure, subject, kind, end)),
    )


def recovered_trend(
    figures: Figures, *, kind: str, words: Wording, subject: tuple[str, str] = CLINIC
) -> Trend | None:
    """A subject's share recovered by the NHS rule."""
    return share_trend(
        figures,
        kind=kind,
        words=words,
        figure="recovered",
        subject=subject,
        share=lambda end: nhs_recovered_share(figures.recovery(subject, kind, end)),
    )


def measured_trend(
    figures: Figures, *, kind: str, words: Wording, subject: tuple[str, str] = CLINIC
) -> Trend | None:
    """A subject's share of finished courses that were measured at start and end."""
    return share_trend(
        figures,
        kind=kind,
        words=words,
        figure="measured",
        subject=subject,
        share=lambda end: measured_share(figures.completeness(subject, kind, end)),
    )


def attended_trend(
    figures: Figures, *, kind: str, words: Wording, subject: tuple[str, str] = CLINIC
) -> Trend | None:
    """A subject's share of planned appointments that were attended."""
    return share_trend(
        figures,
        kind=kind,
        words=words,
        figure="attended",
        subject=subject,
        share=lambda end: attended_share(figures.activity(subject, kind, end)),
    )


def attended_share(row: Record | None) -> Share:
    """Attended appointments, of attended, missed and cancelled by the client.

    Every appointment is counted, so the share has no interval.
    """
    if row is None:
        return Share(x=None, n=None, rate=None, lower=None, upper=None)
    missed = [row[name] for name in ("n_no_show", "n_late_cancelled", "n_cancelled")]
    x = row["n_attended"]
    if x is None or None in missed:
        return Share(x=None, n=None, rate=None, lower=None, upper=None, is_withheld=x is None)
    n = x + sum(missed)
    return Share(x=x, n=n, rate=x / n if n else None, lower=None, upper=None)


def count_trend(
    figures: Figures,
    column: str,
    *,
    kind: str,
    words: Wording,
    unit: str = COUNT,
    subject: tuple[str, str] = CLINIC,
) -> Trend | None:
    """A subject's count, or days, in a column of activity."""

    def read(end: date) -> tuple[float | None, int | None, int | None]:
        row = figures.activity(subject, kind, end)
        value = None if row is None else row[column]
        return (None if value is None else float(value), None, None)

    return trend(figures, kind=kind, words=words, figure=column, read=read, unit=unit)


def verdict_of(found: Trend | None) -> str:
    """What a series says about its last point; that it cannot tell where there is none."""
    return CANNOT_TELL if found is None else found.verdict


def usual_range(found: Trend | None, words: Wording) -> Usual | None:
    """A chart's limits as words, with the periods that they rest on; None without limits."""
    if found is None or found.lower is None or found.upper is None:
        return None
    known = [point for point in known_points(found) if point.segment == found.points[-1].segment]
    baseline = known[:BASELINE_POINTS]
    n = known[-1].n if known else None
    ends = [_limit_words(limit, n, found.unit, words) for limit in (found.lower, found.upper)]
    kind = "quarters" if found.period_kind == QUARTER else "months"
    key = "basis"
    if found.is_trial:
        key = "trial"
    elif baseline and baseline[-1] is found.points[-1]:
        key = "basis_with"
    basis = words.say(
        f"usual.{key}",
        k=words.count(len(baseline)),
        periods=words.say(f"period.{kind}_word"),
        label=_period_words(baseline[-1], words) if baseline else "",
    )
    return Usual(lower=ends[0], upper=ends[1], basis=basis)


def _period_words(point: TrendPoint, words: Wording) -> str:
    return words.month(date.fromisoformat(f"{point.period}-01"))


def _limit_words(value: float, n: int | None, unit: str, words: Wording) -> str:
    if unit == SHARE:
        return words.percent(value, n=n)
    number = words.decimal(value, 0)
    return words.say("card.days", n=number) if unit == DAYS else number


def limit_rows(found: Trend, label: str) -> tuple[dict[str, Value], ...]:
    """A chart's limits as steps: a row where a period begins, one more where a stretch ends.

    A stretch ends where limits start anew or a period has none; `label` stands at the first.
    """
    rows: list[dict[str, Value]] = []
    stretch = 0
    open_until: TrendPoint | None = None
    for order, point in enumerate([*found.points, None]):
        limited = point if point is not None and point.lower is not None else None
        if open_until and (limited is None or limited.segment != open_until.segment):
            rows.append(_limit_row(open_until, order, stretch, ""))
            stretch += 1
        if limited:
            rows.append(_limit_row(limited, order, stretch, "" if rows else label))
        open_until = limited
    return tuple(rows)


def _limit_row(point: TrendPoint, order: int, stretch: int, label: str) -> dict[str, Value]:
    return {
        "from": order - 0.5,
        "stretch": stretch,
        "centre": point.centre,
        "lower": point.lower,
        "upper": point.upper,
        "label": label,
    }


def known_points(found: Trend) -> Iterable[TrendPoint]:
    """The points with a value."""
    return (point for point in found.points if point.value is not None)
