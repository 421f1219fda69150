"""What changed between two versions of a contract, how much it breaks, and honest version numbers."""

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.contracts.contract_diff import ContractDiff, compare, shape_of
from pipelines.contracts.mart_contracts import MART_CONTRACTS
from pipelines.contracts.odcs import CONTRACT_FOLDER
from tests.unit.contracts.contract_versions import RENEW, current, problems, recorded

CLIENTS = yaml.safe_load((CONTRACT_FOLDER / "clients.odcs.yaml").read_text(encoding="utf-8"))
STARTED = yaml.safe_load((MART_CONTRACTS / "mart_started.odcs.yaml").read_text(encoding="utf-8"))


def column(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in document["schema"][0]["properties"] if each["name"] == name)


def rule(document: dict[str, Any], column_name: str, rule_id: str) -> dict[str, Any]:
    return next(each for each in column(document, column_name)["quality"] if each["id"] == rule_id)


def changed(document: dict[str, Any], change: Any) -> ContractDiff:
    new = copy.deepcopy(document)
    change(new)
    return compare(shape_of(document), shape_of(new))


def drop_column(document: dict[str, Any]) -> None:
    document["schema"][0]["properties"].remove(column(document, "language"))


def add_column(document: dict[str, Any]) -> None:
    document["schema"][0]["properties"].append({**column(document, "language"), "name": "nation"})


def drop_rule(document: dict[str, Any]) -> None:
    column(document, "sex")["quality"].clear()


def widen(document: dict[str, Any]) -> None:
    rule(document, "sex", "allowed")["arguments"]["validValues"].append("intersex")


def narrow(document: dict[str, Any]) -> None:
    rule(document, "sex", "allowed")["arguments"]["validValues"].remove("other")


@pytest.mark.parametrize(
    ("change", "level", "said"),
    [
        (drop_column, "major", "language: the column is gone"),
        (add_column, "minor", "nation: a new column"),
        (drop_rule, "major", "sex.allowed: the rule is gone"),
        (widen, "minor", "sex: also allowed: intersex"),
        (narrow, "major", "sex: no longer allowed: other"),
        (
            lambda new: column(new, "state").update(required=True),
            "major",
            "state: must have a value now",
        ),
        (
            lambda new: column(new, "registered_on").update(required=False),
            "minor",
            "registered_on: may be empty now",
        ),
        (
            lambda new: column(new, "birth_date").update(physicalType="TIMESTAMP"),
            "major",
            "birth_date: type from DATE to TIMESTAMP",
        ),
        (
            lambda new: rule(new, "birth_date", "type").update(severity="warning"),
            "minor",
            "birth_date.type: severity from error to warning",
        ),
        (
            lambda new: rule(new, "birth_date", "not_before_1900")["implementation"].update(
                sql="birth_date < date '1910-01-01'"
            ),
            "major",
            "birth_date.not_before_1900: the rule is another one under its old name",
        ),
        (
            lambda new: rule(new, "sex", "allowed").update(mustBeLessOrEqualTo=2),
            "minor",
            "sex.allowed: tolerated per cent from 1 to 2",
        ),
        (
            lambda new: new["schema"][0]["quality"][-1]["implementation"].update(
                mustBeLessOrEqualTo=10
            ),
            "major",
            "quarantined: tolerated per cent from 20 to 10",
        ),
        (
            lambda new: column(new, "sex").update(description="Another word."),
            "patch",
            "clients: its words changed",
        ),
    ],
)
def test_each_change_of_a_delivered_table_says_how_much_it_breaks(
    change: Any, level: str, said: str
) -> None:
    found = changed(CLIENTS, change)
    assert found.level == level
    assert said in [f"{each.where}: {each.what}" for each in found.changes]


def test_to_say_how_a_rule_is_judged_is_words_and_to_say_it_otherwise_is_another_rule() -> None:
    said = yaml.safe_load((CONTRACT_FOLDER / "attendances.odcs.yaml").read_text(encoding="utf-8"))
    left_to_code, otherwise = copy.deepcopy(said), copy.deepcopy(said)
    for document, change in ((left_to_code, None), (otherwise, "r.status = 'no_show'")):
        (implementation,) = (
            each["implementation"]
            for each in document["schema"][0]["quality"]
            if each["id"] == "member_on_day"
        )
        implementation.pop("sql")
        if change is None:
            for name in ("join", "needs"):
                del implementation[name]
        else:
            implementation["sql"] = change
    assert compare(shape_of(left_to_code), shape_of(said)).level == "patch"
    assert compare(shape_of(said), shape_of(otherwise)).level == "major"


def test_for_readers_of_a_mart_it_is_the_weaker_promise_that_breaks() -> None:
    def weaken(new: dict[str, Any]) -> None:
        column(new, "level")["required"] = False

    def strengthen(new: dict[str, Any]) -> None:
        column(new, "period_end_on")["required"] = True

    assert changed(STARTED, weaken).level == "major"
    assert changed(STARTED, strengthen).level == "minor"


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        ("2.0.0", "a minor change since 2.0.0 needs version 2.1.0 or later"),
        ("2.0.1", "a minor change since 2.0.0 needs version 2.1.0 or later"),
        ("2.1.0", ""),
        ("3.0.0", ""),
    ],
)
def test_a_version_number_must_fit_what_changed(version: str, problem: str) -> None:
    def change(new: dict[str, Any]) -> None:
        add_column(new)
        new["version"] = version

    assert changed({**CLIENTS, "version": "2.0.0"}, change).problem == problem


def test_another_version_of_the_same_content_is_told() -> None:
    assert "same content" in changed(CLIENTS, lambda new: new.update(version="9.9.9")).problem
    assert changed(CLIENTS, lambda new: None).problem == ""


def test_every_contract_has_an_honest_version() -> None:
    before, now = recorded(), current()
    assert problems(before, now) == {}
    # Written with JSON in between, as the recorded ones are.
    assert json.loads(json.dumps(now)) == before, f"versions fit; now run {RENEW}"


def test_the_command_tells_differences_of_folders_and_fails_on_a_dishonest_version(
    tmp_path: Path,
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
        for name in ("clients", "consents", "goals"):
            shutil.copy(CONTRACT_FOLDER / f"{name}.odcs.yaml", folder)
    (old / "consents.odcs.yaml").unlink()
    (new / "goals.odcs.yaml").unlink()
    same = CliRunner().invoke(main, ["contract", "diff", str(old), str(old)])
    assert (same.exit_code, same.output) == (0, "Nothing changed.\n")
    path = new / "clients.odcs.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("other, unknown]", "unknown]", 1))
    told = CliRunner().invoke(main, ["contract", "diff", str(old), str(new)])
    assert told.exit_code == 1
    assert "goals: the contract is gone, which is breaking" in told.output
    assert "consents: a new contract" in told.output
    assert "major  sex: no longer allowed: other" in told.output
    assert "what to do: a major change" in told.output
    as_json = CliRunner().invoke(main, ["contract", "diff", str(old), str(new), "--json"])
    assert json.loads(as_json.output)["contracts"][0]["level"] == "major"


def test_what_is_no_contract_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "x.odcs.yaml").write_text("name: x\n", encoding="utf-8")
    clients = str(CONTRACT_FOLDER / "clients.odcs.yaml")
    told = CliRunner().invoke(main, ["contract", "diff", str(tmp_path / "x.odcs.yaml"), clients])
    assert told.exit_code == 1
    assert "x.odcs.yaml" in told.output
    assert "an ODCS contract of one table" in told.output
    mixed = CliRunner().invoke(main, ["contract", "diff", str(tmp_path), clients])
    assert mixed.exit_code == 2
