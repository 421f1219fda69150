"""Which programmes changed: by their own chart, beside the year before, or too few to say."""

from datetime import date
from typing import Any, cast

import pytest

from pipelines.comparison.spc import CANNOT_TELL, FALLEN, NO_CLEAR_CHANGE, RISEN
from pipelines.reporting.figures.figures import Figures, Measure, Subject, month_end
from pipelines.reporting.figures.programme_changes import (
    ProgrammeChange,
    clinic_beside_the_year_before,
    difference_limits,
    programme_changes,
)
from pipelines.reporting.sections.programme_change_words import (
    change_items,
    change_sentences,
    changes_part,
    own_change_sentences,
)
from tests.unit.reporting.shown_figures import MINIMUMS, PHQ9, WORDS, Shown, context, texts

MONTH = "month"
FEW = "too few measured courses to say, now or a year before"
UNDER = "under 70 % of the finished courses measured on this measure, now or a year before"
NOW, YEAR_BEFORE = date(2026, 10, 31), date(2025, 10, 31)


def row(n: int, better: int, worse: int = 2, finished: int | None = None) -> dict[str, Any]:
    """A published row of so many measured courses."""
    finished = finished or n

    def rates(name: str, x: int) -> dict[str, Any]:
        return {name: x / n, f"{name}_lower": max(0, x / n - 0.05), f"{name}_upper": x / n + 0.05}

    return {
        "n_paired": n, "n_improved": better, "n_deteriorated": worse, "n_finished": finished,
        "paired_rate": n / finished, "improved_rate_worst": better / finished,
        "improved_rate_best": (better + finished - n) / finished, "withheld_figures": None,
        "first_mean_points": 15.0, **rates("improved_rate", better),
        **rates("deteriorated_rate", worse),
    }  # fmt: skip


class Programmes(Shown):
    """Programmes with rows by name, kind and last day; a list is of months, oldest first."""

    policy = {"minimum_pairs_for_rate": 5, "minimum_pairs_for_comparison": 30}  # noqa: RUF012
    rows: dict[tuple[str, str, date], dict[str, Any]]

    def __init__(self, **programmes: dict[tuple[str, date], dict[str, Any]]) -> None:
        super().__init__(names={"programme": list(programmes)})
        self.rows = {
            (name, *when): found for name, by in programmes.items() for when, found in by.items()
        }

    def measures(self, subject: tuple[str, str]) -> list[Measure]:
        return [PHQ9] if any(name == subject[1] for name, *_ in self.rows) else []

    def outcome(self, _: Measure, subject: tuple[str, str], kind: str, end: date) -> Any:
        return self.rows.get((subject[1], kind, end))

    def period_ends(self, kind: str, count: int) -> list[date]:
        step = 3 if kind == "quarter" else 1
        newest = 9 if kind == "quarter" else 10
        ends = [12 * 2026 + newest - 1 - step * back for back in range(min(count, 24 // step))]
        return [month_end(date(each // 12, each % 12 + 1, 1)) for each in reversed(ends)]


def monthly(last: int, worse: int = 2) -> dict[tuple[str, date], dict[str, Any]]:
    """Two years of months with 40 measured courses, 20 or 21 of them better, but for the last."""
    ends = Programmes().period_ends(MONTH, 24)
    rows = {(MONTH, end): row(40, 20 + place % 2, 2 + place % 2) for place, end in enumerate(ends)}
    return rows | {(MONTH, ends[-1]): row(40, last, worse)}


def yearly(now: dict[str, Any], before: dict[str, Any] | None) -> dict[tuple[str, date], Any]:
    found = {("rolling_12m", NOW): now}
    return found | ({("rolling_12m", YEAR_BEFORE): before} if before else {})


def changes(**programmes: Any) -> dict[str, ProgrammeChange]:
    return programme_changes(cast(Figures, Programmes(**programmes)), MONTH, MINIMUMS, WORDS)


def verdicts(found: dict[str, ProgrammeChange]) -> dict[str, str]:
    return {name: change.verdict for name, change in found.items()}


def test_the_published_example_of_the_interval() -> None:
    # Newcombe (1998), table II, method 10: 56/70 - 48/80.
    assert difference_limits((56, 70), (48, 80), 1.959964) == pytest.approx(
        (0.0524, 0.3339), abs=1e-4
    )


def test_a_programme_with_enough_a_month_is_judged_by_its_chart() -> None:
    found = changes(Low=monthly(8), High=monthly(34), Same=monthly(20), Worse=monthly(20, worse=20))
    assert verdicts(found) == {
        "High": RISEN, "Low": FALLEN, "Same": NO_CLEAR_CHANGE, "Worse": RISEN,
    }  # fmt: skip
    assert all(change.has_chart for change in found.values())
    assert [moved.topic for moved in found["Worse"].signals] == ["worse"]
    assert found["Worse"].signals[0].is_bad
    assert not found["High"].signals[0].is_bad


def test_a_chart_of_a_few_small_months_calls_nothing_a_change() -> None:
    wide = {name: {**found, "improved_rate_lower": 0.0} for name, found in monthly(8).items()}
    found = changes(Wide=wide, Same=monthly(20))
    assert verdicts(found) == {"Wide": CANNOT_TELL, "Same": NO_CLEAR_CHANGE}
    assert not found["Wide"].has_chart


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        (row(60, 50), row(60, 20), RISEN),
        (row(60, 20), row(60, 50), FALLEN),
        (row(60, 30), row(60, 31), NO_CLEAR_CHANGE),
        (row(30, 29), row(30, 2), RISEN),
        (row(29, 28), row(30, 2), CANNOT_TELL),
        (row(30, 29), row(29, 2), CANNOT_TELL),
        # Under 70 % of the finished courses measured, in either year.
        (row(70, 60, finished=100), row(70, 10, finished=100), RISEN),
        (row(69, 60, finished=100), row(70, 10, finished=100), CANNOT_TELL),
        (row(70, 60, finished=100), row(69, 10, finished=100), CANNOT_TELL),
        (row(60, 50), None, CANNOT_TELL),
    ],
)
def test_a_smaller_one_is_set_beside_the_year_before(
    now: dict[str, Any], before: dict[str, Any] | None, verdict: str
) -> None:
    found = changes(A=yearly(now, before), B=yearly(row(60, 30), row(60, 30)))
    assert found["A"].verdict == verdict
    assert not found["A"].has_chart


@pytest.mark.parametrize(
    ("now", "obstacle", "said", "too"),
    [
        (row(70, 30, finished=100), "", "no clear change", ""),
        (row(69, 30, finished=100), "under", UNDER, ""),
        (row(30, 12), "", "no clear change", ""),
        (row(29, 12), "few", FEW, ""),
        # Both reasons, where both hold: another table may name the other.
        (
            row(29, 12, finished=100),
            "few",
            FEW,
            "and under 70 % of the finished ones measured on this measure",
        ),
    ],
)
def test_too_few_and_too_small_a_part_are_told_apart(
    now: dict[str, Any], obstacle: str, said: str, too: str
) -> None:
    found = changes(A=yearly(now, row(60, 26)), B=yearly(row(60, 30), row(60, 30)))
    assert found["A"].obstacle == obstacle
    shown = context(Shown(), changes=found)
    part = changes_part(shown)
    assert part is not None
    cell = part.tables[0].rows[0].cells[1]
    assert (cell.text, cell.small) == (said, too)
    (text,) = texts(change_sentences(shown))
    assert ("Under 70 % measured on their first measure, now or a year before: A." in text) == (
        obstacle == "under"
    )
    assert (
        "Too few courses measured on their first measure, now or a year before: A." in text
    ) == (obstacle == "few")
    own = own_change_sentences(context(Shown(), changes=found, subject=("programme", "A")))
    assert own[0].rule == ("changes.cannot_tell" if obstacle else "changes.no_clear_change")


@pytest.mark.parametrize(
    ("now", "before", "is_said"),
    [
        (row(100, 40, worse=7), row(100, 40, worse=2), True),
        (row(200, 80, worse=13), row(100, 40, worse=2), False),
        # What is beyond chance is told as such.
        (row(100, 40, worse=40), row(100, 40, worse=2), False),
        # Where nobody can tell, nothing is told.
        (row(29, 12, worse=9), row(100, 40, worse=2), False),
    ],
)
def test_five_in_a_hundred_more_worse_are_told_even_where_it_could_be_chance(
    now: dict[str, Any], before: dict[str, Any], is_said: bool
) -> None:
    found = changes(A=yearly(now, before), B=yearly(row(60, 30), row(60, 30)))
    (text,) = texts(
        own_change_sentences(context(Shown(), changes=found, subject=("programme", "A")))
    )
    told = (
        "Reliably worse: 7 % (7 of 100); 2 % (2 of 100) a year before. That could be chance; look."
    )
    assert (told in text) == is_said
    assert ("That could be chance" in text) == is_said
    # The clinic's page passes it on: in short, as something to look at, and in the row.
    whole = context(Shown(), changes=found)
    in_short = texts(change_sentences(whole))[0]
    assert ("More got reliably worse in A; that could be chance, but look." in in_short) == is_said
    items = [item for item in change_items(whole) if item.rule == "programme_maybe_worse"]
    assert ([item.link for item in items] == ["programme-changes"]) == is_said
    assert ("A (7 % (7 of 100); 2 % (2 of 100) a year before)" in "".join(texts(items))) == is_said
    part = changes_part(whole)
    assert part is not None
    looks = [row.cells[1].small for row in part.tables[0].rows]
    assert looks == ["more reliably worse; could be chance, look" if is_said else "", ""]


def test_the_stretch_judged_is_named_in_the_heading_and_in_the_sentence() -> None:
    years = yearly(row(60, 30), row(60, 31))
    stretch = "the twelve months to October 2026{}beside the twelve months to October 2025"
    shown = context(Shown(), changes=changes(A=years, B=years))
    part = changes_part(shown)
    assert part is not None
    assert part.tables[0].caption == f"What changed by programme: {stretch.format(', ')}"
    assert "leave out the year before" in part.tables[0].note
    assert texts(change_sentences(shown)) == [
        f"By programme, {stretch.format(' ')}: none of those judged has changed by more than chance. "
        "No clear change: A and B."
    ]
    mixed = changes_part(context(Shown(), changes=changes(A=years, B=monthly(20))))
    assert mixed is not None
    assert stretch.format(", ") in mixed.tables[0].caption
    assert "own chart" in mixed.tables[0].caption
    charts = changes_part(context(Shown(), changes=changes(A=monthly(20), B=monthly(20))))
    assert charts is not None
    assert charts.tables[0].caption == "What changed by programme, October 2026"
    assert not charts.tables[0].note


def test_the_more_are_compared_the_more_it_takes() -> None:
    pair = yearly(row(100, 60), row(100, 45))
    same = yearly(row(100, 50), row(100, 50))
    assert changes(A=pair, B=yearly(row(9, 5), None))["A"].verdict == NO_CLEAR_CHANGE
    strong = yearly(row(100, 64), row(100, 45))
    assert changes(A=strong, B=yearly(row(9, 5), None))["A"].verdict == RISEN
    many = {f"P{place}": same for place in range(40)}
    assert changes(A=strong, **many)["A"].verdict == NO_CLEAR_CHANGE


def test_one_programme_alone_is_the_clinic_and_one_without_measures_is_told() -> None:
    assert changes(Only=monthly(8)) == {}
    found = changes(Empty={}, Same=monthly(20))
    assert found["Empty"].verdict == CANNOT_TELL
    part = changes_part(context(Shown(), changes=found))
    assert part is not None
    said = {row.cells[0].text: row.cells[1].text for row in part.tables[0].rows}
    assert said == {"Empty": FEW, "Same": "no clear change"}


def test_the_sentence_names_what_changed_and_counts_the_rest() -> None:
    found = changes(
        Low=monthly(8),
        High=monthly(34),
        Small=yearly(row(9, 5), None),
        **{f"P{place}": yearly(row(60, 30), row(60, 31)) for place in range(4)},
    )
    shown = context(Shown(), changes=found)
    (text,) = texts(change_sentences(shown))
    # Bad news first, each with its figure and what it is judged beside.
    assert text.startswith(
        "By programme, more than chance explains: Low (fewer got reliably better on the PHQ-9 in"
        " October 2026: 20 % (8 of 40)"
    )
    assert "; High (more got reliably better on the PHQ-9" in text
    assert "usual range" in text
    assert "4 of 7 show no clear change. Too few courses measured on their first measure" in text
    assert text.endswith(
        "Those that can be told are judged by October 2026 (2) and by the twelve months to October "
        "2026, beside the twelve months to October 2025 (4)."
    )
    (item,) = change_items(shown)
    assert "Low (fewer" in item.text
    assert "High" not in item.text
    assert item.link == "programme-changes"


def test_nothing_changed_is_said_too() -> None:
    shown = context(Shown(), changes=changes(A=monthly(20), B=monthly(20)))
    (text,) = texts(change_sentences(shown))
    assert (
        text
        == "By programme: none of those judged has changed by more than chance. No clear change: A and B."
    )
    assert change_items(shown) == []
    assert change_sentences(context(Shown())) == []


def test_where_none_can_be_judged_nobody_is_said_not_to_have_changed() -> None:
    few = yearly(row(9, 5), row(9, 4))
    (text,) = texts(change_sentences(context(Shown(), changes=changes(A=few, B=few))))
    assert text == (
        "No programme can be judged beside an earlier time. Too few courses measured on their"
        " first measure, now or a year before: A and B."
    )


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (row(60, 20), "Beside the twelve months before, by more than chance: more got reliably"),
        (
            row(60, 49),
            "Over twelve months 83 % (50 of 60) got reliably better on the PHQ-9, and 82 % (49 of 60) a",
        ),
        (None, "Too few measured courses to say whether anything changed."),
    ],
)
def test_a_programmes_own_page_says_the_same(before: dict[str, Any] | None, said: str) -> None:
    found = changes(A=yearly(row(60, 50), before), B=monthly(20))
    about = Subject("programme", "A", "A", "").key
    (text,) = texts(own_change_sentences(context(Shown(), changes=found, subject=about)))
    assert text.startswith(said)
    # One with a chart has the sentence of the chart.
    about = Subject("programme", "B", "B", "").key
    assert own_change_sentences(context(Shown(), changes=found, subject=about)) == []


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        (row(400, 200), row(400, 160), RISEN),
        (row(400, 160), row(400, 200), FALLEN),
        (row(400, 180), row(400, 170), NO_CLEAR_CHANGE),
        (row(29, 29), row(400, 10), CANNOT_TELL),
        (row(400, 200), None, CANNOT_TELL),
    ],
)
def test_a_year_of_the_clinic_stands_beside_the_one_before(
    now: dict[str, Any], before: dict[str, Any] | None, verdict: str
) -> None:
    years = {("year", NOW): now} | ({("year", YEAR_BEFORE): before} if before else {})
    figures = cast(Figures, Programmes(clinic=years))
    assert clinic_beside_the_year_before(figures, PHQ9, WORDS).verdict == verdict


def test_what_all_are_judged_by_is_said_once_and_what_differs_in_each_row() -> None:
    years = yearly(row(60, 30), row(60, 30))
    alike = changes_part(context(Shown(), changes=changes(A=years, B=years)))
    mixed = changes_part(context(Shown(), changes=changes(A=years, B=monthly(20))))
    charts = changes_part(context(Shown(), changes=changes(A=monthly(20), B=monthly(20))))
    assert alike is not None
    assert mixed is not None
    assert charts is not None
    (table,) = alike.tables
    assert "judged" not in {column.key for column in table.columns}
    assert {len(each.cells) for each in table.rows} == {len(table.columns)}
    assert table.note.startswith("Those judged are set beside a year before, PHQ-9.")
    assert "No programme is large enough for a chart of its own" in alike.paragraphs[1]
    assert alike.paragraphs[0].endswith("No clear change: A and B.")
    assert table.is_folded_when_long
    for part in (mixed, charts):
        (table,) = part.tables
        assert [column.key for column in table.columns][2] == "judged"
        assert {len(each.cells) for each in table.rows} == {len(table.columns)}
        assert "Those judged" not in table.note
        assert "A large programme has a chart of its own" in part.paragraphs[1]
