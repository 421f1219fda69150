"""Where a home stands."""

from datetime import date

import pytest

from pipelines.audit.status import home_status
from pipelines.home import Home
from pipelines.ingest.landing import land
from pipelines.reporting.releases.versions import MADE_FROM
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


def test_a_draft_of_an_earlier_state_is_told(home):
    inputs = inputs_fingerprint(home)
    for month, made_from in (("2024-01", "an earlier state"), ("2024-02", inputs)):
        folder = home.reports / month / "v1"
        folder.mkdir(parents=True)
        (folder / MADE_FROM).write_text(f'{{"inputs": "{made_from}"}}', encoding="utf-8")
    assert home_status(home).reports == ["2024-01 v1 (draft, out of date)", "2024-02 v1 (draft)"]
