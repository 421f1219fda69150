"""The report of a month is right for every kind of clinic, says so when it cannot tell, and is data."""

import json
import statistics
from collections.abc import Callable, Iterator
from datetime import date
from math import sqrt
from statistics import NormalDist

import duckdb
import pytest

from pipelines.comparison.units import wilson
from pipelines.errors import UsageError
from pipelines.reporting.figures.comparing import (
    ABOVE,
    BELOW,
    Gap,
    compare_programmes,
    gaps_that_stand_out,
)
from pipelines.reporting.figures.figures import month_before, month_end
from pipelines.reporting.figures.figures_reading import read_figures
from pipelines.reporting.model import Cell, Report, Section, Table
from pipelines.reporting.pages.view_model import build_report
from pipelines.reporting.sentences import Minimums
from pipelines.reporting.wording import load_wording
from tests.unit.reporting.conftest import CLINICS, PROVENANCE
from tests.unit.reporting.made_up_courses import NAMES, TRUTH, Settings
from tests.unit.reporting.mart_tables import insert, publish

ReportOf = Callable[[str, str], Report]
EVERY_REPORT = [(name, audience) for name in CLINICS for audience in ("director", "public")]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def sections(found: tuple[Section, ...]) -> Iterator[Section]:
    for section in found:
        yield section
        yield from sections(section.parts)


def tables(report: Report) -> dict[str, Table]:
    found = {}
    for section in sections(report.sections):
        for table in section.tables:
            found[table.table_id] = table
        for chart in section.charts:
            if chart.table:
                found[chart.table.table_id] = chart.table
    return found


def column(table: Table, key: str) -> dict[str, Cell]:
    place = [each.key for each in table.columns].index(key)
    return {row.cells[0].text: row.cells[place] for row in table.rows}


@pytest.mark.parametrize(("name", "audience"), EVERY_REPORT)
def test_every_clinic_has_a_report_that_is_stable_json(
    report_of: ReportOf,
    connection_of: Callable[[str], duckdb.DuckDBPyConnection],
    name: str,
    audience: str,
) -> None:
    report = report_of(name, audience)
    again = build_report(
        connection_of(name),
        month=CLINICS[name].last_month,
        audience=audience,
        settings=Settings(),
        provenance=PROVENANCE,
    )
    assert again.to_json() == report.to_json()
    content = json.loads(report.to_json())
    assert list(content) == sorted(content)
    assert 1 <= len(content["in_short"]) <= 6
    assert len(content["key_figures"]) <= 6
    assert len(content["look_at"]) <= 5
    assert "NaN" not in report.to_json()
    assert "None" not in " ".join(report.texts())


@pytest.mark.parametrize(("name", "audience"), EVERY_REPORT)
def test_no_section_is_empty_and_every_link_leads_somewhere(
    report_of: ReportOf, name: str, audience: str
) -> None:
    report = report_of(name, audience)
    found = list(sections(report.sections))
    for section in found:
        assert (
            section.paragraphs
            or section.charts
            or section.tables
            or section.definitions
            or section.parts
        )
        for table in section.tables:
            assert table.rows, table.table_id
            assert {len(row.cells) for row in table.rows} == {len(table.columns)}, table.table_id
    names = {section.section_id for section in found}
    items = (*report.in_short, *report.look_at)
    jumps = [(item, jump) for item in items for jump in item.jumps]
    assert all(jump.words in item.text for item, jump in jumps)
    links = {item.link for item in items if item.link} | {jump.link for _, jump in jumps}
    assert links <= names
    # The index names it.
    kinds = {item.rule.partition(".")[0] for item in report.look_at} - {"none", "more"}
    assert all(load_wording().has(f"look.more_kinds.{kind}") for kind in kinds), kinds


def test_a_usual_month_answers_the_five_questions(report_of: ReportOf) -> None:
    report = report_of("usual", "director")
    said = [plain(sentence.text) for sentence in report.in_short]
    # Did outcomes change, and how sure is that?
    assert "no clear change in October 2026" in said[0]
    assert "between" in said[0]
    # What shows no signal says what it is compared with.
    assert "Its usual range is" in said[0]
    # What does stands before it.
    assert "has risen in October 2026" in plain(report_of("signal", "director").in_short[0].text)
    # In which programmes did outcomes change, and which are too small to say?
    changed = next(text for text in said if text.startswith("By programme, "))
    assert changed.startswith(
        "By programme, the twelve months to October 2026 beside the twelve months to October "
        "2025: none of those judged has changed by more than chance."
    )
    assert (
        "4 of 5 show no clear change. Under 70 % measured on their first measure, now or a year "
        "before: Grief circle." in changed
    )
    # Which programmes do well on what?
    assert any("Better: Anxiety course (" in text for text in said)
    assert any("Less good: Trauma, individual (" in text for text in said)
    # Whose measures are missing?
    shares = column(tables(report)["completeness-programmes"], "done")
    assert min(shares, key=lambda name: shares[name].value or 0) == "Grief circle"
    # How many of those who ended are in the figures?
    flow = column(tables(report)["flow-table"], "month")
    numbers = {name: cell.value for name, cell in flow.items() if isinstance(cell.value, int)}
    assert numbers["Ended"] == sum(
        value
        for name, value in numbers.items()
        if "before a second" in name or "not measured" in name or "measured at start" in name
    )
    # What is too small to say?
    assert any("Too few measured courses: " in text for text in said)


def test_the_director_reads_where_those_who_started_are_now(
    report_of: ReportOf, connection_of: Callable[[str], duckdb.DuckDBPyConnection]
) -> None:
    ((n_started, *parts),) = (
        connection_of("usual")
        .execute(
            """select n_started, n_measured, n_ended_early, n_not_measured, n_open from mart_started
        where level = 'clinic' and period_kind = 'rolling_12m' and period_end_on = '2026-10-31'"""
        )
        .fetchall()
    )
    assert sum(parts) == n_started

    def said(name: str, audience: str) -> list[str]:
        sections = report_of(name, audience).sections
        (section,) = [each for each in sections if each.section_id == "population"]
        return [text for text in section.paragraphs if "first attended session" in text]

    (sentence,) = said("usual", "director")
    assert sentence.startswith(f"Of the {n_started:,} courses that started")
    assert "in the twelve months to October 2026" in sentence
    numbers = [f"{n:,}" for n in parts]
    assert [word for word in sentence.split(") ", 1)[1].split() if word in numbers] == numbers
    assert said("activity only", "director") == []
    # Recorded starts are another figure than first attended sessions: where they differ, it is said.
    ((recorded,),) = (
        connection_of("usual")
        .execute(
            """select n_started from mart_activity
        where level = 'clinic' and period_kind = 'rolling_12m' and period_end_on = '2026-10-31'"""
        )
        .fetchall()
    )
    assert recorded != n_started
    assert f"The table counts {recorded:,} starts" in " ".join(
        report_of("usual", "director").texts()
    )


def test_the_measured_shares_are_those_of_the_truth(report_of: ReportOf) -> None:
    better = column(tables(report_of("usual", "director"))["programmes-phq9"], "reliably_better")
    for programme, name in (("p-anx", "Anxiety course"), ("p-tra", "Trauma, individual")):
        assert better[name].value == pytest.approx(TRUTH[programme][0], abs=0.1)


def test_a_head_says_on_which_measure_courses_are_measured(report_of: ReportOf) -> None:
    report = report_of("usual", "director")
    found = tables(report)
    for table_id, key, head in (
        ("programmes-phq9", "measured_on_this", "Measured on this measure, of finished"),
        ("therapists", "measured", "Measured on the PHQ-9, of finished"),
        (
            "completeness-programmes",
            "paired",
            "Measured at start and end on any listed measure, of finished",
        ),
    ):
        assert {one.key: one.label for one in found[table_id].columns}[key] == head
    labels = {one.label for table in found.values() for one in table.columns}
    assert "Measured, of finished" not in labels
    assert any("Here it is the PHQ-9." in text for text in report.texts())
    (said,) = [text for text in report.texts() if text.startswith("“Measured” means")]
    assert "on at least one outcome measure that the programme lists. Two" in said


def test_a_signal_is_said_and_looked_at(report_of: ReportOf) -> None:
    report = report_of("signal", "director")
    assert "has risen" in report.in_short[0].text
    assert "more than the month-to-month noise" in report.in_short[0].text
    assert "signal.better.risen" in {item.rule for item in report.look_at}


def test_a_badly_measured_month_leads_with_bounds_and_compares_no_programme(
    report_of: ReportOf,
) -> None:
    report = report_of("badly measured", "director")
    assert report.in_short[0].rule.startswith("bounds")
    words = column(tables(report)["programmes-phq9"], "compared")
    assert "not compared: under 70 % measured on this measure" in {
        cell.text for cell in words.values()
    }


def test_activity_alone_says_so_and_shows_no_outcome(report_of: ReportOf) -> None:
    report = report_of("activity only", "director")
    assert report.in_short[0].text == (
        "No questionnaire of the last twelve months was delivered. This report is one of activity alone and says nothing about outcomes."
    )
    assert not any("reliably" in card.name for card in report.key_figures)
    assert not [name for name in tables(report) if name.startswith("programmes-")]


def test_an_empty_month_says_so_and_keeps_the_twelve_months(report_of: ReportOf) -> None:
    report = report_of("empty month", "director")
    assert report.in_short[0].text.startswith("Nothing was recorded for October 2026")
    assert {card.figure for card in report.key_figures} == {"no figure"}
    assert "programmes-phq9" in tables(report)


def test_a_clinic_without_anything_has_a_report(marts: duckdb.DuckDBPyConnection) -> None:
    publish(marts)
    for audience in ("director", "public"):
        report = build_report(
            marts, month=date(2026, 10, 1), audience=audience, settings=Settings(), provenance={}
        )
        assert len(report.in_short) == 1


def test_therapists_stand_by_name_and_nobody_is_ranked(report_of: ReportOf) -> None:
    report = report_of("usual", "director")
    names = [row.cells[0].text for row in tables(report)["therapists"].rows]
    assert names == sorted(NAMES)
    text = " ".join(report.texts()).lower()
    assert not [word for word in ("top ", "best therapist", "rank ", "league") if word in text]


def test_sentences_are_short_enough_to_be_read(report_of: ReportOf) -> None:
    lengths = [
        len(sentence.split())
        for name in CLINICS
        for item in report_of(name, "director").in_short
        for sentence in item.text.replace("\u00a0", "").split(". ")
    ]
    assert statistics.mean(lengths) <= 22


def test_derived_courses_and_what_is_out_of_scope_are_said(
    connection_of: Callable[[str], duckdb.DuckDBPyConnection],
) -> None:
    report = build_report(
        connection_of("activity only"),
        month=date(2026, 10, 1),
        audience="director",
        settings=Settings(),
        provenance={
            "sources": [
                {"name": "ehr", "episode_gap_days": 120, "out_of_scope": {"Immunization": 1234}}
            ]
        },
    )
    text = " ".join(report.texts())
    assert "ehr delivers no courses of treatment" in text
    assert "120 days without one end a course" in text
    assert "1,234 rows of ehr" in text


def test_an_audience_without_a_policy_is_refused(
    connection_of: Callable[[str], duckdb.DuckDBPyConnection],
) -> None:
    with pytest.raises(UsageError, match="director or public"):
        read_figures(connection_of("activity only"), month=date(2026, 10, 1), audience="anybody")


def test_programmes_are_compared_only_from_thirty_measured_courses(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    def outcome(level: str, subject: str, n: int, x: int) -> None:
        insert(
            marts, "mart_outcomes", level=level, subject_id=subject, instrument_id="phq9",
            scale="total", respondent="client", domain="symptoms", period_kind="rolling_12m",
            period_start_on=date(2025, 11, 1), period_end_on=date(2026, 10, 31), n_clients=n,
            n_ended=n, n_finished=n, n_paired=n, n_improved=x, n_deteriorated=0, n_unchanged=n - x,
        )  # fmt: skip

    outcome("clinic", "clinic", 400, 200)
    for subject, n, x in (
        ("p-anx", 29, 29),
        ("p-dep", 30, 30),
        ("p-dbt", 100, 20),
        ("p-tra", 100, 55),
    ):
        outcome("programme", subject, n, x)
    publish(marts)
    figures = read_figures(marts, month=date(2026, 10, 1), audience="director")
    found = compare_programmes(figures, figures.measures(), Minimums(rate=5, comparison=30))
    assert {programme: word for (_, programme), word in found.items()} == {
        "p-anx": "too_few_to_compare",
        "p-dep": ABOVE,
        "p-dbt": BELOW,
        "p-tra": "within",
    }
    gaps = gaps_that_stand_out(figures, figures.measures(), found)
    # Three are compared: 2.394 times the root of 0.5 x 0.5 / 100.
    assert list(gaps) == [("phq9", "p-tra")]
    gap = gaps["phq9", "p-tra"]
    assert gap == Gap(gap.share, can_be_less=True, can_be_more=True)
    assert gap.share == pytest.approx(0.1197, abs=5e-5)


@pytest.mark.parametrize("n", [30, 77, 100, 1000])
def test_the_gap_that_stands_out_is_where_the_interval_leaves_the_clinic(n: int) -> None:
    z = NormalDist().inv_cdf(1 - 0.05 / 2 / 20)
    for clinic in (0.2, 0.357, 0.5):
        gap = z * sqrt(clinic * (1 - clinic) / n)
        least = next(x for x in range(n + 1) if wilson(x, n, z)[0] > clinic)
        assert (least - 1) / n <= clinic + gap < least / n


@pytest.mark.parametrize(
    ("x", "n", "lower", "upper"), [(40, 50, 0.670, 0.888), (0, 10, 0, 0.278), (10, 10, 0.722, 1)]
)
def test_wilson_gives_the_published_numbers(x: int, n: int, lower: float, upper: float) -> None:
    assert wilson(x, n, 1.959964) == (
        pytest.approx(lower, abs=5e-4),
        pytest.approx(upper, abs=5e-4),
    )


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2026, 2, 3), date(2026, 2, 28)),
        (date(2024, 2, 29), date(2024, 2, 29)),
        (date(2026, 12, 1), date(2026, 12, 31)),
    ],
)
def test_a_month_ends_on_its_last_day(day: date, end: date) -> None:
    assert month_end(day) == end


def test_months_count_over_the_turn_of_the_year() -> None:
    assert month_before(date(2026, 1, 15), 1) == date(2025, 12, 1)
    assert month_before(date(2026, 12, 1), -1) == date(2027, 1, 1)
