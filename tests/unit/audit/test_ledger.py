"""The ledger: every event holds the hash of the one before."""

import json
import stat

import pytest

from pipelines.audit import ledger
from pipelines.home import Home


@pytest.fixture
def home(tmp_path):
    return Home.create(tmp_path / "home", salt="test")


@pytest.fixture
def filled(home):
    for number in range(4):
        ledger.append(home, "export", {"number": number})
    return home


def lines(home):
    return home.ledger.read_text(encoding="utf-8").splitlines(keepends=True)


def test_events_are_chained_and_for_few(filled):
    found = ledger.events(filled)
    assert [event["details"]["number"] for event in found] == [0, 1, 2, 3]
    assert found[0]["previous"] == "0" * 64
    assert [event["previous"] for event in found[1:]] == [event["hash"] for event in found[:-1]]
    assert ledger.first_broken_link(filled.ledger) is None
    assert stat.S_IMODE(filled.ledger.stat().st_mode) == 0o600


def test_there_are_no_events_before_the_first(home):
    assert ledger.events(home) == []


@pytest.mark.parametrize(
    ("tamper", "broken"),
    [
        (lambda found: [found[0], found[1].replace('"number": 1', '"number": 7'), *found[2:]], 2),
        (lambda found: [found[0], *found[2:]], 2),
        (lambda found: [found[0], found[2], found[1], found[3]], 2),
        (lambda found: [found[1], *found[1:]], 1),
        (lambda found: [*found, found[3]], 5),
        (lambda found: [*found[:2], "{}\n", *found[2:]], 3),
        (lambda found: found[:3], None),
    ],
)
def test_what_was_changed_moved_or_removed_is_found(filled, tamper, broken):
    filled.ledger.write_text("".join(tamper(lines(filled))), encoding="utf-8")
    assert ledger.first_broken_link(filled.ledger) == broken


def test_a_changed_event_with_a_hash_of_its_own_breaks_the_next_link(filled):
    found = lines(filled)
    body = json.loads(found[1])
    del body["hash"]
    body["details"] = {"number": 7}
    body["hash"] = ledger.sha256_text(json.dumps(body, sort_keys=True))
    found[1] = json.dumps(body, sort_keys=True) + "\n"
    filled.ledger.write_text("".join(found), encoding="utf-8")
    assert ledger.first_broken_link(filled.ledger) == 3


def test_a_torn_line_is_kept_and_told_and_the_chain_goes_on(filled):
    whole = lines(filled)
    filled.ledger.write_text("".join(whole[:3]) + whole[3][:40], encoding="utf-8")
    ledger.append(filled, "run", {"number": 4})
    found = ledger.events(filled)
    assert [event["details"]["number"] for event in found] == [0, 1, 2, 4]
    assert found[-1]["previous"] == found[-2]["hash"]
    assert len(lines(filled)) == 5
    assert ledger.first_broken_link(filled.ledger) == 4
