"""k of m measured domains improved, and none worse."""

from datetime import date

import pytest

from tests.sql.test_mart_domain_outcomes import courses
from tests.sql.text_tables import TextBench

CLINIC = {"level": "clinic", "period_kind": "month", "period_start_on": date(2025, 6, 1)}
DOMAINS = "episode_key | domain | basis | respondent | change"
FIGURES = "rules | n_domains_measured | n_domains_improved | has_worse | n_courses"


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_success_profile") == []


def test_a_finished_course_without_a_verdict_is_there_with_none_of_none(clinic: TextBench) -> None:
    courses(clinic, "c1")
    clinic.expect("mart_success_profile", f"{FIGURES}\n published | 0 | 0 | false | 1", **CLINIC)


def test_one_session_is_no_finished_course(clinic: TextBench) -> None:
    courses(clinic, "c1", n_sessions=1)
    assert clinic.rows("mart_success_profile") == []


@pytest.mark.parametrize(
    ("second", "profile"),
    [
        ("functioning | published | client | improved", "2 | 2 | false"),
        ("functioning | published | client | unchanged", "2 | 1 | false"),
        ("functioning | published | client | deteriorated", "2 | 1 | true"),
        ("global_change | verdict_categories | client | improved", "2 | 2 | false"),
        ("personal_goals | goal_rule | client | improved", "2 | 2 | false"),
        # A goal of a domain counts among the personal goals, not again in the domain.
        ("functioning | goal_rule | client | improved", "1 | 1 | false"),
        ("functioning | no_threshold | client | ", "1 | 1 | false"),
    ],
)
def test_domains_are_counted(clinic: TextBench, second: str, profile: str) -> None:
    courses(clinic, "c1")
    clinic.given(
        mart_episode_domains=f"""
            {DOMAINS}
            e1 | symptoms | published | client | improved
            e1 | {second}
        """
    )
    clinic.expect("mart_success_profile", f"{FIGURES}\n published | {profile} | 1", **CLINIC)


def test_in_a_domain_one_voice_speaks_and_any_may_say_worse(clinic: TextBench) -> None:
    courses(clinic, "c1", "c2")
    clinic.given(
        mart_episode_domains=f"""
            {DOMAINS}
            e1 | family_child | published | teacher | unchanged
            e1 | family_child | published | parent  | improved
            e2 | family_child | published | client  | improved
            e2 | family_child | published | parent  | deteriorated
        """
    )
    clinic.expect(
        "mart_success_profile",
        f"{FIGURES}\n published | 1 | 1 | false | 1\n published | 1 | 1 | true | 1",
        **CLINIC,
    )


def test_the_clinics_own_rules_have_rows_of_their_own(clinic: TextBench) -> None:
    courses(clinic, "c1", "c2")
    clinic.given(
        mart_episode_domains=f"""
            {DOMAINS}
            e1 | symptoms    | published      | client | improved
            e1 | functioning | clinic_derived | client | deteriorated
            e1 | self_esteem | clinic         | client | improved
        """
    )
    clinic.expect(
        "mart_success_profile",
        f"""
        {FIGURES}
        clinic    | 2 | 1 | true  | 1
        published | 0 | 0 | false | 1
        published | 1 | 1 | false | 1
        """,
        **CLINIC,
    )


def test_a_client_with_two_courses_is_one_of_the_people(clinic: TextBench) -> None:
    courses(clinic, "c1", "c1")
    clinic.expect("mart_success_profile", "n_clients | n_courses\n 1 | 2", **CLINIC)
