"""The rules about the path, and a file that cannot be used."""

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.errors import ContractError
from pipelines.instruments.catalogue import load_catalogue
from pipelines.warehouse.path_rules import path_rules, rule_value

RULE = """
- rule_id: example
  version: "1"
  meaning: An example
  source: nobody
  status: verified
  parameters:
    - {parameter: share, value: 0.5, unit: share, meaning: a part}
"""


def test_every_figure_has_its_source_and_unverified_ones_are_not_in_force() -> None:
    rows = path_rules().to_dicts()
    assert all(row["source"] and row["unit"] and row["meaning"] for row in rows)
    assert {row["rule_id"] for row in rows if not row["is_active"]} == {
        row["rule_id"] for row in rows if row["status"] == "unverified"
    }
    assert any(row["rule_id"] == "early_response" and not row["is_active"] for row in rows)
    assert rule_value("not_on_track", "by_session") == Decimal(4)


def test_the_published_figures_of_a_sudden_gain() -> None:
    found = {
        (row["parameter"], row["argument"]): row["value"]
        for row in path_rules().to_dicts()
        if row["rule_id"] == "sudden_gain"
    }
    assert found["critical_t", "4"] == Decimal("2.776")
    assert found["critical_t", "3"] == Decimal("3.182")
    assert found["critical_t", "2"] == Decimal("4.303")
    assert found["minimum_drop_share", ""] == Decimal("0.25")
    # Of the BDI alone; another form of it has a cut of its own, or its reliable change.
    cuts = {argument: value for (name, argument), value in found.items() if "points" in name}
    assert cuts == {"bdi": 7}
    assert "bdi" not in load_catalogue().instruments


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("rules: 3", "holds no list"),
        (RULE.replace("  source: nobody\n", ""), "a rule lacks one of"),
        (RULE.replace("verified", "certain"), "the status is none of"),
        (RULE.replace(", unit: share", ""), "a parameter lacks unit"),
        (RULE.replace("0.5", "half"), "share is not a number"),
        (RULE.replace("0.5", "true"), "share is not a number"),
        (RULE + RULE.splitlines()[-1] + "\n", "share is there twice"),
    ],
)
def test_a_wrong_file_is_named_with_its_problem(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ContractError, match="path through a course are wrong") as caught:
        path_rules(path)
    assert problem in caught.value.found
