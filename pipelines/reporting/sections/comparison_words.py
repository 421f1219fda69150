"""What is said about comparing therapists, or groups: who could be compared, and how sure that is.

Nobody is ranked: subjects stand by name, and a verdict is only ever about the limits of chance.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.comparison.verdicts import ABOVE, BELOW, CANNOT_TELL, TOO_FEW_PAIRS
from pipelines.reporting.context import Context, first_with_rule
from pipelines.reporting.figures.figures import CLINIC, ROLLING, Measure, Record, Subject
from pipelines.reporting.sections.evidence_part import usually_found
from pipelines.reporting.sentences import better_share
from pipelines.reporting.wording import Wording

# The page compares shares; means are in the marts.
IMPROVED = "improved"


def compared_row(context: Context, measure: Measure, subject: Subject) -> Record | None:
    """A therapist's or group's row of the comparison over the twelve months."""
    return next(iter(_rows(context, "pub_comparison", subject.key, measure)), None)


@dataclass(frozen=True)
class ComparedCounts:
    """Of a level's subjects with a finished course: compared, with too few pairs, left otherwise.

    The three add up to `all`.
    """

    compared: int
    few: int
    other: int

    @property
    def all(self) -> int:
        """Everybody with a finished course."""
        return self.compared + self.few + self.other


def compared_counts(context: Context, level: str) -> ComparedCounts:
    """How many of a level could be compared on the first measure with a rule; none without one."""
    measure = first_with_rule(context)
    found = {"compared": 0, "few": 0, "other": 0}
    for subject in context.figures.subjects_at(level):
        if measure is None:
            break
        row = compared_row(context, measure, subject)
        completeness = context.figures.completeness(subject.key, ROLLING, context.year.end_on)
        if row is None and not (completeness or {}).get("n_finished"):
            continue
        if row is None:
            # Nothing of it was measured on this measure.
            found["few"] += 1
        elif row["verdict"] != CANNOT_TELL:
            found["compared"] += 1
        else:
            found["few" if row["reason"] == TOO_FEW_PAIRS else "other"] += 1
    return ComparedCounts(**found)


def spread_row(context: Context, measure: Measure, level: str) -> Record | None:
    """How much the subjects of a level differ beyond chance."""
    rows = _rows(context, "pub_comparison_spread", CLINIC, measure)
    return next((row for row in rows if row["compared_level"] == level), None)


def lead_paragraphs(context: Context, measure: Measure, level: str) -> list[str]:
    """Who was compared, what was found and what would happen among equals, for one level."""
    words = context.words
    spread = spread_row(context, measure, level)
    if spread is None:
        return []
    counts = compared_counts(context, level)
    n_judged = counts.compared
    values = {
        "units": words.say(f"people.units.{level}", n=counts.all),
        "judged": words.count(n_judged),
        "few": words.count(counts.few),
        "other": words.count(counts.other),
    }
    if not n_judged:
        return [words.say("people.none_judged", **values), *_spread_words(context, spread, level)]
    found = [
        words.say("people.judged", **values),
        words.say(
            "people.found",
            within=words.count(spread["n_within"]),
            above=words.count(spread["n_above"]),
            below=words.count(spread["n_below"]),
        ),
        words.say(
            "people.chance",
            judged=words.say(f"people.units.{level}", n=n_judged),
            share=words.percent(spread["chance_of_a_false_alarm"], n=None),
        ),
    ]
    return [
        " ".join(found),
        *_missed(context, level),
        *_spread_words(context, spread, level),
        *_changes(context, measure, level),
    ]


def _missed(context: Context, level: str) -> list[str]:
    """That nobody outside does not mean alike, with how often a true difference is found."""
    if level != "therapist":
        return []
    words = context.words
    known = usually_found()
    return [
        words.say(
            "people.not_alike",
            change=words.percent_number(-known["rate_change"], n=None),
            n=words.count(known["n_pairs"]),
            share=words.percent(known["below_rate"], n=None),
        )
    ]


def _spread_words(context: Context, spread: Record, level: str) -> list[str]:
    words = context.words
    if spread["icc"] is None:
        return []
    if not spread["icc"]:
        return [words.say("people.no_spread", level=words.say(f"people.plural.{level}"))]
    text = words.say(
        "people.spread",
        level=words.say(f"people.plural.{level}"),
        share=words.percent(spread["icc"], n=1000),
    )
    if spread["n_needed"] is None:
        return [text]
    return [f"{text} {words.say('people.needed', n=words.count(spread['n_needed']))}"]


def _changes(context: Context, measure: Measure, level: str) -> list[str]:
    """Whether the verdicts hang on whose courses count; verdicts lost to smallness are apart."""
    words = context.words
    rows = [
        row
        for row in _rows(context, "pub_comparison_changes", CLINIC, measure)
        if row["compared_level"] == level
    ]
    turned = [
        words.say(
            f"people.variant.{row['variant']}",
            n=row["n_changed"] - row["n_no_longer_judged"],
        )
        for row in rows
        if row["n_changed"] > row["n_no_longer_judged"]
    ]
    if not rows:
        return []
    text = (
        words.say("people.changed", variants=words.listed(turned))
        if turned
        else words.say(f"people.unchanged.{level}")
    )
    n_lost = max(row["n_no_longer_judged"] for row in rows)
    return [f"{text} {words.say('people.no_longer_judged', n=n_lost)}" if n_lost else text]


def verdict_words(context: Context, row: Record) -> tuple[str, str]:
    """The verdict in words, and what it rests on: never the one alone.

    That is why nobody can tell, what could explain a figure outside the limits, or within them what
    so few courses could have shown. What is still needed is a minimum: too few others with enough
    courses can stand in the way too.
    """
    words = context.words
    verdict = row["verdict"]
    if verdict == CANNOT_TELL:
        settings = context.settings.comparison
        share = words.percent(settings.minimum_pair_rate, n=None)
        text = words.say(f"people.reason.{row['reason']}", share=share)
        if row["reason"] != TOO_FEW_PAIRS:
            return text, ""
        is_under = row["paired_rate"] is not None and (
            row["paired_rate"] < settings.minimum_pair_rate
        )
        key = "people.still_needed_and_rate" if is_under else "people.still_needed"
        missing = words.count(settings.minimum_pairs - row["n_pairs"])
        return text, words.say(key, n=missing, share=share)
    text = words.say(f"people.verdict.{verdict}")
    if verdict not in (ABOVE, BELOW):
        return text, _stands_out(row, words)
    names = [name for name in (row["explanations"] or "").split(", ") if name]
    if not names:
        return text, words.say("people.no_explanation")
    listed = words.listed([words.say(f"people.explanation.{name}") for name in names])
    return text, words.say("people.could_explain", what=listed)


def _stands_out(row: Record, words: Wording) -> str:
    """From which gap to what was expected this many courses would have been called outside.

    The limits are moved from the adjusted scale to that of the same clients, on which observed and
    expected stand beside it. Empty without limits.
    """
    expected, overall = row["expected"], row["overall"]
    if not row["is_adjusted"] or not overall or None in (row["lower_998"], row["upper_998"]):
        return ""
    expected = float(expected)
    ratio = expected / float(overall)
    lower, upper = float(row["lower_998"]) * ratio, float(row["upper_998"]) * ratio
    return words.say(
        f"people.stands_out.{_ends(lower > 0, upper < 1)}",
        n=words.count(row["n_pairs"]),
        less=words.percent_number(expected - lower, n=None),
        more=words.percent_number(upper - expected, n=None),
    )


def _ends(can_be_less: bool, can_be_more: bool) -> str:
    """Which text tells what would stand out: a share below 0 % or above 100 % never can."""
    ends = [name for name, can in (("less", can_be_less), ("more", can_be_more)) if can]
    return "_".join(ends) or "neither"


def programme_gap_words(context: Context, measure: Measure, programme_id: str) -> str:
    """What a programme's courses could have shown beside the clinic; empty unless it is within."""
    key = (measure.instrument.instrument_id, programme_id)
    gap = context.gaps.get(key)
    if gap is None:
        return ""
    words = context.words
    row = context.figures.outcome(
        measure, ("programme", programme_id), ROLLING, context.year.end_on
    )
    return words.say(
        f"outcomes.stands_out.{_ends(gap.can_be_less, gap.can_be_more)}",
        n=words.count(better_share(row).n or 0),
        points=words.percent_number(gap.share, n=None),
    )


def within_0_and_1(share: float) -> float:
    """A share as a page shows it: observed over expected can carry it, or a limit, beyond 100 %."""
    return min(max(share, 0.0), 1.0)


def outside(context: Context, measure: Measure, subjects: Iterable[Subject]) -> list[Subject]:
    """The subjects whose verdict is above or below, in the order given."""
    found = []
    for subject in subjects:
        row = compared_row(context, measure, subject)
        if row is not None and row["verdict"] in (ABOVE, BELOW):
            found.append(subject)
    return found


def _rows(
    context: Context, table: str, subject: tuple[str, str], measure: Measure
) -> Sequence[Record]:
    return [
        row
        for row in context.figures.published(table, subject, ROLLING, context.year.end_on)
        if (row["instrument_id"], row["scale"], row["respondent"], row["outcome"])
        == (*measure.key, IMPROVED)
    ]
