"""Domains of success of the courses that ended in a period."""

from datetime import date
from decimal import Decimal

import pytest

from tests.sql.text_tables import TextBench

JUNE = {"period_kind": "month", "period_start_on": date(2025, 6, 1)}
CLINIC = {"level": "clinic", **JUNE}
DOMAINS = "episode_key | domain | basis | respondent | is_measured | is_paired | change | direction"


def courses(clinic: TextBench, *clients: str, n_sessions: int = 2) -> None:
    """A course for each client, finished in June unless it has but one session."""
    episodes = [f"e{number}" for number, _ in enumerate(clients, 1)]
    rows = list(zip(episodes, clients, strict=True))
    clinic.given(
        stg_episodes="episode_id | client_id | ended_on | end_reason"
        + "".join(f"\n {e} | {c} | 2025-06-30 | completed" for e, c in rows),
        stg_sessions="session_id | episode_id | scheduled_on"
        + "".join(
            f"\n {e}{n} | {e} | 2025-06-0{n + 1}" for e in episodes for n in range(n_sessions)
        ),
        stg_attendances="session_id | client_id"
        + "".join(f"\n {e}{n} | {c}" for e, c in rows for n in range(n_sessions)),
    )


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_domain_outcomes") == []


@pytest.mark.parametrize(
    ("period_kind", "levels"),
    [
        ("month", {"clinic", "programme"}),
        ("rolling_12m", {"clinic", "programme", "therapist"}),
    ],
)
def test_domains_are_told_also_unmeasured(
    clinic: TextBench, period_kind: str, levels: set[str]
) -> None:
    courses(clinic, "c1")
    rows = [
        row
        for row in clinic.rows("mart_domain_outcomes")
        if (row["period_kind"], row["period_end_on"]) == (period_kind, date(2025, 6, 30))
    ]
    assert {row["level"] for row in rows} == levels
    assert len(rows) == len(levels) * 13
    assert {row["no_improved_reason"] for row in rows} == {"not_measured"}
    clinic.expect(
        "mart_domain_outcomes",
        """
        basis | n_clients | n_ended | n_finished | n_measured | n_paired | n_improved | paired_rate
        any   | 1         | 1       | 1          | 0          | 0        |            | 0
        """,
        domain="connection",
        **CLINIC,
    )


def test_one_client_who_got_better(clinic: TextBench) -> None:
    courses(clinic, "c1")
    clinic.given(
        mart_episode_domains=f"{DOMAINS}\n"
        " e1 | symptoms | published | client | true | true | improved | better"
    )
    clinic.expect(
        "mart_domain_outcomes",
        """
        basis     | n_finished | n_paired | n_improved | n_unchanged | n_deteriorated | n_better \
| improved_rate | improved_rate_worst | improved_rate_best | no_improved_reason
        any       | 1 | 1 |   |   |   |   |   |   |   | bases_are_not_pooled
        published | 1 | 1 | 1 | 0 | 0 | 1 | 1 | 1 | 1 |
        """,
        domain="symptoms",
        **CLINIC,
    )


def test_a_missing_second_score_is_in_the_bounds_and_not_in_the_rate(clinic: TextBench) -> None:
    courses(clinic, "c1", "c2", "c3", "c4")
    clinic.given(
        mart_episode_domains=f"""
            {DOMAINS}
            e1 | symptoms | published | client | true | true  | improved     | better
            e2 | symptoms | published | client | true | true  | deteriorated | worse
            e3 | symptoms | published | client | true | false |              |
        """
    )
    clinic.expect(
        "mart_domain_outcomes",
        """
        n_finished | n_measured | n_paired | n_improved | improved_rate | improved_rate_worst \
| improved_rate_best | deteriorated_rate
        4          | 3          | 2        | 1          | 0.5           | 0.25 | 0.75 | 0.5
        """,
        domain="symptoms",
        basis="published",
        **CLINIC,
    )


def test_a_course_that_did_not_finish_is_ended_and_not_in_a_denominator(clinic: TextBench) -> None:
    courses(clinic, "c1", n_sessions=1)
    clinic.given(
        mart_episode_domains=f"{DOMAINS}\n"
        " e1 | symptoms | published | client | true | true | improved | better"
    )
    clinic.expect(
        "mart_domain_outcomes",
        """
        basis | n_ended | n_finished | n_measured | paired_rate | paired_rate_lower
        any   | 1       | 0          | 0          |             |
        """,
        domain="symptoms",
        **CLINIC,
    )


@pytest.mark.parametrize("basis", ["no_threshold", "goal_no_rule"])
def test_without_a_rule_there_are_directions_and_the_reason(clinic: TextBench, basis: str) -> None:
    courses(clinic, "c1", "c2")
    clinic.given(
        mart_episode_domains=f"""
            {DOMAINS} | is_proxy
            e1 | assertiveness | {basis} | client | true | true | | better | true
            e2 | assertiveness | {basis} | client | true | true | | same   | false
        """
    )
    clinic.expect(
        "mart_domain_outcomes",
        """
        n_paired | n_improved | n_better | n_same | n_worse | improved_rate | is_proxy \
| no_improved_reason
        2 | | 1 | 1 | 0 | | true | no_verified_threshold
        """,
        domain="assertiveness",
        basis=basis,
        **CLINIC,
    )


def test_pairs_are_better_same_worse_or_without_a_direction(clinic: TextBench) -> None:
    courses(clinic, "c1", "c2", "c3", "c4")
    clinic.given(
        mart_episode_domains=f"""
            {DOMAINS}
            e1 | symptoms | no_threshold | client | true | true  | | better
            e2 | symptoms | no_threshold | client | true | true  | |
            e3 | symptoms | no_threshold | client | true | true  | |
            e4 | symptoms | no_threshold | client | true | false | |
        """
    )
    clinic.expect(
        "mart_domain_outcomes",
        """
        basis        | n_measured | n_paired | n_better | n_same | n_worse | n_no_direction
        any          | 4          | 3        |          |        |         |
        no_threshold | 4          | 3        | 1        | 0      | 0       | 2
        """,
        domain="symptoms",
        **CLINIC,
    )


def test_bases_have_rows_of_their_own_and_any_counts_each_course_once(clinic: TextBench) -> None:
    courses(clinic, "c1", "c2")
    clinic.given(
        mart_episode_domains=f"""
            {DOMAINS}
            e1 | symptoms | published | client | true | true | improved     | better
            e1 | symptoms | clinic    | client | true | true | deteriorated | worse
            e2 | symptoms | goal_rule | client | true | true | improved     | better
        """
    )
    clinic.expect(
        "mart_domain_outcomes",
        """
        basis     | n_paired | n_improved | n_deteriorated
        any       | 2        |            |
        clinic    | 1        | 0          | 1
        goal_rule | 1        | 1          | 0
        published | 1        | 1          | 0
        """,
        domain="symptoms",
        **CLINIC,
    )


def test_milestones_measure_nothing_and_are_counted(clinic: TextBench) -> None:
    courses(clinic, "c1", "c2")
    clinic.given(
        mart_episode_domains="""
            episode_key | domain     | basis     | respondent | n_milestones | is_measured \
| is_paired
            e1          | connection | milestone | any        | 2 | false | false
        """
    )
    clinic.expect(
        "mart_domain_outcomes",
        """
        basis | n_measured | n_milestones | n_with_milestone | with_milestone_rate \
| no_improved_reason
        any   | 0 | 2 | 1 | 0.5 | not_measured
        """,
        domain="connection",
        **CLINIC,
    )


@pytest.mark.parametrize(
    ("basis", "is_measured", "n_milestones", "is_told"),
    [
        ("no_threshold", "true", 0, True),
        ("no_threshold", "false", 0, False),
        ("milestone", "false", 1, True),
        ("milestone", "false", 0, False),
    ],
)
def test_a_therapists_month_tells_what_was_measured_or_reached(
    clinic: TextBench, basis: str, is_measured: str, n_milestones: int, is_told: bool
) -> None:
    courses(clinic, "c1")
    clinic.given(
        mart_episode_domains=f"""
            episode_key | domain     | basis   | respondent | n_milestones   | is_measured
            e1          | connection | {basis} | client     | {n_milestones} | {is_measured}
        """
    )
    told = {
        row["domain"]
        for row in clinic.rows("mart_domain_outcomes")
        if (row["level"], row["basis"], row["period_kind"]) == ("therapist", "any", "month")
    }
    assert told == ({"connection"} if is_told else set())


def test_a_client_of_two_therapists_counts_once_for_the_clinic(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="""
            episode_id | client_id | therapist_id | ended_on   | end_reason
            e1         | c1        | t1           | 2025-06-10 | completed
            e2         | c1        | t2           | 2025-06-30 | completed
        """,
        stg_sessions="""
            session_id | episode_id | therapist_id | scheduled_on
            s1         | e1         | t1           | 2025-06-01
            s2         | e1         | t1           | 2025-06-02
            s3         | e2         | t2           | 2025-06-11
            s4         | e2         | t2           | 2025-06-12
        """,
        stg_attendances="session_id\n s1\n s2\n s3\n s4",
    )
    clinic.expect(
        "mart_domain_outcomes",
        """
        level     | subject_id | n_clients | n_ended
        clinic    | clinic     | 1         | 2
        programme | unassigned | 1         | 2
        therapist | t1         | 1         | 1
        therapist | t2         | 1         | 1
        """,
        domain="symptoms",
        basis="any",
        period_kind="rolling_12m",
        period_end_on=date(2025, 6, 30),
    )


def test_a_course_counts_in_the_month_in_which_it_ended(clinic: TextBench) -> None:
    courses(clinic, "c1")
    clinic.given(
        stg_episodes="episode_id | client_id | ended_on | end_reason\n e1 | c1 | 2025-07-01 | other"
    )
    found = {
        row["period_start_on"]
        for row in clinic.rows("mart_domain_outcomes")
        if row["period_kind"] == "month"
    }
    assert found == {date(2025, 7, 1)}


def test_limits_are_wilsons(clinic: TextBench) -> None:
    # 40 of 50: 0.670 to 0.888 (metrics, section 9).
    courses(clinic, *(f"c{number}" for number in range(50)))
    clinic.given(
        mart_episode_domains=DOMAINS
        + "".join(
            f"\n e{n} | symptoms | published | client | true | true"
            f" | {'improved' if n <= 40 else 'unchanged'} | same"
            for n in range(1, 51)
        )
    )
    (row,) = (
        row
        for row in clinic.rows("mart_domain_outcomes")
        if (row["level"], row["basis"], row["period_kind"]) == ("clinic", "published", "month")
    )
    limits = (row["improved_rate_lower"], row["improved_rate_upper"])
    assert [round(Decimal(limit), 3) for limit in limits] == [Decimal("0.670"), Decimal("0.888")]
