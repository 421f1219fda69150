"""The catalogue of the tests' clinics: a few instruments and rules with round figures.

Unlike the real one, so that a figure that a model should read and has written down is noticed.
"""

from decimal import Decimal

from pipelines.warehouse.path_rules import path_rules
from tests.table_rows import Row, complete_row

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
# Of the client's verdict alone: nobody has published one of a parent's.
THRESHOLDS: tuple[Row, ...] = (
    {"instrument_id": "pgi_c", "kind": "responder", "points": 2, "op": "<="},
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
    {"name": "finished_course_sessions", "value": 2},
    {"name": "shared_below_share", "value": Decimal("0.6")},
    {"name": "reversed_check_minimum_forms", "value": 30},
    {"name": "imputations", "value": 20},
    {"name": "imputation_shift_small_sds", "value": 0.25},
    {"name": "imputation_shift_large_sds", "value": 0.5},
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


def _thresholds_of_rules() -> list[Row]:
    """Each figure of the rules with its citation, as the catalogue lists it."""
    return [
        {
            "instrument_id": rule["instrument_id"],
            "kind": kind,
            "entry": entry,
            "share" if kind == "response" else "points": rule[column],
            "respondents": list(RESPONDENTS),
            "source": f"made up for the {kind} of tests",
        }
        for rule in RULES
        for entry, (kind, column) in enumerate(
            (
                ("reliable_change", "reliable_change_points"),
                ("caseness", "caseness_points"),
                ("remission", "remission_below_points"),
                ("response", "response_share"),
            ),
            start=1,
        )
        if column in rule
    ]


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
        "ref_thresholds": [
            complete_row("ref_thresholds", row) for row in (*THRESHOLDS, *_thresholds_of_rules())
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
