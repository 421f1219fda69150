"""Claims as data: the shipped ones are honest ones, and what cannot be one is refused."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pipelines.errors import ContractError
from pipelines.instruments.catalogue import load_catalogue
from pipelines.warehouse.claims import CLAIMS_FOLDER, STANDARD_FILE, claims
from tests.builders import Bench

FILES = sorted(path for path in CLAIMS_FOLDER.glob("*.yaml") if path.name != STANDARD_FILE)
EIGHT_WEEKS = "eight_weeks_reliable_improvement.yaml"


def document(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[Callable[[dict], object]], Path]:
    """A folder with one claim, changed, and the standard."""

    def edit(change: Callable[[dict], object]) -> Path:
        content = document(CLAIMS_FOLDER / EIGHT_WEEKS)
        change(content)
        (tmp_path / EIGHT_WEEKS).write_text(yaml.safe_dump(content), encoding="utf-8")
        standard = (CLAIMS_FOLDER / STANDARD_FILE).read_text(encoding="utf-8")
        (tmp_path / STANDARD_FILE).write_text(standard, encoding="utf-8")
        return tmp_path

    return edit


def test_every_claim_is_there_once_in_the_order_of_its_id() -> None:
    assert claims()["claim_id"].to_list() == [path.stem for path in FILES]
    assert len(FILES) == 4


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_valid_by_the_schema(path: Path) -> None:
    schema = json.loads((CLAIMS_FOLDER / "claim.schema.json").read_text(encoding="utf-8"))
    content = document(path)
    content["set_on"] = content["set_on"].isoformat()
    jsonschema.Draft202012Validator(schema).validate(content)


def test_a_claim_is_about_an_outcome_or_a_verdict_of_the_catalogue() -> None:
    instruments = load_catalogue().instruments
    for row in claims().iter_rows(named=True):
        wanted = "verdict" if row["rule_kind"] == "rating" else "outcome"
        assert instruments[row["instrument_id"]].purpose == wanted


def test_the_table_has_the_columns_that_the_models_are_tested_with() -> None:
    bench = Bench()
    bench.fill("ref_claims", claims().to_dicts())
    assert claims().columns == list(bench.columns("ref_claims"))
    assert bench.connection.execute("select count(*) from ref_claims").fetchall() == [(4,)]
    bench.close()


def test_the_sentence_says_what_was_compared_with_what() -> None:
    for row in claims().iter_rows(named=True):
        for name in ("sentence", "sentence_bounds_first"):
            assert "no comparison group" in row[name]
            assert "{worst_percent}" in row[name]
            assert "{deteriorated_percent}" in row[name]
            assert "\n" not in row[name]


def test_empty_lists_mean_everybody() -> None:
    rows = {row["claim_id"]: row for row in claims().iter_rows(named=True)}
    assert rows["eight_weeks_reliable_improvement"]["modalities"] is None
    assert rows["eight_weeks_reliable_improvement_groups"]["modalities"] == [
        "group",
        "skills_group",
    ]
    assert rows["end_of_care_recovery"]["set_on"] == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda claim: claim.pop("says"), "no says"),
        (lambda claim: claim.update(note="x"), "unknown note"),
        (lambda claim: claim["rule"].pop("kind"), "no rule.kind"),
        (lambda claim: claim.update(rule="much"), "rule holds no keys"),
        (lambda claim: claim.update(claim_id="other"), "claim_id differs"),
        (lambda claim: claim["rule"].update(kind="luck"), "rule.kind is none of"),
        (lambda claim: claim["measured"].update(at="best"), "neither day nor end"),
        (lambda claim: claim.update(claimed_share=70), "no share of 1"),
        (lambda claim: claim.update(levels=["therapist"]), "a therapist is never named"),
        (lambda claim: claim.update(levels=[]), "levels may be"),
        (lambda claim: claim["rule"].update(kind="recovery"), "measured at the end only"),
        (lambda claim: claim["measured"].pop("tolerance_days"), "tolerance_days belongs"),
        (lambda claim: claim["rule"].update(worse_from_points=5), "belongs to a rating"),
    ],
)
def test_what_cannot_be_an_honest_claim_is_refused(
    edited: Callable[[Callable[[dict], object]], Path],
    change: Callable[[dict], object],
    message: str,
) -> None:
    with pytest.raises(ContractError, match=message):
        claims(edited(change))


def test_significantly_needs_a_reliable_or_clinical_rule(
    edited: Callable[[Callable[[dict], object]], Path],
) -> None:
    def to_rating(claim: dict) -> None:
        claim["rule"] |= {"kind": "rating", "instrument_id": "pgi_c", "worse_from_points": 5}
        claim["measured"] = {"at": "end", "after_days": 182, "words": "a rating"}

    with pytest.raises(ContractError, match="says 'significant' without"):
        claims(edited(to_rating))


def test_a_rating_may_speak_of_feeling_better(
    edited: Callable[[Callable[[dict], object]], Path],
) -> None:
    def change(claim: dict) -> None:
        claim["says"] = "Half felt better."
        claim["rule"] |= {"kind": "rating", "instrument_id": "pgi_c", "worse_from_points": 5}
        claim["measured"] = {"at": "end", "after_days": 182, "words": "a rating"}

    (row,) = claims(edited(change)).to_dicts()
    assert (row["worse_from_points"], row["tolerance_days"]) == (5, 0)
