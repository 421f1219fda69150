"""Every column of the tables about the work itself equals the second calculation."""

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given, settings

from tests.builders import Bench, model
from tests.property import oracle_group_runs, oracle_groups, oracle_process
from tests.property.oracle import Clinic, Row
from tests.property.process_clinics import process_clinics, random_process_clinic
from tests.property.test_marts_equal_oracle import assert_equal, keyed, load

EXAMPLES = 20


@settings(max_examples=EXAMPLES)
@given(process_clinics())
def test_process_equals_the_second_calculation(
    bench: Bench, clinic_rows: tuple[dict[str, list[Row]], Row]
) -> None:
    assert_process_equal(bench, *clinic_rows)


@pytest.mark.parametrize("seed", range(3))
def test_process_of_larger_clinics_equals_the_second_calculation(bench: Bench, seed: int) -> None:
    assert_process_equal(bench, *random_process_clinic(seed, n_episodes=50))


def assert_process_equal(bench: Bench, tables: dict[str, list[Row]], parameters: Row) -> None:
    """Build the tables of a clinic and compare them."""
    load(bench, tables, parameters)
    clinic = Clinic(tables, parameters)
    experience, verdicts = oracle_process.experience(clinic)
    expected: dict[str, Mapping[tuple[object, ...], Row]] = {
        "mart_alliance": oracle_process.alliance(clinic),
        "mart_alliance_coverage": oracle_process.alliance_coverage(clinic),
        "mart_group_process": oracle_groups.group_process(clinic),
        "mart_cohesion": oracle_groups.cohesion(clinic),
        "mart_group_runs": oracle_group_runs.group_runs(clinic),
        "mart_group_run_measures": oracle_group_runs.run_measures(clinic),
        "mart_experience": experience,
        "mart_verdicts": verdicts,
    }
    for name, rows in expected.items():
        try:
            assert_equal(keyed(bench.rows(name), model(name).key), rows)
        except AssertionError as error:
            error.add_note(name)
            raise
    assert bench.check("group_process_adds_up") == []


MARTS = (
    *("mart_alliance", "mart_alliance_coverage", "mart_group_process", "mart_cohesion"),
    *("mart_experience", "mart_verdicts"),
)


def built(bench: Bench, tables: Mapping[str, list[Row]], parameters: Row) -> dict[str, list[Row]]:
    """Every table about the work of a clinic."""
    load(bench, tables, parameters)
    return {name: bench.rows(name) for name in MARTS}


def test_neither_the_order_of_rows_nor_the_keys_of_clients_matter(bench: Bench) -> None:
    tables, parameters = random_process_clinic(1, n_episodes=30)
    usual = built(bench, tables, parameters)
    turned = {name: rows[::-1] for name, rows in tables.items()}
    assert built(bench, turned, parameters) == usual
    renamed = {
        name: [
            {
                column: value[::-1] if column == "client_key" and value is not None else value
                for column, value in row.items()
            }
            for row in rows
        ]
        for name, rows in tables.items()
    }
    assert built(bench, renamed, parameters) == usual


def test_what_is_said_later_leaves_the_periods_before_alone(bench: Bench) -> None:
    tables, parameters = random_process_clinic(2, n_episodes=30)
    # Without spreads of the clinic's own, which look at all courses of the reference period.
    parameters["reference_starts_on"] = parameters["reference_ends_on"] = None
    first = date(2025, 3, 1)
    usual = built(bench, tables, parameters)
    # A session's rating may come a day after it.
    early = [one for one in tables["stg_responses"] if one["administered_on"] <= first]
    assert len(early) < len(tables["stg_responses"])
    fewer = built(bench, {**tables, "stg_responses": early}, parameters)
    # Whoever answers later still, was meant to be asked: a course counts with any response of it.
    asked = {"n_clients", "n_ended", "met_rate_worst", "met_rate_best"}
    asked |= {name for name in usual["mart_experience"][0] if name.startswith("rated_rate")}
    for name in MARTS:
        left_out = asked if name == "mart_experience" else set()
        before, after = (
            [
                {column: value for column, value in row.items() if column not in left_out}
                for row in tables_of[name]
                if row["period_end_on"] < first
            ]
            for tables_of in (usual, fewer)
        )
        assert before
        assert before == after


@pytest.mark.parametrize("instrument_id", ["srs", "gsrs"])
def test_a_mirrored_scale_has_the_same_falls_and_mirrored_means(
    bench: Bench, instrument_id: str
) -> None:
    tables, parameters = random_process_clinic(1, n_episodes=40)
    usual = built(bench, tables, parameters)

    def mirrored(row: Row) -> Row:
        if row["instrument_id"] != instrument_id:
            return row
        turned = dict(row)
        if row.get("direction") is not None:
            turned["direction"] = "higher_worse"
        if row.get("total_score") is not None:
            turned["total_score"] = 40 - row["total_score"]
        if row.get("op") == "<":
            turned |= {"points": 40 - row["points"], "op": ">"}
        return turned

    names = ("ref_instruments", "ref_instrument_scales", "ref_thresholds", "stg_responses")
    turned = {**tables, **{name: [mirrored(row) for row in tables[name]] for name in names}}
    other = built(bench, turned, parameters)
    for name in ("mart_alliance", "mart_cohesion"):
        assert any(row["instrument_id"] == instrument_id for row in usual[name]) or (
            (name, instrument_id) == ("mart_cohesion", "srs")
        )
        for one, two in zip(usual[name], other[name], strict=True):
            is_turned = one["instrument_id"] == instrument_id
            for column, value in one.items():
                if is_turned and "mean_points" in column and value is not None:
                    # What was the lower limit is the upper one now.
                    pair = {"lower": "upper", "upper": "lower"}
                    end = column.rpartition("_")[2]
                    place = column.removesuffix(end) + pair[end] if end in pair else column
                    assert two[place] == pytest.approx(40 - value, abs=1e-9)
                elif isinstance(value, float):
                    assert two[column] == pytest.approx(value, abs=1e-9)
                else:
                    assert two[column] == value, column
