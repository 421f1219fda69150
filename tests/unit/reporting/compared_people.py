"""A made-up month of therapists and groups for the sections that compare them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from pipelines.reporting.context import Context
from pipelines.reporting.figures.figures import Instrument, Measure, OutcomeRule, Subject
from pipelines.reporting.figures.windows import Window
from pipelines.reporting.sentences import Minimums
from pipelines.reporting.wording import load_wording
from tests.unit.reporting.made_up_courses import Settings

WORDS = load_wording()
END_ON = date(2026, 10, 31)
PHQ9 = Measure(
    Instrument("phq9", "PHQ-9", "PHQ-9", "1", "symptoms", "outcome", True, 0, 27),
    "total",
    "client",
    OutcomeRule("r", "1", "phq9", "total", 6, 10, "a source"),
)
MEASURE = {"instrument_id": "phq9", "scale": "total", "respondent": "client"}
Row = dict[str, Any]


@dataclass
class People:
    """Figures with the few rows that a test gives them; `names` are in no order."""

    names: dict[str, list[str]] = field(default_factory=dict)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    n_ended: int = 40

    def published(
        self, table: str, subject: tuple[str, str], _kind: str, _end_on: date
    ) -> list[Row]:
        rows = self.tables.get(table, [])
        return [row for row in rows if row.get("subject", ("clinic", "clinic")) == subject]

    def subjects_at(self, level: str) -> list[Subject]:
        return [
            Subject(level, name, name, "a programme") for name in sorted(self.names.get(level, []))
        ]

    def activity(self, *_: object) -> Mapping[str, Any]:
        return {"n_ended": self.n_ended, "n_open": 3, "n_seats": 10, "n_seats_taken": 8}

    def completeness(self, *_: object) -> None:
        return None

    def outcome(self, _measure: object, subject: tuple[str, str], *_: object) -> Row | None:
        """The unadjusted share: 16 of 40."""
        rates = {"rate": 0.4, "lower": 0.26, "upper": 0.55}
        return {
            **{f"{name}{end}": value
               for name in ("improved_rate", "paired_rate", "deteriorated_rate")
               for end, value in zip(("", "_lower", "_upper"), rates.values(), strict=True)},
            "n_improved": 16, "n_paired": 40, "n_finished": 45, "improved_rate_worst": 0.36,
            "improved_rate_best": 0.47, "withheld_figures": None, "reliability_reason": None,
        }  # fmt: skip


def context(figures: People, **changes: Any) -> Context:
    """A director's report of October 2026."""
    values: dict[str, Any] = {
        "figures": figures,
        "words": WORDS,
        "minimums": Minimums(rate=5, comparison=30),
        "year": Window("rolling_12m", END_ON, "the twelve months to October 2026"),
        "measures": (PHQ9,),
        "routine": (PHQ9,),
        "settings": Settings(),
        "subject": ("clinic", "clinic"),
        "links": {},
    }
    return cast(Context, SimpleNamespace(**(values | changes)))


def compared(name: str, verdict: str = "within", level: str = "therapist", **changes: Any) -> Row:
    """A row of pub_comparison: 40 pairs of 45, 40 % better, 50 % expected."""
    reasons = {"within": "within_limits", "above": "outside_99_8", "below": "outside_99_8"}
    return {
        "subject": (level, name),
        **MEASURE,
        "outcome": "improved",
        "n_pairs": 40,
        "n_finished": 45,
        "is_adjusted": True,
        "paired_rate": 0.9,
        "n_still_needed": 0,
        "verdict": verdict,
        "reason": reasons.get(verdict),
        "explanations": None,
        "expected": 0.5,
        "adjusted": 0.32,
        "adjusted_lower": 0.2,
        "adjusted_upper": 0.45,
        "overall": 0.4,
        "shrunken": 0.36,
        "shrunken_lower": 0.28,
        "shrunken_upper": 0.44,
        "lower_95": 0.25,
        "upper_95": 0.55,
        "lower_998": 0.18,
        "upper_998": 0.63,
        **changes,
    }


def spread(level: str = "therapist", **changes: Any) -> Row:
    """A row of pub_comparison_spread: twelve of fourteen judged."""
    return {
        **MEASURE,
        "outcome": "improved",
        "compared_level": level,
        "n_units": 14,
        "n_compared": 12,
        "icc": 0.028,
        "n_needed": 80,
        "n_above": 0,
        "n_below": 0,
        "n_within": 12,
        "chance_of_a_false_alarm": 0.0237,
        **changes,
    }


def model(outcome: str, **changes: Any) -> Row:
    """A row of pub_case_mix."""
    return {
        **MEASURE,
        "outcome": outcome,
        "n_cases": 1713,
        "is_fitted": True,
        "reason": None,
        "n_parameters": 23,
        "covariates": "first_score, sex, problem",
        "auc": 0.714 if outcome == "improved" else None,
        "r_squared": 0.212 if outcome == "points" else None,
        "calibration_slope": 0.893,
        **changes,
    }
