"""Where a home stands."""

from datetime import date

import pytest

from pipelines.audit.status import home_status, quarantine_rows, quarantine_summary, summary_lines
from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.ingest import tolerant_csv
from pipelines.ingest.landing import land
from pipelines.ingest.reasons import FILE_REASONS, reading_reasons
from pipelines.warehouse.inputs import inputs_fingerprint
from tests.unit.warehouse.small_home import keep, publish_tables


@pytest.fixture
def home(tmp_path):
    return Home.create(tmp_path / "home", salt="test")


def write_clients(folder):
    folder.mkdir()
    (folder / "clients.csv").write_text("client_id,registered_on\n", encoding="utf-8")
    return folder


def test_a_new_home_has_nothing(home):
    found = home_status(home)
    assert (found.n_deliveries, found.latest_delivered_on, found.n_tables) == (0, None, 0)
    assert found.is_up_to_date is False
    assert "Deliveries  0, the latest of never" in found.lines()


def test_deliveries_landed_and_waiting_are_told(home, tmp_path):
    land(home, [write_clients(tmp_path / "a")], source="inbox", delivered_on=date(2024, 2, 1))
    write_clients(home.inbox / "2024-03-01")
    found = home_status(home)
    assert (found.n_deliveries, found.latest_delivered_on) == (1, "2024-02-01")
    assert found.waiting == ["2024-03-01"]


def test_a_home_is_up_to_date_until_something_lands(home, tmp_path):
    publish_tables(home, keep(home, "mart_x", n=[1]), inputs=inputs_fingerprint(home))
    assert home_status(home).is_up_to_date is True
    land(home, [write_clients(tmp_path / "a")], source="inbox", delivered_on=date(2024, 2, 1))
    assert home_status(home).is_up_to_date is False


def test_rows_are_counted_by_how_they_ended(home):
    counts = keep(home, "stg_row_counts", row_status=["accepted", "withdrawn"], n_rows=[1200, 3])
    publish_tables(home, counts)
    found = home_status(home)
    assert found.n_rows == {"accepted": 1200, "withdrawn": 3}
    assert "Rows        1,200 accepted, 3 withdrawn" in found.lines()


@pytest.fixture
def with_quarantine(home):
    quarantine = keep(
        home,
        "quarantine",
        table_name=["clients", "clients", "goals"],
        file_name=["clients.csv", "clients.csv", "goals.csv"],
        delivered_on=[date(2024, 2, 1)] * 3,
        line=[7, 3, 2],
        reasons=[
            ["clients.registered_on.type"],
            ["clients.registered_on.type", "clients.state.two_letters"],
            ["goals.episode_id.reference"],
        ],
        delivered_row=['{"client_id": "C-SECRET-1"}'] * 3,
    )
    publish_tables(home, quarantine)
    return home


def test_the_quarantine_is_summed_up_by_reason(with_quarantine):
    found = quarantine_summary(with_quarantine, None)
    assert [(row["table"], row["reason"], row["n_rows"]) for row in found] == [
        ("clients", "clients.registered_on.type", 2),
        ("clients", "clients.state.two_letters", 1),
        ("goals", "goals.episode_id.reference", 1),
    ]
    assert found[0]["expected"] == "clients.registered_on: expected a date as YYYY-MM-DD"
    assert found[0]["what_to_do"] == "Export the day of registration as YYYY-MM-DD."
    assert summary_lines(found)[:5] == [
        "clients  2 rows  clients.registered_on.type",
        "  clients.registered_on: expected a date as YYYY-MM-DD",
        "  what to do: Export the day of registration as YYYY-MM-DD.",
        "  in clients.csv of 2024-02-01",
        "clients  1 row  clients.state.two_letters",
    ]


def test_the_summary_names_the_first_files_and_their_deliveries(home):
    quarantine = keep(
        home,
        "quarantine",
        table_name=["clients"] * 5,
        file_name=[*["clients.csv"] * 4, "b/clients.csv"],
        delivered_on=[date(2024, month, 1) for month in (4, 2, 2, 3, 2)],
        line=[2] * 5,
        reasons=[["file.truncated"]] * 5,
    )
    publish_tables(home, quarantine)
    (row,) = quarantine_summary(home, "clients")
    assert (row["n_rows"], row["n_files"]) == (5, 4)
    assert row["first_files"] == [
        {"file": "b/clients.csv", "delivered_on": "2024-02-01"},
        {"file": "clients.csv", "delivered_on": "2024-02-01"},
        {"file": "clients.csv", "delivered_on": "2024-03-01"},
    ]
    assert summary_lines([row])[-1] == (
        "  in b/clients.csv of 2024-02-01, clients.csv of 2024-02-01, clients.csv of 2024-03-01"
        " and 1 more"
    )


@pytest.mark.parametrize("reason", sorted(reading_reasons()))
def test_every_reason_of_reading_says_what_to_do(home, reason):
    quarantine = keep(
        home,
        "quarantine",
        table_name=["clients"],
        file_name=["clients.csv"],
        delivered_on=[date(2024, 2, 1)],
        line=[2],
        reasons=[[reason]],
    )
    publish_tables(home, quarantine)
    (row,) = quarantine_summary(home, None)
    assert row["expected"].endswith(".")
    assert row["what_to_do"].endswith(".")


def test_no_reason_of_the_reader_is_without_its_sentence():
    codes = {
        value
        for value in vars(tolerant_csv).values()
        if isinstance(value, str) and value.startswith("file.")
    }
    assert codes == set(FILE_REASONS)


def test_its_rows_are_named_by_line_and_never_shown(with_quarantine):
    found = quarantine_rows(with_quarantine, "clients")
    assert [(row["file"], row["line"]) for row in found] == [("clients.csv", 3), ("clients.csv", 7)]
    assert "SECRET" not in repr(found)


def test_a_home_without_a_run_says_so(home):
    with pytest.raises(UsageError, match="Nothing has been run"):
        quarantine_summary(home, None)
