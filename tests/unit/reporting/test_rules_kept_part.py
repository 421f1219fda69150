"""Safety, licences and consents by name: counts, no order of worth, and when to look."""

from typing import Any

import pytest

from pipelines.reporting.look_at import look_at
from pipelines.reporting.rules_kept_part import rules_items, rules_kept_part
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


def licences(subject: str, n: int, wrong: int = 0, unknown: int = 0) -> dict[str, Any]:
    return {
        "subject_id": subject, "n_attended": n, "n_not_licensed": wrong,
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
        (1, 0, 0, ["at 1 of 30 sessions"]),
        (0, 1, 0, ["in 1 of 20 courses"]),
        (0, 0, 1, ["in 1 of 20 courses"]),
        (2, 1, 1, ["at 2 of 30 sessions", "in 2 of 20 courses"]),
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
    of_one = context(figures, subject=("therapist", "Therapist A"))
    assert rules_items(of_one) == []
    assert rules_kept_part(of_one) is None


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
