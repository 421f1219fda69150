"""Which rating of a verdict counts as better."""

from tests.sql.text_tables import TextBench


def test_nothing(clinic: TextBench) -> None:
    clinic.fill("ref_thresholds", [])
    assert clinic.rows("int_responder_rules") == []


def test_thresholds_in_force_by_respondent_and_the_way_the_form_runs(clinic: TextBench) -> None:
    clinic.given(
        ref_thresholds="""
            instrument_id | kind      | points | op | respondents   | is_active
            cgi           | responder | 2      | <= | client;parent | true
            cgi           | responder | 3      | <= | teacher       | false
            pgic          | responder | 6      | >= | client        | true
            phq9          | caseness  | 10     | >= | client        | true
        """
    )
    clinic.expect(
        "int_responder_rules",
        """
        instrument_id | scale | respondent | until_points | from_points
        cgi           | total | client     | 2            |
        cgi           | total | parent     | 2            |
        pgic          | total | client     |              | 6
        """,
    )
