"""Clients as the quality measures see them: sessions, diagnoses and scores on days."""

from datetime import date
from typing import Any

from tests.sql.text_tables import TextBench

COUNTS = "n_denominator | n_exclusions | n_eligible | n_numerator | n_not_yet_due"
AT_CLINIC = {"level": "clinic", "stratum": "all"}
AS_OF = date(2027, 6, 30)
# An index of CMS159 for 2026: its identification period is November 2024 to October 2025.
INDEX = date(2025, 1, 10)
BORN = "1990-05-05"


def one_client(
    clinic: TextBench,
    *,
    sessions: list[date],
    scores: list[tuple[date, int]],
    birth_date: str = BORN,
    diagnoses: str = "F32.1 | 2025-01-01",
    ended_on: str = "",
    instrument: str = "phq9",
) -> None:
    """One open course with these attended sessions, scores and diagnoses (code | day)."""
    clinic.given(
        stg_clients=f"client_id | birth_date\n c1 | {birth_date}",
        stg_episodes="episode_id | referred_on | ended_on | end_reason\n"
        f" e1 | 2023-01-01 | {ended_on} | {'completed' if ended_on else ''}",
        stg_sessions="session_id | episode_id | scheduled_on\n"
        + "\n".join(f" s{n} | e1 | {day}" for n, day in enumerate(sessions)),
        stg_attendances="session_id\n" + "\n".join(f" s{n}" for n in range(len(sessions))),
        stg_diagnoses="code | recorded_on\n" + diagnoses,
        stg_responses="response_id | episode_id | instrument_id | administered_on | total_score\n"
        + "\n".join(
            f" r{n} | e1 | {instrument} | {day} | {points}"
            for n, (day, points) in enumerate(scores)
        ),
    )


def result(clinic: TextBench, measure_id: str, year: int, rate_id: str | None = None) -> Any:
    """The one result of a measure in a year; None without one."""
    found = [
        row
        for row in clinic.rows("int_measure_results")
        if row["measure_id"] == measure_id
        and row["period_start_on"].year == year
        and rate_id in (None, row["rate_id"])
    ]
    assert len(found) <= 1
    return found[0] if found else None
