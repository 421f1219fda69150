"""Who is screened, by which form, and who is followed up."""

from datetime import date, timedelta

import pytest

from tests.measure_decisions import add_brief_screen, switch_on
from tests.sql.measured_clients import AT_CLINIC, BORN, one_client, result
from tests.sql.text_tables import TextBench


@pytest.fixture
def clinic(measured: TextBench) -> TextBench:
    """Empty but for the made-up catalogue and the measures, judged late."""
    return measured


def test_the_follow_up_of_a_screening_has_the_screenings_initial_population(
    clinic: TextBench,
) -> None:
    switch_on(clinic)
    one_client(clinic, sessions=[date(2025, 5, 1)], scores=[(date(2025, 5, 1), 12)])
    clinic.given(
        stg_clients=f"client_id | birth_date\n c1 | {BORN}\n c2 | {BORN}",
        stg_episodes="episode_id | client_id\n e1 | c1\n e2 | c2",
        stg_sessions="session_id | episode_id | scheduled_on\n"
        " s0 | e1 | 2025-05-01\n s1 | e2 | 2025-05-01",
        stg_attendances="session_id | client_id\n s0 | c1\n s1 | c2",
        stg_diagnoses="code | recorded_on",
    )
    clinic.expect(
        "mart_quality_measures",
        "rate_id | n_initial_population | n_denominator\n follow_up | 2 | 1\n screening | 2 | 2",
        measure_id="dsf_e",
        period_start_on=date(2025, 1, 1),
        **AT_CLINIC,
    )


@pytest.mark.parametrize(
    ("birth_date", "is_in"), [("2013-01-01", True), ("2013-01-02", False), ("", False)]
)
def test_screening_asks_the_age_on_the_first_of_january(
    clinic: TextBench, birth_date: str, is_in: bool
) -> None:
    one_client(clinic, sessions=[date(2025, 5, 1)], scores=[], birth_date=birth_date)
    assert (result(clinic, "cms2", 2025) is not None) is is_in


@pytest.mark.parametrize(
    ("days", "points", "is_met"),
    [(-15, 9, False), (-14, 9, True), (0, 9, True), (1, 9, False), (0, 10, False)],
)
def test_a_negative_screen_up_to_14_days_before_a_session_meets_cms2(
    clinic: TextBench, days: int, points: int, is_met: bool
) -> None:
    day = date(2025, 5, 1)
    one_client(clinic, sessions=[day], scores=[(day + timedelta(days), points)])
    assert result(clinic, "cms2", 2025)["is_met"] is is_met


@pytest.mark.parametrize(
    ("acted_on", "next_session", "is_met"),
    [
        ("2025-05-01", None, True),
        ("2025-05-03", None, True),
        ("2025-05-04", None, False),
        ("2025-04-30", None, False),
        # The next session of a running course is no plan.
        (None, date(2025, 5, 2), False),
        (None, date(2025, 5, 3), False),
    ],
)
def test_a_positive_screen_needs_a_safety_action_within_two_days_of_the_session(
    clinic: TextBench, acted_on: str | None, next_session: date | None, is_met: bool
) -> None:
    day = date(2025, 5, 1)
    sessions = [day] if next_session is None else [day, next_session]
    # The screen precedes the second session by more than 14 days, so that it belongs to the first.
    one_client(clinic, sessions=sessions, scores=[(day - timedelta(13), 10)])
    if acted_on is not None:
        clinic.given(stg_safety_actions=f"response_id | acted_on\n r0 | {acted_on}")
    assert result(clinic, "cms2", 2025)["is_met"] is is_met


def test_the_most_recent_screen_decides_and_the_full_form_of_two_at_once(
    clinic: TextBench,
) -> None:
    add_brief_screen(clinic)
    day = date(2025, 5, 1)
    one_client(clinic, sessions=[day], scores=[])
    clinic.given(
        stg_responses="""
            response_id | episode_id | instrument_id | administered_on | total_score
            r1          | e1         | phq9          | 2025-04-25      | 20
            r2          | e1         | phq9          | 2025-05-01      | 4
            r3          | e1         | phq2          | 2025-05-01      | 5
        """
    )
    assert result(clinic, "cms2", 2025)["is_met"] is True


@pytest.mark.parametrize(("points", "is_met"), [(2, True), (3, False)])
def test_a_brief_screen_is_positive_from_three(
    clinic: TextBench, points: int, is_met: bool
) -> None:
    add_brief_screen(clinic)
    day = date(2025, 5, 1)
    one_client(clinic, sessions=[day], scores=[(day, points)], instrument="phq2")
    assert result(clinic, "cms2", 2025)["is_met"] is is_met


@pytest.mark.parametrize(
    ("recorded_on", "reason"), [("2025-05-07", "bipolar"), ("2025-05-08", None)]
)
def test_bipolar_excludes_from_cms2_when_recorded_before_a_session_of_the_year(
    clinic: TextBench, recorded_on: str, reason: str | None
) -> None:
    one_client(
        clinic,
        sessions=[date(2025, 5, 1), date(2025, 5, 8)],
        scores=[],
        diagnoses=f"F31.2 | {recorded_on}",
    )
    assert result(clinic, "cms2", 2025)["exclusion_reason"] == reason


@pytest.mark.parametrize(
    ("day", "is_met"),
    [
        (date(2024, 12, 31), False),
        (date(2025, 1, 1), True),
        (date(2025, 12, 1), True),
        (date(2025, 12, 2), False),
    ],
)
def test_dsf_screens_from_1_january_to_1_december(
    clinic: TextBench, day: date, is_met: bool
) -> None:
    switch_on(clinic)
    one_client(
        clinic, sessions=[date(2025, 5, 1)], scores=[(day, 4)], diagnoses="F41.1 | 2025-01-01"
    )
    assert result(clinic, "dsf_e", 2025, "screening")["is_met"] is is_met
    assert result(clinic, "dsf_e", 2025, "follow_up") is None


@pytest.mark.parametrize(("days", "is_met"), [(0, False), (1, True), (30, True), (31, False)])
def test_dsf_follows_a_positive_screen_up_within_thirty_days(
    clinic: TextBench, days: int, is_met: bool
) -> None:
    switch_on(clinic)
    day = date(2025, 5, 1)
    sessions = [date(2025, 4, 1), day + timedelta(days)]
    one_client(clinic, sessions=sessions, scores=[(day, 10)], diagnoses="F41.1 | 2025-01-01")
    found = result(clinic, "dsf_e", 2025, "follow_up")
    assert (found["is_met"], found["due_on"]) == (is_met, date(2025, 5, 31))


@pytest.mark.parametrize(
    ("full_points", "full_day", "is_met"),
    [(9, "2025-05-01", True), (10, "2025-05-01", False), (9, "2025-05-02", False)],
)
def test_a_negative_full_screen_on_the_same_day_follows_a_positive_brief_one(
    clinic: TextBench, full_points: int, full_day: str, is_met: bool
) -> None:
    switch_on(clinic)
    add_brief_screen(clinic)
    one_client(clinic, sessions=[date(2025, 4, 1)], scores=[], diagnoses="F41.1 | 2025-01-01")
    clinic.given(
        stg_responses=f"""
            response_id | episode_id | instrument_id | administered_on | total_score
            r1          | e1         | phq2          | 2025-05-01      | 3
            r2          | e1         | phq9          | {full_day}      | {full_points}
        """
    )
    assert result(clinic, "dsf_e", 2025, "follow_up")["is_met"] is is_met


@pytest.mark.parametrize(
    ("recorded_on", "reason"), [("2024-12-31", "depression"), ("2025-01-01", None)]
)
def test_dsf_leaves_out_whose_depression_is_older_than_the_year(
    clinic: TextBench, recorded_on: str, reason: str | None
) -> None:
    switch_on(clinic)
    one_client(
        clinic,
        sessions=[date(2025, 5, 1)],
        scores=[],
        diagnoses=f"F32.1 | {recorded_on}",
    )
    assert result(clinic, "dsf_e", 2025, "screening")["exclusion_reason"] == reason
