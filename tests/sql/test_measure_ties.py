"""Of two at one moment, the ids decide, whatever the salt makes of the keys."""

from datetime import date, timedelta

import pytest

from tests.sql.measured_clients import INDEX, one_client, result
from tests.sql.text_tables import TextBench


@pytest.fixture
def clinic(measured: TextBench) -> TextBench:
    """Empty but for the made-up catalogue and the measures, judged late."""
    return measured


SALTS = range(6)


def with_salted_keys(clinic: TextBench, salt: int) -> None:
    """Keys as another clinic's salt might make them: none is in the order of its id."""

    def key(kind: str, place: int) -> str:
        return f"{(place * 7 + salt * 5) % 13:02d}-{kind}-{place}"

    for column, tables in {
        "response": ("stg_responses",),
        "episode": (
            *("stg_episodes", "stg_sessions", "stg_diagnoses", "stg_responses"),
            *("stg_memberships",),
        ),
    }.items():
        for table in tables:
            ids = clinic.connection.execute(
                f"select distinct {column}_id from {table} where {column}_id is not null"
            ).fetchall()
            for (name,) in ids:
                new = key(column, int(name[1:]))
                clinic.connection.execute(
                    f"update {table} set {column}_key = ? where {column}_id = ?", [new, name]
                )
    clinic.restart()


@pytest.mark.parametrize("salt", SALTS)
@pytest.mark.parametrize(("first", "is_met"), [(20, True), (12, False)])
def test_scores_of_one_moment_go_by_their_id_whatever_the_salt(
    clinic: TextBench, salt: int, first: int, is_met: bool
) -> None:
    # Half of 20 is reached with 10; half of 12 is not.
    half_a_year = INDEX + timedelta(days=181)
    other = 32 - first
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, first), (INDEX, other), (half_a_year, 10)])
    with_salted_keys(clinic, salt)
    assert result(clinic, "cbe1884", 2025)["is_met"] is is_met


@pytest.mark.parametrize("salt", SALTS)
@pytest.mark.parametrize(("last", "is_met"), [(4, True), (5, False)])
def test_the_last_of_one_moment_is_the_one_with_the_last_id(
    clinic: TextBench, salt: int, last: int, is_met: bool
) -> None:
    a_year = date(2026, 1, 10)
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12), (a_year, 9 - last), (a_year, last)])
    with_salted_keys(clinic, salt)
    assert result(clinic, "cms159", 2026)["is_met"] is is_met


@pytest.mark.parametrize("salt", SALTS)
@pytest.mark.parametrize(("points", "is_met"), [((9, 10), False), ((10, 9), True)])
def test_screens_of_one_moment_go_by_their_id_whatever_the_salt(
    clinic: TextBench, salt: int, points: tuple[int, int], is_met: bool
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, one) for one in points])
    with_salted_keys(clinic, salt)
    assert result(clinic, "cms2", 2025)["is_met"] is is_met


@pytest.mark.parametrize("salt", SALTS)
@pytest.mark.parametrize(
    ("scored_in", "course"),
    # The score's own course, else the one with the smallest id.
    [("e1", "e1"), ("e2", "e2"), ("e3", "e1")],
)
def test_of_two_courses_on_one_day_the_scores_own_counts_whatever_the_salt(
    clinic: TextBench, salt: int, scored_in: str, course: str
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[])
    clinic.given(
        stg_episodes="""
            episode_id | referred_on
            e1         | 2023-01-01
            e2         | 2023-01-01
            e3         | 2023-01-01
        """,
        stg_sessions=f"""
            session_id | episode_id | scheduled_on
            s0         | e2         | {INDEX}
            s1         | e1         | {INDEX}
        """,
        stg_attendances="session_id\n s0\n s1",
        stg_diagnoses="episode_id | code | recorded_on\n"
        " e1 | F32.1 | 2025-01-01\n e2 | F32.1 | 2025-01-01",
        stg_responses="response_id | episode_id | administered_on | total_score\n"
        f" r0 | {scored_in} | {INDEX} | 12",
    )
    with_salted_keys(clinic, salt)
    ((key,),) = clinic.connection.execute(
        "select episode_key from stg_episodes where episode_id = ?", [course]
    ).fetchall()
    assert result(clinic, "cms159", 2026)["episode_key"] == key
    ((first,),) = clinic.connection.execute(
        "select episode_key from stg_episodes where episode_id = 'e1'"
    ).fetchall()
    # A screening measure has no score to go by.
    assert result(clinic, "cms2", 2025)["episode_key"] == first
