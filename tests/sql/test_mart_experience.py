"""Satisfaction, and the client's own verdict on the change."""

from datetime import date

import pytest

from tests.property.process_clinics import process_references
from tests.sql.text_tables import TextBench

JUNE = {"period_kind": "month", "period_start_on": date(2025, 6, 1)}
CLINIC = {"level": "clinic", **JUNE}
SCORED = "response_id | client_id | episode_id | instrument_id | administered_on | total_score"


@pytest.fixture
def clinic(clinic: TextBench) -> TextBench:
    """A clinic that knows the instruments, and one ended course of c1."""
    for table, rows in process_references().items():
        clinic.fill(table, rows)
    clinic.given(stg_episodes="episode_id | ended_on\n e1 | 2025-06-30")
    return clinic


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_experience") == []
    assert clinic.rows("mart_verdicts") == []


def test_the_last_rating_up_to_the_end_counts_and_needs_no_first(clinic: TextBench) -> None:
    clinic.given(
        stg_responses=f"""
            {SCORED}
            r1 | c1 | e1 | csq8 | 2025-06-30 | 24
            r2 | c1 | e1 | csq8 | 2025-06-29 | 8
            r3 | c1 | e1 | csq8 | 2025-07-01 | 32
        """
    )
    clinic.expect(
        "mart_experience",
        """
        domain     | n_ended | n_rated | rated_rate | rating_mean_points | rating_mean_points_lower | n_met | met_rate
        experience | 1       | 1       |            | 24                 |                          |       |
        """,
        **CLINIC,
    )
    assert clinic.rows("mart_verdicts") == []


@pytest.mark.parametrize(
    ("instrument_id", "points"), [("csq8", "33"), ("pgi_c", "8"), ("pgi_c", "0")]
)
def test_an_unusable_rating_is_none(clinic: TextBench, instrument_id: str, points: str) -> None:
    clinic.given(stg_responses=f"{SCORED}\n r1 | c1 | e1 | {instrument_id} | 2025-06-30 | {points}")
    assert clinic.rows("mart_experience") == []
    assert clinic.rows("mart_verdicts") == []


@pytest.mark.parametrize(("rating", "n_met"), [(5, 0), (6, 1)])
def test_a_rule_that_is_met_from_a_step_on_is_met_at_it(
    clinic: TextBench, rating: int, n_met: int
) -> None:
    clinic.connection.execute(
        "update ref_thresholds set op = '>=', points = 6 where instrument_id = 'pgi_c'"
    )
    clinic.given(stg_responses=f"{SCORED}\n r1 | c1 | e1 | pgi_c | 2025-06-30 | {rating}")
    clinic.expect("mart_experience", f"n_met\n {n_met}", **CLINIC)


@pytest.mark.parametrize(("rating", "n_met"), [(2, 1), (3, 0)])
def test_much_improved_meets_the_rule_and_the_next_step_does_not(
    clinic: TextBench, rating: int, n_met: int
) -> None:
    clinic.given(stg_responses=f"{SCORED}\n r1 | c1 | e1 | pgi_c | 2025-06-30 | {rating}")
    clinic.expect(
        "mart_experience",
        f"rating_mean_points | n_met | met_rate\n | {n_met} | {n_met}",
        **CLINIC,
    )
    steps = [int(step == rating) for step in range(1, 8)]
    clinic.expect(
        "mart_verdicts",
        "rating | n_rated | n_chosen | chosen_rate\n"
        + "\n".join(f"{step} | 1 | {n} | {n}" for step, n in enumerate(steps, start=1)),
        **CLINIC,
    )


def test_without_a_rule_in_force_a_verdict_is_spread_and_not_judged(clinic: TextBench) -> None:
    clinic.connection.execute("update ref_thresholds set is_active = false")
    clinic.given(stg_responses=f"{SCORED}\n r1 | c1 | e1 | pgi_c | 2025-06-30 | 1")
    clinic.expect("mart_experience", "n_rated | n_met | met_rate_best\n 1 | | ", **CLINIC)
    assert len(clinic.rows("mart_verdicts")) > 0


def test_the_silent_bound_the_share_and_respondents_stay_apart(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | pgi_c",
        stg_episodes="""
            episode_id | client_id | therapist_id | ended_on
            e1         | c1        | t1           | 2025-06-30
            e2         | c2        | t1           | 2025-06-30
            e3         | c2        | t2           | 2025-06-30
            e4         | c3        | t2           | 2025-06-30
        """,
        stg_responses=f"""
            {SCORED} | respondent
            r1 | c1 | e1 | pgi_c | 2025-06-30 | 1 | client
            r2 | c2 | e2 | pgi_c | 2025-06-30 | 3 | client
            r3 | c2 | e3 | pgi_c | 2025-06-30 | 2 | parent
        """,
    )
    clinic.expect(
        "mart_experience",
        """
        respondent | n_clients | n_ended | n_rated | n_met | met_rate | met_rate_worst | met_rate_best
        client     | 3         | 4       | 2       | 1     | 0.5      | 0.25           | 0.75
        parent     | 1         | 1       | 1       |       |          |                |
        """,
        **CLINIC,
    )
    clinic.expect(
        "mart_experience",
        """
        subject_id | respondent | n_ended | n_rated | n_met
        t1         | client     | 2       | 2       | 1
        t2         | parent     | 1       | 1       |
        """,
        level="therapist",
        **JUNE,
    )


def test_only_courses_that_were_to_be_asked_or_answered_are_counted(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | pgi_c\n p2 | phq9",
        stg_episodes="""
            episode_id | client_id | programme_id | ended_on
            e1         | c1        | p1           | 2025-06-30
            e2         | c2        | p1           | 2025-06-30
            e3         | c2        | p2           | 2025-06-30
            e4         | c3        | p2           | 2025-06-30
            e5         | c4        | p2           | 2025-06-30
        """,
        # The third is of a programme that does not list it, the fourth cannot be used.
        stg_responses=f"""
            {SCORED}
            r1 | c1 | e1 | pgi_c | 2025-06-30 | 1
            r3 | c2 | e3 | pgi_c | 2025-06-30 | 3
            r4 | c3 | e4 | pgi_c | 2025-06-30 | 9
        """,
    )
    clinic.expect(
        "mart_experience",
        """
        n_clients | n_ended | n_rated | n_asked | n_asked_rated | rated_rate | met_rate | met_rate_worst | met_rate_best
        3         | 4       | 2       | 2       | 1             | 0.5        | 0.5      | 0.5            | 1
        """,
        **CLINIC,
    )
    own = {"instrument_id": "pgi_c", **CLINIC}
    clinic.expect("mart_outcomes", "n_ended | n_clients\n 4 | 3", **own)
    clinic.expect("mart_verdicts", "n_clients | n_rated\n 2 | 2", rating=1, **own)


@pytest.mark.parametrize(("programme", "share"), [("p1", "1 | 1 | 1 | 0 | 0"), ("p2", "| | | |")])
def test_without_a_programme_that_lists_it_nobody_knows_who_was_asked(
    clinic: TextBench, programme: str, share: str
) -> None:
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | pgi_c\n p2 | phq9",
        stg_episodes=f"episode_id | programme_id | ended_on\n e1 | {programme} | 2025-06-30",
        stg_responses=f"{SCORED}\n r1 | c1 | e1 | pgi_c | 2025-06-30 | 3",
    )
    clinic.expect(
        "mart_experience",
        "n_ended | n_rated | met_rate | n_asked | n_asked_rated | rated_rate | met_rate_worst"
        f" | met_rate_best\n 1 | 1 | 0 | {share}",
        **CLINIC,
    )


def test_a_client_is_one_person_in_a_year_of_two_verdicts(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="""
            episode_id | client_id | ended_on
            e1         | c1        | 2025-05-31
            e2         | c1        | 2025-06-30
        """,
        stg_responses=f"""
            {SCORED}
            r1 | c1 | e1 | pgi_c | 2025-05-31 | 1
            r2 | c1 | e2 | pgi_c | 2025-06-30 | 3
        """,
    )
    year = {"level": "clinic", "period_kind": "rolling_12m", "period_end_on": date(2025, 6, 30)}
    clinic.expect("mart_verdicts", "n_clients | n_rated\n 1 | 2", rating=1, **year)


def test_ratings_of_one_moment_go_by_their_id(clinic: TextBench) -> None:
    clinic.given(
        stg_responses=f"""
            {SCORED}
            r1 | c1 | e1 | pgi_c | 2025-06-30 | 1
            r2 | c1 | e1 | pgi_c | 2025-06-30 | 7
        """
    )
    clinic.expect("mart_experience", "n_met\n 0", **CLINIC)
