"""How courses ended, per subject and period; and how much treatment they had."""

from datetime import date

from tests.sql.text_tables import TextBench

JUNE = {"level": "clinic", "period_kind": "month", "period_start_on": date(2025, 6, 1)}
COURSES = (
    "episode_key | client_key | ended_on | is_started | has_coded_ending | is_planned_ending"
    " | is_dropout_coded | is_dropout_missed | is_dropout_short | is_dropout_unimproved"
)
AMOUNTS = (
    "episode_key | client_key | ended_on | is_started | n_individual_attended"
    " | n_group_attended | course_weeks | sessions_per_week"
)


def fill(clinic: TextBench, text: str) -> None:
    """Rows of mart_episode_course, all of the clinic, and June's months."""
    clinic.given(
        mart_episode_course=text,
        int_period_months="""
            period_number | period_kind | period_start_on | period_end_on | month_start_on
            1             | month       | 2025-06-01      | 2025-06-30    | 2025-06-01
            2             | quarter     | 2025-04-01      | 2025-06-30    | 2025-05-01
            2             | quarter     | 2025-04-01      | 2025-06-30    | 2025-06-01
        """,
    )
    clinic.rows("int_episode_subjects")
    clinic.connection.execute(
        "insert into int_episode_subjects"
        " select distinct episode_key, 'clinic', 'clinic', 1 from mart_episode_course"
    )


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_course") == []
    assert clinic.rows("mart_dosage") == []


def test_each_definition_has_its_own_denominator(clinic: TextBench) -> None:
    fill(
        clinic,
        f"""
        {COURSES}
        e1 | c1 | 2025-06-30 | true  | true  | false | true  | true  | true  | true
        e2 | c1 | 2025-05-31 | true  | true  | true  | false | false |       | false
        e3 | c1 | 2025-06-01 | true  | false |       |       |       | false |
        e4 | c2 | 2025-06-01 | false | true  | false |       |       |       |
        e5 | c3 |            | true  |       |       |       |       |       |
        """,
    )
    clinic.expect(
        "mart_course",
        """
        n_clients | n_ended | n_never_started | n_ended_after_start | n_coded | n_uncoded | n_planned | planned_rate
        2         | 3       | 1               | 2                   | 2       | 1         | 0         | 0
        """,
        **JUNE,
    )
    clinic.expect(
        "mart_course",
        """
        n_dropout_coded_known | n_dropout_coded | dropout_coded_rate | n_dropout_missed_known | dropout_missed_rate | n_dropout_short_known | dropout_short_rate | n_dropout_unimproved
        1                     | 1               | 1                  | 1                      | 1                   | 2                     | 0.5                | 1
        """,
        **JUNE,
    )
    # The client of three courses is one person in the quarter.
    clinic.expect(
        "mart_course",
        "n_clients | n_ended | dropout_coded_rate | dropout_unimproved_rate\n 2 | 4 | 0.5 | 0.5",
        period_kind="quarter",
    )


def test_without_a_course_that_can_be_judged_there_is_no_rate(clinic: TextBench) -> None:
    fill(clinic, f"{COURSES}\n e1 | c1 | 2025-06-30 | false | false | | | | |")
    clinic.expect(
        "mart_course",
        "n_ended | never_started_rate | planned_rate | dropout_coded_rate\n 1 | 1 | |",
        **JUNE,
    )


def test_quartiles_are_interpolated_and_each_kind_of_session_is_counted_apart(
    clinic: TextBench,
) -> None:
    fill(
        clinic,
        f"""
        {AMOUNTS}
        e1 | c1 | 2025-06-30 | true  | 1 | 0 | 0      |
        e2 | c1 | 2025-06-29 | true  | 2 | 0 | 1      | 1
        e3 | c2 | 2025-06-28 | true  | 4 | 3 | 2.1429 | 0.5
        e4 | c3 | 2025-06-27 | true  | 8 | 0 | 7      | 1.25
        e5 | c4 | 2025-06-26 | false | 0 | 0 |        |
        """,
    )
    clinic.expect(
        "mart_dosage",
        """
        measure             | n_clients | n_courses | dosage_p25 | dosage_median | dosage_p75
        group_sessions      | 1         | 1         | 3          | 3             | 3
        individual_sessions | 3         | 4         | 1.75       | 3             | 5
        sessions_per_week   | 3         | 3         | 0.75       | 1             | 1.125
        weeks               | 3         | 4         | 0.75       | 1.5715        | 3.3572
        """,
        **JUNE,
    )


def test_the_quartiles_of_five_courses_are_courses(clinic: TextBench) -> None:
    courses = (f"e{n} | c{n} | 2025-06-2{n} | true | {n * n} | 0 | 0 |" for n in range(1, 6))
    fill(clinic, "\n".join([AMOUNTS, *courses]))
    clinic.expect(
        "mart_dosage",
        "dosage_p25 | dosage_median | dosage_p75\n 4 | 9 | 16",
        **{**JUNE, "measure": "individual_sessions"},
    )
