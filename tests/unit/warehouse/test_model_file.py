"""What a model file says of itself."""

import pytest

from pipelines.errors import ModelError
from pipelines.warehouse.model_file import build_order, load_models, read_model

HEADER = "-- Things.\n--\n-- Grain: one row per thing\n-- Key:   thing_id\n"


@pytest.fixture
def model(tmp_path):
    def read(text, name="mart_things"):
        path = tmp_path / f"{name}.sql"
        path.write_text(text, encoding="utf-8")
        return read_model(path)

    return read


def test_a_header_gives_purpose_grain_key_and_source(model):
    found = model(
        "-- Reliable improvement, over two\n-- lines.\n--\n-- Grain:  one row per therapist\n"
        "--         and period\n-- Key:    therapist_id, period_start_on\n"
        "-- Source: Jacobson & Truax (1991)\nselect 1 as therapist_id\n"
    )
    assert found.purpose == "Reliable improvement, over two lines."
    assert found.grain == "one row per therapist and period"
    assert found.key == ("therapist_id", "period_start_on")
    assert found.source == "Jacobson & Truax (1991)"


def test_the_description_of_an_asset_has_the_source_and_the_file():
    told = load_models()["mart_outcomes"].description
    assert "Key: level, subject_id" in told
    assert "Source: Wilson (1927)" in told
    assert told.endswith("File: sql/marts/mart_outcomes.sql")


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        ("-- Things.\n--\n", "no purpose"),
        ("-- Grain: one row per thing\n", "no Grain"),
        ("-- Key:   thing_id\n", "no Key"),
        (HEADER, "no purpose, no Grain, no Key"),
    ],
)
def test_a_header_with_a_part_missing_is_refused(model, left_out, missing):
    with pytest.raises(ModelError, match="header is incomplete") as caught:
        model(HEADER.replace(left_out, "") + "select 1 as thing_id")
    assert caught.value.found == missing


def test_inputs_are_the_tables_that_it_reads_wherever_they_stand(model):
    found = model(
        HEADER + "with things as (select thing_id from stg_things)\n"
        "select thing_id, (select max(n) from int_counts) as n\n"
        "from things where thing_id in (select thing_id from ref_things)"
    )
    assert found.inputs == {"stg_things", "int_counts", "ref_things"}


def test_parameters_in_comments_are_none(model):
    found = model(HEADER + "-- not $this_one\nselect $that_one as thing_id -- nor $the_other, $1\n")
    assert found.parameters == {"that_one"}


def test_the_digest_changes_with_the_query_alone(model):
    first = model(HEADER + "select 1 as thing_id")
    again = model(HEADER.replace("Things", "Stuff") + "select\n    1 as thing_id -- why\n")
    other = model(HEADER + "select 2 as thing_id")
    assert first.digest == again.digest != other.digest


@pytest.mark.parametrize(
    "comparison",
    [
        "thing_id is distinct from other_id",
        "note = 'taken from stg_notes'",
        "n in (1) -- from stg_n",
    ],
)
def test_only_what_is_read_from_is_an_input(model, comparison):
    found = model(HEADER + f"select thing_id from stg_things where {comparison}\n")
    assert found.inputs == {"stg_things"}


def test_models_are_built_after_what_they_read(model):
    models = {
        name: model(HEADER + f"select thing_id from {table}", name)
        for name, table in (("mart_a", "mart_c"), ("mart_b", "stg_x"), ("mart_c", "mart_b"))
    }
    assert build_order(models) == ["mart_b", "mart_c", "mart_a"]
    assert build_order(models, ["mart_a", "mart_b"]) == ["mart_a", "mart_b"]


def test_models_that_read_each_other_are_refused_with_the_circle(model):
    models = {
        "mart_a": model(HEADER + "select thing_id from mart_b", "mart_a"),
        "mart_b": model(HEADER + "select thing_id from mart_a", "mart_b"),
    }
    with pytest.raises(ModelError, match="in a circle") as caught:
        build_order(models)
    assert "mart_a -> mart_b" in caught.value.found or "mart_b -> mart_a" in caught.value.found


def test_every_model_follows_its_inputs():
    seen = set()
    models = load_models()
    for name, each in models.items():
        assert (each.inputs & set(models)) <= seen, name
        seen.add(name)
