"""Cohesion: by session first, then the mean of the sessions."""

from datetime import date

import pytest

from tests.property.process_clinics import process_references
from tests.sql.text_tables import TextBench

JUNE = {"period_kind": "month", "period_start_on": date(2025, 6, 1)}
GROUP = {"level": "group", **JUNE}
RATED = (
    "response_id | client_id | session_id | instrument_id | administered_on | total_score"
    " | episode_id"
)
LEVEL = "n_clients | n_sessions_rated | n_ratings | mean_points | within_sd_points"
BASELINE = "n_with_baseline | n_below_baseline | below_baseline_share"


@pytest.fixture
def clinic(clinic: TextBench) -> TextBench:
    """A group of c1, c2 and c3 that met on three days of June; c1 has a session of their own."""
    for table, rows in process_references().items():
        clinic.fill(table, rows)
    clinic.given(
        stg_groups="group_id | starts_on\n g1 | 2025-06-01\n g2 | 2025-06-01",
        stg_episodes="episode_id\n e1",
        stg_sessions="""
            session_id | group_id | episode_id | scheduled_on
            s1         | g1       |            | 2025-06-02
            s2         | g1       |            | 2025-06-09
            s3         | g1       |            | 2025-06-16
            s4         | g2       |            | 2025-06-16
            s5         |          | e1         | 2025-06-20
        """,
        stg_attendances="""
            session_id | client_id
            s1         | c1
            s1         | c2
            s1         | c3
            s2         | c1
            s3         | c1
            s4         | c1
            s5         | c1
        """,
    )
    return clinic


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_cohesion") == []
    assert clinic.rows("int_group_ratings") == []


def test_a_full_session_weighs_no_more_than_a_small_one(clinic: TextBench) -> None:
    clinic.given(
        stg_responses=f"""
            {RATED}
            r1 | c1 | s1 | gsrs | 2025-06-02 | 40 |
            r2 | c2 | s1 | gsrs | 2025-06-02 | 38 |
            r3 | c3 | s1 | gsrs | 2025-06-02 | 36 |
            r4 | c1 | s2 | gsrs | 2025-06-09 | 20 |
            r5 | c2 | s2 | gsrs | 2025-06-09 |    |
        """
    )
    # Means 38 and 20; the spread is that of the three around 38, not of all around 29.
    clinic.expect("mart_cohesion", f"{LEVEL}\n 3 | 2 | 4 | 29 | 2", **GROUP)
    clinic.expect("mart_cohesion", f"{BASELINE}\n 1 | 1 | 1", **GROUP)
    clinic.expect("mart_cohesion", "level | subject_id\n clinic | clinic", level="clinic", **JUNE)


def test_one_rating_has_no_spread_and_no_baseline(clinic: TextBench) -> None:
    clinic.given(stg_responses=f"{RATED}\n r1 | c1 | s1 | gsrs | 2025-06-02 | 40 |")
    clinic.expect("mart_cohesion", f"{LEVEL}\n 1 | 1 | 1 | 40 |", **GROUP)
    clinic.expect("mart_cohesion", f"{BASELINE}\n 0 | 0 |", **GROUP)


@pytest.mark.parametrize(
    ("instrument", "first", "later", "is_below"),
    [
        ("gsrs", "36", "36", False),
        ("gsrs", "36", "35.9", True),
        ("conflict", "2", "2", False),
        ("conflict", "2", "3", True),
        ("conflict", "2", "1", False),
        ("climate", "4", "3", None),
    ],
)
def test_below_the_first_rating_is_worse_whichever_way_the_scale_runs(
    clinic: TextBench, instrument: str, first: str, later: str, is_below: bool | None
) -> None:
    clinic.given(
        stg_responses=f"""
            {RATED}
            r1 | c1 | s1 | {instrument} | 2025-06-02 | {first} |
            r2 | c1 | s2 | {instrument} | 2025-06-09 | {later} |
        """
    )
    found = {
        row["response_key"]: row["is_below_baseline"] for row in clinic.rows("int_group_ratings")
    }
    assert found == {"r1": None, "r2": is_below}


def test_a_scales_own_direction_comes_before_its_instruments(clinic: TextBench) -> None:
    clinic.connection.execute(
        "update ref_instrument_scales set direction = 'higher_worse'"
        " where instrument_id = 'climate'"
    )
    clinic.given(
        stg_responses=f"""
            {RATED}
            r1 | c1 | s1 | climate | 2025-06-02 | 3 |
            r2 | c1 | s2 | climate | 2025-06-09 | 4 |
        """
    )
    clinic.expect("mart_cohesion", f"{BASELINE}\n 1 | 1 | 1", **GROUP)


def test_to_which_session_a_rating_belongs(clinic: TextBench) -> None:
    clinic.given(
        stg_responses=f"""
            {RATED}
            named      | c1 | s1 | gsrs | 2025-06-04 | 40 |
            by_its_day | c1 |    | gsrs | 2025-06-09 | 40 |
            two_groups | c1 |    | gsrs | 2025-06-16 | 40 |
            own        | c1 | s5 | gsrs | 2025-06-20 | 40 |
            own_day    | c1 |    | gsrs | 2025-06-20 | 40 |
            not_there  | c2 |    | gsrs | 2025-06-09 | 40 |
            elsewhere  | c1 | s2 | phq9 | 2025-06-09 | 10 |
        """
    )
    clinic.expect(
        "int_group_ratings",
        """
        response_key | session_key | group_id
        by_its_day   | s2          | g1
        named        | s1          | g1
        """,
    )


def test_of_two_ratings_of_a_session_the_last_counts(clinic: TextBench) -> None:
    clinic.given(
        stg_responses=f"""
            {RATED} | respondent
            r1 | c1 | s1 | gsrs | 2025-06-02 | 30 | | client
            r2 | c1 | s1 | gsrs | 2025-06-02 | 20 | | client
            r0 | c1 | s1 | gsrs | 2025-06-03 | 10 | | therapist
        """
    )
    clinic.expect(
        "mart_cohesion",
        """
        respondent | n_ratings | mean_points
        client     | 1         | 20
        therapist  | 1         | 10
        """,
        **GROUP,
    )


def test_each_group_has_a_baseline_of_its_own_and_people_count_once(clinic: TextBench) -> None:
    clinic.given(
        stg_responses=f"""
            {RATED}
            r1 | c1 | s1 | gsrs | 2025-06-02 | 40 |
            r2 | c1 | s4 | gsrs | 2025-06-16 | 30 |
        """
    )
    clinic.expect("mart_cohesion", f"{LEVEL}\n 1 | 2 | 2 | 35 |", level="clinic", **JUNE)
    clinic.expect("mart_cohesion", f"{BASELINE}\n 0 | 0 |", level="clinic", **JUNE)


def test_a_rater_of_several_months_is_one_person_in_a_period_of_them(clinic: TextBench) -> None:
    clinic.given(
        stg_sessions="""
            session_id | group_id | scheduled_on
            s1         | g1       | 2025-06-02
            s2         | g1       | 2025-07-07
            s3         | g1       | 2025-08-04
        """,
        stg_attendances="session_id | client_id\n s1 | c1\n s2 | c1\n s3 | c1\n s3 | c2",
        stg_responses=f"""
            {RATED}
            r1 | c1 | s1 | gsrs | 2025-06-02 | 40 |
            r2 | c1 | s2 | gsrs | 2025-07-07 | 40 |
            r3 | c1 | s3 | gsrs | 2025-08-04 | 40 |
            r4 | c2 | s3 | gsrs | 2025-08-04 | 40 |
        """,
    )
    # Who rated before the quarter and in its first month and its second is one of the quarter.
    clinic.expect(
        "mart_cohesion",
        "period_start_on | n_clients | n_ratings\n 2025-04-01 | 1 | 1\n 2025-07-01 | 2 | 3",
        level="group",
        period_kind="quarter",
    )
