"""`outcomes check`: what would happen to a delivery, with nothing changed."""

import json
from datetime import date

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.contracts.odcs import CONTRACT_FOLDER
from pipelines.home import Home
from pipelines.ingest.landing import land
from pipelines.ingest.resembling import did_you_mean
from pipelines.warehouse.rehearsal import MUST_BE_DELIVERED

THERAPISTS = "therapist_id,display_name,employed_from\nT-EXAMPLE-1,Example,2020-01-01\n"
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
    found = check(write(tmp_path / "2024-03-01", clients=CLIENTS, therapists=THERAPISTS))
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
        "what_to_do": "Export the day of registration as YYYY-MM-DD.",
    }
    (table,) = content["tables"]
    assert (table["n_delivered"], table["n_quarantined"]) == (2, 1)
    assert table["unknown_columns"] == ["shoe_size"]
    spoken = check(folder).output
    assert "clients.csv line 3" in spoken
    assert "error         1 row breaks clients.registered_on.type" in spoken
    assert "what to do: Export the day of registration as YYYY-MM-DD." in spoken
    for text in (found.output, spoken):
        assert "SECRET" not in text
        assert "in spring" not in text


def test_a_warning_alone_is_no_error(tmp_path):
    therapists = (
        "therapist_id,display_name,employed_from,supervisor_id\n"
        "T-EXAMPLE-1,Example,2020-01-01,T-EXAMPLE-9\n"
    )
    found = check(write(tmp_path / "2024-03-01", clients=CLIENTS, therapists=therapists))
    assert found.exit_code == 0
    assert "warning       1 row breaks therapists.supervisor_id.reference" in found.output


def test_two_rows_break_and_a_broken_record_says_what_to_do(tmp_path):
    clients = CLIENTS + "C-EXAMPLE-2\nC-EXAMPLE-3\n"
    found = check(write(tmp_path / "2024-03-01", clients=clients, therapists=THERAPISTS))
    assert found.exit_code == 1
    assert "error         2 rows break file.too_few_columns" in found.output
    assert "expected one cell for every column" in found.output
    assert "what to do: Export every column in every row" in found.output


@pytest.mark.parametrize(
    ("tables", "missing"),
    [
        ({"clients": CLIENTS}, ["therapists"]),
        ({"therapists": THERAPISTS}, ["clients"]),
        ({"goals": "goal_id\n"}, ["clients", "therapists"]),
        ({"clients": CLIENTS, "therapists": THERAPISTS}, []),
    ],
)
def test_a_delivery_alone_needs_its_required_tables(tmp_path, tables, missing):
    folder = write(tmp_path / "2024-03-01", **tables)
    content = json.loads(check(folder, "--json").output)
    assert content["missing_tables"] == missing
    assert content["is_clean"] is not bool(missing)
    spoken = check(folder)
    assert spoken.exit_code == (1 if missing else 0)
    for table in missing:
        assert f"  {table:16} is missing: this table must be delivered" in spoken.output
    assert ("No row would be turned away." in spoken.output) is not bool(missing)


def test_a_home_may_have_the_required_tables_already(tmp_path, home):
    new = "client_id,registered_on\nC-EXAMPLE-3,2024-01-05\n"
    folder = write(tmp_path / "2024-03-01", clients=new)
    found = check(folder, "--home", home.root, "--incremental")
    assert found.exit_code == 0, found.output


def test_the_required_tables_are_those_of_the_contracts():
    said = {
        path.name.split(".")[0]
        for path in CONTRACT_FOLDER.glob("*.odcs.yaml")
        if "Must be delivered" in path.read_text(encoding="utf-8")
    }
    assert said == set(MUST_BE_DELIVERED)


def test_an_unknown_column_is_asked_about(tmp_path):
    clients = "client_id,registered_on,Birth Day Date,shoe_size\nC-EXAMPLE-1,2024-01-05,,\n"
    therapists = THERAPISTS.replace("employed_from", "employed_from,Employed To").replace(
        "2020-01-01", "2020-01-01,"
    )
    folder = write(tmp_path / "2024-03-01", clients=clients, therapists=therapists)
    found = check(folder).output
    assert "Employed To (did you mean employed_to?)" in found
    assert "shoe_size (did" not in found


@pytest.mark.parametrize(
    ("unknown", "meant"),
    [
        ("Birth Date", "birth_date"),
        ("BIRTHDATE", "birth_date"),
        (" birth-date ", "birth_date"),
        ("birthdat", "birth_date"),
        ("languages", "language"),
        ("shoe_size", None),
        ("", None),
    ],
)
def test_what_a_column_may_mean(unknown, meant):
    absent = ["birth_date", "language", "sex"]
    assert did_you_mean([unknown], absent) == ({unknown: meant} if meant else {})


@pytest.fixture
def home(tmp_path):
    home = Home.create(tmp_path / "home", salt="test")
    folder = write(tmp_path / "before", clients=CLIENTS, therapists=THERAPISTS)
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
    assert "An incremental canonical delivery of" in beside.output
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
