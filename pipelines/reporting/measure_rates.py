"""What is said of one measure: the shares better and worse with their doubt, the mean change."""

from pipelines.reporting.context import Context
from pipelines.reporting.figures import Measure, Record
from pipelines.reporting.sentences import (
    BOUNDS,
    PLAIN,
    WIDE,
    Share,
    better_share,
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
    if not kinds <= {PLAIN, WIDE, BOUNDS}:
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
    """The share; where under 70 % were measured, the extremes lead."""
    words = context.words
    figure = figure_words(share, context.minimums, words)
    missing = (share.n_all or 0) - (share.n or 0)
    if missing <= 0 or share.worst is None or share.best is None:
        return figure
    lead = "under" if reading(share, context.minimums) == BOUNDS else "beside"
    return words.say(
        f"outcomes.rates.{topic}_{lead}",
        figure=figure,
        missing=words.count(missing),
        worst=words.percent(share.worst, n=share.n_all),
        best=words.percent(share.best, n=share.n_all),
    )
