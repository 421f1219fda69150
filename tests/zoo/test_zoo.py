"""No file of the zoo crashes, loses a good row, goes uncounted, or gets another message."""

import pytest

from tests.zoo.specimens import FAMILIES, SECRET
from tests.zoo.visit import TOLD, Visit, page, told, visit

SPECIMENS = {name: each for family in FAMILIES.values() for name, each in family.items()}


@pytest.fixture(scope="session")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    return visit(tmp_path_factory.mktemp("zoo"))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_user_is_told_what_is_written_down(visited: Visit, family: str) -> None:
    # Changed on purpose? `python -m tests.zoo` writes it down anew.
    assert page(family, visited) == (TOLD / f"{family}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SPECIMENS)
def test_no_good_row_is_lost_beside_a_bad_one(visited: Visit, name: str) -> None:
    specimen = SPECIMENS[name]
    assert set(specimen.kept) <= visited.in_use[specimen.table]


def test_nothing_else_comes_into_use(visited: Visit) -> None:
    made = {key for each in SPECIMENS.values() for key in each.kept}
    packed = {key for key in visited.in_use["clients"] if key.startswith("A30-")}
    # Of the packed file that breaks off, what came before.
    assert 1_000 < len(packed) < 3_000
    others = set().union(*visited.in_use.values()) - packed
    assert others - made == {"F5", "F10"}


@pytest.mark.parametrize("name", SPECIMENS)
def test_every_row_is_accounted_for_and_no_value_is_told(visited: Visit, name: str) -> None:
    found = visited.findings[name]
    n_delivered = sum(table.n_delivered for table in found.tables)
    assert sum(visited.accounts[name].values()) == n_delivered
    assert not any(SECRET in line for line in found.lines())
    # Whatever is turned away has its reason, its place and what to do.
    n_quarantined = visited.accounts[name].get("quarantined", 0)
    lines = told(found)
    assert bool(lines) == bool(n_quarantined or found.unusable_files or found.rules)
    for rule in found.rules:
        assert rule.expected
        assert rule.what_to_do
