"""What is said about comparing therapists, or groups: who could be compared, and how sure that is.

Nobody is ranked: subjects stand by name, and a verdict is only ever about the limits of chance.
"""

from collections.abc import Iterable, Sequence

from pipelines.reporting.context import Context
from pipelines.reporting.figures import CLINIC, ROLLING, Measure, Record, Subject

IMPROVED = "improved"
ABOVE = "above"
BELOW = "below"
CANNOT_TELL = "cannot_tell"


def compared_row(
    context: Context, measure: Measure, subject: Subject, outcome: str = IMPROVED
) -> Record | None:
    """A therapist's or group's row of the comparison over the twelve months."""
    return _of(context, "pub_comparison", subject.key, measure, outcome)


def spread_row(context: Context, measure: Measure, level: str) -> Record | None:
    """How much the subjects of a level differ beyond chance."""
    return _of(context, "pub_comparison_spread", CLINIC, measure, IMPROVED, compared_level=level)


def lead_paragraphs(context: Context, measure: Measure, level: str) -> list[str]:
    """Who was compared, what was found and what would happen among equals, for one level."""
    words = context.words
    spread = spread_row(context, measure, level)
    if spread is None:
        return []
    n_judged = spread["n_above"] + spread["n_below"] + spread["n_within"]
    values = {
        "units": words.say(f"people.units.{level}", n=spread["n_units"]),
        "compared": words.count(spread["n_compared"] or 0),
        "judged": words.count(n_judged),
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
        *_spread_words(context, spread, level),
        *_changes(context, measure, level),
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
        for row in _all_of(context, "pub_comparison_changes", CLINIC, measure, IMPROVED)
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
    if not turned:
        return [words.say("people.unchanged")]
    return [words.say("people.changed", variants=words.listed(turned))]


def verdict_words(context: Context, row: Record) -> tuple[str, str]:
    """The verdict in words, and the reason or what could explain it; never the one alone."""
    words = context.words
    verdict = row["verdict"]
    if verdict == CANNOT_TELL:
        text = words.say(f"people.reason.{row['reason']}")
        if row["reason"] == "too_few_pairs" and row["n_still_needed"]:
            return text, words.say("people.still_needed", n=words.count(row["n_still_needed"]))
        return text, ""
    text = words.say(f"people.verdict.{verdict}")
    if verdict not in (ABOVE, BELOW):
        return text, ""
    names = [name for name in (row["explanations"] or "").split(", ") if name]
    if not names:
        return text, words.say("people.no_explanation")
    listed = words.listed([words.say(f"people.explanation.{name}") for name in names])
    return text, words.say("people.could_explain", what=listed)


def outside(context: Context, measure: Measure, subjects: Iterable[Subject]) -> list[Subject]:
    """The subjects whose verdict is above or below, in the order given."""
    found = []
    for subject in subjects:
        row = compared_row(context, measure, subject)
        if row is not None and row["verdict"] in (ABOVE, BELOW):
            found.append(subject)
    return found


def _of(
    context: Context,
    table: str,
    subject: tuple[str, str],
    measure: Measure,
    outcome: str,
    **where: str,
) -> Record | None:
    rows = _all_of(context, table, subject, measure, outcome)
    return next(
        (row for row in rows if all(row[name] == value for name, value in where.items())), None
    )


def _all_of(
    context: Context, table: str, subject: tuple[str, str], measure: Measure, outcome: str
) -> Sequence[Record]:
    return [
        row
        for row in context.figures.published(table, subject, ROLLING, context.year.end_on)
        if (row["instrument_id"], row["scale"], row["respondent"], row["outcome"])
        == (*measure.key, outcome)
    ]
