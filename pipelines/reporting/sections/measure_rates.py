"""What is said of one measure: the shares better and worse with their doubt, the mean change."""

from pipelines.reporting.context import Context
from pipelines.reporting.figures.figures import Measure, Record
from pipelines.reporting.sentences import (
    BOUNDS,
    CHANCE,
    PLAIN,
    WIDE,
    Share,
    better_share,
    extremes,
    figure_words,
    reading,
    worse_share,
)


def rates_sentence(context: Context, measure: Measure, row: Record | None) -> str:
    """Both shares of a published row: range of chance, and what those without a score leave open.

    Empty where there is no rate to tell; of a therapist or a group with few courses there is none,
    as a percentage of a handful of people would say too much.
    """
    better, worse = better_share(row), worse_share(row)
    kinds = {reading(share, context.minimums) for share in (better, worse)}
    is_of_few = (better.n or 0) < context.minimums.comparison
    if not kinds <= {PLAIN, WIDE, BOUNDS, CHANCE}:
        return ""
    if is_of_few and context.subject[0] in ("therapist", "group"):
        return ""
    return context.words.say(
        "outcomes.rates.both",
        measure=measure.instrument.name,
        period=context.year.words,
        better=_said(context, better, "better"),
        worse=_said(context, worse, "worse"),
    )


def mean_change_sentence(context: Context, measure: Measure, row: Record | None) -> str:
    """The mean change in points, from where to where; empty without a pair."""
    if row is None or row["improvement_mean_points"] is None or not row["n_paired"]:
        return ""
    words = context.words
    change = row["improvement_mean_points"]
    return words.say(
        "outcomes.mean_change_worse" if change < 0 else "outcomes.mean_change",
        measure=measure.instrument.name,
        period=context.year.words,
        change=words.decimal(abs(change)),
        first=words.decimal(row["first_mean_points"]),
        last=words.decimal(row["last_mean_points"]),
        n=words.count(row["n_paired"]),
    )


def _said(context: Context, share: Share, topic: str) -> str:
    """The share and what those without a score leave open, in the order that `reading` says."""
    words = context.words
    figure = figure_words(share, context.minimums, words)
    missing = (share.n_all or 0) - (share.n or 0)
    ends = extremes(share, words)
    if missing <= 0 or ends is None:
        return figure
    kind = reading(share, context.minimums)
    said = words.say(
        f"outcomes.rates.{topic}_{'under' if kind == BOUNDS else 'beside'}",
        figure=figure,
        n=words.count(missing),
        worst=ends[0],
        best=ends[1],
    )
    return words.say("figure.and_chance", bounds=said) if kind == CHANCE else said
