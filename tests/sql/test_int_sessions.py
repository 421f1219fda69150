"""Which programme a session belongs to."""

from tests.sql.text_tables import TextBench


def test_a_session_belongs_to_its_group_s_or_its_episode_s_programme(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes="programme_id\n skills\n grief",
        stg_groups="""
            group_id | programme_id
            g1       | skills
        """,
        stg_episodes="""
            episode_id | programme_id
            e1         | grief
        """,
        stg_sessions="""
            session_id | group_id | episode_id | scheduled_on
            s1         | g1       |            | 2025-01-10
            s2         |          | e1         | 2025-01-11
            s3         | unknown  |            | 2025-01-12
        """,
    )
    clinic.expect(
        "int_sessions",
        """
        session_key | session_on | group_id | episode_key | programme_id
        s1          | 2025-01-10 | g1       |             | skills
        s2          | 2025-01-11 |          | e1          | grief
        s3          | 2025-01-12 | unknown  |             | unassigned
        """,
    )


def test_without_programmes_all_sessions_belong_to_one(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="episode_id | programme_id\n e1 | cbt",
        stg_sessions="session_id | episode_id | scheduled_on\n s1 | e1 | 2025-01-11",
    )
    clinic.expect("int_sessions", "session_key | programme_id\n s1 | unassigned")
    clinic.expect("int_episodes", "episode_key | programme_id | track\n e1 | unassigned | general")


def test_no_sessions(clinic: TextBench) -> None:
    assert clinic.rows("int_sessions") == []
