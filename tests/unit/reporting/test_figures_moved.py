"""Which published figures a newer version of a report has otherwise."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipelines.reporting.model import Cell, Column, Report, Row, Section, Table
from pipelines.reporting.releases.figures_moved import Move, count_figures, figures_moved
from pipelines.reporting.releases.made_from import NewDelivery, Reasons, reasons
from pipelines.reporting.releases.what_changed import LISTED_MOVES, Published, with_changes
from pipelines.reporting.wording import load_wording

COLUMNS = (Column("name", "Programme", is_number=False), Column("n", "Ended"))


def table(*rows: tuple[str, str, float | None], table_id: str = "ended") -> Table:
    cells = [Row((Cell(name, name), Cell(text, value))) for name, text, value in rows]
    return Table(table_id, "Courses that ended", COLUMNS, tuple(cells))


def content(*tables: Table, section_id: str = "outcomes", card: str = "50 %") -> dict[str, Any]:
    part = Section("part", "A part", tables=tables)
    figure = {"card_id": "better", "name": "Better", "figure": card, "of": "1 of 2", "value": 0.5}
    section = Section(section_id, "Outcomes", parts=(part,))
    return json.loads(
        json.dumps(
            {"key_figures": [figure | {"interval": ""}], "sections": [plain(section)]}, default=str
        )
    )


def plain(value: Any) -> Any:
    return {
        **vars(value),
        "tables": [
            {
                **vars(each),
                "columns": [vars(one) for one in each.columns],
                "rows": [{"cells": [vars(cell) for cell in row.cells]} for row in each.rows],
            }
            for each in value.tables
        ],
        "charts": [],
        "parts": [plain(part) for part in value.parts],
    }


BEFORE = content(table(("Example", "7", 7), ("Other", "3", 3)))


def moved(after: dict[str, Any], *, is_same_code: bool = True) -> list[tuple[str, str, str]]:
    return [
        (move.name, move.before.text if move.before else "", move.after.text if move.after else "")
        for move in figures_moved(BEFORE, after, is_same_code=is_same_code)
    ]


def test_the_same_page_has_no_figure_that_moved() -> None:
    assert figures_moved(BEFORE, BEFORE, is_same_code=True) == []
    assert count_figures(BEFORE) == 3


def test_a_cell_and_a_key_figure_that_differ_are_told_with_both_texts() -> None:
    after = content(table(("Example", "8", 8), ("Other", "3", 3)), card="51 %")
    assert moved(after) == [
        ("Better", "50 % 1 of 2", "51 % 1 of 2"),
        ("Example: Ended", "7", "8"),
    ]
    (_, cell) = figures_moved(BEFORE, after, is_same_code=True)
    assert (cell.place, cell.difference) == ("Outcomes, A part: Courses that ended", 1)


def test_what_nobody_can_see_has_not_moved() -> None:
    assert moved(content(table(("Example", "7", 7.001), ("Other", "3", 3)))) == []


def test_rows_that_came_or_went_have_moved() -> None:
    after = content(table(("Example", "7", 7), ("New", "1", 1)))
    assert moved(after) == [("New: Ended", "", "1"), ("Other: Ended", "3", "")]


def test_rows_of_one_head_are_told_apart_by_their_order() -> None:
    before = content(table(("Same", "1", 1), ("Same", "2", 2)))
    after = content(table(("Same", "1", 1), ("Same", "5", 5)))
    (move,) = figures_moved(before, after, is_same_code=True)
    assert (move.before and move.before.text, move.after and move.after.text) == ("2", "5")


@pytest.mark.parametrize(("is_same_code", "n_moved"), [(True, 4), (False, 0)])
def test_a_table_built_anew_is_no_figure_that_moved(is_same_code: bool, n_moved: int) -> None:
    after = content(table(("Example", "7", 7), ("Other", "3", 3), table_id="renamed"))
    assert len(moved(after, is_same_code=is_same_code)) == n_moved


@pytest.mark.parametrize("section_id", ["method", "changes", "quarantine"])
def test_what_tells_of_the_run_is_no_figure(section_id: str) -> None:
    before = content(table(("Example", "7", 7)), section_id=section_id)
    after = content(table(("Example", "9", 9)), section_id=section_id)
    assert figures_moved(before, after, is_same_code=True) == []


def curves(*rows: tuple[str, str, float | None]) -> dict[str, Any]:
    sections = [plain(Section("curves", "The path", tables=(table(*rows),)))] if rows else []
    return {"key_figures": [], "sections": sections}


def test_a_curve_that_only_the_newest_month_has_is_compared_while_it_is_there() -> None:
    before, moved_on = curves(("session 1", "15.0", 15)), curves(("session 1", "14.0", 14))
    assert len(figures_moved(before, moved_on, is_same_code=True)) == 1
    assert figures_moved(before, curves(), is_same_code=True) == []


def test_one_curve_that_is_gone_from_the_newest_month_is_told() -> None:
    """A correction may leave too few courses for one of its lines, while the others stay."""
    both = curves(("session 1", "15.0", 15))
    other = table(("session 1", "12.0", 12), table_id="another")
    both["sections"] += [plain(Section("curves", "The path", tables=(other,)))]
    one = curves(("session 1", "15.0", 15))
    (move,) = figures_moved(both, one, is_same_code=True)
    assert move.before is not None
    assert (move.before.text, move.after) == ("12.0", None)


MADE = {
    "code": "a", "catalogue": "c", "contracts": {"clients": "1.0.0"}, "settings": {"windows": "w"},
    "deliveries": {"d1": {"source": "inbox", "on": "2026-10-31"}},
    "rows": {"d1": {"responses": {"accepted": 10, "superseded": 1}}},
}  # fmt: skip


def test_nothing_changed_between_the_same_sources() -> None:
    assert reasons(MADE, MADE) == Reasons((), {}, {}, (), (), False, False)


def test_every_kind_of_change_is_named() -> None:
    after = {
        "code": "b", "catalogue": "d", "contracts": {"clients": "1.1.0", "goals": "1.0.0"},
        "settings": {"windows": "x"},
        "deliveries": {**MADE["deliveries"], "d2": {"source": "portal", "on": "2026-11-30"}},
        "rows": {
            "d1": {"responses": {"accepted": 6, "superseded": 3, "withdrawn": 2}},
            "d2": {"responses": {"accepted": 4}},
        },
    }  # fmt: skip
    assert reasons(MADE, after) == Reasons(
        deliveries=(NewDelivery("portal", "2026-11-30", 4, ("responses",)),),
        corrected={"responses": 2},
        withdrawn={"responses": 2},
        contracts=("clients", "goals"),
        settings=("windows",),
        has_new_catalogue=True,
        has_new_code=True,
    )


PUBLISHED = Published(1, "Dr Example", date(2026, 11, 2), n_figures=3, code="abc")
WHY = Reasons(
    (NewDelivery("portal", "2026-11-30", 4, ("responses",)),), {"responses": 2}, {}, (), (), False,
    False,
)  # fmt: skip


def told(report: Report, moves: list[Move]) -> Report:
    return with_changes(report, moves, PUBLISHED, WHY, load_wording("en"), code="def")


def moves_of(n: int) -> list[Move]:
    before = content(*(table(("Example", "7", 7), table_id=f"t{one}") for one in range(n)))
    after = content(*(table(("Example", "9", 9), table_id=f"t{one}") for one in range(n)))
    return figures_moved(before, after, is_same_code=True)


def test_a_director_reads_what_moved_by_how_much_and_why(
    report_of: Callable[[str, str], Report],
) -> None:
    report = told(report_of("activity only", "director"), moves_of(1))
    assert report.head.change_words == (
        "1 of 3 figures differs from version 1, which was released on 2 November 2026: see What"
        " changed."
    )
    section = report.sections[0]
    assert section.title == "What changed since version 1"
    (row,) = section.tables[0].rows
    assert [cell.text for cell in row.cells] == [
        "Outcomes, A part: Courses that ended", "Example: Ended", "7", "9", "+2",
    ]  # fmt: skip
    why = [[cell.text for cell in row.cells] for row in section.parts[0].tables[0].rows]
    assert why == [
        ["Later delivery from portal, 30 November 2026", "4 rows in responses"],
        ["Rows that a later delivery corrected", "2 of responses"],
    ]


def test_the_public_reads_what_kind_of_thing_changed_and_no_source(
    report_of: Callable[[str, str], Report],
) -> None:
    report = told(report_of("activity only", "public"), moves_of(1))
    section = report.sections[0]
    assert section.parts == ()
    assert section.paragraphs[-1] == "The reason: later or corrected records of the clinic."
    assert "portal" not in " ".join(replace(report, sections=(section,)).texts())


def test_a_long_list_says_how_many_more_there_are(report_of: Callable[[str, str], Report]) -> None:
    report = told(report_of("activity only", "director"), moves_of(LISTED_MOVES + 5))
    moved_table = report.sections[0].tables[0]
    assert len(moved_table.rows) == LISTED_MOVES
    assert moved_table.note.startswith("5 more figures moved")


def test_an_audience_whose_figures_all_held_is_told_so(
    report_of: Callable[[str, str], Report],
) -> None:
    report = told(report_of("activity only", "public"), [])
    assert report.head.change_words.startswith("Nothing that version 1 published has changed.")
    assert report.sections == report_of("activity only", "public").sections
