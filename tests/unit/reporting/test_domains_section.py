"""Domains of success and goals as the director reads them."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from pipelines.reporting.model import Report, Section
from pipelines.reporting.pages.view_model import build_report
from pipelines.reporting.sections.domains_section import DOMAINS
from tests.builders import Bench
from tests.unit.reporting.conftest import PROVENANCE
from tests.unit.reporting.made_up_courses import Clinic, Settings
from tests.unit.reporting.mart_clinic import connect

CLINIC = Clinic(months=13, per_month=20, n_therapists=2, n_groups=0)
PERIOD = {
    "audience": "director",
    "policy_id": "internal",
    "level": "clinic",
    "subject_id": "clinic",
    "period_kind": "rolling_12m",
    "period_start_on": date(2025, 11, 1),
    "period_end_on": date(2026, 10, 31),
}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A clinic whose domains the tests fill in."""
    with connect(CLINIC) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_yet(connection: duckdb.DuckDBPyConnection) -> None:
    """No domain was measured and no goal was set."""
    for table in ("pub_domain_outcomes", "pub_goals", "pub_success_profile"):
        connection.execute(f"delete from {table}")


def insert(connection: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    """One row of the clinic's twelve months."""
    full = {**PERIOD, **row}
    connection.execute(
        f"insert into {table} ({', '.join(full)}) values ({', '.join('?' for _ in full)})",
        list(full.values()),
    )


def domain(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    basis: str = "published",
    respondent: str = "client",
    **row: Any,
) -> None:
    """Forty finished courses in a domain: thirty with a pair, eighteen of them better."""
    counts: dict[str, Any] = {
        "is_proxy": False, "n_ended": 44, "n_finished": 40, "n_measured": 33, "n_paired": 30,
        "n_better": 20, "n_same": 4, "n_worse": 6, "n_no_direction": 0,
        "paired_rate": 0.75, "paired_rate_lower": 0.6, "paired_rate_upper": 0.86,
    }  # fmt: skip
    if basis in ("published", "goal_rule", "verdict_categories", "clinic", "clinic_derived"):
        counts |= {
            "n_improved": 18, "n_unchanged": 10, "n_deteriorated": 2,
            "improved_rate": 0.6, "improved_rate_lower": 0.42, "improved_rate_upper": 0.75,
            "deteriorated_rate": 0.067, "deteriorated_rate_lower": 0.02,
            "deteriorated_rate_upper": 0.21,
        }  # fmt: skip
    if basis == "any":
        counts |= dict.fromkeys(("n_better", "n_same", "n_worse", "n_no_direction"))
    key = {"domain": name, "basis": basis, "respondent": respondent}
    insert(connection, "pub_domain_outcomes", **{**counts, **key, **row})


def unmeasured(connection: duckdb.DuckDBPyConnection, *measured: str) -> None:
    """The row that every domain has."""
    for name in DOMAINS:
        n = 30 if name in measured else 0
        domain(connection, name, "any", "any", n_measured=n, n_paired=n)


def report(connection: duckdb.DuckDBPyConnection, audience: str = "director") -> Report:
    return build_report(
        connection,
        month=CLINIC.last_month,
        audience=audience,
        settings=Settings(),
        provenance=PROVENANCE,
    )


def section(connection: duckdb.DuckDBPyConnection) -> Section:
    (found,) = (one for one in report(connection).sections if one.section_id == "domains")
    return found


def cells(found: Section, table_id: str) -> list[list[str]]:
    """The texts of a table's rows."""
    tables = [*found.tables, *(table for part in found.parts for table in part.tables)]
    (table,) = (table for table in tables if table.table_id == table_id)
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_the_page_has_the_domains_of_the_marts() -> None:
    bench = Bench()
    places = {(row["position"], row["domain"]) for row in bench.rows("int_domain_voices")}
    bench.close()
    assert tuple(name for _, name in sorted(places)) == DOMAINS


def test_without_an_ended_course_it_says_so(connection: duckdb.DuckDBPyConnection) -> None:
    found = section(connection)
    assert found.paragraphs == (
        "No course ended in the twelve months to October 2026, so no domain of success can be"
        " judged.",
    )
    assert (found.charts, found.tables, found.parts) == ((), (), ())


def test_the_public_page_has_no_such_section(connection: duckdb.DuckDBPyConnection) -> None:
    unmeasured(connection, "symptoms")
    sections = report(connection, "public").sections
    assert "domains" not in [one.section_id for one in sections]


def test_what_nobody_measured_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    unmeasured(connection, *DOMAINS[:-2])
    for name in DOMAINS[:-2]:
        domain(connection, name)
    texts = " ".join(section(connection).paragraphs)
    assert (
        "Not measured in any finished course: Family and child and The client's own verdict."
        in texts
    )
    assert "without a verified threshold" not in texts


def test_one_picture_shows_each_domain_by_the_rule_that_speaks_for_it(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    unmeasured(connection, "symptoms", "family_child", "functioning", "personal_goals")
    domain(connection, "symptoms", "clinic")
    domain(connection, "symptoms")
    domain(connection, "family_child", respondent="teacher")
    domain(connection, "family_child", respondent="parent")
    domain(connection, "functioning", "clinic_derived")
    domain(connection, "personal_goals", "goal_rule")
    domain(connection, "connection", "no_threshold")
    (chart,) = section(connection).charts
    assert [part["measure"] for part in chart.data["parts"] if part["is_first"]] == [
        "Symptoms",
        "Everyday functioning (from this clinic's scores)",
        "Personal goals",
        "Family and child (published rule, parent)",
    ]
    assert [part["n"] for part in chart.data["parts"]][:4] == [18, 10, 2, 10]
    assert chart.title == (
        "Domains measured at start and end, by a rule that says what counts as better: 4 of 12"
    )


def test_a_verdict_is_drawn_and_is_no_domain_measured_twice(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    unmeasured(connection, "symptoms", "global_change")
    domain(connection, "symptoms")
    domain(connection, "global_change", "verdict_categories")
    (chart,) = section(connection).charts
    assert [part["measure"] for part in chart.data["parts"] if part["is_first"]] == [
        "Symptoms",
        "The client's own verdict",
    ]
    assert ": 1 of 12" in chart.title
    assert chart.title.endswith("the client's own verdict is asked at the end alone")


def test_measured_is_better_same_worse_and_what_has_no_direction(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    unmeasured(connection, "behaviour_change", "symptoms")
    domain(connection, "symptoms")
    domain(connection, "behaviour_change", "no_threshold", n_better=20, n_no_direction=10, n_same=0,
           n_worse=0)  # fmt: skip
    (table,) = (one for one in section(connection).tables if one.table_id == "domains-table")
    assert [(row.cells[5].text, row.cells[5].small) for row in table.rows] == [
        ("20, 4, 6", ""),
        ("20, 0, 0", "and 10 without a direction"),
    ]
    assert "nobody says which way is better" in table.note


def test_a_domain_without_a_rule_has_directions_and_says_why(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    unmeasured(connection, "symptoms", "assertiveness")
    domain(connection, "symptoms")
    domain(connection, "assertiveness", "no_threshold", is_proxy=True)
    found = section(connection)
    assert cells(found, "domains-table")[1] == [
        "Assertiveness and boundaries",
        "questionnaire without a threshold",
        "75\u00a0%",
        "no verified threshold",
        "no verified threshold",
        "20, 4, 6",
    ]
    texts = " ".join(found.paragraphs)
    assert "without a verified threshold for change" in texts
    assert "No questionnaire in use measures boundaries directly" in texts


def test_few_pairs_have_counts_and_no_rate(connection: duckdb.DuckDBPyConnection) -> None:
    unmeasured(connection, "symptoms")
    rates = dict.fromkeys(("improved_rate", "improved_rate_lower", "improved_rate_upper"))
    domain(connection, "symptoms", n_paired=4, n_improved=3, **rates)
    found = section(connection)
    (table,) = (one for one in found.tables if one.table_id == "domains-table")
    better = table.rows[0].cells[3]
    assert (better.text, better.reason) == ("3 of 4", "too_few_pairs_for_rate")


@pytest.mark.parametrize(
    ("n_finished", "better"), [(42, "60 %"), (43, "60 %"), (50, "between 36 % and 76 %")]
)
def test_with_few_measured_a_share_is_told_as_what_it_lies_between(
    connection: duckdb.DuckDBPyConnection, n_finished: int, better: str
) -> None:
    # 30 of 42 are 71 %, 30 of 43 are 70 % less a little: 13 leave less open than chance does, and
    # 20 of 50 more.
    unmeasured(connection, "symptoms")
    domain(connection, "symptoms", n_finished=n_finished, paired_rate=30 / n_finished)
    (table,) = [one for one in section(connection).tables if one.table_id == "domains-table"]
    cell = table.rows[0].cells[3]
    assert cell.text.replace("\xa0", " ") == better
    assert ("measured: 60" in cell.small) is (n_finished == 50)
    beside = "between 42 % and 72 %, whoever lacks a score"
    assert (beside in cell.small.replace("\xa0", " ")) is (n_finished == 43)


def test_goals_and_milestones_of_a_domain_have_a_table_only_where_there_are_some(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    unmeasured(connection, "connection", "symptoms")
    assert [table.table_id for table in section(connection).tables] == ["domains-table"]
    domain(connection, "connection", "goal_rule")
    connection.execute(
        "update pub_domain_outcomes set n_milestones = 9, n_with_milestone = 5"
        " where domain = 'alliance' and basis = 'any'"
    )
    found = section(connection)
    assert cells(found, "domains-tagged-table") == [
        ["Connection and relationships", "30", "18", "2", "–", "–"],
        ["Working relationship and cohesion", "–", "–", "–", "9", "5"],
    ]
    assert "Measured by clients' goals alone: Symptoms and Connection and relationships." in (
        found.paragraphs
    )
    # A few goals do not speak for a domain in the picture.
    assert found.charts == ()


def test_the_profile_counts_domains_and_tells_of_worse(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    unmeasured(connection)
    for measured, improved, has_worse, n in ((0, 0, False, 7), (2, 1, False, 5), (2, 1, True, 3)):
        insert(
            connection, "pub_success_profile", rules="published", n_domains_measured=measured,
            n_domains_improved=improved, has_worse=has_worse, n_clients=n, n_courses=n,
        )  # fmt: skip
    insert(
        connection, "pub_success_profile", rules="clinic", n_domains_measured=1,
        n_domains_improved=1, has_worse=False, n_clients=4, n_courses=4,
    )  # fmt: skip
    found = section(connection)
    (part,) = found.parts
    assert part.paragraphs[0].startswith("Of 15 finished courses, 8 were judged")
    assert "Of those, 5 got better in at least one and worse in none" in part.paragraphs[0]
    assert cells(found, "domain-profile-table") == [["none", "7", "–", "–"], ["2", "8", "5", "3"]]


def goal(connection: duckdb.DuckDBPyConnection, kind: str, **row: Any) -> None:
    """Twenty goals in ten courses, sixteen rated twice."""
    counts: dict[str, Any] = {
        "goal_kind": kind, "n_clients": 9, "n_courses": 10, "n_goals": 20, "n_goals_set_late": 3,
        "n_goals_dropped": 1, "n_goals_paired": 16, "n_courses_paired": 8, "improvement_mean_points": 2.5,
    }  # fmt: skip
    insert(connection, "pub_goals", **{**counts, **row})


def test_goals_are_told_by_what_their_kind_asks_for(connection: duckdb.DuckDBPyConnection) -> None:
    unmeasured(connection)
    goal(
        connection, "gbo", n_goals_improved=9, n_goals_deteriorated=1, n_courses_improved=5,
        improved_rate=0.625, improved_rate_lower=0.3, improved_rate_upper=0.86,
        improved_rate_worst=0.5, improved_rate_best=0.7,
    )  # fmt: skip
    goal(connection, "gas", n_goals_met=11, first_t_mean_points=36.2, last_t_mean_points=51.4,
         change_t_mean_points=15.2)  # fmt: skip
    found = section(connection)
    (part,) = found.parts
    texts = " ".join(part.paragraphs)
    assert "9 of 16 goals rated twice moved up by the published step" in texts
    assert "Of 8 courses, 5 (63 %, between 30 % and 86 %)" in texts.replace("\u00a0", " ")
    assert "Without a goal rated twice: 2 of 10 courses with such goals." in texts
    assert "it is between 50 %, had none of these moved up, and 70 %" in texts.replace("\xa0", " ")
    assert "11 of 16 goals rated twice were met as expected" in texts
    assert "from 36.2 to 51.4" in texts
    assert "6 of 40 goals were set late" in texts
    assert "2 were closed before the course ended" in texts
    assert cells(found, "goals-table") == [
        ["Rated 0 to 10", "10", "20", "16", "9", "1", "2.5"],
        ["Goal attainment scaling", "10", "20", "16", "11", "–", "2.5"],
    ]


def test_where_every_course_has_a_goal_rated_twice_there_are_no_bounds(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    unmeasured(connection)
    goal(
        connection, "gbo", n_courses_paired=10, n_goals_improved=9, n_courses_improved=5,
        improved_rate=0.5, improved_rate_lower=0.2, improved_rate_upper=0.8,
        improved_rate_worst=0.5, improved_rate_best=0.5,
    )  # fmt: skip
    assert "no goal rated twice" not in " ".join(section(connection).parts[0].paragraphs)


def test_few_goals_have_counts_and_no_mean(connection: duckdb.DuckDBPyConnection) -> None:
    unmeasured(connection)
    goal(connection, "gbo", n_goals_paired=3, n_goals_improved=2, improvement_mean_points=None)
    goal(connection, "gas", n_goals_paired=0, n_goals_met=0, improvement_mean_points=None)
    found = section(connection)
    assert [row[-1] for row in cells(found, "goals-table")] == ["too few for a rate", "–"]
    assert "attainment scaling, " not in " ".join(found.parts[0].paragraphs)


def test_nothing_is_ranked_praised_or_explained(connection: duckdb.DuckDBPyConnection) -> None:
    unmeasured(connection, "symptoms")
    domain(connection, "symptoms")
    goal(connection, "gbo", n_goals_improved=9)
    words = " ".join(section(connection).paragraphs).lower()
    for word in ("caused", "due to", "thanks to", "excellent", "significant", "episode"):
        assert word not in words
