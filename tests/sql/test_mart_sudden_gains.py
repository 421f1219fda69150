"""Sudden gains by the published criteria, and the published counts."""

import csv
import statistics
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.builders import Bench
from tests.sql.text_tables import TextBench
from tests.sql.weekly_courses import give_courses

DATA = Path(__file__).parents[3] / "shared" / "data" / "sudden-gains"
with_shared_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the shared data sets lie beside a clone, not in it"
)
HEADER = "session_number | before_points | after_points | improvement_points | n_before | n_after"


def scores_of(*points: Any) -> dict[int, Any]:
    """Session 1, 2, … and their points; None where there was no form."""
    return {number: value for number, value in enumerate(points, start=1) if value is not None}


def gains(bench: Bench, *points: Any, instrument_id: str = "phq9") -> list[tuple[Any, ...]]:
    """Session before the gain, its size and whether it was reversed, for one course."""
    give_courses(bench, {"c1": scores_of(*points)}, instrument_id=instrument_id)
    bench.restart()
    return [
        (row["session_number"], row["improvement_points"], row["is_reversed"])
        for row in bench.rows("mart_sudden_gains")
    ]


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_sudden_gains") == []


def test_one_client_with_one_gain(clinic: TextBench) -> None:
    give_courses(clinic, {"c1": scores_of(20, 20, 20, 10, 10, 10)})
    clinic.expect("mart_sudden_gains", f"{HEADER} | is_reversed\n 3 | 20 | 10 | 10 | 3 | 3 | false")


# PHQ-9: a reliable change is 6 points.
@pytest.mark.parametrize(
    ("points", "is_gain"),
    [
        ((20, 20, 20, 14, 14, 14), True),
        ((20, 20, 20, 15, 15, 15), False),
        # 6 of 24 are a quarter; 6 of 25 are less.
        ((24, 24, 24, 18, 18, 18), True),
        ((25, 25, 25, 19, 19, 19), False),
    ],
)
def test_the_step_reaches_the_reliable_change_and_a_quarter_of_the_score_before(
    clinic: TextBench, points: tuple[int, ...], is_gain: bool
) -> None:
    assert bool(gains(clinic, *points)) is is_gain


# Means 20 and 10, the spread of each side by the sum of squares: the bound is 10 = t * sd.
@pytest.mark.parametrize(
    ("points", "is_gain"),
    [
        # sd² = (18 + 32)/4 = 12.5: 2.776 * 3.5355 = 9.81 < 10.
        ((23, 17, 20, 10, 14, 6), True),
        # sd² = (26 + 26)/4 = 13: 2.776 * 3.6056 = 10.009 > 10.
        ((23, 16, 21, 11, 6, 13), False),
        # One is missing: 3.182 at 3 degrees of freedom; sd² = (18 + 8)/3: 9.37 < 10.
        ((23, 17, 20, 12, 8), True),
        # sd² = (18 + 18)/3 = 12: 11.02 > 10.
        ((23, 17, 20, 7, 13), False),
        # Two and two: 4.303 at 2 degrees of freedom; sd² = (2 + 8)/2 = 5: 9.62 < 10.
        ((21, 19, 12, 8), True),
        # sd² = (8 + 8)/2 = 8: 12.2 > 10.
        ((22, 18, 12, 8), False),
    ],
)
def test_the_means_differ_by_more_than_the_spread_allows(
    clinic: TextBench, points: tuple[int, ...], is_gain: bool
) -> None:
    assert bool(gains(clinic, *points)) is is_gain


@pytest.mark.parametrize(
    ("points", "found"),
    [
        # One score before, or one after, is too few.
        ((20, 10, 10, 10), []),
        ((20, 20, 20, 10), []),
        ((20, 20, 10, 10), [(2, 10, False)]),
        # A gap counts as a session: of the three before, one is missing.
        ((20, None, 20, 10, 10), [(3, 10, False)]),
        ((20, 20, None, 10, 10), []),
        ((20, None, None, 20, 10, 10), []),
    ],
)
def test_two_scores_are_needed_on_either_side_of_two_sessions_in_a_row(
    clinic: TextBench, points: tuple[int | None, ...], found: list[tuple[Any, ...]]
) -> None:
    assert gains(clinic, *points) == found


@pytest.mark.parametrize(
    ("later", "is_reversed"), [((14,), False), ((15,), True), ((10, 15, 5), True), ((), False)]
)
def test_a_gain_is_reversed_when_half_of_it_is_lost(
    clinic: TextBench, later: tuple[int, ...], is_reversed: bool
) -> None:
    assert gains(clinic, 20, 20, 20, 10, 10, *later)[0] == (3, 10, is_reversed)


def test_a_score_before_session_1_is_no_session(clinic: TextBench) -> None:
    give_courses(clinic, {"c1": {0: 20, 1: 20, 2: 10, 3: 10}})
    assert clinic.rows("mart_sudden_gains") == []


def test_of_two_scores_at_a_session_the_last_counts(clinic: TextBench) -> None:
    give_courses(clinic, {"c1": scores_of(20, 20, 20, 10, 10)})
    clinic.connection.execute(
        "insert into stg_responses select * replace ('r2' as response_id, 'r2' as response_key,"
        " administered_at + interval 1 hour as administered_at, 20 as total_score)"
        " from stg_responses where response_id = 'r-c1-4'"
    )
    assert clinic.rows("mart_sudden_gains") == []


def test_a_scale_that_runs_the_other_way_is_mirrored(clinic: TextBench) -> None:
    # ORS 0 to 40: 20 is as far from its best end as 20 on a scale from 0.
    assert gains(clinic, 20, 20, 20, 30, 30, 30, instrument_id="ors") == [(3, 10, False)]
    assert gains(clinic, 20, 20, 20, 10, 10, 10, instrument_id="ors") == []


def test_without_a_cut_there_is_no_gain(clinic: TextBench) -> None:
    assert gains(clinic, 40, 40, 40, 0, 0, 0, instrument_id="wsas") == []


def test_a_published_cut_comes_before_the_reliable_change(clinic: TextBench) -> None:
    # The BDI has no reliable change in this catalogue, and a published cut of 7.
    assert gains(clinic, 20, 20, 20, 13, 13, 13, instrument_id="bdi") == [(3, 7, False)]
    assert gains(clinic, 20, 20, 20, 14, 14, 14, instrument_id="bdi") == []


def rows_of_file(name: str) -> list[dict[str, str]]:
    """The rows of a published table."""
    return list(csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines()))


def published(bench: Bench, name: str) -> list[dict[str, Any]]:
    """The gains in a published table of scores."""
    courses = {
        row["id"]: {
            number: Decimal(row[f"bdi_s{number}"]) for number in range(13) if row[f"bdi_s{number}"]
        }
        for row in rows_of_file(name)
    }
    give_courses(bench, courses, instrument_id="bdi")
    return bench.rows("mart_sudden_gains")


@with_shared_data
def test_the_published_counts_of_43_people(clinic: TextBench) -> None:
    # suddengains, tests/testthat/test-describe_sg.R: cut 7, sessions 1 to 12.
    found = published(clinic, "sgdata.csv")
    per_person = Counter(row["episode_key"] for row in found)
    sizes = [float(row["improvement_points"]) for row in found]
    assert len(found) == 24
    assert len(per_person) == 15
    assert sum(count > 1 for count in per_person.values()) == 8
    assert sum(row["is_reversed"] for row in found) == 4
    assert statistics.mean(sizes) == 11
    assert round(statistics.stdev(sizes), 2) == 3.43
    firsts = [
        min((row for row in found if row["episode_key"] == key), key=lambda r: r["session_number"])
        for key in per_person
    ]
    sizes = [float(row["improvement_points"]) for row in firsts]
    assert sum(row["is_reversed"] for row in firsts) == 3
    assert round(statistics.mean(sizes), 1) == 11.4
    assert round(statistics.stdev(sizes), 2) == 3.98


@with_shared_data
def test_the_published_counts_stand_in_the_mart_of_the_path(clinic: TextBench) -> None:
    published(clinic, "sgdata.csv")
    clinic.expect(
        "mart_path",
        """
        n_courses | n_with_gain | n_with_several_gains | n_gains | n_reversed_gains | gain_mean_points
        43        | 15          | 8                    | 24      | 4                | 11
        """,
        level="clinic",
        period_kind="month",
    )


@with_shared_data
def test_the_published_table_of_gains(clinic: TextBench) -> None:
    expected = [
        (
            row["id"],
            int(row["sg_session_n"]),
            Decimal(row["sg_bdi_n"]),
            Decimal(row["sg_bdi_n1"]),
            Decimal(row["sg_magnitude"]),
            row["sg_reversal"] == "1",
        )
        for row in rows_of_file("test18_expected_by_gain.csv")
    ]
    found = [
        tuple(
            row[name]
            for name in (
                "episode_key",
                "session_number",
                "before_points",
                "after_points",
                "improvement_points",
                "is_reversed",
            )
        )
        for row in published(clinic, "test18_input.csv")
    ]
    assert sorted(found) == sorted(expected)
    assert len(found) == 14


@with_shared_data
@pytest.mark.parametrize("which", ["first", "largest"])
def test_the_published_tables_by_person(clinic: TextBench, which: str) -> None:
    found = published(clinic, "test18_input.csv")
    for row in rows_of_file(f"test18_expected_by_person_{which}.csv"):
        own = [gain for gain in found if gain["episode_key"] == row["id"]]
        assert len(own) == int(row["sg_freq_byperson"])
        if not own:
            continue
        # Of gains of the same size the first.
        size = "improvement_points" if which == "largest" else "none"
        chosen = min(own, key=lambda gain: (-gain.get(size, 0), gain["session_number"]))
        assert chosen["session_number"] == int(row["sg_session_n"])
        assert chosen["improvement_points"] == Decimal(row["sg_magnitude"])
        assert chosen["is_reversed"] is (row["sg_reversal"] == "1")
