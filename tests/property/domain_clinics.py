"""Random clinics with goals, milestones and measures of many domains of success.

The clinics of `clinics.py`, with what only the domains need put on top: goals and ratings around
every day that a rule turns on, and questionnaires of clients, parents and teachers, with and
without a rule.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.property.clinics import CLIENTS, Choose, Row, Tables, build_clinic
from tests.table_rows import complete_row, scrambled_key

# Beside those of the builders: one for the people around a child, one about the work, one that
# stands in for what it does not measure, one that only screens, and one without a total, of whose
# two scales one has no better end.
INSTRUMENTS: tuple[Row, ...] = (
    {"instrument_id": "sdq", "domain": "family_child", "total_max_points": 40},
    {"instrument_id": "score15", "domain": "family_child", "total_max_points": 75},
    {
        "instrument_id": "wai_sr",
        "domain": "alliance",
        "direction": "higher_better",
        "purpose": "process",
        "total_max_points": 60,
    },
    {
        "instrument_id": "ras30",
        "domain": "assertiveness",
        "subdomain": "boundaries_proxy",
        "direction": "higher_better",
        "total_min_points": -90,
        "total_max_points": 90,
    },
    {"instrument_id": "phq2", "purpose": "screen", "total_max_points": 6},
    {
        "instrument_id": "brief_cope",
        "domain": "behaviour_change",
        "direction": None,
        "n_items": 2,
        "item_min_points": 1,
        "item_max_points": 8,
        "total_min_points": None,
    },
)
PARTS: tuple[Row, ...] = (
    {"scale": "planning", "item_numbers": [1], "weights": [1.0, 0.0], "direction": "higher_better"},
    {"scale": "humour", "item_numbers": [2], "weights": [0.0, 1.0], "direction": None},
)
POINTS: dict[str, tuple[int, ...]] = {
    "sdq": (20, 16, 15, 24, 25),
    "score15": (40, 30, 30),
    "wai_sr": (40, 40, 41, 39),
    "ras30": (-10, 0, 10),
    "phq2": (6, 0),
    "pgi_c": (1, 2, 3, 4, 5, 6, 7),
    "brief_cope": (1, 3, 6, 8),
}
# Whose rule decides a change: never the same for two instruments of one domain.
BASES = {"sdq": "published", "score15": "clinic", "ors": "clinic_derived"}
RESPONDENTS = ("client", "parent", "teacher", "partner", "therapist")
RATINGS = {"gbo": (0, 2, 3, 5, 6, 10), "gas": (-2, -1, 0, 1, 2)}
DOMAINS = (None, "assertiveness", "personal_goals", "symptoms", "safety")


@st.composite
def domain_clinics(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[Tables, Row]:
    """A clinic's staged and reference tables, and the parameters it is judged with."""

    def choose(options: Any) -> Any:
        return draw(st.sampled_from(options))

    return build_domain_clinic(choose, n_episodes=choose(range(5)), clients=CLIENTS)


def random_domain_clinic(seed: int, *, n_episodes: int) -> tuple[Tables, Row]:
    """A larger clinic, always the same for a seed."""
    clients = [f"c{number}" for number in range(n_episodes * 2 // 3)]
    return build_domain_clinic(Random(seed).choice, n_episodes=n_episodes, clients=clients)


def build_domain_clinic(choose: Choose, *, n_episodes: int, clients: Any) -> tuple[Tables, Row]:
    """A clinic with goals, milestones and further measures, by these choices."""
    tables, parameters = build_clinic(choose, n_episodes=n_episodes, clients=clients)
    added: Tables = {
        "stg_goals": [],
        "stg_goal_ratings": [],
        "stg_milestones": [],
        "stg_responses": [],
    }
    for episode in tables["stg_episodes"]:
        for number in range(choose([0, 1, 2, 3])):
            _add_goal(choose, added, episode, f"goal-{episode['episode_id']}-{number}")
        for number in range(choose([0, 0, 1, 2])):
            _add_milestone(choose, added, episode, number)
        for _ in range(choose([1, 2, 0])):
            _add_pair(choose, added, episode)
    for table, rows in added.items():
        complete = [complete_row(table, row, key=scrambled_key) for row in rows]
        tables[table] = [*tables.get(table, []), *complete]
    tables["ref_instruments"] = [
        *tables["ref_instruments"],
        *(complete_row("ref_instruments", {"total_min_points": 0, **row}) for row in INSTRUMENTS),
    ]
    tables["ref_instrument_scales"] = [
        *tables["ref_instrument_scales"],
        *(
            complete_row("ref_instrument_scales", {"instrument_id": row["instrument_id"]})
            for row in INSTRUMENTS
            if row.get("total_min_points", 0) is not None
        ),
        *(
            complete_row(
                "ref_instrument_scales",
                {
                    "instrument_id": "brief_cope",
                    "n_items": 1,
                    "min_points": 1,
                    "max_points": 8,
                    **part,
                },
            )
            for part in PARTS
        ),
    ]
    rule = {"rule_id": "made_up", "rule_version": "1", "reliable_change_points": 5}
    tables["ref_outcome_rules"] = [
        *tables["ref_outcome_rules"],
        *(
            complete_row(
                "ref_outcome_rules",
                {**rule, "instrument_id": instrument_id, "respondent": respondent},
            )
            for instrument_id in ("sdq", "score15")
            for respondent in RESPONDENTS
        ),
        *(
            complete_row(
                "ref_outcome_rules",
                {**rule, "instrument_id": "brief_cope", "scale": part["scale"]},
            )
            for part in PARTS
        ),
    ]
    tables["ref_thresholds"] = [
        complete_row("ref_thresholds", row)
        for row in (
            {"kind": "responder", "points": 2, "op": "<=", "is_active": True},
            {"kind": "responder", "points": 3, "op": "<=", "is_active": False},
        )
        for row in [{"instrument_id": "pgi_c", "scale": "total", **row}]
    ]
    return tables, parameters


def _add_goal(choose: Choose, tables: Tables, episode: Row, goal_id: str) -> None:
    start = episode["started_on"] or episode["referred_on"]
    end = episode["ended_on"] or start + timedelta(days=40)
    set_on = start + timedelta(days=choose([0, 0, 14, 15, 20]))
    kind = choose(["gbo", "gas"])
    tables["stg_goals"].append(
        {
            "goal_id": goal_id,
            "episode_id": episode["episode_id"],
            "kind": kind,
            "domain": choose(DOMAINS),
            "weight": choose([None, 1, 2, Decimal("0.5"), 0]),
            "set_on": set_on,
            "closed_on": choose([None, None, end, end - timedelta(days=1)]),
        }
    )
    days = [
        *(set_on + timedelta(days=choose([0, 0, 14, 15])) for _ in range(choose([1, 1, 0]))),
        *(end + timedelta(days=choose([0, 0, -1, 1])) for _ in range(choose([1, 2, 0]))),
    ]
    moments = {datetime.combine(day, time(choose([9, 9, 17]))) for day in days}
    for moment in sorted(moments):
        tables["stg_goal_ratings"].append(
            {
                "goal_id": goal_id,
                "rated_at": moment,
                "rated_by": choose(["client"] * 7 + ["therapist"]),
                "value_points": choose(RATINGS[kind]),
            }
        )


def _add_milestone(choose: Choose, tables: Tables, episode: Row, number: int) -> None:
    end: date = episode["ended_on"] or episode["referred_on"]
    tables["stg_milestones"].append(
        {
            "milestone_id": f"m-{episode['episode_id']}-{number}",
            "episode_id": episode["episode_id"],
            "kind": choose(["boundary_set", "work_kept"]),
            "domain": choose(["assertiveness", "functioning", "safety"]),
            "observed_on": end + timedelta(days=choose([0, -1, 1])),
        }
    )


def _add_pair(choose: Choose, tables: Tables, episode: Row) -> None:
    instrument_id = choose(sorted(POINTS))
    start = episode["started_on"] or episode["referred_on"]
    end = episode["ended_on"] or start + timedelta(days=40)
    respondent = choose(RESPONDENTS) if choose([False, True]) else "client"
    for day in [start, end][: choose([2, 2, 2, 1])]:
        given = {"total_score": choose(POINTS[instrument_id])}
        if instrument_id == "brief_cope":
            answers = [float(choose(POINTS[instrument_id])) for _ in PARTS]
            answered = answers[: choose([2, 2, 2, 1])]
            given = {
                "items": list(range(1, len(answered) + 1)),
                "answers": answered,
                "n_answers": len(answered),
                "has_answers": True,
            }
        tables["stg_responses"].append(
            {
                "response_id": f"x{len(tables['stg_responses'])}",
                "client_id": episode["client_id"],
                "episode_id": episode["episode_id"],
                "instrument_id": instrument_id,
                "administered_at": datetime.combine(day, time(choose([9, 17]))),
                "respondent": respondent,
                **given,
            }
        )
