"""Small deliveries of made-up rows, and how their rows ended."""

from collections.abc import Sequence
from datetime import date

from tests.property.generated_deliveries import GOOD
from tests.property.settling_export import Cells, Delivery
from tests.property.settling_run import Built, build

C1, C2 = GOOD["clients"]
E1, E2 = GOOD["episodes"]
R1, R2, R3 = GOOD["responses"]
PARENTS = {
    table: GOOD[table]
    for table in ("clients", "therapists", "programmes", "groups", "episodes", "sessions")
}
DAYS = [date(2024, 3, day) for day in (1, 2, 3, 4)]


def full(day: int, **files: Sequence[Cells]) -> Delivery:
    """A delivery of everything there is in its tables."""
    return Delivery(DAYS[day], True, files)


def part(day: int, **files: Sequence[Cells]) -> Delivery:
    """A delivery of what is new or changed."""
    return Delivery(DAYS[day], False, files)


def deletion(table: str, key: str) -> Cells:
    """A row of `deletions`."""
    return {"table": table, "key": key}


def answer(response_id: str, item: int, value: object) -> Cells:
    """A row of `response_items`."""
    return {"response_id": response_id, "item": str(item), "value": str(value)}


def statuses(table: str, *deliveries: Delivery) -> list[str]:
    """How the rows of a table ended, in the order of deliveries and lines."""
    found = build(deliveries).statuses[table]
    return [found[place] for place in sorted(found)]


def answers_of(built: Built, response_id: str) -> dict[int, float]:
    """The answers in use, by item."""
    (row,) = [row for row in built.staged["responses"] if row["response_id"] == response_id]
    return dict(zip(row["items"] or [], row["answers"] or [], strict=True))


def with_answers(response: Cells, *values: float) -> list[Cells]:
    """The answers of a response, one per item."""
    return [answer(response["response_id"], item, n) for item, n in enumerate(values, start=1)]
