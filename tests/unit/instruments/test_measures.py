"""The quality measures' files, what a clinic decides about them, and the tables made of both."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pipelines.errors import ContractError, SettingsError
from pipelines.home import read_settings
from pipelines.instruments.measures import (
    MEASURE_TABLES,
    MEASURES_FOLDER,
    load_measures,
    measure_tables,
)
from pipelines.measure_settings import MeasureDecision, decisions_digest
from tests.measure_decisions import all_decisions
from tests.table_columns import DDL
from tests.table_rows import Row, complete_row

FILES = sorted(MEASURES_FOLDER.glob("*.yaml"))
DECISION = MeasureDecision(
    measure_id="cbe1884",
    figure="window_to_days",
    value=Decimal(60),
    source="ACP measure review, 2022",
    decided_on=date(2025, 3, 1),
    place="clinic.toml, [[measures]] number 1",
)


def rates(tables: dict[str, Any]) -> dict[tuple[str, str], Row]:
    return {
        (row["measure_id"], row["rate_id"]): row for row in tables["ref_measure_rates"].to_dicts()
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_measure_has_the_shape_of_the_schema(path: Path) -> None:
    schema = json.loads((MEASURES_FOLDER / "measure.schema.json").read_text("utf-8"))
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)


def test_the_seven_measures_are_there_and_tests_know_their_tables() -> None:
    assert [measure["id"] for measure in load_measures()] == [
        "cbe1884", "cms159", "cms177", "cms2", "dms_e", "drr_e", "dsf_e",
    ]  # fmt: skip
    tables = measure_tables()
    assert set(tables) == set(MEASURE_TABLES)
    for name in set(tables) & set(DDL):
        assert list(complete_row(name, {})) == tables[name].columns


def test_the_words_of_a_measure_are_in_a_table_with_their_source() -> None:
    texts = measure_tables()["ref_measure_texts"].filter(measure_id="cms2").to_dicts()
    assert [(row["part"], row["position"]) for row in texts] == [
        ("denominator", 1), ("initial_population", 1), ("note", 1), ("note", 2), ("numerator", 1),
    ]  # fmt: skip
    (first, _) = (row for row in texts if row["part"] == "note")
    assert "the rate is rather too low" in first["says"]
    assert "lower bound" not in first["says"]
    assert all(row["source"] for row in texts)


def test_a_measure_that_needs_an_unverified_figure_is_not_active_and_says_which() -> None:
    found = rates(measure_tables())
    active = {key for key, row in found.items() if row["status"] == "active"}
    assert active == {
        ("cms159", "remission"), ("cms177", "assessed"), ("cms2", "screened"),
        ("cbe1884", "response"),
    }  # fmt: skip
    assert found["dms_e", "measured"]["status"] == "inactive_unverified"
    assert found["dms_e", "measured"]["reason"].startswith("assessment_months, exclusion.bipolar")
    assert found["drr_e", "remission"]["reason"].startswith("index_above_points, exclusion.")
    (rule,) = measure_tables()["ref_measure_rules"].filter(measure_id="drr_e").to_dicts()
    assert rule["index_above_points"] is None
    assert rule["window_to_days"] == 240


def test_a_tool_without_a_verified_cut_off_is_left_out_and_the_measure_stays() -> None:
    tools = measure_tables()["ref_measure_tools"].filter(measure_id="cms2").to_dicts()
    assert [tool["instrument_id"] for tool in tools] == ["phq2", "phq9"]


def test_a_clinic_can_switch_on_every_figure() -> None:
    tables = measure_tables(all_decisions())
    assert {row["status"] for row in rates(tables).values()} == {"active"}
    assert rates(tables)["dms_e", "measured"]["basis"] == "clinic"
    assert rates(tables)["cms159", "remission"]["basis"] == "published"
    (row,) = (
        tables["ref_measures"].filter(measure_id="drr_e", figure="index_above_points").to_dicts()
    )
    assert (row["is_active"], row["status"], row["source"], row["decided_on"]) == (
        True, "clinic", "made up for tests", date(2025, 1, 1),
    )  # fmt: skip


def test_a_clinic_can_set_a_figure_and_the_table_prints_its_source() -> None:
    tables = measure_tables((DECISION,))
    (rule,) = tables["ref_measure_rules"].filter(measure_id="cbe1884").to_dicts()
    assert (rule["window_from_days"], rule["window_to_days"]) == (-30, 60)
    assert rates(tables)["cbe1884", "response"]["basis"] == "clinic"
    (row,) = tables["ref_measures"].filter(measure_id="cbe1884", figure="window_to_days").to_dicts()
    assert (row["value"], row["source"]) == (Decimal(60), "ACP measure review, 2022")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"measure_id": "cms1"}, r"expected: .*cms159.*\n.*found: cms1"),
        ({"figure": "window"}, r"expected: .*window_months.*\n.*found: window"),
        ({"value": Decimal("0.5")}, "a whole number"),
        ({"measure_id": "dms_e", "figure": "exclusion.bipolar"}, "no value"),
    ],
)
def test_a_decision_that_fits_no_figure_is_refused(changes: Row, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        measure_tables((replace(DECISION, **changes),))


@pytest.mark.parametrize(
    ("measure_id", "figure", "below", "least", "most", "above", "message"),
    [
        ("cbe1884", "response_share", "0", "0.01", "1", "1.01", "a share above 0 and up to 1"),
        ("cbe1884", "response_share", "-0.5", "0.5", "1", "50", "a share above 0 and up to 1"),
        ("cms159", "minimum_age_years", "-3", "0", "120", "121", "from 0 to 120"),
        ("cms177", "maximum_age_years", "-1", "6", "120", "121", "from 0 to 120"),
        ("cms2", "follow_up_days", "-1", "0", "366", "367", "from 0 to 366"),
        ("cms159", "window_to_days", "-367", "-60", "366", "367", "from -366 to 366"),
        ("dsf_e", "screen_to_days", "0", "1", "31", "32", "from 1 to 31"),
        ("dsf_e", "screen_to_months", "-1", "0", "11", "12", "from 0 to 11"),
        ("dms_e", "assessment_months", "0", "1", "12", "24", "1, 2, 3, 4, 6, 12"),
        ("dms_e", "assessment_months", "5", "4", "6", "8", "divide the year"),
        ("cms159", "index_above_points", "-1", "0", "27", "28", "points from 0 to 27"),
        ("cms2", "positive_from_points.phq2", "-1", "0", "6", "7", "points from 0 to 6"),
    ],
)
def test_a_figure_stays_within_what_it_can_mean(
    measure_id: str, figure: str, below: str, least: str, most: str, above: str, message: str
) -> None:
    decision = replace(DECISION, measure_id=measure_id, figure=figure)
    for value in (least, most):
        measure_tables((replace(decision, value=Decimal(value)),))
    for value in (below, above):
        with pytest.raises(SettingsError, match=rf"expected: .*{message}.*\n.*found: {figure}"):
            measure_tables((replace(decision, value=Decimal(value)),))


@pytest.mark.parametrize(
    ("figure", "value", "is_refused"),
    [
        ("window_from_days", 30, False),
        ("window_from_days", 31, True),
        ("identification_start_months", 4, False),
        ("identification_start_months", 5, True),
    ],
)
def test_a_window_ends_after_it_starts(figure: str, value: int, is_refused: bool) -> None:
    decision = replace(DECISION, figure=figure, value=Decimal(value))
    if not is_refused:
        measure_tables((decision,))
        return
    with pytest.raises(SettingsError, match=rf"expected: {figure} before .*\n.*found: {figure}"):
        measure_tables((decision,))


def test_the_oldest_age_is_not_below_the_youngest() -> None:
    youngest = replace(DECISION, measure_id="cms177", figure="minimum_age_years")
    measure_tables((replace(youngest, value=Decimal(16)),))
    with pytest.raises(SettingsError, match="minimum_age_years 17, maximum_age_years 16"):
        measure_tables((replace(youngest, value=Decimal(17)),))


def test_the_two_ends_of_a_window_are_judged_together() -> None:
    start = replace(DECISION, figure="window_from_days", value=Decimal(90))
    with pytest.raises(SettingsError, match="found: window_from_days 90, window_to_days 60"):
        measure_tables((start, DECISION))
    measure_tables((start, replace(DECISION, value=Decimal(90))))


def test_a_figure_is_decided_once() -> None:
    with pytest.raises(SettingsError, match="window_to_days twice"):
        measure_tables((DECISION, DECISION))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "other"}, "has the id other"),
        ({"kind": "made_up"}, "unknown kind made_up"),
        ({"figures": []}, "no figure minimum_age_years"),
        ({"rates": [{"rate": "a", "met_by": "screened"}]}, "a follow_up is not met by screened"),
        ({"codes": [{"use": "exclusion", "reason": "a", "status": "verified", "source": ["b"]}]},
         "names no code; .*does not say when it counts"),
        ({"tools": None}, "does not have the shape of measure.schema.json"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_with_all_its_problems(
    tmp_path: Path, change: Row, message: str
) -> None:
    content = yaml.safe_load((MEASURES_FOLDER / "cms159.yaml").read_text(encoding="utf-8"))
    (tmp_path / "cms159.yaml").write_text(yaml.safe_dump({**content, **change}), encoding="utf-8")
    with pytest.raises(ContractError, match=message):
        load_measures(tmp_path)


def test_a_file_without_a_field_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cms159.yaml").write_text("id: cms159", encoding="utf-8")
    with pytest.raises(ContractError, match=r"has no version; .*has no kind"):
        load_measures(tmp_path)


SETTINGS = """
[clinic]
name = "Example Hill Clinic"
pseudonym_salt = "salt"

[[measures]]
id = "cbe1884"
figure = "window_to_days"
value = 60
source = "ACP measure review, 2022"
decided_on = 2025-03-01
"""


def test_decisions_are_read_from_the_settings_and_change_their_digest(tmp_path: Path) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    settings = read_settings(path)
    assert [replace(one, place=DECISION.place) for one in settings.measures] == [
        replace(DECISION, value=Decimal("60.0"))
    ]
    path.write_text(SETTINGS.replace("60", "61"), encoding="utf-8")
    assert read_settings(path).digest != settings.digest


def test_the_order_of_decisions_changes_no_digest() -> None:
    other = replace(DECISION, figure="window_from_days", value=Decimal(-60))
    assert decisions_digest((DECISION, other)) == decisions_digest((other, DECISION))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('source = "ACP measure review, 2022"', 'source = " "', "an empty source"),
        ("value = 60", 'value = "60"', "value"),
        ("value = 60", "points = 60", "points"),
        ("decided_on = 2025-03-01", "", "decided_on"),
    ],
)
def test_a_decision_that_is_not_complete_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text(SETTINGS.replace(old, new), encoding="utf-8")
    with pytest.raises(SettingsError, match=message):
        read_settings(path)
