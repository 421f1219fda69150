"""From a small export to the marts: each of the thirteen domains of success, and the path itself.

Three made-up courses with every measure: one gets better, one stays, and one is the first turned
round, so that each domain must count one of each. A fourth goes up and down on the PHQ-9 alone.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipelines.home import Home
from tests.pipeline.conftest import MadeOnce
from tests.pipeline.exports import Row, clinic_tables, write_export
from tests.pipeline.homes import new_home, records, succeed_here, words_of

DAYS = ("2025-01-06", "2025-01-13", "2025-01-20", "2025-01-27", "2025-02-03", "2025-03-17")
FIRST_ON, LAST_ON, ENDED_ON = DAYS[0], DAYS[-1], "2025-03-24"
# The PHQ-9 of each session. The first course gains at once and keeps it, the last loses it again.
PATHS = {
    "e-c01": (20, 20, 8, 8, 8, 8),
    "e-c02": (20, 20, 20, 20, 20, 20),
    "e-c03": (8, 8, 8, 8, 8, 20),
    "e-c04": (20, 20, 8, 8, 8, 18),
}
# Of each course with every measure: which of a pair of values comes first, and which last.
ENDS = {"e-c01": (0, 1), "e-c02": (0, 0), "e-c03": (1, 0)}
VERDICTS = {"e-c01": "2", "e-c02": "4", "e-c03": "6"}
# A rule of the clinic's own: without it nobody's response is early.
EARLY = """
[windows]
early_response_share = 0.25
early_response_weeks = 4
early_response_source = "made up for a test"
"""
# Instrument, respondent, total at first and at last. The PHQ-9 comes with the clinic.
MEASURES = (
    ("wsas", "client", "30", "10"),
    ("maas", "client", "3", "4"),
    ("brs", "client", "2", "4"),
    ("ders16", "client", "60", "40"),
    ("ras30", "client", "-20", "10"),
    ("rses", "client", "10", "20"),
    ("ucla20", "client", "50", "60"),
    ("swemwbs", "client", "18", "24"),
    ("wai_sr", "client", "40", "48"),
    ("gsrs", "client", "20", "20"),
    ("psychlops", "client", "15", "8"),
    ("score15", "client", "60", "40"),
    ("sdq", "parent", "20", "24"),
    # What nobody's word is asked for, and what only screens.
    ("rses", "therapist", "20", "10"),
    ("phq2", "client", "6", "0"),
)
GOALS = (
    # Goal, kind, domain, first rating, last rating.
    ("g1", "gbo", "assertiveness", "2", "6"),
    ("g2", "gbo", "", "4", "5"),
    ("g3", "gas", "", "-1", "1"),
)
# What each domain must show: basis, respondent, sources, change, direction.
MEANT = {
    "symptoms": {("published", "client", 1, "improved", "better")},
    "functioning": {
        ("no_threshold", "client", 1, None, "better"),
        ("milestone", "any", 1, None, None),
    },
    "self_awareness": {("no_threshold", "client", 1, None, "better")},
    "behaviour_change": {("no_threshold", "client", 1, None, "better")},
    "emotion_regulation": {("no_threshold", "client", 1, None, "better")},
    "assertiveness": {
        ("no_threshold", "client", 1, None, "better"),
        ("goal_rule", "client", 1, "improved", "better"),
        ("milestone", "any", 1, None, None),
    },
    "self_esteem": {("no_threshold", "client", 1, None, "better")},
    "connection": {("no_threshold", "client", 1, None, "worse")},
    "quality_of_life": {("published", "client", 1, "improved", "better")},
    "alliance": {("no_threshold", "client", 2, None, "better")},
    "personal_goals": {
        ("goal_rule", "client", 2, "improved", "better"),
        ("goal_no_rule", "client", 1, None, "better"),
        ("no_threshold", "client", 1, None, "better"),
    },
    "family_child": {
        ("published", "client", 1, "improved", "better"),
        ("no_threshold", "parent", 1, None, "worse"),
    },
    "global_change": {("verdict_categories", "client", 1, "improved", "better")},
}
# The same of the course that stayed and of the one turned round.
TURNED = {"improved": "deteriorated", "better": "worse", "worse": "better"}
MARCH = {"level": "clinic", "period_kind": "month"}


def meant(domain: str, course: str) -> set[tuple[Any, ...]]:
    """What a course with every measure shows in a domain."""
    shown = set()
    for basis, respondent, n_sources, change, direction in MEANT[domain]:
        if basis == "milestone" and course != "e-c01":
            continue
        if course == "e-c02":
            change, direction = change and "unchanged", direction and "same"
        elif course == "e-c03":
            change, direction = change and TURNED[change], direction and TURNED[direction]
        shown.add((basis, respondent, n_sources, change, direction))
    return shown


def export() -> dict[str, list[Row]]:
    """Three courses with everything that can speak for a domain, and one with ups and downs."""
    tables = clinic_tables(clients=len(PATHS), measured_on=DAYS)
    tables["episodes"] = [
        {**episode, "ended_on": ENDED_ON, "end_reason": "completed"}
        for episode in tables["episodes"]
    ]
    totals = [total for path in PATHS.values() for total in path]
    tables["responses"] = [
        {**response, "total_score": str(total)}
        for response, total in zip(tables["responses"], totals, strict=True)
    ]
    for episode, (first, last) in ENDS.items():
        for instrument, respondent, *values in [
            *MEASURES,
            ("pgi_c", "client", None, VERDICTS[episode]),
        ]:
            for day, total in ((FIRST_ON, values[first]), (LAST_ON, values[last])):
                if instrument == "pgi_c":
                    day, total = LAST_ON, values[1]
                tables["responses"].append(
                    {
                        "response_id": f"r-{episode}-{instrument}-{respondent}-{day}",
                        "client_id": episode.removeprefix("e-"),
                        "episode_id": episode,
                        "instrument_id": instrument,
                        "respondent": respondent,
                        "administered_at": f"{day}T10:00:00",
                        "total_score": total,
                    }
                )
    tables["responses"] = list({row["response_id"]: row for row in tables["responses"]}.values())
    tables["goals"] = [
        {
            "goal_id": f"{goal}-{episode}", "episode_id": episode, "kind": kind, "domain": domain,
            "weight": "", "set_on": FIRST_ON, "closed_on": "",
        }
        for episode in ENDS
        for goal, kind, domain, *_ in GOALS
    ]  # fmt: skip
    tables["goal_ratings"] = [
        {
            "goal_id": f"{goal}-{episode}", "rated_at": f"{day}T10:00:00", "rated_by": "client",
            "value": values[end],
        }
        for episode, ends in ENDS.items()
        for goal, _, _, *values in GOALS
        for day, end in zip((FIRST_ON, LAST_ON), ends, strict=True)
    ]  # fmt: skip
    tables["milestones"] = [
        {
            "milestone_id": kind, "episode_id": "e-c01", "kind": kind,
            "domain": domain, "observed_on": LAST_ON, "reported_by": "client",
        }
        for kind, domain in (("boundary_set", "assertiveness"), ("work_kept", "functioning"))
    ]  # fmt: skip
    return tables


@pytest.fixture(scope="module")
def home(made_once: MadeOnce) -> Home:
    """The clinic of one course after its run. Only to be read."""

    def fill(root: Path) -> None:
        made = new_home(root / "home", decisions=EARLY)
        folder = write_export(root / "export", export())
        succeed_here("land", "--home", made.root, folder, "--delivered-on", "2025-03-31")
        succeed_here("run", "--home", made.root)

    return Home(made_once("every-domain", fill) / "home")


def rows(home: Home, table: str, **where: Any) -> list[dict[str, Any]]:
    """A table's rows in which columns have these values."""
    return [
        row
        for row in records(home, table)
        if all(row[column] == value for column, value in where.items())
    ]


def test_nothing_of_the_export_is_turned_away(home: Home) -> None:
    assert records(home, "mart_quarantine") == []


@pytest.mark.parametrize("course", sorted(ENDS))
@pytest.mark.parametrize("domain", sorted(MEANT))
def test_a_domain_is_judged_from_export_to_course(home: Home, domain: str, course: str) -> None:
    names = ("basis", "respondent", "n_sources", "change", "direction")
    keys = {row["episode_key"]: row["episode_id"] for row in records(home, "stg_episodes")}
    found = {
        tuple(row[name] for name in names)
        for row in rows(home, "mart_episode_domains", domain=domain)
        if keys[row["episode_key"]] == course
    }
    assert found == meant(domain, course)


@pytest.mark.parametrize("domain", sorted(MEANT))
def test_a_domain_is_counted_for_the_clinic_the_programme_and_the_therapist(
    home: Home, domain: str
) -> None:
    # Milestones are counted in the row of everything.
    changes = {
        (basis, respondent): change
        for basis, respondent, _, change, _ in MEANT[domain]
        if basis != "milestone"
    }
    n_milestones = sum(basis == "milestone" for basis, *_ in MEANT[domain])
    # The fourth course was measured on the PHQ-9: a little better, and by the rule unchanged.
    n_more = int(domain == "symptoms")
    for level in ("clinic", "programme", "therapist"):
        found = {
            (row["basis"], row["respondent"]): row
            for row in rows(
                home, "mart_domain_outcomes", domain=domain, level=level, period_kind="month"
            )
        }
        assert set(found) == {*changes, ("any", "any")}
        assert found["any", "any"]["n_measured"] == 3 + n_more
        assert found["any", "any"]["n_milestones"] == n_milestones
        for key, change in changes.items():
            row = found[key]
            counts = (row["n_improved"], row["n_unchanged"], row["n_deteriorated"])
            assert counts == ((1, 1 + n_more, 1) if change else (None, None, None))
            assert (row["n_better"], row["n_same"], row["n_worse"]) == (1 + n_more, 1, 1)
            assert (row["n_finished"], row["n_measured"]) == (4, 3 + n_more)
            assert (row["no_improved_reason"] is None) == (change is not None)


def test_the_stand_in_for_boundaries_says_so(home: Home) -> None:
    found = rows(home, "mart_domain_outcomes", domain="assertiveness", **MARCH)
    assert {row["basis"]: row["is_proxy"] for row in found} == {
        "any": True, "goal_rule": False, "no_threshold": True,
    }  # fmt: skip


def test_the_profile_counts_the_domains_of_each_course(home: Home) -> None:
    # Symptoms, quality of life, personal goals, family and child, the client's verdict: all better,
    # none, all worse; and symptoms alone.
    names = ("n_domains_measured", "n_domains_improved", "has_worse")
    found = Counter[tuple[Any, ...]]()
    for row in rows(home, "mart_success_profile", rules="published", **MARCH):
        found[tuple(row[name] for name in names)] += row["n_courses"]
    assert found == {(5, 5, False): 1, (5, 0, False): 1, (5, 0, True): 1, (1, 0, False): 1}


def test_goals_moved_and_were_met(home: Home) -> None:
    found = {row["goal_kind"]: row for row in rows(home, "mart_goals", **MARCH)}
    assert (found["gbo"]["n_goals"], found["gbo"]["n_goals_improved"]) == (6, 1)
    assert found["gbo"]["n_courses_improved"] == 1
    # At +1, and twice at -1: T-scores of 60 and 40, which began at 40, 40 and 60.
    assert (found["gas"]["n_goals_met"], found["gas"]["change_t_mean_points"]) == (1, 0)


def test_ups_and_downs_are_counted_on_the_way(home: Home) -> None:
    (row,) = rows(home, "mart_path", instrument_id="phq9", **MARCH)
    counts = {name: row[name] for name in row if name.startswith("n_")}
    # Two gains of twelve points, of which one was lost again; that, and the course that ended worse,
    # are setbacks that nobody made good. Of the three that began as cases two were better by a
    # quarter within four weeks.
    assert counts == {
        "n_clients": 4, "n_courses": 4, "n_gain_assessable": 4, "n_with_gain": 2,
        "n_with_several_gains": 0, "n_with_reversal": 1, "n_gains": 2, "n_reversed_gains": 1,
        "n_early_assessable": 3, "n_early_response": 2, "n_setback_assessable": 4,
        "n_with_setback": 2, "n_setback_made_good": 0, "n_worst_assessable": 4,
        "n_worse_than_first": 1,
    }  # fmt: skip
    assert row["gain_mean_points"] == 12


def test_sudden_gains_stand_with_their_session_and_what_became_of_them(home: Home) -> None:
    keys = {row["episode_key"]: row["episode_id"] for row in records(home, "stg_episodes")}
    found = {
        keys[row["episode_key"]]: (
            row["session_number"], row["before_points"], row["after_points"], row["is_reversed"]
        )
        for row in records(home, "mart_sudden_gains")
    }  # fmt: skip
    assert found == {"e-c01": (2, 20, 8, False), "e-c04": (2, 20, 8, True)}


def test_the_curve_by_session_has_the_mean_of_those_who_were_there(home: Home) -> None:
    found = {
        row["position"]: (row["n_measured"], row["mean_points"])
        for row in rows(
            home,
            "mart_trajectories",
            instrument_id="phq9",
            axis="session",
            level="clinic",
            period_kind="all",
        )
    }
    paths = list(PATHS.values())
    assert found == {
        place: (4, pytest.approx(sum(path[place - 1] for path in paths) / 4))
        for place in range(1, len(DAYS) + 1)
    }


def test_the_directors_page_names_every_domain_that_a_rule_judges(home: Home) -> None:
    (page,) = home.reports.glob("2025-03/*/director/index.html")
    words = words_of(page)
    assert "by a rule that says what counts as better: 4 of 12" in words
    for name in ("Personal goals", "Family and child", "Quality of life"):
        assert name in words
