"""The curves of a therapist's or a group's page: when there are any, and what they may say."""

from typing import Any

import pytest

from pipelines.reporting.model import Section
from pipelines.reporting.output.charts import svg
from pipelines.reporting.output.drawings.marks import SIZES
from pipelines.reporting.sections.curves import curves_section
from tests.unit.reporting.shown_figures import Shown, context

G1 = ("group", "G-EXAMPLE-1")


def point(position: int, n: int, mean: float | None = None, **more: Any) -> dict[str, Any]:
    """One point of the PHQ-9 of a group of 20 courses."""
    said = dict.fromkeys(("mean", "median", "measured_first_mean", "first_mean"), mean)
    spread = {"q1": mean and mean - 2, "q3": mean and mean + 2, "sd": mean and 4.0}
    return {
        "subject_id": G1[1],
        "period_kind": "rolling_12m",
        "instrument_id": "phq-9",
        "axis": "session",
        "position": position,
        "n_courses": 20,
        "n_there": n,
        "n_measured": n,
        **{f"{name}_points": value for name, value in {**said, **spread}.items()},
        "gone_first_mean_points": None,
        "gone_last_mean_points": None,
        "n_gone_paired": 0,
        **more,
    }


def section(*rows: dict[str, Any], subject: tuple[str, str] = G1) -> Section | None:
    return curves_section(context(Shown(tables={"pub_trajectories": list(rows)}), subject=subject))


def made(*rows: dict[str, Any], subject: tuple[str, str] = G1) -> Section:
    found = section(*rows, subject=subject)
    assert found is not None
    return found


def test_without_a_line_there_is_no_section() -> None:
    assert section() is None
    assert section(point(1, 9, 15.0), point(2, 5, 12.0), point(3, 4)) is None


def test_three_sessions_with_enough_courses_make_a_line_and_the_table_has_the_rest() -> None:
    found = made(point(1, 9, 15.0), point(2, 6, 12.0), point(3, 5, 11.0), point(4, 4))
    [chart] = found.charts
    assert [each["order"] for each in chart.data["points"]] == [1, 2, 3]
    assert chart.title == "PHQ-9, mean: 15.0 (session 1), 11.0 (session 3)"
    assert chart.table is not None
    assert [row.cells[2].value for row in chart.table.rows] == [9, 6, 5, 4]
    assert [bool(row.cells[3].reason) for row in chart.table.rows] == [False, False, False, True]
    for size in SIZES:
        assert svg(chart, size).count("<circle") == 3


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        ((40, 35, 30), False),
        ((40, 35, 29), True),
    ],
)
def test_few_courses_are_called_few(measured: tuple[int, ...], said: bool) -> None:
    [chart] = made(*(point(n, count, 15.0 - n) for n, count in enumerate(measured, 1))).charts
    assert ("29 to 40 courses have a score: a few people can bend it" in chart.summary) is said


def test_as_many_courses_at_each_session_are_told_as_one_number() -> None:
    [chart] = made(*(point(n, 8, 15.0 - n) for n in (1, 2, 3))).charts
    assert "At each session of the line 8 courses have a score" in chart.summary


def test_weeks_are_a_folded_table_and_another_measure_is_named_as_too_few() -> None:
    line = [point(n, 8, 15.0 - n) for n in (1, 2, 3)]
    weeks = [{**row, "axis": "week"} for row in line[:2]]
    found = made(*line, *weeks, point(1, 4, instrument_id="wsas"))
    [table] = found.tables
    assert (table.table_id, len(table.rows), table.is_folded) == ("weeks-phq-9-table", 2, True)
    assert found.paragraphs[-1] == "WSAS: too few courses at most sessions to draw a line."


@pytest.mark.parametrize(("second", "n_tables"), [(5, 1), (4, 0)])
def test_weeks_with_one_mean_alone_are_no_table(second: int, n_tables: int) -> None:
    line = [point(n, 8, 15.0 - n) for n in (1, 2, 3)]
    weeks = [point(0, 8, 15.0), point(1, second, 12.0 if second == 5 else None), point(2, 2)]
    found = made(*line, *({**row, "axis": "week"} for row in weeks))
    assert len(found.tables) == n_tables


@pytest.mark.parametrize("level", ["therapist", "group"])
def test_a_line_is_called_no_verdict_and_has_nobody_elses_beside_it(level: str) -> None:
    others = [point(n, 9, 20.0, subject_id="ANOTHER") for n in (1, 2, 3)]
    line = [point(n, 8, 15.0 - n) for n in (1, 2, 3)]
    found = made(*line, *others, subject=(level, G1[1]))
    assert f"no verdict on a {level}. It is not to be set beside another’s" in found.paragraphs[1]
    assert [len(chart.data["points"]) for chart in found.charts] == [3]
    assert "20.0" not in repr(found)
