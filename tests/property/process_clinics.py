"""Small random clinics with ratings of the work: alliance, cohesion, satisfaction, verdicts.

The clinics of `clinics.py` with more responses, close to every boundary that these rules have: the
alert, a fall of exactly one SD, the sessions of the window, equal moments, two ratings of one
session, ratings after the end.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.builders import PARAMETERS
from tests.made_up_catalogue import reference_rows
from tests.property.clinics import CLIENTS, Choose, Row, Tables, build_clinic
from tests.table_rows import complete_row, scrambled_key

INSTRUMENTS: tuple[Row, ...] = tuple(
    {"purpose": "process", "direction": "higher_better", **row}
    for row in (
        {
            "instrument_id": "wai_sr",
            "domain": "alliance",
            "total_min_points": 12,
            "total_max_points": 60,
        },
        {
            "instrument_id": "srs",
            "domain": "alliance",
            "total_min_points": 0,
            "total_max_points": 40,
        },
        {
            "instrument_id": "gsrs",
            "domain": "alliance",
            "subdomain": "group_cohesion",
            "total_min_points": 0,
            "total_max_points": 40,
        },
        {
            "instrument_id": "conflict",
            "domain": "alliance",
            "subdomain": "group_cohesion",
            "direction": "higher_worse",
            "total_min_points": 0,
            "total_max_points": 6,
        },
        {
            "instrument_id": "climate",
            "domain": "alliance",
            "subdomain": "group_cohesion",
            "direction": "scale_specific",
            "total_min_points": 0,
            "total_max_points": 6,
        },
        {
            "instrument_id": "csq8",
            "domain": "experience",
            "total_min_points": 8,
            "total_max_points": 32,
        },
    )
)
SCALES: tuple[Row, ...] = tuple(
    {
        "instrument_id": row["instrument_id"],
        "min_points": row["total_min_points"],
        "max_points": row["total_max_points"],
    }
    for row in INSTRUMENTS
)
THRESHOLDS: tuple[Row, ...] = (
    {"instrument_id": "srs", "kind": "alert", "points": 36, "op": "<", "use": "reference"}
    | {"is_active": False},
    {"instrument_id": "conflict", "kind": "alert", "points": 4, "op": ">="},
    # Nobody verified it, so it is no alert.
    {"instrument_id": "gsrs", "kind": "alert", "points": 30, "op": "<", "status": "unverified"}
    | {"is_active": False},
    {"instrument_id": "pgi_c", "kind": "responder", "points": 2, "op": "<="},
)
NORMS: tuple[Row, ...] = (
    {"instrument_id": "srs", "population": "non_clinical", "sd_points": 4},
    {"instrument_id": "srs", "population": "clinical", "sd_points": Decimal("1.5")},
    {"instrument_id": "gsrs", "population": "clinical", "sd_points": 2, "status": "unverified"},
    {"instrument_id": "conflict", "population": "reference", "sd_points": 1},
)
POINTS: dict[str, tuple[Any, ...]] = {
    "wai_sr": (60, 48, 47, 40, 12, 61),
    "srs": (40, 36, Decimal("35.9"), Decimal("38.5"), Decimal("34.4"), 37, 41),
    "gsrs": (40, 38, 36, 30, 0),
    "conflict": (0, 1, 2, 3, 4, 6),
    "climate": (3, 4),
    "csq8": (32, 31, 24, 8, 7),
    "pgi_c": (1, 2, 3, 7, 8, Decimal("1.5")),
}
IN_GROUPS = ("gsrs", "conflict", "climate")


def process_references() -> Tables:
    """The reference rows of the builders with those of the instruments above."""
    base = reference_rows()
    return {
        table: [*base.get(table, []), *(complete_row(table, row) for row in rows)]
        for table, rows in (
            ("ref_instruments", INSTRUMENTS),
            ("ref_instrument_scales", SCALES),
            ("ref_thresholds", THRESHOLDS),
            ("ref_norms", NORMS),
        )
    }


@st.composite
def process_clinics(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[Tables, Row]:
    """A clinic's staged tables and the parameters it is judged with."""

    def choose(options: Any) -> Any:
        return draw(st.sampled_from(options))

    tables, parameters = build_clinic(choose, n_episodes=choose(range(6)), clients=CLIENTS)
    return with_process(choose, tables, parameters)


def random_process_clinic(seed: int, *, n_episodes: int) -> tuple[Tables, Row]:
    """A larger clinic, always the same for a seed."""
    choose = Random(seed).choice
    clients = [f"c{number}" for number in range(n_episodes * 2 // 3)]
    tables, parameters = build_clinic(choose, n_episodes=n_episodes, clients=clients)
    return with_process(choose, tables, parameters)


def with_process(choose: Choose, tables: Tables, parameters: Row) -> tuple[Tables, Row]:
    """The clinic with ratings of the work, co-therapists, closed groups and a reference period."""
    if choose([True, True, True, False]):
        tables = _with_group_life(choose, tables)
    added: list[Row] = []
    for episode in tables["stg_episodes"]:
        added += _of_course(choose, tables, episode)
    for attendance in tables["stg_attendances"]:
        added += _of_group_session(choose, tables, attendance)
    responses = [
        complete_row("stg_responses", {"response_id": f"w{number}", **row}, key=scrambled_key)
        for number, row in enumerate(added)
    ]
    groups = [
        {
            **row,
            "co_therapist_id": choose([None, "t2"]),
            "enrolment": choose(["open", "closed"]),
            "programme_id": choose([row["programme_id"]] * 3 + ["p9"]),
        }
        for row in tables["stg_groups"]
    ]
    period = choose([(None, None), (date(2024, 12, 1), date(2025, 2, 28))])
    return (
        {
            **tables,
            **process_references(),
            "stg_groups": groups,
            "stg_responses": [*tables["stg_responses"], *responses],
        },
        {
            **PARAMETERS,
            **parameters,
            "reference_starts_on": period[0],
            "reference_ends_on": period[1],
            "reference_minimum_scores": choose([2, 3]),
        },
    )


def _with_group_life(choose: Choose, tables: Tables) -> Tables:
    """A group that meets week by week: members come and go, stay away, cancel, or are forgotten."""
    group = {
        "group_id": "g-weekly",
        "programme_id": choose(["p0", "p1"]),
        "lead_therapist_id": "t1",
        "capacity": choose([2, 8]),
        "starts_on": date(2025, 1, 6),
        "ends_on": choose([None, date(2025, 2, 3), date(2025, 12, 31)]),
    }
    members, sessions, attendances = [], [], []
    for episode in tables["stg_episodes"]:
        joined_on = date(2025, 1, 6) + timedelta(days=choose([0, 7, 8, -1]))
        for again in choose([(0,), (0,), (), (0, 5), (0, 40)]):
            from_on = joined_on + timedelta(days=again)
            members.append(
                {
                    "group_id": "g-weekly",
                    "client_id": episode["client_id"],
                    "episode_id": episode["episode_id"],
                    "joined_on": from_on,
                    "left_on": choose(
                        [None, from_on, from_on + timedelta(days=choose([7, 14, 30]))]
                    ),
                }
            )
    here = sorted({one["client_id"] for one in members})
    n_weeks = choose([5, 4, 0])
    # The last dates are called off: illness of who leads, or spare dates that nobody needed.
    n_met = n_weeks - choose([0, 1, 2])
    for week in range(n_weeks):
        session_id = f"s-weekly-{week}"
        day = date(2025, 1, 6) + timedelta(days=7 * week)
        sessions.append(
            {
                "session_id": session_id,
                "group_id": "g-weekly",
                "therapist_id": choose(["t1", "t2"]),
                "scheduled_on": day,
            }
        )
        what = choose(["usual", "usual", "usual", "cancelled", "unrecorded", "nobody"])
        if week >= n_met:
            what = choose(["cancelled", "unrecorded"])
        for client_id in here if what != "unrecorded" else []:
            status = {
                "usual": ["attended"] * 4 + ["no_show", "cancelled", "late_cancelled", None],
                "cancelled": ["clinic_cancelled", "clinic_cancelled", "cancelled", "no_show"],
                "nobody": ["no_show", "late_cancelled", "cancelled"],
            }[what]
            row = {"session_id": session_id, "client_id": client_id, "status": choose(status)}
            if row["status"] is not None:
                attendances.append(row)
    new = {
        "stg_groups": [group],
        # Its key is group, client and first day.
        "stg_memberships": list(
            {(one["client_id"], one["joined_on"]): one for one in members}.values()
        ),
        "stg_sessions": sessions,
        "stg_attendances": attendances,
    }
    return {
        **tables,
        **{
            table: [
                *tables[table],
                *(complete_row(table, row, key=scrambled_key) for row in rows),
            ]
            for table, rows in new.items()
        },
    }


def _of_course(choose: Choose, tables: Tables, episode: Row) -> list[Row]:
    """Ratings on and around the days of the course's own sessions."""
    days = [
        session["scheduled_on"]
        for session in tables["stg_sessions"]
        if session["episode_id"] == episode["episode_id"]
    ] or [episode["referred_on"]]
    found = []
    for instrument_id in choose([("srs",), ("wai_sr", "csq8"), ("srs", "csq8", "pgi_c"), ()]):
        for day in days:
            given_on = day + timedelta(days=choose([0, 0, 0, -1, 1, 90]))
            found.append(
                {
                    "client_id": episode["client_id"],
                    "episode_id": choose([episode["episode_id"]] * 9 + [None]),
                    "instrument_id": instrument_id,
                    "administered_at": datetime.combine(given_on, time(choose([9, 9, 17]))),
                    "respondent": choose(["client"] * 6 + ["therapist"]),
                    "total_score": choose([*POINTS[instrument_id], None]),
                }
            )
    return found


def _of_group_session(choose: Choose, tables: Tables, attendance: Row) -> list[Row]:
    """What somebody said of a group's session, now and then twice, naming it or not."""
    session = next(
        one for one in tables["stg_sessions"] if one["session_id"] == attendance["session_id"]
    )
    if session["group_id"] is None:
        return []
    found = []
    for _ in range(choose([1, 1, 1, 0, 2])):
        instrument_id = choose(IN_GROUPS)
        moment = datetime.combine(session["scheduled_on"], time(choose([9, 9, 17])))
        found.append(
            {
                "client_id": attendance["client_id"],
                "episode_id": None,
                "session_id": choose([session["session_id"], None]),
                "instrument_id": instrument_id,
                "administered_at": moment + timedelta(days=choose([0, 0, 0, 1])),
                "respondent": choose(["client"] * 6 + ["therapist"]),
                "total_score": choose([*POINTS[instrument_id], None]),
            }
        )
    return found
