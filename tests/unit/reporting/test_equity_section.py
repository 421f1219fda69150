"""Gaps between kinds of clients: what is said of one, and on which side of its boundary."""

from typing import Any

import pytest

from pipelines.reporting.model import Section
from pipelines.reporting.sections.equity_section import equity_section, verdict
from tests.unit.reporting.compared_people import MEASURE, People, Row, context

NONE = {"instrument_id": "none", "scale": "none", "respondent": "none"}


def stratum(name: str, figure: str = "dropped_out", **changes: Any) -> Row:
    """A row of pub_equity: 12 of 40 against 20 of 100."""
    measure = MEASURE if figure == "improved" else NONE
    return {
        **measure,
        "figure": figure,
        "stratum_kind": "sex",
        "stratum": name,
        "n_met": 12,
        "n_courses": 40,
        "share": 0.3,
        "n_other_met": 20,
        "n_other_courses": 100,
        "other_share": 0.2,
        "gap": 0.1,
        "gap_lower": -0.047,
        "gap_upper": 0.265,
        "adjusted_gap": None,
        "adjusted_gap_lower": None,
        "adjusted_gap_upper": None,
        **changes,
    }


def section(*rows: Row, **changes: Any) -> Section | None:
    return equity_section(context(People(tables={"pub_equity": list(rows)}), **changes))


def texts(found: Section | None) -> list[list[str]]:
    assert found is not None
    (table,) = found.parts[0].tables
    return [[cell.text.replace("\u00a0", " ") for cell in row.cells] for row in table.rows]


def said(found: Section | None) -> str:
    assert found is not None
    return " ".join(found.parts[0].paragraphs)


def test_nothing_to_compare_has_no_section() -> None:
    assert section() is None
    few = dict.fromkeys(("share", "other_share", "gap", "gap_lower", "gap_upper"))
    assert section(stratum("female", **few)) is None


def test_the_largest_doubt_comes_first() -> None:
    found = section(stratum("female"), stratum("male"))
    assert found is not None
    assert found.paragraphs[0].startswith("A gap does not say why it is there.")
    assert "2 comparisons" in found.paragraphs[1]


@pytest.mark.parametrize(
    ("limits", "adjusted", "expected"),
    [
        ((-0.01, 0.2), None, "no_clear_difference"),
        ((0.0, 0.2), None, "no_clear_difference"),
        ((0.01, 0.2), None, "differs"),
        ((-0.2, 0.0), None, "no_clear_difference"),
        ((-0.2, -0.01), None, "differs"),
        ((0.01, 0.2), (0.01, 0.2), "differs"),
        ((0.01, 0.2), (-0.01, 0.2), "unadjusted_only"),
        ((-0.01, 0.2), (0.01, 0.2), "adjusted_only"),
        ((-0.01, 0.2), (-0.01, 0.2), "no_clear_difference"),
    ],
)
def test_a_row_differs_when_its_interval_leaves_out_0(
    limits: tuple[float, float], adjusted: tuple[float, float] | None, expected: str
) -> None:
    row = stratum("female", gap_lower=limits[0], gap_upper=limits[1])
    if adjusted is not None:
        row |= {"adjusted_gap": 0.1}
        row |= {"adjusted_gap_lower": adjusted[0], "adjusted_gap_upper": adjusted[1]}
    assert verdict(row) == expected


def test_a_row_has_both_shares_and_the_gap_with_its_sign() -> None:
    found = section(stratum("female"), stratum("male", gap=-0.1, gap_lower=-0.3, gap_upper=-0.01))
    assert texts(found) == [
        ["Sex", "female", "30 %", "20 %", "+10", "no clear difference"],
        ["Sex", "male", "30 %", "20 %", "−10", "differs"],
    ]
    assert said(found) == "1 of 2 rows differs from the others: Sex: male."


@pytest.mark.parametrize(
    ("limits", "printed", "judged"),
    [
        ((-0.2, -0.004), "−20 to −0.4", "differs"),
        ((-0.2, 0.004), "−20 to +0.4", "no clear difference"),
        ((0.0004, 0.2), "+0.04 to +20", "differs"),
        ((-0.0004, 0.2), "−0.04 to +20", "no clear difference"),
        ((0.0, 0.2), "0 to +20", "no clear difference"),
        ((0.006, 0.2), "+1 to +20", "differs"),
    ],
)
def test_a_limit_near_0_shows_the_side_that_the_verdict_hangs_on(
    limits: tuple[float, float], printed: str, judged: str
) -> None:
    found = section(stratum("female", gap_lower=limits[0], gap_upper=limits[1]))
    assert found is not None
    *_, gap, words = found.parts[0].tables[0].rows[0].cells
    assert (gap.small, words.text) == (printed, judged)


def test_no_difference_is_said_too() -> None:
    assert said(section(stratum("female", gap=0.001))) == "No clear difference in any of 1 rows."
    assert texts(section(stratum("female", gap=0.001)))[0][4] == "0"


def test_kinds_and_clients_stand_in_a_fixed_order_never_by_the_gap() -> None:
    bands = ("45 to 59", "merged", "18 to 29", "under 18", "not_recorded")
    rows = [stratum(name, stratum_kind="age_band", gap=place / 10)
            for place, name in enumerate(bands)]  # fmt: skip
    found = texts(section(stratum("male"), *rows))
    assert [row[1] for row in found] == [
        *("under 18", "18 to 29", "45 to 59", "small ones together", "not recorded"),
        "male",
    ]


def test_an_adjusted_gap_has_a_column_of_its_own() -> None:
    limits = {"adjusted_gap_lower": 0.01, "adjusted_gap_upper": 0.15}
    rows = [stratum("female", "improved", adjusted_gap=0.08, **limits)]
    found = texts(section(*rows))
    assert found[0][4:] == ["+10", "+8", "differs once adjusted; no clear difference unadjusted"]
    assert "adjusted or unadjusted" in said(section(*rows))
    (plain,) = texts(section(stratum("female", "improved")))
    assert plain[4:] == ["+10", "–", "no clear difference"]


@pytest.mark.parametrize(("gap", "text"), [(0.99, "+99"), (1.0, "+100"), (1.08, "+100")])
def test_no_gap_on_the_page_is_wider_than_from_none_to_all(gap: float, text: str) -> None:
    limits = {"adjusted_gap_lower": -gap, "adjusted_gap_upper": gap}
    found = section(stratum("female", "improved", adjusted_gap=gap, **limits))
    assert found is not None
    cell = found.parts[0].tables[0].rows[0].cells[5]
    assert (cell.text, cell.value) == (text, min(gap, 1))
    assert cell.small.endswith(f"{text.replace('+', '−')} to {text}")


def test_without_a_measure_with_a_rule_nobody_is_called_better() -> None:
    found = section(stratum("female"), stratum("female", "improved"), measures=())
    assert found is not None
    assert [part.section_id for part in found.parts] == ["equity-dropped-out"]


def test_a_share_that_is_left_out_has_its_counts_and_says_so() -> None:
    none = dict.fromkeys(("share", "other_share", "gap", "gap_lower", "gap_upper"))
    found = texts(section(stratum("female", n_met=1, n_courses=4, **none), stratum("male")))
    assert found[0][2:] == ["1 of 4", "20 of 100", "–", "too few courses"]
