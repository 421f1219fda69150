"""Disclosure policies: who may see which figures, as a table that the `pub_` models join.

A policy is a file of `data_contracts/disclosure/`. What belongs here is reading and judging those
files; what they mean for a figure is written once, in `sql/published/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars

from pipelines.errors import ContractError, UsageError
from pipelines.governance_settings import PUBLIC_POLICY
from pipelines.yaml_files import load_yaml

POLICY_FOLDER = Path(__file__).parents[3] / "data_contracts" / "disclosure"
DIRECTOR_POLICY = "internal"
THERAPIST_POLICY = "therapist"
AUDITOR_POLICY = "auditor"
DEFAULT_PUBLIC_POLICY = PUBLIC_POLICY
LEVELS = ("clinic", "programme", "therapist", "group", "stratum")
DIRECTOR = "director"
AUDITOR = "auditor"
PUBLIC = "public"
THERAPIST = "therapist"
# The marts' levels over the clients who agreed to public reporting → what they are published as.
PUBLIC_LEVELS = {"public_clinic": "clinic", "public_programme": "programme"}
# The tables that the public may see; all others count everybody, or one person in several rows, so
# that one of them could be subtracted from another.
PUBLIC_TABLES = ("pub_counts", "pub_statements", "pub_subjects")
# Of each the periods, which may not overlap: a window that moves gives away its two ends.
PUBLIC_PERIODS = ("year", "all")
# A run is that of a therapy group, from its first day on.
PERIOD_KINDS = ("month", "quarter", "year", "rolling_12m", "run", "all")

_SCHEMA = {
    "audience": polars.String,
    "table_name": polars.String,
    "level": polars.String,
    "mart_level": polars.String,
    "period_kind": polars.String,
    "policy_id": polars.String,
    "policy_version": polars.String,
    "minimum_count": polars.Int32,
    "hide_zero": polars.Boolean,
    "hide_complements": polars.Boolean,
    "rounding_base": polars.Int32,
    "total_rounding_base": polars.Int32,
    "share_decimals": polars.Int32,
    "points_decimals": polars.Int32,
    "minimum_pairs_for_rate": polars.Int32,
    "minimum_pairs_for_comparison": polars.Int32,
}
_NUMBERS = (
    "minimum_count",
    "rounding_base",
    "total_rounding_base",
    "minimum_pairs_for_rate",
    "minimum_pairs_for_comparison",
)
_SWITCHES = ("hide_zero", "hide_complements")


@dataclass(frozen=True)
class Policy:
    """One policy file.

    `minimum_count`: smallest count above zero that is shown; `rounding_base`: what counts are
    rounded to, `total_rounding_base`: sums of which a part is hidden; `shows`: table → level →
    period kinds; `share_decimals`, `points_decimals`: decimals kept, None for all.
    """

    policy_id: str
    version: str
    title: str
    source: str
    audiences: tuple[str, ...]
    minimum_count: int
    hide_zero: bool
    hide_complements: bool
    rounding_base: int
    total_rounding_base: int
    share_decimals: int | None
    points_decimals: int | None
    minimum_pairs_for_rate: int
    minimum_pairs_for_comparison: int
    shows: Mapping[str, Mapping[str, tuple[str, ...]]]
    does_not_do: tuple[str, ...]


@cache
def load_policies() -> dict[str, Policy]:
    """All policies by their id.

    Raises: ContractError naming the file and everything that is wrong with it.
    """
    policies = [read_policy(path) for path in sorted(POLICY_FOLDER.glob("*.yaml"))]
    return {policy.policy_id: policy for policy in policies}


def read_policy(path: Path) -> Policy:
    """The policy in one file.

    Raises: ContractError naming the file and everything that is wrong with it.
    """
    content = load_yaml(path)
    problems = _problems(content, file_name=path.stem)
    if problems:
        raise ContractError(
            "A disclosure policy is wrong.",
            where=path.name,
            expected="every key of internal.yaml, with values of the same kind",
            found="; ".join(problems),
            todo="correct the file; nothing is published until then",
        )
    return Policy(
        **{key: value for key, value in content.items() if key not in _READ_APART},
        audiences=tuple(content["audiences"]),
        does_not_do=tuple(content["does_not_do"]),
        shows={
            table: {level: tuple(kinds) for level, kinds in levels.items()}
            for table, levels in content["shows"].items()
        },
    )


_READ_APART = ("audiences", "does_not_do", "shows")


def _problems(content: Any, *, file_name: str) -> list[str]:
    if not isinstance(content, dict):
        return ["the file holds no keys"]
    fields = set(Policy.__dataclass_fields__)
    problems = [f"no {key}" for key in sorted(fields - set(content))]
    problems += [f"unknown key {key}" for key in sorted(set(content) - fields)]
    if problems:
        return problems
    if content["policy_id"] != file_name:
        problems.append("policy_id differs from the file's name")
    problems += [
        f"{key} is not a number from 1 on"
        for key in _NUMBERS
        if not isinstance(content[key], int) or content[key] < 1
    ]
    problems += [
        f"{key} is not true or false" for key in _SWITCHES if not isinstance(content[key], bool)
    ]
    if not problems and content["minimum_pairs_for_comparison"] < content["minimum_pairs_for_rate"]:
        problems.append("minimum_pairs_for_comparison is below minimum_pairs_for_rate")
    is_public = PUBLIC in content["audiences"]
    for table, levels in content["shows"].items():
        problems += [
            f"{table}: unknown level {level}"
            for level in levels
            if level not in LEVELS and level not in PUBLIC_LEVELS
        ]
        if is_public and table not in PUBLIC_TABLES:
            problems.append(f"{table} is not for the public: it is about clients who did not agree")
        problems += [
            f"{table}: {level} is not for the public: it counts clients who did not agree"
            for level in levels
            if is_public and level in LEVELS
        ]
        problems += [
            f"{table}: {level} is for the public alone"
            for level in levels
            if not is_public and level in PUBLIC_LEVELS
        ]
        problems += [
            f"{table}, {level}: unknown period kind {kind}"
            for level, kinds in levels.items()
            for kind in kinds
            if kind not in PERIOD_KINDS
        ]
        problems += [
            f"{table}, {level}: {kind} overlaps with other periods that the public sees"
            for level, kinds in levels.items()
            for kind in kinds
            if is_public and kind in PERIOD_KINDS and kind not in PUBLIC_PERIODS
        ]
    return problems


def audience_policies(public_policy: str = DEFAULT_PUBLIC_POLICY) -> dict[str, Policy]:
    """The policy of each audience that gets a report.

    Raises: UsageError when no policy of that name is for the public.
    """
    policies = load_policies()
    names = sorted(name for name, policy in policies.items() if PUBLIC in policy.audiences)
    if public_policy not in names:
        raise UsageError(
            "No disclosure policy of that name is for the public.",
            where="clinic.toml, [public] policy",
            expected=" or ".join(names),
            found=public_policy,
            todo="name one of these",
        )
    return {
        DIRECTOR: policies[DIRECTOR_POLICY],
        THERAPIST: policies[THERAPIST_POLICY],
        AUDITOR: policies[AUDITOR_POLICY],
        PUBLIC: policies[public_policy],
    }


def policy_table(*, public_policy: str = DEFAULT_PUBLIC_POLICY) -> polars.DataFrame:
    """`ref_disclosure_policies`: what each audience may see and how exactly.

    Shape:  one row per audience, published table, level and period kind; what has no row is not
            shown at all. `mart_level` is the level of the mart whose rows are shown as `level`.
    """
    rows = [
        {
            "audience": audience,
            "table_name": table,
            "level": PUBLIC_LEVELS.get(level, level),
            "mart_level": level,
            "period_kind": kind,
            "policy_version": policy.version,
            **{
                column: getattr(policy, column)
                for column in _SCHEMA
                if column in Policy.__dataclass_fields__
            },
        }
        for audience, policy in audience_policies(public_policy).items()
        for table, levels in policy.shows.items()
        for level, kinds in levels.items()
        for kind in kinds
    ]
    table = polars.DataFrame(rows, schema=_SCHEMA, orient="row")
    return table.sort("audience", "table_name", "level", "period_kind")
