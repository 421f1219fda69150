"""What `outcomes instrument check FILE` says of sound and of broken files."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.instruments import catalogue
from pipelines.instruments.catalogue import INSTRUMENTS_FOLDER, SHARED_FILES
from pipelines.instruments.file_check import InstrumentFindings, check_instrument_file

FILES = sorted(path for path in INSTRUMENTS_FOLDER.glob("*.yaml") if path.name not in SHARED_FILES)


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., InstrumentFindings]:
    """The findings about CORE-10 after a change to its text."""

    def check(*changes: tuple[str, str], name: str = "core10.yaml") -> InstrumentFindings:
        text = (INSTRUMENTS_FOLDER / "core10.yaml").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return check_instrument_file(path)

    return check


@pytest.mark.parametrize("path", FILES[::4], ids=lambda path: path.stem)
def test_the_catalogues_own_files_are_clean(path: Path) -> None:
    found = check_instrument_file(path)
    assert found.is_clean
    document = yaml.safe_load(path.read_bytes())
    assert (found.example is not None) is document["scoring"]["is_scored"]
    text = "\n".join(found.lines())
    assert ("It is not scored from answers" in text) is not document["scoring"]["is_scored"]


def test_the_example_is_drawn_with_its_reversed_items() -> None:
    lines = check_instrument_file(INSTRUMENTS_FOLDER / "core10.yaml").lines()
    assert [line.split() for line in lines[3:6]] == [
        ["item", "1", "2*", "3*", *(str(item) for item in range(4, 11))],
        ["answer", *"0123401234"],
        ["counts", *"0323401234"],
    ]
    assert "    total: 22 of 0 to 40 (sum of 10 items)" in lines
    assert "    caseness of total for client >= 11 (active); the form is a case" in lines
    assert any("not active: holds for nhs_cyp only" in line for line in lines)


def test_a_figure_that_is_active_and_not_computed_says_so() -> None:
    lines = check_instrument_file(INSTRUMENTS_FOLDER / "ybocs_sr.yaml").lines()
    (line,) = [line for line in lines if line.startswith("    response of total")]
    assert "(active, not computed: a response is counted among cases" in line


def test_many_items_take_several_rows() -> None:
    lines = check_instrument_file(INSTRUMENTS_FOLDER / "core_om.yaml").lines()
    assert sum(line.split()[0] == "item" for line in lines) == 2
    assert all(len(line) <= 100 for line in lines)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("direction: higher_worse", "direction: up"),
         "line 9, direction: expected one of higher_worse, higher_better, scale_specific"),
        (("purpose: outcome\n", ""), "line 3, the file: expected the field purpose"),
        (("form:\n", "form:\n  colour: red\n"), "form: expected no field colour"),
        (("n_items: 10", "n_items: ten"), "form.n_items: expected a whole number or null"),
        (("version: 2.0.1", "version: two"), "version: expected text like ^[0-9]+"),
        (("  n_items: 10", "  n_items: 0"), "form.n_items: expected 1 or more"),
        (("items: [2, 3]", "items: [2, 13]"), "names items [13], the form has items 1 to 10"),
        (("points: [0, 40]", "points: [0, 41]"), "has points 0 to 41, its items give 0 to 40"),
        (("loinc: null", "loinc: {}"),
         "loinc: expected null or the fields panel, total, items, status, source"),
        (("loinc: null", "loinc: {panel: null, total: 44261-6, items: [], status: verified,"
          " source: [made up]}"), "loinc code 44261-6 is one of phq9 already"),
        (("is_scored: true", "is_scored: false"), "expected the field not_scored_because"),
        (("max_missing: 1", "max_missing_in_form: 10"), "none might be left"),
        (("method: sum", "method: sum\n      parts: [totl]"), "scoring.scales[0].parts[0]:"
         " expected one of total, found totl"),
        (("points: 11", "points: .nan"), "thresholds[0].points: expected a number, found nan"),
        (("  points: [0, 4]", "  points: [0, 4]\n  items_that_differ: {one: {points: [0, 4]}}"),
         "form.items_that_differ.one: expected the number of an item, found one"),
        (("safety:", "safety: null\nsafety:"), "has safety twice"),
        (("    sd: 4.8", "    sd: 0"), "norms[0].sd: expected more than 0"),
        (("name: CORE-10", "name: ''"), "name: expected text, found none"),
        (("items: [2, 3]", "items: [2, 2]"), "form.reversed_items.items: expected"),
        (("  n_items: 10", "\tn_items: 10"), "line 12, the file: is not YAML (found character"),
        (("  n_items: 10", "  n_items: 2025-02-31"), "line 12, the file: holds a day or a number"),
        (("rule: raw >= 1", "rule: any yes"), "safety.rule: expected `raw >= N` or"),
    ],
)  # fmt: skip
def test_a_problem_has_its_place(
    checked: Callable[..., InstrumentFindings], change: tuple[str, str], found: str
) -> None:
    findings = checked(change)
    assert not findings.is_clean
    assert findings.example is None
    assert any(found in str(problem) for problem in findings.problems)


def test_all_problems_are_told_at_once(checked: Callable[..., InstrumentFindings]) -> None:
    findings = checked(("direction: higher_worse", "direction: up"), ("purpose: outcome", "why: x"))
    lines = findings.lines()
    assert lines[0].endswith("core10.yaml: 3 problems")
    assert "what to do" in lines[-1]


def test_what_is_missing_together_is_told_once(checked: Callable[..., InstrumentFindings]) -> None:
    findings = checked(("purpose: outcome\n", ""), ("licence:", "terms:"))
    told = [problem.text for problem in findings.problems]
    assert told.count("expected the field purpose, licence") == 1


def test_a_file_is_named_after_its_id(checked: Callable[..., InstrumentFindings]) -> None:
    (problem,) = checked(name="core_ten.yaml").problems
    assert problem.text == "the file is not named core10.yaml, after its id"


def test_what_is_not_scored_has_thresholds_for_its_delivered_totals() -> None:
    lines = check_instrument_file(INSTRUMENTS_FOLDER / "sias.yaml").lines()
    assert lines[-1] == "    caseness of total for client >= 34 (active)"


def test_what_is_no_utf_8_says_so(tmp_path: Path) -> None:
    path = tmp_path / "core10.yaml"
    path.write_bytes("name: Gr\u00f6\u00dfe\n".encode("latin-1"))
    (problem,) = check_instrument_file(path).problems
    assert problem.text == "is not text in UTF-8"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("phq9", "a form with an answer missing has no points on the scales of that item"),
        (
            "core10",
            "missing answers, up to 1 in total: the answers given are taken as the mean of all;"
            " with more there are no points",
        ),
        (
            "psc17",
            "missing answers, up to 3 in the form: each counts 0; with more there are no points",
        ),
        ("sdq", "missing answers, up to 2 in each part of total, 2 in emotional, 2 in conduct,"),
        ("sdq", "prosocial: 4 of 0 to 10 (sum of 5 items; higher is better)"),
    ],
)
def test_the_example_says_what_becomes_of_missing_answers_and_of_scales_that_run_otherwise(
    name: str, told: str
) -> None:
    lines = check_instrument_file(INSTRUMENTS_FOLDER / f"{name}.yaml").lines()
    assert told in " ".join(" ".join(lines).split())


def test_a_broken_file_of_the_catalogue_itself_is_told_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(INSTRUMENTS_FOLDER, folder)
    monkeypatch.setattr(catalogue, "INSTRUMENTS_FOLDER", folder)
    path = folder / "core10.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("points: 11\n", "points: 110\n", 1), encoding="utf-8")
    (problem,) = check_instrument_file(path).problems
    assert problem.text == "caseness of total has points 110, the scale goes from 0 to 40"


def test_what_is_no_yaml_says_so(checked: Callable[..., InstrumentFindings]) -> None:
    (problem,) = checked(("id: core10", "id: [")).problems
    assert "is not YAML" in problem.text
    assert problem.line is not None


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [(None, 0, "nothing is wrong"), (("id: core10", "id: core99"), 1, "1 problem")],
)
def test_the_command_prints_and_has_a_code(
    tmp_path: Path, change: tuple[str, str] | None, code: int, word: str
) -> None:
    path = tmp_path / "core10.yaml"
    text = (INSTRUMENTS_FOLDER / "core10.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace(*change) if change else text, encoding="utf-8")
    result = CliRunner().invoke(main, ["instrument", "check", str(path)])
    assert result.exit_code == code
    assert word in result.output


def test_the_command_speaks_json() -> None:
    path = INSTRUMENTS_FOLDER / "wsas.yaml"
    result = CliRunner().invoke(main, ["instrument", "check", str(path), "--json"])
    found: dict[str, Any] = yaml.safe_load(result.output)
    assert found["problems"] == []
    assert found["example"]["scores"] == {"total": 10.0}
