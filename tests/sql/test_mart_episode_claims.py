"""What a course says about a claim: who counts, which score is the one, met or not, worse or not.

The days are those of claimed_courses.py.
"""

from datetime import date

import pytest

from tests.sql.claimed_courses import SCORED, claim, courses, one, scores
from tests.sql.text_tables import TextBench


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
def test_recovery_keeps_to_what_its_rule_has_published_whatever_the_clinic_has_set(
    clinic: TextBench, instrument: str
) -> None:
    clinic.fill(
        "ref_clinic_thresholds",
        [{"instrument_id": instrument, "kind": "caseness", "points": 20}],
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
    row = one(clinic)
    assert (row["n_met"], row["verdict"], row["rule_id"]) == (1, "may_publish", "made_up")
    # The change that the clinic has set is no rule for a claim about a change.
    clinic.fill(
        "ref_clinic_thresholds",
        [{"instrument_id": "phq9", "kind": "reliable_change", "points": 6}],
    )
    claim(clinic)
    clinic.restart()
    assert one(clinic)["verdict_reasons"] == "no_published_rule"


@pytest.mark.parametrize(
    ("born_on", "instruments", "n_started"),
    [
        ("2007-06-01", ["phq9", "gad7"], 1),
        ("2007-06-02", ["phq9", "gad7"], 0),
        ("", ["phq9", "gad7"], 1),
        ("", ["wsas"], 0),
        ("", [], 1),
    ],
    ids=["18 on the day", "a day younger", "age unknown", "without the pair", "lists no measure"],
)
def test_a_claim_about_recovery_is_about_those_whom_the_rule_is_about(
    clinic: TextBench, born_on: str, instruments: list[str], n_started: int
) -> None:
    claim(clinic, rule_kind="recovery", measured_at="end", after_days=100, tolerance_days=0)
    # Neither has finished: that must not let them in.
    courses(clinic, "c1", until="")
    clinic.given(stg_clients=f"client_id | birth_date\n c1 | {born_on}")
    clinic.fill("stg_programmes", [{"programme_id": "p1", "instruments": instruments}])
    found = clinic.rows("mart_claims")
    if not n_started:
        assert found == []
        return
    assert (one(clinic)["n_referred"], one(clinic)["n_started"]) == (1, 1)


def test_harm_on_one_measure_counts_where_the_other_is_missing(clinic: TextBench) -> None:
    claim(clinic, rule_kind="recovery", measured_at="end", after_days=100, tolerance_days=0)
    courses(clinic, "c1", "c2", until="2025-08-31")
    scores(clinic, ("c1", "e0", 0, "3"), ("c1", "e0", 56, "9"))
    row = one(clinic)
    assert (row["n_due"], row["n_measured"]) == (2, 0)
    assert (row["n_worse_known"], row["n_deteriorated"]) == (1, 1)
    assert (row["deteriorated_rate"], row["deteriorated_rate_worst"]) == (1, 1)


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


def test_a_course_that_ended_on_the_day_of_the_last_delivery_has_its_last_score(
    clinic: TextBench,
) -> None:
    clinic.parameters["as_of_on"] = date(2025, 7, 28)
    claim(clinic, measured_at="end", tolerance_days=0)
    courses(clinic, "c1", until="2025-07-28")
    scores(clinic, ("c1", "e0", 0, "15"), ("c1", "e0", 50, "3"))
    (row,) = clinic.rows("mart_episode_claims")
    assert (row["is_due"], row["measured_score"]) == (True, 3)


def test_one_attended_session_is_a_start_and_one_on_the_day_it_is_due_is_attended_by_then(
    clinic: TextBench,
) -> None:
    claim(clinic)
    courses(clinic, "c1")
    clinic.given(
        stg_sessions="session_id | episode_id | scheduled_on\ns0 | e0 | 2025-06-02",
        stg_attendances="session_id | client_id\ns0 | c1",
    )
    assert len(clinic.rows("mart_episode_claims")) == 1
    clinic.restart()
    # Day 70 is the last day on which a score counts.
    clinic.given(
        stg_sessions="session_id | episode_id | scheduled_on\ns0 | e0 | 2025-06-02\n"
        "s1 | e0 | 2025-08-11\ns2 | e0 | 2025-08-12",
        stg_attendances="session_id | client_id\ns0 | c1\ns1 | c1\ns2 | c1",
    )
    (row,) = clinic.rows("mart_episode_claims")
    assert row["last_attended_on"] == date(2025, 8, 11)


def test_a_first_score_is_not_measured_against_itself(clinic: TextBench) -> None:
    claim(clinic, after_days=5, tolerance_days=5)
    courses(clinic, "c1")
    scores(clinic, ("c1", "e0", 0, "15"))
    (row,) = clinic.rows("mart_episode_claims")
    assert (row["measured_score"], row["is_met"]) == (None, None)
