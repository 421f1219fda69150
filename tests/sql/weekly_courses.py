"""Courses with a session a week and a form at most of them: what the tests of the path are about."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from tests.builders import Bench
from tests.made_up_catalogue import INSTRUMENTS, SCALES

START = date(2025, 1, 6)
ENDED = date(2025, 6, 30)
BDI = {"instrument_id": "bdi", "total_min_points": 0, "total_max_points": 63}


def session_day(number: int) -> date:
    """The day of a session; 0 is three days before session 1."""
    return START - timedelta(days=3) if number == 0 else START + timedelta(days=7 * (number - 1))


def give_courses(
    bench: Bench,
    courses: Mapping[str, Mapping[int, Any]],
    *,
    instrument_id: str = "phq9",
    n_sessions: int = 12,
    ended_on: date | None = ENDED,
    n_attended: Mapping[str, int] | None = None,
) -> None:
    """Fill a clinic: client → session number → points; each client has one course of their own."""
    attended = n_attended or {}
    bench.fill("ref_instruments", [*INSTRUMENTS, BDI])
    bench.fill(
        "ref_instrument_scales",
        [*SCALES, {"instrument_id": "bdi", "min_points": 0, "max_points": 63}],
    )
    bench.fill(
        "stg_episodes",
        [
            {
                "episode_id": client,
                "client_id": client,
                "referred_on": START - timedelta(days=20),
                "ended_on": ended_on,
                "end_reason": None if ended_on is None else "completed",
            }
            for client in courses
        ],
    )
    numbers = [
        (client, number)
        for client in courses
        for number in range(1, attended.get(client, n_sessions) + 1)
    ]
    bench.fill(
        "stg_sessions",
        [
            {
                "session_id": f"{client}-{number}",
                "episode_id": client,
                "scheduled_on": session_day(number),
            }
            for client, number in numbers
        ],
    )
    bench.fill(
        "stg_attendances",
        [{"session_id": f"{client}-{number}", "client_id": client} for client, number in numbers],
    )
    bench.fill(
        "stg_responses",
        [
            {
                "response_id": f"r-{client}-{number}",
                "client_id": client,
                "episode_id": client,
                "instrument_id": instrument_id,
                "administered_on": session_day(number),
                "total_score": points,
            }
            for client, scores in courses.items()
            for number, points in scores.items()
        ],
    )
