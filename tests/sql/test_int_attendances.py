"""For which course of treatment an attendance counts."""

from tests.sql.text_tables import TextBench

EPISODES = """
    episode_id | client_id | programme_id
    e1         | c1        | p1
    e2         | c1        | p2
    e3         | c3        | p1
"""

PROGRAMMES = "programme_id\n p1\n p2\n skills"


def test_an_individual_session_counts_for_its_own_client_only(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes=PROGRAMMES,
        stg_episodes=EPISODES,
        stg_sessions="""
            session_id | episode_id | scheduled_on
            s1         | e1         | 2025-01-10
        """,
        stg_attendances="""
            session_id | client_id | status
            s1         | c1        | attended
            s1         | c3        | attended
        """,
    )
    clinic.expect(
        "int_attendances",
        """
        session_key | client_key | episode_key | programme_id | status
        s1          | c1         | e1          | p1           | attended
        s1          | c3         |             | p1           | attended
        """,
    )


def test_a_group_session_counts_for_the_stay_that_holds_its_day(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes=PROGRAMMES,
        stg_episodes=EPISODES,
        stg_groups="group_id | programme_id\n g1 | skills",
        stg_memberships="""
            group_id | client_id | episode_id | joined_on  | left_on
            g1       | c1        | e1         | 2025-01-10 | 2025-01-20
            g1       | c3        | e3         | 2025-01-10 |
        """,
        stg_sessions="""
            session_id | group_id | scheduled_on
            s1         | g1       | 2025-01-09
            s2         | g1       | 2025-01-10
            s3         | g1       | 2025-01-20
            s4         | g1       | 2025-01-21
        """,
        stg_attendances="""
            session_id | client_id
            s1         | c1
            s2         | c1
            s3         | c1
            s4         | c1
            s4         | c3
        """,
    )
    clinic.expect(
        "int_attendances",
        """
        session_key | client_key | episode_key | group_id | programme_id
        s1          | c1         |             | g1       | skills
        s2          | c1         | e1          | g1       | skills
        s3          | c1         | e1          | g1       | skills
        s4          | c1         |             | g1       | skills
        s4          | c3         | e3          | g1       | skills
        """,
    )


def test_of_two_stays_on_one_day_the_smallest_episode_id_counts(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="""
            episode_id | episode_key | client_id
            e1         | zz          | c1
            e2         | aa          | c1
        """,
        stg_memberships="""
            group_id | client_id | episode_id | episode_key | joined_on
            g1       | c1        | e2         | aa          | 2025-01-01
            g1       | c1        | e1         | zz          | 2025-01-05
        """,
        stg_sessions="session_id | group_id | scheduled_on\n s1 | g1 | 2025-01-10",
        stg_attendances="session_id | client_id\n s1 | c1",
    )
    clinic.expect("int_attendances", "session_key | episode_key\n s1 | zz")


def test_a_stay_for_another_client_s_episode_counts_for_none(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes=PROGRAMMES,
        stg_episodes=EPISODES,
        stg_memberships="group_id | client_id | episode_id\n g1 | c1 | e3",
        stg_sessions="session_id | group_id | scheduled_on\n s1 | g1 | 2025-01-10",
        stg_attendances="session_id | client_id\n s1 | c1",
    )
    clinic.expect("int_attendances", "session_key | episode_key\n s1 |")
