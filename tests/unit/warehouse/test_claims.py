"""Claims as data: the shipped ones are honest ones, and what cannot be one is refused."""

import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pipelines.demo.adopted_claims import adopt_claims
from pipelines.demo.clinic import DemoOptions
from pipelines.errors import ContractError, SettingsError
from pipelines.home import Home
from pipelines.instruments.catalogue import load_catalogue
from pipelines.warehouse import claims as claims_module
from pipelines.warehouse.claims import CLAIMS_FOLDER, STANDARD_FILE, claims, shipped_claims
from tests.builders import Bench

FILES = shipped_claims()
EIGHT_WEEKS = "eight_weeks_reliable_improvement.yaml"


def document(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[Callable[[dict], object]], Path]:
    """A clinic's folder with one claim, changed."""

    def edit(change: Callable[[dict], object]) -> Path:
        content = {**document(CLAIMS_FOLDER / EIGHT_WEEKS), "set_on": date(2025, 1, 15)}
        change(content)
        (tmp_path / EIGHT_WEEKS).write_text(yaml.safe_dump(content), encoding="utf-8")
        return tmp_path

    return edit


def test_every_claim_is_there_once_in_the_order_of_its_id() -> None:
    assert claims()["claim_id"].to_list() == [path.stem for path in FILES]
    assert len(FILES) == 4


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_valid_by_the_schema(path: Path) -> None:
    schema = json.loads((CLAIMS_FOLDER / "claim.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document(path))


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
            # More can begin in a window than were referred in it.
            assert "{n_started} began, some perhaps referred earlier." in row[name]
            # A share over all names its assumption.
            assert "had everyone without a score done so too, it would be {worse_worst" in row[name]
            assert "\n" not in row[name]


def test_empty_lists_mean_everybody() -> None:
    rows = {row["claim_id"]: row for row in claims().iter_rows(named=True)}
    assert rows["eight_weeks_reliable_improvement"]["modalities"] is None
    assert rows["eight_weeks_reliable_improvement_groups"]["modalities"] == [
        "group",
        "skills_group",
    ]


def test_what_the_clinic_has_not_fixed_has_no_day() -> None:
    assert set(claims()["set_on"]) == {None}
    assert [path for path in FILES if "set_on" in document(path)] == []


def test_the_claims_of_a_clinic_take_the_place_of_the_others(
    edited: Callable[[Callable[[dict], object]], Path], tmp_path: Path
) -> None:
    (row,) = claims(edited(lambda claim: claim.update(claimed_share=0.6))).to_dicts()
    assert (row["claimed_rate"], row["set_on"]) == (Decimal("0.6"), date(2025, 1, 15))
    assert claims(tmp_path / "no_such_folder").equals(claims())


def test_the_demo_takes_the_claims_over_once_with_a_day_before_its_first_window(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "claims"
    adopt_claims(DemoOptions(months=14, as_of_month="2026-10"), folder)
    assert set(claims(folder)["set_on"]) == {date(2024, 1, 1)}
    assert claims(folder).drop("set_on").equals(claims().drop("set_on"))
    for path in sorted(folder.iterdir())[1:]:
        path.unlink()
    adopt_claims(DemoOptions(months=14, as_of_month="2026-10"), folder)
    assert claims(folder).height == 1


def test_a_claim_of_the_clinic_is_part_of_its_settings(
    edited: Callable[[Callable[[dict], object]], Path], tmp_path: Path
) -> None:
    home = Home.create(tmp_path / "home", salt="test")
    digests = [home.settings.digest]
    home.claims.mkdir()
    for share in (0.6, 0.61):
        path = edited(lambda claim, share=share: claim.update(claimed_share=share)) / EIGHT_WEEKS
        (home.claims / EIGHT_WEEKS).write_bytes(path.read_bytes())
        digests.append(Home(home.root).settings.digest)
    (home.claims / EIGHT_WEEKS).rename(home.claims / "other.yaml")
    digests.append(Home(home.root).settings.digest)
    assert len(set(digests)) == 4


def test_a_file_that_is_no_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("a: 1\nb: [\n", encoding="utf-8")
    (tmp_path / "two.yaml").write_bytes(b"\xff")
    with pytest.raises(SettingsError) as caught:
        claims(tmp_path)
    assert caught.value.found == (
        "one.yaml: is not YAML (did not find expected node content), line 3;"
        " two.yaml: is not text in UTF-8"
    )
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("set_on: 2025-02-31\n", "one.yaml: holds a day or a number that is none"),
        ("says: a\nsays: b\n", "one.yaml: has says twice, line 2"),
    ],
)
def test_a_file_that_yaml_alone_would_not_refuse_in_words_is_named(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "one.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=re.escape(message)):
        claims(tmp_path)


def test_a_claim_of_this_project_that_is_wrong_is_no_mistake_of_the_clinic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (STANDARD_FILE, claims_module.SCHEMA_FILE):
        (tmp_path / name).write_bytes((CLAIMS_FOLDER / name).read_bytes())
    (tmp_path / "empty.yaml").write_text("", encoding="utf-8")
    monkeypatch.setattr(claims_module, "CLAIMS_FOLDER", tmp_path)
    with pytest.raises(ContractError, match=r"empty\.yaml: the file: None is not of type"):
        claims()


def test_the_share_and_the_weeks_of_a_sentence_are_those_of_the_claim() -> None:
    rows = {row["claim_id"]: row for row in claims().iter_rows(named=True)}
    row = rows["eight_weeks_reliable_improvement"]
    assert row["says"] == "70 % improved significantly within 8 weeks."
    assert row["measure_words"].endswith("around week 8")
    assert (row["claimed_rate"], row["after_days"]) == (Decimal("0.7"), 56)


def rule(**changes: object) -> Callable[[dict], object]:
    return lambda claim: claim["rule"].update(changes)


def measured(**changes: object) -> Callable[[dict], object]:
    return lambda claim: claim["measured"].update(changes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda claim: claim.pop("says"), "'says' is a required property"),
        (lambda claim: claim.update(note="x"), "'note' was unexpected"),
        (lambda claim: claim["rule"].pop("kind"), "'kind' is a required property"),
        (lambda claim: claim.update(rule="much"), "rule: 'much' is not of type 'object'"),
        (lambda claim: claim.update(claim_id="other"), "claim_id differs"),
        (rule(kind="luck"), "rule.kind: 'luck' is not one of"),
        (measured(at="best"), "measured.at: 'best' is not one of"),
        (lambda claim: claim.update(claimed_share=70), "claimed_share: 70 is greater than"),
        (lambda claim: claim.update(claimed_share=0.333), "not in whole per cent"),
        (lambda claim: claim.update(levels=["therapist"]), "'therapist' is not one of"),
        (lambda claim: claim.update(levels=[]), "levels: "),
        (lambda claim: claim.update(set_on=None), "set_on: None is not of type"),
        (lambda claim: claim.pop("set_on"), "'set_on' is missing"),
        (lambda claim: claim.update(set_on="2025-02-30"), "set_on is no day"),
        (lambda claim: claim.pop("period_kind"), "'period_kind' is a required property"),
        (lambda claim: claim.update(period_kind="month"), "period_kind: 'month'"),
        (rule(kind="recovery"), "measured at the end only"),
        (rule(instrument_id="nonsense"), "nonsense is no instrument of the catalogue"),
        (rule(instrument_id="phq2"), "needs an instrument of purpose outcome"),
        (rule(scale="nonsense"), "has no scale nonsense"),
        (
            lambda claim: claim["population"].update(tracks=["nonsense"]),
            "no programme has the track nonsense",
        ),
        (lambda claim: claim["measured"].pop("tolerance_days"), "tolerance_days"),
        (measured(tolerance_days=29), "more than half of after_days"),
        (measured(after_days=-5), "after_days: -5 is less than"),
        (measured(after_days=57), "no whole weeks"),
        (measured(look_back_days=28), "look_back_days belong to a rating"),
        (rule(met_words="were cured"), "rule.met_words uses a forbidden word: cure"),
        (rule(met_words="improved thanks to us"), "forbidden word: thanks to"),
        (lambda claim: claim.update(says="95 % improved."), "writes a figure of its own"),
        (lambda claim: claim.update(says="Half of them improved."), "writes a figure of its own"),
        (lambda claim: claim.update(says="They improved."), "does not name its share"),
        (measured(words="a score around week 8"), "weeks are written as"),
        (
            lambda claim: claim.update(says="{claimed_percent} % better in {after_week} weeks."),
            "says has {after_week}, which nothing fills in; known: {after_weeks}, {claimed_percent}",
        ),
        (lambda claim: claim.update(says="{claimed_percent} % by {points}."), "says has {points}"),
        (rule(met_words="rose by {points points"), "rule.met_words has a brace"),
        (measured(due_words="in {look_back_weeks} weeks"), "measured.due_words has {look_back"),
    ],
)
def test_what_cannot_be_an_honest_claim_is_refused(
    edited: Callable[[Callable[[dict], object]], Path],
    change: Callable[[dict], object],
    message: str,
) -> None:
    with pytest.raises(SettingsError, match=re.escape(message)):
        claims(edited(change))


def test_half_of_after_days_is_not_too_much(
    edited: Callable[[Callable[[dict], object]], Path],
) -> None:
    (row,) = claims(edited(measured(tolerance_days=28))).to_dicts()
    assert row["tolerance_days"] == 28


def test_recovery_is_told_of_the_first_measure_of_its_pair(
    edited: Callable[[Callable[[dict], object]], Path],
) -> None:
    def change(claim: dict) -> None:
        claim["rule"] |= {"kind": "recovery", "instrument_id": "wsas", "respondent": "parent"}
        claim["measured"] = {"at": "end", "after_days": 182, "words": "a", "due_words": "b"}

    with pytest.raises(SettingsError, match="a recovery is told of phq9, total, client"):
        claims(edited(change))


def to_rating(claim: dict, says: str) -> None:
    claim["says"] = says
    claim["rule"] |= {"kind": "rating", "instrument_id": "pgi_c"}
    claim["measured"] = {
        "at": "end",
        "after_days": 182,
        "look_back_days": 28,
        "words": "a rating",
        "due_words": "due",
    }


@pytest.mark.parametrize("place", ["says", "met_words"])
def test_significantly_needs_a_reliable_or_clinical_rule(
    edited: Callable[[Callable[[dict], object]], Path], place: str
) -> None:
    def change(claim: dict) -> None:
        to_rating(claim, "{claimed_percent} % felt better.")
        (claim if place == "says" else claim["rule"])[place] = (
            "{claimed_percent} % felt significantly better."
        )

    with pytest.raises(SettingsError, match="says 'significant' without"):
        claims(edited(change))


def test_a_rating_may_speak_of_feeling_better(
    edited: Callable[[Callable[[dict], object]], Path],
) -> None:
    path = edited(lambda claim: to_rating(claim, "{claimed_percent} % felt better."))
    (row,) = claims(path).to_dicts()
    assert (row["look_back_days"], row["tolerance_days"]) == (28, 0)
