"""Small random clinics with what the quality measures need: births, diagnoses, late scores.

The clinics of `clinics.py`, with days close to every window of a measure: 7 and 14 days before a
session, 2 and 30 after a screen, 120 and 240, six months and twelve months after an index.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.measure_decisions import PHQ2, SUICIDE_SCREEN
from tests.property.clinics import CLIENTS, Choose, Row, Tables, build_clinic
from tests.table_rows import complete_row, scrambled_key

ADULTS_AND_YOUTHS = (
    None,
    date(1980, 2, 29),
    date(2012, 11, 30),
    date(2013, 1, 1),
    date(2013, 1, 2),
    date(2006, 12, 1),
    date(2007, 1, 15),
)
# On both sides of 6 and 17 years.
CHILDREN = (date(2008, 1, 1), date(2008, 1, 2), date(2019, 1, 1), date(2019, 1, 2))
BIRTHS = (*ADULTS_AND_YOUTHS * 2, *CHILDREN)
CODES = (
    "F32.1", "F33.2", "F32.1", "F34.1", "f329", "F32.81", "F60.31", "F31.0", "F25.9", "F84.5",
    "Z51.5", "F41.1", "F32.5", "F33.42",
)  # fmt: skip
OFFSETS = (
    -15, -14, -8, -7, -1, 0, 0, 1, 2, 3, 30, 31, 119, 120, 200, 240, 241, 150, 151, 181, 211, 212,
    304, 305, 306, 365, 365, 400, 424, 425, 426,
)  # fmt: skip
AS_OF = (date(2025, 7, 1), date(2026, 1, 1), date(2026, 8, 31), date(2027, 1, 31))


@st.composite
def measure_clinics(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[Tables, Row]:
    """A clinic's staged tables and the parameters it is judged with."""

    def choose(options: Sequence[Any]) -> Any:
        return draw(st.sampled_from(options))

    return build_measure_clinic(choose, n_episodes=choose(range(1, 6)), clients=CLIENTS)


def random_measure_clinic(seed: int, *, n_episodes: int) -> tuple[Tables, Row]:
    """A larger clinic, always the same for a seed."""
    clients = [f"c{number}" for number in range(n_episodes * 2 // 3)]
    return build_measure_clinic(Random(seed).choice, n_episodes=n_episodes, clients=clients)


def build_measure_clinic(
    choose: Choose, *, n_episodes: int, clients: Sequence[str]
) -> tuple[Tables, Row]:
    """A clinic's staged tables and parameters, by these choices."""
    tables, parameters = build_clinic(choose, n_episodes=n_episodes, clients=clients)
    added: Tables = {
        "stg_clients": [
            {"client_id": client_id, "birth_date": choose(BIRTHS)} for client_id in clients
        ],
        "stg_diagnoses": [],
        "stg_responses": [],
        "stg_safety_actions": [],
    }
    for episode in tables["stg_episodes"]:
        if choose([False] * 6 + [True]) and episode["ended_on"] is not None:
            episode["end_reason"] = "deceased"
        _add_diagnoses(choose, added, episode)
        _add_scores(choose, added, tables, episode)
        _add_assessments(choose, added, tables, episode)
    for table, rows in added.items():
        complete = [complete_row(table, row, key=scrambled_key) for row in rows]
        tables[table] = [*tables.get(table, []), *complete]
    for instrument in (PHQ2, SUICIDE_SCREEN):
        tables["ref_instruments"].append(complete_row("ref_instruments", instrument))
    scale = {"instrument_id": "phq2", "min_points": 0, "max_points": 6}
    tables["ref_instrument_scales"].append(complete_row("ref_instrument_scales", scale))
    return tables, {**parameters, "as_of_on": choose(AS_OF)}


def _add_diagnoses(choose: Choose, added: Tables, episode: Row) -> None:
    for code in {
        choose(CODES[:6]),
        choose([*["F33.2"] * 12, *CODES]),
        choose([*["F32.1"] * 12, *CODES]),
    }:
        recorded_on = episode["referred_on"] + timedelta(days=choose([0, 0, 0, -40, 20, 100, 420]))
        row = {"episode_id": episode["episode_id"], "code": code, "recorded_on": recorded_on}
        added["stg_diagnoses"].append(row)


def _add_scores(choose: Choose, added: Tables, tables: Tables, episode: Row) -> None:
    """Scores at chosen days around a session, and now and then a safety action on one."""
    days = [
        session["scheduled_on"]
        for session in tables["stg_sessions"]
        if session["episode_id"] == episode["episode_id"]
    ]
    offsets = [choose(OFFSETS) for _ in range(choose([3, 2, 4, 6]))] + choose([[], [0, 365]])
    for offset in offsets if days else ():
        day = choose(days[:2]) + timedelta(days=offset)
        instrument_id = choose(["phq9", "phq9", "phq9", "phq2"])
        response_id = f"m-{episode['episode_id']}-{len(added['stg_responses'])}"
        points = (0, 2, 3, 6) if instrument_id == "phq2" else (20, 10, 9, 5, 4, 3, 12, 6, 28)
        added["stg_responses"].append(
            {
                "response_id": response_id,
                "client_id": episode["client_id"],
                "episode_id": episode["episode_id"],
                "instrument_id": instrument_id,
                "administered_at": datetime.combine(day, time(choose([9, 9, 17]))),
                "respondent": choose(["client"] * 9 + ["parent"]),
                "total_score": choose(points),
            }
        )
        if choose([False, False, True]):
            acted_on = day + timedelta(days=choose([0, 1, 2, 3, 14, 30, 31]))
            added["stg_safety_actions"].append({"response_id": response_id, "acted_on": acted_on})


def _add_assessments(choose: Choose, added: Tables, tables: Tables, episode: Row) -> None:
    """Assessments of suicide risk around sessions, naming one of the client's or none."""
    sessions = [
        session
        for session in tables["stg_sessions"]
        if session["episode_id"] == episode["episode_id"]
    ]
    for session in choose([[], sessions, sessions[:2]]):
        moment = session["scheduled_at"] + timedelta(
            days=choose([0, 0, 0, -1, 1, 8]), hours=choose([0, 0, 2])
        )
        added["stg_responses"].append(
            {
                "response_id": f"a-{episode['episode_id']}-{len(added['stg_responses'])}",
                "client_id": episode["client_id"],
                "episode_id": choose([episode["episode_id"], None]),
                "session_id": choose([None, session["session_id"], choose(sessions)["session_id"]]),
                "instrument_id": "cssrs_screen",
                "administered_at": moment,
                "respondent": choose(["client", "therapist"]),
            }
        )
