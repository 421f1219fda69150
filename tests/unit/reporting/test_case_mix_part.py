"""How well the models of the comparison tell, and why one was refused."""

import pytest

from pipelines.comparison_settings import COVARIATES, FIRST_SCORE
from pipelines.reporting.sections.case_mix_part import case_mix_part
from tests.unit.reporting.compared_people import WORDS, People, context, model


def test_how_well_the_models_tell_is_said() -> None:
    figures = People(tables={"pub_case_mix": [model("improved"), model("points")]})
    found = case_mix_part(context(figures))
    assert found is not None
    (table,) = found.tables
    texts = [[cell.text.replace("\u00a0", " ") for cell in row.cells] for row in table.rows]
    told = "tells apart 71.4 % of pairs (a coin: 50 %)"
    assert texts == [
        ["PHQ-9", "reliably better", "1,713", told, "0.89"],
        ["PHQ-9", "points of change", "1,713", "21.2 % of the variation", "0.89"],
    ]
    assert table.note.startswith("Adjusted for: first score, sex and problem.")
    assert len(found.definitions) == 5


@pytest.mark.parametrize(
    "reason", ["too_few_cases", "too_few_events", "not_converged", "nothing_to_adjust_for"]
)
def test_a_refused_model_says_why(reason: str) -> None:
    none = dict.fromkeys(("auc", "r_squared", "calibration_slope"))
    row = model("improved", is_fitted=False, reason=reason, **none)
    found = case_mix_part(context(People(tables={"pub_case_mix": [row]})))
    assert found is not None
    cell = found.tables[0].rows[0].cells[3]
    assert (cell.reason, cell.text.startswith("no model: ")) == (reason, True)


def test_every_covariate_of_the_settings_has_a_name() -> None:
    for name in (FIRST_SCORE, *COVARIATES):
        assert WORDS.has(f"case_mix.covariate.{name}")


def test_without_a_model_row_there_is_no_part() -> None:
    assert case_mix_part(context(People())) is None
