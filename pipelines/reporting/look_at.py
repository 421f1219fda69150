"""What to look at: at most five items, each with its reason and where it is on the page."""

from pipelines.reporting.comparing import BELOW
from pipelines.reporting.context import Context
from pipelines.reporting.figures import MONTH, ROLLING
from pipelines.reporting.model import Card, Sentence
from pipelines.reporting.sentences import (
    better_share,
    figure_words,
    is_under_measured,
    measured_share,
    noise_words,
)
from pipelines.reporting.spc import FALLEN, RISEN
from pipelines.reporting.trends import verdict_of
from pipelines.reporting.trust_section import is_used, rule_sentence

AT_MOST = 5
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


def look_at(context: Context, cards: tuple[Card, ...]) -> tuple[Sentence, ...]:
    """The items: what is broken, bad signals, what is missing, then good signals."""
    if context.is_public:
        return ()
    signals = _signals(context, cards)
    found = [
        *_turned_away(context),
        *[item for is_bad, item in signals if is_bad],
        *_programmes_missing(context),
        *_therapists_missing(context),
        *_programmes_worse(context),
        *[item for is_bad, item in signals if not is_bad],
    ]
    if not found:
        return (Sentence(context.words.say("look.none"), "none"),)
    return tuple(found[:AT_MOST])


def _turned_away(context: Context) -> list[Sentence]:
    words = context.words
    deliveries = context.figures.deliveries
    newest = context.figures.as_of_on
    latest = [row for row in deliveries if row["delivered_on"] == newest and is_used(row)]
    n = sum(row["n_quarantined"] for row in latest)
    if newest is None or not n:
        return []
    rules: dict[str, int] = {}
    for row in context.figures.quarantine:
        if row["delivered_on"] == newest and is_used(row):
            rules[row["rule_id"]] = rules.get(row["rule_id"], 0) + row["n_rows"]
    values = {
        "n": words.count(n),
        "total": words.count(sum(row["n_delivered"] for row in latest)),
        "day": words.day(newest),
    }
    if rules:
        reason = min(rules, key=lambda rule: (-rules[rule], rule))
        text = words.say("look.quarantine", reason=rule_sentence(reason, words), **values)
    else:
        text = words.say("look.quarantine_plain", **values)
    return [Sentence(text, "turned_away", "quarantine")]


def _signals(context: Context, cards: tuple[Card, ...]) -> list[tuple[bool, Sentence]]:
    words = context.words
    found = []
    for card in cards:
        verdict = verdict_of(card.trend)
        if card.trend is None or verdict not in (RISEN, FALLEN) or card.card_id not in _LINKS:
            continue
        is_monthly = card.trend.period_kind == MONTH
        text = words.say(
            f"look.signal.{verdict}",
            name=card.name,
            figure=card.figure,
            period=(context.month if is_monthly else context.headline).words,
            **noise_words(card.trend.period_kind, words),
        )
        link = _LINKS[card.card_id]
        item = Sentence(text, f"signal.{card.card_id}.{verdict}", link)
        found.append((_BAD[card.card_id] == verdict, item))
    return found


def _programmes_missing(context: Context) -> list[Sentence]:
    """The two programmes with most courses that lack a measure, where under 70 % are measured."""
    words = context.words
    behind = []
    for programme in context.figures.subjects_at("programme"):
        row = context.figures.completeness(programme.key, ROLLING, context.year.end_on)
        share = measured_share(row)
        if share.rate is None or not share.n or not is_under_measured(share.rate):
            continue
        behind.append((share.n - (share.x or 0), share.n, programme.name))
    if not context.measures:
        return []
    # By how many are missing, as that is what there is to do; not by name, and nobody is ranked.
    behind.sort(key=lambda item: (-item[0], item[2]))
    return [
        Sentence(
            words.say(
                "look.programme_missing",
                programme=name,
                missing=words.count(missing),
                n=words.count(n),
            ),
            "programme_missing",
            "completeness",
        )
        for missing, n, name in behind[:2]
    ]


def _therapists_missing(context: Context) -> list[Sentence]:
    words, minimum = context.words, context.minimums.comparison
    judged = 0
    behind = 0
    for therapist in context.figures.subjects_at("therapist"):
        row = context.figures.completeness(therapist.key, ROLLING, context.year.end_on)
        share = measured_share(row)
        if share.rate is None or (share.n or 0) < minimum:
            continue
        judged += 1
        behind += is_under_measured(share.rate)
    if not behind or not context.measures:
        return []
    text = words.say(
        "look.therapists_missing",
        k=words.count(behind),
        n=words.count(judged),
        minimum=words.count(minimum),
    )
    return [Sentence(text, "therapists_missing", "completeness")]


def _programmes_worse(context: Context) -> list[Sentence]:
    words = context.words
    found = []
    for programme in context.figures.subjects_at("programme"):
        below = [
            measure
            for measure in context.routine
            if context.comparisons.get((measure.instrument.instrument_id, programme.subject_id))
            == BELOW
        ]
        if not below:
            continue
        row = context.figures.outcome(below[0], programme.key, ROLLING, context.year.end_on)
        text = words.say(
            "look.programme_worse",
            programme=programme.name,
            measures=words.listed([measure.instrument.name for measure in below]),
            measure=below[0].instrument.name,
            figure=figure_words(better_share(row), context.minimums, words),
        )
        link = f"measure-{below[0].instrument.instrument_id}"
        found.append(Sentence(text, "programme_worse", link))
    return found
