"""The appendix of change methods."""

from datetime import date
from typing import Any

import pytest

from tests.sql.paired_courses import courses
from tests.sql.published_pairs import fill_pairs
from tests.sql.text_tables import TextBench
from tests.table_rows import Row

RELIABLE = {"instrument_id": "phq9", "value": 0.84, "source": "a study"}
SPREAD = [(20, 5), (18, 14), (10, 12), (14, 9), (9, 3)]


def methods(clinic: TextBench, **where: Any) -> dict[str, Row]:
    """The rows of the year by method."""
    wanted = {"period_kind": "year", **where}
    return {
        row["method"]: row
        for row in clinic.rows("mart_change_methods")
        if all(row[column] == value for column, value in wanted.items())
    }


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_change_methods") == []


@pytest.mark.parametrize("scores", [[], [(15, 9)], [(15, None), (12, None)]])
def test_without_two_pairs_there_is_no_row(
    clinic: TextBench, scores: list[tuple[int, int | None]]
) -> None:
    clinic.fill("ref_reliabilities", [RELIABLE])
    courses(clinic, *({"scores": pair} for pair in scores))
    assert clinic.rows("mart_change_methods") == []


def test_without_a_verified_reliability_there_is_no_row(clinic: TextBench) -> None:
    clinic.fill("ref_reliabilities", [{**RELIABLE, "is_default": False}])
    courses(clinic, *({"scores": pair} for pair in SPREAD))
    assert clinic.rows("mart_change_methods") == []


COUNTS = ("n_improved", "n_unchanged", "n_deteriorated", "n_recovered", "n_harmed")


def test_without_a_spread_no_method_counts_and_each_says_why(clinic: TextBench) -> None:
    clinic.fill("ref_reliabilities", [RELIABLE])
    courses(clinic, {"scores": (15, 9)}, {"scores": (15, 3)})
    found = methods(clinic)
    assert sorted(found) == ["EN", "GLN", "HA", "HLL", "JT", "NK"]
    assert {row["no_counts_reason"] for row in found.values()} == {"no_spread"}
    assert {row[name] for row in found.values() for name in COUNTS} == {None}


@pytest.mark.parametrize(("reliability", "reason"), [(0.9, "differences_are_error"), (0.99, None)])
def test_changes_that_differ_by_error_alone_are_not_judged_by_hageman_and_arrindell(
    clinic: TextBench, reliability: float, reason: str | None
) -> None:
    clinic.fill("ref_reliabilities", [{**RELIABLE, "value": reliability}])
    courses(clinic, *({"scores": pair} for pair in ((20, 14), (15, 9), (10, 6))))
    found = methods(clinic)
    assert found["HA"]["no_counts_reason"] == reason
    assert (found["HA"]["n_improved"] is None) is (reason is not None)
    assert (found["HA"]["difference_reliability"] > 0) is (reason is None)
    assert found["JT"]["no_counts_reason"] is None


def test_a_reliability_holds_for_those_whose_answers_it_was_found_for(clinic: TextBench) -> None:
    clinic.fill("ref_reliabilities", [{**RELIABLE, "respondents": ["parent"]}])
    courses(
        clinic,
        *({"scores": pair} for pair in SPREAD),
        *({"scores": pair, "respondent": "parent"} for pair in SPREAD),
    )
    assert {row["respondent"] for row in clinic.rows("mart_change_methods")} == {"parent"}


def test_the_clinic_alone_by_year_and_twelve_months_with_what_it_was_reckoned_with(
    clinic: TextBench,
) -> None:
    clinic.fill("ref_reliabilities", [RELIABLE])
    courses(clinic, *({"scores": pair} for pair in SPREAD))
    rows = clinic.rows("mart_change_methods")
    assert {(row["level"], row["subject_id"]) for row in rows} == {("clinic", "clinic")}
    assert {row["period_kind"] for row in rows} == {"year", "rolling_12m"}
    found = methods(clinic)
    assert sorted(found) == ["EN", "GLN", "HA", "HLL", "JT", "NK"]
    for name, row in found.items():
        assert (
            row["n_improved"] + row["n_unchanged"] + row["n_deteriorated"] == row["n_paired"] == 5
        )
        assert row["reliability_source"] == "test_retest, a study"
        assert (row["cutoff_kind"], row["cutoff_points"]) == ("caseness", 10)
        assert float(row["critical_z"]) == (1.65 if name == "HA" else 1.96)
        assert (row["difference_reliability"] is None) is (name != "HA")
    # SD 4.82 and r 0.84: 5.34 points.
    assert (found["JT"]["n_improved"], found["JT"]["n_recovered"]) == (2, 1)


def test_a_client_who_comes_back_is_one_person(clinic: TextBench) -> None:
    clinic.fill("ref_reliabilities", [RELIABLE])
    courses(clinic, *({"scores": pair, "client_id": "c1"} for pair in SPREAD))
    assert methods(clinic)["JT"]["n_clients"] == 1


@pytest.mark.parametrize(
    ("letters", "kind", "n_recovered"),
    [("abc", "c", 1), ("ab", "b", 2), ("a", "a", 1), ("", None, None)],
)
def test_without_caseness_the_best_cut_off_decides(
    clinic: TextBench, letters: str, kind: str | None, n_recovered: int | None
) -> None:
    points = {"a": 5, "b": 6, "c": 10}
    fill_pairs(clinic, [("arm", *pair) for pair in SPREAD])
    clinic.fill("ref_reliabilities", [{**RELIABLE, "instrument_id": "ms"}])
    clinic.fill(
        "ref_cutoffs",
        [{"instrument_id": "ms", "cutoff": one, "points": points[one]} for one in letters],
    )
    row = methods(clinic)["JT"]
    assert (row["cutoff_kind"], row["n_recovered"]) == (kind, n_recovered)
    assert (row["n_harmed"] is None) is (kind is None)
    assert row["no_cutoff_reason"] == (None if kind else "no_norms")


@pytest.mark.parametrize(("outside", "kind"), [("c", "b"), ("cb", "a"), ("abc", None)])
def test_a_cut_off_outside_its_scale_is_passed_over(
    clinic: TextBench, outside: str, kind: str | None
) -> None:
    points = {"a": 5, "b": 6, "c": 10}
    fill_pairs(clinic, [("arm", *pair) for pair in SPREAD])
    clinic.fill("ref_reliabilities", [{**RELIABLE, "instrument_id": "ms"}])
    clinic.fill(
        "ref_cutoffs",
        [
            {
                "instrument_id": "ms",
                "cutoff": one,
                "points": points[one],
                "no_use_reason": "above_highest_score" if one in outside else None,
            }
            for one in "abc"
        ],
    )
    row = methods(clinic)["JT"]
    assert (row["cutoff_kind"], row["cutoff_points"]) == (kind, points.get(kind or ""))
    assert row["no_cutoff_reason"] == (None if kind else "outside_scale")
    assert (row["n_recovered"] is None) is (kind is None)


def test_the_clinics_cited_reliability_comes_before_the_catalogues(clinic: TextBench) -> None:
    clinic.fill("ref_reliabilities", [RELIABLE])
    clinic.fill(
        "ref_clinic_thresholds",
        [
            {
                "instrument_id": "phq9",
                "kind": "reliable_change",
                "reliability_value": 0.7,
                "sd_points": 6,
                "source": "our study",
                "decided_on": date(2025, 1, 1),
            }
        ],
    )
    courses(clinic, *({"scores": pair} for pair in SPREAD))
    row = methods(clinic)["JT"]
    assert float(row["reliability_value"]) == 0.7
    assert "our study" in row["reliability_source"]


def test_a_mirrored_scale_gives_the_same_counts(clinic: TextBench) -> None:
    pairs = [("arm", 10 + k % 17, 25 - 2 * (k % 11)) for k in range(44)]
    counts = ("n_improved", "n_unchanged", "n_deteriorated", "n_recovered", "n_harmed")
    found = []
    for sign, base, cutoff in ((1, 0, 10), (-1, 60, 50.5)):
        direction = "higher_worse" if sign > 0 else "higher_better"
        turned = [(arm, base + sign * first, base + sign * last) for arm, first, last in pairs]
        fill_pairs(clinic, turned, direction=direction, rule={"caseness_points": cutoff})
        clinic.fill("ref_reliabilities", [{**RELIABLE, "instrument_id": "ms"}])
        rows = methods(clinic)
        found.append({name: [row[count] for count in counts] for name, row in rows.items()})
    assert found[0] == found[1]
    assert found[0]["JT"][0] > 0


@pytest.mark.parametrize(
    ("direction", "cutoff", "n_recovered"),
    [
        ("higher_worse", 40, 2),
        ("higher_worse", 40.5, 1),
        ("higher_better", 20, 1),
        ("higher_better", 20.5, 2),
    ],
)
def test_a_first_score_at_the_cut_off_is_of_the_ill_only_where_more_is_worse(
    clinic: TextBench, direction: str, cutoff: float, n_recovered: int
) -> None:
    pairs = [(20, 40), (19, 40), (10, 12), (5, 9), (30, 31)]
    if direction == "higher_worse":
        pairs = [(60 - first, 60 - last) for first, last in pairs]
    fill_pairs(
        clinic,
        [("arm", *pair) for pair in pairs],
        direction=direction,
        rule={"caseness_points": cutoff},
    )
    clinic.fill("ref_reliabilities", [{**RELIABLE, "instrument_id": "ms"}])
    row = methods(clinic)["JT"]
    assert (row["n_improved"], row["n_recovered"]) == (2, n_recovered)
