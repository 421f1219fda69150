"""The path through treatment: what stands in the section, and what a line may say."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from pipelines.reporting.model import Report, Section
from pipelines.reporting.output.charts import svg
from pipelines.reporting.output.drawings.marks import SIZES
from pipelines.reporting.pages.view_model import build_report
from pipelines.reporting.sections.curves import who_is_there
from pipelines.reporting.wording import load_wording
from tests.unit.reporting.made_up_courses import Clinic, Settings
from tests.unit.reporting.mart_clinic import connect

YEAR = ("rolling_12m", date(2025, 11, 1), date(2026, 10, 31))
MONTH = ("month", date(2026, 10, 1), date(2026, 10, 31))


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A clinic without rows about the path; each test gives its own."""
    with connect(Clinic(months=14, per_month=40)) as made:
        yield made


def give(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """Replace the rows that the director may see."""
    connection.execute(f"delete from {table}")
    for row in rows:
        kind, start, end = MONTH if table == "pub_on_track" else YEAR
        full = {
            "audience": "director",
            "level": "clinic",
            "subject_id": "clinic",
            "instrument_id": "phq9",
            "period_kind": kind,
            "period_start_on": start,
            "period_end_on": end,
            **row,
        }
        connection.execute(
            f"insert into {table} ({', '.join(full)}) values ({', '.join('?' * len(full))})",
            list(full.values()),
        )


def point(position: int, n: int, mean: float | None, began: float | None = None) -> dict[str, Any]:
    """One point of a curve of 100 courses."""
    return {
        "axis": "session",
        "position": position,
        "n_courses": 100,
        "n_there": n,
        "n_measured": n,
        "mean_points": mean,
        "sd_points": None if mean is None else 4.0,
        "q1_points": None if mean is None else mean - 3,
        "median_points": mean,
        "q3_points": None if mean is None else mean + 3,
        "measured_first_mean_points": None if mean is None else (began or 15.0),
        "first_mean_points": None if mean is None else 15.0,
        "there_first_mean_points": None if mean is None else 15.0,
        "gone_first_mean_points": None,
        "gone_last_mean_points": None,
        "n_gone_paired": 0,
    }


def report(
    connection: duckdb.DuckDBPyConnection,
    audience: str = "director",
    month: date = date(2026, 10, 1),
) -> Report:
    """The report of a month, of October 2026 unless said."""
    return build_report(
        connection,
        month=month,
        audience=audience,
        settings=Settings(),
        provenance={"as_of_on": "2026-11-01"},
    )


def section_of(connection: duckdb.DuckDBPyConnection, **more: Any) -> Section | None:
    """The section of the director's report."""
    found = [each for each in report(connection, **more).sections if each.section_id == "path"]
    return found[0] if found else None


PATH_ROW = {
    "n_courses": 40,
    "basis": "published",
    "reliable_change_points": 6,
    "gain_cut_points": 6,
    "n_gain_assessable": 20,
    "n_with_gain": 5,
    "with_gain_rate": 0.25,
    "with_gain_rate_lower": 0.11,
    "with_gain_rate_upper": 0.47,
    "n_with_reversal": 1,
    "with_reversal_rate": 0.2,
    "with_reversal_rate_lower": 0.04,
    "with_reversal_rate_upper": 0.62,
    "n_setback_assessable": 30,
    "n_with_setback": 4,
    "with_setback_rate": 4 / 30,
    "with_setback_rate_lower": 0.05,
    "with_setback_rate_upper": 0.3,
    "n_setback_made_good": 2,
    "n_worst_assessable": 30,
    "n_worse_than_first": 3,
    "worse_than_first_rate": 0.1,
    "worse_than_first_rate_lower": 0.03,
    "worse_than_first_rate_upper": 0.26,
}


def test_without_a_path_there_is_no_section(connection: duckdb.DuckDBPyConnection) -> None:
    for table in ("pub_path", "pub_trajectories", "pub_on_track"):
        give(connection, table, [])
    assert section_of(connection) is None


def test_the_public_page_has_no_path(connection: duckdb.DuckDBPyConnection) -> None:
    give(connection, "pub_path", [PATH_ROW])
    sections = report(connection, "public").sections
    assert "path" not in {each.section_id for each in sections}


def test_ups_and_downs_stand_with_their_counts(connection: duckdb.DuckDBPyConnection) -> None:
    give(connection, "pub_path", [PATH_ROW, {"instrument_id": "wsas", "n_courses": 12}])
    section = section_of(connection)
    assert section is not None
    (table,) = section.tables
    cells = dict(zip((each.key for each in table.columns), table.rows[0].cells, strict=True))
    assert len(table.rows) == 1
    assert cells["gain"].text == "25\u00a0%"
    assert cells["gain"].small.endswith("5 of 20")
    # Four setbacks are too few for the share that was made good.
    assert cells["good"].text == "2 of 4"
    assert cells["good"].reason == "too_few_pairs_for_rate"
    assert "early" not in cells
    assert "has not set one" in table.note
    assert "One more measure" in table.note
    assert "No open course" in section.paragraphs[-1]


def test_early_response_stands_with_the_clinics_source(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    row = {
        **PATH_ROW,
        "basis": "clinic_derived",
        "early_response_share": 0.2,
        "early_response_weeks": 4,
        "early_response_source": "Example Trial 2019",
        "n_early_assessable": 3,
        "n_early_response": 1,
    }
    give(connection, "pub_path", [row])
    section = section_of(connection)
    assert section is not None
    (table,) = section.tables
    assert table.columns[-1].key == "early"
    assert table.rows[0].cells[-1].text == "1 of 3"
    assert "at least 20\u00a0% better by week 4" in table.note
    assert "Example Trial 2019" in table.note
    assert "PHQ-9: counted by a threshold that the clinic set" in table.note


def test_a_line_ends_where_too_few_are_left_and_its_table_does_not(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    give(connection, "pub_path", [])
    rows = [point(1, 90, 15.0), point(2, 60, 12.0), point(3, 30, 10.0), point(4, 29, 9.0)]
    give(connection, "pub_trajectories", [*rows, point(5, 4, None)])
    section = section_of(connection)
    assert section is not None
    (chart,) = section.charts
    assert [each["order"] for each in chart.data["points"]] == [1, 2, 3]
    assert chart.title == "PHQ-9, mean: 15.0 (session 1), 10.0 (session 3)"
    assert chart.table is not None
    assert len(chart.table.rows) == 5
    assert chart.table.rows[-1].cells[3].text == "too few to give a mean"
    for size in SIZES:
        drawn = svg(chart, size)
        assert drawn.count("<circle ") == 3
        assert drawn.count(">10.0</text>") == 1, "the last point is named, and no other"


def test_weeks_stand_in_a_table_of_their_own_with_who_is_still_there(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    give(connection, "pub_path", [PATH_ROW])
    weeks = [(0, 90, 15.0), (1, 80, 13.0), (2, 3, None)]
    give(
        connection,
        "pub_trajectories",
        [
            *(point(position, 50, 15.0 - position) for position in (1, 2, 3)),
            *({**point(*week), "axis": "week"} for week in weeks),
        ],
    )
    section = section_of(connection)
    assert section is not None
    assert [len(chart.table.rows) for chart in section.charts if chart.table] == [3]
    table = section.tables[0]
    assert (table.table_id, table.columns[0].key) == ("weeks-phq9-table", "week")
    assert [[cell.text for cell in row.cells[:4]] for row in table.rows] == [
        ["up to the end of the first week", "90", "90", "15.0"],
        ["after 1 week", "80", "80", "13.0"],
        ["after 2 weeks", "3", "3", "too few to give a mean"],
    ]
    assert table.is_folded


def test_two_points_make_no_line_and_no_table_of_weeks(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    give(connection, "pub_path", [])
    rows = [point(1, 90, 15.0), point(2, 60, 12.0)]
    give(connection, "pub_trajectories", [*rows, *({**row, "axis": "week"} for row in rows)])
    section = section_of(connection)
    assert section is not None
    assert section.charts == ()
    assert section.tables == ()
    assert "PHQ-9: too few courses at most sessions to draw a line." in section.paragraphs


@pytest.mark.parametrize(
    ("mean", "began", "expected"),
    [
        # As written, with one decimal.
        (10.0, 15.04, "those who are measured here had begun no differently"),
        (10.0, 14.9, "0.1 of the 5.0 points"),
        (10.0, 12.0, "3.0 of the 5.0 points"),
        (12.0, 12.0, "3.0 of the 3.0 points"),
        # The worse off stayed, or more left than the line moved.
        (10.0, 17.0, "about other people at its end"),
        (14.0, 12.0, "about other people at its end"),
    ],
)
def test_a_line_says_whether_those_who_left_move_it(
    mean: float, began: float, expected: str
) -> None:
    row = point(6, 40, mean, began)
    assert expected in who_is_there(row, load_wording())


def test_those_who_had_left_are_told_with_their_means() -> None:
    row = {
        **point(6, 40, 10.0, 12.0),
        "gone_first_mean_points": 17.0,
        "gone_last_mean_points": 16.0,
        "n_gone_paired": 45,
    }
    text = who_is_there(row, load_wording())
    assert text.endswith(
        "Of the 60 courses that had ended before then, 45 have scores on two days: they began at"
        " 17.0 and ended at 16.0."
    )


def test_an_earlier_month_has_its_own_open_courses(connection: duckdb.DuckDBPyConnection) -> None:
    give(connection, "pub_path", [PATH_ROW])
    connection.execute(
        "update pub_path set period_start_on = date '2025-10-01', period_end_on = date '2026-09-30'"
    )
    september = {"period_start_on": date(2026, 9, 1), "period_end_on": date(2026, 9, 30)}
    give(
        connection,
        "pub_on_track",
        [{"n_open": 20, "n_judged": 12}, {"n_open": 30, "n_judged": 13, **september}],
    )
    section = section_of(connection, month=date(2026, 9, 1))
    assert section is not None
    assert section.tables[-1].rows[0].cells[1].text == "30"


def test_open_courses_without_a_threshold_are_not_said_to_have_no_score(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    give(connection, "pub_path", [PATH_ROW])
    give(connection, "pub_on_track", [{"n_open": 20, "n_cannot_tell": 20}])
    section = section_of(connection)
    assert section is not None
    assert "No open course has a score" not in section.paragraphs[-1]
    assert "no measure of theirs has a threshold for change" in section.paragraphs[-1]


def test_open_courses_are_counted_and_not_listed(connection: duckdb.DuckDBPyConnection) -> None:
    give(connection, "pub_path", [PATH_ROW])
    row = {"n_open": 20, "n_judged": 12, "n_on_track": 9, "n_not_on_track": 3}
    more = {"n_too_early": 6, "n_cannot_tell": 2}
    give(connection, "pub_on_track", [{**row, **more}])
    section = section_of(connection)
    assert section is not None
    table = section.tables[-1]
    assert [cell.text for cell in table.rows[0].cells[1:]] == ["20", "12", "9", "3", "6", "2"]
    assert "50\u00a0% of a reliable change by session 4" in table.note
    assert "not on this page" in table.note


def test_a_measure_on_which_no_open_course_could_be_judged_is_named_beneath(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    give(connection, "pub_path", [PATH_ROW])
    none_judged = {"instrument_id": "gad7", "n_open": 5, "n_judged": 0, "n_too_early": 5}
    give(connection, "pub_on_track", [{"n_open": 20, "n_judged": 1}, none_judged])
    section = section_of(connection)
    assert section is not None
    table = section.tables[-1]
    assert [row.cells[0].text for row in table.rows] == ["PHQ-9"]
    assert "No open course could be judged on: GAD-7." in table.note
    # With nothing but such measures the table says so itself.
    give(connection, "pub_on_track", [none_judged])
    section = section_of(connection)
    assert section is not None
    assert [row.cells[0].text for row in section.tables[-1].rows] == ["GAD-7"]
    assert "could be judged on" not in section.tables[-1].note
