"""Of a measure without a reliable change a page says why there is none, and what can be done."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pipelines.outcome_settings import OutcomeSettings, ReferencePeriod
from pipelines.reporting.figures.figures import KnownChanges, Measure, OutcomeRule
from pipelines.reporting.sections.method_section import method_section
from tests.unit.reporting.made_up_courses import Settings
from tests.unit.reporting.shown_figures import PHQ9, Shown, context

DAY = date(2025, 1, 1)
PERIOD = OutcomeSettings(reference_period=ReferencePeriod(DAY, DAY, DAY))
NO_CHANGE = OutcomeRule("r", "1", "phq-9", "total", None, 10, "A paper.")


def rule_of(
    monkeypatch: pytest.MonkeyPatch, measure: Measure, known: KnownChanges, **settings: Any
) -> str:
    """What the list of rules says of the measure."""
    figures = Shown()
    for name, value in (
        ("known_changes", known),
        ("rules_of_others", lambda _: []),
        ("policy", {"policy_id": "internal"}),
    ):
        monkeypatch.setattr(figures, name, value, raising=False)
    for part in ("change_methods_part", "provenance_table", "_reading", "_privacy"):
        monkeypatch.setattr(f"pipelines.reporting.sections.method_section.{part}", lambda _: ())
    shown = context(figures, measures=(measure,), settings=Settings(**settings))
    (rules,) = [part for part in method_section(shown).parts if part.section_id == "rules"]
    return rules.definitions[0].text


@pytest.mark.parametrize(
    ("known", "settings", "why"),
    [
        (KnownChanges(), {}, "Nor is there a single verified reliability, from"),
        (
            KnownChanges(reliable=frozenset({"phq-9"})),
            {},
            "with a reference period in the clinic's",
        ),
        # Scores of a spread of nought give none either, and a page does not know which it was.
        (
            KnownChanges(reliable=frozenset({"phq-9"})),
            {"outcomes": PERIOD},
            "they are too few, or all the same.",
        ),
        (
            KnownChanges({"phq-9": Decimal("10.0000")}, frozenset({"phq-9"})),
            {"outcomes": PERIOD},
            "A reliable change of 10 points is in the catalogue, not verified against its source",
        ),
    ],
)
def test_why_nobody_is_called_improved(
    monkeypatch: pytest.MonkeyPatch, known: KnownChanges, settings: dict[str, Any], why: str
) -> None:
    without = rule_of(monkeypatch, replace(PHQ9, rule=None), known, **settings)
    assert without.startswith("No verified rule; shown without ‘improved’. ")
    assert why in without
    only_caseness = rule_of(monkeypatch, replace(PHQ9, rule=NO_CHANGE), known, **settings)
    assert why in only_caseness
    assert only_caseness.endswith("Threshold at the start: 10 points or more. Source: A paper.")
