"""Missed and cancelled appointments as rates."""

from datetime import date

import pytest

from tests.sql.text_tables import TextBench

JUNE = {"period_kind": "month", "period_start_on": date(2025, 6, 1)}


def appointments(clinic: TextBench, *statuses: str) -> None:
    """One course with a session in June for each status."""
    numbers = range(1, len(statuses) + 1)
    clinic.given(
        stg_episodes="episode_id\n e1",
        stg_sessions="session_id | episode_id | scheduled_on\n"
        + "\n".join(f"s{n} | e1 | 2025-06-{n:02}" for n in numbers),
        stg_attendances="session_id | status\n"
        + "\n".join(f"s{n} | {status}" for n, status in zip(numbers, statuses, strict=True)),
    )


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_attendance") == []


def test_each_kind_has_its_own_rate_and_only_no_shows_count_against_attendance(
    clinic: TextBench,
) -> None:
    appointments(
        clinic,
        *("attended",) * 3,
        *("no_show", "late_cancelled", "cancelled", "cancelled", "clinic_cancelled"),
        *("clinic_cancelled", "clinic_cancelled"),
    )
    clinic.expect(
        "mart_attendance",
        """
        n_clients | n_appointments | n_kept_or_missed | no_show_rate | late_cancelled_rate
        1         | 10             | 4                | 0.25         | 0.1
        """,
        level="clinic",
        **JUNE,
    )
    clinic.expect(
        "mart_attendance",
        "cancelled_rate | clinic_cancelled_rate\n 0.2 | 0.3",
        level="clinic",
        **JUNE,
    )


@pytest.mark.parametrize(
    ("statuses", "rate"),
    [(("cancelled", "clinic_cancelled"), None), (("attended",), 0), (("no_show",), 1)],
    ids=["nobody was due to come", "nobody missed", "everybody missed"],
)
def test_nobody_missed_is_zero_and_nobody_due_is_no_rate(
    clinic: TextBench, statuses: tuple[str, ...], rate: float | None
) -> None:
    appointments(clinic, *statuses)
    (row,) = [
        one
        for one in clinic.rows("mart_attendance")
        if one["level"] == "clinic" and one["period_kind"] == "month"
    ]
    assert row["no_show_rate"] == rate


def test_a_client_of_two_therapists_counts_once_for_the_clinic(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes="programme_id\n p1",
        stg_episodes="episode_id\n e1",
        stg_sessions="""
            session_id | episode_id | therapist_id | scheduled_on
            s1         | e1         | t1           | 2025-05-31
            s2         | e1         | t1           | 2025-06-01
            s3         | e1         | t2           | 2025-06-30
            s4         | e1         | t1           | 2025-07-01
        """,
        stg_attendances="""
            session_id | status
            s1         | attended
            s2         | no_show
            s3         | attended
            s4         | attended
        """,
    )
    clinic.expect(
        "mart_attendance",
        """
        level     | subject_id | n_clients | n_appointments | n_no_show
        clinic    | clinic     | 1         | 2              | 1
        programme | p1         | 1         | 2              | 1
        therapist | t1         | 1         | 1              | 1
        therapist | t2         | 1         | 1              | 0
        """,
        **JUNE,
    )
    clinic.expect(
        "mart_attendance",
        "n_clients | n_appointments\n 1 | 3",
        level="clinic",
        period_kind="quarter",
        period_start_on=date(2025, 4, 1),
    )
