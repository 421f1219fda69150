"""How a therapist's or a group's figure went: what is drawn, what is not, and what is said of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from pipelines.reporting.model import Section
from pipelines.reporting.output.charts import svg
from pipelines.reporting.output.drawings.marks import NARROW, SIZES, WIDE
from pipelines.reporting.output.drawings.ranges import draw
from pipelines.reporting.sections.history_section import history_section
from tests.unit.reporting.shown_figures import PHQ9, Shown, context
from tests.unit.reporting.test_programme_changes import row

NEWEST, YEAR_AGO = date(2026, 10, 31), date(2025, 10, 31)


@dataclass
class Courses(Shown):
    """Twelve months by their last day: measured courses, and how many of them are better."""

    windows: Mapping[date, tuple[int, int]] = field(default_factory=dict)

    def outcome(self, *key: Any) -> Any:
        found = self.windows.get(key[-1])
        return found and row(*found)

    def activity(self, *key: Any) -> Any:
        if key[-1] not in self.windows:
            return None
        return {"n_attended": 8, "n_no_show": 1, "n_late_cancelled": 1, "n_cancelled": 0}


def section(*windows: tuple[int, int], level: str = "therapist") -> Section | None:
    """The section about these twelve months, the newest first and three months apart."""
    ends = [
        date(2026, 10, 31), date(2026, 7, 31), date(2026, 4, 30), date(2026, 1, 31),
        date(2025, 10, 31), date(2025, 7, 31),
    ]  # fmt: skip
    figures = Courses(windows=dict(zip(ends, windows, strict=False)))
    return history_section(context(figures, subject=(level, "T-EXAMPLE-1"), routine=(PHQ9,)))


def made(*windows: tuple[int, int], level: str = "therapist") -> Section:
    found = section(*windows, level=level)
    assert found is not None
    return found


def test_each_twelve_months_with_enough_courses_is_drawn_with_its_range_and_number() -> None:
    found = made((40, 20), (5, 2), (4, 2), (30, 12), (36, 9), (3, 1))
    [chart] = found.charts
    points = chart.data["points"]
    # The oldest is too few and there is nothing before it: the axis begins with the next.
    assert [point["label"] for point in points] == [
        "Oct 25",
        "Jan 26",
        "Apr 26",
        "Jul 26",
        "Oct 26",
    ]
    assert [point["value"] for point in points] == [0.25, 0.4, None, 0.4, 0.5]
    assert [point["n"] for point in points] == [36, 30, 4, 5, 40]
    assert [point["is_apart"] for point in points] == [True, False, False, False, True]
    assert [point["lower"] is None for point in points] == [False, False, True, False, False]
    assert "Nothing is drawn where fewer than 5 were measured" in chart.subtitle
    assert chart.table is not None
    assert [cells.cells[1].small for cells in chart.table.rows][2] == "too few for a rate"
    assert len(chart.table.rows) == 6
    assert chart.table.rows[0].cells[-1].text == "80\u00a0%"
    for size in SIZES:
        assert svg(chart, size).count("<circle") == 4


def test_the_newest_is_set_beside_the_twelve_before_in_counts_and_without_a_verdict() -> None:
    [chart] = made((40, 20), (20, 9), (20, 9), (20, 9), (36, 9)).charts
    assert chart.title == (
        "PHQ-9: 20 of 40 reliably better in the newest twelve months, 9 of 36 in the twelve before"
    )
    assert "risen" not in chart.summary
    assert "in the twelve months to October 2025" in chart.summary


@pytest.mark.parametrize(
    ("better", "said"), [(28, "may well be chance"), (29, "On one page in twenty")]
)
def test_whether_the_difference_may_be_chance_is_said(better: int, said: str) -> None:
    [chart] = made((40, better), (20, 9), (20, 9), (20, 9), (40, 20)).charts
    assert said in chart.summary


def test_a_newest_year_that_is_too_few_is_called_so() -> None:
    [chart] = made((4, 2), (9, 4), (12, 6)).charts
    assert chart.title == "PHQ-9: too few to say in the newest twelve months"
    assert "Only 4 courses" in chart.summary
    assert chart.data["points"][-1]["value"] is None


def test_a_first_year_stands_alone() -> None:
    [chart] = made((12, 6), (9, 4)).charts
    assert "too few to say in the twelve before" in chart.title
    assert "fewer than 5 were measured" in chart.summary


def test_too_few_to_draw_is_said_and_the_table_stays() -> None:
    found = made((6, 2), (4, 2), (3, 1))
    assert found.charts == ()
    assert "Too few to draw" in found.paragraphs[-1]
    assert len(found.tables[0].rows) == 3


def test_one_year_alone_is_no_history() -> None:
    assert section((40, 20)) is None


@pytest.mark.parametrize(("level", "is_told"), [("therapist", False), ("group", True)])
def test_a_group_is_told_that_its_members_move_together(level: str, is_told: bool) -> None:
    found = made((40, 20), (30, 9), level=level)
    assert ("move together" in " ".join(found.paragraphs)) is is_told


@pytest.mark.parametrize(("n", "text"), [(29, ""), (30, "50\u00a0%")])
def test_a_handful_has_no_percentage_in_the_drawing(n: int, text: str) -> None:
    [chart] = made((n, round(n / 2)), (30, 9)).charts
    assert chart.data["points"][-1]["text"] == text


def test_a_narrow_drawing_names_those_alone_that_share_no_course() -> None:
    [chart] = made(*[(40, 20)] * 6).charts
    wide, narrow = (draw(chart.data, size).svg() for size in (WIDE, NARROW))
    assert wide.count("2</text>") == 0
    assert [wide.count(label) for label in ("Jul 25", "Oct 25", "Oct 26")] == [1, 1, 1]
    assert [narrow.count(label) for label in ("Jul 25", "Oct 25", "Oct 26")] == [0, 1, 1]
    # The range from its lower to its upper end, with a cap at each.
    assert wide.count("<line") == 5 + 6 * 3
