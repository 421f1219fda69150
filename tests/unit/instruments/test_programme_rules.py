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
    children_below_age,
    programme_rule_tables,
    recovery_from_age,
)
from pipelines.instruments.reference_tables import reference_tables
from tests.table_columns import DDL

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
            # Known of a part of the form that is not scored here.
            if threshold.scale not in {scale.scale for scale in instrument.scales}:
                continue
            for rater in raters.intersection(threshold.respondents):
                assert mine[name, threshold.scale, rater] == threshold.points
                compared += 1
    assert compared > 12


def test_every_measure_of_the_children_s_rule_is_a_scale_that_can_have_scores() -> None:
    instruments = load_catalogue().instruments
    scored = {
        (name, scale.scale)
        for name, instrument in instruments.items()
        for scale in instrument.scales
    }
    # Each goal is rated by itself, and is no scale of a questionnaire.
    goals = {("gbo", "goal")}
    assert "gbo" in instruments
    mine = {(row["instrument_id"], row["scale"]) for row in rows("ref_child_measures")}
    assert mine - scored - goals == set()


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


def test_the_codes_of_a_problem_are_told_to_be_the_project_s_own_reading() -> None:
    pairs = {row["code_prefix"]: row for row in rows("ref_recovery_pairs")}
    assert all("codes: The project's own reading" in row["source"] for row in pairs.values())
    # Hoarding and skin picking are no obsessions and compulsions.
    assert pairs["F42"]["descriptor"] == "ocd"
    assert pairs["F42.3"]["descriptor"] == pairs["F42.4"]["descriptor"] == "other"


def test_only_the_pair_s_own_measures_have_thresholds_of_the_rule() -> None:
    """Metrics 2: PHQ-9 10/6 and GAD-7 8/4 are verified; all others of the rule are not."""
    instruments = load_catalogue().instruments
    published = reference_tables(load_catalogue())["ref_outcome_rules"].to_dicts()
    judging = {
        (row["instrument_id"], row["caseness_points"], row["reliable_change_points"])
        for row in published
        if row["rule_id"] == TALKING_THERAPIES
        and None not in (row["caseness_points"], row["reliable_change_points"])
    }
    assert judging == {("phq9", 10, 6), ("gad7", 8, 4)}
    # The id is that of a row; each of its two figures has to be the rule's.
    for name, *points in judging:
        own = {
            threshold.kind: threshold.points
            for threshold in instruments[name].thresholds
            if threshold.rule is not None and threshold.rule.rule_id == TALKING_THERAPIES
        }
        assert [own["caseness"], own["reliable_change"]] == points


def test_the_rule_is_for_adults_and_england_s_totals_hold_few_others() -> None:
    assert recovery_from_age() == 18 == children_below_age()
