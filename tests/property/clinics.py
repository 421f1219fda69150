"""Small random clinics, with days and scores close to every boundary that a rule has.

Every choice goes through one function, so that the same clinics can be searched and shrunk by
Hypothesis or drawn in larger sizes from a seed.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.made_up_catalogue import reference_rows
from tests.table_rows import complete_row, scrambled_key

Row = dict[str, Any]
Tables = dict[str, list[Row]]
Choose = Callable[[Sequence[Any]], Any]

START = date(2024, 11, 28)
INSTRUMENT_LISTS = (
    ["phq9", "gad7"],
    ["phq9", "gad7", "pgi_c"],
    ["ors", "isi"],
    ["wsas", "unknown"],
    [],
)
# On both sides of the days at which a rule turns: 7, 14 and 90, and month ends.
STEPS = (7, 0, 1, 3, 8, 14, 15, 33, 34, 89, 90, 91)
POINTS: dict[str, Sequence[Any]] = {
    "phq9": (20, 16, 15, 10, 9, 5, 4, 0, 27, 28),
    "gad7": (12, 11, 8, 7, 4, 3, 0, 21),
    "wsas": (40, 10, 9),
    "ors": (Decimal("19.6"), 20, Decimal("24.9"), 25, 30, 40),
    "pgi_c": (1, 2, 3, 7),
    "isi": (28, 15, 5),
}
STATUSES = ("attended",) * 12 + ("no_show", "cancelled", "late_cancelled", "clinic_cancelled")
CLIENTS = ("c1", "c2", "c3")


@st.composite
def clinics(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[Tables, Row]:
    """A clinic's staged tables and the parameters it is judged with."""

    def choose(options: Sequence[Any]) -> Any:
        return draw(st.sampled_from(options))

    return build_clinic(choose, n_episodes=choose(range(7)), clients=CLIENTS)


def random_clinic(seed: int, *, n_episodes: int) -> tuple[Tables, Row]:
    """A larger clinic, always the same for a seed."""
    clients = [f"c{number}" for number in range(n_episodes * 2 // 3)]
    return build_clinic(Random(seed).choice, n_episodes=n_episodes, clients=clients)


def build_clinic(choose: Choose, *, n_episodes: int, clients: Sequence[str]) -> tuple[Tables, Row]:
    """A clinic's staged tables and parameters, by these choices."""
    tables: Tables = {
        "stg_programmes": [
            {
                "programme_id": f"p{number}",
                "track": choose(["depression", "depression", "substance_use"]),
                "modality": choose(["individual", "group", "skills_group"]),
                "instruments": choose(INSTRUMENT_LISTS),
                "measure_every_sessions": choose([1, 2, 3]),
            }
            for number in range(choose([2, 2, 1, 0]))
        ],
        "stg_groups": [
            {
                "group_id": f"g{number}",
                "programme_id": choose(["p0", "p1"]),
                "lead_therapist_id": choose(["t1", "t2"]),
                "capacity": choose([1, 4, 8]),
                "starts_on": START + timedelta(days=choose([0, 33, 60])),
                "ends_on": choose([None, date(2025, 3, 31), date(2025, 4, 15)]),
            }
            for number in range(choose([0, 1, 2]))
        ],
        "stg_episodes": [],
        "stg_memberships": [],
        "stg_sessions": [],
        "stg_attendances": [],
        "stg_responses": [],
        "stg_consents": [],
    }
    for number in range(n_episodes):
        episode = _add_episode(choose, tables, number, clients)
        _add_sessions(choose, tables, episode, clients)
        _add_memberships(choose, tables, episode)
        _add_measures(choose, tables, episode)
        if choose([False, False, True]):
            _add_stray_response(choose, tables, episode)
    for group in tables["stg_groups"]:
        _add_group_sessions(choose, tables, group["group_id"], clients)
    for client_id in clients:
        _add_consents(choose, tables, client_id)
    parameters = {
        "as_of_on": choose([date(2025, 7, 1), date(2025, 5, 31), date(2025, 5, 30)]),
        "first_score_days": 14,
        "derived_end_days": 90,
        "early_response_share": None,
        "early_response_weeks": None,
        "early_response_source": None,
        "trajectory_positions": 26,
        "dropout_return_days": 60,
        "protocol_sessions": 0,
        "session_window_days": choose([7, 7, 1]),
    }
    complete = {
        table: [complete_row(table, row, key=scrambled_key) for row in rows]
        for table, rows in tables.items()
    }
    return {**reference_rows(), **complete}, parameters


def _add_consents(choose: Choose, tables: Tables, client_id: str) -> None:
    """None, one or two of a scope; given and withdrawn on both sides of the last delivery."""
    days = (date(2025, 5, 30), date(2025, 5, 31), date(2025, 6, 1), date(2025, 7, 1))
    for scope in ("public_reporting", "substance_use_disclosure", "research"):
        for given_on in choose([(START,), (START, days[0]), (days[1],), ()]):
            withdrawn_on = choose([None, None, *days, given_on, date(2025, 7, 2)])
            row = {"scope": scope, "given_on": given_on, "withdrawn_on": withdrawn_on}
            tables["stg_consents"].append({"client_id": client_id, **row})


def _add_episode(choose: Choose, tables: Tables, number: int, clients: Sequence[str]) -> Row:
    referred_on = START + timedelta(days=choose([0, 2, 3, 34, 65, 120]))
    started_on = choose([referred_on, referred_on + timedelta(days=20), None])
    ended_on = choose([True, True, False])
    length = timedelta(days=choose([60, 0, 33, 34, 100]))
    episode: Row = {
        "episode_id": f"e{number}",
        "client_id": choose(clients),
        "programme_id": choose(["p0", "p1"]),
        "therapist_id": choose(["t1", "t2"]),
        "referred_on": referred_on,
        "started_on": started_on,
        "ended_on": (started_on or referred_on) + length if ended_on else None,
        "end_reason": choose(["completed", "dropped_out", None]),
    }
    tables["stg_episodes"].append(episode)
    return episode


def _add_sessions(choose: Choose, tables: Tables, episode: Row, clients: Sequence[str]) -> None:
    """Individual sessions; a stranger may come along or be noted by mistake."""
    day = episode["started_on"] or episode["referred_on"]
    for count in range(choose([3, 4, 2, 5, 1, 0])):
        session_id = f"s-{episode['episode_id']}-{count}"
        tables["stg_sessions"].append(
            {
                "session_id": session_id,
                "episode_id": episode["episode_id"],
                "therapist_id": choose(["t1", "t1", "t2"]),
                "scheduled_on": day,
            }
        )
        present = [episode["client_id"], *choose([[], [], [], [choose(clients)]])]
        if choose(range(12)):
            _attend(choose, tables, session_id, present)
        day += timedelta(days=choose(STEPS))


def _add_memberships(choose: Choose, tables: Tables, episode: Row) -> None:
    for group in tables["stg_groups"]:
        if choose([False, True]):
            joined_on = episode["referred_on"] + timedelta(days=choose(STEPS))
            tables["stg_memberships"].append(
                {
                    "group_id": group["group_id"],
                    "client_id": episode["client_id"],
                    "episode_id": episode["episode_id"],
                    "joined_on": joined_on,
                    "left_on": choose([None, joined_on, joined_on + timedelta(days=34)]),
                }
            )


def _add_group_sessions(
    choose: Choose, tables: Tables, group_id: str, clients: Sequence[str]
) -> None:
    day = START + timedelta(days=choose([0, 7, 33, 60]))
    for count in range(choose([4, 3, 2, 1, 0])):
        session_id = f"s-{group_id}-{count}"
        tables["stg_sessions"].append(
            {
                "session_id": session_id,
                "group_id": group_id,
                "therapist_id": choose(["t1", "t2"]),
                "scheduled_on": day,
            }
        )
        _attend(choose, tables, session_id, [one for one in clients if choose([True, False])])
        day += timedelta(days=choose(STEPS))


def _attend(choose: Choose, tables: Tables, session_id: str, clients: Sequence[str]) -> None:
    for client_id in sorted(set(clients)):
        row = {"session_id": session_id, "client_id": client_id, "status": choose(STATUSES)}
        tables["stg_attendances"].append(row)


def _add_measures(choose: Choose, tables: Tables, episode: Row) -> None:
    """Forms at the first and the last sessions, as a clinic means to have them."""
    days = [
        session["scheduled_on"]
        for session in tables["stg_sessions"]
        if session.get("episode_id") == episode["episode_id"]
    ]
    for instrument_id in choose([("phq9", "gad7"), ("phq9",), ("ors", "pgi_c"), ("isi", "wsas")]):
        for place, day in enumerate(days[:1] + days[-2:]):
            if choose(range(8)):
                worst_first = POINTS[instrument_id][: 3 if place == 0 else None]
                _put_response(choose, tables, episode, instrument_id, day, worst_first)


def _add_stray_response(choose: Choose, tables: Tables, episode: Row) -> None:
    """Of any instrument, early or late."""
    day = choose([episode["referred_on"], episode["ended_on"] or START])
    day += timedelta(days=choose([0, -7, 1, 8, 14, 15]))
    instrument_id = choose(sorted(POINTS))
    _put_response(choose, tables, episode, instrument_id, day, POINTS[instrument_id])


def _put_response(
    choose: Choose,
    tables: Tables,
    episode: Row,
    instrument_id: str,
    day: date,
    points: Sequence[Any],
) -> None:
    number = len(tables["stg_responses"])
    sessions = [
        session["session_id"]
        for session in tables["stg_sessions"]
        if session.get("episode_id") == episode["episode_id"]
    ]
    # By turns, which is no choice more: any session of the course, or none.
    named = [None, None, *sessions]
    tables["stg_responses"].append(
        {
            "response_id": f"r{number}",
            "client_id": episode["client_id"],
            "episode_id": choose([episode["episode_id"]] * 9 + [None]),
            "session_id": named[number % len(named)],
            "instrument_id": instrument_id,
            "administered_at": datetime.combine(day, time(choose([9, 9, 17]))),
            "respondent": choose(["client"] * 9 + ["parent"]),
            "total_score": choose([*points, *points, None]),
        }
    )
