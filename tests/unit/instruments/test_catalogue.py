"""The catalogue: its files, what of them is active, and the tables made of them."""

import json
import re
import shutil
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest
import yaml
from polars.testing import assert_frame_equal

from pipelines.instruments.catalogue import (
    INSTRUMENTS_FOLDER,
    SHARED_FILES,
    Catalogue,
    load_catalogue,
)
from pipelines.instruments.consistency import has_valid_check_digit
from pipelines.instruments.reference_tables import reference_tables

FILES = sorted(path for path in INSTRUMENTS_FOLDER.glob("*.yaml") if path.name not in SHARED_FILES)


@cache
def catalogue() -> Catalogue:
    return load_catalogue()


@cache
def tables() -> dict[str, pl.DataFrame]:
    return reference_tables(catalogue())


def rows(table: str, **wanted: Any) -> list[dict[str, Any]]:
    """The rows of a reference table with these values."""
    return [
        row
        for row in tables()[table].to_dicts()
        if all(row[column] == value for column, value in wanted.items())
    ]


def document(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)


# ---------------------------------------------------------------- the files


def test_the_catalogue_has_every_instrument_once() -> None:
    assert len(catalogue().instruments) >= 65
    assert list(catalogue().instruments) == sorted(path.stem for path in FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_valid_by_the_schema(path: Path) -> None:
    schema = json.loads((INSTRUMENTS_FOLDER / "instrument.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document(path))


def test_every_verified_threshold_has_its_source_in_words() -> None:
    keys = re.compile(r"^[a-z_]+\d+[a-z]?$")
    for instrument in catalogue().instruments.values():
        for threshold in instrument.thresholds:
            assert threshold.source or threshold.status == "unverified"
            assert not [source for source in threshold.source if keys.match(source)]


def test_the_digest_changes_with_any_file(tmp_path: Path) -> None:
    shutil.copytree(INSTRUMENTS_FOLDER, tmp_path / "copy")
    copy = tmp_path / "copy"
    assert load_catalogue(copy).digest == catalogue().digest
    path = copy / "answers.yaml"
    path.write_text(path.read_text("utf-8") + "# one more\n", encoding="utf-8")
    assert load_catalogue(copy).digest != catalogue().digest


# ---------------------------------------------------------------- what is active


def test_phq9_has_its_published_rule() -> None:
    (rule,) = rows("ref_outcome_rules", instrument_id="phq9", respondent="client")
    sources = rule.pop("source")
    assert rule == {
        "rule_id": "nhs_talking_therapies",
        "rule_version": "2024-25",
        "instrument_id": "phq9",
        "scale": "total",
        "respondent": "client",
        "reliable_change_points": Decimal(6),
        "reliable_change_kind": "programme_rule",
        "caseness_points": Decimal(10),
        "remission_below_points": Decimal(5),
        "response_share": Decimal("0.5"),
        "status": "active",
    }
    assert "PMC8411661" in sources
    assert "Kroenke" in sources


def test_gad7_has_the_programme_cut_off_and_no_unverified_remission() -> None:
    (rule,) = rows("ref_outcome_rules", instrument_id="gad7", respondent="client")
    assert rule["reliable_change_points"] == 4
    assert rule["caseness_points"] == 8
    assert rule["remission_below_points"] is None
    assert rule["response_share"] is None


def test_wsas_has_a_caseness_only() -> None:
    (rule,) = rows("ref_outcome_rules", instrument_id="wsas", respondent="client")
    assert rule["rule_id"] == "published"
    assert rule["caseness_points"] == 10
    assert rule["reliable_change_points"] is None


def test_an_unverified_threshold_is_loaded_and_not_active() -> None:
    spin = catalogue().instruments["spin"]
    (change,) = [entry for entry in spin.thresholds if entry.kind == "reliable_change"]
    assert change.points == 10
    assert not change.is_active
    (rule,) = rows("ref_outcome_rules", instrument_id="spin", respondent="client")
    assert rule["reliable_change_points"] is None


def test_a_threshold_of_one_group_of_people_is_no_rule_for_all() -> None:
    assert not rows("ref_outcome_rules", instrument_id="audit_c")


@pytest.mark.parametrize(
    ("instrument_id", "respondents"),
    [
        ("phq9", {"client"}),
        # The adult's 25 is not that of a carer's form, nor of a child's.
        ("ors", {"client"}),
        ("csi16", {"client", "partner"}),
        ("rdas", {"client", "partner"}),
        ("score15", {"client", "parent", "partner"}),
        ("psc17", {"parent"}),
        ("ybocs_sr", {"client", "therapist"}),
    ],
)
def test_a_published_figure_holds_for_those_it_was_found_for(
    instrument_id: str, respondents: set[str]
) -> None:
    found = {row["respondent"] for row in rows("ref_outcome_rules", instrument_id=instrument_id)}
    assert found == respondents


@pytest.mark.parametrize(
    ("scale", "column", "expected"),
    [
        ("total", "caseness_points", {"client": 20, "parent": 17, "teacher": 16}),
        ("peer", "reliable_change_points", {"client": 5, "parent": 3}),
        ("prosocial", "reliable_change_points", {"client": 4, "parent": 3}),
        ("emotional", "reliable_change_points", {"client": 4, "parent": 4}),
    ],
)
def test_the_sdq_has_rules_of_its_own_for_respondents(
    scale: str, column: str, expected: dict[str, int]
) -> None:
    found = rows("ref_outcome_rules", instrument_id="sdq", scale=scale)
    assert {row["respondent"]: row[column] for row in found} == expected


def test_what_is_active_and_not_computed_says_why() -> None:
    found = {
        (row["instrument_id"], row["scale"], row["kind"]): row["not_computed_why"]
        for row in rows("ref_thresholds")
        if row["not_computed_why"]
    }
    assert found == {
        ("ybocs_sr", "total", "response"): (
            "a response is counted among cases, and no caseness is active"
        ),
    }
    assert not rows("ref_outcome_rules", instrument_id="sdq", scale="impact")


def test_at_most_five_is_below_six() -> None:
    (rule,) = rows("ref_outcome_rules", instrument_id="qids_sr16", respondent="client")
    assert rule["remission_below_points"] == 6


@pytest.mark.parametrize("instrument_id", ["phq2", "gad2", "srs", "csq8", "pgi_c", "cssrs_screen"])
def test_what_is_no_outcome_has_no_outcome_rule(instrument_id: str) -> None:
    assert not rows("ref_outcome_rules", instrument_id=instrument_id)


def test_only_verified_prorating_is_active() -> None:
    prorated = {
        row["instrument_id"]: row["prorate_max_missing"]
        for row in rows("ref_instrument_scales")
        if row["prorate_max_missing"] != 0
    }
    assert prorated == {"core10": 1, "core_om": 3, "oq45": 4, "psc17": 3, "sdq": 2, "wsas": 1}


# ---------------------------------------------------------------- the tables


def test_what_is_not_scored_from_answers_says_why() -> None:
    not_scored = {
        row["instrument_id"]: row["not_scored_why"]
        for row in rows("ref_instruments", is_scored=False)
    }
    assert set(not_scored) == {
        "cssrs_screen", "dast10", "dbt_wccl", "ders16", "gas", "gbo", "gcq_s", "gcs", "gq30",
        "pg13r", "promis_anxiety", "promis_depression", "promis_global10", "psqi", "sias", "sris",
    }  # fmt: skip
    assert all(not_scored.values())
    assert not [row for row in rows("ref_instruments", is_scored=True) if row["not_scored_why"]]


def test_types_and_columns_are_fixed() -> None:
    points = pl.Decimal(9, 4)
    assert tables()["ref_instruments"].schema["total_max_points"] == points
    assert dict(tables()["ref_instrument_scales"].schema) == {
        "instrument_id": pl.String,
        "scale": pl.String,
        "n_items": pl.Int32,
        "item_numbers": pl.List(pl.Int32),
        "method": pl.String,
        "weights": pl.List(pl.Float64),
        "constant_points": pl.Decimal(18, 9),
        "min_points": points,
        "max_points": points,
        "prorate_max_missing": pl.Int32,
        "direction": pl.String,
        "fill_method": pl.String,
        "form_max_missing": pl.Int32,
        "group_numbers": pl.List(pl.Int32),
        "slot_numbers": pl.List(pl.Int32),
        "of_scale": pl.String,
    }
    assert dict(tables()["ref_loinc_answers"].schema) == {
        "answer_code": pl.String,
        "points": points,
    }


def test_the_tables_are_the_same_each_time() -> None:
    again = reference_tables(load_catalogue())
    assert list(again) == list(tables())
    for name, table in tables().items():
        assert_frame_equal(table, again[name])


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("ref_instruments", ["instrument_id"]),
        ("ref_instrument_scales", ["instrument_id", "scale"]),
        ("ref_outcome_rules", ["instrument_id", "scale", "respondent"]),
        ("ref_instrument_items", ["instrument_id", "item"]),
        ("ref_thresholds", ["instrument_id", "scale", "kind", "entry"]),
        ("ref_norms", ["instrument_id", "scale", "population", "entry"]),
        ("ref_cutoffs", ["instrument_id", "scale", "cutoff", "respondent"]),
        ("ref_reliabilities", ["instrument_id", "scale", "entry"]),
        ("ref_goal_rules", ["goal_kind"]),
        ("ref_score_tables", ["instrument_id", "scale", "raw_points"]),
        ("ref_conventions", ["name"]),
        ("ref_loinc_codes", ["loinc_code"]),
        ("ref_loinc_answers", ["answer_code"]),
    ],
)
def test_a_table_has_each_key_once_and_in_order(table: str, key: list[str]) -> None:
    keys = tables()[table].select(key).rows()
    assert len(keys) == len(set(keys))
    assert keys == sorted(keys)


def test_a_plain_sum_has_the_weight_one_for_every_item() -> None:
    (scale,) = rows("ref_instrument_scales", instrument_id="phq9")
    assert scale["weights"] == [1.0] * 9
    assert scale["constant_points"] == 0


def test_reversed_items_have_negative_weights_and_a_constant() -> None:
    # CORE-10: items 2 and 3 run against the scale, points 0 to 4.
    (scale,) = rows("ref_instrument_scales", instrument_id="core10")
    assert scale["weights"] == [1.0, -1.0, -1.0, *[1.0] * 7]
    assert scale["constant_points"] == 8


def test_a_mean_shares_the_weight() -> None:
    # BRS: the mean of six items from 1 to 5, of which 2, 4 and 6 are reversed.
    (scale,) = rows("ref_instrument_scales", instrument_id="brs")
    assert scale["weights"] == [1 / 6, -1 / 6] * 3
    assert scale["constant_points"] == 3


def test_a_sum_of_highest_answers_has_lists_and_alternatives() -> None:
    (scale,) = rows("ref_instrument_scales", instrument_id="qids_sr16")
    assert scale["group_numbers"] == [1, 1, 1, 1, 2, 3, 3, 3, 3, 4, 5, 6, 7, 8, 9, 9]
    # Items 6 and 7, 8 and 9 share a slot; every other item has its own.
    slots = scale["slot_numbers"]
    assert slots[5] == slots[6] != slots[7] == slots[8]
    assert len(set(slots)) == 14


def test_goals_have_their_published_figures_and_no_others() -> None:
    found = {
        row["goal_kind"]: (row["reliable_change_points"], row["met_points"], row["gas_rho"])
        for row in rows("ref_goal_rules")
    }
    assert found == {
        "gas": (None, Decimal(0), Decimal("0.3")),
        "gbo": (Decimal(3), None, None),
        "psychlops": (None, None, None),
    }


def test_the_z_of_a_reliable_change_is_data() -> None:
    (row,) = rows("ref_conventions", name="reliable_change_z")
    assert (row["value"], row["status"]) == (Decimal("1.96"), "verified")
    assert "Jacobson" in row["source"]


def test_every_threshold_of_the_catalogue_is_shown() -> None:
    shown = {(row["instrument_id"], row["entry"]) for row in rows("ref_thresholds")}
    assert shown == {
        (name, entry)
        for name, one in catalogue().instruments.items()
        for entry in range(1, len(one.thresholds) + 1)
    }
    assert {row["status"] for row in rows("ref_thresholds", is_active=False)} == {
        "verified", "unverified",
    }  # fmt: skip
    assert not rows("ref_thresholds", status="unverified", is_active=True)


@pytest.mark.parametrize("instrument_id", ["qids_sr16", "psqi", "promis_anxiety", "dast10", "sias"])
def test_what_is_no_sum_or_has_an_unverified_key_has_no_weights(instrument_id: str) -> None:
    (scale,) = rows("ref_instrument_scales", instrument_id=instrument_id, scale="total")
    assert scale["weights"] is None
    assert scale["constant_points"] is None


def test_an_instrument_without_a_total_has_no_range_of_it() -> None:
    (row,) = rows("ref_instruments", instrument_id="brief_cope")
    assert row["total_min_points"] is None
    assert row["direction"] is None


def test_the_item_range_holds_items_that_differ() -> None:
    # CSI-16: item 1 goes to 6, the others to 5.
    (row,) = rows("ref_instruments", instrument_id="csi16")
    assert row["item_max_points"] == 6


def test_codes_name_their_item() -> None:
    assert rows("ref_loinc_codes", loinc_code="44255-8") == [
        {"loinc_code": "44255-8", "instrument_id": "phq9", "item": 2, "kind": "item"}
    ]
    assert rows("ref_loinc_codes", loinc_code="69737-5")[0]["kind"] == "panel"
    assert rows("ref_loinc_codes", loinc_code="70274-6")[0]["kind"] == "total"


def test_coded_answers_have_their_points() -> None:
    assert tables()["ref_loinc_answers"].rows() == [
        ("LA6568-5", Decimal(0)),
        ("LA6569-3", Decimal(1)),
        ("LA6570-1", Decimal(2)),
        ("LA6571-9", Decimal(3)),
    ]


@pytest.mark.parametrize(
    ("code", "is_valid"),
    [("44261-6", True), ("44261-5", False), ("71958-6", False), ("44261", False), ("x-1", False)],
)
def test_check_digits_are_checked(code: str, is_valid: bool) -> None:
    assert has_valid_check_digit(code) is is_valid
