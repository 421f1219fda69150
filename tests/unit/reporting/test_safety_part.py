"""Safety follow-up: each count as it is, a share from the minimum on, and when to look."""

from typing import Any

import pytest

from pipelines.governance_settings import GovernanceSettings
from pipelines.reporting.model import Section
from pipelines.reporting.sections.look_at import look_at
from pipelines.reporting.sections.safety_part import overdue_items, safety_part
from tests.unit.reporting.made_up_courses import Settings
from tests.unit.reporting.mart_tables import wilson
from tests.unit.reporting.shown_figures import MINIMUMS, Shown, context, texts

THERAPIST = ("therapist", "T-EXAMPLE-1")


def answers(kind: str = "rolling_12m", *, unknown: int = 0, **counts: int) -> dict[str, Any]:
    """A row of pub_safety; of fewer due than the minimum it has no rate."""
    found = {name: counts.get(name, 0) for name in ("in_time", "late", "overdue", "open")}
    due = found["in_time"] + found["late"] + found["overdue"]
    rates = wilson(found["in_time"], due) if due >= MINIMUMS.rate else (None, None, None)
    return {
        "period_kind": kind,
        "n_clients": 3,
        "n_risk_answers": due + found["open"] + unknown,
        "n_actions_due": due,
        "n_acted_in_time": found["in_time"],
        "n_acted_late": found["late"],
        "n_actions_overdue": found["overdue"],
        "n_actions_open": found["open"],
        "n_without_action_records": unknown,
        "acted_in_time_rate": rates[0],
        "acted_in_time_rate_lower": rates[1],
        "acted_in_time_rate_upper": rates[2],
        "withheld_figures": None,
    }


def part_of(*rows: dict[str, Any], **changes: Any) -> Section:
    part = safety_part(context(Shown(tables={"pub_safety": list(rows)}), **changes))
    assert part is not None
    return part


def test_nothing_is_said_where_no_answer_showed_a_risk_or_of_a_subject() -> None:
    assert safety_part(context(Shown())) is None
    figures = Shown(tables={"pub_safety": [answers(overdue=9)]})
    assert safety_part(context(figures, subject=THERAPIST)) is None


@pytest.mark.parametrize(("audience", "whose"), [
    ("director", "answers of these clients"), ("therapist", "answers of your clients"),
])  # fmt: skip
@pytest.mark.parametrize(("overdue", "is_said"), [(1, True), (0, False)])
def test_a_therapists_page_tells_first_of_answers_without_an_action(
    audience: str, whose: str, overdue: int, is_said: bool
) -> None:
    row = answers(in_time=8, overdue=overdue)
    figures = Shown(audience=audience, tables={"pub_safety": [row]})
    found = look_at(context(figures, subject=THERAPIST), ())
    assert (found[0].rule == "safety_overdue") == is_said
    if is_said:
        assert f"Safety: no action is recorded for 1 of 9 {whose}" in texts(found)[0]


def test_that_nothing_was_delivered_is_told_of_the_clinic_alone() -> None:
    figures = Shown(tables={"pub_safety": [answers(unknown=9)]})
    assert overdue_items(context(figures, subject=THERAPIST)) == []
    assert len(overdue_items(context(figures))) == 1


def test_each_count_is_told_beside_the_days_allowed() -> None:
    settings = Settings(governance=GovernanceSettings(safety_action_days=4))
    row = answers(in_time=40, late=5, overdue=3, open=2)
    part = part_of(row, answers("month", in_time=2), settings=settings)
    lead, counts = (text.replace("\u00a0", " ") for text in part.paragraphs)
    assert lead.startswith("50 answers")
    assert "allows 4 days" in lead
    assert "In time: 40; late: 5; overdue, with no action recorded: 3; open, with days left: 2" in (
        counts
    )
    share = part.tables[0].rows[-1].cells
    assert share[1].text == "2 of 2"
    assert share[1].reason == "too_few_pairs_for_rate"
    assert share[2].value == pytest.approx(40 / 48)


@pytest.mark.parametrize(("due", "is_few"), [(MINIMUMS.rate - 1, True), (MINIMUMS.rate, False)])
def test_few_are_called_few(due: int, is_few: bool) -> None:
    part = part_of(answers(in_time=due, open=20))
    assert any("no share is given" in text for text in part.paragraphs) == is_few
    assert (part.tables[0].rows[-1].cells[2].reason == "too_few_pairs_for_rate") == is_few


def test_actions_that_were_never_delivered_are_not_called_overdue() -> None:
    part = part_of(answers(unknown=12))
    assert "ever delivered" in part.paragraphs[1]
    assert not any("overdue" in text for text in part.paragraphs)


@pytest.mark.parametrize(("n", "told"), [(12, "12 answers showed"), (1, "1 answer showed")])
def test_actions_that_were_never_delivered_are_looked_at_first(n: int, told: str) -> None:
    found = look_at(context(Shown(tables={"pub_safety": [answers(unknown=n)]})), ())
    assert found[0].rule == "safety_not_delivered"
    assert f"Safety: {told} a risk in the twelve months to October 2026" in texts(found)[0]


def test_a_year_has_one_column() -> None:
    row = answers(in_time=6)
    year = context(Shown()).year
    period = type(year)("year", year.end_on, "2026")
    part = part_of(row, answers("year", in_time=6), period=period)
    assert [column.key for column in part.tables[0].columns] == ["what", "now"]


@pytest.mark.parametrize(("overdue", "is_said"), [(1, True), (0, False)])
def test_one_overdue_is_looked_at_before_all_else(overdue: int, is_said: bool) -> None:
    figures = Shown(tables={"pub_safety": [answers(in_time=30, late=9, open=9, overdue=overdue)]})
    found = look_at(context(figures), ())
    assert (found[0].rule == "safety_overdue") == is_said
    if is_said:
        assert found[0].link == "safety"
        assert "1 of 49 answers that showed a risk" in texts(found)[0]
        assert "though 2 days have passed" in texts(found)[0]
