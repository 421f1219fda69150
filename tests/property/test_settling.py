"""Every delivered row ends as a plain reading of the documents says, whatever was delivered."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.crowded_deliveries import RULES, crowded_delivery
from tests.property.generated_deliveries import build_deliveries
from tests.property.settling_export import COLUMNS, KEYS, Delivery
from tests.property.settling_oracle import Settled, settle
from tests.property.settling_run import Built, build

EXAMPLES = 20
SEEDS = range(8)


@st.composite
def delivery_sets(draw: Callable[[st.SearchStrategy[Any]], Any]) -> list[Delivery]:
    """Deliveries for Hypothesis to search and to shrink."""
    return build_deliveries(lambda options: draw(st.sampled_from(options)))


def assert_settled(built: Built, expected: Settled) -> None:
    """The same status for every row, the same reasons, and the same content in use."""
    for table, rows in expected.rows.items():
        if table != "response_items":
            wanted = {row.place: row.status for row in rows}
            assert built.statuses[table] == wanted, table
    everything = [row for rows in expected.rows.values() for row in rows]
    assert {place: set(reasons) for place, reasons in built.quarantine.items()} == {
        (row.table, *row.place): row.errors for row in everything if row.status == "quarantined"
    }
    assert built.counts == Counter((row.rank, row.table, row.status) for row in everything)
    assert built.warnings == Counter(
        (row.rank, row.table, rule)
        for row in everything
        if row.status == "accepted"
        for rule in row.warnings
    )
    for table, rows in built.staged.items():
        assert_content(table, rows, expected)


def assert_content(table: str, rows: list[dict[str, Any]], expected: Settled) -> None:
    """The accepted rows of a table, column by column, with the answers of responses."""
    keys = [tuple(row[name] for name in KEYS[table]) for row in rows]
    assert len(set(keys)) == len(keys), f"{table} has a key twice"
    assert set(keys) == set(expected.current[table]), table
    for key, row in zip(keys, rows, strict=True):
        wanted = expected.current[table][key].values
        compared = set(COLUMNS[table]) & set(row) - {"licence_required"}
        assert {name: row[name] for name in compared} == {name: wanted[name] for name in compared}
        if table == "responses":
            answers = dict(zip(row["items"] or [], row["answers"] or [], strict=True))
            assert list(answers) == sorted(answers)
            assert row["n_answers"] == len(answers)
            assert answers == expected.answers.get(key[0], {})


def check(delivered: Sequence[Delivery]) -> None:
    """Settle the deliveries twice, by the pipeline and by the second calculation."""
    built = build(delivered)
    assert_settled(built, settle([delivered[number] for number in built.order]))


@settings(max_examples=EXAMPLES)
@given(delivery_sets())
def test_every_row_ends_as_the_documents_say(delivered: list[Delivery]) -> None:
    check(delivered)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_row_of_a_longer_set_ends_as_the_documents_say(seed: int) -> None:
    check(build_deliveries(random.Random(seed).choice))


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_rows_that_contradict_each_other_end_as_the_documents_say(seed: int) -> None:
    delivered = [crowded_delivery(random.Random(seed).choice)]
    built = build(delivered)
    assert_settled(built, settle(delivered))
    broken = {reason for reasons in built.quarantine.values() for reason in reasons}
    assert broken | {rule_id for _, _, rule_id in built.warnings} >= RULES


@settings(max_examples=5)
@given(delivery_sets(), st.randoms(use_true_random=False))
def test_the_order_of_landing_makes_no_difference(
    delivered: list[Delivery], chance: random.Random
) -> None:
    shuffled = list(range(len(delivered)))
    chance.shuffle(shuffled)
    assert build(delivered).contents == build(delivered, shuffled).contents
