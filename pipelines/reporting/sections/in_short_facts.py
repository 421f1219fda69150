"""What In short says beside the first measure: who is in it, domains, claims, programmes."""

from dataclasses import replace

from pipelines.reporting.context import Context
from pipelines.reporting.figures.comparing import ABOVE, BELOW, WITHIN
from pipelines.reporting.figures.figures import ROLLING, Measure, Record
from pipelines.reporting.model import Jump, Sentence
from pipelines.reporting.sections.claims_section import (
    are_examples,
    claim_figure_words,
    closed_claims,
)
from pipelines.reporting.sections.comparison_words import compared_counts
from pipelines.reporting.sections.domains_section import (
    DOMAINS,
    domain_name,
    domain_share,
    leading_rows,
)
from pipelines.reporting.sections.missing_measures import lacking_words
from pipelines.reporting.sentences import (
    MEASURED_MINIMUM,
    TOO_FEW,
    WITHHELD,
    Share,
    better_share,
    is_under_measured,
    measured_sentence,
    measured_share,
    share_sentences,
)
from pipelines.reporting.wording import Wording

HALF = 0.5
MAY_PUBLISH = "may_publish"
# Why a programme is not compared, as `comparing` says it, by what a reader is told.
_TOO_FEW = ("too_few_to_compare", "too_few_pairs_for_rate", "none")
_UNDER_MEASURED = "unmeasured"


def behind_the_year(
    context: Context, measure: Measure, without_rate: list[Sentence]
) -> list[Sentence]:
    """What has no rate in a month, behind the twelve months' where that can be given.

    `without_rate` is the one sentence that says so, or none where nobody was there.
    """
    row = context.figures.outcome(measure, context.subject, ROLLING, context.year.end_on)
    said = share_sentences(
        better_share(row),
        topic="better",
        measure=measure.instrument.name,
        period=context.year.words,
        verdict=None,
        period_kind=ROLLING,
        minimums=context.minimums,
        words=context.words,
        link=f"measure-{measure.instrument.instrument_id}",
    )
    if not said or said[0].rule in (TOO_FEW, WITHHELD):
        return without_rate
    if not without_rate:
        return said
    (few,) = without_rate
    return [replace(few, text=f"{said[0].text} {few.text}")]


def who_sentences(context: Context) -> list[Sentence]:
    """How many of those who ended, and of those who started, are in the figures."""
    row = context.figures.completeness(
        context.subject, context.headline.kind, context.headline.end_on
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
    said = (found.text, lacking_words(context), started)
    return [Sentence(" ".join(filter(None, said)), found.rule, found.link)]


def _started(context: Context) -> str:
    """Empty where nobody started, or a count behind it is withheld."""
    words, year = context.words, context.year
    row = context.figures.started(context.subject, year.kind, year.end_on)
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
    """In which domains clearly more, or fewer, than half got better; what too few cannot say.

    Clearly: the whole interval lies on one side of a half, and the domain was measured in enough
    courses. Of the others the section tells what the share lies between. Empty where no domain is
    judged.
    """
    words, figures = context.words, context.figures
    rows = leading_rows(
        figures.published("pub_domain_outcomes", context.subject, ROLLING, context.year.end_on)
    )
    judged = [
        (domain_name(row["domain"], words).lower(), domain_share(row))
        for row in rows
        if row["improved_rate"] is not None
    ]
    if not judged:
        return []
    enough = [item for item in judged if not is_under_measured(item[1].measured_rate or 0)]
    under = [item for item in judged if item not in enough]
    most = [item for item in enough if (item[1].lower or 0) > HALF]
    fewer = [item for item in enough if item[1].upper is not None and item[1].upper < HALF]
    near = [item for item in enough if item not in (*most, *fewer)]
    parts = [
        words.say(
            "sentence.domains.measured" if enough else "sentence.domains.none_measured",
            k=words.count(len(enough)),
            all=words.count(len(DOMAINS)),
            minimum=words.percent(MEASURED_MINIMUM, n=None),
        )
    ]
    parts += [
        words.say(f"sentence.domains.{key}", names=_counted_names(found, words))
        for key, found in (("most", most), ("fewer", fewer), ("near", near))
        if found
    ]
    if under:
        parts.append(words.say("sentence.domains.under", n=words.count(len(under))))
    if unknown := len(DOMAINS) - len(judged):
        parts.append(words.say("sentence.domains.unknown", n=words.count(unknown)))
    rule = "some" if most else "none" if enough else "bounds"
    return [Sentence(" ".join(parts), f"domains.{rule}", "domains")]


def _counted_names(found: list[tuple[str, Share]], words: Wording) -> str:
    return words.listed(
        [
            words.say(
                "number.counted_name",
                name=name,
                x=words.count(share.x or 0),
                n=words.count(share.n or 0),
            )
            for name, share in found
        ]
    )


def claim_sentences(context: Context) -> list[Sentence]:
    """How many claims may be published; empty without a claim whose window has closed."""
    words = context.words
    rows = closed_claims(context)
    if not rows:
        return []
    if are_examples(rows):
        return [Sentence(words.say("sentence.claims.examples"), "claims.examples", "claims")]
    n, k = len(rows), sum(row["verdict"] == MAY_PUBLISH for row in rows)
    rule = "none" if not k else "all" if k == n else "some"
    text = words.say(f"sentence.claims.{rule}", n=words.count(n), k=words.count(k))
    return [Sentence(f"{text} {_which_claims(context, rows)}".strip(), f"claims.{rule}", "claims")]


def _which_claims(context: Context, rows: list[Record]) -> str:
    """What may be said; without any, why the first may not."""
    words = context.words
    may = [row["says"] for row in rows if row["verdict"] == MAY_PUBLISH]
    if may:
        quoted = [words.say("sentence.claims.quoted", says=says) for says in may]
        return words.say("sentence.claims.may", listed=words.listed(quoted))
    reasons = [reason for reason in (rows[0]["verdict_reasons"] or "").split(";") if reason]
    if not reasons:
        return ""
    said = words.say(
        "sentence.claims.first_not",
        says=rows[0]["says"],
        reasons=words.listed([words.say(f"claims.reasons.{reason}") for reason in reasons]),
    )
    return " ".join(filter(None, (said, claim_figure_words(rows[0], words))))


def programme_sentences(context: Context) -> list[Sentence]:
    """Which programmes differ from the clinic, how many were compared, and who is too small."""
    words = context.words
    people = _people(context)
    if len(context.figures.subjects_at("programme")) < 2 or not context.comparisons:
        return [Sentence(people, "people", "people")] if people else []
    if not set(context.comparisons.values()) & {ABOVE, BELOW, WITHIN}:
        text, rule = words.say("sentence.programmes.none_comparable"), "none_comparable"
    else:
        better, worse = _named(context, ABOVE), _named(context, BELOW)
        rule = "both" if better and worse else "better" if better else "worse" if worse else "none"
        text = _compared(context, rule, better=better, worse=worse)
    jumps: tuple[Jump, ...] = ()
    if people and rule != "none_comparable":
        jumps = (
            Jump(words.say("sentence.programmes.lead"), "outcomes"),
            Jump(words.say("sentence.people_lead"), "people"),
        )
    text = " ".join(filter(None, (text, people)))
    return [Sentence(text, f"programmes.{rule}", "outcomes", jumps)]


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
        lead=words.say("sentence.programmes.lead"),
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


def _people(context: Context) -> str:
    """How many therapists and groups could be compared one by one, and why the rest could not."""
    words = context.words
    counted = {level: compared_counts(context, level) for level in ("therapist", "group")}
    counted = {level: counts for level, counts in counted.items() if counts.all}

    def listed(name: str) -> list[str]:
        return [
            words.say(f"sentence.people_of.{level}", n=words.count(counts.all), k=words.count(k))
            for level, counts in counted.items()
            if (k := getattr(counts, name)) or name == "compared"
        ]

    if not counted or not (listed("few") or listed("other")):
        return ""
    lead = words.say("sentence.people_lead")
    compared = words.listed(listed("compared"))
    parts = [words.say("sentence.people_compared", lead=lead, listed=compared)]
    parts += [
        words.say(f"sentence.people_left.{name}", listed=words.listed(found))
        for name in ("few", "other")
        if (found := listed(name))
    ]
    return " ".join(parts)
