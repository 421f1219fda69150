"""Whose measures are there."""

from datetime import date

from tests.sql.text_tables import TextBench

FIGURES = "n_due | n_done | n_finished | n_paired_any | n_paired_all"


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_completeness") == []


def test_pairs_on_any_and_on_every_listed_instrument(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes="programme_id | instruments\n p1 | phq9;gad7;pgi_c\n p2 |",
        stg_episodes="""
            episode_id | client_id | programme_id | ended_on   | end_reason
            e1         | c1        | p1           | 2025-06-30 | completed
            e2         | c2        | p1           | 2025-06-30 | completed
            e3         | c3        | p2           | 2025-06-30 | completed
        """,
        stg_sessions="""
            session_id | episode_id | scheduled_on
            s1         | e1         | 2025-06-02
            s2         | e1         | 2025-06-23
            s3         | e2         | 2025-06-02
            s4         | e2         | 2025-06-23
            s5         | e3         | 2025-06-02
            s6         | e3         | 2025-06-23
        """,
        stg_attendances="""
            session_id | client_id
            s1         | c1
            s2         | c1
            s3         | c2
            s4         | c2
            s5         | c3
            s6         | c3
        """,
        stg_responses="""
            response_id | client_id | episode_id | instrument_id | administered_on | total_score
            r1          | c1        | e1         | phq9          | 2025-06-02      | 15
            r2          | c1        | e1         | phq9          | 2025-06-23      | 9
            r3          | c1        | e1         | gad7          | 2025-06-02      | 10
            r4          | c1        | e1         | gad7          | 2025-06-23      | 9
            r5          | c2        | e2         | phq9          | 2025-06-02      | 15
            r6          | c2        | e2         | phq9          | 2025-06-23      | 9
            r7          | c3        | e3         | phq9          | 2025-06-02      | 15
            r8          | c3        | e3         | phq9          | 2025-06-23      | 9
        """,
    )
    clinic.expect(
        "mart_completeness",
        f"""
        level     | subject_id | {FIGURES}
        clinic    | clinic     | 12 | 6 | 3 | 2 | 1
        programme | p1         | 12 | 6 | 2 | 2 | 1
        programme | p2         | 0  | 0 | 1 | 0 | 0
        therapist | t1         | 12 | 6 | 3 | 2 | 1
        """,
        period_kind="month",
        period_start_on=date(2025, 6, 1),
    )
    clinic.expect(
        "mart_completeness",
        "done_rate | paired_any_rate | paired_all_rate\n | 0 | 0",
        level="programme",
        subject_id="p2",
        period_kind="month",
    )


def test_responses_once_each_unscorable_ones_and_those_of_no_episode(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="episode_id\n e1",
        stg_responses="""
            response_id | client_id | episode_id | instrument_id | respondent | administered_on | total_score
            r1          | c1        | e1         | ors           | client     | 2025-06-01      | 20
            r2          | c1        | e1         | ors           | client     | 2025-06-30      |
            r3          | c1        | e1         | ors           | parent     | 2025-06-30      | 20
            r4          | c2        |            | phq9          | client     | 2025-06-30      |
            r5          | c1        | e1         | phq9          | client     | 2025-07-01      | 20
        """,
    )
    clinic.expect(
        "mart_completeness",
        """
        level     | n_responses | n_unscorable | n_without_episode
        clinic    | 3           | 2            | 1
        programme | 2           | 1            |
        therapist | 2           | 1            |
        """,
        period_kind="month",
        period_start_on=date(2025, 6, 1),
    )
