"""Small random clinics with what an auditor asks for: risk answers and what was done about them."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.property.clinics import CLIENTS, Choose, Row, Tables, build_clinic
from tests.table_rows import complete_row, scrambled_key

RISK_ITEMS = (
    {"instrument_id": "phq9", "item": 9, "from_points": 1},
    {"instrument_id": "gad7", "item": 3, "from_points": 2},
    {"instrument_id": "gad7", "item": 5, "from_points": 2},
    {"instrument_id": "wsas", "item": 1, "from_points": 1, "is_active": False},
)


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
    complete = {
        table: [complete_row(table, row, key=scrambled_key) for row in rows]
        for table, rows in added.items()
    }
    return {**tables, **complete}, {**parameters, "safety_action_days": choose([2, 2, 0])}


def _answers(choose: Choose) -> Row:
    items = [item for item in (1, 3, 5, 9) if choose([True, True, False])]
    answers = [float(choose([0, 0, 1, 2, 3])) for _ in items]
    return {"has_answers": True, "items": items, "answers": answers, "n_answers": len(items)}
