"""The appendix of methods: counts by each of them, and none where a method judged nobody."""

from typing import Any

import pytest

from pipelines.reporting.change_methods_part import change_methods_part
from tests.unit.reporting.shown_figures import PHQ9, WSAS, Shown, context


def row(method: str, improved: int | None, n: int = 306, instrument: str = "phq-9") -> Any:
    return {
        "instrument_id": instrument,
        "scale": "total",
        "respondent": "client",
        "method": method,
        "period_kind": "rolling_12m",
        "n_courses": n,
        "n_improved": improved,
        "n_deteriorated": None if improved is None else 12,
    }


def test_each_method_has_its_counts_and_its_courses() -> None:
    rows = [row("JT", 1106), row("HA", None), row("HLM", 96, n=253), row("JT", 3, 4, "wsas")]
    found = change_methods_part(
        context(Shown(tables={"pub_change_methods": rows}), measures=(PHQ9, WSAS))
    )
    assert found is not None
    (table,) = found.tables
    # The other measure has fewer courses than a figure needs.
    (only,) = table.rows
    cells = dict(zip([each.key for each in table.columns], only.cells, strict=True))
    assert cells["measure"].text == "PHQ-9"
    assert (cells["JT"].text, cells["JT"].small) == ("1,106 / 12", "of 306")
    assert (cells["HLM"].text, cells["HLM"].small) == ("96 / 12", "of 253")
    assert cells["HA"].text == cells["EN"].text == "–"


@pytest.mark.parametrize("rows", [[], [row("JT", None)], [row("JT", 3, n=4)]])
def test_without_a_count_there_is_no_part(rows: list[Any]) -> None:
    shown = Shown(tables={"pub_change_methods": rows})
    assert change_methods_part(context(shown, measures=(PHQ9,))) is None
