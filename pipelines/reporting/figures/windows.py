"""The stretch of time that a report's headline is about, and the measures that it is told by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.reporting.figures.figures import (
    CLINIC,
    MONTH,
    QUARTER,
    ROLLING,
    YEAR,
    Figures,
    Measure,
    Record,
    month_before,
)
from pipelines.reporting.wording import Wording


@dataclass(frozen=True)
class Window:
    """The stretch of time that the headline figures are about, and how it is called."""

    kind: str
    end_on: date
    words: str

    @property
    def has_verdict(self) -> bool:
        """Whether a chart over months or quarters stands behind it."""
        return self.kind in (MONTH, QUARTER)


def window(figures: Figures, kind: str, words: Wording, *, years_back: int = 0) -> Window:
    """The month, the last whole quarter, the year, or the twelve months to the report's month."""
    end_on = figures.month_end_on
    if kind == QUARTER:
        ends = figures.period_ends(QUARTER, 1)
        end_on = ends[-1] if ends else end_on
    if years_back:
        end_on = _month_end_years_before(end_on, years_back)
    named: dict[str, Callable[[date], str]] = {
        QUARTER: words.quarter,
        YEAR: lambda day: str(day.year),
    }
    name = named.get(kind, words.month)(end_on)
    return Window(kind, end_on, words.say(f"period.{kind}", name=name))


def _month_end_years_before(end_on: date, years: int) -> date:
    # The day before the first of the month after, so that February keeps its own last day.
    after = month_before(end_on, 12 * years - 1)
    return date.fromordinal(after.toordinal() - 1)


def routine_measures(
    figures: Figures, measures: Sequence[Measure], subject: tuple[str, str] = CLINIC
) -> list[Measure]:
    """Those that a fifth of a subject's finished courses of the twelve months have a pair of.

    Where none is so common, the first: a wall of small tables would hide the few that matter.
    """
    common = [measure for measure in measures if figures.is_routine(measure.key, subject)]
    return common or list(measures[:1])


def headline_kind(
    figures: Figures, measures: Sequence[Measure], subject: tuple[str, str] = CLINIC
) -> str:
    """The shortest stretch in which the first measure mostly has enough courses for a rate.

    A month where at least half of the last twelve had a rate, else a quarter by the same reading,
    else twelve months. The public sees twelve months. Anybody but the whole clinic needs as many as
    a comparison does: with six courses a month none better is no change from one of them.
    """
    if not measures or not figures.period_ends(MONTH, 1):
        return MONTH
    for kind, count in ((MONTH, 12), (QUARTER, 4)):
        ends = figures.period_ends(kind, count)
        rows = [figures.outcome(measures[0], subject, kind, end) for end in ends]
        needed = "rate" if subject == CLINIC else "comparison"
        least = figures.policy[f"minimum_pairs_for_{needed}"]
        known = [
            row
            for row in rows
            if row is not None and (row["n_paired"] or 0) >= least and _has_figure(row)
        ]
        if ends and 2 * len(known) >= len(ends):
            return kind
    return ROLLING


def _has_figure(row: Record) -> bool:
    """A share better, or where the measure has no rule for one, a mean."""
    return row["improved_rate"] is not None or row["first_mean_points"] is not None
