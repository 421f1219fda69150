"""The key figures: at most six cards, each with counts, interval, a year ago and a small trend."""

from collections.abc import Callable
from dataclasses import dataclass

from pipelines.reporting.context import Context
from pipelines.reporting.figures.figures import Measure, Record
from pipelines.reporting.figures.trends import (
    DAYS,
    attended_share,
    attended_trend,
    better_trend,
    count_trend,
    measured_trend,
    recovered_trend,
    verdict_of,
    worse_trend,
)
from pipelines.reporting.figures.windows import Window, window
from pipelines.reporting.model import Card, Definition, Trend
from pipelines.reporting.sentences import (
    BOUNDS,
    CHANCE,
    NOTHING,
    PLAIN,
    TOO_FEW,
    WIDE_INTERVAL,
    WITHHELD,
    Share,
    better_share,
    extremes,
    measured_percent,
    measured_share,
    nhs_recovered_share,
    noise_words,
    reading,
    width_key,
    worse_share,
)

_WITHOUT_OUTCOMES = ("referred", "started", "ended", "open")


@dataclass(frozen=True)
class _Figure:
    """What a share's card shows: the share now and a year ago, its trend, and its definition."""

    card_id: str
    measure: Measure | None
    now: Share
    year_ago: Share
    trend: Trend | None
    window: Window


def key_figures(context: Context) -> tuple[Card, ...]:
    """The cards in their fixed order; what this clinic does not have is left out."""
    cards: list[Card] = []
    measure = context.first_measure
    if measure is not None and measure.has_reliable_change:
        cards += [
            _changed(context, measure, "better", better_share, better_trend),
            _changed(context, measure, "worse", worse_share, worse_trend),
        ]
    if measure is not None and _has_recovery(context):
        cards.append(_recovered(context))
    if measure is not None:
        cards.append(_measured(context))
    else:
        cards += [_count(context, name) for name in _WITHOUT_OUTCOMES]
    return (*cards, _attended(context), _wait(context))


def _has_recovery(context: Context) -> bool:
    row = context.figures.recovery(context.subject, context.year.kind, context.year.end_on)
    return row is not None and row["n_measured"] != 0


def _changed(
    context: Context,
    measure: Measure,
    card_id: str,
    share: Callable[[Record | None], Share],
    trend: Callable[..., Trend | None],
) -> Card:
    now, before = context.headline, _year_before(context, context.headline)
    outcome = context.figures.outcome
    return _share_card(
        context,
        _Figure(
            card_id=card_id,
            measure=measure,
            now=share(outcome(measure, context.subject, now.kind, now.end_on)),
            year_ago=share(outcome(measure, context.subject, before.kind, before.end_on)),
            trend=trend(
                context.figures,
                measure,
                kind=now.kind,
                words=context.words,
                subject=context.subject,
            ),
            window=now,
        ),
    )


def _recovered(context: Context) -> Card:
    now, before = context.headline, _year_before(context, context.headline)
    figures = context.figures
    return _share_card(
        context,
        _Figure(
            card_id="recovered",
            measure=None,
            now=nhs_recovered_share(figures.recovery(context.subject, now.kind, now.end_on)),
            year_ago=nhs_recovered_share(
                figures.recovery(context.subject, before.kind, before.end_on)
            ),
            trend=recovered_trend(
                figures, kind=now.kind, words=context.words, subject=context.subject
            ),
            window=now,
        ),
    )


def _measured(context: Context) -> Card:
    now, before = context.headline, _year_before(context, context.headline)
    find = context.figures.completeness
    return _share_card(
        context,
        _Figure(
            card_id="measured",
            measure=None,
            now=measured_share(find(context.subject, now.kind, now.end_on)),
            year_ago=measured_share(find(context.subject, before.kind, before.end_on)),
            trend=measured_trend(
                context.figures, kind=now.kind, words=context.words, subject=context.subject
            ),
            window=now,
        ),
    )


def _year_before(context: Context, now: Window) -> Window:
    return window(context.figures, now.kind, context.words, years_back=1)


def _share_card(context: Context, figure: _Figure) -> Card:
    words = context.words
    share = figure.now
    kind = reading(share, context.minimums)
    name = figure.measure.instrument.name if figure.measure else ""
    counts = ""
    is_of_few = _is_of_few(context, figure.card_id, share)
    if share.x is not None and share.n is not None:
        counts = words.say(
            f"card.of.{figure.card_id}", x=words.count(share.x), n=words.count(share.n)
        )
    interval, note = "", ""
    if kind == WITHHELD:
        text, counts = words.say("card.withheld"), ""
        note = words.say("card.withheld_note")
    elif kind == NOTHING or not share.n:
        text, counts = words.say("card.no_figure"), ""
        note = words.say("card.no_figure_note", period=figure.window.words)
    elif kind == TOO_FEW or share.rate is None:
        text = words.say("number.x_of_n", x=words.count(share.x or 0), n=words.count(share.n or 0))
        note = words.say("card.too_few")
    else:
        text = words.percent(share.rate, n=share.n)
        if figure.card_id == "measured":
            text = measured_percent(share.rate, words, n=share.n)
        elif is_of_few:
            text = words.say("number.x_of_n", x=words.count(share.x or 0), n=words.count(share.n))
        interval = _interval(context, share)
        bounds = _bounds(context, share)
        if kind == BOUNDS:
            note = bounds
        elif kind == CHANCE:
            note = words.say("figure.and_chance", bounds=bounds)
        elif bounds:
            interval = words.say("card.interval_and_bounds", interval=interval, bounds=bounds)
        width = width_key(share, context.minimums)
        if not note and width != PLAIN:
            note = words.say(f"card.{width}", points=words.percent_number(WIDE_INTERVAL, n=None))
    before = _year_before(context, figure.window)
    return Card(
        card_id=figure.card_id,
        name=words.say(f"card.{figure.card_id}", measure=name),
        figure=text,
        value=None if is_of_few or kind in (TOO_FEW, WITHHELD, NOTHING) else share.rate,
        of=counts,
        interval=interval,
        year_ago=_year_ago(context, figure.card_id, figure.year_ago, before),
        note=note,
        trend_words=_trend_words(context, figure.trend),
        trend=figure.trend,
        details=_details(context, figure),
    )


def _interval(context: Context, share: Share) -> str:
    words = context.words
    return words.say(
        "card.interval",
        lower=words.percent(share.lower or 0, n=share.n),
        upper=words.percent(share.upper or 0, n=share.n),
    )


def _bounds(context: Context, share: Share) -> str:
    """What the share would be had all without a second score failed, or succeeded.

    Empty where they read the same, as where nobody lacks one, and for shares that are not about
    scores.
    """
    words = context.words
    ends = extremes(share, words)
    return words.say("card.bounds", worst=ends[0], best=ends[1]) if ends else ""


def _is_of_few(context: Context, card_id: str, share: Share) -> bool:
    """Of one therapist or group a large percentage of a handful of people would say too much."""
    return (
        context.subject[0] in ("therapist", "group")
        and card_id not in ("measured", "attended")
        and (share.n or 0) < context.minimums.comparison
    )


def _year_ago(context: Context, card_id: str, share: Share, before: Window) -> str:
    words = context.words
    if share.rate is None or share.n is None:
        return words.say("card.year_ago_none", period=before.words)
    counts = {"x": words.count(share.x or 0), "n": words.count(share.n)}
    if _is_of_few(context, card_id, share):
        counted = words.say("number.x_of_n", **counts)
    else:
        counted = words.say("figure.counted", rate=words.percent(share.rate, n=share.n), **counts)
    # Without its own doubt an earlier figure of few would make a fall out of chance.
    has_interval = share.lower is not None and share.upper is not None
    figure = f"{counted}, {_interval(context, share)}" if has_interval else counted
    return words.say("card.year_ago", period=before.words, figure=figure)


def _trend_words(context: Context, found: Trend | None) -> str:
    if found is None:
        return ""
    words = context.words
    said = words.say(f"card.trend.{verdict_of(found)}", **noise_words(found.period_kind, words))
    return " ".join([said, *found.rebased])


def _details(context: Context, figure: _Figure) -> tuple[Definition, ...]:
    words = context.words
    rule = figure.measure.rule if figure.measure else None
    points = ""
    if rule is not None and rule.reliable_change_points is not None:
        points = words.exactly(rule.reliable_change_points)
    key = f"definition.{figure.card_id}"
    source = words.say("definition.source_clinic")
    if rule is not None:
        source = rule.source
    elif words.has(f"{key}.source"):
        source = words.say(f"{key}.source")
    population = words.say(f"{key}.population")
    found = [
        ("rule", words.say(f"{key}.rule", points=points)),
        ("population", population),
        ("exclusions", words.say(f"{key}.exclusions")),
        ("source", source),
    ]
    if rule is not None:
        found.append(("version", f"{rule.rule_id} {rule.rule_version}"))
    return tuple(
        Definition(term=words.say(f"card.details.{name}"), text=text) for name, text in found
    )


def _attended(context: Context) -> Card:
    words, now = context.words, context.period
    before = _year_before(context, now)
    find = context.figures.activity
    share = attended_share(find(context.subject, now.kind, now.end_on))
    year_ago = attended_share(find(context.subject, now.kind, before.end_on))
    found = attended_trend(context.figures, kind=now.kind, words=words, subject=context.subject)
    figure = _Figure("attended", None, share, year_ago, found, now)
    has_rate = share.rate is not None and bool(share.n)
    return Card(
        card_id="attended",
        name=words.say("card.attended"),
        figure=words.percent(share.rate or 0, n=share.n)
        if has_rate
        else words.say("card.no_figure"),
        value=share.rate,
        of=words.say("card.of.attended", x=words.count(share.x or 0), n=words.count(share.n or 0))
        if has_rate
        else "",
        interval=words.say("card.no_sampling") if has_rate else "",
        year_ago=_year_ago(context, "attended", year_ago, before),
        note="" if has_rate else words.say("card.no_figure_note", period=now.words),
        trend_words=_trend_words(context, found),
        trend=found,
        details=_details(context, figure),
    )


def _wait(context: Context) -> Card:
    words, now = context.words, context.period
    row = context.figures.activity(context.subject, now.kind, now.end_on)
    days = None if row is None else row["wait_median_days"]
    of = interval = ""
    n_started = 0 if row is None else row["n_started"] or 0
    note = "" if days is not None else words.say("card.no_figure_note", period=now.words)
    if days is None and 0 < n_started < context.minimums.rate:
        note = words.say("card.too_few_started", n=words.count(n_started))
    if row is not None and days is not None:
        of = words.say("card.of.wait", n=words.count(row["n_started"] or 0))
        interval = words.say("card.median")
        if row["wait_p90_days"] is not None:
            ninety = words.decimal(row["wait_p90_days"], 0)
            interval = f"{interval}; {words.say('card.ninety', n=ninety)}"
    return _plain_card(
        context,
        card_id="wait",
        column="wait_median_days",
        figure="" if days is None else words.say("card.days", n=words.decimal(days, 0)),
        of=of,
        interval=interval,
        note=note,
        unit=DAYS,
    )


def _count(context: Context, card_id: str) -> Card:
    row = context.figures.activity(context.subject, context.period.kind, context.period.end_on)
    value = None if row is None else row[f"n_{card_id}"]
    figure = "" if value is None else context.words.count(value)
    note = "" if figure else context.words.say("card.no_figure_note", period=context.period.words)
    return _plain_card(context, card_id=card_id, column=f"n_{card_id}", figure=figure, note=note)


def _plain_card(
    context: Context,
    *,
    card_id: str,
    column: str,
    figure: str,
    of: str = "",
    interval: str = "",
    note: str = "",
    unit: str = "count",
) -> Card:
    """A card of a number that is no share."""
    words, now = context.words, context.period
    before = _year_before(context, now)
    rows = [
        context.figures.activity(context.subject, shown.kind, shown.end_on)
        for shown in (now, before)
    ]
    value, year_ago = (None if row is None else row[column] for row in rows)
    found = count_trend(
        context.figures, column, kind=now.kind, words=words, unit=unit, subject=context.subject
    )
    if year_ago is None:
        before_words = words.say("card.year_ago_none", period=before.words)
    else:
        number = words.decimal(year_ago, 0)
        text = words.say("card.days", n=number) if unit == DAYS else number
        before_words = words.say("card.year_ago", period=before.words, figure=text)
    empty = Share(x=None, n=None, rate=None, lower=None, upper=None)
    return Card(
        card_id=card_id,
        name=words.say(f"card.{card_id}"),
        figure=figure or words.say("card.no_figure"),
        value=None if value is None else float(value),
        of=of,
        interval=interval,
        year_ago=before_words,
        note=note,
        trend_words=_trend_words(context, found),
        trend=found,
        details=_details(context, _Figure(card_id, None, empty, empty, found, now)),
    )
