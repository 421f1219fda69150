"""In short: three to six sentences, the most important first. Who stops here has the truth."""

from dataclasses import replace

from pipelines.comparison.spc import CANNOT_TELL, FALLEN, RISEN
from pipelines.reporting.context import Context
from pipelines.reporting.figures.figures import CLINIC, MONTH, QUARTER, ROLLING, YEAR, Measure
from pipelines.reporting.figures.programme_changes import clinic_beside_the_year_before
from pipelines.reporting.figures.trends import (
    attended_share,
    better_trend,
    recovered_trend,
    usual_range,
    verdict_of,
    worse_trend,
)
from pipelines.reporting.model import Sentence, Trend
from pipelines.reporting.sections.in_short_facts import (
    behind_the_year,
    claim_sentences,
    domain_sentences,
    programme_sentences,
    who_sentences,
)
from pipelines.reporting.sections.missing_measures import missing_sentences
from pipelines.reporting.sections.programme_change_words import (
    change_sentences,
    own_change_sentences,
)
from pipelines.reporting.sections.signals import signals_in_short
from pipelines.reporting.sections.subject_sections import standing_sentences
from pipelines.reporting.sentences import (
    TOO_FEW,
    WITHHELD,
    better_share,
    nhs_recovered_share,
    share_sentences,
    worse_share,
    worse_too,
)

AT_MOST = 6


def in_short(context: Context) -> tuple[Sentence, ...]:
    """The sentences, chosen by what the clinic has and worded by the figures alone."""
    words, shown = context.words, context.period
    activity = context.figures.activity(context.subject, shown.kind, shown.end_on)
    if activity is None and not context.measures:
        return (Sentence(words.say("sentence.empty", period=shown.words), "empty"),)
    found: list[Sentence] = []
    if activity is None:
        found.append(Sentence(words.say("sentence.empty", period=shown.words), "empty"))
    if not context.measures:
        found += _without_outcomes(context)
    else:
        found += _outcomes(context)
    return tuple(found[:AT_MOST])


def _without_outcomes(context: Context) -> list[Sentence]:
    words = context.words
    row = context.figures.completeness(context.subject, ROLLING, context.year.end_on)
    key = "no_outcomes_yet" if row is not None and row["n_responses"] else "activity_only"
    activity = context.figures.activity(context.subject, ROLLING, context.year.end_on)
    if key == "no_outcomes_yet" and activity is not None and activity["n_ended"] == 0:
        key = "none_ended_yet"
    return [Sentence(words.say(f"sentence.{key}"), key, "outcomes"), *_activity(context)]


def _activity(context: Context) -> list[Sentence]:
    words, shown = context.words, context.period
    row = context.figures.activity(context.subject, shown.kind, shown.end_on)
    if row is None:
        return []
    counts = {name: row[f"n_{name}"] for name in ("referred", "started", "ended", "open")}
    found: list[Sentence] = []
    if None not in counts.values():
        values = {name: words.count(n) for name, n in counts.items()}
        text = words.say("sentence.activity", period=shown.words, **values)
        found.append(Sentence(text, "activity", "population"))
    else:
        text = words.say("sentence.activity_withheld", period=shown.words)
        found.append(Sentence(text, "activity.withheld", "population"))
    share = attended_share(row)
    if share.rate is not None and share.n:
        text = words.say(
            "sentence.attended",
            rate=words.percent(share.rate, n=share.n),
            period=shown.words,
            x=words.count(share.x or 0),
            n=words.count(share.n),
        )
        found.append(Sentence(text, "attended", "care"))
    if row["wait_median_days"] is not None:
        median = words.decimal(row["wait_median_days"], 0)
        text = words.say("sentence.waits", period=shown.words, median=median)
        found.append(Sentence(text, "waits", "care"))
    return found


def _outcomes(context: Context) -> list[Sentence]:
    """Signals before what shows none; then who is in it, and what the domains and claims say."""
    results = _beside_a_year_before(context, _results(context, context.measures[0]))
    others = signals_in_short(context)
    changes = [*change_sentences(context), *own_change_sentences(context)]
    found = sorted([*results, *others, *changes], key=lambda item: not is_signal(item))
    found += [
        *who_sentences(context),
        *missing_sentences(context),
        *domain_sentences(context),
        *(
            [*claim_sentences(context), *programme_sentences(context)]
            if context.subject == CLINIC
            else standing_sentences(context)
        ),
    ]
    return without_weakest(found, results[1:])


def _beside_a_year_before(context: Context, results: list[Sentence]) -> list[Sentence]:
    """On the page of a year the first result says how the one before was: no chart judges years."""
    measure = context.measures[0]
    is_year = context.headline.kind == YEAR and context.subject == CLINIC
    if not is_year or not results or not measure.has_reliable_change:
        return results
    moved = clinic_beside_the_year_before(context.figures, measure, context.words)
    if moved.verdict == CANNOT_TELL or moved.before is None:
        return results
    words, before = context.words, moved.before
    text = words.say(
        f"sentence.year_before.{moved.verdict}",
        rate=words.percent(before.rate or 0, n=before.n),
        x=words.count(before.x or 0),
        n=words.count(before.n or 0),
    )
    rule = f"year.{moved.verdict}"
    return [Sentence(f"{results[0].text} {text}", rule, results[0].link), *results[1:]]


def _with_its_window(context: Context, results: list[Sentence]) -> list[Sentence]:
    """Where a page named for a month leads with more than that, its first result says why.

    What is withheld has another reason.
    """
    kind = context.headline.kind
    is_longer = context.period.kind == MONTH and kind in (QUARTER, ROLLING)
    if not results or not is_longer or results[0].rule == WITHHELD:
        return results
    why = context.words.say(f"sentence.leads_with.{kind}")
    return [replace(results[0], text=f"{results[0].text} {why}"), *results[1:]]


def is_signal(sentence: Sentence) -> bool:
    """Whether it says more than noise."""
    return sentence.rule.rpartition(".")[2] in (RISEN, FALLEN)


def without_weakest(found: list[Sentence], others: list[Sentence]) -> list[Sentence]:
    """Too many: what says least gives way first.

    That is what shows no signal and has a card of its own just below, then domains of which none
    can be told in one figure.
    """
    domains = [item for item in found if item.rule in ("domains.none", "domains.bounds")]
    for weak in (*reversed(others), *domains):
        if len(found) > AT_MOST and not is_signal(weak):
            found = [item for item in found if item is not weak]
    return found


def _results(context: Context, measure: Measure) -> list[Sentence]:
    if measure.has_reliable_change:
        return _changes(context, measure)
    text = context.words.say("sentence.no_threshold", measure=measure.instrument.name)
    return [Sentence(text, "no_threshold", "outcomes")]


def _changes(context: Context, measure: Measure) -> list[Sentence]:
    """Better, worse, recovered: the same rules for each."""
    figures, words, now = context.figures, context.words, context.headline
    outcome = figures.outcome(measure, context.subject, now.kind, now.end_on)
    recovery = figures.recovery(context.subject, now.kind, now.end_on)
    shares = {"better": better_share(outcome), "worse": worse_share(outcome)}
    if recovery is not None and recovery["n_measured"] != 0:
        shares["recovered"] = nhs_recovered_share(recovery)
    trends: dict[str, Trend | None] = {}
    if now.has_verdict:
        trends = {
            "better": better_trend(
                figures, measure, kind=now.kind, words=words, subject=context.subject
            ),
            "worse": worse_trend(
                figures, measure, kind=now.kind, words=words, subject=context.subject
            ),
            "recovered": recovered_trend(
                figures, kind=now.kind, words=words, subject=context.subject
            ),
        }
    verdicts = {name: verdict_of(trends[name]) if trends else None for name in shares}
    found: list[Sentence] = []
    for name, share in shares.items():
        usual = usual_range(trends.get(name), words)
        too = worse_too(
            share,
            verdict=verdicts[name],
            minimums=context.minimums,
            words=words,
            usual=usual,
        )
        if name == "worse" and found and too:
            found = [replace(found[0], text=f"{found[0].text} {too}")]
            continue
        said = share_sentences(
            share,
            topic=name,
            measure=measure.instrument.name,
            period=now.words,
            verdict=verdicts[name],
            period_kind=now.kind,
            minimums=context.minimums,
            words=words,
            link=f"measure-{measure.instrument.instrument_id}",
            usual=usual,
        )
        # Where there is no rate, better and worse would say the same thing twice.
        if said and not (found and said[0].rule == found[-1].rule in (TOO_FEW, WITHHELD)):
            found += said
    if now.kind != ROLLING and (not found or found[0].rule == TOO_FEW):
        # What leads then says itself of which stretch it is.
        found[:1] = behind_the_year(context, measure, found[:1])
        return found
    return _with_its_window(context, found)
