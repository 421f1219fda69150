"""What to look at: at most five items, each with its reason and where it is on the page.

What matters to clients comes first: overdue safety actions, licences and consents, signals, results
behind a standard or behind the clinic, open courses that are not on track. What is missing follows,
and the delivery's data come last; but many questionnaires without a course make all figures
doubtful, and come early. What makes the figures doubtful is never left out for want of room, and
what is left out is named in one line.
"""

from collections.abc import Sequence
from decimal import Decimal

from pipelines.reporting.context import Context, first_with_rule
from pipelines.reporting.figures.comparing import BELOW
from pipelines.reporting.figures.disclosure import THERAPIST
from pipelines.reporting.figures.figures import CLINIC, MONTH, ROLLING
from pipelines.reporting.model import Card, Jump, Sentence
from pipelines.reporting.sections.comparison_words import outside
from pipelines.reporting.sections.course_section import children_items
from pipelines.reporting.sections.lost_rows import much_lost_words
from pipelines.reporting.sections.missing_measures import missing_by_subject
from pipelines.reporting.sections.programme_change_words import change_items
from pipelines.reporting.sections.rules_kept_part import rules_items
from pipelines.reporting.sections.safety_part import overdue_items
from pipelines.reporting.sections.signals import signal_items
from pipelines.reporting.sections.subject_sections import missing_items
from pipelines.reporting.sections.trust_section import newest_used
from pipelines.reporting.sentences import (
    better_share,
    figure_words,
    nhs_recovered_share,
)

AT_MOST = 5
# What is wrong with the data puts every other item in doubt.
DATA_RULES = ("without_course", "turned_away")
MORE = "more"
# From this share on, open courses that are not on track ask for a look. A convention of this page
# and no clinical threshold: about one in four is what a director can go through one by one.
MANY_NOT_ON_TRACK = Decimal("0.25")
# From this share on, questionnaires of no course ask for a look: what the contract of responses
# tolerates too. More is seldom chance: a wrong time zone or first day of the courses does it.
MANY_WITHOUT_COURSE = Decimal("0.05")


def look_at(context: Context, cards: tuple[Card, ...]) -> tuple[Sentence, ...]:
    """The items, in the order of what matters to clients, and a line about those left out."""
    found = [
        *overdue_items(context),
        *rules_items(context),
        *(_without_course(context) if context.subject == CLINIC else []),
        *signal_items(context, cards),
        *change_items(context),
        *_programmes_worse(context),
        *children_items(context),
        *_under_standard(context),
        *_not_on_track(context),
        *(
            [
                *_outside_limits(context),
                *missing_by_subject(context),
                *_turned_away(context),
            ]
            if context.subject == CLINIC
            else missing_items(context)
        ),
    ]
    if not found:
        return (Sentence(context.words.say("look.none"), "none"),)
    return tuple(_at_most(context, found))


def _at_most(context: Context, found: Sequence[Sentence]) -> list[Sentence]:
    """The first items and all about the data; the others by their kinds."""
    n_data = sum(item.rule in DATA_RULES for item in found)
    room = AT_MOST - n_data
    kept: list[Sentence] = []
    left: list[Sentence] = []
    for item in found:
        is_data = item.rule in DATA_RULES
        fits = is_data or sum(one.rule not in DATA_RULES for one in kept) < room
        (kept if fits else left).append(item)
    if not left:
        return kept
    words = context.words
    first_of_kind: dict[str, Sentence] = {}
    for item in left:
        first_of_kind.setdefault(item.rule.split(".")[0], item)
    named = {words.say(f"look.more_kinds.{kind}"): one.link for kind, one in first_of_kind.items()}
    text = words.say("look.more", n=len(left), listed=words.listed(list(named)))
    jumps = tuple(Jump(name, link) for name, link in named.items() if link)
    return [*kept, Sentence(text, MORE, left[0].link, jumps)]


def _without_course(context: Context) -> list[Sentence]:
    """Questionnaires that no figure about courses counts, where they are many."""
    words, year = context.words, context.year
    row = context.figures.completeness(context.subject, ROLLING, year.end_on)
    if row is None or not row.get("n_without_episode"):
        return []
    rate = Decimal(row["n_without_episode"]) / Decimal(row["n_responses"])
    if rate < MANY_WITHOUT_COURSE:
        return []
    text = words.say(
        "look.without_course",
        x=words.count(row["n_without_episode"]),
        n=words.count(row["n_responses"]),
        rate=words.percent(rate, n=row["n_responses"]),
        period=year.words,
        zone=context.settings.time_zone,
    )
    return [Sentence(text, "without_course", "completeness")]


def _under_standard(context: Context) -> list[Sentence]:
    """Recovery, where the published standard lies above the whole interval."""
    words, figures, year = context.words, context.figures, context.year
    row = figures.recovery(context.subject, ROLLING, year.end_on)
    details = figures.published("pub_recovery_detail", context.subject, ROLLING, year.end_on)
    share = nhs_recovered_share(row)
    if row is None or not details or share.rate is None or share.upper is None:
        return []
    if not row["n_measured"]:
        # Without a single score nobody recovered because nobody was asked; there is no section.
        return []
    detail = details[0]
    standard = detail["recovered_standard_share"]
    if standard is None or Decimal(str(share.upper)) >= Decimal(str(standard)):
        return []
    text = words.say(
        "look.under_standard",
        period=year.words,
        figure=figure_words(share, context.minimums, words),
        standard=words.percent(standard, n=None),
    )
    unknown, best = detail["n_recovery_unknown"], detail["recovered_rate_best"]
    if unknown and best is not None:
        missing = words.say(
            "look.under_standard_best",
            unknown=words.count(unknown),
            best=words.percent(best, n=share.n),
        )
        text = f"{text} {missing}"
    return [Sentence(text, "under_standard", "recovery")]


def _not_on_track(context: Context) -> list[Sentence]:
    """Open courses that are not on track, on the measure by which most can be judged.

    They are those of one day, whatever stretch of time the page is about.
    """
    words, shown = context.words, context.period
    names = {measure.instrument.instrument_id: measure for measure in context.measures}
    rows = [
        row
        for row in context.figures.published("pub_on_track", context.subject, MONTH, shown.end_on)
        if row["instrument_id"] in names and row["not_on_track_rate"] is not None
    ]
    if not rows:
        return []
    row = min(rows, key=lambda each: (-each["n_judged"], each["instrument_id"]))
    if Decimal(str(row["not_on_track_rate"])) < MANY_NOT_ON_TRACK:
        return []
    is_own = context.figures.audience == THERAPIST
    text = words.say(
        "look.not_on_track_own" if is_own else "look.not_on_track",
        x=words.count(row["n_not_on_track"]),
        n=words.count(row["n_judged"]),
        rate=words.percent(row["not_on_track_rate"], n=row["n_judged"]),
        measure=names[row["instrument_id"]].instrument.name,
        period=words.month(shown.end_on) if shown.kind == ROLLING else shown.words,
    )
    has_path = context.subject[0] in ("clinic", "programme")
    return [Sentence(text, "not_on_track", "path" if has_path else "")]


def _outside_limits(context: Context) -> list[Sentence]:
    """How many lie outside the limits of chance; who, and beside what, is said in the section."""
    measure = first_with_rule(context)
    if measure is None:
        return []
    found = []
    for level in ("therapist", "group"):
        n = len(outside(context, measure, context.figures.subjects_at(level)))
        if n:
            text = context.words.say(f"look.outside.{level}", n=n, measure=measure.instrument.name)
            found.append(Sentence(text, "outside_limits", f"people-{level}s"))
    return found


def _turned_away(context: Context) -> list[Sentence]:
    words = context.words
    newest = context.figures.as_of_on
    latest = newest_used(context.figures.deliveries)
    n = sum(row["n_quarantined"] for row in latest)
    if newest is None or not n:
        return []
    text = words.say(
        "look.turned_away",
        n=words.count(n),
        total=words.count(sum(row["n_delivered"] for row in latest)),
        day=words.day(newest),
    )
    text = " ".join(filter(None, (text, much_lost_words(latest, words))))
    return [Sentence(text, "turned_away", "quarantine")]


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
