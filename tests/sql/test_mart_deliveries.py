"""Where every landed row ended."""

from tests.sql.text_tables import TextBench


def test_the_four_ends_of_a_file_s_rows(clinic: TextBench) -> None:
    clinic.given(
        stg_files="""
            delivery_id | delivered_on | file_id | file_name    | table_name | n_delivered
            d1          | 2025-01-31   | f1      | clients.csv  | clients    | 10
            d1          | 2025-01-31   | f2      | sessions.csv | sessions   | 0
        """,
        stg_row_counts="""
            delivery_id | file_id | table_name | row_status  | n_rows
            d1          | f1      | clients    | accepted    | 6
            d1          | f1      | clients    | superseded  | 3
            d1          | f1      | clients    | quarantined | 1
        """,
    )
    clinic.expect(
        "mart_deliveries",
        """
        file_id | source | n_delivered | n_accepted | n_superseded | n_withdrawn | n_quarantined
        f1      | inbox  | 10          | 6          | 3            | 0           | 1
        f2      | inbox  | 0           | 0          | 0            | 0           | 0
        """,
    )
    assert clinic.check("deliveries_add_up") == []


def test_no_deliveries(clinic: TextBench) -> None:
    assert clinic.rows("mart_deliveries") == []
