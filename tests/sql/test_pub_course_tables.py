"""Published recovery and course tables: counts always, a rate from the policy's minimum on."""

from datetime import date
from typing import Any

import pytest

from tests.sql.text_tables import TextBench

MINIMUM = 5
KEY = {
    "level": "clinic",
    "subject_id": "clinic",
    "period_kind": "month",
    "period_start_on": date(2025, 6, 1),
    "period_end_on": date(2025, 6, 30),
}
# Published table: its mart, further key, and each denominator with a figure over it.
TABLES: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "pub_recovery_detail": (
        "mart_recovery",
        {},
        {
            "n_finished": "paired_both_rate",
            "n_case_or_unknown": "recovered_rate_best",
            "n_appropriate_due": "appropriate_pair_rate",
        },
    ),
    "pub_waits": ("mart_waits", {"wait_id": "w"}, {"n_waits": "in_band_rate"}),
    "pub_attendance": (
        "mart_attendance",
        {},
        {"n_kept_or_missed": "no_show_rate", "n_appointments": "cancelled_rate"},
    ),
    "pub_course": (
        "mart_course",
        {},
        {
            "n_ended": "never_started_rate",
            "n_coded": "planned_rate",
            "n_dropout_coded_known": "dropout_coded_rate",
            "n_dropout_missed_known": "dropout_missed_rate",
            "n_dropout_short_known": "dropout_short_rate",
            "n_dropout_unimproved_known": "dropout_unimproved_rate",
        },
    ),
    "pub_dosage": ("mart_dosage", {"measure": "weeks"}, {"n_courses": "dosage_median"}),
    "pub_adherence": (
        "mart_adherence",
        {},
        {
            "n_sessions_due": "sessions_measured_rate",
            "n_with_last_score": "last_score_median_days",
        },
    ),
    "pub_child_outcomes": (
        "mart_child_outcomes",
        {"rater": "client"},
        {"n_finished": "measured_rate", "n_measured": "improved_rate"},
    ),
}


def shown(clinic: TextBench, table: str, n: int) -> dict[str, Any]:
    """The published row of a mart's row with this many in each denominator."""
    mart, key, figures = TABLES[table]
    clinic.fill(
        "ref_disclosure_policies",
        [
            {
                "audience": "director",
                "table_name": table,
                "level": "clinic",
                "mart_level": "clinic",
                "period_kind": "month",
                "policy_id": "internal",
                "minimum_pairs_for_rate": MINIMUM,
            }
        ],
    )
    row = {**KEY, **key, **dict.fromkeys(figures, n), **dict.fromkeys(figures.values(), 0.5)}
    clinic.fill(mart, [row, {**row, "level": "therapist", "subject_id": "t1"}])
    (found,) = clinic.rows(table)
    return found


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("n", [MINIMUM - 1, MINIMUM])
def test_a_figure_is_shown_from_the_minimum_on_and_its_count_always(
    clinic: TextBench, table: str, n: int
) -> None:
    found = shown(clinic, table, n)
    for denominator, figure in TABLES[table][2].items():
        assert found[denominator] == n
        assert (found[figure] is not None) == (n >= MINIMUM), figure
    expected = None if n >= MINIMUM else "too_few_pairs_for_rate"
    assert found["reliability_reason"] == expected


def test_the_recovery_standard_is_shown_where_it_is_verified(clinic: TextBench) -> None:
    assert shown(clinic, "pub_recovery_detail", 5)["recovered_standard_share"] is None
    clinic.given(ref_programme_standards="figure | share\n recovered | 0.5")
    clinic.restart()
    assert float(shown(clinic, "pub_recovery_detail", 5)["recovered_standard_share"]) == 0.5
