"""One rule for the measure that a page leads with, the same on every page."""

from datetime import date
from typing import Any

import pytest

from pipelines.reporting.figures.figures import CLINIC, Figures, Instrument, OutcomeRule

END_ON = date(2026, 10, 31)
NAMES = ("phq9", "gad7", "wsas")
ADA = ("therapist", "ada")


def figures(
    paired: dict[str, int], *, subject: tuple[str, str] = ADA, without_rule: str = ""
) -> Figures:
    """Twenty finished courses of one subject, so many of them with a pair of each measure."""
    at = {"period_kind": "rolling_12m", "period_end_on": END_ON}
    where = ("rolling_12m", END_ON)
    points: dict[str, Any] = dict.fromkeys(NAMES, 6.0)
    points[without_rule] = None
    return Figures(
        audience="director",
        month=END_ON.replace(day=1),
        policy={},
        subjects=(),
        instruments={
            name: Instrument(name, name, name, "1", "symptoms", "outcome", True, 0, 27)
            for name in NAMES
        },
        rules=tuple(
            OutcomeRule("r", "1", name, "total", points[name], 10, "a source") for name in NAMES
        ),
        deliveries=(),
        quarantine=(),
        warnings=(),
        rebases=(),
        _outcomes={
            (*subject, name, "total", "client", *where): {**at, "n_finished": 20, "n_paired": n}
            for name, n in paired.items()
        },
        _activity={},
        _completeness={(*subject, *where): {**at, "n_finished": 20}},
        _recovery={},
        _started={},
        clinic_order=NAMES,
    )


@pytest.mark.parametrize(
    ("paired", "expected"),
    [
        # More pairs of another measure change nothing, as long as a fifth have the clinic's first.
        ({"phq9": 4, "gad7": 20, "wsas": 20}, ["phq9", "gad7", "wsas"]),
        ({"phq9": 3, "gad7": 20, "wsas": 20}, ["gad7", "wsas", "phq9"]),
        ({"phq9": 3, "gad7": 3, "wsas": 3}, ["phq9", "gad7", "wsas"]),
        ({"wsas": 20, "gad7": 20}, ["gad7", "wsas"]),
    ],
)
def test_the_clinics_first_routine_measure_leads(
    paired: dict[str, int], expected: list[str]
) -> None:
    found = figures(paired).measures(ADA)
    assert [measure.instrument.instrument_id for measure in found] == expected


def test_a_measure_without_a_rule_for_change_never_leads() -> None:
    found = figures({"phq9": 20, "gad7": 4}, without_rule="phq9").measures(ADA)
    assert [measure.instrument.instrument_id for measure in found] == ["gad7", "phq9"]


@pytest.mark.parametrize(("n_paired", "expected"), [(3, ["gad7", "phq9"]), (4, ["phq9", "gad7"])])
def test_the_clinics_own_page_has_the_same_rule(n_paired: int, expected: list[str]) -> None:
    found = figures({"phq9": n_paired, "gad7": 20}, subject=CLINIC).measures()
    assert [measure.instrument.instrument_id for measure in found] == expected
