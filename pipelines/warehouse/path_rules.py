"""Rules about the path through a course, as the table `ref_path_rules`.

What belongs here: reading `data_contracts/path_rules.yaml`, so that SQL holds no constant of these
rules and a page can print each with its source. What a rule means is written once, in `sql/`.
"""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.errors import ContractError
from pipelines.yaml_files import load_yaml

PATH_RULES_FILE = Path(__file__).parents[2] / "data_contracts" / "path_rules.yaml"
STATUSES = ("verified", "design", "unverified")

_SCHEMA = {
    "rule_id": pl.String,
    "parameter": pl.String,
    # What the value is for: an instrument, degrees of freedom; empty where there is one value.
    "argument": pl.String,
    "rule_version": pl.String,
    "value": pl.Decimal(9, 4),
    "unit": pl.String,
    "meaning": pl.String,
    "rule_meaning": pl.String,
    "is_active": pl.Boolean,
    "status": pl.String,
    "source": pl.String,
}
_KEY = ["rule_id", "parameter", "argument"]
_RULE_FIELDS = {"rule_id", "version", "meaning", "source", "status", "parameters"}
_PARAMETER_FIELDS = {"parameter", "value", "unit", "meaning"}


@cache
def path_rules(path: Path = PATH_RULES_FILE) -> pl.DataFrame:
    """`ref_path_rules`: every figure of every rule, with whether it is in force.

    Shape:  one row per rule, parameter and argument, in the order of that key.
    Raises: ContractError naming everything that is wrong with the file.
    """
    content = load_yaml(path)
    problems = _problems(content)
    if problems:
        raise ContractError(
            "The rules about the path through a course are wrong.",
            where=path.name,
            expected="rules with version, meaning, source, status and parameters",
            found="; ".join(problems),
            todo="correct the file",
        )
    rows = [_row(rule, parameter) for rule in content for parameter in rule["parameters"]]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row").sort(_KEY)


def rule_value(rule_id: str, parameter: str) -> Decimal:
    """One figure of a rule that has it once, for the sentence that explains the rule."""
    rows = path_rules().filter((pl.col("rule_id") == rule_id) & (pl.col("parameter") == parameter))
    return rows["value"].item()


def _row(rule: dict[str, Any], parameter: dict[str, Any]) -> dict[str, Any]:
    return {
        "rule_id": rule["rule_id"],
        "parameter": parameter["parameter"],
        "argument": parameter.get("argument", ""),
        "rule_version": rule["version"],
        "value": Decimal(str(parameter["value"])),
        "unit": parameter["unit"],
        "meaning": parameter["meaning"],
        "rule_meaning": rule["meaning"],
        "is_active": rule["status"] != "unverified",
        "status": rule["status"],
        "source": rule["source"],
    }


def _problems(content: Any) -> list[str]:
    if not isinstance(content, list):
        return ["the file holds no list of rules"]
    problems: list[str] = []
    seen: set[tuple[str, str, str]] = set()
    for rule in content:
        if not isinstance(rule, dict) or _RULE_FIELDS - set(rule):
            problems.append("a rule lacks one of " + ", ".join(sorted(_RULE_FIELDS)))
            continue
        name = rule["rule_id"]
        if rule["status"] not in STATUSES:
            problems.append(f"{name}: the status is none of {', '.join(STATUSES)}")
        for parameter in rule["parameters"]:
            if _PARAMETER_FIELDS - set(parameter):
                missing = ", ".join(sorted(_PARAMETER_FIELDS - set(parameter)))
                problems.append(f"{name}: a parameter lacks {missing}")
                continue
            key = (name, parameter["parameter"], parameter.get("argument", ""))
            if key in seen:
                problems.append(f"{name}: {' '.join(key[1:]).strip()} is there twice")
            seen.add(key)
            if isinstance(parameter["value"], bool) or not isinstance(
                parameter["value"], int | float
            ):
                problems.append(f"{name}: {parameter['parameter']} is not a number")
    return problems
