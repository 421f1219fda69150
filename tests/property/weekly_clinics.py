"""The small random clinics, with courses added that were measured at almost every session.

A course of the plain clinics has three forms at most: too few for a sudden gain or a setback.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.property.clinics import CLIENTS, Choose, Row, Tables, build_clinic
from tests.table_rows import complete_row, scrambled_key

START = date(2024, 12, 2)
# Levels around which a course's scores lie: a large step, a small one, and back again.
LEVELS = {
    "phq9": ((22, 21, 20, 19), (14, 13, 12), (10, 9, 8, 4), (27, 0)),
    "ors": ((12, 13, 14, 15), (20, Decimal("20.5"), 21), (24, 25, 30), (40, 0)),
    "wsas": ((30, 31, 29), (20, 19), (10, 9)),
}
PATTERNS = (
    (0, 0, 0, 2, 2, 2, 2, 2),
    (0, 0, 1, 1, 1, 0, 0, 0),
    (0, 0, 2, 2, 0, 1, 2, 2),
    (1, 1, 0, 0, 0, 0, 1, 1),
    (0, 1, 2, 3, 0, 1, 2, 3),
    (0, 0, 2, 2),
    # Two gains, the first of them lost again in between.
    (0, 0, 0, 2, 2, 2, 0, 0, 0, 2, 2, 2),
)
# Better for the first time on the evening before session 5, which is held on the first of a month:
# until that day four sessions were attended.
BETTER_AT_5 = (0, 0, 0, 0, 1, 1)
BEFORE_A_MONTH = START + timedelta(days=61)


@st.composite
def weekly_clinics(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[Tables, Row]:
    """A clinic with up to four such courses, and one more that is better at session 5."""

    def choose(options: Any) -> Any:
        return draw(st.sampled_from(options))

    return _build(
        choose,
        n_episodes=choose(range(4)),
        n_weekly=choose((2, 1, 3, 4, 0)),
        n_evenings=choose((0, 1)),
    )


def random_weekly_clinic(seed: int, *, n_weekly: int, n_evenings: int = 0) -> tuple[Tables, Row]:
    """A larger clinic, always the same for a seed.

    `n_evenings` more courses are better on the last evening of a month, before their session 5.
    """
    return _build(
        Random(seed).choice, n_episodes=n_weekly // 2, n_weekly=n_weekly, n_evenings=n_evenings
    )


def _build(
    choose: Choose, *, n_episodes: int, n_weekly: int, n_evenings: int
) -> tuple[Tables, Row]:
    tables, parameters = build_clinic(choose, n_episodes=n_episodes, clients=CLIENTS)
    courses = [_course(choose, f"w{number}") for number in range(n_weekly)]
    courses += [
        _course(choose, f"evening{number}", is_evening_before=True) for number in range(n_evenings)
    ]
    for course in courses:
        for table, rows in course.items():
            tables[table] += [complete_row(table, row, key=scrambled_key) for row in rows]
    early = choose([None, (Decimal("0.2"), 4), (Decimal("0.25"), 3)])
    parameters |= {
        "early_response_share": early[0] if early else None,
        "early_response_weeks": early[1] if early else None,
        "early_response_source": "made up" if early else None,
        "trajectory_positions": choose([26, 5, 1]),
    }
    return tables, parameters


def _course(choose: Choose, episode_id: str, *, is_evening_before: bool = False) -> Tables:
    """A course; or one with each form filled in on the evening before the session that it names."""
    client_id = choose(CLIENTS)
    day = BEFORE_A_MONTH if is_evening_before else START + timedelta(days=choose([0, 31, 62, 90]))
    pattern = BETTER_AT_5 if is_evening_before else choose(PATTERNS)
    n_sessions = choose([*[len(pattern)] * 6, 3, 4])
    instrument_id = choose(["phq9", "phq9", "ors", "wsas"])
    ended_on = choose([None, day + timedelta(days=7 * len(pattern)), day + timedelta(days=24)])
    sessions, attendances, responses = [], [], []
    for place, level in enumerate(pattern):
        held_on = day + timedelta(days=7 * place)
        if place < n_sessions:
            session_id = f"s-{episode_id}-{place}"
            sessions.append(
                {"session_id": session_id, "episode_id": episode_id, "scheduled_on": held_on}
            )
            status = choose(["attended"] * 14 + ["no_show"])
            attendances.append({"session_id": session_id, "client_id": client_id, "status": status})
        for copy in range(choose([1] * 13 + [0, 2])):
            shift = choose([0] * 12 + [-1, -1, -1, 1, -4])
            # The evening before names the session to come, or nothing; one form in many another.
            named = choose([place, place, place, None, place - 1, place + 1])
            if is_evening_before:
                shift, named = -1, place
            moment = time(choose([9, 9, 17]))
            levels = LEVELS[instrument_id]
            responses.append(
                {
                    "response_id": f"r-{episode_id}-{place}-{choose('ab')}{copy}",
                    "client_id": client_id,
                    "episode_id": episode_id,
                    "session_id": None if named is None else f"s-{episode_id}-{named}",
                    "instrument_id": instrument_id,
                    "administered_at": datetime.combine(held_on + timedelta(days=shift), moment),
                    "total_score": choose([*levels[min(level, len(levels) - 1)] * 12, None]),
                }
            )
    return {
        "stg_episodes": [
            {
                "episode_id": episode_id,
                "client_id": client_id,
                "programme_id": choose(["p0", "p1"]),
                "therapist_id": choose(["t1", "t2"]),
                "referred_on": day - timedelta(days=choose([0, 14])),
                "started_on": choose([day, None]),
                "ended_on": ended_on,
                "end_reason": None if ended_on is None else "completed",
            }
        ],
        "stg_sessions": sessions,
        "stg_attendances": attendances,
        "stg_responses": responses,
    }
