"""Sessions, and whether a consent was in force on their day."""

from datetime import date

import pytest

from tests.sql.text_tables import TextBench

MARCH = {"period_kind": "month", "period_start_on": date(2025, 3, 1)}
COUNTS = (
    "n_courses | n_consent_in_force | n_consent_missing | n_consent_withdrawn"
    " | n_without_consent_records | n_substance_use | n_may_disclose | n_may_not_disclose"
)
SESSION = """
    session_id | episode_id | scheduled_on
    s1         | e1         | 2025-03-10
"""


def give(clinic: TextBench, consents: str, *, track: str = "general") -> None:
    """One attended session of c1 on 10 March 2025, and consents as a table of text."""
    clinic.fill("stg_programmes", [{"programme_id": "p1", "track": track}])
    clinic.given(
        stg_episodes="episode_id | programme_id | referred_on\n e1 | p1 | 2025-01-01",
        stg_sessions=SESSION,
        stg_attendances="session_id | client_id\n s1 | c1",
        stg_consents=f"client_id | scope | given_on | withdrawn_on\n{consents}",
    )


def verdicts(clinic: TextBench) -> list[tuple[str, bool | None]]:
    return [
        (row["treatment_consent"], row["may_disclose"]) for row in clinic.rows("int_consent_checks")
    ]


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_consents") == []


@pytest.mark.parametrize(
    ("consents", "found"),
    [
        ("c1 | treatment | 2025-03-10 |", "in_force"),
        ("c1 | treatment | 2025-03-11 |", "missing"),
        ("c1 | treatment | 2025-01-01 | 2025-03-11", "in_force"),
        ("c1 | treatment | 2025-01-01 | 2025-03-10", "withdrawn"),
        (
            "c1 | treatment | 2025-01-01 | 2025-03-10\n c1 | treatment | 2025-03-10 |",
            "in_force",
        ),
        (
            "c1 | treatment | 2025-01-01 |\n c1 | treatment | 2025-01-02 | 2025-03-01",
            "withdrawn",
        ),
        (
            "c1 | treatment | 2025-01-01 |\n c1 | treatment | 2025-01-02 | 2025-03-10",
            "withdrawn",
        ),
        ("c1 | treatment | 2025-03-10 | 2025-03-10", "withdrawn"),
        ("c2 | treatment | 2025-01-01 |", "missing"),
        ("c1 | research | 2025-01-01 |", "not_recorded"),
    ],
)
def test_a_consent_counts_from_its_day_to_the_day_before_its_end(
    clinic: TextBench, consents: str, found: str
) -> None:
    give(clinic, consents)
    assert verdicts(clinic) == [(found, None)]


@pytest.mark.parametrize(
    ("scope", "may_disclose"), [("substance_use_disclosure", True), ("research", False)]
)
def test_disclosure_is_asked_of_courses_for_substance_use(
    clinic: TextBench, scope: str, may_disclose: bool
) -> None:
    give(clinic, f"c1 | {scope} | 2025-03-10 |", track="substance_use")
    assert verdicts(clinic) == [("not_recorded", may_disclose)]


def test_a_course_is_in_one_state_for_all_its_sessions_of_a_period(clinic: TextBench) -> None:
    clinic.fill(
        "stg_programmes",
        [{"programme_id": "p1"}, {"programme_id": "p2", "track": "substance_use"}],
    )
    clinic.given(
        stg_episodes="""
            episode_id | client_id | programme_id | therapist_id | referred_on
            e1         | c1        | p1           | t1           | 2025-01-01
            e2         | c2        | p1           | t1           | 2025-01-01
            e3         | c3        | p2           | t2           | 2025-01-01
            e4         | c4        | p2           | t2           | 2025-01-01
        """,
        stg_sessions="""
            session_id | episode_id | therapist_id | scheduled_on
            s1         | e1         | t1           | 2025-03-01
            s2         | e1         | t1           | 2025-03-31
            s3         | e2         | t1           | 2025-03-10
            s4         | e3         | t2           | 2025-03-10
            s5         | e3         | t2           | 2025-03-20
            s6         | e4         | t2           | 2025-03-10
            s7         | e1         | t1           | 2025-04-01
        """,
        stg_attendances="""
            session_id | client_id | status
            s1         | c1        | attended
            s2         | c1        | attended
            s3         | c2        | attended
            s4         | c3        | attended
            s5         | c3        | attended
            s6         | c4        | attended
            s7         | c1        | no_show
        """,
        stg_consents="""
            client_id | scope                    | given_on   | withdrawn_on
            c1        | treatment                | 2025-03-02 | 2025-03-31
            c2        | treatment                | 2025-03-01 |
            c3        | treatment                | 2025-03-01 | 2025-03-15
            c3        | substance_use_disclosure | 2025-03-01 | 2025-03-20
            c4        | treatment                | 2025-03-01 |
            c4        | substance_use_disclosure | 2025-03-01 |
        """,
    )
    clinic.expect(
        "mart_consents",
        f"""
            level     | subject_id | {COUNTS}
            clinic    | clinic     | 4 | 2 | 1 | 1 | 0 | 2 | 1 | 1
            programme | p1         | 2 | 1 | 1 | 0 | 0 | 0 | 0 | 0
            programme | p2         | 2 | 1 | 0 | 1 | 0 | 2 | 1 | 1
            therapist | t1         | 2 | 1 | 1 | 0 | 0 | 0 | 0 | 0
            therapist | t2         | 2 | 1 | 0 | 1 | 0 | 2 | 1 | 1
        """,
        **MARCH,
    )
    assert clinic.check("consents_add_up") == []
