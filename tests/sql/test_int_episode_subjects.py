"""What an episode counts for."""

from tests.sql.text_tables import TextBench


def test_concurrent_work_counts_for_therapist_and_group_and_once_for_the_clinic(
    clinic: TextBench,
) -> None:
    clinic.given(
        stg_episodes="""
            episode_id | client_id | programme_id | therapist_id
            e1         | c1        | p1           | t1
            e2         | c2        | p2           | t2
        """,
        stg_memberships="group_id | client_id | episode_id\n g1 | c1 | e1",
    )
    clinic.expect(
        "int_episode_subjects",
        """
        episode_key | level     | subject_id
        e1          | clinic    | clinic
        e1          | group     | g1
        e1          | programme | p1
        e1          | therapist | t1
        e2          | clinic    | clinic
        e2          | programme | p2
        e2          | therapist | t2
        """,
    )


def test_no_episodes(clinic: TextBench) -> None:
    assert clinic.rows("int_episode_subjects") == []
