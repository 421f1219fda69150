"""One small example for each rule about which row is current."""

import pytest

from pipelines.errors import LostRowsError
from tests.property.generated_deliveries import GOOD
from tests.property.settling_export import Cells
from tests.property.settling_run import build
from tests.unit.contracts.small_deliveries import (
    C1,
    C2,
    E1,
    E2,
    PARENTS,
    R1,
    R3,
    answer,
    answers_of,
    deletion,
    full,
    part,
    statuses,
    with_answers,
)

BROKEN = {**C1, "registered_on": "soon"}
EVERYTHING = {
    **{table: rows for table, rows in GOOD.items() if table != "deletions"},
    "responses": [R1],
    "response_items": GOOD["response_items"][:2],
}


def test_the_row_of_the_latest_delivery_counts():
    later = {**C1, "language": "de"}
    built = build([part(1, clients=[later]), part(0, clients=[C1])])
    assert built.statuses["clients"] == {(0, 2): "superseded", (1, 2): "accepted"}
    assert [row["language"] for row in built.staged["clients"]] == ["de"]


def test_of_a_key_twice_in_a_file_the_later_line_counts():
    assert statuses("clients", full(0, clients=[C1, C2, C1])) == [
        "superseded",
        "accepted",
        "accepted",
    ]


def test_the_same_bytes_delivered_twice_on_a_day_are_two_rows_of_one_key():
    deliveries = [full(0, clients=[C1], therapists=GOOD["therapists"][:n]) for n in (1, 2)]
    assert statuses("clients", *deliveries) == ["superseded", "accepted"]


def test_a_broken_row_replaces_nothing_and_a_later_good_one_supersedes_it():
    assert statuses("clients", part(0, clients=[C1]), part(1, clients=[BROKEN])) == [
        "accepted",
        "quarantined",
    ]
    assert statuses("clients", part(0, clients=[BROKEN]), part(1, clients=[C1])) == [
        "superseded",
        "accepted",
    ]


def test_a_key_absent_from_a_later_full_delivery_is_withdrawn():
    assert statuses("clients", full(0, clients=[C1, C2]), full(1, clients=[C2])) == [
        "withdrawn",
        "superseded",
        "accepted",
    ]


@pytest.mark.parametrize("later", [part(1, clients=[C2]), full(1, therapists=GOOD["therapists"])])
def test_only_a_full_delivery_of_its_own_table_says_that_a_key_is_gone(later):
    assert statuses("clients", full(0, clients=[C1]), later)[0] == "accepted"


def test_a_key_that_is_there_in_a_broken_row_is_not_absent():
    assert statuses("clients", full(0, clients=[C1]), full(1, clients=[BROKEN])) == [
        "accepted",
        "quarantined",
    ]


def test_a_broken_row_whose_key_is_gone_leaves_the_quarantine():
    assert statuses("clients", full(0, clients=[BROKEN, C2]), full(1, clients=[C2]))[0] == (
        "withdrawn"
    )


def test_a_row_without_a_key_is_never_withdrawn():
    nameless = {**C1, "client_id": ""}
    assert statuses("clients", full(0, clients=[nameless, C2]), full(1, clients=[C2]))[0] == (
        "quarantined"
    )


def test_a_key_that_a_later_deletion_names_is_withdrawn_until_it_comes_again():
    first, named = part(0, clients=[C1]), part(1, deletions=[deletion("clients", "C1")])
    assert statuses("clients", first, named) == ["withdrawn"]
    assert statuses("clients", first, named, part(2, clients=[C1])) == ["superseded", "accepted"]
    assert statuses("clients", first, named, part(2, clients=[BROKEN])) == [
        "withdrawn",
        "quarantined",
    ]


def test_a_deletion_in_the_delivery_of_the_row_does_not_withdraw_it():
    both = part(0, clients=[C1], deletions=[deletion("clients", "C1")])
    assert statuses("clients", both) == ["accepted"]


def test_a_deleted_row_leaves_the_quarantine_too():
    later = part(1, deletions=[deletion("clients", "C1"), deletion("episodes", "E1")])
    orphaned = part(0, clients=[BROKEN], episodes=[E1])
    assert statuses("clients", orphaned, later) == ["withdrawn"]
    assert statuses("episodes", orphaned, later) == ["withdrawn"]


def test_an_orphan_is_quarantined_and_returns_with_its_parent():
    without = part(0, clients=[C2], episodes=[E1])
    assert statuses("episodes", without) == ["quarantined"]
    assert statuses("episodes", without, part(1, clients=[C1])) == ["accepted"]


def test_a_person_gone_from_all_tables_leaves_no_orphans_in_quarantine():
    both = full(0, clients=[C1, C2], episodes=[E1, E2])
    assert statuses("episodes", both, full(1, clients=[C2], episodes=[E2])) == [
        "withdrawn",
        "superseded",
        "accepted",
    ]


def test_keys_into_a_table_that_was_never_delivered_are_not_checked():
    built = build([full(0, clients=[C1], episodes=[E1])])
    assert built.statuses["episodes"] == {(0, 2): "accepted"}
    assert not built.warnings


def test_a_session_of_an_unknown_group_is_an_orphan_though_the_column_may_be_empty():
    session = {**GOOD["sessions"][0], "group_id": "G9"}
    built = build([full(0, **{**PARENTS, "sessions": [session]})])
    assert built.quarantine == {("sessions", 0, 2): frozenset({"sessions.group_id.reference"})}


@pytest.mark.parametrize("supervisor", ["T9", "T1"])
def test_an_optional_key_that_points_nowhere_is_read_as_empty(supervisor):
    therapists = [{**GOOD["therapists"][1], "supervisor_id": supervisor}]
    if supervisor == "T1":
        # There, but broken: exists means accepted.
        therapists.append({**GOOD["therapists"][0], "employed_from": "soon"})
    built = build([full(0, therapists=therapists)])
    assert [row["supervisor_id"] for row in built.staged["therapists"]] == [None]
    assert built.warnings == {(0, "therapists", "therapists.supervisor_id.reference"): 1}


@pytest.mark.parametrize(
    ("first", "second", "n_warned"),
    [
        ({}, {}, 1),
        ({"ended_on": "2024-02-02"}, {}, 1),
        ({"ended_on": "2024-02-01"}, {}, 0),
        ({}, {"client_id": "C2"}, 0),
    ],
)
def test_two_episodes_that_overlap_are_counted_and_used(first, second, n_warned):
    ended = {"end_reason": "other"} if first else {}
    later = {**E1, "episode_id": "E2", "referred_on": "2024-02-01", **second}
    built = build([full(0, **{**PARENTS, "episodes": [{**E1, **first, **ended}, later]})])
    assert built.warnings[0, "episodes", "episodes.overlap"] == n_warned
    assert len(built.staged["episodes"]) == 2


@pytest.mark.parametrize(("total", "n_warned"), [("18", 0), ("17", 1), ("", 0)])
def test_a_total_that_disagrees_with_its_answers_is_counted_and_used(total, n_warned):
    response = {**R1, "total_score": total}
    items = [answer("R1", item, 2) for item in range(1, 10)]
    built = build([full(0, **PARENTS, responses=[response], response_items=items)])
    assert built.warnings[0, "responses", "responses.total_agrees"] == n_warned
    assert len(built.staged["responses"]) == 1


# The answers of a form (None where it was skipped), delivered totals that agree, and others that do
# not. Where no total agrees and none disagrees, nothing can be computed.
MAAS = [4, *[3] * 14]
QIDS = [1, 3, 0, 2, 1, None, 2, 1, None, 0, 1, 2, 3, 1, 0, 2]
COMPARED = (
    # A mean of 46 / 15 = 3.0667, with as many places as the source likes, but no whole number.
    ("maas", MAAS, ["3.0667", "3.07", "3.1"], ["3.06", "3.0", "3", "4.5"]),
    # The highest answers of lists: max(1, 3, 0, 2) + 1 + max(2, 1) + 0 + 1 + 2 + 3 + 1 + max(0, 2),
    # with one of each pair blank. All answers together are 20.
    ("qids_sr16", QIDS, ["15"], ["20", "14", "15.5"]),
    ("qids_sr16", [1] * 16, ["9"], ["16"]),
    ("qids_sr16", [1] * 15, [], []),
    # Without the work item 14 * 5 / 4 = 17.5, perhaps rounded, and not the sum of four.
    ("wsas", [None, 2, 4, 4, 4], ["17.5", "18", "17"], ["14", "16", "17.6"]),
    ("wsas", [None, None, 4, 4, 4], [], []),
    # Items 2 and 3 run against the others and give 3 each: 8 + 6, and 13 * 10 / 9 of nine answers.
    ("core10", [1] * 10, ["14"], ["10", "14.4", "13"]),
    ("core10", [*[1] * 9, None], ["14.4444", "14.44", "14.4", "14"], ["13", "14.5"]),
    # A mean of 33 twos, times ten; reversed items stay 2.
    ("core_om", [*[2] * 33, None], ["20"], ["2", "19"]),
    # Four scales of five without the prosocial one; blanks are prorated in their own scale.
    ("sdq", [2] * 25, ["30"], ["40"]),
    ("sdq", [2, 2, None, *[2] * 22], ["30"], ["28"]),
    ("oq45", [*[2] * 3, None, *[2] * 41], ["90"], ["88"]),
    ("psc17", [*[2] * 14, None, None, None], ["28"], ["34"]),
    # Items of their own width, and one that has 0, 2 and 4 alone.
    ("csi4", [6, 5, 5, 5], ["21"], ["20"]),
    ("audit", [*[1] * 8, 2, 4], ["14"], ["12"]),
    # An answer between two steps is a missing one, here and in the score.
    ("core10", [*[1] * 9, 1.5], ["14.4"], ["14.5"]),
    ("phq9", [*[1] * 8, 1.5], [], []),
    ("phq9", [*[1] * 8, None], [], []),
    ("phq9", [""] * 9, [], []),
    # The raw total is the one that is compared; the other metric follows from it.
    ("swemwbs", [4, 4, 4, 3, 3, 3, 3], ["24"], ["21.54"]),
    # Its total is not made of answers.
    ("psqi", [3] * 19, [], []),
)
NOT_SCORED = "psqi"
# Whatever was delivered, nothing can be said of it.
ANY_TOTAL = ["9"]


def test_every_total_that_the_catalogue_can_compute_is_compared_with_the_delivered_one():
    responses, items, disagreeing, too_few = [], [], set(), set()
    for n, (instrument_id, values, right, wrong) in enumerate(COMPARED):
        for m, total in enumerate([*right, *wrong] or ANY_TOTAL):
            response_id = f"R{n}-{m}"
            # Each at a minute of its own: the same answers would be a copy.
            moment = f"2024-02-10T{n:02}:{m:02}"
            responses.append(
                {
                    **R1, "response_id": response_id, "instrument_id": instrument_id,
                    "total_score": total, "administered_at": moment,
                }
            )  # fmt: skip
            items += [
                answer(response_id, item, value)
                for item, value in enumerate(values, start=1)
                if value is not None
            ]
            if total in wrong:
                disagreeing.add(response_id)
            if not right and instrument_id != NOT_SCORED:
                too_few.add(response_id)
    lines = {line: row["response_id"] for line, row in enumerate(responses, start=2)}
    built = build([full(0, **PARENTS, responses=responses, response_items=items)])
    assert not built.quarantine
    warned = {
        rule_id: {
            lines[line]
            for (table, _, line), rules in built.warned_rows.items()
            if table == "responses" and rule_id in rules
        }
        for rule_id in ("responses.total_agrees", "responses.answers_suffice")
    }
    assert warned["responses.total_agrees"] == disagreeing
    assert warned["responses.answers_suffice"] == too_few


# ---------------------------------------------------------------- deletions


@pytest.mark.parametrize(
    "keys",
    [
        {
            "attendances": "S1|C1",
            "memberships": "G1|C1|2024-02-01",
            "goal_ratings": "O1|2024-02-05T09:00",
            "response_items": "R1|2",
        },
        {"goal_ratings": "O1|2024-02-05 10:00:00+01:00"},
    ],
)
def test_a_compound_key_is_joined_by_bars(keys):
    deletions = [deletion(table, key) for table, key in keys.items()]
    built = build([full(0, **EVERYTHING), part(1, deletions=deletions)])
    assert {table: built.counts[0, table, "withdrawn"] for table in keys} == dict.fromkeys(keys, 1)
    assert built.statuses["deletions"] == {
        (1, line): "accepted" for line, _ in enumerate(keys, start=2)
    }


def test_a_deletion_of_something_unknown_is_quarantined():
    unknown = (
        ("clients", "C7", "deletions.known"),
        ("consents", "C1|treatment|2024-01-01", "deletions.known"),
        ("attendances", "S1", "deletions.known"),
        ("attendances", "S1|C1|", "deletions.known"),
        ("attendances", "C1|S1", "deletions.known"),
        ("memberships", "G1|C1|in spring", "deletions.known"),
        ("shoes", "C1", "deletions.table.allowed"),
        ("clients", "", "deletions.key.required"),
    )
    deletions = [deletion(table, key) for table, key, _ in unknown]
    built = build([full(0, **EVERYTHING), part(1, deletions=deletions)])
    assert built.quarantine == {
        ("deletions", 1, line): frozenset({reason})
        for line, (_, _, reason) in enumerate(unknown, start=2)
    }
    assert not any(status == "withdrawn" for _, _, status in built.counts)


def test_a_key_must_be_known_when_it_is_deleted():
    early = part(0, clients=[C2], deletions=[deletion("clients", "C1")])
    built = build([early, part(1, clients=[C1])])
    assert built.statuses["deletions"] == {(0, 2): "quarantined"}
    assert built.statuses["clients"] == {(0, 2): "accepted", (1, 2): "accepted"}


def test_full_deliveries_do_not_take_deletions_back():
    deliveries = [
        full(0, clients=[C1, C2]),
        full(1, deletions=[deletion("clients", "C1")]),
        full(2, deletions=[deletion("clients", "C2")]),
    ]
    built = build(deliveries, max_lost_share=0.2)
    assert built.statuses["deletions"] == {(1, 2): "accepted", (2, 2): "accepted"}
    assert built.staged["clients"] == []


# ---------------------------------------------------------------- lost rows


def numbered(first: int, last: int) -> list[Cells]:
    """So many clients."""
    return [{**C1, "client_id": f"C{number:03}"} for number in range(first, last + 1)]


@pytest.mark.parametrize(
    ("n_before", "allowed", "n_after"), [(5, 0.2, 4), (100, 0.29, 71), (15, 0.2, 12), (3, 1.0, 0)]
)
def test_exactly_the_allowed_share_may_be_lost(n_before, allowed, n_after):
    both = [full(0, clients=numbered(1, n_before)), full(1, clients=numbered(1, n_after))]
    assert len(build(both, max_lost_share=allowed).staged["clients"]) == n_after


@pytest.mark.parametrize(("n_before", "allowed", "n_after"), [(5, 0.2, 3), (100, 0.29, 70)])
def test_one_key_more_than_the_allowed_share_stops_the_run(n_before, allowed, n_after):
    both = [full(0, clients=numbered(1, n_before)), full(1, clients=numbered(1, n_after))]
    with pytest.raises(LostRowsError, match="no longer has many of the keys") as caught:
        build(both, max_lost_share=allowed)
    assert "table clients" in caught.value.where
    assert caught.value.found == f"{n_before - n_after} keys fewer"


def test_new_keys_do_not_make_up_for_lost_ones():
    both = [full(0, clients=numbered(1, 10)), full(1, clients=numbered(8, 100))]
    with pytest.raises(LostRowsError, match="no longer has many"):
        build(both, max_lost_share=0.2)


def test_deleted_keys_are_not_lost():
    named = [deletion("clients", "C004"), deletion("clients", "C005")]
    both = [full(0, clients=numbered(1, 5)), full(1, clients=numbered(1, 3), deletions=named)]
    assert len(build(both, max_lost_share=0.2).staged["clients"]) == 3


def test_lost_answers_stop_the_run_too():
    first = full(
        0,
        **PARENTS,
        responses=[R1, R3],
        response_items=with_answers(R1, 1) * 1 + with_answers(R3, 2, 2, 2, 2),
    )
    kept = full(1, response_items=with_answers(R3, 2, 2, 2, 2))
    assert answers_of(build([first, kept], max_lost_share=0.2), "R1") == {}
    cut = full(1, response_items=with_answers(R1, 1))
    with pytest.raises(LostRowsError, match="no longer has many") as caught:
        build([first, cut], max_lost_share=0.2)
    assert "table response_items" in caught.value.where
