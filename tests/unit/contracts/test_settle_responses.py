"""One small example for each rule about which response and which answers are current."""

import pytest

from tests.property.settling_run import build
from tests.unit.contracts.small_deliveries import (
    PARENTS,
    R1,
    R2,
    R3,
    answer,
    answers_of,
    deletion,
    full,
    part,
    statuses,
    with_answers,
)

# ---------------------------------------------------------------- responses twice


@pytest.mark.parametrize(
    ("changed", "values", "ended"),
    [
        ({}, (2, 1), "quarantined"),
        ({"administered_at": "2024-02-10T10:00:59"}, (2, 1), "quarantined"),
        ({"administered_at": "2024-02-10T10:01"}, (2, 1), "accepted"),
        ({"respondent": "parent"}, (2, 1), "accepted"),
        ({"instrument_id": "gad7"}, (2, 1), "accepted"),
        ({}, (2, 2), "accepted"),
        ({}, (2,), "accepted"),
        ({}, (), "accepted"),
    ],
)
def test_the_same_answers_at_the_same_minute_are_one_response(changed, values, ended):
    second = {**R2, **changed}
    items = with_answers(R1, 2, 1) + with_answers(second, *values)
    built = build([full(0, **PARENTS, responses=[R1, second], response_items=items)])
    assert built.statuses["responses"] == {(0, 2): "accepted", (0, 3): ended}
    if ended == "quarantined":
        assert built.quarantine["responses", 0, 3] == {"responses.duplicate"}
        assert built.counts[0, "response_items", "quarantined"] == len(values)


def test_totals_alone_are_not_compared():
    rows = [{**row, "total_score": "9"} for row in (R1, R2)]
    assert statuses("responses", full(0, **PARENTS, responses=rows)) == ["accepted", "accepted"]


def test_the_id_that_was_delivered_first_stays_though_it_was_corrected_later():
    items = with_answers(R1, 2) + with_answers(R2, 2)
    first = part(0, **PARENTS, responses=[R2], response_items=items)
    built = build([first, part(1, responses=[R1, R2])])
    assert built.statuses["responses"] == {
        (0, 2): "superseded",
        (1, 2): "quarantined",
        (1, 3): "accepted",
    }


def test_a_duplicate_in_every_full_delivery_is_never_accepted():
    everything = {
        **PARENTS,
        "responses": [R1, R2],
        "response_items": with_answers(R1, 2) + with_answers(R2, 2),
    }
    built = build([full(day, **everything) for day in (0, 1, 2)])
    assert [row["response_id"] for row in built.staged["responses"]] == ["R1"]
    assert built.statuses["responses"][2, 3] == "quarantined"


def test_a_response_is_no_duplicate_of_a_withdrawn_one():
    items = with_answers(R1, 2) + with_answers(R2, 2)
    first = part(0, **PARENTS, responses=[R1, R2], response_items=items)
    named = part(1, deletions=[deletion("responses", "R1")])
    assert statuses("responses", first, named) == ["withdrawn", "accepted"]


# ---------------------------------------------------------------- answers

BASE = part(0, **PARENTS, responses=[R1], response_items=with_answers(R1, 3, 2, 1))


def test_a_delivery_with_any_answer_of_a_response_replaces_all_its_answers():
    built = build([BASE, part(1, response_items=[answer("R1", 2, 0)])])
    assert answers_of(built, "R1") == {2: 0}
    assert built.counts[0, "response_items", "superseded"] == 3


def test_a_bad_answer_is_a_missing_answer():
    built = build([BASE, part(1, response_items=[answer("R1", 1, 4), answer("R1", 2, 0)])])
    assert answers_of(built, "R1") == {2: 0}
    assert built.quarantine == {
        ("response_items", 1, 2): frozenset({"response_items.value.in_range"})
    }


@pytest.mark.parametrize("value", [4, -1, "many"])
@pytest.mark.parametrize("deliver", [part, full])
def test_a_delivery_of_only_bad_answers_replaces_none(deliver, value):
    built = build([BASE, deliver(1, response_items=[answer("R1", 1, value)])])
    assert answers_of(built, "R1") == {1: 3, 2: 2, 3: 1}
    assert built.counts[1, "response_items", "quarantined"] == 1


@pytest.mark.parametrize(
    ("item", "value", "reasons"),
    [
        (9, 3, set()),
        (9, "", set()),
        (9, 4, {"value.in_range"}),
        (10, 3, {"item.in_count"}),
        (10, "", {"item.in_count"}),
        (10, 4, {"item.in_count", "value.in_range"}),
    ],
)
def test_answers_lie_inside_their_instrument(item, value, reasons):
    items = [answer("R1", 1, 0), answer("R1", item, value)]
    built = build([full(0, **PARENTS, responses=[R1], response_items=items)])
    found = built.quarantine.get(("response_items", 0, 3), frozenset())
    assert found == {f"response_items.{reason}" for reason in reasons}


def test_an_answer_that_is_good_first_and_bad_later_in_its_file_is_missing():
    items = [answer("R1", 1, 0), answer("R1", 2, 1), answer("R1", 2, 4)]
    built = build([full(0, **PARENTS, responses=[R1], response_items=items)])
    assert answers_of(built, "R1") == {1: 0}
    assert set(built.quarantine) == {("response_items", 0, 4)}
    assert built.counts[0, "response_items", "superseded"] == 1


def test_an_answer_that_is_bad_first_and_good_later_in_its_file_is_only_superseded():
    items = [answer("R1", 1, 9), answer("R1", 2, 9), answer("R1", 1, 3)]
    built = build([full(0, **PARENTS, responses=[R1], response_items=items)])
    assert answers_of(built, "R1") == {1: 3}
    assert set(built.quarantine) == {("response_items", 0, 3)}
    assert built.counts[0, "response_items", "superseded"] == 1


def test_answers_of_a_response_that_is_not_accepted_are_orphans():
    missing = full(0, **PARENTS, responses=[R2], response_items=with_answers(R1, 1, 2))
    built = build([missing])
    assert built.quarantine == {
        ("response_items", 0, line): frozenset({"response_items.response_id.reference"})
        for line in (2, 3)
    }
    assert answers_of(build([missing, part(1, responses=[R1])]), "R1") == {1: 1, 2: 2}


def test_deleted_answers_are_withdrawn_one_by_one():
    named = part(1, deletions=[deletion("response_items", "R1|2")])
    built = build([BASE, named])
    assert answers_of(built, "R1") == {1: 3, 3: 1}
    assert built.counts[0, "response_items", "withdrawn"] == 1
    again = build([BASE, named, part(2, response_items=with_answers(R1, 0, 0))])
    assert answers_of(again, "R1") == {1: 0, 2: 0}


def test_answers_absent_from_a_later_full_delivery_are_withdrawn():
    built = build([BASE, full(1, responses=[R1, R2], response_items=[answer("R2", 1, 0)])])
    assert answers_of(built, "R1") == {}
    assert built.counts[0, "response_items", "withdrawn"] == 3


# ---------------------------------------------------------------- answers off their item's scale

ON_SCALE = "response_items.value.on_scale"


# Instrument, item, answer, and whether the item offers it.
ODD_AND_EVEN = (
    ("phq9", 1, "1.5", False),
    ("phq9", 1, "2", True),
    ("phq9", 1, "", True),
    # Marks of the ORS lie a tenth apart.
    ("ors", 1, "3.7", True),
    ("ors", 1, "3.75", False),
    # The first item of CSI-4 goes to 6, the others to 5.
    ("csi4", 1, "6", True),
    ("csi4", 2, "6", False),
    # Item 9 of AUDIT has 0, 2 and 4; RAS-30 has no 0.
    ("audit", 9, "2", True),
    ("audit", 9, "3", False),
    ("ras30", 1, "0", False),
    ("ras30", 1, "-1", True),
    # No score is made of its answers, so none is lost.
    ("psqi", 1, "1.5", True),
)


def test_an_answer_that_its_item_does_not_offer_is_counted_and_stays_in_use():
    named = list(enumerate(ODD_AND_EVEN))
    responses = [{**R1, "response_id": f"O{n}", "instrument_id": row[0]} for n, row in named]
    items = [answer(f"O{n}", item, value) for n, (_, item, value, _) in named]
    built = build([full(0, **PARENTS, responses=responses, response_items=items)])
    n_odd = sum(not is_offered for *_, is_offered in ODD_AND_EVEN)
    assert built.warnings == {(0, "response_items", ON_SCALE): n_odd}
    assert not built.quarantine
    assert built.counts[0, "response_items", "accepted"] == len(items)
    for n, (_, item, value, _) in named:
        assert answers_of(built, f"O{n}") == ({item: float(value)} if value else {})


def test_only_the_answers_in_use_are_warned_of():
    odd = answer("R1", 1, 1.5)
    items = [odd, answer("R1", 2, 0.5), odd, *with_answers(R2, 1.5), *with_answers(R3, 2.5)]
    first = part(
        0, **PARENTS, responses=[R1, R2, R3], response_items=[*items, answer("R9", 1, 1.5)]
    )
    # One answer is corrected, one withdrawn.
    deletions = [deletion("response_items", "R3|1")]
    later = part(1, response_items=with_answers(R2, 1), deletions=deletions)
    assert build([first, later]).warnings == {(0, "response_items", ON_SCALE): 2}
