"""Who treated, in which group, when a course began and when it is over."""

from datetime import date, timedelta

import pytest

from tests.sql.text_tables import TextBench

AS_OF_ON = date(2025, 12, 31)


def sessions_with(clinic: TextBench, *therapists: str) -> None:
    """One attended session of episode e1 a week, with these therapists."""
    days = [date(2025, 1, 6) + timedelta(weeks=week) for week in range(len(therapists))]
    clinic.fill(
        "stg_sessions",
        [
            {"session_id": f"s{n}", "episode_id": "e1", "therapist_id": who, "scheduled_on": day}
            for n, (who, day) in enumerate(zip(therapists, days, strict=True))
        ],
    )
    clinic.fill("stg_attendances", [{"session_id": f"s{n}"} for n in range(len(therapists))])


@pytest.mark.parametrize(
    ("therapists", "own", "expected", "share", "is_shared"),
    [
        (["t2", "t2", "t1"], "t1", "t2", "0.6667", "false"),
        (["t2", "t1"], "t1", "t1", "0.5", "true"),
        (["t3", "t2"], "t1", "t2", "0.5", "true"),
        (["t2", "t2", "t2", "t1", "t1"], "t1", "t2", "0.6", "false"),
        ([], "t1", "t1", "", ""),
    ],
    ids=["largest share", "tie: own", "tie: smallest id", "exactly 60 %", "no session"],
)
def test_therapist_of_the_largest_share(
    clinic: TextBench, therapists: list[str], own: str, expected: str, share: str, is_shared: str
) -> None:
    clinic.given(stg_episodes=f"episode_id | therapist_id\n e1 | {own}")
    sessions_with(clinic, *therapists)
    clinic.expect(
        "int_episodes",
        f"""
        therapist_id | assigned_therapist_id | attribution_share | is_shared | n_attended
        {expected}   | {own}                 | {share}           | {is_shared} | {len(therapists)}
        """,
    )


@pytest.mark.parametrize("days_ago", [89, 90, 91])
def test_a_silent_course_closes_on_the_90th_day(clinic: TextBench, days_ago: int) -> None:
    last = AS_OF_ON - timedelta(days=days_ago)
    clinic.given(
        stg_episodes="episode_id\n e1",
        stg_sessions=f"session_id | episode_id | scheduled_on\n s1 | e1 | {last}",
        stg_attendances="session_id\n s1",
    )
    if days_ago < 90:
        clinic.expect("int_episodes", "ended_on | end_reason | end_basis\n | |")
    else:
        end = last + timedelta(days=90)
        clinic.expect(
            "int_episodes",
            f"ended_on | end_reason | end_basis\n {end} | dropped_out | derived",
        )


@pytest.mark.parametrize(
    ("booking", "status", "is_closed"),
    [
        ("s2 | e1 |    | 2026-01-05", None, False),
        ("s2 | e1 |    | 2026-01-05", "no_show", False),
        ("s2 | e1 |    | 2026-01-05", "cancelled", True),
        ("s2 | e1 |    | 2026-01-05", "late_cancelled", True),
        ("s2 | e1 |    | 2026-01-05", "clinic_cancelled", True),
        ("s2 | e1 |    | 2025-12-31", None, True),
        ("s2 |    | g1 | 2026-01-05", None, True),
        ("s2 | e2 |    | 2026-01-05", None, True),
    ],
    ids=[
        "booked",
        "no show",
        "cancelled",
        "late",
        "by the clinic",
        "past",
        "group",
        "other episode",
    ],
)
def test_a_booking_of_its_own_keeps_a_course_open(
    clinic: TextBench, booking: str, status: str | None, is_closed: bool
) -> None:
    clinic.given(
        stg_episodes="episode_id\n e1\n e2",
        stg_sessions=f"""
            session_id | episode_id | group_id | scheduled_on
            s1         | e1         |          | 2025-03-03
            {booking}
        """,
        stg_attendances="session_id | status\n s1 | attended"
        + (f"\n s2 | {status}" if status else ""),
    )
    found = {row["episode_key"]: row["end_basis"] for row in clinic.rows("int_episodes")}
    assert found["e1"] == ("derived" if is_closed else None)


def test_a_return_reopens_the_course(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="episode_id\n e1",
        stg_sessions="""
            session_id | episode_id | scheduled_on
            s1         | e1         | 2025-01-06
            s2         | e1         | 2025-11-03
        """,
        stg_attendances="session_id\n s1\n s2",
    )
    clinic.expect("int_episodes", "ended_on | last_attended_on | n_attended\n | 2025-11-03 | 2")


def test_a_course_without_an_attended_session_waits(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="episode_id | referred_on | started_on\n e1 | 2025-01-01 | 2025-01-05",
        stg_sessions="session_id | episode_id | scheduled_on\n s1 | e1 | 2025-01-06",
        stg_attendances="session_id | status\n s1 | no_show",
    )
    clinic.expect(
        "int_episodes",
        """
        session_1_on | ended_on | n_attended | last_attended_on | is_finished_course
        2025-01-05   |          | 0          |                  | false
        """,
    )


def test_a_recorded_end_stands_and_two_sessions_make_a_finished_course(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="""
            episode_id | ended_on   | end_reason
            e1         | 2025-02-01 | completed
            e2         | 2025-02-01 | completed
            e3         |            | completed
        """,
        stg_sessions="""
            session_id | episode_id | scheduled_on
            s1         | e1         | 2025-01-06
            s2         | e1         | 2025-01-13
            s3         | e2         | 2025-01-06
        """,
        stg_attendances="session_id\n s1\n s2\n s3",
    )
    clinic.expect(
        "int_episodes",
        """
        episode_key | ended_on   | end_reason | end_basis | n_attended | is_finished_course
        e1          | 2025-02-01 | completed  | recorded  | 2          | true
        e2          | 2025-02-01 | completed  | recorded  | 1          | false
        e3          |            |            |           | 0          | false
        """,
    )


def test_the_group_of_most_sessions_else_the_first_joined(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="episode_id | client_id\n e1 | c1\n e2 | c2\n e3 | c3",
        stg_memberships="""
            group_id | client_id | episode_id | joined_on
            g1       | c1        | e1         | 2025-01-01
            g2       | c1        | e1         | 2025-01-01
            g2       | c2        | e2         | 2025-01-02
            g1       | c2        | e2         | 2025-01-03
        """,
        stg_sessions="""
            session_id | group_id | scheduled_on
            s1         | g1       | 2025-02-03
            s2         | g2       | 2025-02-04
            s3         | g2       | 2025-02-11
        """,
        stg_attendances="session_id | client_id\n s1 | c1\n s2 | c1\n s3 | c1",
    )
    clinic.expect("int_episodes", "episode_key | group_id\n e1 | g2\n e2 | g2\n e3 |")


@pytest.mark.parametrize(
    ("other_start", "is_concurrent"), [("2025-03-31", True), ("2025-04-01", False)]
)
def test_individual_and_group_courses_that_overlap_are_concurrent(
    clinic: TextBench, other_start: str, is_concurrent: bool
) -> None:
    clinic.given(
        stg_programmes="""
            programme_id | modality
            p1           | individual
            p2           | skills_group
        """,
        stg_episodes=f"""
            episode_id | client_id | programme_id | started_on    | ended_on   | end_reason
            e1         | c1        | p1           | 2025-01-06    | 2025-03-31 | completed
            e2         | c1        | p2           | {other_start} | 2025-06-30 | completed
            e3         | c2        | p2           | 2025-01-06    | 2025-06-30 | completed
        """,
    )
    found = {row["episode_key"]: row["has_concurrent_group"] for row in clinic.rows("int_episodes")}
    assert found == {"e1": is_concurrent, "e2": is_concurrent, "e3": False}


@pytest.mark.parametrize(
    ("one", "other", "is_concurrent"),
    [
        ("individual", "group", True),
        ("group", "individual", True),
        ("individual", "individual", False),
        ("group", "group", False),
        # A course without sessions is of its programme's kind, individual where none is known.
        ("", "group", True),
        ("", "individual", False),
    ],
)
def test_the_sessions_tell_of_which_kind_a_course_is(
    clinic: TextBench, one: str, other: str, is_concurrent: bool
) -> None:
    kinds = [(f"e{n}", f"s{n}", kind) for n, kind in enumerate((one, other)) if kind]
    clinic.given(
        stg_episodes="episode_id | started_on | ended_on\n"
        " e0 | 2025-01-06 | 2025-06-30\n e1 | 2025-01-06 | 2025-06-30",
        stg_memberships="group_id | episode_id | joined_on | left_on\n"
        " g0 | e0 | 2025-01-06 | 2025-06-30\n g1 | e1 | 2025-01-06 | 2025-06-30",
        stg_sessions="session_id | episode_id | group_id | scheduled_on\n"
        + "\n".join(
            f"{session} | | g{episode[1]} | 2025-02-03"
            if kind == "group"
            else f"{session} | {episode} | | 2025-02-03"
            for episode, session, kind in kinds
        ),
        stg_attendances="session_id\n" + "\n".join(session for _, session, _ in kinds),
    )
    clinic.expect(
        "int_episodes",
        f"has_concurrent_group\n {str(is_concurrent).lower()}\n {str(is_concurrent).lower()}",
    )


def test_individual_and_group_sessions_within_a_course_are_concurrent(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="episode_id | client_id\n e1 | c1",
        stg_memberships="group_id | client_id | episode_id\n g1 | c1 | e1",
        stg_sessions="""
            session_id | group_id | episode_id | scheduled_on
            s1         | g1       |            | 2025-02-03
            s2         |          | e1         | 2025-02-04
        """,
        stg_attendances="session_id\n s1\n s2",
    )
    clinic.expect("int_episodes", "group_id | has_concurrent_group\n g1 | true")


def test_no_episodes(clinic: TextBench) -> None:
    assert clinic.rows("int_episodes") == []
