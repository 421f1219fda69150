"""The catalogue: its files, what of them is active, and the tables made of them."""

import json
import re
import shutil
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest
import yaml
from polars.testing import assert_frame_equal

from pipelines.errors import InstrumentError
from pipelines.instruments.catalogue import (
    INSTRUMENTS_FOLDER,
    Catalogue,
    load_catalogue,
    reference_tables,
)
from pipelines.instruments.consistency import has_valid_check_digit

FILES = sorted(path for path in INSTRUMENTS_FOLDER.glob("*.yaml") if path.name != "answers.yaml")


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


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., Path]:
    """A folder with PHQ-9 alone, after a change to its parsed file."""

    def edit(change: Callable[[dict[str, Any]], object], *, name: str = "phq9.yaml") -> Path:
        content = document(INSTRUMENTS_FOLDER / "phq9.yaml")
        change(content)
        (tmp_path / name).write_text(yaml.safe_dump(content), encoding="utf-8")
        return tmp_path

    return edit


# ---------------------------------------------------------------- the files


def test_the_catalogue_has_every_instrument_once() -> None:
    assert len(catalogue().instruments) == 65
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
    (rule,) = rows("ref_outcome_rules", instrument_id="phq9")
    sources = rule.pop("source")
    assert rule == {
        "rule_id": "nhs_talking_therapies",
        "rule_version": "2024-25",
        "instrument_id": "phq9",
        "scale": "total",
        "reliable_change_points": Decimal(6),
        "caseness_points": Decimal(10),
        "remission_below_points": Decimal(5),
        "response_share": Decimal("0.5"),
        "status": "active",
    }
    assert "PMC8411661" in sources
    assert "Kroenke" in sources


def test_gad7_has_the_programme_cut_off_and_no_unverified_remission() -> None:
    (rule,) = rows("ref_outcome_rules", instrument_id="gad7")
    assert rule["reliable_change_points"] == 4
    assert rule["caseness_points"] == 8
    assert rule["remission_below_points"] is None
    assert rule["response_share"] is None


def test_wsas_has_a_caseness_only() -> None:
    (rule,) = rows("ref_outcome_rules", instrument_id="wsas")
    assert rule["rule_id"] == "published"
    assert rule["caseness_points"] == 10
    assert rule["reliable_change_points"] is None


def test_an_unverified_threshold_is_loaded_and_not_active() -> None:
    spin = catalogue().instruments["spin"]
    (change,) = [entry for entry in spin.thresholds if entry.kind == "reliable_change"]
    assert change.points == 10
    assert not change.is_active
    (rule,) = rows("ref_outcome_rules", instrument_id="spin")
    assert rule["reliable_change_points"] is None


def test_a_threshold_of_one_group_of_people_is_no_rule_for_all() -> None:
    assert not rows("ref_outcome_rules", instrument_id="audit_c")
    assert not rows("ref_outcome_rules", instrument_id="sdq", scale="total")
    assert not rows("ref_outcome_rules", instrument_id="sdq", scale="peer")


def test_at_most_five_is_below_six() -> None:
    (rule,) = rows("ref_outcome_rules", instrument_id="qids_sr16")
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
    assert prorated == {"core10": 1, "wsas": 1}


# ---------------------------------------------------------------- the tables


def test_three_instruments_are_scored_from_answers() -> None:
    scored = rows("ref_instruments", is_scored=True)
    assert [row["instrument_id"] for row in scored] == ["gad7", "phq9", "wsas"]


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
        ("ref_outcome_rules", ["instrument_id", "scale"]),
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


# ---------------------------------------------------------------- what is wrong with a file


def _set(*path: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    """A change that sets one value inside a parsed file."""

    def change(content: Any) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda content: content.pop("scoring"), "phq9.yaml: has no field 'scoring'"),
        (_set("form", to=[]), "does not have the shape of instrument.schema.json"),
        (_set("id", to="phq8"), "has the id phq8"),
        (_set("scoring", "scales", 0, "points", to=[0, 26]), "its items give 0 to 27"),
        (_set("scoring", "scales", 0, "items", to=[1, 10]), r"has items \[10\]"),
        (_set("scoring", "scales", 0, "n_items", to=8), "says n_items 8, lists 9"),
        (_set("scoring", "scales", 0, "method", to="algorithm"), "total has no known weights"),
        (_set("scoring", "scales", to=[]), "is_scored is true, but there is no scale"),
        (_set("form", "reversed_items", "items", to=[12]), r"names items \[12\]"),
        (_set("form", "points", to=[3, 0]), "form.points are not lowest and highest"),
        (_set("thresholds", 0, "op", to="<"), "caseness of total has op <, expected >="),
        (_set("thresholds", 1, "kind", to="caseness"), "caseness of total has 2 defaults"),
        (_set("thresholds", 2, "op", to=">="), "remission of total has op >="),
        (lambda content: content["thresholds"][1].pop("points"), "reliable_change of total has no"),
        (lambda content: content["thresholds"][3].pop("share"), "response of total has no share"),
        (_set("thresholds", 0, "source", to=[]), "caseness of total is verified without a source"),
        (_set("loinc", "items", to=["44250-9"]), "loinc.items has 1 codes for 9 items"),
        (_set("loinc", "total", to="44261-5"), "loinc code 44261-5 fails the check digit"),
    ],
)
def test_a_problem_is_named(
    edited: Callable[..., Path], change: Callable[[dict[str, Any]], object], found: str
) -> None:
    with pytest.raises(InstrumentError, match=found):
        load_catalogue(edited(change))


def test_all_problems_of_all_files_are_named_at_once(edited: Callable[..., Path]) -> None:
    edited(_set("loinc", "total", to="44261-5"))
    folder = edited(_set("form", to=[]), name="other.yaml")
    (folder / "broken.yaml").write_text("id: [\n", encoding="utf-8")
    with pytest.raises(InstrumentError) as caught:
        load_catalogue(folder)
    assert "broken.yaml: is not YAML at line 2" in caught.value.found
    assert "other.yaml: does not have the shape" in caught.value.found
    assert "phq9.yaml: loinc code 44261-5" in caught.value.found


def test_a_code_of_two_instruments_is_refused(edited: Callable[..., Path]) -> None:
    edited(lambda content: None)
    folder = edited(_set("id", to="other"), name="other.yaml")
    with pytest.raises(InstrumentError, match="loinc code 44261-6 is in other and phq9"):
        load_catalogue(folder)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstrumentError, match="there is no instrument file"):
        load_catalogue(tmp_path)
