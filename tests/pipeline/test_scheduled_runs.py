"""What the schedule and the sensor ask for, and that such a request writes the months' reports."""

from datetime import UTC, date, datetime, tzinfo
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import JOB_NAME, build_definitions, open_instance
from pipelines.home import Home
from pipelines.ingest import assets
from pipelines.ingest.assets import months_due_at
from pipelines.ingest.sources import pull
from pipelines.partitions import run_tags
from tests.pipeline.homes import fill_inbox, new_home

START, END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


def reporting_home(root: Path, n: int) -> Home:
    """An empty home in New York that reports so many months."""
    decisions = f"\n[report]\nmonths = {n}\n"
    return new_home(root / "home", time_zone="America/New_York", decisions=decisions)


class ClockAtChristmas(datetime):
    """What the sensor takes for now."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "ClockAtChristmas":
        return cls(2026, 12, 25, 12, tzinfo=tz)


def land_day(home: Home, day: date) -> None:
    """A delivery of one client, of this day."""
    folder = home.inbox / day.isoformat()
    folder.mkdir()
    (folder / "clients.csv").write_text("client_id,registered_on\nc1,2026-01-05\n", "utf-8")
    pull(home)


@pytest.mark.parametrize(
    ("moment", "n", "wanted"),
    [
        (datetime(2026, 3, 2, 5, tzinfo=UTC), 1, ["2026-02"]),
        (datetime(2026, 3, 2, 5, tzinfo=UTC), 3, ["2025-12", "2026-01", "2026-02"]),
        # By the clinic's clock February's last day has not begun before five in the morning.
        (datetime(2026, 2, 28, 4, 59, tzinfo=UTC), 1, ["2026-01"]),
        (datetime(2026, 2, 28, 5, 0, tzinfo=UTC), 1, ["2026-02"]),
    ],
)
def test_the_months_that_are_over(
    tmp_path: Path, moment: datetime, n: int, wanted: list[str]
) -> None:
    home = reporting_home(tmp_path, n)
    assert months_due_at(home, moment) == wanted


def test_no_month_is_no_tag() -> None:
    assert run_tags([]) == {}


def test_the_month_before_is_asked_for_where_the_latest_may_not_be_complete(
    tmp_path: Path,
) -> None:
    home = reporting_home(tmp_path, 2)
    land_day(home, date(2026, 10, 31))
    # What comes on 3 December may have been written on 31 October or on 30 November.
    moment = datetime(2026, 12, 3, 12, tzinfo=UTC)
    assert months_due_at(home, moment) == ["2026-09", "2026-10", "2026-11"]
    land_day(home, date(2026, 11, 30))
    assert months_due_at(home, moment) == ["2026-10", "2026-11"]


def test_the_sensor_asks_for_months_once_something_new_is_there(
    tmp_path: Path, tiny_deliveries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = reporting_home(tmp_path, 2)
    monkeypatch.setattr(assets, "datetime", ClockAtChristmas)
    sensor = build_definitions(home.root).resolve_sensor_def("new_files")
    with dg.build_sensor_context() as context:
        assert sensor.evaluate_tick(context).run_requests == []
    fill_inbox(home, tiny_deliveries)
    with dg.build_sensor_context() as context:
        (request,) = sensor.evaluate_tick(context).run_requests or []
    assert (request.tags[START], request.tags[END]) == ("2026-10", "2026-11")


def test_the_schedule_writes_as_many_months_as_the_clinic_reports(
    tmp_path: Path, tiny_deliveries: Path
) -> None:
    home = reporting_home(tmp_path, 2)
    fill_inbox(home, tiny_deliveries)
    last = max(path.name for path in tiny_deliveries.iterdir() if path.is_dir())
    definitions = build_definitions(home.root)
    tick = datetime.fromisoformat(f"{last[:7]}-02T05:00:00+00:00")
    with (
        open_instance(home) as instance,
        dg.build_schedule_context(instance, scheduled_execution_time=tick) as context,
    ):
        data = definitions.resolve_schedule_def("monthly").evaluate_tick(context)
        (request,) = data.run_requests or []
        result = definitions.resolve_job_def(JOB_NAME).execute_in_process(
            instance=instance, tags=dict(request.tags), raise_on_error=False
        )
    assert result.success
    months = sorted(path.name for path in home.reports.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]"))
    assert [request.tags[START], request.tags[END]] == months
