"""What a course consisted of, and drop-out in four definitions, on both sides of every boundary."""

from datetime import date
from typing import Any

import pytest

from tests.sql.text_tables import TextBench


def given_course(
    clinic: TextBench,
    sessions: dict[str, str],
    *,
    ended_on: str = "2025-06-30",
    end_reason: str = "dropped_out",
    planned: str = "",
    scores: tuple[str, str] | None = None,
    group_days: tuple[str, ...] = (),
) -> None:
    """One course with a session for each day and status."""
    clinic.given(
        stg_programmes=f"programme_id | planned_sessions | instruments\n p1 | {planned} |"
        " wsas;phq9;gad7",
        stg_groups="group_id\n g1",
        stg_episodes="episode_id | referred_on | ended_on | end_reason\n"
        f" e1 | 2025-01-01 | {ended_on} | {end_reason}",
        stg_memberships="group_id\n g1",
        stg_sessions="session_id | episode_id | group_id | scheduled_on\n"
        + "\n".join(
            f"s{day} | | g1 | {day}" if day in group_days else f"s{day} | e1 | | {day}"
            for day in sessions
        ),
        stg_attendances="session_id | status\n"
        + "\n".join(f"s{day} | {status}" for day, status in sessions.items()),
    )
    if scores is not None:
        clinic.given(
            stg_responses=f"""
                response_id | episode_id | instrument_id | administered_on | total_score
                r1          | e1         | phq9          | 2025-03-03      | {scores[0]}
                r2          | e1         | phq9          | 2025-03-10      | {scores[1]}
            """
        )


def flag(clinic: TextBench, name: str) -> Any:
    """A column of the only course."""
    (row,) = clinic.rows("mart_episode_course")
    return row[name]


TWO = {"2025-03-03": "attended", "2025-03-10": "attended"}


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_episode_course") == []


def test_sessions_weeks_and_waits_of_individual_and_group_work(clinic: TextBench) -> None:
    given_course(
        clinic,
        {
            "2025-03-03": "no_show",
            "2025-03-10": "attended",
            "2025-03-17": "attended",
            "2025-03-24": "attended",
            "2025-03-31": "clinic_cancelled",
        },
        group_days=("2025-03-17",),
    )
    clinic.expect(
        "int_episode_course",
        """
        n_attended | n_individual_attended | n_group_attended | first_wait_days | second_wait_days
        3          | 2                     | 1                | 68              | 7
        """,
    )
    clinic.expect(
        "int_episode_course",
        """
        course_weeks | sessions_per_week | last_scheduled_on | has_missed_last | has_returned
        2            | 1                 | 2025-03-24        | false           |
        """,
    )


def test_a_course_on_one_day_has_no_pace_and_one_that_never_began_has_nothing(
    clinic: TextBench,
) -> None:
    given_course(clinic, {"2025-03-03": "attended"})
    clinic.expect(
        "int_episode_course",
        "n_attended | course_weeks | sessions_per_week | second_wait_days\n 1 | 0 | |",
    )
    clinic.restart()
    given_course(clinic, {"2025-03-03": "no_show"})
    clinic.expect("int_episode_course", "last_scheduled_on | has_returned\n 2025-03-03 |")
    clinic.expect(
        "mart_episode_course",
        """
        is_started | course_weeks | has_missed_last | is_dropout_coded | is_dropout_missed | is_dropout_short | is_dropout_unimproved
        false      |              |                 |                  |                   |                  |
        """,
    )


@pytest.mark.parametrize(
    ("ended_on", "end_reason", "is_coded", "is_planned", "is_dropout"),
    [
        ("2025-06-30", "dropped_out", True, False, True),
        ("2025-06-30", "agreed_end", True, True, False),
        ("2025-06-30", "completed", True, True, False),
        ("2025-06-30", "declined", True, False, False),
        ("2025-06-30", "", False, None, None),
        ("", "", False, None, None),
    ],
    ids=["dropped out", "agreed", "completed", "declined", "not recorded", "derived"],
)
def test_coded_drop_out_and_planned_endings_need_a_recorded_reason(
    clinic: TextBench,
    ended_on: str,
    end_reason: str,
    is_coded: bool,
    is_planned: bool | None,
    is_dropout: bool | None,
) -> None:
    given_course(clinic, TWO, ended_on=ended_on, end_reason=end_reason)
    (row,) = clinic.rows("mart_episode_course")
    assert row["ended_on"] is not None
    assert row["has_coded_ending"] is is_coded
    assert row["is_planned_ending"] is is_planned
    assert row["is_dropout_coded"] is is_dropout


def test_an_open_course_is_no_drop_out_and_no_ending(clinic: TextBench) -> None:
    given_course(clinic, {"2025-12-01": "attended"}, ended_on="", end_reason="", planned="9")
    clinic.expect(
        "mart_episode_course",
        """
        has_coded_ending | is_planned_ending | is_dropout_coded | is_dropout_missed | is_dropout_short
                         |                   |                  |                   |
        """,
    )


@pytest.mark.parametrize(
    ("last", "end_reason", "expected"),
    [
        ("no_show", "dropped_out", True),
        ("late_cancelled", "dropped_out", True),
        ("cancelled", "dropped_out", True),
        ("cancelled", "", True),
        ("cancelled", "other", True),
        ("clinic_cancelled", "dropped_out", False),
        ("attended", "dropped_out", False),
        ("no_show", "completed", False),
        ("no_show", "agreed_end", False),
        ("no_show", "transferred", False),
        ("no_show", "deceased", False),
    ],
)
def test_a_missed_last_session_is_drop_out_unless_the_ending_was_planned_or_not_theirs(
    clinic: TextBench, last: str, end_reason: str, expected: bool
) -> None:
    given_course(clinic, {**TWO, "2025-03-17": last}, end_reason=end_reason)
    assert flag(clinic, "is_dropout_missed") is expected


@pytest.mark.parametrize(
    ("status", "expected"), [("no_show", True), ("attended", False)], ids=["missed", "attended"]
)
def test_a_session_on_the_day_of_the_end_is_the_last_one(
    clinic: TextBench, status: str, expected: bool
) -> None:
    given_course(clinic, {**TWO, "2025-03-17": status}, ended_on="2025-03-17", end_reason="other")
    assert flag(clinic, "is_dropout_missed") is expected
    (row,) = clinic.rows("int_episode_course")
    assert row["last_scheduled_on"] == date(2025, 3, 17)


@pytest.mark.parametrize(
    ("return_day", "expected"),
    [("2025-03-17", True), ("2025-03-18", False), ("2025-05-16", False), ("2025-05-17", True)],
)
def test_who_comes_back_within_sixty_days_in_whatever_course_did_not_drop_out(
    clinic: TextBench, return_day: str, expected: bool
) -> None:
    given_course(clinic, {**TWO, "2025-03-17": "no_show"}, ended_on="2025-03-20")
    clinic.connection.execute(
        "insert into stg_episodes (episode_id, episode_key, client_key, programme_id,"
        " therapist_id, referred_on) values ('e2', 'e2', 'c1', 'p1', 't1', date '2025-03-21')"
    )
    clinic.connection.execute(
        "insert into stg_sessions (session_id, session_key, episode_id, episode_key, therapist_id,"
        " scheduled_on) values ('again', 'again', 'e2', 'e2', 't1', cast(? as date))",
        [return_day],
    )
    clinic.connection.execute(
        "insert into stg_attendances (session_key, client_key, status)"
        " values ('again', 'c1', 'attended')"
    )
    found = {row["episode_key"]: row for row in clinic.rows("mart_episode_course")}
    assert found["e1"]["is_dropout_missed"] is expected
    assert found["e1"]["has_returned"] is not expected


@pytest.mark.parametrize(
    ("as_of_on", "expected"), [(date(2025, 5, 15), None), (date(2025, 5, 16), True)]
)
def test_it_is_not_known_before_the_sixty_days_have_passed(
    clinic: TextBench, as_of_on: date, expected: bool | None
) -> None:
    clinic.parameters["as_of_on"] = as_of_on
    given_course(clinic, {**TWO, "2025-03-17": "no_show"}, ended_on="2025-03-20")
    assert flag(clinic, "is_dropout_missed") is expected


def test_a_session_after_the_end_is_not_the_last_of_the_course(clinic: TextBench) -> None:
    given_course(clinic, {**TWO, "2025-03-17": "no_show"}, ended_on="2025-03-16")
    assert flag(clinic, "is_dropout_missed") is False


def test_a_session_attended_after_the_end_makes_good_no_missed_one(clinic: TextBench) -> None:
    sessions = {**TWO, "2025-03-17": "no_show", "2025-05-17": "attended"}
    given_course(clinic, sessions, ended_on="2025-03-20")
    # Missed, and the sixty days had passed by a day when they came back.
    assert flag(clinic, "is_dropout_missed") is True


@pytest.mark.parametrize(
    ("planned", "setting", "expected"),
    [("2", 0, False), ("3", 0, True), ("2", 3, False), ("", 3, True), ("", 0, None)],
)
def test_short_is_fewer_than_the_programme_plans_or_else_the_setting(
    clinic: TextBench, planned: str, setting: int, expected: bool | None
) -> None:
    clinic.parameters["protocol_sessions"] = setting
    given_course(clinic, TWO, planned=planned)
    assert flag(clinic, "is_dropout_short") is expected


@pytest.mark.parametrize(
    ("scores", "expected"),
    [(("16", "10"), False), (("16", "11"), True), (("10", "16"), True), (("16", ""), None)],
    ids=["reliably better", "a point short", "worse", "not measured"],
)
def test_unimproved_is_judged_on_the_first_listed_instrument_with_a_reliable_change(
    clinic: TextBench, scores: tuple[str, str], expected: bool | None
) -> None:
    # The WSAS comes first in the list and has a caseness alone.
    given_course(clinic, TWO, scores=scores)
    assert flag(clinic, "judged_instrument_id") == "phq9"
    assert flag(clinic, "is_dropout_unimproved") is expected


@pytest.mark.parametrize(
    ("end_reason", "expected"),
    [
        ("transferred", (False, False, None, None)),
        ("not_suitable", (False, False, None, None)),
        ("deceased", (False, False, None, None)),
        ("agreed_end", (False, False, True, True)),
        ("dropped_out", (True, False, True, True)),
        ("", (None, False, True, True)),
    ],
)
def test_who_died_or_was_transferred_is_no_drop_out_and_no_stay(
    clinic: TextBench, end_reason: str, expected: tuple[bool | None, ...]
) -> None:
    given_course(clinic, TWO, end_reason=end_reason, planned="9", scores=("16", "16"))
    names = ("coded", "missed", "short", "unimproved")
    assert tuple(flag(clinic, f"is_dropout_{name}") for name in names) == expected


def test_a_threshold_from_the_clinic_s_own_scores_judges_no_drop_out(clinic: TextBench) -> None:
    given_course(clinic, TWO, scores=("16", "10"))
    clinic.rows("int_outcome_rules")
    clinic.connection.execute("update int_outcome_rules set basis = 'clinic_derived'")
    assert flag(clinic, "judged_instrument_id") is None
    assert flag(clinic, "is_dropout_unimproved") is None
