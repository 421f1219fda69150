"""Which visits of young clients are counted, and which assessment was made at which (CMS177)."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.sql.measured_clients import AT_CLINIC
from tests.sql.text_tables import TextBench

DAY = date(2025, 5, 5)
BORN = "2012-06-01"
YEAR = date(2025, 1, 1)


@pytest.fixture
def clinic(measured: TextBench) -> TextBench:
    """Empty but for the made-up catalogue and the measures, judged late."""
    return measured


def visits(clinic: TextBench) -> list[tuple[Any, ...]]:
    """Day, place among those of the day, and whether it was assessed."""
    return [
        (row["index_on"], row["unit_number"], row["is_met"])
        for row in clinic.rows("int_measure_results")
        if row["measure_id"] == "cms177" and row["period_start_on"] == YEAR
    ]


def given(
    clinic: TextBench,
    *,
    sessions: tuple[str, ...] = (f"{DAY}T10:00",),
    responses: tuple[str, ...] = (),
    birth_date: str = BORN,
    code: str = "F32.1",
    recorded_on: date = DAY - timedelta(100),
    ended_on: str = "",
    status: str = "attended",
    delivered: str = "cssrs_screen",
) -> None:
    """A client in one course with sessions s0, s1, ... and responses (session | moment)."""
    clinic.given(
        stg_clients=f"client_id | birth_date\n c1 | {birth_date}\n c2 | {birth_date}",
        stg_episodes="episode_id | referred_on | ended_on | end_reason\n"
        f" e1 | 2024-01-01 | {ended_on} | {'completed' if ended_on else ''}",
        stg_sessions="session_id | episode_id | scheduled_at\n"
        + "\n".join(f" s{n} | e1 | {moment}" for n, moment in enumerate(sessions)),
        stg_attendances="session_id | status\n"
        + "\n".join(f" s{n} | {status}" for n in range(len(sessions))),
        stg_diagnoses=f"code | recorded_on\n {code} | {recorded_on}",
        stg_responses="response_id | instrument_id | respondent | session_id | administered_at\n"
        # Years ago, so that the clinic is known to deliver such forms.
        f" old | {delivered} | therapist | | 2020-05-05T10:00\n"
        + "\n".join(f" r{n} | cssrs_screen | therapist | {one}" for n, one in enumerate(responses)),
    )


@pytest.mark.parametrize(
    ("birth_date", "age"),
    [
        ("2019-01-02", None),
        ("2019-01-01", 6),
        ("2008-01-02", 16),
        ("2008-01-01", None),
        ("", None),
    ],
)
def test_the_client_is_6_to_16_on_the_first_day_of_the_year(
    clinic: TextBench, birth_date: str, age: int | None
) -> None:
    given(clinic, birth_date=birth_date)
    found = [
        row["age_years"]
        for row in clinic.rows("int_measure_results")
        if row["measure_id"] == "cms177"
    ]
    assert found == ([] if age is None else [age])


@pytest.mark.parametrize(("tool", "found"), [("cssrs_screen", [(DAY, 1, False)]), ("phq9", [])])
def test_of_a_clinic_that_delivers_no_such_form_no_visit_is_counted(
    clinic: TextBench, tool: str, found: list[tuple[Any, ...]]
) -> None:
    given(clinic, delivered=tool)
    assert visits(clinic) == found


@pytest.mark.parametrize(("days", "is_in"), [(0, True), (1, False)])
def test_a_diagnosis_starts_on_the_day_it_is_recorded(
    clinic: TextBench, days: int, is_in: bool
) -> None:
    given(clinic, recorded_on=DAY + timedelta(days))
    assert bool(visits(clinic)) is is_in


@pytest.mark.parametrize(("days", "is_in"), [(0, True), (-1, False)])
def test_a_diagnosis_of_another_course_holds_to_its_end(
    clinic: TextBench, days: int, is_in: bool
) -> None:
    given(clinic)
    clinic.given(
        stg_episodes=f"""
            episode_id | referred_on | ended_on                | end_reason
            e0         | 2024-01-01  | {DAY + timedelta(days)} | completed
            e1         | 2024-01-01  |                         |
        """,
        stg_diagnoses="episode_id | code | recorded_on\n e0 | F33.1 | 2024-02-01",
    )
    assert bool(visits(clinic)) is is_in


@pytest.mark.parametrize(
    ("code", "is_in"),
    [
        ("F32.0", True), ("F32.4", True), ("F32.5", False), ("F32.81", False), ("F32.9", True),
        ("F32.A", False), ("f33.1", True), ("F33.40", False), ("F3341", True), ("F33.42", False),
        ("F33.8", False), ("F34.1", False),
    ],
)  # fmt: skip
def test_the_diagnosis_is_an_active_major_depression(
    clinic: TextBench, code: str, is_in: bool
) -> None:
    given(clinic, code=code)
    assert bool(visits(clinic)) is is_in


@pytest.mark.parametrize("status", ["no_show", "late_cancelled", "cancelled"])
def test_a_session_that_was_not_attended_is_no_visit(clinic: TextBench, status: str) -> None:
    given(clinic, status=status, responses=(f"s0 | {DAY}T10:00",))
    assert visits(clinic) == []


@pytest.mark.parametrize(
    ("response", "is_met"),
    [
        (f" | {DAY}T08:00", True),
        (f" | {DAY}T23:59", True),
        (f" | {DAY + timedelta(1)}T00:00", False),
        (f" | {DAY - timedelta(1)}T23:59", False),
        # The name of the session says more than the day, within the days of the settings.
        (f"s0 | {DAY + timedelta(1)}T00:00", True),
        (f"s0 | {DAY - timedelta(7)}T10:00", True),
        (f"s0 | {DAY - timedelta(8)}T10:00", False),
        (f"s0 | {DAY + timedelta(8)}T10:00", False),
        (f"elsewhere | {DAY}T10:00", False),
    ],
)
def test_an_assessment_names_the_session_or_is_of_its_day(
    clinic: TextBench, response: str, is_met: bool
) -> None:
    given(clinic, responses=(response,))
    assert visits(clinic) == [(DAY, 1, is_met)]


@pytest.mark.parametrize(
    ("responses", "met"),
    [
        ((f"s0 | {DAY}T16:00",), (True, False)),
        ((f"s1 | {DAY}T10:00",), (False, True)),
        # Without a name one form stands for the closest visit only, of two as close the earlier.
        ((f" | {DAY}T12:59",), (True, False)),
        ((f" | {DAY}T13:00",), (True, False)),
        ((f" | {DAY}T13:01",), (False, True)),
        ((f" | {DAY}T10:05", f" | {DAY}T10:06"), (True, False)),
        ((f" | {DAY}T10:05", f" | {DAY}T16:05"), (True, True)),
        ((), (False, False)),
    ],
)
def test_two_visits_of_a_day_are_two_and_a_form_is_of_one(
    clinic: TextBench, responses: tuple[str, ...], met: tuple[bool, bool]
) -> None:
    given(clinic, sessions=(f"{DAY}T10:00", f"{DAY}T16:00"), responses=responses)
    assert visits(clinic) == [(DAY, 1, met[0]), (DAY, 2, met[1])]


def test_another_clients_form_and_another_tool_are_no_assessment(clinic: TextBench) -> None:
    given(clinic)
    clinic.given(
        stg_responses=f"""
        response_id | client_id | instrument_id | session_id | administered_at
        r0          | c2        | cssrs_screen  | s0         | {DAY}T10:00
        r1          | c2        | cssrs_screen  |            | {DAY}T10:00
        r2          | c1        | phq9          | s0         | {DAY}T10:00
        """,
    )
    assert visits(clinic) == [(DAY, 1, False)]


@pytest.mark.parametrize(("day", "year"), [(date(2024, 12, 31), 2024), (YEAR, 2025)])
def test_a_visit_counts_in_its_own_year(clinic: TextBench, day: date, year: int) -> None:
    given(clinic, sessions=(f"{day}T10:00",), recorded_on=date(2024, 6, 1))
    found = {
        row["period_start_on"].year
        for row in clinic.rows("int_measure_results")
        if row["measure_id"] == "cms177"
    }
    assert found == {year}


def test_the_mart_counts_visits_and_says_how_many_people_made_them(clinic: TextBench) -> None:
    days = tuple(f"{DAY + timedelta(7 * n)}T10:00" for n in range(6))
    given(clinic, sessions=days, responses=(f" | {DAY}T10:00", f"s2 | {DAY + timedelta(14)}T10:00"))
    clinic.expect(
        "mart_quality_measures",
        "stratum | n_clients | n_initial_population | n_eligible | n_eligible_clients | n_numerator"
        "\n all | 1 | 6 | 6 | 1 | 2",
        measure_id="cms177",
        period_start_on=YEAR,
        **{key: value for key, value in AT_CLINIC.items() if key != "stratum"},
    )
