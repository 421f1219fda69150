"""Whose measures are missing: programmes, therapists and questionnaires, as sentences.

Somebody is named only where the whole interval of the share measured lies under what is asked for:
a bare share would name somebody for one course more or less.
"""

from pipelines.reporting.context import Context
from pipelines.reporting.figures.figures import CLINIC, ROLLING
from pipelines.reporting.model import Sentence
from pipelines.reporting.sentences import (
    Share,
    is_under_measured,
    measured_percent,
    measured_share,
    paired_share,
)

# So few are named; more would be a list.
MOST_NAMED = 3
MOST_PROGRAMMES = 2
MOST_MEASURES = 2
SECTION = "completeness"


def missing_sentences(context: Context, *, by_name: bool = False) -> list[Sentence]:
    """In short: which programmes, therapists and questionnaires clearly lack measures.

    `by_name`: with the therapists who may lack them by chance alone, in the section behind it.
    """
    if context.subject != CLINIC or not context.measures:
        return []
    words = context.words
    found = []
    for level in ("programme", "therapist"):
        n = _n_with_courses(context, level)
        under = clearly_under(context, level)
        if len(context.figures.subjects_at(level)) > 1 and n:
            case = "none" if not under else "named" if len(under) <= MOST_NAMED else "counted"
            names = words.listed([_counted(context, *one) for one in under[:MOST_NAMED]])
            values = {"n": words.count(n), "k": words.count(len(under)), "names": names}
            found.append(words.say(f"missing.{level}s.{case}", **values))
            found += _near(context, level, n, by_name=by_name)
    found += _of_measures(context)
    if not found:
        return []
    lead = words.say("missing.lead")
    return [Sentence(" ".join([lead, *found]), "missing", SECTION)]


def lacking_words(context: Context) -> str:
    """Where most courses of this very period lack a score: the programmes, by how many that is.

    Counts and no verdict: in one month chance moves a programme's share far. Empty without several
    programmes, without such a course, or where a count is withheld.
    """
    words, window = context.words, context.headline
    programmes = context.figures.subjects_at("programme")
    if context.subject != CLINIC or len(programmes) < 2:
        return ""
    clinic, *shares = (
        measured_share(context.figures.completeness(key, window.kind, window.end_on))
        for key in (CLINIC, *(programme.key for programme in programmes))
    )
    if any(share.is_withheld for share in (clinic, *shares)):
        return ""
    found = sorted(
        (-lacking, programme.name, share.n)
        for programme, share in zip(programmes, shares, strict=True)
        if share.n and share.x is not None and (lacking := share.n - share.x)
    )
    if not found:
        return ""
    names = [
        words.say("number.counted_name", name=name, x=words.count(-less), n=words.count(n))
        for less, name, n in found[:MOST_NAMED]
    ]
    key = "most" if len(found) > MOST_NAMED else "all"
    return words.say(f"missing.in_period.{key}", names=words.listed(names))


def _near(context: Context, level: str, n: int, *, by_name: bool) -> list[str]:
    """Who is under what is asked for by no more than chance explains: tables show the shares."""
    words, near = context.words, _under(context, level, clearly=False)
    if not near:
        return []
    if by_name and level == "therapist":
        names = words.listed([_counted(context, *one) for one in near])
        return [words.say("missing.therapists.near_named", names=names)]
    rest = len(near) - MOST_NAMED
    return [
        words.say(
            f"missing.{level}s.{'near_more' if rest > 0 else 'near'}",
            n=words.count(n),
            k=words.count(len(near)),
            names=words.listed([_counted(context, *one) for one in near[:MOST_NAMED]]),
            rest=words.count(max(rest, 0)),
        )
    ]


def _n_with_courses(context: Context, level: str) -> int:
    """How many have a finished course in the twelve months: nobody else can lack a measure."""
    rows = (
        context.figures.completeness(subject.key, ROLLING, context.year.end_on)
        for subject in context.figures.subjects_at(level)
    )
    return sum(bool(row and row["n_finished"]) for row in rows)


def missing_by_subject(context: Context) -> list[Sentence]:
    """What to look at: the programmes, and the therapists, that clearly lack measures."""
    return [*_programmes(context), *_therapists(context)]


def clearly_under(context: Context, level: str) -> list[tuple[str, Share]]:
    """Names and shares of those clearly under, by how many courses are missing, then by name.

    That is what there is to do; therapists stand by name, and nobody is ranked.
    """
    return _under(context, level, clearly=True)


def _under(context: Context, level: str, *, clearly: bool) -> list[tuple[str, Share]]:
    """Those whose share is under what is asked for: the whole interval too, or not the whole."""
    if not context.measures:
        return []
    found = []
    for subject in context.figures.subjects_at(level):
        row = context.figures.completeness(subject.key, ROLLING, context.year.end_on)
        share = measured_share(row)
        if not share.n or share.rate is None or share.upper is None:
            continue
        if is_under_measured(share.rate) and is_under_measured(share.upper) == clearly:
            found.append((subject.name, share))
    if level != "programme":
        return found
    return sorted(found, key=lambda item: (_measured_less_due(item[1]), item[0]))


def _measured_less_due(share: Share) -> int:
    return (share.x or 0) - (share.n or 0)


def _of_measures(context: Context) -> list[str]:
    """The questionnaires that most courses lack, of those clearly under."""
    words = context.words
    figures, end_on = context.figures, context.year.end_on
    shares = [
        (
            measure.instrument.name,
            paired_share(figures.outcome(measure, context.subject, ROLLING, end_on)),
        )
        for measure in context.measures
    ]
    under = [
        (name, share)
        for name, share in shares
        if share.n and share.upper is not None and is_under_measured(share.upper)
    ]
    if not under:
        return []
    under.sort(key=lambda item: (_measured_less_due(item[1]), item[0]))
    listed = [_counted(context, *one) for one in under[:MOST_MEASURES]]
    rest = len(under) - MOST_MEASURES
    key = "missing.measures" if rest > 0 else "missing.measures_all"
    return [words.say(key, listed=words.listed(listed), rest=words.count(max(rest, 0)))]


def _counted(context: Context, name: str, share: Share) -> str:
    words = context.words
    return words.say(
        "number.counted_name", name=name, x=words.count(share.x or 0), n=words.count(share.n or 0)
    )


def _programmes(context: Context) -> list[Sentence]:
    """The programmes with most courses that lack a measure, where chance alone is no reason."""
    words = context.words
    behind = clearly_under(context, "programme")
    if not behind:
        return []
    rest = len(behind) - MOST_PROGRAMMES
    key = "look.programmes_missing" if rest > 0 else "look.programmes_missing_all"
    listed = words.listed([_with_interval(context, *one) for one in behind[:MOST_PROGRAMMES]])
    text = words.say(key, listed=listed, rest=words.count(max(rest, 0)))
    return [Sentence(text, "programme_missing", SECTION)]


def _therapists(context: Context) -> list[Sentence]:
    words = context.words
    behind = clearly_under(context, "therapist")
    if not behind:
        return []
    n = _n_with_courses(context, "therapist")
    text = words.say("look.therapists_missing", k=words.count(len(behind)), n=words.count(n))
    if len(behind) <= MOST_NAMED:
        names = words.listed([_with_interval(context, *one) for one in behind])
        text = f"{text} {words.say('look.therapists_named', names=names)}"
    return [Sentence(text, "therapists_missing", SECTION)]


def _with_interval(context: Context, name: str, share: Share) -> str:
    words = context.words
    return words.say(
        "look.measured_part",
        name=name,
        x=words.count(share.x or 0),
        n=words.count(share.n or 0),
        lower=words.percent(share.lower or 0, n=share.n),
        upper=measured_percent(share.upper or 0, words, n=share.n),
    )
