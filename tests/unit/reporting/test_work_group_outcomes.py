"""How therapy groups ended: never the narrower range, and what nobody can tell is said."""

from typing import Any

import pytest

from pipelines.reporting.model import Cell, Table
from pipelines.reporting.sections.work_group_outcomes import group_outcomes_table
from tests.unit.reporting.compared_people import MEASURE, People, Row, context


def outcomes(name: str, **changes: Any) -> Row:
    """A row of pub_group_outcomes: 48 of 96 better, worth 68 courses on their own."""
    return {
        **MEASURE,
        "subject": ("clinic", "clinic") if name == "clinic" else ("programme", name),
        "n_groups": 12,
        "n_pairs": 96,
        "n_concurrent": 9,
        "n_improved": 48,
        "improved_rate": 0.5,
        "improved_rate_lower": 0.402,
        "improved_rate_upper": 0.598,
        "icc": 0.06,
        "n_effective": 67.6,
        "clustered_rate_lower": 0.384,
        "clustered_rate_upper": 0.616,
        **changes,
    }


def table(*rows: Row, **changes: Any) -> Table | None:
    names = [row["subject"][1] for row in rows if row["subject"][0] == "programme"]
    figures = People(names={"programme": names}, tables={"pub_group_outcomes": list(rows)})
    return group_outcomes_table(context(figures, **changes))


def cells(found: Table | None, place: int = 0) -> dict[str, Cell]:
    assert found is not None
    keys = (column.key for column in found.columns)
    return dict(zip(keys, found.rows[place].cells, strict=True))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_without_a_course_or_a_rule_there_is_no_table() -> None:
    assert table() is None
    assert table(outcomes("clinic"), outcomes("Skills"), measures=()) is None


def test_the_range_is_that_of_as_many_courses_as_these_are_worth() -> None:
    found = cells(table(outcomes("clinic"), outcomes("Skills")))
    assert (found["name"].text, found["groups"].value) == ("Skills", 12)
    assert plain(found["better"].text) == "50 %"
    assert "38–62 %" in plain(found["better"].small)
    assert "48 of 96" in found["better"].small
    assert (found["worth"].text, found["worth"].value) == ("68", 67.6)
    assert "6 %" in plain(found["worth"].small)
    assert found["beside"].value == 9


def test_too_few_groups_have_no_range_at_all() -> None:
    none = dict.fromkeys(("icc", "n_effective", "clustered_rate_lower", "clustered_rate_upper"))
    found = cells(table(outcomes("clinic"), outcomes("Skills", n_groups=9, **none)))
    # The range that takes courses as independent is too narrow, and is not shown in its place.
    assert (plain(found["better"].text), found["better"].small) == ("50 %", "48 of 96")
    assert (found["worth"].text, found["worth"].reason) == ("–", "too_few_groups")


def test_too_few_courses_have_counts_and_no_rate() -> None:
    row = outcomes("Skills", n_pairs=4, n_improved=3, improved_rate=None, n_effective=None)
    found = cells(table(outcomes("clinic"), row))
    assert (found["better"].text, found["better"].value) == ("3 of 4", None)
    assert found["better"].reason == "too_few_pairs_for_rate"


@pytest.mark.parametrize(("n", "names"), [(1, ["B"]), (2, ["A", "B", "All groups"])])
def test_programmes_stand_by_name_and_a_total_needs_two(n: int, names: list[str]) -> None:
    found = table(outcomes("clinic"), *(outcomes(name) for name in ("B", "A")[:n]))
    assert found is not None
    assert [row.cells[0].text for row in found.rows] == names
    assert [row.is_total for row in found.rows] == [name == "All groups" for name in names]


def test_another_measure_is_not_in_it() -> None:
    assert table(outcomes("clinic", instrument_id="gad7")) is None


def test_group_and_individual_work_are_said_not_to_be_comparable() -> None:
    found = table(outcomes("clinic"), outcomes("Skills"))
    assert found is not None
    assert found.note.startswith("Group and individual work are not comparable here")
    assert "96 courses tell less than 96 separate ones" in found.note
