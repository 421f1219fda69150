"""The NHS Talking Therapies rule over PHQ-9 and GAD-7."""

import pytest

from tests.sql.text_tables import TextBench

FLAGS = "was_case | is_recovered | is_reliably_improved | is_reliably_deteriorated | is_reliably_recovered"


def course(clinic: TextBench, phq9: tuple[str, str], gad7: tuple[str, str]) -> None:
    """A finished course with these first and last scores."""
    clinic.given(
        stg_episodes="""
            episode_id | ended_on   | end_reason
            e1         | 2025-06-30 | completed
        """,
        stg_sessions="""
            session_id | episode_id | scheduled_on
            s1         | e1         | 2025-01-10
            s2         | e1         | 2025-06-20
        """,
        stg_attendances="session_id\n s1\n s2",
        stg_responses=f"""
            response_id | episode_id | instrument_id | administered_on | total_score
            r1          | e1         | phq9          | 2025-01-10      | {phq9[0]}
            r2          | e1         | phq9          | 2025-06-20      | {phq9[1]}
            r3          | e1         | gad7          | 2025-01-10      | {gad7[0]}
            r4          | e1         | gad7          | 2025-06-20      | {gad7[1]}
        """,
    )


@pytest.mark.parametrize(
    ("phq9", "gad7", "flags"),
    [
        (("16", "9"), ("8", "7"), "true | true | true | false | true"),
        (("16", "9"), ("8", "8"), "true | false | true | false | false"),
        (("9", "9"), ("8", "7"), "true | true | false | false | false"),
        (("9", "3"), ("7", "3"), "false | | true | false |"),
        (("16", "10"), ("7", "11"), "true | false | false | false | false"),
        (("10", "16"), ("8", "8"), "true | false | false | true | false"),
        (("16", "9"), ("", ""), "true | | true | false |"),
        (("16", "9"), ("7", ""), "true | | true | false |"),
        (("16", "10"), ("7", ""), "true | false | true | false | false"),
        (("16", ""), ("8", ""), "true | | | |"),
        (("9", "3"), ("", ""), "| | true | false |"),
        (("", ""), ("", ""), "| | | |"),
    ],
    ids=[
        "recovered reliably",
        "one still a case",
        "recovered, not reliably",
        "no case",
        "one better, one worse",
        "worse",
        "second measure never taken",
        "second measure without a last",
        "known to be a case still",
        "no last scores",
        "caseness cannot be known",
        "no scores",
    ],
)
def test_flags(clinic: TextBench, phq9: tuple[str, str], gad7: tuple[str, str], flags: str) -> None:
    course(clinic, phq9, gad7)
    clinic.expect("mart_episode_recovery", f"{FLAGS}\n{flags}")


def test_only_finished_courses_and_only_the_client_s_scores(clinic: TextBench) -> None:
    course(clinic, ("16", "9"), ("8", "7"))
    clinic.connection.execute("update stg_responses set respondent = 'parent'")
    clinic.expect("mart_episode_recovery", f"n_paired_measures | {FLAGS}\n0 | | | | |")
    clinic.connection.execute("delete from stg_attendances where session_id = 's2'")
    clinic.restart()
    assert clinic.rows("mart_episode_recovery") == []


def test_england_s_published_rate_follows_from_its_counts(clinic: TextBench) -> None:
    """2024-25: recovered 321,061; finished 670,419, of which 35,234 known to be no cases: 50.5 %."""
    clinic.rows("mart_episode_recovery")
    clinic.connection.execute(
        "insert into mart_episode_recovery (episode_key, was_case, is_recovered)"
        " select 'e' || n, case when n < 35234 then false when n < 35234 + 634248 then true end,"
        " case when n >= 35234 and n < 35234 + 634248 then n < 35234 + 321061 end"
        " from range(670419) as courses (n)"
    )
    rate = clinic.connection.execute(
        "select round(100 * count(*) filter (where is_recovered)"
        " / (count(*) - count(*) filter (where not was_case)), 1) from mart_episode_recovery"
    ).fetchall()
    assert rate == [(50.5,)]
