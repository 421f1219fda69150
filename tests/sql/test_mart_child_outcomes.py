"""NHS England's metric for children and young people."""

from datetime import date

import pytest

from tests.sql.text_tables import TextBench

JUNE = {"level": "clinic", "period_kind": "month", "period_start_on": date(2025, 6, 1)}
VERDICT = "rater | n_measures | combined_change"


def child(
    clinic: TextBench,
    scores: dict[tuple[str, str], tuple[str, str]],
    *,
    born_on: str = "2010-01-01",
    sessions: int = 2,
) -> None:
    """A course of one client with a pair for each instrument and respondent."""
    days = ("2025-06-02", "2025-06-16")
    lines = [
        f"{instrument}-{respondent}-{day} | e1 | {instrument} | {respondent} | {day} | {points}"
        for (instrument, respondent), pair in scores.items()
        for day, points in zip(days, pair, strict=True)
    ]
    clinic.given(
        stg_clients=f"client_id | birth_date\n c1 | {born_on}",
        stg_episodes="episode_id | referred_on | ended_on | end_reason\n"
        " e1 | 2025-05-01 | 2025-06-30 | completed",
        stg_sessions="session_id | episode_id | scheduled_on\n"
        + "\n".join(f"s{place} | e1 | {day}" for place, day in enumerate(days[:sessions])),
        stg_attendances="session_id\n" + "\n".join(f"s{place}" for place in range(sessions)),
        stg_responses="response_id | episode_id | instrument_id | respondent | administered_on"
        " | total_score\n" + "\n".join(lines),
    )


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_child_outcomes") == []


@pytest.mark.parametrize(
    ("scores", "n_measures", "expected"),
    [
        ({("phq9", "client"): ("15", "10")}, 1, "improved"),
        ({("phq9", "client"): ("15", "11")}, 1, "unchanged"),
        ({("phq9", "client"): ("10", "15")}, 1, "deteriorated"),
        ({("ors", "client"): ("20", "26.6")}, 1, "improved"),
        ({("ors", "client"): ("20", "26.5")}, 1, "unchanged"),
        ({("phq9", "client"): ("15", "5"), ("gad7", "client"): ("4", "8")}, 2, "deteriorated"),
        ({("phq9", "client"): ("15", "5"), ("gad7", "client"): ("4", "7")}, 2, "improved"),
        ({("phq9", "client"): ("15", "")}, 0, ""),
        ({("wsas", "client"): ("30", "5")}, 0, ""),
    ],
    ids=[
        "from the threshold on", "a point short", "worse", "upwards is better",
        "upwards, short", "any worsening wins", "one better, one the same", "no pair",
        "no threshold of this rule set",
    ],
)  # fmt: skip
def test_all_measures_of_a_rater_make_one_verdict(
    clinic: TextBench,
    scores: dict[tuple[str, str], tuple[str, str]],
    n_measures: int,
    expected: str,
) -> None:
    child(clinic, scores)
    clinic.expect(
        "mart_episode_child_outcomes",
        f"{VERDICT}\n client | {n_measures} | {expected}",
        rater="client",
    )


def test_each_rater_has_a_verdict_and_thresholds_of_their_own(clinic: TextBench) -> None:
    child(clinic, {("phq9", "client"): ("15", "11"), ("phq9", "parent"): ("15", "11")})
    clinic.expect(
        "mart_episode_child_outcomes",
        f"{VERDICT}\n client | 1 | unchanged\n parent | 1 | improved",
    )


@pytest.mark.parametrize(("born_on", "n_rows"), [("2007-05-02", 2), ("2007-05-01", 0), ("", 0)])
def test_young_is_under_eighteen_on_the_day_of_referral(
    clinic: TextBench, born_on: str, n_rows: int
) -> None:
    child(clinic, {}, born_on=born_on)
    assert len(clinic.rows("mart_episode_child_outcomes")) == n_rows


@pytest.mark.parametrize(("referred_on", "n_rows"), [("2026-02-28", 2), ("2026-03-01", 0)])
def test_who_was_born_on_a_leap_day_grows_up_on_the_first_of_march(
    clinic: TextBench, referred_on: str, n_rows: int
) -> None:
    child(clinic, {}, born_on="2008-02-29")
    clinic.connection.execute(
        "update stg_episodes set referred_on = cast(? as date)", [referred_on]
    )
    assert len(clinic.rows("mart_episode_child_outcomes")) == n_rows


def test_one_contact_is_no_course(clinic: TextBench) -> None:
    child(clinic, {("phq9", "client"): ("15", "10")}, sessions=1)
    assert clinic.rows("mart_episode_child_outcomes") == []


@pytest.mark.parametrize(("last", "expected"), [("5", "improved"), ("4", "unchanged")])
def test_a_goal_is_a_measure_of_its_own(clinic: TextBench, last: str, expected: str) -> None:
    child(clinic, {})
    clinic.given(
        stg_goals="goal_id | set_on\n g1 | 2025-06-02",
        stg_goal_ratings=f"goal_id | rated_on | value_points\n g1 | 2025-06-02 | 2\n"
        f" g1 | 2025-06-16 | {last}",
    )
    clinic.expect(
        "mart_episode_child_outcomes", f"{VERDICT}\n client | 1 | {expected}", rater="client"
    )


def test_rates_are_over_the_measured_with_their_bounds_and_their_rule_set(
    clinic: TextBench,
) -> None:
    child(clinic, {("phq9", "client"): ("15", "10")})
    clinic.connection.execute(
        "insert into stg_episodes by name select * replace ('e2' as episode_id,"
        " 'e2' as episode_key) from stg_episodes"
    )
    clinic.connection.execute(
        "insert into stg_sessions by name select * replace (session_key || 'b' as session_key,"
        " 'e2' as episode_key) from stg_sessions"
    )
    clinic.connection.execute(
        "insert into stg_attendances by name"
        " select * replace (session_key || 'b' as session_key) from stg_attendances"
    )
    clinic.expect(
        "mart_child_outcomes",
        """
        rater  | n_clients | n_finished | n_measured | n_improved | improved_rate | improved_rate_worst | improved_rate_best | rule_id
        client | 1         | 2          | 1          | 1          | 1             | 0.5                 | 1                  | made_up_children
        parent | 1         | 2          | 0          | 0          |               | 0                   | 1                  | made_up_children
        """,
        **JUNE,
    )
