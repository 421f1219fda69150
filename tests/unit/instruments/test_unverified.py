"""A figure that nobody has verified is in no result, unless the clinic switches it on and says why.

The clinic's switch is a `[[thresholds]]` entry with a source and a day; that it needs both is
tested with the settings (`tests/unit/test_outcome_settings.py`).
"""

import copy
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from pipelines.errors import InstrumentError
from pipelines.instruments import catalogue as catalogue_module
from pipelines.instruments.catalogue import INSTRUMENTS_FOLDER, Catalogue, load_catalogue
from pipelines.instruments.instrument import Instrument
from pipelines.instruments.instrument_file import read_instrument
from pipelines.instruments.reference_tables import reference_tables
from pipelines.outcome_settings import THRESHOLD_KINDS, ClinicThreshold, OutcomeSettings
from tests.builders import Bench
from tests.unit.instruments.catalogue_figures import documents

DECIDED_ON = date(2026, 1, 31)
SOURCE = "the clinic's own reading of the paper, page 3"
PERIOD = {
    "reference_starts_on": date(2024, 1, 1),
    "reference_ends_on": date(2024, 12, 31),
    "reference_minimum_scores": 30,
}
COLUMNS = {
    "reliable_change": "reliable_change_points",
    "caseness": "caseness_points",
    "remission": "remission_below_points",
    "response": "response_share",
}
# Files of `definition` scoring: a plain sum or mean, which involves no figure.
DEFINED = {name for name, one in documents().items() if one["scoring"]["status"] == "definition"}


@cache
def whole() -> Catalogue:
    return load_catalogue()


def tables_of(document: dict[str, Any]) -> dict[str, pl.DataFrame]:
    """The tables that SQL reads, of one instrument's parsed file alone."""
    instrument = read_instrument(document)
    one = Catalogue({instrument.instrument_id: instrument}, {}, whole().conventions, "")
    return reference_tables(one)


def unverified(value: Any) -> Any:
    """A parsed file in which nothing is verified any more."""
    if isinstance(value, dict):
        found = {key: unverified(below) for key, below in value.items()}
        return {**found, "status": "unverified"} if found.get("status") == "verified" else found
    return [unverified(below) for below in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", sorted(documents()))
def test_of_a_file_without_a_verified_figure_none_is_applied(name: str) -> None:
    document = unverified(documents()[name])
    found = tables_of(document)
    for table in ("ref_outcome_rules", "ref_cutoffs", "ref_score_tables", "ref_loinc_codes"):
        assert found[table].is_empty(), table
    for table in ("ref_norms", "ref_reliabilities"):
        assert not found[table]["is_default"].any(), table
    assert not found["ref_thresholds"]["is_active"].any()
    goals = found["ref_goal_rules"].select("reliable_change_points", "met_points", "gas_rho")
    assert goals.rows() in ([], [(None, None, None)])
    scales = found["ref_instrument_scales"]
    weighted = scales.filter(pl.col("weights").is_not_null())["scale"].to_list()
    assert weighted in ([], ["total"])
    # A reverse key, too, is a figure: with an unverified one nothing is added up.
    has_key = not documents()[name]["form"]["reversed_items"]["items"]
    assert not weighted or (name in DEFINED and has_key)
    is_filled = (document["scoring"].get("missing") or {}).get("status") == "design"
    assert scales["prorate_max_missing"].gt(0).any() == (is_filled and bool(weighted))


def verified_thresholds() -> Iterator[Any]:
    for name, document in documents().items():
        for place, entry in enumerate(document["thresholds"]):
            if entry["status"] == "verified" and entry["use"] == "default":
                yield pytest.param(name, place, id=f"{name}-{place}-{entry['kind']}")


@pytest.mark.parametrize(("name", "place"), list(verified_thresholds()))
def test_each_threshold_is_in_force_by_its_status_alone(name: str, place: int) -> None:
    before = documents()[name]
    after = copy.deepcopy(before)
    after["thresholds"][place]["status"] = "unverified"
    entry = before["thresholds"][place]
    rules = tables_of(after)["ref_outcome_rules"].filter(scale=entry["scale"])
    for respondent in entry.get("respondents", ["client"]):
        kept = rules.filter(respondent=respondent)
        if entry["kind"] in COLUMNS:
            assert kept[COLUMNS[entry["kind"]]].to_list() in ([], [None])


def switched_on(instrument: Instrument) -> Iterator[ClinicThreshold]:
    """The unverified figures of an outcome, each as the clinic would switch it on."""
    scales = {scale.scale for scale in instrument.scales}
    for entry in instrument.thresholds:
        is_one = entry.kind in THRESHOLD_KINDS and entry.use == "default"
        if entry.status == "verified" or not is_one or entry.scale not in scales:
            continue
        for respondent in entry.respondents:
            yield ClinicThreshold(
                instrument_id=instrument.instrument_id,
                scale=entry.scale,
                kind=entry.kind,
                points=entry.points,
                share=entry.share,
                reliability=None,
                sd=None,
                respondent=respondent,
                source=SOURCE,
                decided_on=DECIDED_ON,
                place="clinic.toml, [[thresholds]]",
            )


def in_force(decisions: tuple[ClinicThreshold, ...]) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The rules that the models use, by instrument, scale and respondent."""
    bench = Bench(PERIOD)
    tables = reference_tables(whole(), OutcomeSettings(thresholds=decisions))
    for name in ("ref_instruments", "ref_outcome_rules", "ref_reliabilities", "ref_conventions",
                 "ref_thresholds", "ref_clinic_thresholds"):  # fmt: skip
        bench.fill(name, tables[name].to_dicts())
    bench.fill("int_episode_scores", [])
    rows = bench.rows("int_outcome_rules")
    bench.close()
    return {(row["instrument_id"], row["scale"], row["respondent"]): row for row in rows}


def test_an_unverified_figure_is_in_force_where_the_clinic_decided_on_it_and_nowhere_else() -> None:
    outcomes = [one for one in whole().instruments.values() if one.purpose == "outcome"]
    decisions = tuple(entry for one in outcomes for entry in switched_on(one))
    assert len(decisions) > 10
    without, with_all = in_force(()), in_force(decisions)
    for one in decisions:
        key, column = (one.instrument_id, one.scale, str(one.respondent)), COLUMNS[one.kind]
        assert without.get(key, {}).get(column) is None
        rule = with_all[key]
        if one.kind == "response" and rule["caseness_points"] is None:
            continue  # it is counted among cases, whom nobody knows here
        assert rule[column] == (one.share if one.kind == "response" else one.points)
        assert rule["basis"] == "clinic"
        assert f"decided on {DECIDED_ON}: {SOURCE}" in rule["source"]


# ---------------------------------------------------------------- figures of no single instrument


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the catalogue that is read in place of the project's own."""
    shutil.copytree(INSTRUMENTS_FOLDER, tmp_path / "copy")
    monkeypatch.setattr(catalogue_module, "INSTRUMENTS_FOLDER", tmp_path / "copy")
    return tmp_path / "copy"


def test_the_conventions_are_these(folder: Path) -> None:
    assert {
        name: (one.value, one.status) for name, one in load_catalogue(folder).conventions.items()
    } == {
        "reliable_change_z": (Decimal("1.96"), "verified"),
        "change_index_one_sided_z": (Decimal("1.65"), "verified"),
        "cutoff_sds": (Decimal(2), "verified"),
        "finished_course_sessions": (Decimal(2), "verified"),
        "shared_below_share": (Decimal("0.6"), "design"),
        "reversed_check_minimum_forms": (Decimal(30), "design"),
        "imputations": (Decimal(20), "design"),
        "imputation_shift_small_sds": (Decimal("0.25"), "design"),
        "imputation_shift_large_sds": (Decimal("0.5"), "design"),
    }


@pytest.mark.parametrize(
    ("field", "value"), [("status", "unverified"), ("status", "guessed"), ("source", [])]
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_unverified_convention_stops_the_catalogue(
    folder: Path, place: int, field: str, value: Any
) -> None:
    path = folder / "conventions.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["conventions"][place][field] = value
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(InstrumentError, match="no single instrument cannot be used") as caught:
        load_catalogue(folder)
    assert caught.value.found == content["conventions"][place]["name"]


def test_coded_answers_that_nobody_verified_have_no_points(folder: Path) -> None:
    path = folder / "answers.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("status: verified", "status: unverified"), encoding="utf-8")
    assert load_catalogue(folder).answer_points == {}
