"""What an episode counts for."""

from tests.sql.text_tables import TextBench


def test_concurrent_work_counts_for_all_its_subjects_and_for_the_public_where_agreed(
    clinic: TextBench,
) -> None:
    clinic.given(
        stg_episodes="""
            episode_id | client_id | programme_id | therapist_id
            e1         | c1        | p1           | t1
            e2         | c2        | p2           | t2
        """,
        stg_memberships="group_id | client_id | episode_id\n g1 | c1 | e1",
        stg_programmes="programme_id\n p1\n p2",
        stg_consents="client_id\n c2",
    )
    clinic.expect(
        "int_episode_subjects",
        """
        episode_key | level            | subject_id
        e1          | clinic           | clinic
        e1          | group            | g1
        e1          | programme        | p1
        e1          | therapist        | t1
        e2          | clinic           | clinic
        e2          | programme        | p2
        e2          | public_clinic    | clinic
        e2          | public_programme | p2
        e2          | therapist        | t2
        """,
    )


def test_no_episodes(clinic: TextBench) -> None:
    assert clinic.rows("int_episode_subjects") == []
