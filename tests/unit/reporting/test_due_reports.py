"""Which months a run writes reports for: the newest, as many as the clinic says, or all."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipelines.errors import SettingsError
from pipelines.home import Home, read_settings
from pipelines.report_settings import OURS, ReportSettings
from pipelines.reporting.releases import due_reports
from pipelines.reporting.releases.due_reports import months_to_report


@pytest.fixture
def landed(monkeypatch: pytest.MonkeyPatch) -> None:
    days = (date(2026, 7, 31), date(2026, 9, 2), date(2026, 11, 2))
    found = [SimpleNamespace(delivered_on=day) for day in days]
    monkeypatch.setattr(due_reports, "deliveries", lambda _: found)


@pytest.mark.usefixtures("landed")
@pytest.mark.parametrize(
    ("months", "how", "wanted"),
    [
        (1, {}, ["2026-10"]),
        (3, {}, ["2026-08", "2026-09", "2026-10"]),
        # Nothing was delivered of the months before.
        (9, {}, ["2026-07", "2026-08", "2026-09", "2026-10"]),
        (1, {"all_months": True}, ["2026-07", "2026-08", "2026-09", "2026-10"]),
        (3, {"month": "2026-08"}, ["2026-08"]),
    ],
)
def test_the_newest_months_are_written_as_many_as_the_clinic_says(
    months: int, how: dict[str, Any], wanted: list[str]
) -> None:
    settings = SimpleNamespace(report=ReportSettings(months=months))
    home = cast(Home, SimpleNamespace(settings=settings))
    asked = {"month": None, "all_months": False} | how
    assert months_to_report(home, **asked) == wanted


def test_the_number_of_months_is_a_setting_that_makes_no_report_stale(tmp_path: Path) -> None:
    settings = tmp_path / "clinic.toml"
    clinic = '[clinic]\nname = "Made-up"\npseudonym_salt = "x"\n[report]\nmonths = '
    settings.write_text(f"{clinic}4\n", encoding="utf-8")
    found = read_settings(settings).report
    assert found.months == 4
    assert found.digest_text == OURS.digest_text
    settings.write_text(f"{clinic}0\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"\[report\] months"):
        read_settings(settings)
