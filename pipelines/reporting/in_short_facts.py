"""What In short says beside the first measure: who is in it, domains, claims, programmes."""

from pipelines.reporting.claims_section import closed_claims
from pipelines.reporting.comparing import ABOVE, BELOW, WITHIN
from pipelines.reporting.context import Context
from pipelines.reporting.domains_section import DOMAINS, domain_name, leading_rows
from pipelines.reporting.figures import ROLLING
from pipelines.reporting.model import Sentence
from pipelines.reporting.people_section import too_few_to_compare
from pipelines.reporting.sentences import measured_sentence, measured_share

HALF = 0.5
MAY_PUBLISH = "may_publish"
# Why a programme is not compared, as `comparing` says it, by what a reader is told.
_TOO_FEW = ("too_few_to_compare", "too_few_pairs_for_rate", "none")
_UNDER_MEASURED = "unmeasured"


def who_sentences(context: Context) -> list[Sentence]:
    """How many of those who ended, and of those who started, are in the figures."""
    row = context.figures.completeness(
        context.clinic, context.headline.kind, context.headline.end_on
    )
    started = _started(context)
    if row is not None and row["n_finished"] is None and not row["withheld_figures"]:
        return [Sentence(started, "started", "population")] if started else []
    found = measured_sentence(
        measured_share(row),
        period=context.headline.words,
        minimums=context.minimums,
        words=context.words,
        link="population",
    )
    return [Sentence(" ".join(filter(None, (found.text, started))), found.rule, found.link)]


def _started(context: Context) -> str:
    """Empty where nobody started, or a count behind it is withheld."""
    words, year = context.words, context.year
    row = context.figures.started(context.clinic, year.kind, year.end_on)
    if row is None or not row["n_started"] or None in (row["n_measured"], row["n_open"]):
        return ""
    n = row["n_started"]
    return words.say(
        "sentence.started",
        period=year.words,
        n=words.count(n),
        x=words.count(row["n_measured"]),
        rate=words.percent(row["n_measured"] / n, n=n),
        open=words.count(row["n_open"]),
    )


def domain_sentences(context: Context) -> list[Sentence]:
    """In which domains clearly more than half got better, in how many clearly fewer.

    Clearly: the whole interval lies on one side of a half. Empty where no domain is judged.
    """
    words, figures = context.words, context.figures
    rows = leading_rows(
        figures.published("pub_domain_outcomes", context.clinic, ROLLING, context.year.end_on)
    )
    judged = [row for row in rows if row["improved_rate"] is not None]
    if not judged:
        return []
    most = [row for row in judged if row["improved_rate_lower"] > HALF]
    fewer = [row for row in judged if row["improved_rate_upper"] < HALF]
    names = [
        words.say(
            "number.counted_name",
            name=domain_name(row["domain"], words).lower(),
            x=words.count(row["n_improved"]),
            n=words.count(row["n_paired"]),
        )
        for row in most
    ]
    text = words.say(
        "sentence.domains.some" if most else "sentence.domains.none",
        names=words.listed(names),
        period=context.year.words,
    )
    rest = words.say(
        "sentence.domains.rest",
        fewer=words.count(len(fewer)),
        open=words.count(len(judged) - len(most) - len(fewer)),
        unknown=words.count(len(DOMAINS) - len(judged)),
        all=words.count(len(DOMAINS)),
    )
    rule = "domains.some" if most else "domains.none"
    return [Sentence(f"{text} {rest}", rule, "domains")]


def claim_sentences(context: Context) -> list[Sentence]:
    """How many claims may be published; empty without a claim whose window has closed."""
    words = context.words
    rows = closed_claims(context)
    if not rows:
        return []
    n, k = len(rows), sum(row["verdict"] == MAY_PUBLISH for row in rows)
    rule = "none" if not k else "all" if k == n else "some"
    text = words.say(f"sentence.claims.{rule}", n=words.count(n), k=words.count(k))
    return [Sentence(text, f"claims.{rule}", "claims")]


def programme_sentences(context: Context) -> list[Sentence]:
    """Which programmes differ from the clinic, how many were compared, and who is too small."""
    words = context.words
    too_small = _too_small(context)
    if len(context.figures.subjects_at("programme")) < 2 or not context.comparisons:
        return [Sentence(too_small, "too_small", "people")] if too_small else []
    if not set(context.comparisons.values()) & {ABOVE, BELOW, WITHIN}:
        text, rule = words.say("sentence.programmes.none_comparable"), "none_comparable"
    else:
        better, worse = _named(context, ABOVE), _named(context, BELOW)
        rule = "both" if better and worse else "better" if better else "worse" if worse else "none"
        text = _compared(context, rule, better=better, worse=worse)
    text = " ".join(filter(None, (text, too_small)))
    return [Sentence(text, f"programmes.{rule}", "outcomes")]


def _compared(context: Context, rule: str, *, better: str, worse: str) -> str:
    words, measure = context.words, context.routine[0]
    said = [
        word
        for (instrument_id, _), word in context.comparisons.items()
        if instrument_id == measure.instrument.instrument_id
    ]
    n_compared = sum(word in (ABOVE, BELOW, WITHIN) for word in said)
    lead = words.say(
        "sentence.programmes.compared",
        n=words.count(len(said)),
        k=words.count(n_compared),
        measure=measure.instrument.name,
        result=words.say(f"sentence.programmes.{rule}", better=better, worse=worse),
    )
    counts = {
        "few": sum(word in _TOO_FEW for word in said),
        "under": sum(word == _UNDER_MEASURED for word in said),
    }
    rest = [
        words.say(f"sentence.programmes.{name}", n=words.count(count))
        for name, count in counts.items()
        if count
    ]
    left = words.say("sentence.programmes.rest", listed=words.listed(rest)) if rest else ""
    unadjusted = words.say("sentence.programmes.unadjusted")
    return " ".join(filter(None, (lead, left, unadjusted)))


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


def _too_small(context: Context) -> str:
    """How many therapists and groups have too few measured courses; empty where none has."""
    words = context.words
    parts = [
        words.say(f"sentence.{level}s_of", n=words.count(n), k=words.count(few))
        for level, (few, n) in (
            (level, too_few_to_compare(context, level)) for level in ("therapist", "group")
        )
        if few
    ]
    return words.say("sentence.too_small", who=words.listed(parts)) if parts else ""
