"""Small made-up clinics as tables: defaults live here, so that a test shows only what matters.

`Bench` holds the staged and reference tables of one clinic in an in-memory DuckDB and builds any
model from them with the project's own SQL.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb

from pipelines.instruments.measures import measure_tables
from pipelines.warehouse.model_file import SQL_FOLDER, Model, load_checks, read_model
from pipelines.warehouse.path_rules import path_rules

Row = dict[str, Any]

# Columns and types of what the models read. Points are decimals with four places.
DDL: dict[str, str] = {
    "ref_instruments": "instrument_id varchar, name varchar, version varchar, domain varchar,"
    " n_items integer, item_min_points decimal(9, 4), item_max_points decimal(9, 4),"
    " total_min_points decimal(9, 4), total_max_points decimal(9, 4), direction varchar,"
    " is_scored boolean, purpose varchar, domains varchar[], subdomain varchar,"
    " not_scored_why varchar, item_step_points decimal(9, 4), total_steps double[]",
    "ref_instrument_scales": "instrument_id varchar, scale varchar, n_items integer,"
    " item_numbers integer[], method varchar, weights double[], constant_points decimal(18, 9),"
    " min_points decimal(9, 4), max_points decimal(9, 4), prorate_max_missing integer,"
    " direction varchar, fill_method varchar, form_max_missing integer,"
    " group_numbers integer[], slot_numbers integer[], of_scale varchar",
    "ref_instrument_items": "instrument_id varchar, item integer, min_points decimal(9, 4),"
    " max_points decimal(9, 4), allowed_points double[], is_zero_allowed boolean,"
    " is_reversed boolean, has_own_values boolean",
    "ref_outcome_rules": "instrument_id varchar, scale varchar, respondent varchar,"
    " rule_id varchar, rule_version varchar, reliable_change_points decimal(9, 4),"
    " reliable_change_kind varchar, caseness_points decimal(9, 4),"
    " remission_below_points decimal(9, 4), response_share decimal(9, 4), source varchar,"
    " status varchar",
    "ref_thresholds": "instrument_id varchar, scale varchar, kind varchar, entry integer,"
    " points decimal(9, 4), share decimal(9, 4), op varchar, use varchar, respondents varchar[],"
    " holds_for varchar, is_active boolean, status varchar, source varchar, basis varchar,"
    " rule_id varchar, rule_version varchar, range_low_points decimal(9, 4),"
    " range_high_points decimal(9, 4), note varchar, not_computed_why varchar",
    "ref_clinic_thresholds": "instrument_id varchar, scale varchar, respondent varchar,"
    " kind varchar, points decimal(9, 4), share decimal(9, 4), reliability_value decimal(9, 4),"
    " sd_points decimal(9, 4), source varchar, decided_on date",
    "ref_norms": "instrument_id varchar, scale varchar, population varchar, entry integer,"
    " label varchar, mean_points decimal(9, 4), sd_points decimal(9, 4), status varchar,"
    " source varchar, is_default boolean",
    "ref_cutoffs": "instrument_id varchar, scale varchar, cutoff varchar, points decimal(9, 4),"
    " source varchar",
    "ref_reliabilities": "instrument_id varchar, scale varchar, entry integer,"
    " value decimal(9, 4), lower_value decimal(9, 4), upper_value decimal(9, 4), kind varchar,"
    " sample varchar, status varchar, source varchar, is_default boolean",
    "ref_goal_rules": "goal_kind varchar, min_points decimal(9, 4), max_points decimal(9, 4),"
    " reliable_change_points decimal(9, 4), met_points decimal(9, 4), gas_rho decimal(9, 4),"
    " source varchar",
    "ref_score_tables": "instrument_id varchar, scale varchar, raw_points decimal(9, 4),"
    " points decimal(9, 4), source varchar",
    "ref_conventions": "name varchar, value decimal(18, 9), status varchar, source varchar,"
    " note varchar",
    "ref_recovery_pairs": "code_prefix varchar, descriptor varchar, rule_id varchar,"
    " rule_version varchar, first_instrument_id varchar, second_instrument_id varchar,"
    " second_name varchar, fallback_instrument_id varchar, functioning_instrument_id varchar,"
    " from_age_years integer, status varchar, source varchar",
    "ref_wait_bands": "wait_id varchar, wait varchar, min_days integer, max_days integer,"
    " status varchar, source varchar",
    "ref_programme_standards": "figure varchar, rule_id varchar, op varchar,"
    " share decimal(9, 4), status varchar, source varchar",
    "ref_child_measures": "instrument_id varchar, scale varchar, rater varchar,"
    " rule_id varchar, rule_version varchar, reliable_change_points decimal(9, 4),"
    " below_age_years integer, status varchar, source varchar",
    "ref_path_rules": "rule_id varchar, parameter varchar, argument varchar, rule_version varchar,"
    " value decimal(9, 4), unit varchar, meaning varchar, rule_meaning varchar,"
    " is_active boolean, status varchar, source varchar",
    "ref_claims": "claim_id varchar, claim_version varchar, set_on date, says varchar,"
    " claimed_rate decimal(9, 4), period_kind varchar, levels varchar[], tracks varchar[],"
    " modalities varchar[],"
    " rule_kind varchar, instrument_id varchar, scale varchar, respondent varchar,"
    " measured_at varchar, after_days integer, tolerance_days integer, look_back_days integer,"
    " minimum_pairs integer, minimum_pair_rate decimal(9, 4),"
    " population_words varchar, due_words varchar, measure_words varchar, met_words varchar, worse_words varchar,"
    " sentence varchar, sentence_bounds_first varchar, standard_version varchar, source varchar",
    "ref_measure_rules": "measure_id varchar, kind varchar, minimum_age_years integer,"
    " session_lookback_days integer, identification_start_months integer,"
    " identification_end_months integer, window_months integer, window_from_days integer,"
    " window_to_days integer, follow_up_days integer, screen_from_months integer,"
    " screen_to_months integer, screen_to_days integer, assessment_months integer,"
    " index_above_points decimal(9, 4), remission_below_points decimal(9, 4),"
    " response_share decimal(9, 4)",
    "ref_measure_rates": "measure_id varchar, rate_id varchar, position integer, met_by varchar,"
    " version varchar, basis varchar, status varchar, reason varchar",
    "ref_measure_strata": "measure_id varchar, stratum varchar, from_years integer,"
    " to_years integer",
    "ref_measure_tools": "measure_id varchar, instrument_id varchar, is_brief boolean,"
    " positive_from_points decimal(9, 4)",
    "ref_measure_codes": "measure_id varchar, use varchar, reason varchar, code_kind varchar,"
    " code_prefix varchar, position integer, counts varchar, is_active boolean, status varchar,"
    " source varchar, decided_on date",
    "ref_measure_texts": "measure_id varchar, part varchar, position integer, says varchar,"
    " source varchar",
    "ref_disclosure_policies": "audience varchar, table_name varchar, level varchar,"
    " mart_level varchar, period_kind varchar, policy_id varchar, policy_version varchar,"
    " minimum_count integer, hide_zero boolean, hide_complements boolean, rounding_base integer,"
    " share_decimals integer, points_decimals integer, minimum_pairs_for_rate integer,"
    " minimum_pairs_for_comparison integer",
    "stg_therapists": "therapist_id varchar, display_name varchar, discipline varchar",
    "stg_programmes": "programme_id varchar, name varchar, track varchar, modality varchar,"
    " licence_required boolean, planned_sessions bigint, session_interval_days bigint,"
    " instruments varchar[], measure_every_sessions bigint",
    "stg_groups": "group_id varchar, programme_id varchar, name varchar,"
    " lead_therapist_id varchar, co_therapist_id varchar, capacity bigint, enrolment varchar,"
    " starts_on date, ends_on date",
    "stg_episodes": "episode_id varchar, episode_key varchar, client_id varchar,"
    " client_key varchar, programme_id varchar, therapist_id varchar, referred_on date,"
    " started_on date, ended_on date, end_reason varchar",
    "stg_memberships": "group_id varchar, client_id varchar, client_key varchar,"
    " episode_id varchar, episode_key varchar, joined_on date, left_on date,"
    " leave_reason varchar",
    "stg_sessions": "session_id varchar, session_key varchar, group_id varchar,"
    " episode_id varchar, episode_key varchar, therapist_id varchar, scheduled_at timestamp,"
    " scheduled_on date, duration_minutes bigint, setting varchar",
    "stg_attendances": "session_id varchar, session_key varchar, client_id varchar,"
    " client_key varchar, status varchar, client_state varchar",
    "stg_responses": "response_id varchar, response_key varchar, client_id varchar,"
    " client_key varchar, episode_id varchar, episode_key varchar, session_id varchar,"
    " session_key varchar, instrument_id varchar, administered_at timestamp,"
    " administered_on date, respondent varchar, total_score decimal(9, 4), items integer[],"
    " answers double[], n_answers bigint, has_answers boolean",
    "stg_consents": "client_id varchar, client_key varchar, scope varchar, given_on date,"
    " withdrawn_on date",
    "stg_clients": "client_id varchar, client_key varchar, birth_date date, sex varchar,"
    " gender_identity varchar, ethnicity varchar, state varchar, language varchar,"
    " registered_on date",
    "stg_goals": "goal_id varchar, goal_key varchar, episode_id varchar, episode_key varchar,"
    " kind varchar, domain varchar, weight decimal(9, 4), set_on date, closed_on date",
    "stg_goal_ratings": "goal_id varchar, goal_key varchar, rated_at timestamp, rated_on date,"
    " rated_by varchar, value_points decimal(9, 4)",
    "stg_milestones": "milestone_id varchar, episode_id varchar, episode_key varchar,"
    " kind varchar, domain varchar, observed_on date, reported_by varchar",
    "stg_diagnoses": "episode_id varchar, episode_key varchar, code varchar, role varchar,"
    " recorded_on date",
    "stg_safety_actions": "response_id varchar, response_key varchar, acted_at timestamp,"
    " acted_on date, action varchar, therapist_id varchar",
    "stg_files": "delivery_id varchar, source varchar, delivered_on date, file_id varchar,"
    " file_name varchar, table_name varchar, mode varchar, n_delivered bigint",
    "quarantine": "table_name varchar, delivery_id varchar, delivered_on date, reasons varchar[]",
    "stg_row_counts": "file_id varchar, delivery_id varchar, table_name varchar,"
    " row_status varchar, n_rows bigint",
}

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
    },
    "ref_cutoffs": {"scale": "total", "source": "made up for tests"},
    "ref_reliabilities": {
        "scale": "total",
        "entry": 1,
        "kind": "test_retest",
        "status": "verified",
        "source": "made up for tests",
        "is_default": True,
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
    "stg_safety_actions": {"action": "risk_assessed", "therapist_id": "t1"},
    "stg_files": {"source": "inbox", "mode": "full"},
    "stg_row_counts": {},
}

# Enough instruments for every path: a pair, one without a reliable change, one that runs the other
# way and has subscales, a verdict, and one that is not scored yet.
INSTRUMENTS: tuple[Row, ...] = (
    {"instrument_id": "phq9", "total_min_points": 0, "total_max_points": 27},
    {"instrument_id": "gad7", "total_min_points": 0, "total_max_points": 21},
    {
        "instrument_id": "wsas",
        "domain": "functioning",
        "total_min_points": 0,
        "total_max_points": 40,
    },
    {
        "instrument_id": "ors",
        "domain": "quality_of_life",
        "direction": "higher_better",
        "total_min_points": 0,
        "total_max_points": 40,
    },
    {
        "instrument_id": "pgi_c",
        "domain": "global_change",
        "purpose": "verdict",
        "total_min_points": 1,
        "total_max_points": 7,
        "item_step_points": 1,
        "total_steps": [1],
    },
    {
        "instrument_id": "isi",
        "is_scored": False,
        "total_min_points": 0,
        "total_max_points": 28,
    },
)
SCALES: tuple[Row, ...] = (
    *(
        {
            "instrument_id": row["instrument_id"],
            "min_points": row["total_min_points"],
            "max_points": row["total_max_points"],
        }
        for row in INSTRUMENTS
    ),
    {"instrument_id": "ors", "scale": "social", "min_points": 0, "max_points": 10},
)
RULES: tuple[Row, ...] = (
    {
        "instrument_id": "phq9",
        "reliable_change_points": 6,
        "caseness_points": 10,
        "remission_below_points": 5,
        "response_share": Decimal("0.5"),
    },
    {"instrument_id": "gad7", "reliable_change_points": 4, "caseness_points": 8},
    {"instrument_id": "wsas", "caseness_points": 10},
    {
        "instrument_id": "ors",
        "reliable_change_points": 5,
        "caseness_points": 25,
        "response_share": Decimal("0.5"),
    },
)
GOAL_RULES: tuple[Row, ...] = (
    {"goal_kind": "gas", "min_points": -2, "max_points": 2, "met_points": 0}
    | {"gas_rho": Decimal("0.3")},
    {"goal_kind": "gbo", "min_points": 0, "max_points": 10, "reliable_change_points": 3},
    {"goal_kind": "psychlops", "min_points": 0, "max_points": 5},
)
CONVENTIONS: tuple[Row, ...] = (
    {"name": "reliable_change_z", "value": Decimal("1.96")},
    {"name": "change_index_one_sided_z", "value": Decimal("1.65")},
    {"name": "cutoff_sds", "value": 2},
    {"name": "reversed_check_minimum_forms", "value": 30},
)
RESPONDENTS = ("client", "parent", "teacher", "partner", "therapist")
# A problem whose own measure has both thresholds, one whose measure has a caseness alone, one whose
# measure is in no catalogue, one with an unverified pair, and what is left over.
RECOVERY_PAIRS: tuple[Row, ...] = (
    {"code_prefix": "F32", "descriptor": "depression"},
    {"code_prefix": "F40.1", "descriptor": "social_anxiety", "second_instrument_id": "ors"},
    {"code_prefix": "F40", "descriptor": "phobia", "second_instrument_id": "wsas"},
    {"code_prefix": "F42", "descriptor": "ocd", "second_instrument_id": "not_here"},
    {"code_prefix": "F42.3", "descriptor": "hoarding", "status": "unverified"},
    {"code_prefix": "", "descriptor": "other"},
    {"code_prefix": "none", "descriptor": "none_recorded"},
)
WAIT_BANDS: tuple[Row, ...] = (
    {"wait_id": "first_within_6_weeks", "wait": "referral_to_first", "max_days": 42},
    {"wait_id": "first_within_18_weeks", "wait": "referral_to_first", "max_days": 126},
    {"wait_id": "second_under_29_days", "wait": "first_to_second", "max_days": 28},
    {"wait_id": "second_29_to_90_days", "wait": "first_to_second", "min_days": 29}
    | {"max_days": 90},
    {"wait_id": "second_over_90_days", "wait": "first_to_second", "min_days": 91},
)
STANDARDS: tuple[Row, ...] = (
    {"figure": "first_within_6_weeks", "share": Decimal("0.75")},
    {"figure": "second_over_90_days", "share": Decimal("0.1"), "op": "<=", "status": "unverified"},
)
# Unlike the adults' figures of the same instruments, so that a mixture would be noticed.
CHILD_MEASURES: tuple[Row, ...] = (
    {"instrument_id": "phq9", "rater": "client", "reliable_change_points": 5},
    {"instrument_id": "phq9", "rater": "parent", "reliable_change_points": 4},
    {"instrument_id": "gad7", "rater": "client", "reliable_change_points": 4},
    {"instrument_id": "ors", "rater": "client", "reliable_change_points": Decimal("6.6")},
    {"instrument_id": "gbo", "scale": "goal", "rater": "client", "reliable_change_points": 3},
)
PARAMETERS: dict[str, Any] = {
    "as_of_on": date(2025, 12, 31),
    "first_score_days": 14,
    "derived_end_days": 90,
    "clinic_name": "Example Hill Clinic",
    "early_response_share": None,
    "early_response_weeks": None,
    "early_response_source": None,
    "trajectory_positions": 26,
    "dropout_return_days": 60,
    "protocol_sessions": 0,
    "reference_starts_on": None,
    "reference_ends_on": None,
    "reference_minimum_scores": 30,
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


def reference_rows() -> dict[str, list[Row]]:
    """The `ref_` tables of the made-up catalogue above."""
    directions = {row["instrument_id"]: row.get("direction", "higher_worse") for row in INSTRUMENTS}
    return {
        "ref_instruments": [complete_row("ref_instruments", row) for row in INSTRUMENTS],
        "ref_instrument_scales": [
            complete_row("ref_instrument_scales", {"direction": directions[key], **row})
            for row in SCALES
            for key in [row["instrument_id"]]
        ],
        # A rule for everyone is there once for each respondent.
        "ref_outcome_rules": [
            complete_row("ref_outcome_rules", {"respondent": respondent, **row})
            for row in RULES
            for respondent in RESPONDENTS
        ],
        "ref_goal_rules": [complete_row("ref_goal_rules", row) for row in GOAL_RULES],
        "ref_conventions": [complete_row("ref_conventions", row) for row in CONVENTIONS],
        "ref_recovery_pairs": [complete_row("ref_recovery_pairs", row) for row in RECOVERY_PAIRS],
        "ref_wait_bands": [complete_row("ref_wait_bands", row) for row in WAIT_BANDS],
        "ref_programme_standards": [
            complete_row("ref_programme_standards", row) for row in STANDARDS
        ],
        "ref_child_measures": [complete_row("ref_child_measures", row) for row in CHILD_MEASURES],
        "ref_path_rules": path_rules().to_dicts(),
    }


@cache
def model(name: str) -> Model:
    """The model of this name."""
    (path,) = SQL_FOLDER.glob(f"[!cf]*/{name}.sql")
    return read_model(path)


@cache
def checks() -> dict[str, Model]:
    """The invariants, by name."""
    return load_checks()


@cache
def _columns(table: str) -> tuple[str, ...]:
    # A comma inside a type's parentheses separates no columns.
    plain = DDL[table].replace(", 4)", ")").replace(", 9)", ")")
    return tuple(part.split()[0] for part in plain.split(", "))


class Bench:
    """One clinic's tables, and the models built from them."""

    def __init__(self, parameters: Mapping[str, Any] | None = None) -> None:
        self.parameters = {**PARAMETERS, **(parameters or {})}
        self.connection = duckdb.connect(":memory:")
        for path in sorted((SQL_FOLDER / "functions").glob("*.sql")):
            self.connection.execute(path.read_text(encoding="utf-8"))
        for table, columns in DDL.items():
            self.connection.execute(f"create table {table} ({columns})")
        self._built: set[str] = set()
        for table, rows in reference_rows().items():
            self.fill(table, rows)
        for table, frame in measure_tables().items():
            # The project's own measures: they name no instrument of the made-up catalogue.
            if table in DDL:
                self.fill(table, frame.to_dicts())

    def close(self) -> None:
        """Give the memory back."""
        self.connection.close()

    def fill(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace a table's rows. A model's own rows may be given too: it is then not built."""
        if table not in DDL:
            self._make_empty(table)
        self.connection.execute(f"delete from {table}")
        types = self.columns(table)
        for row in rows:
            full = complete_row(table, row) if table in DDL else row
            self.connection.execute(
                f"insert into {table} ({', '.join(full)})"
                f" values ({', '.join(f'cast(? as {types[column]})' for column in full)})",
                list(full.values()),
            )

    def columns(self, table: str) -> dict[str, str]:
        """A table's columns and their types."""
        described = self.connection.execute(f"describe {table}").fetchall()
        return {name: kind for name, kind, *_ in described}

    def build(self, name: str) -> None:
        """Make a model's table, and first those it reads and nobody has given."""
        if name in DDL or name in self._built:
            return
        for table in sorted(model(name).inputs):
            self.build(table)
        self._run(name)

    def rows(self, name: str, columns: Sequence[str] | None = None) -> list[Row]:
        """A model's rows in the order of its key."""
        self.build(name)
        result = self.connection.execute(f"select * from {name}")
        names = [column[0] for column in result.description or []]
        found = [dict(zip(names, values, strict=True)) for values in result.fetchall()]
        return found if columns is None else [{c: row[c] for c in columns} for row in found]

    def check(self, name: str) -> list[tuple[Any, ...]]:
        """What an invariant of `sql/checks/` returns: nothing when it holds."""
        check = checks()[name]
        for table in sorted(check.inputs):
            self.build(table)
        return self.connection.execute(check.sql).fetchall()

    def restart(self) -> None:
        """Forget what was built, keep what was filled."""
        self._built.clear()

    def _run(self, name: str) -> None:
        # A generated clinic names only the parameters that it varies.
        given = {**PARAMETERS, **self.parameters}
        wanted = {key: given[key] for key in model(name).parameters}
        self.connection.execute(f"create or replace table {name} as {model(name).sql}", wanted)
        self._built.add(name)

    def _make_empty(self, name: str) -> None:
        """The model's columns without rows, so that a test can give them."""
        if name not in self._built:
            self.build(name)
