"""Small random clinics with what an auditor asks for.

Risk answers and what was done about them; where clients were at sessions, and their therapists'
licences; consents to treatment.
"""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.property.clinics import CLIENTS, START, Choose, Row, Tables, build_clinic
from tests.table_rows import complete_row, scrambled_key

RISK_ITEMS = (
    {"instrument_id": "phq9", "item": 9, "from_points": 1},
    {"instrument_id": "gad7", "item": 3, "from_points": 2},
    {"instrument_id": "gad7", "item": 5, "from_points": 2},
    {"instrument_id": "wsas", "item": 1, "from_points": 1, "is_active": False},
)
STATES = ("NY", "NY", "CA", None)


@st.composite
def governed_clinics(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[Tables, Row]:
    """A clinic's staged tables and the parameters it is judged with."""

    def choose(options: Any) -> Any:
        return draw(st.sampled_from(options))

    return _govern(choose, *build_clinic(choose, n_episodes=choose(range(5)), clients=CLIENTS))


def random_governed_clinic(seed: int, *, n_episodes: int) -> tuple[Tables, Row]:
    """A larger clinic, always the same for a seed."""
    choose = Random(seed).choice
    clients = [f"c{number}" for number in range(n_episodes * 2 // 3)]
    return _govern(choose, *build_clinic(choose, n_episodes=n_episodes, clients=clients))


def _govern(choose: Choose, tables: Tables, parameters: Row) -> tuple[Tables, Row]:
    added: Tables = {"ref_safety_items": list(RISK_ITEMS), "stg_safety_actions": []}
    # Of which items a score is made plays no part here, but each must be of some.
    added["ref_instrument_scales"] = [
        {**scale, "item_numbers": [1, 3]} for scale in tables["ref_instrument_scales"]
    ]
    for response in tables["stg_responses"]:
        if choose([True, True, False]):
            response |= _answers(choose)
        for days in choose([(), (0,), (2,), (3,), (-1,), (-1, 1), (2, 3)]):
            acted_on = response["administered_on"] + timedelta(days=days)
            action = {"response_id": response["response_id"], "acted_on": acted_on}
            added["stg_safety_actions"].append(action)
    if not choose(range(6)):
        added["stg_safety_actions"] = []
    _place(choose, tables)
    clients = sorted({row["client_id"] for row in tables["stg_attendances"]})
    added["stg_clients"] = [
        {"client_id": client_id, "state": choose(STATES)}
        for client_id in clients
        if choose([True, True, False])
    ]
    added["stg_licences"] = _licences(choose) if choose(range(6)) else []
    added["stg_consents"] = tables["stg_consents"]
    if choose(range(6)):
        added["stg_consents"] = [*tables["stg_consents"], *_consents(choose, clients)]
    complete = {
        table: [complete_row(table, row, key=scrambled_key) for row in rows]
        for table, rows in added.items()
    }
    return {**tables, **complete}, {**parameters, "safety_action_days": choose([2, 2, 0])}


def _place(choose: Choose, tables: Tables) -> None:
    """Where clients were at sessions, and which programmes need a licence for it."""
    for programme in tables["stg_programmes"]:
        programme["licence_required"] = choose([True, True, False])
    for session in tables["stg_sessions"]:
        session["setting"] = choose(["video", "video", "phone", "in_person"])
    for attendance in tables["stg_attendances"]:
        attendance["client_state"] = choose(STATES)


def _licences(choose: Choose) -> list[Row]:
    """Some that overlap, some with gaps, around the days of the sessions."""
    return [
        {
            "therapist_id": therapist_id,
            "state": state,
            "valid_from": valid_from,
            "valid_to": valid_from + timedelta(days=days) if days else None,
        }
        for therapist_id in ("t1", "t2")
        for state in ("NY", "CA")
        for valid_from in choose([(), (START,), (START, START + timedelta(days=40))])
        for days in (choose([None, 7, 33, 60]),)
    ]


def _consents(choose: Choose, clients: list[str]) -> list[Row]:
    """To treatment and to disclosure, given and withdrawn on days of sessions."""
    return [
        {
            "client_id": client_id,
            "scope": scope,
            "given_on": given_on,
            "withdrawn_on": given_on + timedelta(days=days) if days is not None else None,
        }
        for client_id in clients
        for scope in ("treatment", "substance_use_disclosure")
        for given_on in choose([(), (START,), (START, START + timedelta(days=34))])
        for days in (choose([None, None, 0, 34, 65]),)
    ]


def _answers(choose: Choose) -> Row:
    items = [item for item in (1, 3, 5, 9) if choose([True, True, False])]
    answers = [float(choose([0, 0, 1, 2, 3])) for _ in items]
    return {"has_answers": True, "items": items, "answers": answers, "n_answers": len(items)}
