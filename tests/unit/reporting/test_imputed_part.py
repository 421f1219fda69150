"""If nobody were missing: imputed rates beside the measured ones and their bounds."""

from typing import Any

import pytest

from pipelines.reporting.sections.imputed_part import imputed_part
from tests.unit.reporting.shown_figures import PHQ9, WSAS, Shown, context

SHIFTS = ((0.0, 0.46, 0.40, 0.52), (0.25, 0.45, 0.39, 0.51), (0.5, 0.43, 0.37, 0.49))


def rows(
    instrument_id: str, rate: float | None = 0.46, reason: str = "too_few_like_them"
) -> list[dict[str, Any]]:
    """Of 320 courses with a first score 294 have a last one; 135 better, 22 worse."""
    return [
        {
            "instrument_id": instrument_id,
            "scale": "total",
            "respondent": "client",
            "outcome": outcome,
            "shift_sds": shift,
            "period_kind": "rolling_12m",
            "n_courses": 320,
            "n_paired": 294,
            "n_with_outcome": 135 if outcome == "improved" else 22,
            "imputed_rate": None if rate is None else shown,
            "imputed_rate_lower": None if rate is None else lower,
            "imputed_rate_upper": None if rate is None else upper,
            "n_imputations": 20,
            "rests_on": "first_score, ending, dose_doublings",
            "no_rate_reason": reason if rate is None else None,
        }
        for outcome in ("deteriorated", "improved")
        for shift, shown, lower, upper in SHIFTS
    ]


def test_measured_bounds_and_imputed_rates_stand_side_by_side() -> None:
    figures = Shown(tables={"pub_imputed_outcomes": [*rows("phq-9"), *rows("wsas", rate=None)]})
    found = imputed_part(context(figures, measures=(PHQ9, WSAS)))
    assert found is not None
    assert "filled in 20 times" in found.paragraphs[0]
    assert found.paragraphs[1] == (
        "PHQ-9: like them in the first score, how the course ended and how many sessions it had,"
        " as far as there are measured courses enough to tell."
    )
    assert found.paragraphs[2] == (
        "Nothing is filled in for WSAS: too few courses like those without a last score were"
        " measured."
    )
    assert "up to 0.50 spreads worse than is expected of them" in found.paragraphs[3]
    (table,) = found.tables
    assert [each.label for each in table.columns][-3:] == [
        "Filled in as expected",
        "Filled in, 0.25 spreads worse",
        "Filled in, 0.50 spreads worse",
    ]
    better, worse = [[cell.text.replace("\u00a0", " ") for cell in row.cells] for row in table.rows]
    # 135 / 294; 135 and 135 + 26 of 320.
    assert better == [
        "PHQ-9",
        "reliably better",
        "294 of 320",
        "46 %",
        "42–50 %",
        "46 %",
        "45 %",
        "43 %",
    ]
    assert worse[:5] == ["PHQ-9", "reliably worse", "294 of 320", "7 %", "7–15 %"]
    assert table.rows[0].cells[5].small.replace("\u00a0", " ") == "40–52 %"


def test_only_measures_whose_missing_are_unlike_the_measured_are_left_out_in_words() -> None:
    given = [*rows("phq-9"), *rows("wsas", rate=None, reason="too_few_pairs")]
    figures = Shown(tables={"pub_imputed_outcomes": given})
    found = imputed_part(context(figures, measures=(PHQ9, WSAS)))
    assert found is not None
    assert not any("Nothing is filled in" in each for each in found.paragraphs)


@pytest.mark.parametrize("tables", [{}, {"pub_imputed_outcomes": rows("phq-9", rate=None)}])
def test_without_an_imputed_rate_there_is_no_part(tables: dict[str, Any]) -> None:
    assert imputed_part(context(Shown(tables=tables), measures=(PHQ9,))) is None
