"""Figures with the few rows that a test of a sentence gives them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from pipelines.reporting.context import Context
from pipelines.reporting.figures.figures import Instrument, Measure, OutcomeRule, Subject
from pipelines.reporting.figures.windows import Window
from pipelines.reporting.model import Sentence, Trend, TrendPoint
from pipelines.reporting.sentences import Minimums
from pipelines.reporting.wording import load_wording
from tests.unit.reporting.made_up_courses import Settings

WORDS = load_wording()
END_ON = date(2026, 10, 31)
MINIMUMS = Minimums(rate=5, comparison=30)


def measure(name: str) -> Measure:
    instrument = Instrument(name.lower(), name, name, "1", "symptoms", "outcome", True, 0, 27)
    rule = OutcomeRule("r", "1", name.lower(), "total", 6, 10, "a source")
    return Measure(instrument, "total", "client", rule)


PHQ9, WSAS = measure("PHQ-9"), measure("WSAS")


@dataclass
class Shown:
    """Figures with the few rows that a test gives them."""

    audience: str = "director"
    month: date = date(2026, 10, 1)
    month_end_on: date = END_ON
    as_of_on: date | None = None
    deliveries: tuple[Mapping[str, Any], ...] = ()
    rebases: tuple[Mapping[str, Any], ...] = ()
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    recovered: dict[str, Any] | None = None
    completed: dict[str, dict[str, Any]] = field(default_factory=dict)
    begun: dict[str, Any] | None = None
    names: dict[str, list[str]] = field(default_factory=dict)

    def published(self, table: str, subject: tuple[str, str], kind: str, end_on: date) -> list[Any]:
        """The rows of a table; one that names no subject is everybody's."""
        asked = {"subject_id": subject[1], "period_kind": kind, "period_end_on": end_on}
        newest = {"period_end_on": END_ON}
        return [
            row
            for row in self.tables.get(table, [])
            if all({**newest, **row}.get(name, value) == value for name, value in asked.items())
        ]

    def recovery(self, *_: object) -> dict[str, Any] | None:
        return self.recovered

    def completeness(self, subject: tuple[str, str], *_: object) -> dict[str, Any] | None:
        return self.completed.get(subject[1])

    def activity(self, *_: object) -> None:
        return None

    def started(self, *_: object) -> dict[str, Any] | None:
        return self.begun

    def outcome(self, *_: object) -> None:
        return None

    def period_ends(self, *_: object) -> list[date]:
        return [END_ON]

    def subjects_at(self, level: str) -> list[Subject]:
        return [Subject(level, name, name, "") for name in self.names.get(level, [])]


def context(figures: Shown, **changes: Any) -> Context:
    values: dict[str, Any] = {
        "figures": figures,
        "words": WORDS,
        "minimums": MINIMUMS,
        "headline": Window("month", END_ON, "October 2026"),
        "period": Window("month", END_ON, "October 2026"),
        "year": Window("rolling_12m", END_ON, "the twelve months to October 2026"),
        "measures": (PHQ9, WSAS),
        "routine": (PHQ9, WSAS),
        "comparisons": {},
        "changes": {},
        "clinic": None,
        "subject": ("clinic", "clinic"),
        "links": {},
        "first_measure": PHQ9,
        "settings": Settings(),
    }
    return cast(Context, SimpleNamespace(**(values | changes)))


def texts(found: list[Sentence] | tuple[Sentence, ...]) -> list[str]:
    return [item.text.replace("\u00a0", " ") for item in found]


def trend(verdict: str, *, n: int = 14, is_trial: bool = False) -> Trend:
    points = tuple(
        TrendPoint(
            f"2025-{month:02}" if month < 13 else f"2026-{month - 12:02}", "", 0.3, 99, 30, ""
        )
        for month in range(1, n + 1)
    )
    return Trend(points, 0.3, 0.21, 0.52, is_trial, verdict, "month", "share")
