"""Who is in the population of the remission measures, and what is met."""

from datetime import date, timedelta

import pytest

from tests.measure_decisions import switch_on
from tests.sql.measured_clients import AT_CLINIC, BORN, COUNTS, INDEX, one_client, result
from tests.sql.text_tables import TextBench


@pytest.fixture
def clinic(measured: TextBench) -> TextBench:
    """Empty but for the made-up catalogue and the measures, judged late."""
    return measured


@pytest.mark.parametrize(("points", "is_in"), [(9, False), (10, True)])
def test_the_index_is_above_nine(clinic: TextBench, points: int, is_in: bool) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, points)])
    assert (result(clinic, "cms159", 2026) is not None) is is_in


@pytest.mark.parametrize(
    ("days", "is_in"), [(-8, False), (-7, True), (0, True), (1, False)]
)  # fmt: skip
def test_the_score_is_taken_up_to_seven_days_before_a_session(
    clinic: TextBench, days: int, is_in: bool
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX + timedelta(days), 12)])
    assert (result(clinic, "cms159", 2026) is not None) is is_in


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2024, 10, 31), 2025),
        (date(2024, 11, 1), 2026),
        (date(2025, 10, 31), 2026),
        (date(2025, 11, 1), 2027),
    ],
)
def test_the_identification_period_is_fourteen_to_two_months_before_the_year(
    clinic: TextBench, day: date, year: int
) -> None:
    one_client(clinic, sessions=[day], scores=[(day, 12)], diagnoses="F33.2 | 2023-01-01")
    found = {
        row["period_start_on"].year
        for row in clinic.rows("int_measure_results")
        if row["measure_id"] == "cms159"
    }
    assert found == {year}


@pytest.mark.parametrize(
    ("diagnoses", "is_in"),
    [
        ("F32.1 | 2025-01-10", True),
        ("F32.1 | 2025-01-11", False),
        ("F341 | 2025-01-10", True),
        ("f33 | 2025-01-10", True),
        ("F32.81 | 2025-01-10", False),
        ("F41.1 | 2025-01-10", False),
    ],
)
def test_the_session_lies_in_the_time_of_a_depression_diagnosis(
    clinic: TextBench, diagnoses: str, is_in: bool
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)], diagnoses=diagnoses)
    assert (result(clinic, "cms159", 2026) is not None) is is_in


@pytest.mark.parametrize(("days", "is_in"), [(0, True), (1, False)])
def test_a_diagnosis_holds_to_the_end_of_its_course(
    clinic: TextBench, days: int, is_in: bool
) -> None:
    # The score belongs to a later course without a diagnosis of its own.
    day = date(2025, 3, 1) + timedelta(days)
    clinic.given(
        stg_clients=f"client_id | birth_date\n c1 | {BORN}",
        stg_episodes="""
            episode_id | referred_on | ended_on   | end_reason
            e1         | 2024-12-01  | 2025-03-01 | completed
            e2         | 2025-02-01  |            |
        """,
        stg_diagnoses="code | recorded_on\n F32.1 | 2025-01-01",
        stg_sessions=f"session_id | episode_id | scheduled_on\n s1 | e2 | {day}",
        stg_attendances="session_id\n s1",
        stg_responses=f"response_id | episode_id | administered_on | total_score\n"
        f" r1 | e2 | {day} | 12",
    )
    found = result(clinic, "cms159", 2026)
    assert (found is not None) is is_in
    assert found is None or found["episode_key"] == "e2"


@pytest.mark.parametrize(
    ("birth_date", "age"),
    [
        ("2013-01-11", None),
        ("2013-01-10", 12),
        ("2007-01-11", 17),
        ("2007-01-10", 18),
        ("", None),
    ],
)
def test_the_age_on_the_day_of_the_index_decides(
    clinic: TextBench, birth_date: str, age: int | None
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)], birth_date=birth_date)
    found = result(clinic, "cms159", 2026)
    assert (None if found is None else found["age_years"]) == age
    if age is not None:
        clinic.expect(
            "mart_quality_measures",
            f"""
            stratum | n_denominator
            12-17   | {int(age < 18)}
            18+     | {int(age >= 18)}
            all     | 1
            """,
            measure_id="cms159",
            level="clinic",
            period_start_on=date(2026, 1, 1),
        )


def test_who_was_born_on_the_29th_of_february_is_a_year_older_in_march(clinic: TextBench) -> None:
    ages = [
        clinic.connection.execute(
            "select age_years(date '2008-02-29', cast(? as date))", [day]
        ).fetchone()
        for day in ("2024-02-28", "2024-02-29", "2025-02-28", "2025-03-01")
    ]
    assert ages == [(15,), (16,), (16,), (17,)]


@pytest.mark.parametrize("status", ["no_show", "late_cancelled"])
def test_a_session_that_was_not_attended_is_no_encounter(clinic: TextBench, status: str) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)])
    clinic.given(stg_attendances=f"session_id | status\n s0 | {status}")
    assert result(clinic, "cms159", 2026) is None


def test_the_first_score_is_the_index_and_of_a_tie_the_first_response(clinic: TextBench) -> None:
    one_client(
        clinic,
        sessions=[INDEX, INDEX + timedelta(30)],
        scores=[(INDEX, 11), (INDEX, 20), (INDEX + timedelta(30), 27)],
    )
    found = result(clinic, "cms159", 2026)
    assert found["index_on"] == INDEX


@pytest.mark.parametrize(
    ("day", "points", "is_met"),
    [
        (date(2025, 11, 10), 4, False),
        (date(2025, 11, 11), 4, True),
        (date(2026, 3, 11), 4, True),
        (date(2026, 3, 12), 4, False),
        (date(2026, 1, 10), 5, False),
    ],
)
def test_remission_is_below_five_within_sixty_days_of_twelve_months(
    clinic: TextBench, day: date, points: int, is_met: bool
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12), (day, points)])
    found = result(clinic, "cms159", 2026)
    assert (found["is_met"], found["due_on"]) == (is_met, date(2026, 3, 11))


def test_the_last_score_of_the_window_decides(clinic: TextBench) -> None:
    one_client(
        clinic,
        sessions=[INDEX],
        scores=[(INDEX, 12), (date(2026, 1, 10), 3), (date(2026, 2, 1), 6)],
    )
    assert result(clinic, "cms159", 2026)["is_met"] is False


def test_without_a_score_in_the_window_nothing_is_met_and_the_client_stays(
    clinic: TextBench,
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)])
    clinic.expect(
        "mart_quality_measures",
        f"{COUNTS} | met_rate\n 1 | 0 | 1 | 0 | 0 | 0",
        measure_id="cms159",
        period_start_on=date(2026, 1, 1),
        **AT_CLINIC,
    )


@pytest.mark.parametrize(
    ("measure_id", "rate_id", "days", "points", "is_met"),
    [
        ("drr_e", "follow_up", 119, 3, False),
        ("drr_e", "follow_up", 120, 20, True),
        ("drr_e", "follow_up", 240, 20, True),
        ("drr_e", "follow_up", 241, 3, False),
        ("drr_e", "remission", 120, 5, False),
        ("drr_e", "remission", 240, 4, True),
        ("drr_e", "response", 200, 10, True),
        ("drr_e", "response", 200, 11, False),
        # Six months after 10 January are 181 days; the window is 30 days each side.
        ("cbe1884", "response", 150, 10, False),
        ("cbe1884", "response", 151, 10, True),
        ("cbe1884", "response", 211, 10, True),
        ("cbe1884", "response", 212, 10, False),
        ("cbe1884", "response", 181, 11, False),
    ],
)
def test_the_windows_and_thresholds_of_the_others(
    clinic: TextBench, measure_id: str, rate_id: str, days: int, points: int, is_met: bool
) -> None:
    switch_on(clinic)
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 20), (INDEX + timedelta(days), points)])
    assert result(clinic, measure_id, 2025, rate_id)["is_met"] is is_met


@pytest.mark.parametrize(("birth_date", "is_in"), [("2007-01-11", False), ("2007-01-10", True)])
def test_cbe1884_is_about_adults(clinic: TextBench, birth_date: str, is_in: bool) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)], birth_date=birth_date)
    assert (result(clinic, "cbe1884", 2025) is not None) is is_in
