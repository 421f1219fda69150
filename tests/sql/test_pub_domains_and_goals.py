"""What a director may see of domains and goals: counts always, rates from enough courses on."""

import pytest

from tests.sql.text_tables import TextBench

POLICY = (
    "audience | table_name | level | mart_level | period_kind | policy_id | minimum_pairs_for_rate"
)
SUBJECT = "level | subject_id | period_kind | period_start_on"
MONTH = "clinic | clinic | month | 2025-06-01"


def given(clinic: TextBench, table: str, **rows: str) -> None:
    """A policy that shows a table's clinic by month, and the mart's rows."""
    clinic.given(
        ref_disclosure_policies=f"{POLICY}\n director | {table} | clinic | clinic | month | own | 5",
        **rows,
    )


@pytest.mark.parametrize(
    ("n_paired", "rate", "reason"), [("4", "", "too_few_pairs_for_rate"), ("5", "0.4", "")]
)
def test_a_domain_has_a_rate_from_five_pairs_on(
    clinic: TextBench, n_paired: str, rate: str, reason: str
) -> None:
    given(
        clinic,
        "pub_domain_outcomes",
        mart_domain_outcomes=f"{SUBJECT} | domain | basis | respondent | n_finished | n_paired"
        " | n_improved | improved_rate | paired_rate\n"
        f" {MONTH} | symptoms | published | client | 9 | {n_paired} | 2 | 0.4 | 0.5",
    )
    clinic.expect(
        "pub_domain_outcomes",
        "n_finished | n_paired | n_improved | improved_rate | paired_rate | reliability_reason\n"
        f" 9 | {n_paired} | 2 | {rate} | 0.5 | {reason}",
    )


@pytest.mark.parametrize(("n_courses", "shown"), [("4", ""), ("5", "12.5")])
def test_goals_have_means_from_five_courses_on(
    clinic: TextBench, n_courses: str, shown: str
) -> None:
    # Ten goals of four courses are ten goals and four people.
    given(
        clinic,
        "pub_goals",
        mart_goals=f"{SUBJECT} | goal_kind | n_goals_paired | n_courses_paired | n_courses_with_t"
        " | improvement_mean_points | change_t_mean_points\n"
        f" {MONTH} | gas | 10 | {n_courses} | {n_courses} | 12.5 | 12.5",
    )
    clinic.expect(
        "pub_goals",
        f"n_goals_paired | improvement_mean_points | change_t_mean_points\n 10 | {shown} | {shown}",
    )


def test_what_no_policy_names_is_not_shown(clinic: TextBench) -> None:
    given(
        clinic,
        "pub_success_profile",
        mart_success_profile="level | subject_id | rules | n_domains_measured | n_domains_improved"
        " | has_worse | period_kind | period_start_on | n_courses\n"
        " clinic    | clinic | published | 2 | 1 | false | month   | 2025-06-01 | 3\n"
        " clinic    | clinic | published | 2 | 1 | false | quarter | 2025-04-01 | 3\n"
        " therapist | t1     | published | 2 | 1 | false | month   | 2025-06-01 | 3",
    )
    clinic.expect(
        "pub_success_profile",
        "audience | level | period_kind | n_courses\n director | clinic | month | 3",
    )
