"""Signals of the charts: which series say more than noise, and whether that is bad news."""

from dataclasses import dataclass

from pipelines.comparison.spc import FALLEN, RISEN
from pipelines.reporting.context import Context
from pipelines.reporting.figures.figures import MONTH, Measure
from pipelines.reporting.figures.trends import better_trend, usual_range, verdict_of, worse_trend
from pipelines.reporting.model import Card, Sentence, Trend
from pipelines.reporting.sentences import (
    Share,
    better_share,
    noise_words,
    share_sentences,
    usual_words,
    worse_share,
)

# More items than these would leave no room for anything else; the rest share the last one.
MOST_ITEMS = 3
# Which way a signal is bad news; that news comes first, but both kinds come.
_BAD = {
    "better": FALLEN,
    "recovered": FALLEN,
    "measured": FALLEN,
    "attended": FALLEN,
    "worse": RISEN,
    "wait": RISEN,
}
_LINKS = {
    "better": "outcomes",
    "worse": "outcomes",
    "recovered": "outcomes",
    "measured": "completeness",
    "attended": "care",
    "wait": "care",
}


@dataclass(frozen=True)
class MeasureSignal:
    """A signal of a routine measure that has no card: `topic` is better or worse."""

    topic: str
    measure: Measure
    share: Share
    trend: Trend

    @property
    def is_bad(self) -> bool:
        """Whether it is bad news."""
        return _BAD[self.topic] == self.trend.verdict


def measure_signals(context: Context) -> list[MeasureSignal]:
    """The signals of the routine measures beside the first, bad news first."""
    figures, words, now = context.figures, context.words, context.headline
    if not now.has_verdict:
        return []
    found: list[MeasureSignal] = []
    for measure in context.routine:
        if measure == context.first_measure or not measure.has_reliable_change:
            continue
        row = figures.outcome(measure, context.subject, now.kind, now.end_on)
        for topic, share, trend in (
            ("better", better_share(row), better_trend),
            ("worse", worse_share(row), worse_trend),
        ):
            series = trend(figures, measure, kind=now.kind, words=words, subject=context.subject)
            # A last point without a rate is no signal, so a signal has a share.
            if series is not None and verdict_of(series) in (RISEN, FALLEN):
                found.append(MeasureSignal(topic, measure, share, series))
    return sorted(found, key=lambda signal: not signal.is_bad)


def signals_in_short(context: Context) -> list[Sentence]:
    """One sentence about the signals of routine measures without a card; none without any."""
    words, found = context.words, measure_signals(context)
    if not found:
        return []
    first = found[0]
    link = _measure_link(first)
    if len(found) == 1:
        return share_sentences(
            first.share,
            topic=first.topic,
            measure=first.measure.instrument.name,
            period=context.headline.words,
            verdict=first.trend.verdict,
            period_kind=context.headline.kind,
            minimums=context.minimums,
            words=words,
            link=link,
            usual=usual_range(first.trend, words),
        )
    text = words.say(
        "sentence.signals",
        period=context.headline.words,
        listed=words.listed([_part(signal, context) for signal in found]),
        **noise_words(context.headline.kind, words),
    )
    return [Sentence(text, f"signals.{first.trend.verdict}", link)]


def signal_items(context: Context, cards: tuple[Card, ...]) -> list[Sentence]:
    """What to look at: every signal of a card or of a routine measure, bad news first."""
    found = [*_of_cards(context, cards), *_of_measures(context)]
    found.sort(key=lambda item: not item[0])
    items = [item for _, item, _ in found]
    if len(items) <= MOST_ITEMS:
        return items
    rest = found[MOST_ITEMS - 1 :]
    text = context.words.say("look.signals", listed=context.words.listed([it[2] for it in rest]))
    return [*items[: MOST_ITEMS - 1], Sentence(text, "signals", rest[0][1].link)]


def _of_cards(context: Context, cards: tuple[Card, ...]) -> list[tuple[bool, Sentence, str]]:
    found = []
    for card in cards:
        verdict = verdict_of(card.trend)
        if card.trend is None or verdict not in (RISEN, FALLEN) or card.card_id not in _LINKS:
            continue
        window = context.period if card.trend.period_kind == MONTH else context.headline
        item = Sentence(
            _text(context, card.trend, name=card.name, figure=card.figure, period=window.words),
            f"signal.{card.card_id}.{verdict}",
            _LINKS[card.card_id],
        )
        short = context.words.say(f"look.signal_part.{verdict}", name=card.name, figure=card.figure)
        found.append((_BAD[card.card_id] == verdict, item, short))
    return found


def _of_measures(context: Context) -> list[tuple[bool, Sentence, str]]:
    words = context.words
    found = []
    for signal in measure_signals(context):
        name = words.say(f"card.{signal.topic}", measure=signal.measure.instrument.name)
        figure = _figure(signal, context)
        verdict = signal.trend.verdict
        item = Sentence(
            _text(context, signal.trend, name=name, figure=figure, period=context.headline.words),
            f"signal.{signal.topic}.{signal.measure.instrument.instrument_id}.{verdict}",
            _measure_link(signal),
        )
        short = words.say(f"look.signal_part.{verdict}", name=name, figure=figure)
        found.append((signal.is_bad, item, short))
    return found


def _text(context: Context, trend: Trend, *, name: str, figure: str, period: str) -> str:
    words, last = context.words, trend.points[-1]
    is_inside = None not in (last.value, last.lower, last.upper) and (last.lower or 0) <= (
        last.value or 0
    ) <= (last.upper or 0)
    return words.say(
        f"look.{'run' if is_inside else 'signal'}.{trend.verdict}",
        name=name,
        figure=figure,
        period=period,
        usual=usual_words(usual_range(trend, words), trend.verdict, words),
        **noise_words(trend.period_kind, words),
    )


def _figure(signal: MeasureSignal, context: Context) -> str:
    words, share = context.words, signal.share
    return words.say(
        "figure.counted",
        rate=words.percent(share.rate or 0, n=share.n),
        x=words.count(share.x or 0),
        n=words.count(share.n or 0),
    )


def _part(signal: MeasureSignal, context: Context) -> str:
    return context.words.say(
        f"sentence.signal_part.{signal.topic}.{signal.trend.verdict}",
        measure=signal.measure.instrument.name,
        figure=_figure(signal, context),
    )


def _measure_link(signal: MeasureSignal) -> str:
    return f"measure-{signal.measure.instrument.instrument_id}"
