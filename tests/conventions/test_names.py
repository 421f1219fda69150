"""One name per thing: SQL file, table, asset and contract; no module without a subject."""

import re
from pathlib import Path

import pytest

from pipelines.contracts.odcs import load_contracts
from pipelines.ingest.recognition import CANONICAL_TABLES
from pipelines.warehouse.model_file import load_models, read_model

ROOT = Path(__file__).parents[2]
LAYERS = {
    "staging": ("stg_",),
    "intermediate": ("int_",),
    "marts": ("mart_",),
    "published": ("pub_",),
}
MODEL_FILES = sorted(path for layer in LAYERS for path in (ROOT / "sql" / layer).glob("*.sql"))
# What is left over has no subject, and everything ends up there.
NAMES_WITHOUT_SUBJECT = {"utils", "util", "helpers", "helper", "common", "misc", "shared"}
LONGEST_MODULE = 450


def test_there_are_models() -> None:
    assert len(MODEL_FILES) > 10


@pytest.mark.parametrize("path", MODEL_FILES, ids=lambda path: path.stem)
def test_a_model_has_its_header_and_ends_in_the_order_of_its_key(path: Path) -> None:
    model = read_model(path)
    assert model.purpose.endswith("."), "the purpose is a sentence"
    assert model.grain.startswith("one row per "), "the grain is said in words"
    last = model.sql.rstrip().rsplit("order by", 1)
    assert len(last) == 2, "a model ends with order by"
    ordered = [column.strip().split(".")[-1].strip('"') for column in last[1].split(",")]
    assert tuple(ordered) == model.key


@pytest.mark.parametrize("path", MODEL_FILES, ids=lambda path: path.stem)
def test_a_model_is_named_by_its_layer_and_says_no_moment(path: Path) -> None:
    assert path.stem.startswith(LAYERS[path.parent.name])
    code = "\n".join(line.split("--")[0] for line in path.read_text("utf-8").splitlines()).lower()
    for word in ("current_date", "now()", "today()", "any_value", "approx_quantile"):
        assert word not in code
    assert not re.search(r"date '\d{4}", code), "no literal dates"


def test_a_name_is_used_once() -> None:
    names = [path.stem for path in MODEL_FILES]
    assert len(names) == len(set(names)) == len(load_models())


def test_functions_are_macros_named_by_their_file() -> None:
    for path in sorted((ROOT / "sql" / "functions").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        assert text.startswith("--"), path.stem
        assert re.search(rf"create or replace macro {path.stem}\(", text), path.stem
        assert text.count("create or replace macro") == 1, path.stem


def test_every_canonical_table_has_its_contract_and_no_other_has() -> None:
    assert set(load_contracts()) == set(CANONICAL_TABLES)
    for table in CANONICAL_TABLES:
        assert (ROOT / "data_contracts" / f"{table}.odcs.yaml").is_file()


def test_no_module_is_named_by_nothing() -> None:
    modules = [*(ROOT / "pipelines").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    assert [path.name for path in modules if path.stem in NAMES_WITHOUT_SUBJECT] == []


def test_no_module_is_two_rooms() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "pipelines").rglob("*.py")
    }
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE} == {}
