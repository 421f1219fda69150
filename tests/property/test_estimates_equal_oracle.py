"""What growth lines and imputed rates are made from equals the second calculation."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.comparison.estimate_tables import IMPUTED
from pipelines.comparison.estimates import ESTIMATES, INPUTS
from pipelines.comparison_settings import ComparisonSettings
from tests.builders import Bench
from tests.property import oracle_estimates
from tests.property.clinics import Tables
from tests.property.measure_clinics import random_measure_clinic
from tests.property.oracle import Clinic, Row
from tests.property.test_marts_equal_oracle import is_same, keyed, load

MEASURE = ("instrument_id", "scale", "respondent")
CELL = (
    *MEASURE, "month_start_on", "programme_id", "first_points", "dose_doublings", "ending",
    "age_band", "sex",
)  # fmt: skip
ROW = ("level", "subject_id", *MEASURE, "outcome", "shift_sds", "period_kind", "period_start_on")
TABLES = ("mart_growth_changes", "mart_imputed_outcomes")


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    shared = Bench()
    # So that a small clinic has estimates, too.
    shared.comparison = ComparisonSettings(
        minimum_pairs=5, minimum_category_cases=3, cases_per_parameter=3
    )
    yield shared
    shared.close()


def clinic_of(seed: int) -> tuple[Tables, Row]:
    tables, parameters = random_measure_clinic(seed, n_episodes=60)
    for place, row in enumerate(tables["stg_clients"]):
        row["sex"] = ("female", "male", "unknown", None, "other")[place % 5]
    return tables, {**parameters, "age_bands": [18, 30, 45, 60]}


# Clinics with lines, cells and estimates.
@pytest.mark.parametrize("seed", [0, 2, 3])
def test_sums_and_counts_equal_the_second_calculation(bench: Bench, seed: int) -> None:
    tables, parameters = clinic_of(seed)
    load(bench, tables, parameters)
    clinic = Clinic(tables, parameters)
    lines = keyed(bench.rows("int_growth_sums"), ("episode_key", *MEASURE))
    assert_same(lines, oracle_estimates.growth_sums(clinic))
    cells = keyed(bench.rows("int_imputation_cells"), CELL)
    meant = oracle_estimates.imputation_cells(clinic)
    assert_same(cells, meant)
    assert sum(row["n_courses"] - row["n_paired"] for row in meant.values()) > 0
    assert_table_adds_up(bench, meant)


def assert_same(found: dict[Any, Row], meant: dict[Any, Row]) -> None:
    assert set(found) == set(meant)
    assert found
    for key, row in meant.items():
        for name, value in row.items():
            assert is_same(found[key][name], value), (key, name, found[key][name], value)


def assert_table_adds_up(bench: Bench, meant: dict[Any, Row]) -> None:
    """Counts of the clinic are those of the cells in the window, programmes add up to it."""
    rows = keyed(bench.rows("mart_imputed_outcomes"), ROW)
    assert any(row["imputed_rate"] is not None for row in rows.values())
    programmes: Counter[Any] = Counter()
    for (level, _, *rest), row in rows.items():
        measure, (outcome, _, _, start) = tuple(rest[:3]), rest[3:]
        if level == "programme":
            programmes[tuple(rest)] += row["n_with_outcome"]
            continue
        inside = [
            cell
            for key, cell in meant.items()
            if key[:3] == measure and start <= key[3] <= row["period_end_on"]
        ]
        assert row["n_courses"] == sum(cell["n_courses"] for cell in inside)
        assert row["n_paired"] == sum(cell["n_paired"] for cell in inside)
        assert row["n_with_outcome"] == sum(cell[f"n_{outcome}"] for cell in inside)
        if row["imputed_rate"] is not None:
            # Between the bounds, whatever was drawn.
            missing = row["n_courses"] - row["n_paired"]
            n_imputed = row["imputed_rate"] * row["n_courses"]
            assert row["n_with_outcome"] - 1e-6 <= n_imputed
            assert n_imputed <= row["n_with_outcome"] + missing + 1e-6
    for (level, _, *rest), row in rows.items():
        if level == "clinic" and row["imputed_rate"] is not None:
            assert programmes[tuple(rest)] == row["n_with_outcome"]


def test_neither_the_order_of_rows_nor_threads_nor_names_change_an_estimate(bench: Bench) -> None:
    tables, parameters = clinic_of(9)
    load(bench, tables, parameters)
    expected = [bench.rows(name) for name in TABLES]
    assert all(expected)
    bench.connection.execute("set threads = 4")
    renamed = {
        table: [
            {
                name: value[::-1] if name in {"client_key", "episode_key"} and value else value
                for name, value in row.items()
            }
            for row in rows[::-1]
        ]
        for table, rows in tables.items()
    }
    load(bench, renamed, parameters)
    found = [bench.rows(name) for name in TABLES]
    bench.connection.execute("reset threads")
    assert found == expected


def test_a_mirrored_scale_gives_the_same_rates(bench: Bench, tmp_path: Path) -> None:
    tables, parameters = clinic_of(1)
    load(bench, tables, parameters)
    read = {name: frame(bench, name, tmp_path) for name in INPUTS[IMPUTED]}
    points = [*(f"{end}_points" for end in ("first", "min", "max")), "last_sum", "last_squares"]
    cells = read["int_imputation_cells"].with_columns(pl.col(points).cast(pl.Float64))
    cells = cells.filter(pl.col("direction") == "higher_worse", pl.col("min_points") == 0)
    highest, n, total = pl.col("max_points"), pl.col("n_paired"), pl.col("last_sum")
    mirrored = cells.with_columns(
        direction=pl.lit("higher_better"),
        first_points=highest - pl.col("first_points"),
        last_sum=highest * n - total,
        last_squares=highest * highest * n - 2 * highest * total + pl.col("last_squares"),
    )

    def rates(own: pl.DataFrame) -> pl.DataFrame:
        given = {**read, "int_imputation_cells": own}
        return ESTIMATES[IMPUTED](given.__getitem__, bench.comparison)

    found, turned = rates(cells), rates(mirrored)
    assert found["imputed_rate"].drop_nulls().n_unique() > 10
    assert_frame_equal(found, turned, rel_tol=1e-6)


def frame(bench: Bench, name: str, folder: Path) -> pl.DataFrame:
    bench.build(name)
    bench.connection.execute(f"copy {name} to '{folder / name}' (format parquet)")
    return pl.read_parquet(folder / name)
