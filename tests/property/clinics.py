"""Small random clinics, with days and scores close to every boundary that a rule has."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.builders import complete_row, reference_rows, scrambled_key

Row = dict[str, Any]
START = date(2024, 11, 28)
INSTRUMENT_LISTS = ([], ["phq9", "gad7"], ["phq9", "pgi_c"], ["ors", "isi"], ["wsas", "unknown"])
# On both sides of the days at which a rule turns: 7, 14 and 90, and month ends.
STEPS = st.sampled_from([0, 0, 1, 3, 7, 8, 14, 15, 33, 34, 89, 90, 91])
POINTS = {
    "phq9": [0, 4, 5, 9, 10, 15, 16, 20, 27, 28],
    "gad7": [0, 3, 4, 7, 8, 11, 12, 21],
    "wsas": [9, 10, 40],
    "ors": [Decimal("19.6"), 20, Decimal("24.9"), 25, 30, 40],
    "pgi_c": [1, 2, 3, 7],
    "isi": [5, 15, 28],
}
STATUSES = ["attended"] * 6 + ["no_show", "cancelled", "late_cancelled", "clinic_cancelled"]
Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def clinics(draw: Draw) -> tuple[dict[str, list[Row]], Row]:
    """A clinic's staged tables and the parameters it is judged with."""
    tables: dict[str, list[Row]] = {
        "stg_programmes": [
            {
                "programme_id": f"p{number}",
                "track": "depression",
                "modality": draw(st.sampled_from(["individual", "group", "skills_group"])),
                "instruments": draw(st.sampled_from(INSTRUMENT_LISTS)),
                "measure_every_sessions": draw(st.integers(1, 3)),
            }
            for number in range(draw(st.integers(0, 2)))
        ],
        "stg_groups": [
            {
                "group_id": f"g{number}",
                "programme_id": draw(st.sampled_from(["p0", "p1"])),
                "lead_therapist_id": draw(st.sampled_from(["t1", "t2"])),
                "capacity": draw(st.integers(1, 8)),
                "starts_on": START + timedelta(days=draw(st.sampled_from([0, 33, 60]))),
                "ends_on": draw(st.sampled_from([None, date(2025, 3, 31), date(2025, 4, 15)])),
            }
            for number in range(draw(st.integers(0, 2)))
        ],
        "stg_episodes": [],
        "stg_memberships": [],
        "stg_sessions": [],
        "stg_attendances": [],
        "stg_responses": [],
    }
    for number in range(draw(st.integers(0, 5))):
        _add_episode(draw, tables, number)
    for group in tables["stg_groups"]:
        _add_group_sessions(draw, tables, group["group_id"])
    for number in range(draw(st.integers(0, 14)) if tables["stg_episodes"] else 0):
        _add_response(draw, tables, number)
    parameters = {
        "as_of_on": draw(st.sampled_from([date(2025, 5, 30), date(2025, 5, 31), date(2025, 7, 1)])),
        "first_score_days": 14,
        "derived_end_days": 90,
    }
    complete = {
        table: [complete_row(table, row, key=scrambled_key) for row in rows]
        for table, rows in tables.items()
    }
    return {**reference_rows(), **complete}, parameters


def _add_episode(draw: Draw, tables: dict[str, list[Row]], number: int) -> None:
    referred_on = START + timedelta(days=draw(st.integers(0, 120)))
    started_on = draw(st.sampled_from([None, referred_on, referred_on + timedelta(days=20)]))
    ended_on = None
    if draw(st.booleans()):
        ended_on = (started_on or referred_on) + timedelta(days=draw(st.integers(0, 100)))
    episode: Row = {
        "episode_id": f"e{number}",
        "client_id": draw(st.sampled_from(["c1", "c2", "c3"])),
        "programme_id": draw(st.sampled_from(["p0", "p1"])),
        "therapist_id": draw(st.sampled_from(["t1", "t2"])),
        "referred_on": referred_on,
        "started_on": started_on,
        "ended_on": ended_on,
        "end_reason": draw(st.sampled_from(["completed", "dropped_out", None])),
    }
    tables["stg_episodes"].append(episode)
    day = started_on or referred_on
    for count in range(draw(st.integers(0, 4))):
        session_id = f"s{number}-{count}"
        tables["stg_sessions"].append(
            {
                "session_id": session_id,
                "episode_id": episode["episode_id"],
                "therapist_id": draw(st.sampled_from(["t1", "t2"])),
                "scheduled_on": day,
            }
        )
        for client_id in {episode["client_id"], draw(st.sampled_from(["c1", "c2", "c3"]))}:
            if draw(st.integers(0, 9)):
                status = draw(st.sampled_from(STATUSES))
                tables["stg_attendances"].append(
                    {"session_id": session_id, "client_id": client_id, "status": status}
                )
        day += timedelta(days=draw(STEPS))
    for group in tables["stg_groups"]:
        if draw(st.booleans()):
            joined_on = referred_on + timedelta(days=draw(STEPS))
            tables["stg_memberships"].append(
                {
                    "group_id": group["group_id"],
                    "client_id": episode["client_id"],
                    "episode_id": episode["episode_id"],
                    "joined_on": joined_on,
                    "left_on": draw(
                        st.sampled_from([None, joined_on, joined_on + timedelta(days=34)])
                    ),
                }
            )


def _add_group_sessions(draw: Draw, tables: dict[str, list[Row]], group_id: str) -> None:
    day = START + timedelta(days=draw(st.integers(0, 60)))
    for count in range(draw(st.integers(0, 4))):
        session_id = f"{group_id}-{count}"
        tables["stg_sessions"].append(
            {
                "session_id": session_id,
                "group_id": group_id,
                "therapist_id": draw(st.sampled_from(["t1", "t2"])),
                "scheduled_on": day,
            }
        )
        for client_id in ("c1", "c2", "c3"):
            if draw(st.booleans()):
                status = draw(st.sampled_from(STATUSES))
                tables["stg_attendances"].append(
                    {"session_id": session_id, "client_id": client_id, "status": status}
                )
        day += timedelta(days=draw(STEPS))


def _add_response(draw: Draw, tables: dict[str, list[Row]], number: int) -> None:
    """Mostly close to a session of its episode, so that firsts and lasts are found."""
    episode = draw(st.sampled_from(tables["stg_episodes"]))
    held = [
        session["scheduled_on"]
        for session in tables["stg_sessions"]
        if session.get("episode_id") == episode["episode_id"]
    ]
    day = draw(st.sampled_from([episode["referred_on"], *held]))
    day += timedelta(days=draw(st.sampled_from([-7, 0, 0, 0, 7, 8, 14, 15])))
    instrument_id = draw(st.sampled_from(["phq9", "phq9", "gad7", "gad7", *sorted(POINTS)]))
    tables["stg_responses"].append(
        {
            "response_id": f"r{number}",
            "client_id": episode["client_id"],
            "episode_id": draw(st.sampled_from([episode["episode_id"]] * 4 + [None])),
            "instrument_id": instrument_id,
            "administered_at": datetime.combine(day, time(draw(st.sampled_from([9, 9, 17])))),
            "respondent": draw(st.sampled_from(["client"] * 5 + ["parent"])),
            "total_score": draw(st.sampled_from([*POINTS[instrument_id], None])),
        }
    )
