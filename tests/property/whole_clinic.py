"""A clinic in which every mart has something to say: the clinics of the oracles side by side.

Each of those fills the marts of its own matter. Put together, with ids of their own, they are one
clinic with weekly forms, goals, milestones, groups, children, quality measures, risk answers,
licences, consents and claims: what a law for all marts needs, or it would hold of nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from tests.property.clinics import Row, Tables, random_clinic
from tests.property.course_clinics import random_course_clinic
from tests.property.domain_clinics import random_domain_clinic
from tests.property.governed_clinics import random_governed_clinic
from tests.property.measure_clinics import random_measure_clinic
from tests.property.process_clinics import random_process_clinic
from tests.property.test_change_equal_oracle import with_rules
from tests.property.test_claims_equal_oracle import with_claims
from tests.property.weekly_clinics import random_weekly_clinic
from tests.table_rows import complete_row, scrambled_key

OWN_IDS = (
    *("client_id", "episode_id", "session_id", "group_id", "programme_id", "response_id"),
    *("goal_id", "milestone_id", "therapist_id", "lead_therapist_id", "co_therapist_id"),
)
# What tells the rows of a reference table apart; of all others every column does.
REFERENCE_KEYS: Mapping[str, tuple[str, ...]] = {
    "ref_instruments": ("instrument_id",),
    "ref_instrument_scales": ("instrument_id", "scale"),
    "ref_outcome_rules": ("instrument_id", "scale", "respondent"),
    "ref_thresholds": ("instrument_id", "scale", "kind"),
}
# The weekly courses last into the months before the last delivery: some are open by then.
WEEKLY_LATER = timedelta(days=455)
PARAMETERS: Row = {
    "as_of_on": date(2026, 8, 31),
    "first_score_days": 14,
    "derived_end_days": 90,
    "early_response_share": Decimal("0.2"),
    "early_response_weeks": 4,
    "early_response_source": "made up",
    "trajectory_positions": 8,
    "dropout_return_days": 7,
    "protocol_sessions": 3,
    "safety_action_days": 2,
    "session_window_days": 7,
    "minimum_stratum_clients": 3,
    "reference_starts_on": date(2024, 12, 1),
    "reference_ends_on": date(2025, 2, 28),
    "reference_set_on": date(2025, 3, 1),
    "reference_minimum_scores": 3,
}


def whole_clinic() -> tuple[Tables, Row]:
    """The staged and reference tables of that clinic, and the parameters it is judged with."""
    plain, _ = random_clinic(7, n_episodes=40)
    parts = {
        # The rules and claims of the first count where two say something of one scale.
        "plain": with_claims(with_rules(plain, is_derived=False)),
        "process": random_process_clinic(3, n_episodes=16)[0],
        "domain": random_domain_clinic(8, n_episodes=20)[0],
        "course": random_course_clinic(0, n_episodes=24)[0],
        "weekly": random_weekly_clinic(2, n_weekly=40)[0],
        "measure": random_measure_clinic(0, n_episodes=40)[0],
        "governed": random_governed_clinic(8, n_episodes=16)[0],
    }
    tables: Tables = {}
    for name, part in parts.items():
        for table, rows in part.items():
            own = rows if table.startswith("ref_") else [_own_row(name, table, row) for row in rows]
            tables.setdefault(table, []).extend(own)
    for table in tables:
        if table.startswith("ref_"):
            tables[table] = _first_of_each(tables[table], REFERENCE_KEYS.get(table))
    return tables, dict(PARAMETERS)


def _own_row(name: str, table: str, row: Row) -> Row:
    """The row with ids that no other part of the clinic has."""
    plain = {column: value for column, value in row.items() if not column.endswith("_key")}
    if name == "weekly":
        for column, value in plain.items():
            plain[column] = value + WEEKLY_LATER if isinstance(value, date) else value
    for column in OWN_IDS:
        if plain.get(column) is not None:
            plain[column] = f"{name}-{plain[column]}"
    return complete_row(table, plain, key=scrambled_key)


def _first_of_each(rows: Iterable[Row], key: tuple[str, ...] | None) -> list[Row]:
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(repr([row[column] for column in key or row]), row)
    return list(found.values())
