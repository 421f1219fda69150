"""A few of the fuzzer's files on every run; `make fuzz` goes on for minutes."""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from tests.fuzz import __main__ as fuzzer
from tests.fuzz import targets
from tests.fuzz.targets import BrokenPromiseError, Case, make_case, run_case

FILES_A_READER = 6
# A case takes a second at most; a machine may be busy elsewhere for long.
PATIENCE_S = 600


@pytest.mark.parametrize("reader", sorted(targets.MAKERS))
def test_a_changed_file_breaks_no_promise_of_its_reader(reader: str) -> None:
    for number in range(FILES_A_READER):
        case = targets.MAKERS[reader](Random(f"{reader} {number}"))
        with TemporaryDirectory() as folder, fuzzer.at_most(PATIENCE_S):
            run_case(case, Path(folder))


def test_the_fuzzer_goes_on_until_it_has_seen_enough() -> None:
    patient = {"seconds": PATIENCE_S, "seconds_a_case": PATIENCE_S}
    assert fuzzer.fuzz(**patient, seed=20_260_131, start=0, n_wanted=3) == []


def test_the_same_seed_gives_the_same_file() -> None:
    assert make_case(Random("1 7")) == make_case(Random("1 7"))
    assert len({make_case(Random(f"1 {number}")).content for number in range(20)}) > 15


def test_a_lost_row_a_leak_and_a_hang_would_be_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = Case(
        "rows",
        "clients.csv",
        targets.HEADER + b"x,1980-01-01,2024-01-05\n",
        {"is_quoted": False, "has_cr": False},
    )
    with pytest.raises(BrokenPromiseError, match="before a bad one is kept"):
        run_case(lost, tmp_path)
    leak = Case("file", "clients.csv", b"client_id,SECRET_id\n1,2\n", {})
    run_case(leak, tmp_path)
    monkeypatch.setattr(targets, "SECRET", "client_id")
    with pytest.raises(BrokenPromiseError, match="holds no value"):
        run_case(leak, tmp_path)

    def hang(*_: object) -> None:
        while True:
            pass

    with pytest.raises(fuzzer.HangError, match="no end after 1 seconds"), fuzzer.at_most(1):
        hang()
