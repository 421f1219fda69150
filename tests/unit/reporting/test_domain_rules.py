"""The rules by which a page's domains are judged are cited on it, whoever filled in the form."""

from datetime import date
from typing import Any

import pytest

from pipelines.reporting.figures.figures import CLINIC, Figures, Instrument, OutcomeRule, Record
from pipelines.reporting.sections.domain_rules import domain_rules
from tests.unit.reporting.shown_figures import context

END_ON = date(2026, 10, 31)
AT = {"period_kind": "rolling_12m", "period_end_on": END_ON}
WHERE = ("rolling_12m", END_ON)
RULES = (
    OutcomeRule("r", "1", "family", "total", 18, None, "A paper on parents.", "parent"),
    OutcomeRule("r", "1", "family", "total", 18, None, "A paper on clients.", "client"),
    OutcomeRule("r", "1", "family", "mood", 4, None, "A subscale.", "parent"),
    OutcomeRule("clinic", "2026-05-31", "child", "mood", 4.5, None, "our own", "parent"),
    OutcomeRule("r", "1", "child", "total", None, 15, "A cut-off alone.", "parent"),
    OutcomeRule("r", "1", "family", "total", 12, None, "A paper on partners.", "partner"),
    OutcomeRule("r", "2", "goals", "goal", 3, None, "A rule for goals.", "client"),
)
VERDICT: dict[str, Any] = {
    "instrument_id": "word",
    "respondents": ["client"],
    "points": 2,
    "op": "<=",
    "source": "A trial.",
}


def told(
    domains: list[Record],
    measured: list[tuple[str, str, str]],
    verdict: Record = VERDICT,
    rated: dict[str, int] | None = None,
) -> dict[str, str]:
    """The rules of a clinic with these rows of domains and these pairs."""
    figures = Figures(
        audience="director",
        month=END_ON.replace(day=1),
        policy={},
        subjects=(),
        instruments={
            name: Instrument(name, name, f"The {name}", "1", "symptoms", "outcome", True, 0, 27)
            for name in ("family", "child", "goals", "word")
        },
        rules=RULES,
        deliveries=(),
        quarantine=(),
        warnings=(),
        rebases=(),
        _outcomes={(*CLINIC, *key, *WHERE): {**AT, "n_paired": 3} for key in measured},
        _activity={},
        _completeness={},
        _recovery={},
        _started={},
        _published={
            ("pub_domain_outcomes", *CLINIC, *WHERE): domains,
            ("pub_experience", *CLINIC, *WHERE): [
                {"instrument_id": name, "n_rated": n} for name, n in (rated or {}).items()
            ],
        },
        verdict_rules=(verdict,),
    )
    shown: Any = figures
    return {rule.term: rule.text for rule in domain_rules(context(shown))}


def domain(basis: str, respondent: str = "client", n: int | None = 3) -> dict[str, Any]:
    return {"basis": basis, "respondent": respondent, "n_measured": n}


def test_a_rule_for_parents_is_cited_where_a_domain_goes_by_it() -> None:
    measured = [("family", "total", "parent"), ("family", "mood", "parent"),
                ("family", "total", "partner")]  # fmt: skip
    assert told([domain("published", "parent"), domain("published")], measured) == {
        "The family, filled in by the parent": (
            "Version 1. Reliable change: 18 points or more; counted in “Domains of success”."
            " Source: A paper on parents."
        )
    }


def test_where_there_is_no_total_a_subscale_is_judged() -> None:
    found = told([domain("clinic", "parent")], [("child", "mood", "parent")])
    assert found == {
        "The child, mood, filled in by the parent": (
            "Version 2026-05-31. Reliable change: 4.5 points or more; counted in “Domains of"
            " success”. Source: our own."
        )
    }
    both = [("child", "mood", "parent"), ("child", "total", "parent")]
    assert told([domain("clinic", "parent")], both) == {}


@pytest.mark.parametrize("rows", [[], [domain("published")], [domain("published", "parent", 0)]])
def test_a_rule_that_no_domain_of_the_page_goes_by_is_not_there(rows: list[Record]) -> None:
    assert told(rows, [("family", "total", "parent")]) == {}


def test_goals_and_verdicts_have_theirs() -> None:
    assert told([domain("goal_rule"), domain("verdict_categories")], []) == {
        "The goals": (
            "Version 2. A goal counts as better or worse from 3 points on. Source: A rule for"
            " goals."
        ),
        "The word": "Counts as better at 2 points or less, at the last rating. Source: A trial.",
    }
    found = told([domain("verdict_categories")], [], {**VERDICT, "points": 6, "op": ">="})
    assert found["The word"].startswith("Counts as better from 6 points on, at the last rating.")


@pytest.mark.parametrize(
    ("respondent", "rated", "is_told"),
    [
        ("client", {"word": 3, "other": 1}, True),
        # The page has ratings, and none of this form.
        ("client", {"word": 0, "other": 1}, False),
        # Of a therapist or a group no ratings are listed.
        ("client", {}, True),
        ("parent", {}, False),
    ],
)
def test_a_verdict_that_nobody_gave_here_has_no_rule_here(
    respondent: str, rated: dict[str, int], is_told: bool
) -> None:
    found = told([domain("verdict_categories", respondent)], [], rated=rated)
    assert ("The word" in found) == is_told
