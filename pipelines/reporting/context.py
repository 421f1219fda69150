"""What every section of a report is written from, and the cells that their tables share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pipelines import report_settings
from pipelines.comparison_settings import ComparisonSettings
from pipelines.governance_settings import GovernanceSettings
from pipelines.outcome_settings import OutcomeSettings
from pipelines.reporting.figures.comparing import Gap
from pipelines.reporting.figures.figures import CLINIC, Figures, Measure, Record, Subject
from pipelines.reporting.figures.programme_changes import ProgrammeChange
from pipelines.reporting.figures.windows import Window
from pipelines.reporting.model import Cell, Column
from pipelines.reporting.sentences import (
    BOUNDS,
    CHANCE,
    NOTHING,
    TOO_FEW,
    WITHHELD,
    Minimums,
    Share,
    bounds_words,
    measured_percent,
    reading,
)
from pipelines.reporting.wording import Wording


class ReportSettings(Protocol):
    """The settings of a clinic that its reports print."""

    @property
    def clinic_name(self) -> str:
        """How the clinic is called."""
        ...

    @property
    def time_zone(self) -> str:
        """The zone whose days count."""
        ...

    @property
    def comparison(self) -> ComparisonSettings:
        """From how much on therapists and groups are compared."""
        ...

    @property
    def governance(self) -> GovernanceSettings:
        """Among others the days in which an answer that showed a risk is acted on."""
        ...

    @property
    def outcomes(self) -> OutcomeSettings:
        """Among others whether there is a reference period."""
        ...

    @property
    def first_score_days(self) -> int:
        """The days after session 1 in which a first score counts."""
        ...

    @property
    def report(self) -> report_settings.ReportSettings:
        """Among others the countries whose published rates and standards are shown."""
        ...


@dataclass(frozen=True)
class Context:
    """One report while it is written.

    `headline`: the stretch of time that the first figures are about; `period`, `year`: the report's
    own month, quarter or year, and the twelve months that end with it; `routine`: those of the
    measures that get a part of their own; `comparisons`: routine measure and programme → words;
    `gaps`: of those that are called within, the gap that would stand out;
    `changes`: programme → what changed in it; `subject`: whom the report is about; `links`: subject
    → its page, relative to this one; `clinic`: the clinic's rows, where a subject's page may have
    them beside its own.
    """

    figures: Figures
    words: Wording
    minimums: Minimums
    headline: Window
    period: Window
    year: Window
    measures: tuple[Measure, ...]
    routine: tuple[Measure, ...]
    comparisons: Mapping[tuple[str, str], str]
    settings: ReportSettings
    provenance: Mapping[str, Any]
    gaps: Mapping[tuple[str, str], Gap] = field(default_factory=dict)
    changes: Mapping[str, ProgrammeChange] = field(default_factory=dict)
    subject: tuple[str, str] = CLINIC
    links: Mapping[tuple[str, str], str] = field(default_factory=dict)
    clinic: Figures | None = None

    @property
    def first_measure(self) -> Measure | None:
        """The measure that the headline is about."""
        return self.measures[0] if self.measures else None


def shows(context: Context, country: str) -> bool:
    """Whether the clinic is set beside what a country publishes."""
    return country in context.settings.report.countries


def first_with_rule(context: Context) -> Measure | None:
    """The first measure that has a rule for what counts as a change."""
    return next((measure for measure in context.measures if measure.has_reliable_change), None)


def column(key: str, label: str, *, is_number: bool = True) -> Column:
    """A column of a table."""
    return Column(key, label, is_number)


def text_cell(text: str, small: str = "") -> Cell:
    """A cell of words."""
    return Cell(text=text, value=text, small=small)


def subject_cell(context: Context, subject: Subject, small: str = "") -> Cell:
    """A subject's name, which leads to its page where it has one."""
    link = context.links.get(subject.key, "")
    return Cell(text=subject.name, value=subject.name, small=small, link=link)


def count_cell(row: Record | None, name: str, words: Wording) -> Cell:
    """A count; its reason where it is withheld, nothing where there is no row."""
    if row is None:
        return Cell(text=words.say("number.nothing"))
    value = row[name]
    if value is None:
        hidden = set((row.get("withheld_figures") or "").split(";"))
        if name.removeprefix("n_") in hidden:
            return Cell(text=words.say("reason.small_count"), reason="small_count")
        return Cell(text=words.say("number.nothing"))
    if isinstance(value, int):
        return Cell(text=words.count(value), value=value)
    places = 0 if float(value).is_integer() else 1
    return Cell(text=words.decimal(value, places), value=float(value))


def share_cell(
    share: Share, minimums: Minimums, words: Wording, *, has_interval: bool = True
) -> Cell:
    """A share with its counts and interval, or the counts and why there is no share.

    Without an interval: who was measured is a fact about these courses, not a sample of others.
    """
    kind = reading(share, minimums)
    if kind == WITHHELD:
        return Cell(text=words.say("reason.small_count"), reason="small_count")
    if kind == NOTHING or not share.n:
        return Cell(text=words.say("number.nothing"))
    counts = words.say("number.x_of_n", x=words.count(share.x or 0), n=words.count(share.n))
    if kind == TOO_FEW or share.rate is None:
        if share.x is None:
            return Cell(text=words.say("number.nothing"))
        return Cell(
            text=counts,
            small=words.say("reason.too_few_pairs_for_rate"),
            reason="too_few_pairs_for_rate",
        )
    small = counts
    if has_interval and share.lower is not None and share.upper is not None:
        small = f"{words.percent_range(share.lower, share.upper, n=share.n)}; {counts}"
    percent = words.percent(share.rate, n=share.n)
    if not has_interval:
        percent = measured_percent(share.rate, words, n=share.n)
    return Cell(text=percent, value=share.rate, small=small)


def bounded_cell(share: Share, minimums: Minimums, words: Wording) -> Cell:
    """The share; where too few were measured, with what it lies between, whoever lacks a score.

    What comes first of the two is what `reading` says.
    """
    cell = share_cell(share, minimums, words)
    kind = reading(share, minimums)
    if kind not in (BOUNDS, CHANCE):
        return cell
    text = words.say("figure.bounds", **bounds_words(share, words))
    if kind == CHANCE:
        beside = words.say("figure.chance_measured", counts=cell.small, bounds=text)
        return Cell(text=cell.text, value=cell.value, small=beside)
    small = words.say("figure.bounds_measured", figure=cell.text, counts=cell.small)
    return Cell(text=text, value=share.worst, small=small)
