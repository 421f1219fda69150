"""Clinics whose courses a claim is judged by: all begin on one day, and each has two sessions.

The first session is on 2 June 2025: day 42 is 14 July, day 56 is 28 July, day 70 is 11 August.
"""

from datetime import date, timedelta
from typing import Any

from tests.sql.text_tables import TextBench

START = date(2025, 6, 2)
JUNE = {"level": "clinic", "period_kind": "month", "period_start_on": date(2025, 6, 1)}
SCORED = "response_id | client_id | episode_id | instrument_id | administered_on | total_score"


def claim(clinic: TextBench, **changes: Any) -> None:
    """One claim: at least half of all who start get reliably better by day 56 on the PHQ-9."""
    clinic.fill("ref_claims", [{"claim_id": "half", **changes}])


def courses(clinic: TextBench, *clients: str, until: str = "2025-12-01") -> None:
    """A course for each client, with sessions on day 0 and day 7."""
    listed = list(enumerate(clients))
    clinic.given(
        stg_episodes="episode_id | client_id | referred_on | ended_on | end_reason\n"
        + "\n".join(f"e{i} | {client} | 2025-06-01 | {until} | completed" for i, client in listed),
        stg_sessions="session_id | episode_id | scheduled_on\n"
        + "\n".join(
            f"s{i}-{week} | e{i} | {START + timedelta(days=7 * week)}"
            for i, _ in listed
            for week in (0, 1)
        ),
        stg_attendances="session_id | client_id\n"
        + "\n".join(f"s{i}-{week} | {client}" for i, client in listed for week in (0, 1)),
    )


def scores(clinic: TextBench, *given: tuple[str, str, int, str], instrument: str = "phq9") -> None:
    """Forms as client, episode, days after the first session, total."""
    clinic.given(
        stg_responses=f"{SCORED}\n"
        + "\n".join(
            f"r{i} | {client} | {episode} | {instrument} | {START + timedelta(days=day)} | {total}"
            for i, (client, episode, day, total) in enumerate(given)
        )
    )


def one(clinic: TextBench, **where: Any) -> dict[str, Any]:
    """The one row of the claim."""
    wanted = {**JUNE, **where}
    (row,) = [
        row
        for row in clinic.rows("mart_claims")
        if all(row[name] == value for name, value in wanted.items())
    ]
    return row
