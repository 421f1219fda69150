"""The page for an auditor: what it says of licences, consents, gates, the ledger and retention."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from pipelines.ingest.manifest import Delivery, LandedFile
from pipelines.reporting.figures.disclosure import policy_table
from pipelines.reporting.model import Report
from pipelines.reporting.output.html import render_month
from pipelines.reporting.pages.compliance_page import Kept, compliance_report
from pipelines.reporting.pages.view_model import report_context
from tests.builders import Bench
from tests.unit.reporting.made_up_courses import Settings
from tests.unit.reporting.mart_tables import section_tables
from tests.unit.reporting.test_claims_section import READ_TABLES

MONTH = date(2025, 3, 1)
BUILT = (
    "pub_licences",
    "pub_consents",
    "pub_safety",
    "pub_rule_results",
    "pub_reversed_items",
    *READ_TABLES,
)
EVENTS: list[dict[str, Any]] = [
    {"at": "2025-04-02T08:00:00.000+00:00", "event": "landed", "details": {"source": "unseen"}},
    {
        "at": "2025-04-03T08:00:00.000+00:00",
        "event": "release",
        "details": {"period": "2025-02", "version": 1, "by": "Dr Example Person", "note": "read"},
    },
    {
        "at": "2025-04-04T08:00:00.000+00:00",
        "event": "export",
        "details": {"table": "mart_episode_outcomes", "purpose": "<script>research</script>"},
    },
    {
        "at": "2025-04-05T08:00:00.000+00:00",
        "event": "run_failed",
        "details": {"gate": "LostRowsError", "where": "clients", "found": "unseen"},
    },
]


def delivery(day: date, name: str) -> Delivery:
    file = LandedFile(name, name * 4, 10, "clients")
    return Delivery(name, "inbox", "canonical", "full", day, name, (file,))


OLD, NEW = delivery(date(2015, 4, 1), "old-file"), delivery(date(2025, 4, 1), "new-file")


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """One therapist, licensed in New York; two sessions in March, one with a client elsewhere."""
    made = Bench()
    made.fill("ref_disclosure_policies", policy_table().to_dicts())
    made.fill("stg_programmes", [{"programme_id": "p1", "licence_required": True}])
    made.fill(
        "stg_episodes",
        [{"episode_id": "e1", "programme_id": "p1", "referred_on": date(2025, 1, 1)}],
    )
    sessions = [("s1", date(2025, 3, 3), "NY"), ("s2", date(2025, 3, 10), "CA")]
    made.fill(
        "stg_sessions",
        [
            {"session_id": name, "episode_id": "e1", "scheduled_on": day}
            for name, day, _ in sessions
        ],
    )
    made.fill(
        "stg_attendances",
        [{"session_id": name, "client_state": state} for name, _, state in sessions],
    )
    made.fill("stg_licences", [{"state": "NY"}])
    made.fill("stg_consents", [{"scope": "treatment", "given_on": date(2025, 3, 4)}])
    for table in BUILT:
        made.build(table)
    for table, columns in section_tables().items():
        made.connection.execute(f"create table if not exists {table} ({columns})")
    yield made
    made.close()


def page(bench: Bench, *, month: date = MONTH, years: int = 0) -> Report:
    context = report_context(
        bench.connection, month=month, audience="auditor", settings=Settings(), provenance={}
    )
    return compliance_report(bench.connection, context, Kept([OLD, NEW], EVENTS, years))


def rows(report: Report, table_id: str) -> list[list[str]]:
    return [
        [cell.text.replace("\xa0", " ") for cell in row.cells]
        for section in report.sections
        for table in section.tables
        if table.table_id == table_id
        for row in table.rows
    ]


def test_the_first_sentences_and_the_tables_say_what_was_not_kept(bench: Bench) -> None:
    report = page(bench)
    licences, consents, safety, *_ = (sentence.text for sentence in report.in_short)
    assert "came 2 times to sessions" in licences
    assert "1 of these times" in licences
    # None was withdrawn, and so it is not said to be.
    assert "for 1 of them a consent to treatment was missing on at least one day." in consents
    assert "no answer showed a risk" in safety
    assert [row[1:] for row in rows(report, "not-licensed")] == [["CA", "1", "1"]]
    assert [row[1:] for row in rows(report, "licences-table")] == [
        ["Clinic", "2", "1", "1", "0", "0", "0"],
        ["Programme", "2", "1", "1", "0", "0", "0"],
        ["Therapist", "2", "1", "1", "0", "0", "0"],
    ]


def test_a_month_without_sessions_is_said_to_be_one(bench: Bench) -> None:
    licences, consents, *_ = (each.text for each in page(bench, month=date(2025, 1, 1)).in_short)
    assert "no session by video or phone needed a licence" in licences
    assert "no course of treatment had a session" in consents


def test_the_ledger_is_told_without_what_is_not_an_auditors(bench: Bench) -> None:
    report = page(bench)
    assert rows(report, "approvals-table") == [
        ["3 April 2025", "Released", "2025-02", "1", "Dr Example Person", "", "read"]
    ]
    assert rows(report, "exports-table") == [
        ["4 April 2025", "mart_episode_outcomes", "<script>research</script>"]
    ]
    assert [row[2] for row in rows(report, "stops")] == ["clients"]
    assert "unseen" not in report.to_json()
    assert "<script>research" not in render_month(report)
    assert [row[3] for row in rows(report, "landed-files")] == ["old-file" * 4, "new-file" * 4]


@pytest.mark.parametrize(("years", "old"), [(0, []), (9, ["old-file"]), (10, [])])
def test_deliveries_older_than_the_clinic_keeps_them_are_named(
    bench: Bench, years: int, old: list[str]
) -> None:
    # The older delivery is ten years, to the day, before the newest one.
    report = page(bench, years=years)
    assert [row[2] for row in rows(report, "old-deliveries")] == old
    (retention,) = [each for each in report.sections if each.section_id == "retention"]
    assert any("No period is set" in text for text in retention.paragraphs) == (years == 0)


@pytest.mark.parametrize(("in_courses", "is_said"), [(1, True), (2, False)])
def test_answers_outside_any_course_are_said_apart(
    bench: Bench, in_courses: int, is_said: bool
) -> None:
    names = (
        "audience, level, subject_id, period_kind, period_start_on, period_end_on, n_risk_answers,"
        " n_acted_in_time, n_acted_late, n_actions_overdue, n_actions_open,"
        " n_without_action_records"
    )
    when = "'month', date '2025-03-01', date '2025-03-31'"
    bench.connection.execute("begin")
    bench.connection.execute(
        f"insert into pub_safety ({names}) values"
        f" ('auditor', 'clinic', 'clinic', {when}, 2, 2, 0, 0, 0, 0),"
        f" ('auditor', 'programme', 'p1', {when}, {in_courses}, {in_courses}, 0, 0, 0, 0)"
    )
    report = page(bench)
    bench.connection.execute("rollback")
    (safety,) = (each for each in report.sections if each.section_id == "safety")
    said = [text for text in safety.paragraphs if "1 answer was given outside any course" in text]
    assert len(said) == is_said


@pytest.mark.parametrize("lost", [0, 3])
def test_rows_that_are_turned_away_are_said_beside_what_they_may_change(
    bench: Bench, lost: int
) -> None:
    names = (
        "audience, delivery_id, source, table_name, delivered_on, n_delivered, n_accepted,"
        " n_superseded, n_withdrawn, n_quarantined"
    )
    bench.connection.execute("begin")
    bench.connection.execute(
        f"insert into pub_deliveries ({names}) values"
        f" ('auditor', 'd2', 'inbox', 'licences', date '2025-04-01', 8, {8 - lost}, 0, 0, {lost}),"
        " ('auditor', 'd1', 'inbox', 'licences', date '2025-03-01', 192, 192, 0, 0, 0),"
        f" ('auditor', 'd2', 'inbox', 'deletions', date '2025-04-01', 7, {7 - lost}, 0, 0, {lost})"
    )
    report = page(bench, years=10)
    bench.connection.execute("rollback")
    (licences,) = (each for each in report.sections if each.section_id == "licences")
    said = [text for text in licences.paragraphs if "3 of 200 delivered rows" in text]
    assert len(said) == bool(lost)
    short = [each.text for each in report.in_short if each.rule == "compliance.deletions"]
    assert [text[:40] for text in short] == ["3 of 7 delivered deletions are turned aw"] * bool(
        lost
    )


@pytest.mark.parametrize(("years", "is_said"), [(0, True), (10, False)])
def test_that_no_period_is_set_is_said_first(bench: Bench, years: int, is_said: bool) -> None:
    rules = [each.rule for each in page(bench, years=years).in_short]
    assert ("compliance.retention" in rules) is is_said
