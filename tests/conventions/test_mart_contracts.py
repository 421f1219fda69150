"""The contracts of the public tables say what the tables are, and one name means one thing."""

import json
import os
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from jsonschema.validators import validator_for

from pipelines.comparison.made_tables import GRAINS as COMPARISON_GRAINS
from pipelines.comparison.made_tables import KEYS as COMPARISON_KEYS
from pipelines.contracts.mart_contracts import (
    MART_CONTRACTS,
    PUBLISHED_CONTRACTS,
    MartColumn,
    load_mart_contracts,
    public_contracts,
)
from pipelines.errors import ContractError
from pipelines.warehouse.model_file import load_models
from tests.builders import Bench

SQL_MARTS = sorted(name for name in load_models() if name.startswith("mart_"))
PUBLISHED = sorted(name for name in load_models() if name.startswith("pub_"))
MARTS = sorted([*SQL_MARTS, *(name for name in COMPARISON_KEYS if name.startswith("mart_"))])
SHARED = Path(os.environ.get("OUTCOMES_SHARED") or Path(__file__).parents[3] / "shared")
SCHEMA = SHARED / "data/odcs/schema/odcs-json-schema-v3.1.0.json"


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


def test_every_mart_has_a_contract_and_every_contract_a_mart() -> None:
    assert sorted(load_mart_contracts()) == MARTS


def test_every_published_table_has_a_contract_and_every_contract_a_table() -> None:
    hint = "python -m tests.conventions.draft_contract TABLE drafts one"
    assert sorted(load_mart_contracts(PUBLISHED_CONTRACTS)) == PUBLISHED, hint


def test_no_contract_was_left_as_a_draft() -> None:
    files = [*MART_CONTRACTS.glob("*.yaml"), *PUBLISHED_CONTRACTS.glob("*.yaml")]
    assert [path.name for path in files if "TODO" in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("name", [*MARTS, *PUBLISHED])
def test_a_contract_has_the_columns_types_key_and_grain_of_its_table(
    bench: Bench, name: str
) -> None:
    contract = public_contracts()[name]
    if name in COMPARISON_KEYS:
        key, grain = COMPARISON_KEYS[name], COMPARISON_GRAINS[name]
    else:
        key, grain = load_models()[name].key, load_models()[name].grain
    bench.build(name)
    promised = [f"{column.name} {column.physical_type}" for column in contract.columns]
    there = [f"{column} {kind}" for column, kind in bench.columns(name).items()]
    assert promised == there, (
        f"{name}.odcs.yaml lacks {sorted(set(there) - set(promised))} and has too much"
        f" {sorted(set(promised) - set(there))}, or another order;"
        f" `python -m tests.conventions.draft_contract {name}` prints what it would say"
    )
    assert contract.key == key
    assert contract.grain.rstrip(".") == grain.rstrip(".")


# What is due is a measure at a session, or a course whose time for a claim has come.
TWO_UNITS = {"n_due": {("measures", "none"), ("courses", "none")}}


def test_one_name_has_one_unit_and_one_good_direction_in_all_tables() -> None:
    meanings: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for contract in public_contracts().values():
        for column in contract.columns:
            meanings[column.name].add((column.unit, column.direction))
    assert {name: found for name, found in meanings.items() if len(found) > 1} == TWO_UNITS


def test_what_is_measured_says_which_way_is_good_and_keys_are_identifying() -> None:
    columns = [each for contract in public_contracts().values() for each in contract.columns]
    assert [
        each.name for each in columns if _ends_with_key(each) and not _is_identifying(each)
    ] == []
    rates = [each for each in columns if each.name.endswith("_rate")]
    assert rates
    assert [each.name for each in rates if each.unit != "share 0-1"] == []


def _ends_with_key(column: MartColumn) -> bool:
    return column.name.endswith("_key")


def _is_identifying(column: MartColumn) -> bool:
    return column.classification == "identifying"


@pytest.mark.skipif(not SCHEMA.exists(), reason="the published ODCS schema is not at hand")
@pytest.mark.parametrize("name", [*MARTS, *PUBLISHED])
def test_a_contract_is_valid_odcs(name: str) -> None:
    folder = PUBLISHED_CONTRACTS if name in PUBLISHED else MART_CONTRACTS
    document = yaml.safe_load((folder / f"{name}.odcs.yaml").read_text(encoding="utf-8"))
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator_for(schema)(schema).validate(document)


def test_a_broken_contract_is_refused_with_its_place(tmp_path: Path) -> None:
    good = (MART_CONTRACTS / "mart_started.odcs.yaml").read_text(encoding="utf-8")
    (tmp_path / "mart_started.odcs.yaml").write_text(
        good.replace("property: unit", "property: unity", 1), encoding="utf-8"
    )
    with pytest.raises(ContractError, match=r"mart_started.odcs.yaml, level[\s\S]*unit"):
        load_mart_contracts(tmp_path)
