"""From a small export to the marts: each of the thirteen domains of success, by one made-up course.

Every domain has at least one measure of the catalogue; goals, milestones and the client's verdict
are there too, and what others say about the child.
"""

from pathlib import Path
from typing import Any

import pytest

from pipelines.home import Home
from tests.pipeline.conftest import MadeOnce
from tests.pipeline.exports import Row, clinic_tables, write_export
from tests.pipeline.homes import new_home, records, succeed_here, words_of

FIRST_ON, LAST_ON, ENDED_ON = "2025-01-06", "2025-03-17", "2025-03-24"
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
MARCH = {"level": "clinic", "period_kind": "month"}


def export() -> dict[str, list[Row]]:
    """One client's course with everything that can speak for a domain."""
    tables = clinic_tables(clients=1, measured_on=(FIRST_ON, "2025-02-10", LAST_ON))
    (episode,) = tables["episodes"]
    tables["episodes"] = [{**episode, "ended_on": ENDED_ON, "end_reason": "completed"}]
    template = tables["responses"][0]
    for instrument, respondent, *totals in [*MEASURES, ("pgi_c", "client", "2")]:
        days = (FIRST_ON, LAST_ON) if len(totals) == 2 else (LAST_ON,)
        for day, total in zip(days, totals, strict=True):
            tables["responses"].append(
                {
                    **template,
                    "response_id": f"r-{instrument}-{respondent}-{day}",
                    "session_id": "",
                    "instrument_id": instrument,
                    "respondent": respondent,
                    "administered_at": f"{day}T10:00:00",
                    "total_score": total,
                }
            )
    tables["goals"] = [
        {
            "goal_id": goal, "episode_id": episode["episode_id"], "kind": kind, "domain": domain,
            "weight": "", "set_on": FIRST_ON, "closed_on": "",
        }
        for goal, kind, domain, *_ in GOALS
    ]  # fmt: skip
    tables["goal_ratings"] = [
        {"goal_id": goal, "rated_at": f"{day}T10:00:00", "rated_by": "client", "value": value}
        for goal, _, _, *values in GOALS
        for day, value in zip((FIRST_ON, LAST_ON), values, strict=True)
    ]
    tables["milestones"] = [
        {
            "milestone_id": kind, "episode_id": episode["episode_id"], "kind": kind,
            "domain": domain, "observed_on": LAST_ON, "reported_by": "client",
        }
        for kind, domain in (("boundary_set", "assertiveness"), ("work_kept", "functioning"))
    ]  # fmt: skip
    return tables


@pytest.fixture(scope="module")
def home(made_once: MadeOnce) -> Home:
    """The clinic of one course after its run. Only to be read."""

    def fill(root: Path) -> None:
        made = new_home(root / "home")
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


@pytest.mark.parametrize("domain", sorted(MEANT))
def test_a_domain_is_judged_from_export_to_course(home: Home, domain: str) -> None:
    names = ("basis", "respondent", "n_sources", "change", "direction")
    found = {
        tuple(row[name] for name in names)
        for row in rows(home, "mart_episode_domains", domain=domain)
    }
    assert found == MEANT[domain]


@pytest.mark.parametrize("domain", sorted(MEANT))
def test_a_domain_is_counted_for_the_clinic_the_programme_and_the_therapist(
    home: Home, domain: str
) -> None:
    # Milestones are counted in the row of everything.
    meant = {
        (basis, respondent): change
        for basis, respondent, _, change, _ in MEANT[domain]
        if basis != "milestone"
    }
    n_milestones = sum(basis == "milestone" for basis, *_ in MEANT[domain])
    for level in ("clinic", "programme", "therapist"):
        found = {
            (row["basis"], row["respondent"]): row
            for row in rows(
                home, "mart_domain_outcomes", domain=domain, level=level, period_kind="month"
            )
        }
        assert set(found) == {*meant, ("any", "any")}
        assert found["any", "any"]["n_measured"] == 1
        assert found["any", "any"]["n_milestones"] == n_milestones
        for key, change in meant.items():
            row = found[key]
            assert row["n_improved"] == (1 if change == "improved" else None)
            assert row["n_finished"] == 1
            assert (row["no_improved_reason"] is None) == (change is not None)


def test_the_stand_in_for_boundaries_says_so(home: Home) -> None:
    found = rows(home, "mart_domain_outcomes", domain="assertiveness", **MARCH)
    assert {row["basis"]: row["is_proxy"] for row in found} == {
        "any": True, "goal_rule": False, "no_threshold": True,
    }  # fmt: skip


def test_the_profile_is_five_of_five(home: Home) -> None:
    # Symptoms, quality of life, personal goals, family and child, the client's verdict.
    (row,) = rows(home, "mart_success_profile", **MARCH)
    assert (row["n_domains_measured"], row["n_domains_improved"], row["has_worse"]) == (5, 5, False)


def test_goals_moved_and_were_met(home: Home) -> None:
    found = {row["goal_kind"]: row for row in rows(home, "mart_goals", **MARCH)}
    assert (found["gbo"]["n_goals"], found["gbo"]["n_goals_improved"]) == (2, 1)
    assert found["gbo"]["n_courses_improved"] == 1
    assert (found["gas"]["n_goals_met"], found["gas"]["change_t_mean_points"]) == (1, 20)


def test_the_directors_page_names_every_domain_that_a_rule_judges(home: Home) -> None:
    (page,) = home.reports.glob("2025-03/*/director/index.html")
    words = words_of(page)
    assert "by a rule that says what counts as better: 4 of 12" in words
    for name in ("Personal goals", "Family and child", "Quality of life"):
        assert name in words
