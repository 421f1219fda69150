"""How much may be turned away before a run stops, and what each rule is said to have found."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.errors import SettingsError, TooMuchQuarantineError
from pipelines.home import SETTINGS_FILE, Home
from pipelines.ingest.landing import land
from pipelines.warehouse.accounts import ACCOUNT_TABLES, FILES_TABLE
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.quarantine_limit import require_usable_rows, too_much_quarantine
from pipelines.warehouse.rule_results import (
    CHECKS_TABLE,
    RULES_TABLE,
    latest_outcomes,
    rules_frame,
)
from pipelines.warehouse.staging import CATALOGUE_TABLES

HEAD = "client_id,birth_date,sex,state,registered_on\n"
THERAPISTS = "therapist_id,display_name,employed_from\nT1,Example One,2020-01-01\n"


def clients(n_good: int, n_bad: int) -> str:
    good = [f"C{number},1980-01-01,,NY,2024-01-01" for number in range(n_good)]
    bad = [f"X{number},1980-01-01,F,NY,2024-01-01" for number in range(n_bad)]
    return HEAD + "\n".join([*good, *bad]) + "\n"


def deliver(home: Home, folder: Path, day: date, text: str) -> None:
    folder.mkdir()
    (folder / "clients.csv").write_text(text, encoding="utf-8")
    (folder / "therapists.csv").write_text(THERAPISTS, encoding="utf-8")
    land(home, [folder], source="inbox", delivered_on=day)


@contextmanager
def staged(home: Home) -> Iterator[BuildRun]:
    run = BuildRun(home)
    try:
        run.reference([*CATALOGUE_TABLES, RULES_TABLE])
        staged = [name for name in run.models if name.startswith("stg_")]
        run.stage([*staged, *ACCOUNT_TABLES, FILES_TABLE, CHECKS_TABLE])
        yield run
    finally:
        run.close()


def new_home(tmp_path: Path, deliveries: str = "") -> Home:
    home = Home.create(tmp_path / "home", salt="s")
    with (home.root / SETTINGS_FILE).open("a", encoding="utf-8") as handle:
        handle.write(f"\n[deliveries]\n{deliveries}\n")
    return Home(home.root)


@pytest.mark.parametrize(
    ("n_good", "n_bad", "settings", "stops"),
    [
        (84, 21, "", False),  # exactly a fifth
        (83, 21, "", True),
        (70, 20, "", False),  # so few rows stop nothing
        (83, 21, "max_quarantined_share = { clients = 0.5 }", False),
        (99, 1, "max_quarantined_share = { clients = 0 }\nfew_quarantined_rows = 0", True),
    ],
)
def test_a_run_stops_beyond_the_share_that_may_be_turned_away(
    tmp_path: Path, n_good: int, n_bad: int, settings: str, stops: bool
) -> None:
    home = new_home(tmp_path, settings)
    deliver(home, tmp_path / "one", date(2024, 3, 1), clients(n_good, n_bad))
    with staged(home) as run:
        if not stops:
            require_usable_rows(run)
            return
        with pytest.raises(TooMuchQuarantineError) as raised:
            require_usable_rows(run)
    message = str(raised.value)
    assert f"{n_bad} of {n_good + n_bad} rows of the delivery of 2024-03-01" in message
    assert f"clients.sex.allowed ({n_bad})" in message
    assert "max_quarantined_share = { clients" in message
    assert "X0" not in message


def test_a_better_delivery_ends_it_and_only_the_latest_is_looked_at(tmp_path: Path) -> None:
    home = new_home(tmp_path)
    deliver(home, tmp_path / "one", date(2024, 3, 1), clients(1, 100))
    deliver(home, tmp_path / "two", date(2024, 4, 1), clients(101, 0))
    with staged(home) as run:
        assert too_much_quarantine(run) == []


def test_a_share_that_is_none_is_refused_with_its_place(tmp_path: Path) -> None:
    home = new_home(tmp_path, "max_quarantined_share = { clients = 20 }")
    with pytest.raises(SettingsError, match=r"(?s)max_quarantined_share, clients.*from 0 to 1"):
        _ = home.settings


def test_each_rule_has_numerator_denominator_threshold_and_outcome(tmp_path: Path) -> None:
    home = new_home(tmp_path, "max_quarantined_share = { clients = 0.5 }")
    text = (
        HEAD + "C1,1980-01-01,female,NY,2024-01-01\nC1,,F,,2024-01-01\nC2,2024-01-02,,,2024-01-01\n"
    )
    deliver(home, tmp_path / "one", date(2024, 3, 1), text)
    with staged(home) as run:
        run.build(["mart_rule_results"])
        outcomes = latest_outcomes(run.engine, run.table_path("mart_rule_results"))
    found = {
        each.rule_id.partition(".")[2]: (each.n_broken, each.n_judged, each.outcome)
        for (table, _), rules in outcomes.items()
        if table == "clients"
        for each in rules
    }
    assert found["client_id.required"] == (0, 3, "passed")
    assert found["sex.allowed"] == (1, 2, "failed")
    # Judged where both days are there.
    assert found["registered_on.not_before_birth_date"] == (1, 2, "failed")
    assert found["unique"] == (2, 3, "failed")
    # Two rows were turned away, of three.
    assert found["quarantined"] == (2, 3, "failed")
    assert "therapists.supervisor_id.reference" in [
        each.rule_id
        for rules in outcomes.values()
        for each in rules
        if each.outcome == "not_applicable"
    ]


def test_the_clinics_own_share_stands_where_the_rule_is_explained(tmp_path: Path) -> None:
    home = new_home(tmp_path, "max_quarantined_share = { clients = 0.5 }")
    with staged(home) as run:
        frame = rules_frame(run.contracts, run.settings.quarantine.shares)
    limits = {
        row["table_name"]: row["tolerated_percent"]
        for row in frame.iter_rows(named=True)
        if row["kind"] == "quarantined"
    }
    assert limits["clients"] == Decimal(50)
    assert limits["responses"] == Decimal(20)
    assert len(frame) > 150
