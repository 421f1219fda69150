"""Safety, licences and consents by name: counts, no order of worth, and when to look."""

from typing import Any

import pytest

from pipelines.reporting.sections.look_at import look_at
from pipelines.reporting.sections.rules_kept_part import rules_items, rules_kept_part
from tests.unit.reporting.shown_figures import Shown, context, texts

NAMES = {
    "clinic": ["clinic"],
    "programme": ["Programme A", "Programme B"],
    "therapist": ["Therapist A", "Therapist B"],
}


def safety(subject: str, n: int, overdue: int = 0, unknown: int = 0) -> dict[str, Any]:
    return {
        "subject_id": subject, "n_risk_answers": n, "n_actions_overdue": overdue,
        "n_without_action_records": unknown, "n_clients": n,
    }  # fmt: skip


def licences(
    subject: str, n: int, wrong: int = 0, unknown: int = 0, state: str = "WA"
) -> dict[str, Any]:
    return {
        "subject_id": subject, "state": state, "n_attended": n, "n_not_licensed": wrong,
        "n_without_licence_records": unknown,
    }  # fmt: skip


def consents(subject: str, n: int, missing: int = 0, withdrawn: int = 0) -> dict[str, Any]:
    return {
        "subject_id": subject, "n_courses": n, "n_consent_missing": missing,
        "n_consent_withdrawn": withdrawn, "n_without_consent_records": 0,
    }  # fmt: skip


def shown(**tables: list[dict[str, Any]]) -> Shown:
    return Shown(names=NAMES, tables={f"pub_{name}": rows for name, rows in tables.items()})


@pytest.mark.parametrize(
    ("not_licensed", "missing", "withdrawn", "told"),
    [
        (1, 0, 0, ["1 of the 30 times that a client came to a session"]),
        (0, 1, 0, ["in 1 of 20 courses"]),
        (0, 0, 1, ["in 1 of 20 courses"]),
        (2, 1, 1, ["2 of the 30 times that a client came to a session", "in 2 of 20 courses"]),
        (0, 0, 0, []),
    ],
)
def test_one_without_a_licence_or_a_consent_is_looked_at(
    not_licensed: int, missing: int, withdrawn: int, told: list[str]
) -> None:
    figures = shown(
        # One row for each state of the clients.
        licences=[licences("clinic", 10), licences("clinic", 20, not_licensed)],
        consents=[consents("clinic", 20, missing, withdrawn)],
    )
    found = rules_items(context(figures))
    assert len(found) == bool(told)
    assert all(each in texts(found)[0] for each in told)


def test_rules_stand_right_behind_safety_and_on_no_subjects_page() -> None:
    figures = shown(
        safety=[safety("clinic", 9, overdue=1)], consents=[consents("clinic", 20, missing=1)]
    )
    found = [item.rule for item in look_at(context(figures), ())]
    assert found[:2] == ["safety_overdue", "rules_not_kept"]
    for of_one in (("therapist", "Therapist A"), ("programme", "Programme A"), ("group", "G")):
        assert rules_items(context(figures, subject=of_one)) == []
        assert rules_kept_part(context(figures, subject=of_one)) is None


@pytest.mark.parametrize(
    ("audience", "told"),
    [
        (
            "therapist",
            ["you had no licence on record", "if you hold what is missing here, tell the clinic"],
        ),
        ("director", ["there was no licence on record", "ask before you judge"]),
    ],
)
def test_a_therapist_who_is_named_elsewhere_reads_it_on_the_own_page_by_state(
    audience: str, told: list[str]
) -> None:
    figures = shown(
        licences=[
            licences("Therapist A", 30, wrong=3, state="CA"),
            licences("Therapist A", 20, state="OR"),
            licences("Therapist A", 5, wrong=5, state="WA"),
            licences("Therapist B", 9, wrong=9, state="ID"),
        ],
        consents=[consents("Therapist A", 20, missing=1), consents("Programme A", 9, missing=4)],
    )
    figures.audience = audience
    (item,) = rules_items(context(figures, subject=("therapist", "Therapist A")))
    assert item.link == ""
    (text,) = texts([item])
    assert "8 of the 55 times that a client came to a session" in text
    assert "(CA: 3 and WA: 5)" in text
    assert "in 1 of 20 courses" in text
    assert all(each in text for each in told)
    # A programme is nobody in person, and the clinic's page has it by name.
    assert rules_items(context(figures, subject=("programme", "Programme A"))) == []


@pytest.mark.parametrize("n_lost", [0, 3])
def test_turned_away_records_are_said_beside_who_lacks_them(n_lost: int) -> None:
    figures = shown(licences=[licences("clinic", 10, 1)])
    figures.deliveries = ({"table_name": "licences", "n_delivered": 8, "n_quarantined": n_lost},)
    part = rules_kept_part(context(figures))
    assert part is not None
    said = "3 of 8 delivered rows of licences are turned away"
    assert any(said in text for text in part.paragraphs) == bool(n_lost)


def test_everybody_stands_by_name_with_counts_alone() -> None:
    figures = shown(
        safety=[safety("clinic", 9, 3), safety("Programme A", 9, 3), safety("Therapist B", 9, 3)],
        licences=[licences("clinic", 4, unknown=4), licences("Therapist A", 4, unknown=4)],
        consents=[consents("clinic", 8, 1, 1), consents("Programme A", 8, 1, 1)],
    )
    part = rules_kept_part(context(figures))
    assert part is not None
    (table,) = part.tables
    assert not table.is_sortable
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["clinic", "Clinic", "9", "3", "4", "not known", "8", "2"],
        ["Programme A", "Programme", "9", "3", "0", "0", "8", "2"],
        ["Therapist A", "Therapist", "0", "0", "4", "not known", "0", "0"],
        ["Therapist B", "Therapist", "9", "3", "0", "0", "0", "0"],
    ]


@pytest.mark.parametrize(("in_courses", "is_said"), [(8, True), (9, False)])
def test_answers_outside_any_course_are_counted(in_courses: int, is_said: bool) -> None:
    rows = [safety("clinic", 9), safety("Programme A", 3), safety("Programme B", in_courses - 3)]
    part = rules_kept_part(context(shown(safety=rows)))
    assert part is not None
    assert any(
        "1 answer that showed a risk was given outside" in text for text in part.paragraphs
    ) == (is_said)


def test_nothing_to_judge_has_no_part() -> None:
    assert rules_kept_part(context(shown())) is None
