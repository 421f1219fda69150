"""Claims about outcomes, as the table `ref_claims`.

What belongs here: reading the claims of a clinic (the folder `claims/` of its home) or, where it
has none, the ones of `data_contracts/claims/`, and refusing a claim that cannot be an honest one.
What was found, and whether it may be published, is in `sql/marts/mart_claims.sql`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from pipelines.contracts.odcs import load_contracts
from pipelines.errors import ContractError, SettingsError
from pipelines.home import claim_files
from pipelines.instruments.catalogue import load_catalogue
from pipelines.instruments.programme_rules import programme_rule_tables
from pipelines.yaml_files import load_yaml, yaml_line, yaml_problem

CLAIMS_FOLDER = Path(__file__).parents[2] / "data_contracts" / "claims"
STANDARD_FILE = "standard.yaml"
SCHEMA_FILE = "claim.schema.json"
# The word has a meaning in statistics, and a rating has no such rule.
_LOOSE_WORD, _STRICT_KINDS = "significant", ("reliable_improvement", "recovery")
_PURPOSES = {"reliable_improvement": "outcome", "recovery": "outcome", "rating": "verdict"}
# What a claim's own share and days say is filled in, never written: it could be written otherwise.
_WRITTEN_FIGURES = (
    (r"\d\s*(%|per\s?cent)", "a share is written as {claimed_percent}"),
    (
        r"\b(half|third|quarters?|most|majority|(nearly |almost )?all|every(one|body)?) of\b",
        "a share is written as {claimed_percent}",
    ),
    (r"\bweeks?\s+\d|\d\s+(day|week|month|year)s?\b", "weeks are written as {after_weeks}"),
)

_NAME = re.compile(r"\{[^{}]*\}")

_POINTS = pl.Decimal(9, 4)
_SCHEMA = {
    "claim_id": pl.String,
    "claim_version": pl.String,
    # Null: nobody has fixed it for this clinic.
    "set_on": pl.Date,
    "says": pl.String,
    "claimed_rate": _POINTS,
    "period_kind": pl.String,
    "levels": pl.List(pl.String),
    # Null: all of them.
    "tracks": pl.List(pl.String),
    "modalities": pl.List(pl.String),
    "rule_kind": pl.String,
    "instrument_id": pl.String,
    "scale": pl.String,
    "respondent": pl.String,
    "measured_at": pl.String,
    "after_days": pl.Int32,
    "tolerance_days": pl.Int32,
    # Null: whenever in the course it was given.
    "look_back_days": pl.Int32,
    "minimum_pairs": pl.Int32,
    "minimum_pair_rate": _POINTS,
    "public_design_effect": _POINTS,
    "population_words": pl.String,
    "due_words": pl.String,
    "measure_words": pl.String,
    "met_words": pl.String,
    "worse_words": pl.String,
    "sentence": pl.String,
    "sentence_bounds_first": pl.String,
    "standard_version": pl.String,
    "standard_source": pl.String,
    "source": pl.String,
}


def claims(own: Path | None = None) -> pl.DataFrame:
    """`ref_claims`: every claim with the standard that it has to meet.

    `own` is the clinic's folder of claims: with any in it, those alone are judged. The ones of this
    project have no day on which a clinic fixed them, so that nothing is published by them.

    Shape:  one row per claim, in the order of `claim_id`.
    Units:  `claimed_rate` and `minimum_pair_rate` are shares of 1, days are days.
    Raises: SettingsError for a file of the clinic's, else ContractError: every problem of every
            file at once.
    """
    standard = load_yaml(CLAIMS_FOLDER / STANDARD_FILE)
    files = claim_files(own) if own is not None else []
    problems: list[str] = []
    rows = []
    for path in files or shipped_claims():
        content, found = _read(path)
        # What a file means cannot be judged while its shape is wrong.
        found = found or list(_schema_problems(content, is_set=bool(files)))
        if not found:
            found = [*_meaning_problems(content, path.stem), *_word_problems(content, standard)]
        problems += [f"{path.name}: {problem}" for problem in found]
        if not found:
            rows.append(_row(content, standard))
    if problems:
        raise (SettingsError if files else ContractError)(
            "A claim cannot be used.",
            where=str(own) if files else "data_contracts/claims",
            expected=f"one file per claim, as data_contracts/claims/{SCHEMA_FILE} describes",
            found="; ".join(problems),
            todo="correct the files; no claim is judged until then",
        )
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row").sort("claim_id")


def shipped_claims() -> list[Path]:
    """The claims of this project, for a clinic to take over with a day of its own."""
    return [path for path in claim_files(CLAIMS_FOLDER) if path.name != STANDARD_FILE]


def _read(path: Path) -> tuple[Any, list[str]]:
    """What a file says, and what kept it from being read."""
    try:
        content = load_yaml(path)
    except yaml.YAMLError as error:
        line = yaml_line(error)
        return None, [yaml_problem(error) + (f", line {line}" if line else "")]
    if isinstance(content, dict) and isinstance(content.get("set_on"), date):
        content["set_on"] = content["set_on"].isoformat()
    return content, []


def _schema_problems(content: Any, *, is_set: bool) -> Iterator[str]:
    # Takes a while to import, and most of what reads this package judges no claim.
    from jsonschema import Draft202012Validator

    schema = json.loads((CLAIMS_FOLDER / SCHEMA_FILE).read_text(encoding="utf-8"))
    errors = Draft202012Validator(schema).iter_errors(content)
    for error in sorted(errors, key=lambda error: list(map(str, error.absolute_path))):
        place = ".".join(map(str, error.absolute_path)) or "the file"
        yield f"{place}: {error.message}"
    if is_set and isinstance(content, dict) and "set_on" not in content:
        yield "the file: 'set_on' is missing, the day on which the clinic fixed the claim"


def _meaning_problems(claim: Mapping[str, Any], file_name: str) -> Iterator[str]:
    rule, measured = claim["rule"], claim["measured"]
    kind, moment = rule["kind"], measured["at"]
    if claim["claim_id"] != file_name:
        yield "claim_id differs from the file's name"
    if "set_on" in claim and not _is_day(claim["set_on"]):
        yield "set_on is no day"
    if (Decimal(str(claim["claimed_share"])) * 100) % 1:
        yield "claimed_share is not in whole per cent"
    if kind in ("rating", "recovery") and moment != "end":
        yield f"a {kind} is measured at the end only"
    if measured.get("tolerance_days", 0) * 2 > measured["after_days"]:
        yield "tolerance_days are more than half of after_days"
    if (kind == "rating") != ("look_back_days" in measured):
        yield "look_back_days belong to a rating, and only to one"
    known = load_contracts()["programmes"].column("track").allowed
    if unknown := sorted(set(claim["population"]["tracks"]) - set(known)):
        yield f"no programme has the track {', '.join(unknown)}; known: {', '.join(sorted(known))}"
    yield from _measure_problems(rule)


def _measure_problems(rule: Mapping[str, Any]) -> Iterator[str]:
    instrument = load_catalogue().instruments.get(rule["instrument_id"])
    if instrument is None:
        yield f"{rule['instrument_id']} is no instrument of the catalogue"
        return
    if instrument.purpose != _PURPOSES[rule["kind"]]:
        yield f"a {rule['kind']} needs an instrument of purpose {_PURPOSES[rule['kind']]}"
    if rule["scale"] not in {scale.scale for scale in instrument.scales}:
        yield f"{rule['instrument_id']} has no scale {rule['scale']}"
    if rule["kind"] == "recovery":
        (first,) = programme_rule_tables()["ref_recovery_pairs"]["first_instrument_id"].unique()
        if (rule["instrument_id"], rule["scale"], rule["respondent"]) != (first, "total", "client"):
            yield f"a recovery is told of {first}, total, client: the first measure of its pair"


def _word_problems(claim: Mapping[str, Any], standard: Mapping[str, Any]) -> Iterator[str]:
    words = {
        "says": claim["says"],
        "population.words": claim["population"]["words"],
        "rule.met_words": claim["rule"]["met_words"],
        "rule.worse_words": claim["rule"]["worse_words"],
        "measured.words": claim["measured"]["words"],
        "measured.due_words": claim["measured"]["due_words"],
    }
    for place, text in words.items():
        for begin in standard["forbidden_words"]:
            if re.search(rf"\b{re.escape(begin)}", text, re.IGNORECASE):
                yield f"{place} uses a forbidden word: {begin}"
        if _LOOSE_WORD in text.lower() and claim["rule"]["kind"] not in _STRICT_KINDS:
            yield f"{place} says 'significant' without a reliable or clinical rule"
        for pattern, todo in _WRITTEN_FIGURES:
            if re.search(pattern, text, re.IGNORECASE):
                yield f"{place} writes a figure of its own: {todo}"
        yield from _name_problems(claim, place, text)
        if "{after_weeks}" in text and claim["measured"]["after_days"] % 7:
            yield f"{place} speaks of weeks, and after_days are no whole weeks"
    if "{claimed_percent}" not in claim["says"]:
        yield "says does not name its share: {claimed_percent}"


def _name_problems(claim: Mapping[str, Any], place: str, text: str) -> Iterator[str]:
    """A name between braces that nothing fills in would be published as it stands."""
    known = {"{claimed_percent}", "{after_weeks}"}
    if "look_back_days" in claim["measured"]:
        known.add("{look_back_weeks}")
    # The points are those of the rule in force, and are put into the sentence that may be said.
    if place != "says":
        known.add("{points}")
    if claim["rule"]["kind"] == "recovery" and place == "measured.due_words":
        known.add("{n_below_threshold}")
    for name in sorted(set(_NAME.findall(text)) - known):
        yield f"{place} has {name}, which nothing fills in; known: {', '.join(sorted(known))}"
    if re.search(r"[{}]", _NAME.sub("", text)):
        yield f"{place} has a brace that opens or closes nothing"


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _row(claim: Mapping[str, Any], standard: Mapping[str, Any]) -> dict[str, Any]:
    population, rule, measured = claim["population"], claim["rule"], claim["measured"]
    figures = {
        "{claimed_percent}": f"{Decimal(str(claim['claimed_share'])) * 100:f}".split(".")[0],
        "{after_weeks}": str(measured["after_days"] // 7),
        "{look_back_weeks}": str(measured.get("look_back_days", 0) // 7),
    }
    return {
        "claim_id": claim["claim_id"],
        "claim_version": claim["version"],
        "set_on": date.fromisoformat(claim["set_on"]) if "set_on" in claim else None,
        "says": _filled(claim["says"], figures),
        "claimed_rate": Decimal(str(claim["claimed_share"])),
        "period_kind": claim["period_kind"],
        "levels": claim["levels"],
        "tracks": population["tracks"] or None,
        "modalities": population["modalities"] or None,
        "rule_kind": rule["kind"],
        "instrument_id": rule["instrument_id"],
        "scale": rule["scale"],
        "respondent": rule["respondent"],
        "measured_at": measured["at"],
        "after_days": measured["after_days"],
        "tolerance_days": measured.get("tolerance_days", 0),
        "look_back_days": measured.get("look_back_days"),
        "minimum_pairs": standard["minimum_pairs"],
        "minimum_pair_rate": Decimal(str(standard["minimum_pair_rate"])),
        "public_design_effect": Decimal(str(standard["public_design_effect"])),
        "population_words": _filled(population["words"], figures),
        "due_words": _filled(measured["due_words"], figures),
        "measure_words": _filled(measured["words"], figures),
        "met_words": _filled(rule["met_words"], figures),
        "worse_words": _filled(rule["worse_words"], figures),
        "sentence": standard["sentence"].replace("{fixed}", standard["fixed"]),
        "sentence_bounds_first": standard["sentence_bounds_first"].replace(
            "{fixed}", standard["fixed"]
        ),
        "standard_version": standard["version"],
        "standard_source": standard["source"],
        "source": claim["source"],
    }


def _filled(text: str, figures: Mapping[str, str]) -> str:
    for name, figure in figures.items():
        text = text.replace(name, figure)
    return text
