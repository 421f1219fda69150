"""Claims about outcomes, as the table `ref_claims`.

What belongs here: reading `data_contracts/claims/` and refusing a claim that cannot be an honest
one. What was found, and whether a claim may be published, is in `sql/marts/mart_claims.sql`.
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from pipelines.errors import ContractError

CLAIMS_FOLDER = Path(__file__).parents[2] / "data_contracts" / "claims"
STANDARD_FILE = "standard.yaml"
LEVELS = ("clinic", "programme")
KINDS = ("reliable_improvement", "rating", "recovery")
MOMENTS = ("day", "end")
# The word has a meaning in statistics, and a rating has no such rule.
_LOOSE_WORD, _STRICT_KINDS = "significant", ("reliable_improvement", "recovery")

_POINTS = pl.Decimal(9, 4)
_SCHEMA = {
    "claim_id": pl.String,
    "claim_version": pl.String,
    "set_on": pl.Date,
    "says": pl.String,
    "claimed_rate": _POINTS,
    "levels": pl.List(pl.String),
    # Null: all of them.
    "tracks": pl.List(pl.String),
    "modalities": pl.List(pl.String),
    "rule_kind": pl.String,
    "instrument_id": pl.String,
    "scale": pl.String,
    "respondent": pl.String,
    "worse_from_points": _POINTS,
    "measured_at": pl.String,
    "after_days": pl.Int32,
    "tolerance_days": pl.Int32,
    "minimum_pairs": pl.Int32,
    "minimum_pair_rate": _POINTS,
    "population_words": pl.String,
    "measure_words": pl.String,
    "met_words": pl.String,
    "worse_words": pl.String,
    "sentence": pl.String,
    "sentence_bounds_first": pl.String,
    "standard_version": pl.String,
    "source": pl.String,
}
_FIELDS = {
    *("claim_id", "version", "set_on", "says", "claimed_share", "levels", "population"),
    *("rule", "measured", "source"),
}
_PARTS = {
    "population": {"tracks", "modalities", "words"},
    "rule": {"kind", "instrument_id", "scale", "respondent", "met_words", "worse_words"},
    "measured": {"at", "after_days", "words"},
}
_OPTIONAL = {"rule": {"worse_from_points"}, "measured": {"tolerance_days"}}


@cache
def claims(folder: Path = CLAIMS_FOLDER) -> pl.DataFrame:
    """`ref_claims`: every claim with the standard that it has to meet.

    Shape:  one row per claim, in the order of `claim_id`.
    Units:  `claimed_rate` and `minimum_pair_rate` are shares of 1, days are days.
    Raises: ContractError naming every problem of every file at once.
    """
    standard = yaml.safe_load((folder / STANDARD_FILE).read_text(encoding="utf-8"))
    problems: list[str] = []
    rows = []
    for path in sorted(folder.glob("*.yaml")):
        if path.name == STANDARD_FILE:
            continue
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = [f"{path.name}: {problem}" for problem in _problems(content, path.stem)]
        problems += found
        if not found:
            rows.append(_row(content, standard))
    if problems:
        raise ContractError(
            "A claim cannot be used.",
            where="data_contracts/claims",
            expected="one file per claim, as claim.schema.json describes",
            found="; ".join(problems),
            todo="correct the files; no claim is judged until then",
        )
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row").sort("claim_id")


def _problems(content: Any, file_name: str) -> list[str]:
    if not isinstance(content, dict):
        return ["the file holds no keys"]
    problems = list(_wrong_fields(content, "", _FIELDS, set()))
    for part, fields in _PARTS.items():
        if isinstance(content.get(part), dict):
            problems += _wrong_fields(content[part], f"{part}.", fields, _OPTIONAL.get(part, set()))
        elif part in content:
            problems.append(f"{part} holds no keys")
    if problems:
        return problems
    rule, measured = content["rule"], content["measured"]
    kind, moment = rule["kind"], measured["at"]
    if content["claim_id"] != file_name:
        problems.append("claim_id differs from the file's name")
    if kind not in KINDS:
        problems.append(f"rule.kind is none of {', '.join(KINDS)}")
    if moment not in MOMENTS:
        problems.append(f"measured.at is neither {' nor '.join(MOMENTS)}")
    share = content["claimed_share"]
    if not isinstance(share, int | float) or not 0 < share <= 1:
        problems.append("claimed_share is no share of 1")
    unknown = sorted(set(content["levels"]) - set(LEVELS))
    if unknown or not content["levels"]:
        problems.append("levels may be clinic and programme only: a therapist is never named")
    if kind in ("rating", "recovery") and moment != "end":
        problems.append(f"a {kind} is measured at the end only")
    if (moment == "day") != ("tolerance_days" in measured):
        problems.append("tolerance_days belongs to a day, and only to one")
    if (kind == "rating") != ("worse_from_points" in rule):
        problems.append("worse_from_points belongs to a rating, and only to one")
    if _LOOSE_WORD in content["says"].lower() and kind not in _STRICT_KINDS:
        problems.append("says 'significant' without a reliable or clinical rule")
    return problems


def _wrong_fields(
    content: dict[str, Any], prefix: str, needed: set[str], optional: set[str]
) -> Iterable[str]:
    yield from (f"no {prefix}{name}" for name in sorted(needed - set(content)))
    yield from (f"unknown {prefix}{name}" for name in sorted(set(content) - needed - optional))


def _row(claim: dict[str, Any], standard: dict[str, Any]) -> dict[str, Any]:
    population, rule, measured = claim["population"], claim["rule"], claim["measured"]
    worse_from = rule.get("worse_from_points")
    return {
        "claim_id": claim["claim_id"],
        "claim_version": claim["version"],
        "set_on": claim["set_on"],
        "says": claim["says"],
        "claimed_rate": Decimal(str(claim["claimed_share"])),
        "levels": claim["levels"],
        "tracks": population["tracks"] or None,
        "modalities": population["modalities"] or None,
        "rule_kind": rule["kind"],
        "instrument_id": rule["instrument_id"],
        "scale": rule["scale"],
        "respondent": rule["respondent"],
        "worse_from_points": None if worse_from is None else Decimal(str(worse_from)),
        "measured_at": measured["at"],
        "after_days": measured["after_days"],
        "tolerance_days": measured.get("tolerance_days", 0),
        "minimum_pairs": standard["minimum_pairs"],
        "minimum_pair_rate": Decimal(str(standard["minimum_pair_rate"])),
        "population_words": population["words"],
        "measure_words": measured["words"],
        "met_words": rule["met_words"],
        "worse_words": rule["worse_words"],
        "sentence": _with_fixed(standard["sentence"], standard),
        "sentence_bounds_first": _with_fixed(standard["sentence_bounds_first"], standard),
        "standard_version": standard["version"],
        "source": claim["source"],
    }


def _with_fixed(sentence: str, standard: dict[str, Any]) -> str:
    return sentence.replace("{fixed}", standard["fixed"])
