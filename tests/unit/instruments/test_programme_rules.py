"""The rules of programmes: the facts in them, how they fit the catalogue, what a broken file says."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from pipelines.errors import InstrumentError
from pipelines.instruments.catalogue import load_catalogue
from pipelines.instruments.programme_rules import (
    CHILDREN,
    PROGRAMME_RULES_FOLDER,
    TALKING_THERAPIES,
    programme_rule_tables,
)
from tests.builders import DDL

TABLES = (
    "ref_child_measures",
    "ref_programme_standards",
    "ref_recovery_pairs",
    "ref_wait_bands",
)


def rows(table: str) -> list[dict[str, Any]]:
    return programme_rule_tables()[table].to_dicts()


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_the_columns_of_the_tests_own_and_a_source_in_each_row(table: str) -> None:
    frame = programme_rule_tables()[table]
    plain = DDL[table].replace(", 4)", ")")
    assert frame.columns == [part.split()[0] for part in plain.split(", ")]
    assert frame.filter(pl.col("source").is_null() | (pl.col("source") == "")).is_empty()
    assert set(frame["status"]) <= {"verified", "unverified", "definition"}


def test_the_pairs_are_those_of_clark_2018_table_2() -> None:
    found = {row["descriptor"]: row["second_instrument_id"] for row in rows("ref_recovery_pairs")}
    assert found["depression"] == found["generalised_anxiety"] == found["none_recorded"] == "gad7"
    assert found["social_anxiety"] == "spin"
    assert found["ptsd"] == "ies_r"
    assert found["panic"] == "pdss_sr"
    # The 42 item OCI; the OCI-R is another form with other thresholds.
    assert found["ocd"] == "oci"
    assert "oci" not in load_catalogue().instruments


def test_every_first_fallback_and_functioning_measure_is_in_the_catalogue() -> None:
    catalogue = load_catalogue().instruments
    for row in rows("ref_recovery_pairs"):
        assert row["first_instrument_id"] == "phq9"
        assert {row["fallback_instrument_id"], row["functioning_instrument_id"]} <= set(catalogue)
        own = row["second_instrument_id"]
        assert own in catalogue or row["second_name"], "a page must be able to name it"


@pytest.mark.parametrize(
    ("figure", "share", "status"),
    [
        ("recovered", "0.5", "verified"),
        ("first_within_6_weeks", "0.75", "verified"),
        ("first_within_18_weeks", "0.95", "verified"),
        ("second_over_90_days", "0.1", "unverified"),
        ("paired_both", "0.9", "unverified"),
    ],
)
def test_standards(figure: str, share: str, status: str) -> None:
    (row,) = [one for one in rows("ref_programme_standards") if one["figure"] == figure]
    assert (row["share"], row["status"]) == (Decimal(share), status)


def test_bands_of_the_second_wait_leave_no_day_out_and_hold_none_twice() -> None:
    bands = [row for row in rows("ref_wait_bands") if row["wait"] == "first_to_second"]
    for days in (0, 28, 29, 90, 91, 1000):
        holding = [
            row["wait_id"]
            for row in bands
            if (row["min_days"] or 0) <= days <= (row["max_days"] or days)
        ]
        assert len(holding) == 1, days


def test_the_children_s_figures_are_those_that_the_catalogue_gives_this_rule_set() -> None:
    mine = {
        (row["instrument_id"], row["scale"], row["rater"]): row["reliable_change_points"]
        for row in rows("ref_child_measures")
    }
    raters = {rater for _, _, rater in mine}
    compared = 0
    for name, instrument in load_catalogue().instruments.items():
        for threshold in instrument.thresholds:
            rule = threshold.rule
            if rule is None or rule.rule_id != CHILDREN or threshold.kind != "reliable_change":
                continue
            # The child's form of the ORS is not told apart from the young person's here.
            if "cors" in threshold.holds_for:
                continue
            narrowed = [rater for rater in raters if rater in threshold.holds_for.split(", ")]
            for rater in narrowed or raters:
                assert mine[name, threshold.scale, rater] == threshold.points
                compared += 1
    assert compared > 20


def test_young_is_a_whole_number_of_years() -> None:
    (years,) = {row["below_age_years"] for row in rows("ref_child_measures")}
    assert date(2007, 5, 1).replace(year=2007 + years) == date(2025, 5, 1)


def broken_copy(tmp_path: Path, name: str, **changes: object) -> Path:
    """The rules' folder with some keys of one file changed; None takes one away."""
    for path in PROGRAMME_RULES_FOLDER.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    path = tmp_path / f"{name}.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    for key, value in changes.items():
        content[key] = value
        if value is None:
            del content[key]
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return tmp_path


BAND = {"wait_id": "w", "wait": "referral_to_first", "status": "verified", "source": ["metadata"]}


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        (TALKING_THERAPIES, {"waits": None}, "no waits"),
        (CHILDREN, {"raters": None}, "no raters"),
        (TALKING_THERAPIES, {"waits": [{**BAND, "source": []}]}, "no source"),
        (TALKING_THERAPIES, {"waits": [{**BAND, "source": ["x"]}]}, "unknown source x"),
        (TALKING_THERAPIES, {"waits": [{**BAND, "status": "sure"}]}, "status is none of"),
        (TALKING_THERAPIES, {"waits": [{**BAND, "wait": "x"}]}, "unknown wait x"),
        (TALKING_THERAPIES, {"descriptors": []}, "no code prefix 'none'"),
        (
            CHILDREN,
            {"measures": [{"instrument": "phq9", "status": "verified", "source": ["mhsds"]}]},
            "no scale",
        ),
    ],
)
def test_a_broken_file_is_refused_with_what_is_wrong(
    tmp_path: Path, name: str, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(InstrumentError, match=message) as caught:
        programme_rule_tables(broken_copy(tmp_path, name, **changes))
    assert f"{name}.yaml" in str(caught.value)
