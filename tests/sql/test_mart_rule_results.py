"""What every rule found in every delivery: numerator, denominator, threshold, four outcomes."""

from tests.sql.text_tables import TextBench

RULES = """
    rule_id                       | position | kind        | tolerated_percent
    clients.client_id.required    | 1        | required    | 0
    clients.sex.allowed           | 2        | allowed     | 1
    clients.therapist.reference   | 3        | reference   | 1
    clients.quarantined           | 4        | quarantined | 20
"""


def test_a_rule_passes_up_to_its_threshold_and_fails_beyond_it(clinic: TextBench) -> None:
    clinic.given(
        ref_contract_rules=RULES,
        stg_files="""
            delivery_id | delivered_on | file_id | file_name   | table_name | n_delivered
            d1          | 2025-01-31   | f1      | clients.csv | clients    | 200
            d2          | 2025-02-28   | f2      | clients.csv | clients    | 200
        """,
        stg_rule_checks="""
            delivery_id | file_id | rule_id             | n_judged | n_broken
            d1          | f1      | clients.sex.allowed | 200      | 2
            d2          | f2      | clients.sex.allowed | 200      | 3
        """,
    )
    clinic.expect(
        "mart_rule_results",
        """
        delivery_id | delivered_on | n_rows_judged | n_rows_broken | broken_rate | tolerated_rate | rule_outcome
        d1          | 2025-01-31   | 200      | 2        | 0.01        | 0.01           | passed
        d2          | 2025-02-28   | 200      | 3        | 0.015       | 0.01           | failed
        """,
    )


def test_a_rule_over_no_rows_is_no_pass_and_an_unreadable_file_is_an_error(
    clinic: TextBench,
) -> None:
    clinic.given(
        ref_contract_rules=RULES,
        stg_files="""
            delivery_id | delivered_on | file_id | file_name   | table_name | n_delivered
            d1          | 2025-01-31   | f1      | clients.csv | clients    | 0
            d2          | 2025-02-28   | f2      | clients.csv | clients    | 9
        """,
        stg_rule_checks="""
            delivery_id | file_id | rule_id                    | n_judged | n_broken | is_unusable
            d1          | f1      | clients.client_id.required | 0        | 0        | false
            d2          | f2      | clients.client_id.required | 0        | 0        | true
            d2          | f2      | clients.quarantined        | 0        |          | true
        """,
        stg_row_counts="""
            delivery_id | file_id | table_name | row_status  | n_rows
            d2          | f2      | clients    | quarantined | 9
        """,
    )
    clinic.expect(
        "mart_rule_results",
        """
        delivery_id | rule_id                    | n_rows_judged | n_rows_broken | broken_rate | rule_outcome
        d1          | clients.client_id.required | 0        | 0        |             | not_applicable
        d2          | clients.client_id.required | 0        | 0        |             | error
        d2          | clients.quarantined        | 0        | 0        |             | error
        """,
    )


def test_what_is_known_when_tables_are_settled_is_counted_too(clinic: TextBench) -> None:
    clinic.given(
        ref_contract_rules=RULES,
        stg_files="""
            delivery_id | delivered_on | file_id | file_name    | table_name | n_delivered
            d1          | 2025-01-31   | f1      | clients.csv  | clients    | 10
            d1          | 2025-01-31   | f2      | clients2.csv | clients    | 10
        """,
        stg_rule_checks="""
            delivery_id | file_id | rule_id                     | n_judged | n_broken
            d1          | f1      | clients.therapist.reference | 10       |
            d1          | f2      | clients.therapist.reference | 10       |
            d1          | f1      | clients.quarantined         | 10       |
            d1          | f2      | clients.quarantined         | 10       |
        """,
        stg_rule_breaks="""
            delivery_id | file_id | table_name | rule_id                     | n_rows
            d1          | f1      | clients    | clients.therapist.reference | 4
        """,
        stg_row_counts="""
            delivery_id | file_id | table_name | row_status  | n_rows
            d1          | f1      | clients    | accepted    | 6
            d1          | f1      | clients    | quarantined | 4
            d1          | f2      | clients    | accepted    | 10
        """,
    )
    clinic.expect(
        "mart_rule_results",
        """
        rule_id                     | n_rows_judged | n_rows_broken | rule_outcome
        clients.quarantined         | 20       | 4        | passed
        clients.therapist.reference | 20       | 4        | failed
        """,
    )


def test_no_deliveries(clinic: TextBench) -> None:
    assert clinic.rows("mart_rule_results") == []
