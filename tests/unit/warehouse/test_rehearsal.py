"""`outcomes check`: what would happen to a delivery, with nothing changed."""

import json
from datetime import date

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.home import Home
from pipelines.ingest.landing import land

CLIENTS = "client_id,registered_on\nC-EXAMPLE-1,2024-01-05\n"
BROKEN = "client_id,registered_on,shoe_size\nC-EXAMPLE-2,2024-01-05,\nC-SECRET-7,in spring,44\n"
EPISODES = (
    "episode_id,client_id,programme_id,therapist_id,referred_on\n"
    "E-EXAMPLE-1,C-EXAMPLE-1,P-EXAMPLE-1,T-EXAMPLE-1,2024-01-10\n"
)


def write(folder, **tables):
    folder.mkdir(parents=True)
    for table, content in tables.items():
        (folder / f"{table}.csv").write_text(content, encoding="utf-8")
    return folder


def check(*arguments):
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def test_a_clean_delivery_ends_well(tmp_path):
    found = check(write(tmp_path / "2024-03-01", clients=CLIENTS))
    assert found.exit_code == 0
    assert "A full canonical delivery of 2024-03-01" in found.output
    assert "No row would be turned away." in found.output


def test_a_broken_row_is_named_by_file_line_and_rule_and_never_quoted(tmp_path):
    folder = write(tmp_path / "2024-03-01", clients=BROKEN)
    found = check(folder, "--json")
    assert found.exit_code == 1
    content = json.loads(found.output)
    assert content["is_clean"] is False
    (rule,) = content["rules"]
    assert rule == {
        "rule_id": "clients.registered_on.type",
        "severity": "error",
        "n_rows": 1,
        "first_lines": ["clients.csv line 3"],
        "expected": "clients.registered_on: expected a date as YYYY-MM-DD",
    }
    (table,) = content["tables"]
    assert (table["n_delivered"], table["n_quarantined"]) == (2, 1)
    assert table["unknown_columns"] == ["shoe_size"]
    spoken = check(folder).output
    assert "clients.csv line 3" in spoken
    for text in (found.output, spoken):
        assert "SECRET" not in text
        assert "in spring" not in text


def test_a_warning_alone_is_no_error(tmp_path):
    therapists = (
        "therapist_id,display_name,employed_from,supervisor_id\n"
        "T-EXAMPLE-1,Example,2020-01-01,T-EXAMPLE-9\n"
    )
    found = check(write(tmp_path / "2024-03-01", therapists=therapists))
    assert found.exit_code == 0
    assert "warning       1 rows break therapists.supervisor_id.reference" in found.output


@pytest.fixture
def home(tmp_path):
    home = Home.create(tmp_path / "home", salt="test")
    folder = write(tmp_path / "before", clients=CLIENTS)
    land(home, [folder], source="inbox", delivered_on=date(2024, 2, 1))
    return home


def state(home):
    return {
        str(path.relative_to(home.root)): path.read_bytes()
        for path in home.root.rglob("*")
        if path.is_file()
    }


def test_a_home_is_looked_at_and_not_changed(tmp_path, home):
    before = state(home)
    new = "client_id,registered_on\nC-EXAMPLE-3,2024-01-05\n"
    folder = write(tmp_path / "2024-03-01", clients=new, episodes=EPISODES)
    alone = check(folder)
    beside = check(folder, "--home", home.root, "--incremental")
    assert alone.exit_code == 1
    assert "episodes.client_id.reference" in alone.output
    assert beside.exit_code == 0, beside.output
    assert "An incremental" in beside.output or "A incremental" in beside.output
    assert state(home) == before


def test_rows_of_other_deliveries_are_not_told(tmp_path, home):
    write(tmp_path / "bad", clients=BROKEN)
    land(
        home, [tmp_path / "bad"], source="inbox", mode="incremental", delivered_on=date(2024, 2, 2)
    )
    found = check(
        write(tmp_path / "2024-03-01", clients=CLIENTS), "--home", home.root, "--incremental"
    )
    assert found.exit_code == 0, found.output


def test_a_full_delivery_that_loses_rows_is_an_error(tmp_path, home):
    folder = write(tmp_path / "2024-03-01", clients="client_id,registered_on\n")
    found = check(folder, "--home", home.root)
    assert found.exit_code == 1
    assert "no longer has many of the keys" in found.output


def test_wrong_use_and_unusable_files_have_their_own_exit_codes(tmp_path):
    assert check(tmp_path / "nowhere").exit_code == 2
    assert check(write(tmp_path / "x", clients=CLIENTS), "--home", tmp_path).exit_code == 2
    unreadable = check(write(tmp_path / "empty", shoes="a\n"))
    assert unreadable.exit_code == 1
    assert "Nothing in the delivery is data that can be read." in unreadable.output
