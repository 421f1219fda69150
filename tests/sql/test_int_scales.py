"""Which way a scale runs, and which scales a programme measures by listing an instrument."""

from tests.sql.text_tables import TextBench


def test_a_scale_has_its_own_direction_or_that_of_its_instrument(clinic: TextBench) -> None:
    """A total is there even where the catalogue scores none; a form it cannot score has only that."""
    for table in ("ref_instruments", "ref_instrument_scales"):
        clinic.connection.execute(f"delete from {table}")
    clinic.given(
        ref_instruments="""
            instrument_id | purpose | direction     | is_scored | total_min_points | total_max_points
            both          | outcome | higher_worse  | true      | 0                | 30
            parts         | outcome |               | true      |                  |
            unscored      | safety  | higher_better | false     | 0                | 4
            gbo           | outcome | higher_better | false     | 0                | 10
        """,
        ref_instrument_scales="""
            instrument_id | scale | direction     | min_points | max_points
            both          | total |               |            |
            both          | joy   | higher_better | 1          | 9
            parts         | joy   | higher_better | 1          | 9
        """,
    )
    clinic.expect(
        "int_scales",
        """
        instrument_id | scale | direction     | lowest_points | highest_points | is_listed
        both          | joy   | higher_better | 1             | 9              | true
        both          | total | higher_worse  | 0             | 30             | true
        gbo           | total | higher_better | 0             | 10             | false
        parts         | joy   | higher_better | 1             | 9              | true
        parts         | total |               |               |                | false
        unscored      | total | higher_better | 0             | 4              | true
        """,
    )
