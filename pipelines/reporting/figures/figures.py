"""The figures of one month for one audience, as pages find them.

`figures_reading.py` reads them; what draws a page needs no database.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

Record = Mapping[str, Any]

MONTH = "month"
QUARTER = "quarter"
YEAR = "year"
ROLLING = "rolling_12m"
# From a therapy group's first day on.
RUN = "run"
CLINIC = ("clinic", "clinic")
HISTORY_MONTHS = 24
# Who fills in the forms of a page's own sections; what others say has none.
OWN_WORD = "client"


def month_end(day: date) -> date:
    """The last day of the month that a day is in."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def month_before(day: date, months: int = 1) -> date:
    """The first day of the month so many months before a day's month."""
    ordinal = day.year * 12 + day.month - 1 - months
    return date(ordinal // 12, ordinal % 12 + 1, 1)


@dataclass(frozen=True)
class Instrument:
    """A questionnaire: how it is called, and which way it runs.

    `name` is what sentences call it, `full_name` what its authors do.
    """

    instrument_id: str
    name: str
    full_name: str
    version: str
    domain: str
    purpose: str
    is_higher_worse: bool
    minimum_points: float | None
    maximum_points: float | None


@dataclass(frozen=True)
class OutcomeRule:
    """When a change counts on one scale; a threshold that nobody verified is None."""

    rule_id: str
    rule_version: str
    instrument_id: str
    scale: str
    reliable_change_points: float | None
    caseness_points: float | None
    source: str
    respondent: str = OWN_WORD


@dataclass(frozen=True)
class KnownChanges:
    """What the catalogue knows of a change that is reliable, of a client's total, beside its rules.

    `unverified` are points by instrument, `reliable` the instruments with a verified reliability.
    """

    unverified: Mapping[str, Decimal] = field(default_factory=dict)
    reliable: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Measure:
    """One series of scores that a report has a section for."""

    instrument: Instrument
    scale: str
    respondent: str
    rule: OutcomeRule | None

    @property
    def key(self) -> tuple[str, str, str]:
        """What its rows are found by."""
        return (self.instrument.instrument_id, self.scale, self.respondent)

    @property
    def has_reliable_change(self) -> bool:
        """Whether anybody published what counts as a change."""
        return self.rule is not None and self.rule.reliable_change_points is not None


@dataclass(frozen=True)
class Subject:
    """Somebody or something that has figures of its own.

    `led_by` are a group's therapists by name, `led_by_ids` by id; `programme_id` is a group's.
    """

    level: str
    subject_id: str
    name: str
    detail: str
    led_by: tuple[str, ...] = ()
    led_by_ids: tuple[str, ...] = ()
    programme_id: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What its rows are found by."""
        return (self.level, self.subject_id)


RECOVERY_DETAIL = "pub_recovery_detail"

# The fields whose keys name a subject, and where in the key it stands.
_BY_SUBJECT = {
    **dict.fromkeys(
        ("_outcomes", "_activity", "_completeness", "_recovery", "_started"), slice(0, 2)
    ),
    "_published": slice(1, 3),
}


@dataclass(frozen=True)
class Figures:
    """One month for one audience; rows are found by subject, period kind and last day.

    `clinic_order`: the questionnaires in the order in which the clinic uses them, on every page.
    """

    audience: str
    month: date
    policy: Record
    subjects: tuple[Subject, ...]
    instruments: Mapping[str, Instrument]
    rules: tuple[OutcomeRule, ...]
    deliveries: tuple[Record, ...]
    quarantine: tuple[Record, ...]
    warnings: tuple[Record, ...]
    rebases: tuple[Record, ...]
    _outcomes: Mapping[tuple[Any, ...], Record] = field(repr=False)
    _activity: Mapping[tuple[Any, ...], Record] = field(repr=False)
    _completeness: Mapping[tuple[Any, ...], Record] = field(repr=False)
    _recovery: Mapping[tuple[Any, ...], Record] = field(repr=False)
    _started: Mapping[tuple[Any, ...], Record] = field(repr=False)
    _published: Mapping[tuple[Any, ...], Sequence[Record]] = field(repr=False, default_factory=dict)
    clinic_order: tuple[str, ...] = ()
    verdict_rules: tuple[Record, ...] = ()
    known_changes: KnownChanges = field(default_factory=KnownChanges)

    @property
    def month_end_on(self) -> date:
        """The last day of the month."""
        return month_end(self.month)

    def outcome(
        self, measure: Measure, subject: tuple[str, str], kind: str, end_on: date
    ) -> Record | None:
        """The outcome row of a subject on a measure, None where there is nothing in it."""
        return self._outcomes.get((*subject, *measure.key, kind, end_on))

    def activity(self, subject: tuple[str, str], kind: str, end_on: date) -> Record | None:
        """The activity row of a subject, None where there is nothing in it."""
        return self._activity.get((*subject, kind, end_on))

    def completeness(self, subject: tuple[str, str], kind: str, end_on: date) -> Record | None:
        """The completeness row of a subject, None where there is nothing in it."""
        return self._completeness.get((*subject, kind, end_on))

    def recovery(self, subject: tuple[str, str], kind: str, end_on: date) -> Record | None:
        """The recovery row of a subject, None where there is nothing in it."""
        return self._recovery.get((*subject, kind, end_on))

    def started(self, subject: tuple[str, str], kind: str, end_on: date) -> Record | None:
        """Where the courses that started are now, None where none did."""
        return self._started.get((*subject, kind, end_on))

    def published(
        self, table: str, subject: tuple[str, str], kind: str, end_on: date
    ) -> list[Record]:
        """A subject's rows of one of SECTION_TABLES in a period, in the order of all columns.

        The clinic has its whole history, everybody else the periods that end with the month.
        """
        return list(self._published.get((table, *subject, kind, end_on), ()))

    def without_recovery(self) -> "Figures":
        """The same without any figure by the NHS rule."""
        kept = {key: rows for key, rows in self._published.items() if key[0] != RECOVERY_DETAIL}
        return replace(self, _recovery={}, _published=kept)

    def about(self, subjects: Sequence[Subject]) -> "Figures":
        """The same without the rows of anybody but these subjects, and without the deliveries."""
        kept: dict[str, dict[Any, Any]] = {name: {} for name in _BY_SUBJECT}
        for subject in subjects:
            for name, rows in self._divided.get(subject.key, {}).items():
                kept[name] |= rows
        return replace(
            self, subjects=tuple(subjects), deliveries=(), quarantine=(), warnings=(), **kept
        )

    @cached_property
    def _divided(self) -> Mapping[tuple[str, str], Mapping[str, dict[Any, Any]]]:
        """Subject → field → its rows: one pass for all pages, and none for each."""
        found: dict[tuple[str, str], dict[str, dict[Any, Any]]] = {}
        for name, place in _BY_SUBJECT.items():
            for key, rows in getattr(self, name).items():
                subject = found.setdefault(key[place], {each: {} for each in _BY_SUBJECT})
                subject[name][key] = rows
        return found

    def subjects_at(self, level: str) -> list[Subject]:
        """The subjects of a level in the order of their names, which ranks nobody."""
        return sorted(
            (subject for subject in self.subjects if subject.level == level),
            key=lambda subject: (subject.name.casefold(), subject.subject_id),
        )

    def measures(self, subject: tuple[str, str] = CLINIC) -> list[Measure]:
        """A subject's measures of outcome with a pair in the twelve months, in a fixed order.

        First those with a reliable change in force; of these the routine ones of anybody but the
        clinic; then in the clinic's own order, so that a therapist, a group and a programme are
        told by the measure that they are compared on. What the clinic's order lacks goes by the
        courses that it was meant for and the pairs that there are. Only what clients said about
        themselves, as a whole; subscales and other respondents have rows in the marts and no
        section of their own yet.
        """
        place = {name: number for number, name in enumerate(self.clinic_order)}
        rules = {
            (rule.instrument_id, rule.scale): rule
            for rule in self.rules
            if rule.respondent == OWN_WORD
        }
        in_use: set[str] = set()
        meant_for: Counter[str] = Counter()
        paired: Counter[str] = Counter()
        for instrument_id, scale, respondent, row in self._measured_rows.get(subject, ()):
            instrument = self.instruments.get(instrument_id)
            if (scale, respondent) != ("total", "client") or instrument is None:
                continue
            if instrument.purpose != "outcome":
                continue
            meant_for[instrument_id] += row["n_finished"] or 0
            paired[instrument_id] += row["n_paired"] or 0
            # A withheld number of pairs is not known to be none.
            if _is_at(row, ROLLING, self.month_end_on) and row["n_paired"] != 0:
                in_use.add(instrument_id)
        ordered = sorted(
            in_use,
            key=lambda name: (
                (name, "total") not in rules or rules[name, "total"].reliable_change_points is None,
                not self.is_routine((name, "total", "client"), subject),
                place.get(name, len(place)),
                -meant_for[name],
                -paired[name],
                name,
            ),
        )
        return [
            Measure(self.instruments[name], "total", "client", rules.get((name, "total")))
            for name in ordered
        ]

    def rules_of_others(self, subject: tuple[str, str] = CLINIC) -> list[OutcomeRule]:
        """The rules of change for what others said of a subject's clients in the twelve months.

        Of an instrument with a total the total alone is judged, as in the domains of success.
        """
        rules = {
            (rule.instrument_id, rule.scale, rule.respondent): rule
            for rule in self.rules
            if rule.respondent != OWN_WORD and rule.reliable_change_points is not None
        }
        in_use = {
            (instrument_id, scale, respondent)
            for instrument_id, scale, respondent, row in self._measured_rows.get(subject, ())
            if _is_at(row, ROLLING, self.month_end_on) and row["n_paired"] != 0
        }
        return [
            rules[key]
            for key in sorted(in_use & set(rules))
            if key[1] == "total" or (key[0], "total", key[2]) not in in_use
        ]

    @property
    def goal_rules(self) -> list[OutcomeRule]:
        """By how much a goal must move to count: rules of what is no scale of a form."""
        return [
            rule
            for rule in self.rules
            if (rule.scale, rule.respondent) == ("goal", OWN_WORD)
            and rule.reliable_change_points is not None
        ]

    def is_routine(self, measure: tuple[str, str, str], subject: tuple[str, str] = CLINIC) -> bool:
        """Whether a fifth of a subject's finished courses of the twelve months have a pair of it.

        `measure`: instrument, scale and respondent.
        """
        whole = self._completeness.get((*subject, ROLLING, self.month_end_on))
        row = self._outcomes.get((*subject, *measure, ROLLING, self.month_end_on))
        finished = None if whole is None else whole["n_finished"]
        return bool(row is not None and finished and 5 * (row["n_paired"] or 0) >= finished)

    @cached_property
    def _measured_rows(self) -> Mapping[tuple[str, str], Sequence[tuple[Any, ...]]]:
        """Subject → instrument, scale and respondent of each of its outcome rows, and the row."""
        found: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
        for (level, subject_id, *measure, _, _), row in self._outcomes.items():
            found[level, subject_id].append((*measure, row))
        return dict(found)

    def instruments_without_pairs(self, subject: tuple[str, str] = CLINIC) -> list[Instrument]:
        """Measures of outcome that courses of the twelve months should have, and have not."""
        return sorted(
            (
                self.instruments[instrument_id]
                for instrument_id, scale, respondent, row in self._measured_rows.get(subject, ())
                if (scale, respondent) == ("total", "client")
                and _is_at(row, ROLLING, self.month_end_on)
                and row["n_paired"] == 0
                and instrument_id in self.instruments
                and self.instruments[instrument_id].purpose == "outcome"
            ),
            key=lambda instrument: (instrument.name.casefold(), instrument.instrument_id),
        )

    def period_ends(self, kind: str, count: int) -> list[date]:
        """The last days of the newest months or quarters up to this month, oldest first."""
        start, step = self.month, 1
        if kind == QUARTER:
            step = 3
            while start.month % 3:
                start = month_before(start)
        ends = [month_end(month_before(start, step * back)) for back in range(count)]
        first = self.first_month
        kept = [end for end in ends if first is not None and end >= month_end(first)]
        if kind == QUARTER and first is not None:
            # A quarter of which only the end lies in the history is no quarter.
            kept = [end for end in kept if month_before(end, 2) >= first]
        return kept[::-1]

    @cached_property
    def first_month(self) -> date | None:
        """The first month with any figure for this audience."""
        days = [
            row["period_start_on"]
            for rows in (self._activity, self._outcomes, self._completeness)
            for row in rows.values()
            if row["period_kind"] in (MONTH, QUARTER)
        ]
        return min(days, default=None)

    @property
    def as_of_on(self) -> date | None:
        """The day of the newest delivery, as far as this audience may know it."""
        return max((row["delivered_on"] for row in self.deliveries), default=None)


def _is_at(row: Record, kind: str, end_on: date) -> bool:
    return row["period_kind"] == kind and row["period_end_on"] == end_on
