"""The published quality measures: who is counted, left out, due, and who met them."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.builders import DDL, PARAMETERS
from tests.measure_decisions import add_brief_screen, switch_on
from tests.sql.text_tables import TextBench

COUNTS = "n_denominator | n_exclusions | n_eligible | n_numerator | n_not_yet_due"
AT_CLINIC = {"level": "clinic", "stratum": "all"}
AS_OF = date(2027, 6, 30)
# An index of CMS159 for 2026: its identification period is November 2024 to October 2025.
INDEX = date(2025, 1, 10)
BORN = "1990-05-05"
# What a test of this file may change.
CHANGED = (
    "ref_instruments", "ref_instrument_scales", "ref_measure_rules", "ref_measure_rates",
    "ref_measure_tools", "ref_measure_codes",
)  # fmt: skip
GIVEN = (*CHANGED, *(table for table in DDL if table.startswith("stg_")))


@pytest.fixture(scope="module")
def shared() -> Iterator[TextBench]:
    """One engine for all tests of this file: making its tables costs more than a test."""
    bench = TextBench()
    # So few rows are faster on one thread.
    bench.connection.execute("set threads = 1")
    for table in CHANGED:
        bench.connection.execute(f"create table kept_{table} as select * from {table}")
    yield bench
    bench.close()


@pytest.fixture
def clinic(shared: TextBench) -> TextBench:
    """Empty but for the made-up catalogue and the measures, judged late."""
    for table in GIVEN:
        shared.connection.execute(f"delete from {table}")
    for table in CHANGED:
        shared.connection.execute(f"insert into {table} from kept_{table}")
    shared.parameters = {**PARAMETERS, "as_of_on": AS_OF}
    shared.restart()
    return shared


def one_client(
    clinic: TextBench,
    *,
    sessions: list[date],
    scores: list[tuple[date, int]],
    birth_date: str = BORN,
    diagnoses: str = "F32.1 | 2025-01-01",
    ended_on: str = "",
    instrument: str = "phq9",
) -> None:
    """One open course with these attended sessions, scores and diagnoses (code | day)."""
    clinic.given(
        stg_clients=f"client_id | birth_date\n c1 | {birth_date}",
        stg_episodes="episode_id | referred_on | ended_on | end_reason\n"
        f" e1 | 2023-01-01 | {ended_on} | {'completed' if ended_on else ''}",
        stg_sessions="session_id | episode_id | scheduled_on\n"
        + "\n".join(f" s{n} | e1 | {day}" for n, day in enumerate(sessions)),
        stg_attendances="session_id\n" + "\n".join(f" s{n}" for n in range(len(sessions))),
        stg_diagnoses="code | recorded_on\n" + diagnoses,
        stg_responses="response_id | episode_id | instrument_id | administered_on | total_score\n"
        + "\n".join(
            f" r{n} | e1 | {instrument} | {day} | {points}"
            for n, (day, points) in enumerate(scores)
        ),
    )


def result(clinic: TextBench, measure_id: str, year: int, rate_id: str | None = None) -> Any:
    """The one result of a measure in a year; None without one."""
    found = [
        row
        for row in clinic.rows("int_measure_results")
        if row["measure_id"] == measure_id
        and row["period_start_on"].year == year
        and rate_id in (None, row["rate_id"])
    ]
    assert len(found) <= 1
    return found[0] if found else None


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_quality_measures") == []
    assert clinic.rows("mart_measure_exclusions") == []


def test_one_client_is_counted_at_every_level_and_in_their_stratum(clinic: TextBench) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12), (date(2026, 1, 10), 4)])
    clinic.given(stg_programmes="programme_id\n p1")
    clinic.expect(
        "mart_quality_measures",
        f"""
        level     | subject_id | stratum | status | {COUNTS}      | met_rate | is_complete
        clinic    | clinic     | 12-17   | active | 0|0|0|0|0     |          | true
        clinic    | clinic     | 18+     | active | 1|0|1|1|0     | 1        | true
        clinic    | clinic     | all     | active | 1|0|1|1|0     | 1        | true
        programme | p1         | 12-17   | active | 0|0|0|0|0     |          | true
        programme | p1         | 18+     | active | 1|0|1|1|0     | 1        | true
        programme | p1         | all     | active | 1|0|1|1|0     | 1        | true
        therapist | t1         | 12-17   | active | 0|0|0|0|0     |          | true
        therapist | t1         | 18+     | active | 1|0|1|1|0     | 1        | true
        therapist | t1         | all     | active | 1|0|1|1|0     | 1        | true
        """,
        measure_id="cms159",
        period_start_on=date(2026, 1, 1),
    )


def test_a_measure_without_a_verified_figure_has_rows_without_counts_and_says_why(
    clinic: TextBench,
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)])
    rows = [
        row
        for row in clinic.rows("mart_quality_measures")
        if row["status"] == "inactive_unverified" and row["period_start_on"].year == 2025
    ]
    assert {(row["measure_id"], row["rate_id"]) for row in rows} == {
        ("dms_e", "measured"), ("drr_e", "follow_up"), ("drr_e", "remission"),
        ("drr_e", "response"), ("dsf_e", "screening"), ("dsf_e", "follow_up"),
    }  # fmt: skip
    assert {row["reason"].split(",")[0] for row in rows} == {
        "assessment_months", "index_above_points", "positive_from_points.phq9",
    }  # fmt: skip
    assert {row[name] for row in rows for name in row if name.startswith("n_")} == {None}
    assert not [
        row
        for row in clinic.rows("int_measure_results")
        if row["measure_id"] in ("dms_e", "drr_e", "dsf_e")
    ]


# --- who is in the population (CMS159)


@pytest.mark.parametrize(("points", "is_in"), [(9, False), (10, True)])
def test_the_index_is_above_nine(clinic: TextBench, points: int, is_in: bool) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, points)])
    assert (result(clinic, "cms159", 2026) is not None) is is_in


@pytest.mark.parametrize(
    ("days", "is_in"), [(-8, False), (-7, True), (0, True), (1, False)]
)  # fmt: skip
def test_the_score_is_taken_up_to_seven_days_before_a_session(
    clinic: TextBench, days: int, is_in: bool
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX + timedelta(days), 12)])
    assert (result(clinic, "cms159", 2026) is not None) is is_in


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2024, 10, 31), 2025),
        (date(2024, 11, 1), 2026),
        (date(2025, 10, 31), 2026),
        (date(2025, 11, 1), 2027),
    ],
)
def test_the_identification_period_is_fourteen_to_two_months_before_the_year(
    clinic: TextBench, day: date, year: int
) -> None:
    one_client(clinic, sessions=[day], scores=[(day, 12)], diagnoses="F33.2 | 2023-01-01")
    found = {
        row["period_start_on"].year
        for row in clinic.rows("int_measure_results")
        if row["measure_id"] == "cms159"
    }
    assert found == {year}


@pytest.mark.parametrize(
    ("diagnoses", "is_in"),
    [
        ("F32.1 | 2025-01-10", True),
        ("F32.1 | 2025-01-11", False),
        ("F341 | 2025-01-10", True),
        ("f33 | 2025-01-10", True),
        ("F32.81 | 2025-01-10", False),
        ("F41.1 | 2025-01-10", False),
    ],
)
def test_the_session_lies_in_the_time_of_a_depression_diagnosis(
    clinic: TextBench, diagnoses: str, is_in: bool
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)], diagnoses=diagnoses)
    assert (result(clinic, "cms159", 2026) is not None) is is_in


@pytest.mark.parametrize(("days", "is_in"), [(0, True), (1, False)])
def test_a_diagnosis_holds_to_the_end_of_its_course(
    clinic: TextBench, days: int, is_in: bool
) -> None:
    # The score belongs to a later course without a diagnosis of its own.
    day = date(2025, 3, 1) + timedelta(days)
    clinic.given(
        stg_clients=f"client_id | birth_date\n c1 | {BORN}",
        stg_episodes="""
            episode_id | referred_on | ended_on   | end_reason
            e1         | 2024-12-01  | 2025-03-01 | completed
            e2         | 2025-02-01  |            |
        """,
        stg_diagnoses="code | recorded_on\n F32.1 | 2025-01-01",
        stg_sessions=f"session_id | episode_id | scheduled_on\n s1 | e2 | {day}",
        stg_attendances="session_id\n s1",
        stg_responses=f"response_id | episode_id | administered_on | total_score\n"
        f" r1 | e2 | {day} | 12",
    )
    found = result(clinic, "cms159", 2026)
    assert (found is not None) is is_in
    assert found is None or found["episode_key"] == "e2"


@pytest.mark.parametrize(
    ("birth_date", "age"),
    [
        ("2013-01-11", None),
        ("2013-01-10", 12),
        ("2007-01-11", 17),
        ("2007-01-10", 18),
        ("", None),
    ],
)
def test_the_age_on_the_day_of_the_index_decides(
    clinic: TextBench, birth_date: str, age: int | None
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)], birth_date=birth_date)
    found = result(clinic, "cms159", 2026)
    assert (None if found is None else found["age_years"]) == age
    if age is not None:
        clinic.expect(
            "mart_quality_measures",
            f"""
            stratum | n_denominator
            12-17   | {int(age < 18)}
            18+     | {int(age >= 18)}
            all     | 1
            """,
            measure_id="cms159",
            level="clinic",
            period_start_on=date(2026, 1, 1),
        )


def test_who_was_born_on_the_29th_of_february_is_a_year_older_in_march(clinic: TextBench) -> None:
    ages = [
        clinic.connection.execute(
            "select age_years(date '2008-02-29', cast(? as date))", [day]
        ).fetchone()
        for day in ("2024-02-28", "2024-02-29", "2025-02-28", "2025-03-01")
    ]
    assert ages == [(15,), (16,), (16,), (17,)]


@pytest.mark.parametrize("status", ["no_show", "late_cancelled"])
def test_a_session_that_was_not_attended_is_no_encounter(clinic: TextBench, status: str) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)])
    clinic.given(stg_attendances=f"session_id | status\n s0 | {status}")
    assert result(clinic, "cms159", 2026) is None


def test_the_first_score_is_the_index_and_of_a_tie_the_first_response(clinic: TextBench) -> None:
    one_client(
        clinic,
        sessions=[INDEX, INDEX + timedelta(30)],
        scores=[(INDEX, 11), (INDEX, 20), (INDEX + timedelta(30), 27)],
    )
    found = result(clinic, "cms159", 2026)
    assert found["index_on"] == INDEX


SALTS = range(6)


def with_salted_keys(clinic: TextBench, salt: int) -> None:
    """Keys as another clinic's salt might make them: none is in the order of its id."""

    def key(kind: str, place: int) -> str:
        return f"{(place * 7 + salt * 5) % 13:02d}-{kind}-{place}"

    for column, tables in {
        "response": ("stg_responses",),
        "episode": (
            *("stg_episodes", "stg_sessions", "stg_diagnoses", "stg_responses"),
            *("stg_memberships",),
        ),
    }.items():
        for table in tables:
            ids = clinic.connection.execute(
                f"select distinct {column}_id from {table} where {column}_id is not null"
            ).fetchall()
            for (name,) in ids:
                new = key(column, int(name[1:]))
                clinic.connection.execute(
                    f"update {table} set {column}_key = ? where {column}_id = ?", [new, name]
                )
    clinic.restart()


@pytest.mark.parametrize("salt", SALTS)
@pytest.mark.parametrize(("first", "is_met"), [(20, True), (12, False)])
def test_scores_of_one_moment_go_by_their_id_whatever_the_salt(
    clinic: TextBench, salt: int, first: int, is_met: bool
) -> None:
    # Half of 20 is reached with 10; half of 12 is not.
    half_a_year = INDEX + timedelta(days=181)
    other = 32 - first
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, first), (INDEX, other), (half_a_year, 10)])
    with_salted_keys(clinic, salt)
    assert result(clinic, "cbe1884", 2025)["is_met"] is is_met


@pytest.mark.parametrize("salt", SALTS)
@pytest.mark.parametrize(("last", "is_met"), [(4, True), (5, False)])
def test_the_last_of_one_moment_is_the_one_with_the_last_id(
    clinic: TextBench, salt: int, last: int, is_met: bool
) -> None:
    a_year = date(2026, 1, 10)
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12), (a_year, 9 - last), (a_year, last)])
    with_salted_keys(clinic, salt)
    assert result(clinic, "cms159", 2026)["is_met"] is is_met


@pytest.mark.parametrize("salt", SALTS)
@pytest.mark.parametrize(("points", "is_met"), [((9, 10), False), ((10, 9), True)])
def test_screens_of_one_moment_go_by_their_id_whatever_the_salt(
    clinic: TextBench, salt: int, points: tuple[int, int], is_met: bool
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, one) for one in points])
    with_salted_keys(clinic, salt)
    assert result(clinic, "cms2", 2025)["is_met"] is is_met


@pytest.mark.parametrize("salt", SALTS)
@pytest.mark.parametrize(
    ("scored_in", "course"),
    # The score's own course, else the one with the smallest id.
    [("e1", "e1"), ("e2", "e2"), ("e3", "e1")],
)
def test_of_two_courses_on_one_day_the_scores_own_counts_whatever_the_salt(
    clinic: TextBench, salt: int, scored_in: str, course: str
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[])
    clinic.given(
        stg_episodes="""
            episode_id | referred_on
            e1         | 2023-01-01
            e2         | 2023-01-01
            e3         | 2023-01-01
        """,
        stg_sessions=f"""
            session_id | episode_id | scheduled_on
            s0         | e2         | {INDEX}
            s1         | e1         | {INDEX}
        """,
        stg_attendances="session_id\n s0\n s1",
        stg_diagnoses="episode_id | code | recorded_on\n"
        " e1 | F32.1 | 2025-01-01\n e2 | F32.1 | 2025-01-01",
        stg_responses="response_id | episode_id | administered_on | total_score\n"
        f" r0 | {scored_in} | {INDEX} | 12",
    )
    with_salted_keys(clinic, salt)
    ((key,),) = clinic.connection.execute(
        "select episode_key from stg_episodes where episode_id = ?", [course]
    ).fetchall()
    assert result(clinic, "cms159", 2026)["episode_key"] == key
    ((first,),) = clinic.connection.execute(
        "select episode_key from stg_episodes where episode_id = 'e1'"
    ).fetchall()
    # A screening measure has no score to go by.
    assert result(clinic, "cms2", 2025)["episode_key"] == first


# --- what is met


@pytest.mark.parametrize(
    ("day", "points", "is_met"),
    [
        (date(2025, 11, 10), 4, False),
        (date(2025, 11, 11), 4, True),
        (date(2026, 3, 11), 4, True),
        (date(2026, 3, 12), 4, False),
        (date(2026, 1, 10), 5, False),
    ],
)
def test_remission_is_below_five_within_sixty_days_of_twelve_months(
    clinic: TextBench, day: date, points: int, is_met: bool
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12), (day, points)])
    found = result(clinic, "cms159", 2026)
    assert (found["is_met"], found["due_on"]) == (is_met, date(2026, 3, 11))


def test_the_last_score_of_the_window_decides(clinic: TextBench) -> None:
    one_client(
        clinic,
        sessions=[INDEX],
        scores=[(INDEX, 12), (date(2026, 1, 10), 3), (date(2026, 2, 1), 6)],
    )
    assert result(clinic, "cms159", 2026)["is_met"] is False


def test_without_a_score_in_the_window_nothing_is_met_and_the_client_stays(
    clinic: TextBench,
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)])
    clinic.expect(
        "mart_quality_measures",
        f"{COUNTS} | met_rate\n 1 | 0 | 1 | 0 | 0 | 0",
        measure_id="cms159",
        period_start_on=date(2026, 1, 1),
        **AT_CLINIC,
    )


@pytest.mark.parametrize(
    ("measure_id", "rate_id", "days", "points", "is_met"),
    [
        ("drr_e", "follow_up", 119, 3, False),
        ("drr_e", "follow_up", 120, 20, True),
        ("drr_e", "follow_up", 240, 20, True),
        ("drr_e", "follow_up", 241, 3, False),
        ("drr_e", "remission", 120, 5, False),
        ("drr_e", "remission", 240, 4, True),
        ("drr_e", "response", 200, 10, True),
        ("drr_e", "response", 200, 11, False),
        # Six months after 10 January are 181 days; the window is 30 days each side.
        ("cbe1884", "response", 150, 10, False),
        ("cbe1884", "response", 151, 10, True),
        ("cbe1884", "response", 211, 10, True),
        ("cbe1884", "response", 212, 10, False),
        ("cbe1884", "response", 181, 11, False),
    ],
)
def test_the_windows_and_thresholds_of_the_others(
    clinic: TextBench, measure_id: str, rate_id: str, days: int, points: int, is_met: bool
) -> None:
    switch_on(clinic)
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 20), (INDEX + timedelta(days), points)])
    assert result(clinic, measure_id, 2025, rate_id)["is_met"] is is_met


@pytest.mark.parametrize(("birth_date", "is_in"), [("2007-01-11", False), ("2007-01-10", True)])
def test_cbe1884_is_about_adults(clinic: TextBench, birth_date: str, is_in: bool) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)], birth_date=birth_date)
    assert (result(clinic, "cbe1884", 2025) is not None) is is_in


# --- who is not due yet, and who is left out


@pytest.mark.parametrize(
    ("as_of", "counts"),
    [(date(2025, 9, 6), "0 | 0 | 0 | 0 | 1"), (date(2025, 9, 7), "1 | 0 | 1 | 0 | 0")],
)
def test_before_day_240_nothing_is_counted(clinic: TextBench, as_of: date, counts: str) -> None:
    switch_on(clinic)
    clinic.parameters = {**clinic.parameters, "as_of_on": as_of}
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12), (date(2025, 6, 1), 12)])
    clinic.expect(
        "mart_quality_measures",
        f"is_complete | {COUNTS}\n false | {counts}",
        measure_id="drr_e",
        rate_id="remission",
        period_start_on=date(2025, 1, 1),
        **AT_CLINIC,
    )


@pytest.mark.parametrize(
    ("code", "recorded_on", "reason"),
    [
        ("F60.3", "2026-03-11", "borderline"),
        ("F60.3", "2026-03-12", None),
        ("F60.31", "2023-01-01", "borderline"),
        ("F60.2", "2025-01-01", None),
        ("F31.81", "2025-02-01", "bipolar"),
        ("F25.0", "2025-02-01", "psychosis"),
        ("F84.0", "2025-02-01", "developmental"),
        ("Z51.5", "2026-03-11", "palliative"),
        ("Z51.5", "2026-03-12", None),
    ],
)
def test_a_diagnosis_excludes_when_recorded_by_the_end_of_the_window(
    clinic: TextBench, code: str, recorded_on: str, reason: str | None
) -> None:
    one_client(
        clinic,
        sessions=[INDEX],
        scores=[(INDEX, 12), (date(2026, 1, 10), 3)],
        diagnoses=f"F32.1 | 2025-01-01\n {code} | {recorded_on}",
    )
    found = result(clinic, "cms159", 2026)
    assert (found["exclusion_reason"], found["is_met"]) == (reason, reason is None)


@pytest.mark.parametrize(
    ("ended_on", "reason"), [("2024-10-31", None), ("2024-11-01", "palliative")]
)
def test_palliative_care_that_was_over_before_the_identification_period_excludes_nobody(
    clinic: TextBench, ended_on: str, reason: str | None
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)])
    clinic.given(
        stg_episodes=f"""
            episode_id | referred_on | ended_on   | end_reason
            e0         | 2023-01-01  | {ended_on} | completed
            e1         | 2024-12-01  |            |
        """,
        stg_diagnoses="""
            episode_id | code  | recorded_on
            e0         | Z51.5 | 2024-01-01
            e1         | F32.1 | 2025-01-01
        """,
    )
    assert result(clinic, "cms159", 2026)["exclusion_reason"] == reason


@pytest.mark.parametrize(("ended_on", "reason"), [("2026-03-11", "death"), ("2026-03-12", None)])
def test_a_death_by_the_end_of_the_window_excludes(
    clinic: TextBench, ended_on: str, reason: str | None
) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)])
    clinic.given(stg_episodes=f"episode_id | ended_on | end_reason\n e1 | {ended_on} | deceased")
    assert result(clinic, "cms159", 2026)["exclusion_reason"] == reason


def test_exclusions_are_told_by_reason_and_add_up(clinic: TextBench) -> None:
    # c1 has two reasons and is under the first; c2 has one; c3 none.
    clinic.given(
        stg_programmes="programme_id | track\n p1 | borderline",
        stg_clients=f"client_id | birth_date\n c1 | {BORN}\n c2 | {BORN}\n c3 | {BORN}",
        stg_episodes="episode_id | client_id\n e1 | c1\n e2 | c2\n e3 | c3",
        stg_diagnoses="""
            episode_id | code  | recorded_on
            e1         | F32.1 | 2025-01-01
            e1         | F31.0 | 2025-01-01
            e1         | F60.3 | 2025-01-01
            e2         | F33.0 | 2025-01-01
            e2         | F31.0 | 2025-01-01
            e3         | F34.1 | 2025-01-01
        """,
        stg_sessions="session_id | episode_id | scheduled_on\n"
        " s1 | e1 | 2025-01-10\n s2 | e2 | 2025-01-10\n s3 | e3 | 2025-01-10",
        stg_attendances="session_id | client_id\n s1 | c1\n s2 | c2\n s3 | c3",
        stg_responses="response_id | client_id | episode_id | administered_on | total_score\n"
        " r1 | c1 | e1 | 2025-01-10 | 12\n r2 | c2 | e2 | 2025-01-10 | 12\n"
        " r3 | c3 | e3 | 2025-01-10 | 12",
    )
    clinic.expect(
        "mart_measure_exclusions",
        """
        exclusion_reason | n_clients | n_exclusions | n_denominator
        bipolar    | 1         | 1            | 3
        borderline | 1         | 1            | 3
        """,
        measure_id="cms159",
        level="programme",
    )
    clinic.expect(
        "mart_quality_measures",
        f"{COUNTS} | met_rate\n 3 | 2 | 1 | 0 | 0 | 0",
        measure_id="cms159",
        level="programme",
        stratum="all",
        period_start_on=date(2026, 1, 1),
    )


def test_without_anybody_left_there_is_no_rate(clinic: TextBench) -> None:
    one_client(
        clinic,
        sessions=[INDEX],
        scores=[(INDEX, 12)],
        diagnoses="F32.1 | 2025-01-01\n F60.3 | 2025-01-01",
    )
    clinic.expect(
        "mart_quality_measures",
        f"{COUNTS} | met_rate | met_rate_lower\n 1 | 1 | 0 | 0 | 0 | |",
        measure_id="cms159",
        period_start_on=date(2026, 1, 1),
        **AT_CLINIC,
    )


def test_a_client_of_two_therapists_counts_for_the_one_of_most_sessions(clinic: TextBench) -> None:
    one_client(clinic, sessions=[INDEX], scores=[(INDEX, 12)])
    clinic.given(
        stg_sessions="""
            session_id | episode_id | therapist_id | scheduled_on
            s1         | e1         | t1           | 2025-01-10
            s2         | e1         | t2           | 2025-01-17
            s3         | e1         | t2           | 2025-01-24
        """,
        stg_attendances="session_id\n s1\n s2\n s3",
    )
    clinic.expect(
        "mart_quality_measures",
        "subject_id | n_denominator\n t2 | 1",
        measure_id="cms159",
        level="therapist",
        stratum="all",
        period_start_on=date(2026, 1, 1),
    )


# --- screening (CMS2, DSF-E)


def test_the_follow_up_of_a_screening_has_the_screenings_initial_population(
    clinic: TextBench,
) -> None:
    switch_on(clinic)
    one_client(clinic, sessions=[date(2025, 5, 1)], scores=[(date(2025, 5, 1), 12)])
    clinic.given(
        stg_clients=f"client_id | birth_date\n c1 | {BORN}\n c2 | {BORN}",
        stg_episodes="episode_id | client_id\n e1 | c1\n e2 | c2",
        stg_sessions="session_id | episode_id | scheduled_on\n"
        " s0 | e1 | 2025-05-01\n s1 | e2 | 2025-05-01",
        stg_attendances="session_id | client_id\n s0 | c1\n s1 | c2",
        stg_diagnoses="code | recorded_on",
    )
    clinic.expect(
        "mart_quality_measures",
        "rate_id | n_initial_population | n_denominator\n follow_up | 2 | 1\n screening | 2 | 2",
        measure_id="dsf_e",
        period_start_on=date(2025, 1, 1),
        **AT_CLINIC,
    )


@pytest.mark.parametrize(
    ("birth_date", "is_in"), [("2013-01-01", True), ("2013-01-02", False), ("", False)]
)
def test_screening_asks_the_age_on_the_first_of_january(
    clinic: TextBench, birth_date: str, is_in: bool
) -> None:
    one_client(clinic, sessions=[date(2025, 5, 1)], scores=[], birth_date=birth_date)
    assert (result(clinic, "cms2", 2025) is not None) is is_in


@pytest.mark.parametrize(
    ("days", "points", "is_met"),
    [(-15, 9, False), (-14, 9, True), (0, 9, True), (1, 9, False), (0, 10, False)],
)
def test_a_negative_screen_up_to_14_days_before_a_session_meets_cms2(
    clinic: TextBench, days: int, points: int, is_met: bool
) -> None:
    day = date(2025, 5, 1)
    one_client(clinic, sessions=[day], scores=[(day + timedelta(days), points)])
    assert result(clinic, "cms2", 2025)["is_met"] is is_met


@pytest.mark.parametrize(
    ("acted_on", "next_session", "is_met"),
    [
        ("2025-05-01", None, True),
        ("2025-05-03", None, True),
        ("2025-05-04", None, False),
        ("2025-04-30", None, False),
        # The next session of a running course is no plan.
        (None, date(2025, 5, 2), False),
        (None, date(2025, 5, 3), False),
    ],
)
def test_a_positive_screen_needs_a_safety_action_within_two_days_of_the_session(
    clinic: TextBench, acted_on: str | None, next_session: date | None, is_met: bool
) -> None:
    day = date(2025, 5, 1)
    sessions = [day] if next_session is None else [day, next_session]
    # The screen precedes the second session by more than 14 days, so that it belongs to the first.
    one_client(clinic, sessions=sessions, scores=[(day - timedelta(13), 10)])
    if acted_on is not None:
        clinic.given(stg_safety_actions=f"response_id | acted_on\n r0 | {acted_on}")
    assert result(clinic, "cms2", 2025)["is_met"] is is_met


def test_the_most_recent_screen_decides_and_the_full_form_of_two_at_once(
    clinic: TextBench,
) -> None:
    add_brief_screen(clinic)
    day = date(2025, 5, 1)
    one_client(clinic, sessions=[day], scores=[])
    clinic.given(
        stg_responses="""
            response_id | episode_id | instrument_id | administered_on | total_score
            r1          | e1         | phq9          | 2025-04-25      | 20
            r2          | e1         | phq9          | 2025-05-01      | 4
            r3          | e1         | phq2          | 2025-05-01      | 5
        """
    )
    assert result(clinic, "cms2", 2025)["is_met"] is True


@pytest.mark.parametrize(("points", "is_met"), [(2, True), (3, False)])
def test_a_brief_screen_is_positive_from_three(
    clinic: TextBench, points: int, is_met: bool
) -> None:
    add_brief_screen(clinic)
    day = date(2025, 5, 1)
    one_client(clinic, sessions=[day], scores=[(day, points)], instrument="phq2")
    assert result(clinic, "cms2", 2025)["is_met"] is is_met


@pytest.mark.parametrize(
    ("recorded_on", "reason"), [("2025-05-07", "bipolar"), ("2025-05-08", None)]
)
def test_bipolar_excludes_from_cms2_when_recorded_before_a_session_of_the_year(
    clinic: TextBench, recorded_on: str, reason: str | None
) -> None:
    one_client(
        clinic,
        sessions=[date(2025, 5, 1), date(2025, 5, 8)],
        scores=[],
        diagnoses=f"F31.2 | {recorded_on}",
    )
    assert result(clinic, "cms2", 2025)["exclusion_reason"] == reason


@pytest.mark.parametrize(
    ("day", "is_met"),
    [
        (date(2024, 12, 31), False),
        (date(2025, 1, 1), True),
        (date(2025, 12, 1), True),
        (date(2025, 12, 2), False),
    ],
)
def test_dsf_screens_from_1_january_to_1_december(
    clinic: TextBench, day: date, is_met: bool
) -> None:
    switch_on(clinic)
    one_client(
        clinic, sessions=[date(2025, 5, 1)], scores=[(day, 4)], diagnoses="F41.1 | 2025-01-01"
    )
    assert result(clinic, "dsf_e", 2025, "screening")["is_met"] is is_met
    assert result(clinic, "dsf_e", 2025, "follow_up") is None


@pytest.mark.parametrize(("days", "is_met"), [(0, False), (1, True), (30, True), (31, False)])
def test_dsf_follows_a_positive_screen_up_within_thirty_days(
    clinic: TextBench, days: int, is_met: bool
) -> None:
    switch_on(clinic)
    day = date(2025, 5, 1)
    sessions = [date(2025, 4, 1), day + timedelta(days)]
    one_client(clinic, sessions=sessions, scores=[(day, 10)], diagnoses="F41.1 | 2025-01-01")
    found = result(clinic, "dsf_e", 2025, "follow_up")
    assert (found["is_met"], found["due_on"]) == (is_met, date(2025, 5, 31))


@pytest.mark.parametrize(
    ("full_points", "full_day", "is_met"),
    [(9, "2025-05-01", True), (10, "2025-05-01", False), (9, "2025-05-02", False)],
)
def test_a_negative_full_screen_on_the_same_day_follows_a_positive_brief_one(
    clinic: TextBench, full_points: int, full_day: str, is_met: bool
) -> None:
    switch_on(clinic)
    add_brief_screen(clinic)
    one_client(clinic, sessions=[date(2025, 4, 1)], scores=[], diagnoses="F41.1 | 2025-01-01")
    clinic.given(
        stg_responses=f"""
            response_id | episode_id | instrument_id | administered_on | total_score
            r1          | e1         | phq2          | 2025-05-01      | 3
            r2          | e1         | phq9          | {full_day}      | {full_points}
        """
    )
    assert result(clinic, "dsf_e", 2025, "follow_up")["is_met"] is is_met


@pytest.mark.parametrize(
    ("recorded_on", "reason"), [("2024-12-31", "depression"), ("2025-01-01", None)]
)
def test_dsf_leaves_out_whose_depression_is_older_than_the_year(
    clinic: TextBench, recorded_on: str, reason: str | None
) -> None:
    switch_on(clinic)
    one_client(
        clinic,
        sessions=[date(2025, 5, 1)],
        scores=[],
        diagnoses=f"F32.1 | {recorded_on}",
    )
    assert result(clinic, "dsf_e", 2025, "screening")["exclusion_reason"] == reason


# --- utilization (DMS-E)


def test_each_assessment_period_with_a_session_counts_apart(clinic: TextBench) -> None:
    switch_on(clinic)
    one_client(
        clinic,
        sessions=[date(2025, 1, 1), date(2025, 4, 30), date(2025, 5, 1), date(2025, 12, 31)],
        scores=[(date(2025, 4, 30), 3), (date(2025, 8, 31), 3)],
    )
    found = [
        (row["index_on"], row["due_on"], row["is_met"])
        for row in clinic.rows("int_measure_results")
        if row["measure_id"] == "dms_e"
    ]
    assert found == [
        (date(2025, 1, 1), date(2025, 4, 30), True),
        (date(2025, 5, 1), date(2025, 8, 31), True),
        (date(2025, 9, 1), date(2025, 12, 31), False),
    ]
    clinic.expect(
        "mart_quality_measures",
        f"n_clients | {COUNTS}\n 1 | 3 | 0 | 3 | 2 | 0",
        measure_id="dms_e",
        period_start_on=date(2025, 1, 1),
        **AT_CLINIC,
    )
