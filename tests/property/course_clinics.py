"""Random clinics with what the NHS rule and the course of treatment need on top of `clinics.py`.

Diagnoses on both sides of the prefixes, waits around 42 and 126 days, plans of sessions, endings of
every kind, birthdays around the eighteenth, goals, and measures of a problem's own.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.property.clinics import CLIENTS, Choose, Row, Tables, build_clinic
from tests.table_rows import complete_row, scrambled_key

CODES = ("F32.1", "F40.10", "f401", "F40.2", "F42", "F42.3", "Z99", "F4")
END_REASONS = ("completed", "agreed_end", "dropped_out", "transferred", "deceased", "other")
GOAL_INSTRUMENTS: tuple[Row, ...] = tuple(
    {
        "instrument_id": kind,
        "domain": "personal_goals",
        "purpose": "outcome",
        "direction": "higher_better",
        "is_scored": False,
    }
    for kind in ("gbo", "gas")
)
WAIT_DAYS = (0, 41, 42, 43, 126, 127)
OWN_POINTS: dict[str, tuple[Any, ...]] = {
    "phq9": (20, 16, 15, 10, 9, 5, 4, 0),
    "ors": (Decimal("19.6"), 20, Decimal("24.9"), 25, 30, 40),
    "wsas": (40, 10, 9),
    "gad7": (12, 11, 8, 7, 4, 3, 0, 21),
}


@st.composite
def course_clinics(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[Tables, Row]:
    """A clinic's staged and reference tables, and the parameters it is judged with."""

    def choose(options: Any) -> Any:
        return draw(st.sampled_from(options))

    return build_course_clinic(choose, n_episodes=choose(range(6)), clients=CLIENTS)


def random_course_clinic(seed: int, *, n_episodes: int) -> tuple[Tables, Row]:
    """A larger clinic, always the same for a seed."""
    clients = [f"c{number}" for number in range(n_episodes * 2 // 3)]
    return build_course_clinic(Random(seed).choice, n_episodes=n_episodes, clients=clients)


def build_course_clinic(choose: Choose, *, n_episodes: int, clients: Any) -> tuple[Tables, Row]:
    """A clinic with all of that, by these choices."""
    tables, parameters = build_clinic(choose, n_episodes=n_episodes, clients=clients)
    added: Tables = {
        "stg_clients": [
            {"client_id": client, "birth_date": choose([None, date(1980, 5, 1), young, young])}
            for client in clients
            for young in [_young(choose)]
        ],
        "stg_diagnoses": [],
        "stg_goals": [],
        "stg_goal_ratings": [],
        "stg_responses": [],
    }
    tables["ref_instruments"] = [
        *tables["ref_instruments"],
        *(complete_row("ref_instruments", row) for row in GOAL_INSTRUMENTS),
    ]
    for programme in tables["stg_programmes"]:
        programme["planned_sessions"] = choose([None, 2, 3, 4])
        listed = programme["instruments"] or []
        programme["instruments"] = [*listed, *choose([[], ["gbo"], ["gas", "gbo"]])]
    for episode in tables["stg_episodes"]:
        episode["referred_on"] -= timedelta(days=choose(WAIT_DAYS))
        if episode["end_reason"] is not None:
            episode["end_reason"] = choose(END_REASONS)
        _add_diagnoses(choose, added, episode)
        _add_goal(choose, added, episode)
        _add_own_measures(choose, added, tables, episode)
        if choose([False, False, True]):
            _miss_the_last(choose, tables, episode)
    for table, rows in added.items():
        complete = [complete_row(table, row, key=scrambled_key) for row in rows]
        tables[table] = [*tables.get(table, []), *complete]
    parameters = {
        **parameters,
        "dropout_return_days": choose([60, 60, 7]),
        "protocol_sessions": choose([0, 3]),
    }
    return tables, parameters


def _young(choose: Choose) -> date:
    """Eighteen on the first possible day of referral, or a day or some months off it."""
    return date(2006, 11, 28) + timedelta(days=choose([0, 1, -1, 34, 65, -42]))


def _add_diagnoses(choose: Choose, added: Tables, episode: Row) -> None:
    codes = choose([(), (choose(CODES),), (choose(CODES),), ("F40.1", "F32.0")])
    for code in codes:
        added["stg_diagnoses"].append(
            {
                "episode_id": episode["episode_id"],
                "code": code,
                "role": choose(["primary", "primary", "secondary"]),
                "recorded_on": episode["referred_on"] + timedelta(days=choose([0, 0, 1])),
            }
        )


def _add_goal(choose: Choose, added: Tables, episode: Row) -> None:
    if not choose([False, True]):
        return
    name = f"goal-{episode['episode_id']}"
    day = episode["started_on"] or episode["referred_on"]
    goal = {"goal_id": name, "episode_id": episode["episode_id"], "set_on": day}
    added["stg_goals"].append({**goal, "kind": choose(["gbo", "gbo", "gas"])})
    for after, values in ((0, (2, 5)), (choose([0, 14, 33]), (2, 4, 5, 8))):
        rating = {"goal_id": name, "rated_by": choose(["client", "client", "therapist"])}
        points = choose(values)
        moment = {"rated_on": day + timedelta(days=after), "value_points": points}
        if not any(
            (one["goal_id"], one["rated_on"]) == (name, moment["rated_on"])
            for one in added["stg_goal_ratings"]
        ):
            added["stg_goal_ratings"].append({**rating, **moment})


def _add_own_measures(choose: Choose, added: Tables, tables: Tables, episode: Row) -> None:
    """The pair, the problem's own measure, that of functioning: at the first day and a later one."""
    days = [session["scheduled_on"] for session in _own_sessions(tables, episode)]
    if not days:
        return
    ends_on = episode["ended_on"] or days[-1]
    later = max([day for day in days if day <= ends_on], default=days[0])
    forms = (("phq9", "ors"), ("phq9", "ors", "gad7"), ("phq9", "wsas", "gad7"), ("ors",), ())
    for instrument_id in choose(forms):
        for place, day in enumerate([days[0], max(later, days[0] + timedelta(days=1))]):
            points = OWN_POINTS[instrument_id]
            added["stg_responses"].append(
                {
                    "response_id": f"own-{episode['episode_id']}-{instrument_id}-{place}",
                    "client_id": episode["client_id"],
                    "episode_id": episode["episode_id"],
                    "instrument_id": instrument_id,
                    "administered_on": day,
                    "respondent": choose(["client"] * 5 + ["parent"]),
                    "total_score": choose([*points[: 3 if place == 0 else None], points[0], None]),
                }
            )


def _own_sessions(tables: Tables, episode: Row) -> list[Row]:
    own = [one for one in tables["stg_sessions"] if one["episode_id"] == episode["episode_id"]]
    return sorted(own, key=lambda one: one["scheduled_on"])


def _miss_the_last(choose: Choose, tables: Tables, episode: Row) -> None:
    for session in _own_sessions(tables, episode)[-1:]:
        for row in tables["stg_attendances"]:
            if row["session_id"] == session["session_id"]:
                row["status"] = choose(["no_show", "cancelled", "clinic_cancelled"])
