"""Rows of made-up clinics: defaults live here, so that a test shows only what matters."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

from tests.table_columns import DDL

Row = dict[str, Any]

DEFAULTS: dict[str, Row] = {
    "ref_instruments": {
        "name": "Questionnaire",
        "version": "1",
        "domain": "symptoms",
        "direction": "higher_worse",
        "is_scored": True,
        "purpose": "outcome",
    },
    "ref_instrument_scales": {
        "scale": "total",
        "method": "sum",
        "constant_points": 0,
        "prorate_max_missing": 0,
        "fill_method": "prorate_mean",
    },
    "ref_instrument_items": {
        "is_zero_allowed": True,
        "is_reversed": False,
        "has_own_values": False,
    },
    "ref_thresholds": {
        "scale": "total",
        "entry": 1,
        "op": ">=",
        "use": "default",
        "respondents": ["client"],
        "holds_for": "client",
        "is_active": True,
        "status": "verified",
        "source": "made up for tests",
    },
    "ref_clinic_thresholds": {
        "scale": "total",
        "respondent": "client",
        "source": "made up for tests",
        "decided_on": date(2025, 1, 1),
    },
    "ref_norms": {
        "scale": "total",
        "entry": 1,
        "label": "made-up people",
        "status": "verified",
        "source": "made up for tests",
        "is_default": True,
        "respondents": ["client"],
    },
    "ref_cutoffs": {"scale": "total", "respondent": "client", "source": "made up for tests"},
    "ref_reliabilities": {
        "scale": "total",
        "entry": 1,
        "kind": "test_retest",
        "status": "verified",
        "source": "made up for tests",
        "is_default": True,
        "respondents": ["client"],
    },
    "ref_goal_rules": {"source": "made up for tests"},
    "ref_claims": {
        "claim_version": "1",
        "set_on": date(2024, 1, 1),
        "says": "Half got better.",
        "claimed_rate": Decimal("0.5"),
        "period_kind": "month",
        "levels": ["clinic", "programme"],
        "rule_kind": "reliable_improvement",
        "instrument_id": "phq9",
        "scale": "total",
        "respondent": "client",
        "measured_at": "day",
        "after_days": 56,
        "tolerance_days": 14,
        "minimum_pairs": 1,
        "minimum_pair_rate": Decimal("0.7"),
        "public_design_effect": Decimal(2),
        "population_words": "everywhere",
        "due_words": "due",
        "measure_words": "a score",
        "met_words": "got better by {points}",
        "worse_words": "got worse",
        "sentence": "{n_met}/{n_measured}/{n_due}",
        "sentence_bounds_first": "{worst_percent}-{best_percent}",
        "standard_version": "1",
        "source": "made up for tests",
    },
    "ref_recovery_pairs": {
        "rule_id": "made_up",
        "rule_version": "1",
        "first_instrument_id": "phq9",
        "second_instrument_id": "gad7",
        "fallback_instrument_id": "gad7",
        "functioning_instrument_id": "wsas",
        "from_age_years": 18,
        "status": "verified",
        "source": "made up for tests",
    },
    "ref_wait_bands": {"status": "verified", "source": "made up for tests"},
    "ref_programme_standards": {
        "rule_id": "made_up",
        "op": ">=",
        "status": "verified",
        "source": "made up for tests",
    },
    "ref_child_measures": {
        "scale": "total",
        "rule_id": "made_up_children",
        "rule_version": "1",
        "below_age_years": 18,
        "status": "verified",
        "source": "made up for tests",
    },
    "ref_safety_items": {
        "is_active": True,
        "rule": "raw >= 2",
        "status": "verified",
        "source": "made up for tests",
    },
    "ref_score_tables": {"source": "made up for tests"},
    "ref_conventions": {"status": "verified", "source": "made up for tests"},
    "ref_outcome_rules": {
        "rule_id": "made_up",
        "rule_version": "1",
        "scale": "total",
        "respondent": "client",
        "source": "made up for tests",
        "status": "active",
    },
    "stg_programmes": {
        "name": "Programme",
        "track": "general",
        "modality": "individual",
        "licence_required": False,
        "instruments": [],
        "measure_every_sessions": 1,
    },
    "stg_groups": {
        "programme_id": "p1",
        "name": "Group",
        "lead_therapist_id": "t1",
        "capacity": 8,
        "enrolment": "open",
        "starts_on": date(2024, 1, 1),
    },
    "stg_episodes": {
        "client_id": "c1",
        "programme_id": "p1",
        "therapist_id": "t1",
        "referred_on": date(2025, 1, 1),
    },
    "stg_memberships": {
        "group_id": "g1",
        "client_id": "c1",
        "episode_id": "e1",
        "joined_on": date(2025, 1, 1),
    },
    "stg_sessions": {"therapist_id": "t1", "duration_minutes": 50, "setting": "video"},
    "stg_attendances": {"client_id": "c1", "status": "attended"},
    "stg_responses": {
        "client_id": "c1",
        "instrument_id": "phq9",
        "respondent": "client",
        "has_answers": False,
    },
    "stg_consents": {
        "client_id": "c1",
        "scope": "public_reporting",
        "given_on": date(2025, 1, 1),
    },
    "stg_clients": {"client_id": "c1", "sex": "female", "registered_on": date(2024, 1, 1)},
    "stg_goals": {"episode_id": "e1", "kind": "gbo", "set_on": date(2025, 1, 1)},
    "stg_goal_ratings": {"goal_id": "g1", "rated_by": "client"},
    "stg_milestones": {
        "episode_id": "e1",
        "kind": "other",
        "domain": "personal_goals",
        "observed_on": date(2025, 1, 1),
        "reported_by": "client",
    },
    "stg_diagnoses": {"episode_id": "e1", "role": "primary", "recorded_on": date(2025, 1, 1)},
    "stg_licences": {
        "therapist_id": "t1",
        "state": "NY",
        "licence_number": "made up",
        "valid_from": date(2024, 1, 1),
    },
    "stg_safety_actions": {"action": "risk_assessed", "therapist_id": "t1"},
    "stg_files": {"source": "inbox", "mode": "full"},
    "stg_row_counts": {},
    "stg_warning_counts": {},
    "stg_rule_breaks": {},
    "stg_rule_checks": {"delivery_id": "d1", "table_name": "clients", "is_unusable": False},
    "ref_contract_rules": {
        "table_name": "clients",
        "position": 1,
        "column_names": [],
        "kind": "required",
        "dimension": "completeness",
        "severity": "error",
        "tolerated_percent": 1,
        "meaning": "Example.",
        "expected": "an example",
        "what_to_do": "Example.",
    },
}


def same_key(kind: str, identifier: str) -> str:
    """A key that reads like its id, for tests that show their rows."""
    del kind
    return identifier


def scrambled_key(kind: str, identifier: str) -> str:
    """A key that sorts unlike its id, as the real ones do."""
    return hashlib.sha256(f"{kind}|{identifier}".encode()).hexdigest()[:16]


def complete_row(table: str, row: Mapping[str, Any], *, key: Any = same_key) -> Row:
    """A row with its defaults, its keys from its ids and its day from its moment (or back)."""
    full = {**DEFAULTS.get(table, {}), **row}
    columns = _columns(table)
    if table == "ref_instruments" and full.get("domains") is None:
        full["domains"] = [full["domain"]]
    for column in columns:
        if column.endswith("_key") and column not in full:
            kind = column.removesuffix("_key")
            identifier = full.get(f"{kind}_id")
            full[column] = None if identifier is None else key(kind, identifier)
    for moment, day in (
        ("administered_at", "administered_on"),
        ("scheduled_at", "scheduled_on"),
        ("rated_at", "rated_on"),
        ("acted_at", "acted_on"),
    ):
        if moment in columns:
            if full.get(moment) is None and full.get(day) is not None:
                full[moment] = datetime.combine(full[day], time(12))
            if full.get(day) is None and full.get(moment) is not None:
                full[day] = full[moment].date()
    unknown = sorted(set(full) - set(columns))
    if unknown:
        raise KeyError(f"{table} has no column {', '.join(unknown)}")
    return {column: full.get(column) for column in columns}


@cache
def _columns(table: str) -> tuple[str, ...]:
    # A comma inside a type's parentheses separates no columns.
    plain = DDL[table].replace(", 4)", ")").replace(", 9)", ")")
    return tuple(part.split()[0] for part in plain.split(", "))
