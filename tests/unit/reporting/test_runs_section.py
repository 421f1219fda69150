"""The whole run of a therapy group: what its own page and a leader's page say of it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from pipelines.reporting.model import Section
from pipelines.reporting.sections.runs_section import runs_section
from tests.unit.reporting.shown_figures import PHQ9, WSAS, Shown, context

RUN = {
    "subject_id": "g1", "period_kind": "run", "period_start_on": date(2025, 3, 24),
    "period_end_on": date(2026, 10, 31), "run_ended_on": None, "n_clients": 9,
    "n_clients_stayed": 4, "n_clients_completed": 3, "n_clients_left": 2,
    "n_held": 12, "n_expected": 40, "n_came": 30, "attendance_rate": 0.75, "size_mean": 3.25,
}  # fmt: skip
MEASURE = {
    "subject_id": "g1", "period_kind": "run", "instrument_id": "phq-9", "scale": "total",
    "respondent": "client", "n_finished": 8, "n_paired": 6, "n_improved": 3,
    "improved_rate": 0.5, "improved_rate_lower": 0.19, "improved_rate_upper": 0.81,
    "n_deteriorated": 1, "first_mean_points": 14.0, "last_mean_points": 9.5,
    "n_sessions_rated": 0, "n_ratings": 0, "mean_points": None,
    "n_with_baseline": 0, "n_below_baseline": 0,
}  # fmt: skip
RATED = {
    **MEASURE, "instrument_id": "gsrs", "n_finished": 0, "n_paired": 0, "n_improved": None,
    "n_sessions_rated": 5, "n_ratings": 11, "mean_points": 33.1, "n_with_baseline": 4,
    "n_below_baseline": 1,
}  # fmt: skip


@dataclass
class Running(Shown):
    """Groups that ran in the twelve months, but for those named here."""

    over: tuple[str, ...] = ()
    instruments: dict[str, Any] = field(
        default_factory=lambda: {
            one.instrument.instrument_id: one.instrument for one in (PHQ9, WSAS)
        }
    )

    def activity(self, subject: tuple[str, str], *_: object) -> Any:
        return None if subject[1] in self.over else {}


def section(
    runs: list[dict[str, Any]],
    measures: list[dict[str, Any]] | None = None,
    level: str = "group",
    over: tuple[str, ...] = (),
) -> Section | None:
    figures = Running(
        tables={"pub_group_runs": runs, "pub_group_run_measures": measures or []},
        names={"group": sorted({run["subject_id"] for run in runs} or {"g1"})},
        over=over,
    )
    return runs_section(context(figures, subject=(level, "g1")))


def made(*arguments: Any, **options: Any) -> Section:
    found = section(*arguments, **options)
    assert found is not None
    return found


def told(found: Section) -> str:
    return " ".join(found.paragraphs).replace("\u00a0", " ")


def test_a_group_reads_who_joined_stayed_and_left_and_what_was_held() -> None:
    text = told(made([RUN], [MEASURE]))
    assert (
        "From 24 March 2025 to the end of October 2026, 9 people were members: "
        "4 have stayed, 3 have left with their treatment completed, "
        "and 2 have left without."
    ) in text
    assert "12 sessions were held." in text
    assert "30 of 40 places where they were expected (75 %)" in text
    assert "On average 3.3 people were present." in text
    assert "move together" in text


def test_a_group_that_is_over_is_told_to_its_last_session() -> None:
    text = told(made([{**RUN, "run_ended_on": date(2026, 4, 6)}], [MEASURE]))
    assert "to its last day, 6 April 2026" in text
    assert (
        "4 stayed to the last session held, 3 left earlier with their treatment completed, "
        "and 2 left earlier without."
    ) in text


def test_too_few_places_have_counts_alone() -> None:
    few = {**RUN, "n_expected": 4, "n_came": 3, "attendance_rate": None, "size_mean": None}
    text = told(made([few]))
    assert "3 of 4 places where they were expected." in text
    assert "%" not in text
    assert "On average" not in text


def test_a_group_that_never_met_says_so() -> None:
    assert "No session was held." in told(made([{**RUN, "n_held": 0, "n_expected": 0}]))


def test_the_change_over_the_run_has_its_n_and_its_range() -> None:
    [table] = made([RUN], [MEASURE]).tables
    [row] = table.rows
    assert [cell.text.replace("\u00a0", " ") for cell in row.cells] == [
        "PHQ-9", "6 of 8", "50 %", "1", "14.0", "9.5",
    ]  # fmt: skip
    assert row.cells[2].small.replace("\u00a0", " ") == "19–81 %; 3 of 6"


def test_too_few_courses_have_counts_and_no_mean() -> None:
    names = ("improved_rate", "improved_rate_lower", "improved_rate_upper")
    means = ("first_mean_points", "last_mean_points")
    few = {**MEASURE, "n_paired": 4, "n_improved": 2, **dict.fromkeys((*names, *means))}
    [table] = made([RUN], [few]).tables
    assert table.rows[0].cells[2].text == "2 of 4"
    assert [cell.reason for cell in table.rows[0].cells[2:]] == [
        "too_few_pairs_for_rate", "", "too_few_pairs_for_rate", "too_few_pairs_for_rate",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "changed", [{"n_paired": 0}, {"scale": "a subscale"}, {"respondent": "parent"}]
)
def test_what_is_no_pair_of_a_client_is_left_out(changed: dict[str, Any]) -> None:
    found = made([RUN], [{**MEASURE, **changed}])
    assert found.tables == ()
    assert "none is measured at start and end" in told(found)


def test_cohesion_stands_on_the_page_of_the_group_alone() -> None:
    _, cohesion = made([RUN], [MEASURE, RATED]).tables
    assert [cell.text for cell in cohesion.rows[0].cells[1:]] == ["5", "11", "33.1", "1 of 4"]
    led = made([RUN], [MEASURE, RATED], level="therapist")
    assert [table.table_id for table in led.tables] == ["runs-table", "runs-measures"]


def test_who_leads_groups_reads_a_line_for_each_that_ran_in_the_twelve_months() -> None:
    other = {**RUN, "subject_id": "g2", "run_ended_on": date(2026, 4, 6)}
    old = {**RUN, "subject_id": "g3", "run_ended_on": date(2024, 4, 6)}
    runs, _ = made([RUN, other, old], [MEASURE], level="therapist", over=("g3",)).tables
    assert [row.cells[0].text for row in runs.rows] == ["g1", "g2"]
    assert [row.cells[1].small for row in runs.rows] == ["still running", "to 6 April 2026"]


def measured(group: str, instrument: str, n: int) -> dict[str, Any]:
    return {**MEASURE, "subject_id": group, "instrument_id": instrument, "n_paired": n}


def test_groups_stand_beside_each_other_on_the_measure_of_the_page() -> None:
    """Whichever of them each has most courses of: shares of two measures are not to be compared."""
    runs = [{**RUN, "subject_id": name} for name in ("g1", "g2", "g3")]
    measures = [
        *(measured("g1", "phq-9", 6), measured("g1", "wsas", 7)),
        *(measured("g2", "phq-9", 5), measured("g3", "wsas", 8)),
    ]
    _, by_measure = made(runs, measures, level="therapist").tables
    assert by_measure.caption == "Courses that ended in the run, on PHQ-9"
    assert [row.cells[0].text for row in by_measure.rows] == ["g1", "g2", "g3"]
    assert [row.cells[1].text for row in by_measure.rows] == ["6 of 8", "5 of 8", "–"]


def test_no_table_is_shown_where_no_group_has_the_measure_of_the_page() -> None:
    found = made([RUN], [measured("g1", "wsas", 8)], level="therapist")
    assert [table.table_id for table in found.tables] == ["runs-table"]
    assert found.paragraphs == ()


def test_a_groups_own_measures_have_the_order_of_its_page() -> None:
    [table] = made([RUN], [measured("g1", "wsas", 7), measured("g1", "phq-9", 6)]).tables
    assert [row.cells[0].text for row in table.rows] == ["PHQ-9", "WSAS"]


def test_a_page_without_a_run_has_no_section() -> None:
    assert section([]) is None
