"""The published quality measures: who is due, who is left out, and how many there are."""

from datetime import date

import pytest

from tests.measure_decisions import switch_on
from tests.sql.measured_clients import AT_CLINIC, BORN, COUNTS, INDEX, one_client, result
from tests.sql.text_tables import TextBench


@pytest.fixture
def clinic(measured: TextBench) -> TextBench:
    """Empty but for the made-up catalogue and the measures, judged late."""
    return measured


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_quality_measures") == []
    assert clinic.rows("mart_measure_exclusions") == []


def test_one_client_is_counted_at_every_level_and_in_their_stratum(clinic: TextBench) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12), (date(2026, 1, 10), 4)])
    clinic.given(stg_programmes="programme_id\n p1")
    clinic.expect(
        "mart_quality_measures",
        f"""
        level     | subject_id | stratum | status | {COUNTS}      | met_rate | is_complete
        clinic    | clinic     | 12-17   | active | 0|0|0|0|0     |          | true
        clinic    | clinic     | 18+     | active | 1|0|1|1|0     | 1        | true
        clinic    | clinic     | all     | active | 1|0|1|1|0     | 1        | true
        programme | p1         | 12-17   | active | 0|0|0|0|0     |          | true
        programme | p1         | 18+     | active | 1|0|1|1|0     | 1        | true
        programme | p1         | all     | active | 1|0|1|1|0     | 1        | true
        therapist | t1         | 12-17   | active | 0|0|0|0|0     |          | true
        therapist | t1         | 18+     | active | 1|0|1|1|0     | 1        | true
        therapist | t1         | all     | active | 1|0|1|1|0     | 1        | true
        """,
        measure_id="cms159",
        period_start_on=date(2026, 1, 1),
    )


def test_a_measure_without_a_verified_figure_has_rows_without_counts_and_says_why(
    clinic: TextBench,
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)])
    rows = [
        row
        for row in clinic.rows("mart_quality_measures")
        if row["status"] == "inactive_unverified" and row["period_start_on"].year == 2025
    ]
    assert {(row["measure_id"], row["rate_id"]) for row in rows} == {
        ("dms_e", "measured"), ("drr_e", "follow_up"), ("drr_e", "remission"),
        ("drr_e", "response"), ("dsf_e", "screening"), ("dsf_e", "follow_up"),
    }  # fmt: skip
    assert {row["reason"].split(",")[0] for row in rows} == {
        "assessment_months", "index_above_points", "positive_from_points.phq9",
    }  # fmt: skip
    assert {row[name] for row in rows for name in row if name.startswith("n_")} == {None}
    assert not [
        row
        for row in clinic.rows("int_measure_results")
        if row["measure_id"] in ("dms_e", "drr_e", "dsf_e")
    ]


@pytest.mark.parametrize(
    ("as_of", "counts"),
    [(date(2025, 9, 6), "0 | 0 | 0 | 0 | 1"), (date(2025, 9, 7), "1 | 0 | 1 | 0 | 0")],
)
def test_before_day_240_nothing_is_counted(clinic: TextBench, as_of: date, counts: str) -> None:
    switch_on(clinic)
    clinic.parameters = {**clinic.parameters, "as_of_on": as_of}
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12), (date(2025, 6, 1), 12)])
    clinic.expect(
        "mart_quality_measures",
        f"is_complete | {COUNTS}\n false | {counts}",
        measure_id="drr_e",
        rate_id="remission",
        period_start_on=date(2025, 1, 1),
        **AT_CLINIC,
    )


@pytest.mark.parametrize(
    ("code", "recorded_on", "reason"),
    [
        ("F60.3", "2026-03-11", "borderline"),
        ("F60.3", "2026-03-12", None),
        ("F60.31", "2023-01-01", "borderline"),
        ("F60.2", "2025-01-01", None),
        ("F31.81", "2025-02-01", "bipolar"),
        ("F25.0", "2025-02-01", "psychosis"),
        ("F84.0", "2025-02-01", "developmental"),
        ("Z51.5", "2026-03-11", "palliative"),
        ("Z51.5", "2026-03-12", None),
    ],
)
def test_a_diagnosis_excludes_when_recorded_by_the_end_of_the_window(
    clinic: TextBench, code: str, recorded_on: str, reason: str | None
) -> None:
    one_client(
        clinic,
        sessions=[INDEX],
        scores=[(INDEX, 12), (date(2026, 1, 10), 3)],
        diagnoses=f"F32.1 | 2025-01-01\n {code} | {recorded_on}",
    )
    found = result(clinic, "cms159", 2026)
    assert (found["exclusion_reason"], found["is_met"]) == (reason, reason is None)


@pytest.mark.parametrize(
    ("ended_on", "reason"), [("2024-10-31", None), ("2024-11-01", "palliative")]
)
def test_palliative_care_that_was_over_before_the_identification_period_excludes_nobody(
    clinic: TextBench, ended_on: str, reason: str | None
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)])
    clinic.given(
        stg_episodes=f"""
            episode_id | referred_on | ended_on   | end_reason
            e0         | 2023-01-01  | {ended_on} | completed
            e1         | 2024-12-01  |            |
        """,
        stg_diagnoses="""
            episode_id | code  | recorded_on
            e0         | Z51.5 | 2024-01-01
            e1         | F32.1 | 2025-01-01
        """,
    )
    assert result(clinic, "cms159", 2026)["exclusion_reason"] == reason


@pytest.mark.parametrize(("ended_on", "reason"), [("2026-03-11", "death"), ("2026-03-12", None)])
def test_a_death_by_the_end_of_the_window_excludes(
    clinic: TextBench, ended_on: str, reason: str | None
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)])
    clinic.given(stg_episodes=f"episode_id | ended_on | end_reason\n e1 | {ended_on} | deceased")
    assert result(clinic, "cms159", 2026)["exclusion_reason"] == reason


def test_exclusions_are_told_by_reason_and_add_up(clinic: TextBench) -> None:
    # c1 has two reasons and is under the first; c2 has one; c3 none.
    clinic.given(
        stg_programmes="programme_id | track\n p1 | borderline",
        stg_clients=f"client_id | birth_date\n c1 | {BORN}\n c2 | {BORN}\n c3 | {BORN}",
        stg_episodes="episode_id | client_id\n e1 | c1\n e2 | c2\n e3 | c3",
        stg_diagnoses="""
            episode_id | code  | recorded_on
            e1         | F32.1 | 2025-01-01
            e1         | F31.0 | 2025-01-01
            e1         | F60.3 | 2025-01-01
            e2         | F33.0 | 2025-01-01
            e2         | F31.0 | 2025-01-01
            e3         | F34.1 | 2025-01-01
        """,
        stg_sessions="session_id | episode_id | scheduled_on\n"
        " s1 | e1 | 2025-01-10\n s2 | e2 | 2025-01-10\n s3 | e3 | 2025-01-10",
        stg_attendances="session_id | client_id\n s1 | c1\n s2 | c2\n s3 | c3",
        stg_responses="response_id | client_id | episode_id | administered_on | total_score\n"
        " r1 | c1 | e1 | 2025-01-10 | 12\n r2 | c2 | e2 | 2025-01-10 | 12\n"
        " r3 | c3 | e3 | 2025-01-10 | 12",
    )
    clinic.expect(
        "mart_measure_exclusions",
        """
        exclusion_reason | n_clients | n_exclusions | n_denominator
        bipolar    | 1         | 1            | 3
        borderline | 1         | 1            | 3
        """,
        measure_id="cms159",
        level="programme",
    )
    clinic.expect(
        "mart_quality_measures",
        f"{COUNTS} | met_rate\n 3 | 2 | 1 | 0 | 0 | 0",
        measure_id="cms159",
        level="programme",
        stratum="all",
        period_start_on=date(2026, 1, 1),
    )


def test_without_anybody_left_there_is_no_rate(clinic: TextBench) -> None:
    one_client(
        clinic,
        sessions=[INDEX],
        scores=[(INDEX, 12)],
        diagnoses="F32.1 | 2025-01-01\n F60.3 | 2025-01-01",
    )
    clinic.expect(
        "mart_quality_measures",
        f"{COUNTS} | met_rate | met_rate_lower\n 1 | 1 | 0 | 0 | 0 | |",
        measure_id="cms159",
        period_start_on=date(2026, 1, 1),
        **AT_CLINIC,
    )


def test_a_client_of_two_therapists_counts_for_the_one_of_most_sessions(clinic: TextBench) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)])
    clinic.given(
        stg_sessions="""
            session_id | episode_id | therapist_id | scheduled_on
            s1         | e1         | t1           | 2025-01-10
            s2         | e1         | t2           | 2025-01-17
            s3         | e1         | t2           | 2025-01-24
        """,
        stg_attendances="session_id\n s1\n s2\n s3",
    )
    clinic.expect(
        "mart_quality_measures",
        "subject_id | n_denominator\n t2 | 1",
        measure_id="cms159",
        level="therapist",
        stratum="all",
        period_start_on=date(2026, 1, 1),
    )


def test_each_assessment_period_with_a_session_counts_apart(clinic: TextBench) -> None:
    switch_on(clinic)
    one_client(
        clinic,
        sessions=[date(2025, 1, 1), date(2025, 4, 30), date(2025, 5, 1), date(2025, 12, 31)],
        scores=[(date(2025, 4, 30), 3), (date(2025, 8, 31), 3)],
    )
    found = [
        (row["index_on"], row["due_on"], row["is_met"])
        for row in clinic.rows("int_measure_results")
        if row["measure_id"] == "dms_e"
    ]
    assert found == [
        (date(2025, 1, 1), date(2025, 4, 30), True),
        (date(2025, 5, 1), date(2025, 8, 31), True),
        (date(2025, 9, 1), date(2025, 12, 31), False),
    ]
    clinic.expect(
        "mart_quality_measures",
        f"n_clients | {COUNTS}\n 1 | 3 | 0 | 3 | 2 | 0",
        measure_id="dms_e",
        period_start_on=date(2025, 1, 1),
        **AT_CLINIC,
    )


@pytest.mark.parametrize(
    ("day", "birth_date", "ended_on", "is_in"),
    [
        # The first day of the year and of the diagnosis.
        ("2025-01-01", "1990-05-05", "", True),
        ("2024-12-31", "1990-05-05", "", False),
        # Twelve on the first day of the year, and a day too young.
        ("2025-03-03", "2013-01-01", "", True),
        ("2025-03-03", "2013-01-02", "", False),
        # The last day of the course, and of its diagnosis with it.
        ("2025-03-03", "1990-05-05", "2025-03-03", True),
    ],
)
def test_an_assessment_period_begins_and_ends_with_the_year_the_diagnosis_and_the_age(
    clinic: TextBench, day: str, birth_date: str, ended_on: str, is_in: bool
) -> None:
    switch_on(clinic)
    one_client(
        clinic,
        sessions=[date.fromisoformat(day)],
        scores=[],
        birth_date=birth_date,
        ended_on=ended_on,
    )
    found = [row for row in clinic.rows("int_measure_results") if row["measure_id"] == "dms_e"]
    assert [row["period_start_on"] for row in found] == [date(2025, 1, 1)] * is_in


def test_a_score_on_the_first_day_of_an_assessment_period_is_in_it(clinic: TextBench) -> None:
    switch_on(clinic)
    one_client(clinic, sessions=[date(2025, 6, 2)], scores=[(date(2025, 5, 1), 3)])
    (row,) = [row for row in clinic.rows("int_measure_results") if row["measure_id"] == "dms_e"]
    assert row["is_met"] is True
