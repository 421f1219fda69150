"""The spread that everybody's change on a scale is divided by."""

from tests.sql.text_tables import TextBench


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("int_fixed_sds") == []


def test_a_reference_sample_else_a_clinical_one_in_force(clinic: TextBench) -> None:
    clinic.given(
        ref_norms="""
            instrument_id | scale  | population   | label | sd_points | status     | is_default
            gad7          | total  | clinical     | a     | 5.1       | verified   | true
            gad7          | total  | non_clinical | b     | 3.4       | verified   | true
            isi           | total  | non_clinical | c     | 4         | verified   | true
            ors           | total  | clinical     | d     | 7         | unverified | true
            ors           | social | clinical     | e     | 2         | verified   | true
            phq9          | total  | clinical     | f     | 6.1       | verified   | true
            phq9          | total  | reference    | g     | 6.0       | verified   | true
            phq9          | total  | reference    | h     | 5.0       | verified   | false
            wsas          | total  | clinical     | i     | 0         | verified   | true
        """
    )
    clinic.expect(
        "int_fixed_sds",
        """
        instrument_id | scale  | respondent | population | label | sd_points
        gad7          | total  | client     | clinical   | a     | 5.1
        ors           | social | client     | clinical   | e     | 2
        phq9          | total  | client     | reference  | g     | 6
        """,
    )


def test_each_respondent_has_a_spread_of_their_own_or_none(clinic: TextBench) -> None:
    clinic.given(
        ref_norms="""
            instrument_id | population | label | sd_points | respondents
            phq9          | clinical   | a     | 6         | client
            phq9          | clinical   | b     | 5         | parent;teacher
            phq9          | reference  | c     | 4         | teacher
        """
    )
    clinic.expect(
        "int_fixed_sds",
        """
        instrument_id | respondent | population | label
        phq9          | client     | clinical   | a
        phq9          | parent     | clinical   | b
        phq9          | teacher    | reference  | c
        """,
    )
