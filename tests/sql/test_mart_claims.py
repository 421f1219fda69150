"""Claims: the flow from start to figure, work side by side, the verdict and the sentence.

The days are those of claimed_courses.py.
"""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.sql.claimed_courses import JUNE, START, claim, courses, one, scores
from tests.sql.text_tables import TextBench

FLOW = "n_referred | n_started | n_due | n_measured | n_met | n_deteriorated"


def test_nothing(clinic: TextBench) -> None:
    claim(clinic)
    assert clinic.rows("mart_claims") == []


def test_without_a_claim_there_is_nothing_to_say(clinic: TextBench) -> None:
    courses(clinic, "c1")
    assert clinic.rows("mart_claims") == []


def test_one_client(clinic: TextBench) -> None:
    claim(clinic, claimed_rate=1)
    courses(clinic, "c1")
    scores(clinic, ("c1", "e0", 0, "15"), ("c1", "e0", 56, "9"))
    clinic.expect(
        "mart_claims",
        f"""
        n_clients | {FLOW} | measured_rate | met_rate | met_rate_worst | met_rate_best | verdict
        1 | 1 | 1 | 1 | 1 | 1 | 0 | 1 | 1 | 1 | 1 | may_publish
        """,
        **JUNE,
    )
    row = one(clinic)
    assert row["closes_on"] == date(2025, 6, 30) + timedelta(days=70)
    assert row["verdict_reasons"] is None
    assert row["met_rate_lower"] == pytest.approx(0.2065, abs=1e-4)
    assert row["design_effect"] is None


def test_a_course_without_an_attended_session_did_not_start(clinic: TextBench) -> None:
    claim(clinic)
    clinic.given(
        stg_episodes="episode_id | referred_on | started_on\n e1 | 2025-06-01 | 2025-06-02",
        stg_sessions="session_id | episode_id | scheduled_on\n s1 | e1 | 2025-06-02",
        stg_attendances="session_id | status\n s1 | no_show",
    )
    row = one(clinic)
    assert (row["n_referred"], row["n_started"], row["n_due"]) == (1, 0, 0)
    # Zero denominators.
    rates = ("measured_rate", "met_rate", "met_rate_worst", "met_rate_best", "deteriorated_rate")
    assert [row[name] for name in rates] == [None] * 5
    assert row["verdict"] == "cannot_tell"


@pytest.mark.parametrize(
    ("as_of_on", "n_due", "verdict"),
    [(date(2025, 8, 10), 0, "cannot_tell"), (date(2025, 8, 11), 1, "may_publish")],
)
def test_a_course_is_due_when_its_time_and_the_tolerance_have_passed(
    clinic: TextBench, as_of_on: date, n_due: int, verdict: str
) -> None:
    clinic.parameters = {**clinic.parameters, "as_of_on": as_of_on}
    claim(clinic)
    courses(clinic, "c1")
    scores(clinic, ("c1", "e0", 0, "15"), ("c1", "e0", 56, "3"))
    row = one(clinic)
    assert (row["n_started"], row["n_due"], row["n_measured"]) == (1, n_due, n_due)
    assert row["verdict"] == verdict
    assert ("window_still_open" in (row["verdict_reasons"] or "")) is (n_due == 0)


YEAR = {"period_kind": "year", "period_start_on": date(2025, 1, 1)}


def courses_of_one_person(clinic: TextBench, *sessions: tuple[int, ...]) -> None:
    """A course of one client for each list of days after 2 June on which it had a session."""
    named = [
        (f"e{i}", f"s{i}-{day}", START + timedelta(days=day))
        for i, days in enumerate(sessions)
        for day in days
    ]
    clinic.given(
        stg_programmes="programme_id | modality\n p0 | individual\n p1 | group",
        stg_episodes="episode_id | client_id | programme_id | ended_on\n"
        + "\n".join(f"e{i} | c1 | p{i % 2} | 2025-12-01" for i, _ in enumerate(sessions)),
        stg_sessions="session_id | episode_id | scheduled_on\n"
        + "\n".join(f"{session} | {episode} | {day}" for episode, session, day in named),
        stg_attendances="session_id | client_id\n"
        + "\n".join(f"{session} | c1" for _, session, _ in named),
    )


@pytest.mark.parametrize(
    ("sessions", "n_started"),
    [
        # Side by side: the second began while the first went on.
        (((0, 30), (0, 30)), 1),
        (((0, 30), (30, 60)), 1),
        # One after the other: a course of one session hides none.
        (((0, 30), (31, 60)), 2),
        (((0,), (10, 60)), 2),
        # Far enough apart, although the first still goes on.
        (((0, 70), (55, 80)), 1),
        (((0, 70), (56, 80)), 2),
        # The second is not told, and must not hide the third.
        (((0, 60), (40, 100), (80, 120)), 2),
        # A session after the day it was due comes too late to tell: windows stay as they closed.
        (((0, 71), (50, 60)), 2),
    ],
)
def test_work_side_by_side_is_told_once(
    clinic: TextBench, sessions: tuple[tuple[int, ...], ...], n_started: int
) -> None:
    courses_of_one_person(clinic, *sessions)
    claim(clinic, period_kind="year")
    row = one(clinic, **YEAR)
    assert (row["n_clients"], row["n_started"]) == (1, n_started)


def test_a_programme_tells_its_own_courses(clinic: TextBench) -> None:
    courses_of_one_person(clinic, (0, 30), (0, 30))
    claim(clinic, period_kind="year")
    found = {
        (row["level"], row["subject_id"]): row["n_started"]
        for row in clinic.rows("mart_claims")
        if row["period_start_on"] == date(2025, 1, 1)
    }
    assert found == {("clinic", "clinic"): 1, ("programme", "p0"): 1, ("programme", "p1"): 1}


def test_a_short_course_does_not_hide_one_that_got_worse(clinic: TextBench) -> None:
    courses_of_one_person(clinic, (0,), (10, 60))
    claim(clinic, period_kind="year")
    scores(clinic, ("c1", "e1", 10, "10"), ("c1", "e1", 66, "20"))
    assert one(clinic, **YEAR)["n_deteriorated"] == 1


def test_a_claim_about_groups_or_a_track_counts_nobody_else(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes="""
        programme_id | modality   | track
        p1           | individual | anger
        p2           | group      | anger
        p3           | group      | grief
        """,
        stg_episodes="""
        episode_id | client_id | programme_id | referred_on
        e1         | c1        | p1           | 2025-06-01
        e2         | c2        | p2           | 2025-06-01
        e3         | c3        | p3           | 2025-06-01
        """,
        stg_sessions="""
        session_id | episode_id | scheduled_on
        s1         | e1         | 2025-06-02
        s2         | e2         | 2025-06-02
        s3         | e3         | 2025-06-02
        """,
        stg_attendances="session_id | client_id\n s1 | c1\n s2 | c2\n s3 | c3",
    )
    claim(clinic, modalities=["group"], tracks=["anger"], levels=["clinic"])
    row = one(clinic)
    assert (row["n_referred"], row["n_started"]) == (1, 1)
    assert {row["level"] for row in clinic.rows("mart_claims")} == {"clinic"}


def ten_courses(clinic: TextBench, *, better: int, measured: int, **changes: Any) -> dict[str, Any]:
    """Ten people, of whom some were measured and some of these got better."""
    claim(clinic, **changes)
    names = [f"c{i:02}" for i in range(10)]
    courses(clinic, *names)
    given = []
    for i, name in enumerate(names):
        given.append((name, f"e{i}", 0, "15"))
        if i < measured:
            given.append((name, f"e{i}", 56, "5" if i < better else "15"))
    scores(clinic, *given)
    return one(clinic)


@pytest.mark.parametrize(
    ("better", "measured", "changes", "verdict", "reasons"),
    [
        (5, 10, {}, "may_publish", None),
        (4, 10, {}, "may_not_publish", "figure_below_claim;worst_bound_below_claim"),
        (5, 7, {}, "may_publish", None),
        (5, 6, {}, "may_not_publish", "low_pair_rate"),
        (4, 7, {}, "may_not_publish", "worst_bound_below_claim"),
        (5, 10, {"minimum_pairs": 10}, "may_publish", None),
        (5, 10, {"minimum_pairs": 11}, "cannot_tell", "too_few_pairs"),
        (5, 10, {"instrument_id": "wsas"}, "cannot_tell", "no_published_rule;too_few_pairs;"),
    ],
)
def test_the_verdict_on_both_sides_of_every_limit(
    clinic: TextBench,
    better: int,
    measured: int,
    changes: dict[str, Any],
    verdict: str,
    reasons: str | None,
) -> None:
    row = ten_courses(clinic, better=better, measured=measured, **changes)
    assert row["verdict"] == verdict
    if reasons is None or not reasons.endswith(";"):
        assert row["verdict_reasons"] == reasons
    else:
        assert row["verdict_reasons"].startswith(reasons)


def test_without_a_published_rule_nothing_is_known_to_be_met(clinic: TextBench) -> None:
    # A threshold that the clinic has set for itself is no rule for a claim.
    clinic.fill(
        "ref_clinic_thresholds",
        [{"instrument_id": "wsas", "kind": "reliable_change", "points": 5}],
    )
    claim(clinic, instrument_id="wsas")
    courses(clinic, "c1")
    scores(clinic, ("c1", "e0", 0, "30"), ("c1", "e0", 56, "3"), instrument="wsas")
    row = one(clinic)
    assert (row["n_measured"], row["n_met"], row["n_deteriorated"]) == (1, None, None)
    assert (row["rule_id"], row["met_rate"], row["met_rate_worst"]) == (None, None, None)
    assert row["verdict_reasons"] == "no_published_rule"


def test_what_the_clinic_decided_besides_is_not_cited_for_a_claim(clinic: TextBench) -> None:
    clinic.fill(
        "ref_clinic_thresholds",
        [{"instrument_id": "phq9", "kind": "remission", "points": 4, "source": "our own"}],
    )
    claim(clinic)
    (rule,) = clinic.rows("int_claim_rules")
    assert (rule["rule_points"], rule["rule_source"]) == (6, "made up for tests")


@pytest.mark.parametrize(
    ("set_on", "verdict"),
    [
        (date(2025, 6, 1), "may_publish"),
        (date(2025, 6, 2), "cannot_tell"),
        (date(2099, 1, 1), "cannot_tell"),
        (None, "cannot_tell"),
    ],
)
def test_a_rule_fixed_after_the_window_began_tells_nothing_of_it(
    clinic: TextBench, set_on: date | None, verdict: str
) -> None:
    claim(clinic, set_on=set_on)
    courses(clinic, "c1")
    scores(clinic, ("c1", "e0", 0, "15"), ("c1", "e0", 56, "3"))
    row = one(clinic)
    assert row["verdict"] == verdict
    assert row["verdict_reasons"] == (None if verdict == "may_publish" else "fixed_afterwards")


def test_a_claim_is_judged_over_its_one_kind_of_window(clinic: TextBench) -> None:
    claim(clinic, period_kind="quarter")
    courses(clinic, "c1")
    assert {row["period_kind"] for row in clinic.rows("mart_claims")} == {"quarter"}


def test_the_limits_widen_where_therapists_differ(clinic: TextBench) -> None:
    claim(clinic)
    names = [f"c{i:02}" for i in range(20)]
    courses(clinic, *names)
    clinic.connection.execute(
        "update stg_sessions set therapist_id = case when session_id like 's1_-%' then 't2'"
        " else 't1' end"
    )
    given = []
    for i, name in enumerate(names):
        better = i < 9 or i == 19
        given += [(name, f"e{i}", 0, "15"), (name, f"e{i}", 56, "5" if better else "15")]
    scores(clinic, *given)
    row = one(clinic)
    # Ten people each, of whom 9 and 1 got better: 2 * ((20*9 - 10*10)^2 * 2) / (20 * 10 * 10).
    assert (row["n_clusters"], row["design_effect"]) == (2, pytest.approx(12.8))
    plain = clinic.connection.execute("select wilson_lower(10, 20), wilson_upper(10, 20)")
    lower, upper = plain.fetchall()[0]
    assert row["met_rate_lower"] < lower < upper < row["met_rate_upper"]


def test_the_sentence_holds_every_number_and_rounds_against_the_claim(clinic: TextBench) -> None:
    row = ten_courses(
        clinic,
        better=5,
        measured=7,
        sentence="{n_due} {subject} {from} {to} {n_measured} {pair_percent} {n_met} {met_percent}"
        " {lower_percent} {upper_percent} {worst_percent} {best_percent} {n_deteriorated}"
        " {deteriorated_percent} {met}; {worse}; {measure}; {population}; {due}; {n_referred}"
        " {n_started} {n_below_threshold} {n_worse_known} {worse_worst_percent}",
    )
    assert row["sentence"] == (
        "10 Example Hill Clinic 1 June 2025 30 June 2025 7 70 5 71 35 92 50 80 0 0"
        " got better by 6; got worse; a score; everywhere; due; 10 10 0 7 30"
    )


def test_with_few_measured_the_sentence_leads_with_the_bounds(clinic: TextBench) -> None:
    assert ten_courses(clinic, better=5, measured=6)["sentence"] == "50-90"
