"""Windows that are the same are taken over, and the tables are as if all were made anew."""

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.comparison.build import compare
from pipelines.comparison.carried import unchanged_windows, with_carried
from tests.bench.known_truth import MONTH, SETTINGS, WINDOW, World, make, tables

Tables = Mapping[str, pl.DataFrame]
COUNTS, CELLS, UNITS = "int_comparison_counts", "int_case_mix_cells", "int_comparison_units"
OLD_MONTH = date(2025, 10, 1)
OLD_WINDOW = {
    "period_kind": "rolling_12m",
    "period_start_on": date(2024, 11, 1),
    "period_end_on": date(2025, 10, 31),
}


@pytest.fixture(scope="module")
def inputs() -> Tables:
    """Two measures; the sums of each are in the month of one window, and its half in another's."""
    rng = np.random.default_rng(5)
    world = World(n_units=12, icc=0.05, cases=(60, 40))
    made = tables([make(world, rng), make(world, rng)])
    counts = made[COUNTS]
    months = pl.concat(
        [counts.gather_every(2).with_columns(month_start_on=pl.lit(OLD_MONTH)), counts]
    )
    windows = [made[UNITS].with_columns(**{k: pl.lit(v) for k, v in OLD_WINDOW.items()})]
    return {
        CELLS: made[CELLS],
        COUNTS: months,
        UNITS: pl.concat([*windows, made[UNITS]]).select(made[UNITS].columns),
    }


@pytest.fixture(scope="module")
def before(inputs: Tables) -> Tables:
    return {**inputs, **compare(inputs.__getitem__, SETTINGS)}


def changed(frame: pl.DataFrame, where: pl.Expr, **values: pl.Expr) -> pl.DataFrame:
    return frame.with_columns(
        **{
            name: pl.when(where).then(value).otherwise(pl.col(name))
            for name, value in values.items()
        }
    )


def first(month: date) -> pl.Expr:
    """The first row of a month."""
    own = pl.col("month_start_on") == month
    return own & (own.cum_sum() == 1)


def one_more_case(month: date) -> Callable[[Tables], Tables]:
    def change(given: Tables) -> Tables:
        more = changed(given[COUNTS], first(month), n_cases=pl.col("n_cases") + 1)
        return {**given, COUNTS: more}

    return change


def one_more_course(given: Tables) -> Tables:
    where = pl.int_range(pl.len()) == 0
    more = changed(given[UNITS], where, n_finished=pl.col("n_finished") + 1)
    return {**given, UNITS: more}


def other_category(given: Tables) -> Tables:
    where = pl.int_range(pl.len()) == 0
    return {**given, CELLS: changed(given[CELLS], where, problem=pl.lit("another problem"))}


def no_month(given: Tables) -> Tables:
    kept = pl.col("month_start_on") != OLD_MONTH
    return {**given, COUNTS: given[COUNTS].filter(kept)}


def lost_window(given: Tables) -> Tables:
    kept = pl.col("period_start_on") != OLD_WINDOW["period_start_on"]
    return {**given, UNITS: given[UNITS].filter(kept)}


@pytest.mark.parametrize(
    ("change", "n_same"),
    [
        (dict, 4),
        (one_more_case(OLD_MONTH), 3),
        (one_more_case(MONTH), 3),
        (one_more_course, 3),
        (other_category, 2),
        (no_month, 2),
        (lost_window, 2),
    ],
)
def test_what_is_carried_over_is_what_would_be_made(
    inputs: Tables, before: Tables, change: Callable[[Tables], Tables], n_same: int
) -> None:
    now = change(inputs)
    same = unchanged_windows(before.__getitem__, now.__getitem__)
    assert len(same) == n_same
    found = with_carried(compare(now.__getitem__, SETTINGS, same), before.__getitem__, same)
    for name, anew in compare(now.__getitem__, SETTINGS).items():
        assert_frame_equal(found[name], anew)
        assert found[name].n_chunks() == 1


def test_windows_that_are_left_out_have_no_rows(inputs: Tables) -> None:
    everything = unchanged_windows(inputs.__getitem__, inputs.__getitem__)
    assert {window.end_on for _, window in everything} == {
        WINDOW["period_end_on"],
        OLD_WINDOW["period_end_on"],
    }
    assert not any(
        frame.height for frame in compare(inputs.__getitem__, SETTINGS, everything).values()
    )
