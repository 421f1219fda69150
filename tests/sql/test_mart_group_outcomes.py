"""Outcomes of group therapy, and limits that know that members of a group move together."""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from tests.builders import Bench
from tests.property.oracle_clustered import group_outcomes

YEAR = ("rolling_12m", date(2024, 7, 1), date(2025, 6, 30))
MONTH = ("month", date(2025, 6, 1), date(2025, 6, 30))


def built(bench: Bench, groups: Sequence[tuple[int, int]], **case: Any) -> list[dict[str, Any]]:
    """The mart over groups of (pairs, reliably better), all in the clinic's one programme.

    `case` overrides a column of every case.
    """
    cases, subjects = [], []
    for place, (n, x) in enumerate(groups):
        for member in range(n):
            key = f"e{place:02}-{member:02}"
            cases.append(
                {
                    "episode_key": key,
                    "client_key": f"c{key}",
                    "group_id": f"g{place:02}",
                    "instrument_id": "phq9",
                    "scale": "total",
                    "respondent": "client",
                    "has_concurrent_group": False,
                    "is_improved": member < x,
                    "ended_on": date(2025, 6, 15),
                    **case,
                }
            )
            subjects += [
                {"episode_key": key, "level": "clinic", "subject_id": "clinic"},
                {"episode_key": key, "level": "programme", "subject_id": "p1"},
                {"episode_key": key, "level": "therapist", "subject_id": "t1"},
                {"episode_key": key, "level": "group", "subject_id": f"g{place:02}"},
            ]
    bench.fill("int_comparison_cases", cases)
    bench.fill("int_episode_subjects", subjects)
    bench.fill(
        "int_period_months",
        [
            dict(
                zip(("period_kind", "period_start_on", "period_end_on"), period, strict=True),
                month_start_on=date(2025, 6, 1),
            )
            for period in (YEAR, MONTH)
        ],
    )
    bench.forget("mart_group_outcomes")
    return bench.rows("mart_group_outcomes")


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    one = Bench()
    yield one
    one.close()


def the_clinic(rows: list[dict[str, Any]]) -> dict[str, Any]:
    (row,) = [row for row in rows if row["level"] == "clinic" and row["period_kind"] == "month"]
    return row


def test_nothing(bench: Bench) -> None:
    assert built(bench, []) == []


def test_a_course_counts_for_the_clinic_and_its_programme_in_every_period(bench: Bench) -> None:
    rows = built(bench, [(3, 1)])
    assert [(row["level"], row["period_kind"], row["n_pairs"]) for row in rows] == [
        ("clinic", "month", 3),
        ("clinic", "rolling_12m", 3),
        ("programme", "month", 3),
        ("programme", "rolling_12m", 3),
    ]


@pytest.mark.parametrize("case", [{"group_id": None}, {"is_improved": None}])
def test_a_course_outside_groups_or_without_a_rule_is_not_here(
    bench: Bench, case: dict[str, Any]
) -> None:
    assert built(bench, [(3, 1)], **case) == []


def test_a_client_twice_is_one_client_and_two_courses(bench: Bench) -> None:
    row = the_clinic(built(bench, [(2, 1), (3, 1)], client_key="c1"))
    assert (row["n_clients"], row["n_pairs"], row["n_groups"]) == (1, 5, 2)


def test_courses_with_individual_work_beside_are_flagged_and_counted_once(bench: Bench) -> None:
    row = the_clinic(built(bench, [(4, 2)], has_concurrent_group=True))
    assert (row["n_concurrent"], row["n_pairs"]) == (4, 4)


@pytest.mark.parametrize(("n_groups", "can_tell"), [(9, False), (10, True)])
def test_ten_groups_can_tell_what_lies_between_them(
    bench: Bench, n_groups: int, can_tell: bool
) -> None:
    row = the_clinic(built(bench, [(8, 2 + place % 5) for place in range(n_groups)]))
    for name in ("icc", "design_effect", "n_effective", "clustered_rate_lower"):
        assert (row[name] is not None) == can_tell, name
    assert row["improved_rate_lower"] is not None


@pytest.mark.parametrize(("n_pairs", "can_tell"), [(29, False), (30, True)])
def test_thirty_pairs_can_tell_what_lies_between_groups(
    bench: Bench, n_pairs: int, can_tell: bool
) -> None:
    row = the_clinic(built(bench, [(n_pairs - 18, 3), *((2, place % 2) for place in range(9))]))
    assert (row["n_groups"], row["n_pairs"]) == (10, n_pairs)
    for name in ("icc", "design_effect", "n_effective", "clustered_rate_lower"):
        assert (row[name] is not None) == can_tell, name
    assert row["improved_rate_lower"] is not None


@pytest.mark.parametrize(("n_better", "can_tell"), [(0, False), (1, True), (79, True), (80, False)])
def test_where_all_or_none_are_better_groups_cannot_differ(
    bench: Bench, n_better: int, can_tell: bool
) -> None:
    groups = [(8, min(8, max(0, n_better - 8 * place))) for place in range(10)]
    assert (the_clinic(built(bench, groups))["icc"] is not None) == can_tell


def test_groups_of_one_cannot_tell(bench: Bench) -> None:
    assert the_clinic(built(bench, [(1, place % 2) for place in range(40)]))["icc"] is None


def test_groups_that_agree_more_than_chance_have_no_icc_below_0(bench: Bench) -> None:
    row = the_clinic(built(bench, [(8, 4)] * 10))
    assert (row["icc"], row["design_effect"], row["n_effective"]) == (0, 1, 80)
    assert row["clustered_rate_lower"] == row["improved_rate_lower"]


def test_groups_of_which_all_or_none_are_better_are_one_course_each(bench: Bench) -> None:
    # An ICC of 1: forty courses tell as much as ten. 5 of 10 by Wilson: 0.237 to 0.763.
    row = the_clinic(built(bench, [(4, 4 * (place % 2)) for place in range(10)]))
    assert row["icc"] == pytest.approx(1)
    assert row["design_effect"] == pytest.approx(4)
    assert row["n_effective"] == pytest.approx(10)
    assert row["clustered_rate_lower"] == pytest.approx(0.2366, abs=5e-5)
    assert row["clustered_rate_upper"] == pytest.approx(0.7634, abs=5e-5)


def test_groups_of_eight_that_differ_a_little_by_hand(bench: Bench) -> None:
    # 51 of 96 better; squares of the groups' counts add up to 245: between (245/8 - 51^2/96) / 11
    # = 0.32102, within (51 - 245/8) / 84 = 0.24256, so the ICC is 0.07846 / (0.32102 + 7 x 0.24256).
    row = the_clinic(built(bench, [(8, x) for x in (2, 3, 3, 4, 4, 4, 5, 5, 6, 6, 2, 7)]))
    assert row["icc"] == pytest.approx(0.03886, abs=5e-6)
    assert row["design_effect"] == pytest.approx(1.27205, abs=5e-6)
    assert row["n_effective"] == pytest.approx(75.469, abs=5e-4)


@pytest.mark.parametrize("seed", range(6))
def test_unequal_groups_equal_the_second_calculation(bench: Bench, seed: int) -> None:
    groups = [
        (1 + (seed * 7 + place * 5) % 11, (seed + place * 3) % (1 + (seed * 7 + place * 5) % 11))
        for place in range(10 + seed)
    ]
    row = the_clinic(built(bench, groups))
    expected = group_outcomes(
        [(Fraction(n), Fraction(x)) for n, x in groups], minimum_groups=10, minimum_pairs=30
    )
    for name, value in expected.items():
        assert value is not None, name
        assert row[name] == pytest.approx(float(value), rel=1e-7), name
