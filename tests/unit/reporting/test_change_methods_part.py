"""The appendix of methods: counts by each of them, and none where a method judged nobody."""

from typing import Any

import pytest

from pipelines.reporting.model import Cell, Table
from pipelines.reporting.sections.change_methods_part import change_methods_part
from tests.unit.reporting.shown_figures import PHQ9, WSAS, Shown, context


def row(
    method: str,
    improved: int | None,
    n: int = 306,
    instrument: str = "phq-9",
    reason: str | None = None,
) -> Any:
    return {
        "instrument_id": instrument,
        "scale": "total",
        "respondent": "client",
        "method": method,
        "period_kind": "rolling_12m",
        "n_courses": n,
        "n_improved": improved,
        "n_deteriorated": None if improved is None else 12,
        "no_counts_reason": reason,
    }


def table_of(rows: list[Any]) -> Table:
    found = change_methods_part(
        context(Shown(tables={"pub_change_methods": rows}), measures=(PHQ9, WSAS))
    )
    assert found is not None
    (table,) = found.tables
    return table


def cells_of(table: Table) -> dict[str, Cell]:
    (only,) = table.rows
    return dict(zip([each.key for each in table.columns], only.cells, strict=True))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_each_method_has_its_counts_and_its_courses() -> None:
    rows = [row("JT", 135), row("HLM", 96, n=253), row("JT", 3, 4, "wsas")]
    # The other measure has fewer courses than a figure needs.
    cells = cells_of(table_of(rows))
    assert cells["measure"].text == "PHQ-9"
    # 135 and 12 of 306, 96 and 12 of 253.
    assert (cells["JT"].text, plain(cells["JT"].small)) == ("135 / 12", "44 % / 4 % of 306")
    assert (cells["HLM"].text, plain(cells["HLM"].small)) == ("96 / 12", "38 % / 5 % of 253")


def test_a_cell_without_counts_says_why_and_the_note_explains_what_occurs() -> None:
    rows = [
        row("JT", 135),
        row("HA", None, reason="differences_are_error"),
        row("GLN", 3, n=4),
        row("HLM", None, reason="one_slope_for_all"),
    ]
    table = table_of(rows)
    cells = cells_of(table)
    found = {name: (cell.text, cell.small) for name, cell in cells.items() if cell.reason}
    assert found == {
        "EN": ("–", "no reliability"),
        "GLN": ("–", "too few"),
        "HLL": ("–", "no reliability"),
        "NK": ("–", "no reliability"),
        "HA": ("–", "error alone"),
        "HLM": ("–", "one slope"),
    }
    for words in ("No reliability:", "Too few:", "Error alone:", "One slope:"):
        assert table.note.count(words) == 1
    for words in ("No lines:", "No spread:", "No error:", "No own slopes:", "No fit:"):
        assert words not in table.note


@pytest.mark.parametrize(
    ("method", "reasons"),
    [
        ("JT", ("no_spread", "no_error", "differences_are_error")),
        (
            "HLM",
            ("too_few_courses", "no_spread", "one_slope_for_all", "singular_fit", "not_converged"),
        ),
    ],
)
def test_every_reason_has_its_words(method: str, reasons: tuple[str, ...]) -> None:
    for reason in reasons:
        cell = cells_of(table_of([row("EN", 135), row(method, None, reason=reason)]))[method]
        assert (cell.reason, bool(cell.small)) == (reason, True)


def test_without_counts_of_lines_there_were_none() -> None:
    assert cells_of(table_of([row("JT", 135)]))["HLM"].small == "no lines"


@pytest.mark.parametrize("rows", [[], [row("JT", None, reason="no_spread")], [row("JT", 3, n=4)]])
def test_without_a_count_there_is_no_part(rows: list[Any]) -> None:
    shown = Shown(tables={"pub_change_methods": rows})
    assert change_methods_part(context(shown, measures=(PHQ9,))) is None
