"""In short: three to six sentences, the most important first. Who stops here has the truth."""

from pipelines.reporting.comparing import ABOVE, BELOW, WITHIN
from pipelines.reporting.context import Context
from pipelines.reporting.figures import ROLLING, Measure
from pipelines.reporting.model import Sentence
from pipelines.reporting.people_section import too_few_to_compare
from pipelines.reporting.population_section import measured_on_sentence
from pipelines.reporting.sentences import (
    TOO_FEW,
    WITHHELD,
    better_share,
    measured_sentence,
    measured_share,
    nhs_recovered_share,
    share_sentences,
    worse_share,
)
from pipelines.reporting.trends import (
    attended_share,
    better_trend,
    share_trend,
    verdict_of,
    worse_trend,
)

AT_MOST = 6


def in_short(context: Context) -> tuple[Sentence, ...]:
    """The sentences, chosen by what the clinic has and worded by the figures alone."""
    if context.is_public:
        return tuple(_for_the_public(context)[:AT_MOST])
    words, shown = context.words, context.month
    activity = context.figures.activity(context.clinic, shown.kind, shown.end_on)
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


def _for_the_public(context: Context) -> list[Sentence]:
    """What became of the counted courses, and by what they were chosen."""
    words, now = context.words, context.headline
    if not context.figures.has_finished_courses:
        text = words.say("sentence.public.none", period=now.words)
        return [Sentence(text, "public.none", "population")]
    chosen = Sentence(words.say("sentence.public.consent"), "public.consent", "population")
    if not context.measures:
        text = words.say("sentence.public.no_outcomes", period=now.words)
        return [Sentence(text, "public.no_outcomes", "population"), chosen]
    measure = context.measures[0]
    return [*_results(context, measure), chosen, measured_on_sentence(context, measure)]


def _without_outcomes(context: Context) -> list[Sentence]:
    words = context.words
    row = context.figures.completeness(context.clinic, ROLLING, context.year.end_on)
    key = "no_outcomes_yet" if row is not None and row["n_responses"] else "activity_only"
    return [Sentence(words.say(f"sentence.{key}"), key, "outcomes"), *_activity(context)]


def _activity(context: Context) -> list[Sentence]:
    words, shown = context.words, context.month
    row = context.figures.activity(context.clinic, shown.kind, shown.end_on)
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
    found = _results(context, context.measures[0])
    row = context.figures.completeness(
        context.clinic, context.headline.kind, context.headline.end_on
    )
    if row is None or row["n_finished"] is not None or row["withheld_figures"]:
        found.append(
            measured_sentence(
                measured_share(row),
                period=context.headline.words,
                minimums=context.minimums,
                words=context.words,
                link="population",
            )
        )
    return [*found, *_programmes(context), *_too_small(context)]


def _results(context: Context, measure: Measure) -> list[Sentence]:
    if measure.has_reliable_change:
        return _changes(context, measure)
    text = context.words.say("sentence.no_threshold", measure=measure.instrument.name)
    return [Sentence(text, "no_threshold", "outcomes")]


def _changes(context: Context, measure: Measure) -> list[Sentence]:
    """Better, worse, recovered: the same rules for each."""
    figures, words, now = context.figures, context.words, context.headline
    outcome = figures.outcome(measure, context.clinic, now.kind, now.end_on)
    recovery = figures.recovery(context.clinic, now.kind, now.end_on)
    verdicts: dict[str, str | None] = {"better": None, "worse": None, "recovered": None}
    if now.has_verdict:
        verdicts = {
            "better": verdict_of(better_trend(figures, measure, kind=now.kind, words=words)),
            "worse": verdict_of(worse_trend(figures, measure, kind=now.kind, words=words)),
            "recovered": verdict_of(
                share_trend(
                    figures,
                    kind=now.kind,
                    words=words,
                    share=lambda end: nhs_recovered_share(
                        figures.recovery(context.clinic, now.kind, end)
                    ),
                )
            ),
        }
    shares = [("better", better_share(outcome)), ("worse", worse_share(outcome))]
    if recovery is not None and recovery["n_measured"] != 0:
        shares.append(("recovered", nhs_recovered_share(recovery)))
    found: list[Sentence] = []
    for name, share in shares:
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
        )
        # Where there is no rate, better and worse would say the same thing twice.
        if said and not (found and said[0].rule == found[-1].rule in (TOO_FEW, WITHHELD)):
            found += said
    return found


def _programmes(context: Context) -> list[Sentence]:
    words = context.words
    if len(context.figures.subjects_at("programme")) < 2 or not context.comparisons:
        return []
    said = set(context.comparisons.values())
    if not said & {ABOVE, BELOW, WITHIN}:
        text = words.say("sentence.programmes.none_comparable")
        return [Sentence(text, "programmes.none_comparable", "outcomes")]
    better, worse = _named(context, ABOVE), _named(context, BELOW)
    if better and worse:
        key = "both"
    elif better or worse:
        key = "better" if better else "worse"
    else:
        key = "none"
    text = words.say(f"sentence.programmes.{key}", better=better, worse=worse)
    unadjusted = words.say("sentence.programmes.unadjusted")
    return [Sentence(f"{text} {unadjusted}", f"programmes.{key}", "outcomes")]


def _named(context: Context, word: str) -> str:
    """The programmes with this word, by name, each with the measures that say so."""
    names = []
    for programme in context.figures.subjects_at("programme"):
        measures = [
            measure.instrument.name
            for measure in context.routine
            if context.comparisons.get((measure.instrument.instrument_id, programme.subject_id))
            == word
        ]
        if measures:
            names.append(f"{programme.name} ({', '.join(measures)})")
    return context.words.listed(names)


def _too_small(context: Context) -> list[Sentence]:
    words = context.words
    therapists_few, therapists = too_few_to_compare(context, "therapist")
    groups_few, groups = too_few_to_compare(context, "group")
    parts = [
        words.say(f"sentence.{level}_of", n=words.count(n), k=words.count(few))
        for level, few, n in (
            ("therapists", therapists_few, therapists),
            ("groups", groups_few, groups),
        )
        if few
    ]
    if not parts:
        return []
    text = words.say("sentence.too_small", who=words.listed(parts))
    return [Sentence(text, "too_small", "people")]
