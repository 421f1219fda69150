"""No questionnaire, diagnosis or cut-off is named in SQL or Python: they come from rule files."""

import ast
import re
from pathlib import Path

import pytest

from pipelines.instruments.catalogue import load_catalogue
from pipelines.warehouse.model_file import load_checks, load_models

# Goals are kinds of the export, and their scales share its words.
GOAL_KINDS = {"gas", "gbo"}
INSTRUMENTS = sorted(set(load_catalogue().instruments) - GOAL_KINDS)
FILES = {**load_models(), **load_checks()}
# Numbers that count, order or convert; a cut-off is none of them.
PLAIN_NUMBERS = {
    "0", "0.0", "1", "1.0", "2", "3", "4", "12", "100",
    # 95 % limits, of an effect size; Wilson's and t limits are functions.
    "1.96",
}  # fmt: skip
# Numbers of single models: tenths of a wait, steps of a histogram, the deviate of 95 % limits, days
# of a week, quartiles, months of a year, whole ten-thousandths, what a double may be off.
OWN_NUMBERS = {
    "int_comparison_cases": {"16"},
    # The order in which a report names the domains.
    "int_domain_voices": {str(position) for position in range(5, 14)},
    "int_episode_course": {"7", "10000", "140000"},
    "int_episode_paths": {"7"},
    # The T-score of goals is 50 where all are met as expected, and 10 wide, by its definition.
    "int_gas_scores": {"10", "50"},
    "int_period_months": {"11"},
    "int_reference_sds": {"10000"},
    "int_response_scores": {"0.000001", "0.5"},
    "int_reversed_items": {"10000"},
    "int_session_scores": {"7"},
    "int_session_steps": {"10000", "100000000"},
    "int_severity_lines": {"10000"},
    "mart_activity": {"5", "9", "10"},
    # Widths of a histogram and how many of them a picture has room for.
    "mart_change_distribution": {"0.25", "0.5", "5", "10", "20", "60"},
    "mart_dosage": {"10000"},
    "mart_equity": {"1.959964"},
    "mart_trajectories": {"7", "10000", "0.25", "0.5", "0.75"},
}


def code(name: str) -> str:
    """A model's query without comments, and with its types' lengths left out."""
    lines = (line.split("--")[0] for line in FILES[name].sql.splitlines())
    return re.sub(r"decimal\(\d+, ?\d+\)", "decimal", " ".join(lines))


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_model_names_a_questionnaire(name: str) -> None:
    texts = set(re.findall(r"'([^']*)'", code(name)))
    assert texts & set(INSTRUMENTS) == set()


@pytest.mark.parametrize("name", sorted(FILES))
def test_numbers_of_a_model_are_none_that_a_clinician_decides(name: str) -> None:
    without_texts = re.sub(r"'[^']*'", "''", code(name))
    numbers = set(re.findall(r"(?<![\w.$])\d+(?:\.\d+)?(?![\w.])", without_texts))
    assert numbers <= PLAIN_NUMBERS | OWN_NUMBERS.get(name, set())


PIPELINES = Path(__file__).parents[2] / "pipelines"
# Facts of a feed, and the kinds of goals that the catalogue has a rule for; the demo's clinic is
# invented with the questionnaires that it uses.
NAMED_IN_PYTHON = {
    "ingest/fhir/answers.py": {"phq9", "phq2", "gad7", "gad2", "audit", "audit_c"},
    "instruments/reference_tables.py": {"psychlops"},
}
ICD_10 = re.compile(r"[A-Z][0-9]{2}(\.[0-9A-Z]{1,4})?")


def test_no_module_names_a_questionnaire_or_a_diagnosis() -> None:
    found: dict[str, set[str]] = {}
    for path in sorted(PIPELINES.rglob("*.py")):
        place = path.relative_to(PIPELINES)
        if place.parts[0] == "demo":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                if text in INSTRUMENTS or ICD_10.fullmatch(text):
                    found.setdefault(place.as_posix(), set()).add(text)
    assert found == NAMED_IN_PYTHON


@pytest.mark.parametrize("path", sorted((PIPELINES.parent / "sql/functions").glob("*.sql")))
def test_no_function_names_a_questionnaire(path: Path) -> None:
    lines = (line.split("--")[0] for line in path.read_text(encoding="utf-8").splitlines())
    assert set(re.findall(r"'([^']*)'", " ".join(lines))) & set(INSTRUMENTS) == set()
