"""A source whose reversed items are turned once too often is told, from the delivery on."""

from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.warehouse.rehearsal import check_delivery
from tests.unit.warehouse.test_turned_feeds import THERAPISTS

N_FORMS = 30
# CORE-10, whose items 2 and 3 run against the others.
TURNED_ITEMS = (2, 3)


def delivery(folder: Path, *, is_turned: bool, n_forms: int = N_FORMS) -> Path:
    """Forms of as many clients, ill to different degrees."""
    folder.mkdir()
    clients = "".join(f"C{number},2024-01-01\n" for number in range(n_forms))
    (folder / "clients.csv").write_text(f"client_id,registered_on\n{clients}")
    (folder / "therapists.csv").write_text(THERAPISTS)
    rows = "".join(
        f"R{number},C{number},core10,2024-02-01T10:00:00,client\n" for number in range(n_forms)
    )
    head = "response_id,client_id,instrument_id,administered_at,respondent\n"
    (folder / "responses.csv").write_text(head + rows)
    given = "".join(
        f"R{number},{item},{level if is_turned or item not in TURNED_ITEMS else 4 - level}\n"
        for number in range(n_forms)
        for level in [number % 5]
        for item in range(1, 11)
    )
    (folder / "response_items.csv").write_text(f"response_id,item,value\n{given}")
    return folder


@pytest.mark.parametrize(
    ("is_turned", "n_forms", "is_told"),
    [(True, N_FORMS, True), (False, N_FORMS, False), (True, N_FORMS - 1, False)],
)
def test_check_tells_it_with_source_count_and_remedy(
    tmp_path: Path, is_turned: bool, n_forms: int, is_told: bool
) -> None:
    home = Home.create(tmp_path / "home", salt="s")
    folder = delivery(tmp_path / "2024-03-01", is_turned=is_turned, n_forms=n_forms)
    found = check_delivery(folder, home=home, mode=None, delivered_on=None, source="inbox")
    told = (
        "The reversed items of core10 do not fit what inbox delivers.\n"
        "  where: clinic.toml, [sources.inbox] items_already_reversed\n"
        "  expected: plain and reversed items, as scored, rise and fall together\n"
        "  found: they go against each other over 30 whole forms\n"
        "  what to do: compare a printed form with what was delivered; name the instrument there if"
        " the source turns its items already, take it out if not"
    )
    assert found.warnings == ([told] if is_told else [])
    # It is no row's fault.
    assert found.is_clean
