"""Who of the open courses is on track, by the transparent rule."""

from datetime import date
from typing import Any

import pytest

from tests.sql.text_tables import TextBench
from tests.sql.weekly_courses import give_courses

MARCH = date(2025, 3, 31)
COUNTS = "n_open | n_judged | n_on_track | n_not_on_track | n_too_early | n_cannot_tell"


@pytest.fixture
def march(clinic: TextBench) -> TextBench:
    """A clinic at the end of March 2025, when its courses are open."""
    clinic.parameters["as_of_on"] = MARCH
    return clinic


def status_of(clinic: TextBench, scores: dict[int, Any], **more: Any) -> str:
    """The state of one open course."""
    give_courses(clinic, {"c1": scores}, ended_on=None, **more)
    (row,) = clinic.rows("mart_on_track")
    return row["track_status"]


def test_nothing(march: TextBench) -> None:
    assert march.rows("mart_on_track") == []
    assert march.rows("mart_on_track_counts") == []


# PHQ-9: a reliable change is 6 points, half of it 3; the threshold is 10.
@pytest.mark.parametrize(
    ("scores", "status"),
    [
        ({1: 20, 4: 18}, "not_on_track"),
        ({1: 20, 4: 17}, "on_track"),
        # Any score by session 4 will do, none after it.
        ({1: 20, 3: 17, 4: 20}, "on_track"),
        ({1: 20, 4: 18, 5: 12}, "not_on_track"),
        # No longer above the threshold.
        ({1: 20, 4: 18, 5: 10}, "not_on_track"),
        ({1: 20, 4: 18, 5: 9}, "on_track"),
        # Reliably worse than at first, at any time.
        ({1: 10, 2: 16, 4: 5}, "not_on_track"),
        ({1: 10, 2: 15, 4: 5}, "on_track"),
        # Nothing was measured between the first score and session 4.
        ({1: 20, 5: 10}, "cannot_tell"),
        # One score alone says nothing, also below the threshold.
        ({1: 9}, "cannot_tell"),
        ({1: 20, 5: 9}, "cannot_tell"),
        # No first score: it came later than a fortnight after session 1.
        ({4: 20, 5: 10}, "cannot_tell"),
    ],
)
def test_the_rule(march: TextBench, scores: dict[int, int], status: str) -> None:
    assert status_of(march, scores) == status


@pytest.mark.parametrize(("n_sessions", "status"), [(3, "too_early"), (4, "not_on_track")])
def test_before_session_4_it_is_too_early(march: TextBench, n_sessions: int, status: str) -> None:
    assert status_of(march, {1: 20, 2: 20, 3: 20}, n_sessions=n_sessions) == status


def test_reliable_worsening_needs_no_session_4(march: TextBench) -> None:
    assert status_of(march, {1: 10, 2: 16}, n_sessions=2) == "not_on_track"


def test_without_a_threshold_only_a_reliable_worsening_can_be_told(march: TextBench) -> None:
    march.connection.execute("update ref_outcome_rules set caseness_points = null")
    assert status_of(march, {1: 20, 4: 5}) == "cannot_tell"
    march.restart()
    assert status_of(march, {1: 10, 4: 16}) == "not_on_track"


def test_without_a_rule_it_cannot_be_told(march: TextBench) -> None:
    assert status_of(march, {1: 20, 4: 40}, instrument_id="wsas") == "cannot_tell"
    march.expect(
        "mart_on_track_counts",
        f"n_clients | {COUNTS} | not_on_track_rate\n 1 | 1 | | | | | 1 |",
        level="clinic",
        period_end_on=MARCH,
    )


@pytest.mark.parametrize(
    ("ended_on", "n_rows"), [(date(2025, 3, 31), 0), (date(2025, 4, 1), 1), (None, 1)]
)
def test_a_course_is_open_until_the_day_before_its_end(
    march: TextBench, ended_on: date | None, n_rows: int
) -> None:
    give_courses(march, {"c1": {1: 20, 2: 18}}, ended_on=ended_on)
    assert len(march.rows("mart_on_track")) == n_rows


def test_the_list_names_the_treating_therapist_and_is_of_the_last_delivery(
    march: TextBench,
) -> None:
    march.parameters["as_of_on"] = date(2025, 3, 3)
    give_courses(march, {"c1": {1: 20, 4: 18, 8: 16, 9: 4, 10: 1}}, ended_on=None)
    march.expect(
        "mart_on_track",
        """
        episode_key | instrument_id | therapist_id | seen_on    | n_attended | n_scores | last_points | track_status
        c1          | phq9          | t1           | 2025-03-03 | 9          | 4        | 4           | on_track
        """,
    )
    # At the end of February the last score was 16, at the end of January it was too early.
    of_february = "2025-02-28 | 1 | 1 | 0 | 1 | 0 | 0 | 1"
    for level, rows in (
        ("therapist", of_february),
        ("clinic", f"2025-01-31 | 1 | 1 | 0 | 1 | 0 | 0 | 1\n {of_february}"),
    ):
        march.expect(
            "mart_on_track_counts",
            f"period_end_on | {COUNTS} | n_without_early_improvement\n {rows}",
            level=level,
        )


def test_counts_by_subject(march: TextBench) -> None:
    give_courses(
        march,
        {"c1": {1: 20, 4: 18}, "c2": {1: 20, 4: 10}, "c3": {1: 20, 2: 20}, "c4": {1: 20, 5: 12}},
        ended_on=None,
        n_attended={"c3": 3},
    )
    march.connection.execute("update stg_sessions set therapist_id = 't2' where episode_id = 'c1'")
    march.expect(
        "mart_on_track_counts",
        f"""
        level     | subject_id | n_clients | {COUNTS} | not_on_track_rate
        clinic    | clinic     | 4 | 4 | 2 | 1 | 1 | 1 | 1 | 0.5
        programme | unassigned | 4 | 4 | 2 | 1 | 1 | 1 | 1 | 0.5
        therapist | t1         | 3 | 3 | 1 | 1 | 0 | 1 | 1 | 0
        therapist | t2         | 1 | 1 | 1 | 0 | 1 | 0 | 0 | 1
        """,
        period_end_on=MARCH,
    )


# Sessions 1 to 4 are on 6, 13, 20 and 27 January, session 5 on 3 February, which the form of
# 2 February names: by then four sessions were attended, whether or not the fifth ever was.
@pytest.mark.parametrize("n_sessions", [4, 5])
def test_a_past_state_does_not_change_with_what_was_attended_afterwards(
    march: TextBench, n_sessions: int
) -> None:
    march.parameters["as_of_on"] = date(2025, 2, 2)
    give_courses(march, {"c1": {1: 20, 5: 12}}, ended_on=None, n_sessions=n_sessions)
    march.connection.execute(
        "update stg_responses set session_id = 'c1-5', session_key = 'c1-5',"
        " administered_on = date '2025-02-02', administered_at = timestamp '2025-02-02 18:00'"
        " where response_id = 'r-c1-5'"
    )
    (row,) = march.rows("mart_on_track")
    assert (row["n_attended"], row["track_status"]) == (4, "on_track")
