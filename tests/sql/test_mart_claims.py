"""Claims: who counts, which score is the one at eight weeks, and when a sentence may be published.

The first session of the courses here is on 2 June 2025: day 42 is 14 July, day 56 is 28 July, day
70 is 11 August.
"""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.sql.text_tables import TextBench

START = date(2025, 6, 2)
JUNE = {"level": "clinic", "period_kind": "month", "period_start_on": date(2025, 6, 1)}
SCORED = "response_id | client_id | episode_id | instrument_id | administered_on | total_score"
FLOW = "n_referred | n_started | n_due | n_measured | n_met | n_deteriorated"


def claim(clinic: TextBench, **changes: Any) -> None:
    """One claim: at least half of all who start get reliably better by day 56 on the PHQ-9."""
    clinic.fill("ref_claims", [{"claim_id": "half", **changes}])


def courses(clinic: TextBench, *clients: str, until: str = "2025-12-01") -> None:
    """A course for each client, with sessions on day 0 and day 7."""
    listed = list(enumerate(clients))
    clinic.given(
        stg_episodes="episode_id | client_id | referred_on | ended_on | end_reason\n"
        + "\n".join(f"e{i} | {client} | 2025-06-01 | {until} | completed" for i, client in listed),
        stg_sessions="session_id | episode_id | scheduled_on\n"
        + "\n".join(
            f"s{i}-{week} | e{i} | {START + timedelta(days=7 * week)}"
            for i, _ in listed
            for week in (0, 1)
        ),
        stg_attendances="session_id | client_id\n"
        + "\n".join(f"s{i}-{week} | {client}" for i, client in listed for week in (0, 1)),
    )


def scores(clinic: TextBench, *given: tuple[str, str, int, str], instrument: str = "phq9") -> None:
    """Forms as client, episode, days after the first session, total."""
    clinic.given(
        stg_responses=f"{SCORED}\n"
        + "\n".join(
            f"r{i} | {client} | {episode} | {instrument} | {START + timedelta(days=day)} | {total}"
            for i, (client, episode, day, total) in enumerate(given)
        )
    )


def one(clinic: TextBench, **where: Any) -> dict[str, Any]:
    """The one row of the claim."""
    wanted = {**JUNE, **where}
    (row,) = [
        row
        for row in clinic.rows("mart_claims")
        if all(row[name] == value for name, value in wanted.items())
    ]
    return row


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


@pytest.mark.parametrize(
    ("last", "n_met", "n_worse"), [("9", 1, 0), ("10", 0, 0), ("20", 0, 0), ("21", 0, 1)]
)
def test_a_change_of_the_rules_points_is_met_on_both_sides(
    clinic: TextBench, last: str, n_met: int, n_worse: int
) -> None:
    claim(clinic)
    courses(clinic, "c1")
    scores(clinic, ("c1", "e0", 0, "15"), ("c1", "e0", 56, last))
    row = one(clinic)
    assert (row["n_measured"], row["n_met"], row["n_deteriorated"]) == (1, n_met, n_worse)


@pytest.mark.parametrize(("day", "n_measured"), [(41, 0), (42, 1), (56, 1), (70, 1), (71, 0)])
def test_only_scores_within_the_tolerance_count(
    clinic: TextBench, day: int, n_measured: int
) -> None:
    claim(clinic)
    courses(clinic, "c1")
    scores(clinic, ("c1", "e0", 0, "15"), ("c1", "e0", day, "3"))
    row = one(clinic)
    assert (row["n_due"], row["n_measured"], row["n_met"]) == (1, n_measured, n_measured)


def test_the_nearest_score_counts_and_not_the_best(clinic: TextBench) -> None:
    claim(clinic)
    courses(clinic, "c1", "c2", "c3")
    scores(
        clinic,
        # Day 57 is nearer than the better day 50.
        *(("c1", "e0", 0, "15"), ("c1", "e0", 50, "0"), ("c1", "e0", 57, "14")),
        # Of two equally near days the earlier.
        *(("c2", "e1", 0, "15"), ("c2", "e1", 55, "14"), ("c2", "e1", 57, "0")),
        # Of one moment the worse.
        *(("c3", "e2", 0, "15"), ("c3", "e2", 56, "0"), ("c3", "e2", 56, "14")),
    )
    assert [row["measured_score"] for row in clinic.rows("mart_episode_claims")] == [14, 14, 14]
    assert one(clinic)["n_met"] == 0


def test_of_one_day_the_later_score_counts(clinic: TextBench) -> None:
    claim(clinic)
    courses(clinic, "c1")
    clinic.given(
        stg_responses="""
        response_id | episode_id | administered_at  | total_score
        r1          | e0         | 2025-06-02T09:00 | 15
        r2          | e0         | 2025-07-28T17:00 | 3
        r3          | e0         | 2025-07-28T09:00 | 14
        """
    )
    assert clinic.rows("mart_episode_claims")[0]["measured_score"] == 3


def test_without_a_first_or_a_later_score_a_course_is_due_and_not_measured(
    clinic: TextBench,
) -> None:
    claim(clinic)
    courses(clinic, "c1", "c2", "c3")
    # A first score after day 14 is none.
    scores(
        clinic,
        *(("c1", "e0", 0, "15"), ("c2", "e1", 56, "3")),
        *(("c3", "e2", 15, "15"), ("c3", "e2", 56, "3")),
    )
    row = one(clinic)
    assert (row["n_due"], row["n_measured"], row["n_met"]) == (3, 0, 0)
    assert row["met_rate"] is None
    assert (row["met_rate_worst"], row["met_rate_best"]) == (0, 1)
    assert row["verdict_reasons"] == "too_few_pairs;low_pair_rate;worst_bound_below_claim"
    assert row["sentence"] is None


def test_who_stopped_early_stays_in_the_figure(clinic: TextBench) -> None:
    claim(clinic)
    courses(clinic, "c1", until="2025-06-10")
    # Asked after the end of the course: the day is fixed, whoever ended before it.
    scores(clinic, ("c1", "e0", 0, "15"), ("c1", "e0", 58, "3"))
    assert one(clinic)["n_met"] == 1


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


def test_a_scale_that_runs_the_other_way(clinic: TextBench) -> None:
    claim(clinic, instrument_id="ors")
    courses(clinic, "c1", "c2")
    scores(
        clinic,
        *(("c1", "e0", 0, "20"), ("c1", "e0", 56, "25")),
        *(("c2", "e1", 0, "20"), ("c2", "e1", 56, "15")),
        instrument="ors",
    )
    row = one(clinic)
    assert (row["n_met"], row["n_deteriorated"]) == (1, 1)


def test_a_rating_at_the_end_has_no_first_score(clinic: TextBench) -> None:
    clinic.fill(
        "ref_thresholds",
        [{"instrument_id": "pgi_c", "kind": "responder", "points": 2, "op": "<="}],
    )
    claim(
        clinic,
        rule_kind="rating",
        instrument_id="pgi_c",
        measured_at="end",
        after_days=100,
        tolerance_days=0,
        look_back_days=28,
    )
    courses(clinic, "c1", "c2", "c3", "c4", "c5", until="2025-08-20")
    scores(
        clinic,
        *(("c1", "e0", 60, "2"), ("c2", "e1", 60, "3"), ("c3", "e2", 60, "4")),
        ("c4", "e3", 60, "5"),
        instrument="pgi_c",
    )
    row = one(clinic)
    assert (row["n_due"], row["n_measured"], row["n_met"], row["n_deteriorated"]) == (5, 4, 1, 1)
    assert row["rule_id"] == "published"


@pytest.mark.parametrize(("day", "n_measured"), [(61, 0), (62, 1), (90, 1), (91, 0)])
def test_only_a_rating_of_the_last_weeks_is_one_of_the_end(
    clinic: TextBench, day: int, n_measured: int
) -> None:
    # The course ends on day 90; a rating after its end is none of it.
    clinic.fill(
        "ref_thresholds",
        [{"instrument_id": "pgi_c", "kind": "responder", "points": 2, "op": "<="}],
    )
    claim(
        clinic,
        rule_kind="rating",
        instrument_id="pgi_c",
        measured_at="end",
        after_days=100,
        tolerance_days=0,
        look_back_days=28,
    )
    courses(clinic, "c1", until="2025-08-31")
    scores(clinic, ("c1", "e0", day, "2"), instrument="pgi_c")
    row = one(clinic)
    assert (row["n_due"], row["n_measured"], row["n_met"]) == (1, n_measured, n_measured)


def test_an_open_course_has_no_end_yet_and_counts_as_not_measured(clinic: TextBench) -> None:
    claim(clinic, measured_at="end", after_days=100, tolerance_days=0)
    courses(clinic, "c1", "c2", until="2026-01-01")
    scores(clinic, ("c1", "e0", 0, "15"), ("c1", "e0", 56, "3"))
    row = one(clinic)
    assert (row["n_due"], row["n_measured"]) == (2, 0)


@pytest.mark.parametrize(("until", "n_measured"), [("2025-09-10", 1), ("2025-09-11", 0)])
@pytest.mark.parametrize("kind", ["reliable_improvement", "recovery"])
@pytest.mark.parametrize("as_of_on", [date(2025, 9, 11), date(2025, 12, 31)])
def test_what_ends_after_it_was_due_changes_no_closed_window(
    clinic: TextBench, kind: str, until: str, n_measured: int, as_of_on: date
) -> None:
    clinic.parameters = {**clinic.parameters, "as_of_on": as_of_on}
    claim(clinic, rule_kind=kind, measured_at="end", after_days=100, tolerance_days=0)
    courses(clinic, "c1", until=until)
    clinic.given(
        stg_responses=f"""
        {SCORED}
        r1 | c1 | e0 | phq9 | 2025-06-02 | 15
        r2 | c1 | e0 | phq9 | 2025-07-28 | 9
        r3 | c1 | e0 | gad7 | 2025-06-02 | 9
        r4 | c1 | e0 | gad7 | 2025-07-28 | 7
        """
    )
    row = one(clinic)
    assert (row["n_due"], row["n_measured"], row["n_met"]) == (1, n_measured, n_measured)


@pytest.mark.parametrize("instrument", ["phq9", "gad7"])
def test_recovery_needs_published_rules_on_both_measures(
    clinic: TextBench, instrument: str
) -> None:
    clinic.fill(
        "ref_clinic_thresholds",
        [{"instrument_id": instrument, "kind": "caseness", "points": 12}],
    )
    claim(clinic, rule_kind="recovery", measured_at="end", after_days=100, tolerance_days=0)
    courses(clinic, "c1", until="2025-08-31")
    clinic.given(
        stg_responses=f"""
        {SCORED}
        r1 | c1 | e0 | phq9 | 2025-06-02 | 15
        r2 | c1 | e0 | phq9 | 2025-07-28 | 9
        r3 | c1 | e0 | gad7 | 2025-06-02 | 13
        r4 | c1 | e0 | gad7 | 2025-07-28 | 7
        """
    )
    assert one(clinic)["n_met"] in (None, 0)
    assert one(clinic)["verdict"] != "may_publish"


def test_harm_on_one_measure_counts_where_the_other_is_missing(clinic: TextBench) -> None:
    claim(clinic, rule_kind="recovery", measured_at="end", after_days=100, tolerance_days=0)
    courses(clinic, "c1", "c2", until="2025-08-31")
    scores(clinic, ("c1", "e0", 0, "3"), ("c1", "e0", 56, "9"))
    row = one(clinic)
    assert (row["n_due"], row["n_measured"]) == (2, 0)
    assert (row["n_worse_known"], row["n_deteriorated"]) == (1, 1)
    assert (row["deteriorated_rate"], row["deteriorated_rate_worst"]) == (1, 1)


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


def test_recovery_leaves_out_who_is_known_to_have_begun_below_the_threshold(
    clinic: TextBench,
) -> None:
    claim(clinic, rule_kind="recovery", measured_at="end", after_days=100, tolerance_days=0)
    courses(clinic, "c1", "c2", "c3", until="2025-08-31")
    clinic.given(
        stg_responses=f"""
        {SCORED}
        r1 | c1 | e0 | phq9 | 2025-06-02 | 15
        r2 | c1 | e0 | phq9 | 2025-07-28 | 9
        r3 | c1 | e0 | gad7 | 2025-06-02 | 9
        r4 | c1 | e0 | gad7 | 2025-07-28 | 7
        r5 | c2 | e1 | phq9 | 2025-06-02 | 9
        r6 | c2 | e1 | phq9 | 2025-07-28 | 9
        r7 | c2 | e1 | gad7 | 2025-06-02 | 7
        r8 | c2 | e1 | gad7 | 2025-07-28 | 7
        """
    )
    row = one(clinic)
    assert (row["n_started"], row["n_due"], row["n_measured"], row["n_met"]) == (3, 2, 1, 1)
    assert row["n_below_threshold"] == 1


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
