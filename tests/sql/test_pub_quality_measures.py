"""The quality measures as an audience may see them."""

from datetime import date

import pytest

from tests.sql.text_tables import TextBench

MART = "measure_id | rate_id | level | subject_id | stratum | period_kind | period_start_on"
POLICY = """
    audience | table_name             | level     | mart_level | period_kind | policy_id | minimum_pairs_for_rate
    director | pub_quality_measures   | clinic    | clinic     | year        | internal  | 5
    director | pub_measure_exclusions | programme | programme  | year        | internal  | 5
"""


@pytest.mark.parametrize(
    ("n_eligible", "n_people", "rate", "reason"),
    [
        (4, 4, "", "too_few_pairs_for_rate"),
        (5, 5, "0.2", ""),
        # Visits are no people: many of a few clients say little, and much about each of them.
        (50, 4, "", "too_few_pairs_for_rate"),
        (50, 5, "0.2", ""),
    ],
)
def test_a_rate_needs_enough_clients_and_a_complete_year(
    clinic: TextBench, n_eligible: int, n_people: int, rate: str, reason: str
) -> None:
    figures = (
        "n_eligible | n_eligible_clients | n_numerator | met_rate | met_rate_lower | met_rate_upper"
    )
    clinic.given(
        ref_disclosure_policies=POLICY,
        mart_quality_measures=f"""
        {MART} | is_complete | {figures}
        cms159 | remission | clinic    | clinic | all | year | 2025-01-01 | true  | {n_eligible} | {n_people} | 1 | 0.2 | 0.1 | 0.3
        cms159 | remission | clinic    | clinic | all | year | 2026-01-01 | false | 9 | 9 | 1 | 0.1 | 0.1 | 0.3
        cms159 | remission | therapist | t1     | all | year | 2025-01-01 | true  | 9 | 9 | 1 | 0.1 | 0.1 | 0.3
        """,
    )
    clinic.expect(
        "pub_quality_measures",
        f"""
        audience | policy_id | level  | position | n_eligible   | n_eligible_clients | n_numerator | met_rate | reliability_reason
        director | internal  | clinic | 1        | {n_eligible} | {n_people} | 1 | {rate}   | {reason}
        """,
    )


def test_a_rate_has_its_figures_and_what_its_file_warns_of(clinic: TextBench) -> None:
    clinic.given(
        ref_disclosure_policies=POLICY,
        ref_measure_texts="""
        measure_id | part      | position | says
        cms159     | note      | 2        | Then this.
        cms159     | note      | 1        | First that.
        cms159     | numerator | 1        | Not this.
        cms2       | note      | 1        | Nor this.
        """,
        mart_quality_measures=f"""
        {MART} | is_complete | n_eligible
        cms159 | remission | clinic | clinic | all | year | 2025-01-01 | true | 9
        """,
    )
    clinic.expect(
        "pub_quality_measures",
        """
        index_above_points | remission_below_points | window_months | notes
        9                  | 5                      | 12            | First that. Then this.
        """,
    )


@pytest.mark.parametrize(
    ("measure", "unit"),
    [
        ("cms159 | remission", "client"),
        ("dms_e | measured", "client_period"),
        ("cms177 | assessed", "visit"),
    ],
)
def test_a_rate_says_what_it_counts(clinic: TextBench, measure: str, unit: str) -> None:
    clinic.given(
        ref_disclosure_policies=POLICY,
        mart_quality_measures=f"""
        {MART} | is_complete | n_eligible
        {measure} | clinic | clinic | all | year | 2025-01-01 | true | 9
        """,
    )
    clinic.expect("pub_quality_measures", f"unit\n {unit}")


def test_exclusions_are_shown_where_the_policy_says(clinic: TextBench) -> None:
    clinic.given(
        ref_disclosure_policies=POLICY,
        mart_measure_exclusions="""
        measure_id | rate_id | level | subject_id | exclusion_reason | period_kind | period_start_on | is_complete | n_exclusions | n_denominator
        cms159 | remission | programme | p1 | bipolar | year | 2025-01-01 | true  | 1 | 3
        cms159 | remission | programme | p1 | bipolar | year | 2026-01-01 | false | 1 | 3
        cms159 | remission | clinic    | clinic | bipolar | year | 2025-01-01 | true  | 1 | 3
        """,
    )
    found = clinic.rows("pub_measure_exclusions")
    assert [(row["subject_id"], row["period_start_on"], row["n_exclusions"]) for row in found] == [
        ("p1", date(2025, 1, 1), 1)
    ]
