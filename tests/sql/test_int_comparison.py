"""What is known of a case before treatment, at every boundary; cells, counts and units."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.sql.paired_courses import courses
from tests.sql.text_tables import TextBench

PROGRAMME = "programme_id | modality | instruments\n p1 | individual | phq9"


def one_case(clinic: TextBench, **where: Any) -> dict[str, Any]:
    """The case of the first course."""
    (row,) = [
        row
        for row in clinic.rows("int_comparison_cases")
        if all(row[name] == value for name, value in {"instrument_id": "phq9", **where}.items())
    ]
    return row


def test_nothing(clinic: TextBench) -> None:
    for name in ("cases", "counts", "units"):
        assert clinic.rows(f"int_comparison_{name}") == []
    assert clinic.rows("int_case_mix_cells") == []


def test_one_client(clinic: TextBench) -> None:
    clinic.given(stg_programmes=PROGRAMME)
    courses(clinic, {"scores": (15, 9)})
    row = one_case(clinic)
    assert (row["first_points"], row["improvement_points"], row["is_improved"]) == (15, 6, True)
    assert {
        name: row[name]
        for name in ("symptom_baseline", "functioning_baseline", "age_band", "problem")
    } == dict.fromkeys(
        ("symptom_baseline", "functioning_baseline", "age_band", "problem"), "not_recorded"
    )
    assert (row["modality"], row["prior_courses"]) == ("individual", "0")


@pytest.mark.parametrize(
    ("scores", "is_improved"), [((15, 9), True), ((15, 10), False), ((9, 15), False)]
)
def test_improved_is_a_reliable_change(
    clinic: TextBench, scores: tuple[int, int], is_improved: bool
) -> None:
    courses(clinic, {"scores": scores})
    assert one_case(clinic)["is_improved"] is is_improved


def test_without_a_pair_there_is_no_case_and_without_a_rule_no_improved(
    clinic: TextBench,
) -> None:
    courses(clinic, {"scores": (15, None)}, {"scores": (30, 20), "instrument_id": "wsas"})
    (row,) = clinic.rows("int_comparison_cases")
    assert (row["instrument_id"], row["improvement_points"]) == ("wsas", 10)
    assert row["is_improved"] is None


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (None, "not_recorded"),
        (-1, "under 18"),
        (0, "18 to 29"),
        (1, "18 to 29"),
        (30 - 18, "30 to 44"),
        (59 - 18, "45 to 59"),
        (60 - 18, "60 and over"),
    ],
)
def test_an_age_band_is_that_of_the_first_session(
    clinic: TextBench, born: int | None, band: str
) -> None:
    courses(clinic, {"scores": (15, 9)})
    session_1_on = clinic.rows("int_episodes")[0]["session_1_on"]
    birth = None
    if born is not None:
        birth = session_1_on.replace(year=session_1_on.year - 18 - max(born, 0))
        # A day short of eighteen.
        birth += timedelta(days=1 if born < 0 else 0)
    clinic.fill("stg_clients", [{"client_id": row["client_id"], "birth_date": birth}
                                for row in episodes(clinic)])  # fmt: skip
    clinic.restart()
    assert one_case(clinic)["age_band"] == band


def episodes(clinic: TextBench) -> list[dict[str, Any]]:
    result = clinic.connection.execute("select client_id, episode_id from stg_episodes")
    return [dict(zip(("client_id", "episode_id"), row, strict=True)) for row in result.fetchall()]


@pytest.mark.parametrize(
    ("recorded", "problem"),
    [
        ([("F32.1", 0)], "depression"),
        ([("F32.1", 1)], "not_recorded"),
        ([("F32.1", -5), ("F40.1", -1)], "social_anxiety"),
        ([("F32.1", -5), ("F40.1", 1)], "depression"),
        ([("F40.1", -1), ("F32.1", -1)], "depression"),
        ([("Z99", -1)], "other"),
    ],
    ids=["that day", "a day later", "the later", "known then", "smallest code", "no prefix"],
)
def test_a_problem_is_the_diagnosis_known_on_the_day_of_the_first_score(
    clinic: TextBench, recorded: list[tuple[str, int]], problem: str
) -> None:
    courses(clinic, {"scores": (15, 9)})
    (first_on,) = {row["first_on"] for row in clinic.rows("int_episode_scores")}
    (episode,) = episodes(clinic)
    clinic.fill(
        "stg_diagnoses",
        [
            {
                "episode_id": episode["episode_id"],
                "code": code,
                "recorded_on": first_on + timedelta(days=days),
            }
            for code, days in recorded
        ],
    )
    clinic.restart()
    assert one_case(clinic)["problem"] == problem


@pytest.mark.parametrize(
    ("days", "band"),
    [
        (42, "first_within_6_weeks"),
        (43, "first_within_18_weeks"),
        (126, "first_within_18_weeks"),
        (127, "longer"),
    ],
)
def test_a_wait_is_in_the_narrowest_band(clinic: TextBench, days: int, band: str) -> None:
    courses(clinic, {"scores": (15, 9)})
    session_1_on = clinic.rows("int_episodes")[0]["session_1_on"]
    clinic.connection.execute(
        "update stg_episodes set referred_on = ?", [session_1_on - timedelta(days=days)]
    )
    clinic.restart()
    assert one_case(clinic)["wait_band"] == band


def test_alike_cases_share_a_cell_in_the_chosen_covariates_alone(clinic: TextBench) -> None:
    clinic.parameters["case_mix_covariates"] = ["sex"]
    courses(clinic, {"scores": (15, 9)}, {"scores": (15, 12)}, {"scores": (16, 9)})
    clinic.fill("stg_clients", [{"client_id": row["client_id"], "birth_date": date(1990 - i, 1, 1)}
                                for i, row in enumerate(episodes(clinic))])  # fmt: skip
    clinic.restart()
    cells = clinic.rows("int_case_mix_cells", ["first_points", "sex", "age_band"])
    assert sorted(cells, key=lambda row: row["first_points"]) == [
        {"first_points": 15, "sex": "female", "age_band": None},
        {"first_points": 16, "sex": "female", "age_band": None},
    ]
    counts = [
        (row["n_cases"], row["n_improved"], row["improvement_points"], row["improvement_squares"])
        for row in clinic.rows("int_comparison_counts")
        if row["level"] == "therapist"
    ]
    assert sorted(counts) == [(1, 1, 7, 49), (2, 1, 9, 45)]


def test_courses_without_a_programme_are_a_category_of_their_own(clinic: TextBench) -> None:
    clinic.given(stg_programmes=PROGRAMME)
    clinic.parameters["case_mix_covariates"] = ["programme"]
    courses(clinic, {"scores": (15, 9)}, {"scores": (15, 12)}, {"scores": (15, 9)})
    clinic.connection.execute(
        "update stg_episodes set programme_id = null where episode_id in ('e0', 'e1')"
    )
    clinic.restart()
    cells = clinic.rows("int_case_mix_cells", ["programme", "first_points"])
    assert sorted(cells, key=lambda row: row["programme"]) == [
        {"programme": "p1", "first_points": 15},
        {"programme": "unassigned", "first_points": 15},
    ]


def test_a_unit_counts_what_was_due_and_never_answered(clinic: TextBench) -> None:
    clinic.given(stg_programmes="programme_id | instruments\n p1 | phq9;gad7;unknown")
    courses(clinic, {"scores": (15, 9)}, {"scores": (15, None)})
    rows = [
        row
        for row in clinic.rows("int_comparison_units")
        if row["period_end_on"] == date(2025, 6, 30)
    ]
    assert [
        (row["instrument_id"], row["n_finished"], row["n_pairs"], row["n_clients"])
        for row in rows
        if row["level"] == "therapist"
    ] == [("gad7", 2, 0, 0), ("phq9", 2, 1, 1)]
    assert {row["has_threshold"] for row in rows} == {True}
