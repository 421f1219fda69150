"""Parts of the page as files that a browser opens; `UPDATE_GOLDEN=1` writes them anew."""

import os
from pathlib import Path

import pytest

from pipelines.reporting.model import Card, Cell, Column, Definition, Row, Table
from pipelines.reporting.output.html import _environment
from pipelines.reporting.wording import load_wording

FOLDER = Path(__file__).parent / "partials"

TABLE = Table(
    table_id="example",
    caption="PHQ-9 by programme, the twelve months to October 2026",
    columns=(
        Column("programme", "Programme", is_number=False),
        Column("better", "Reliably better, of measured"),
        Column("words", "Compared with the clinic", is_number=False),
    ),
    rows=(
        Row((Cell("Anxiety course"), Cell("62 %", 0.62, "56–68 %; 147 of 237"), Cell("no clear difference"))),
        Row((Cell("Grief circle"), Cell("2 of 4", None, "too few for a rate", "too_few_pairs_for_rate"), Cell("too few for a rate"))),
        Row((Cell("<Tiny & new>"), Cell("withheld", None, "", "small_count"), Cell("withheld"))),
        Row((Cell("Whole clinic"), Cell("60 %", 0.6, "56–64 %; 300 of 500"), Cell(""))  , is_total=True),
    ),
    note="Not adjusted for who was treated.",
)  # fmt: skip
CARD = Card(
    card_id="better",
    name="Reliably better on the PHQ-9",
    figure="2 of 4",
    value=None,
    of="2 of 4 measured courses",
    interval="",
    year_ago="October 2025: no figure",
    note="too few for a rate",
    trend_words="no figure to compare",
    trend=None,
    details=(Definition("Rule", "The last score is better than the first by at least 6 points."),),
)
PARTS = {
    "table": ('{% from "_table.html.j2" import table_block with context %}{{ table_block(table) }}', {"table": TABLE}),
    "card": ('{% include "_card.html.j2" %}', {"card": CARD}),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PARTS))
def test_a_part_of_the_page_is_as_it_was(name: str) -> None:
    template, values = PARTS[name]
    drawn = _environment(None).from_string(template).render(say=load_wording().say, **values)
    lines = [line.rstrip() for line in drawn.splitlines() if line.strip()]
    found = "\n".join(
        ["<!doctype html>", '<meta charset="utf-8">', f"<title>{name}</title>", *lines, ""]
    )
    path = FOLDER / f"{name}.html"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8"), (
        "UPDATE_GOLDEN=1 writes it anew, if that is meant"
    )


def test_goldens_can_be_reviewed() -> None:
    assert {path.stem for path in FOLDER.glob("*.html")} == set(PARTS)
    assert (
        max(len(path.read_text(encoding="utf-8").splitlines()) for path in FOLDER.glob("*.html"))
        < 200
    )
