"""The working relationship: levels, falls, alerts, and whether it was asked about in time."""

from datetime import date

import pytest

from tests.property.process_clinics import process_references
from tests.sql.text_tables import TextBench

JUNE = {"period_kind": "month", "period_start_on": date(2025, 6, 1)}
CLINIC = {"level": "clinic", **JUNE}
SCORED = "response_id | client_id | episode_id | instrument_id | administered_on | total_score"
FALLS = "n_rated | n_fall_base | n_fell | fall_reason"


@pytest.fixture
def clinic(clinic: TextBench) -> TextBench:
    """A clinic that knows the instruments of the work."""
    for table, rows in process_references().items():
        clinic.fill(table, rows)
    return clinic


def one_course(clinic: TextBench, responses: str, *, n_sessions: int = 6) -> None:
    """A course with a session on each of the first days of June, and these responses."""
    days = range(1, n_sessions + 1)
    clinic.given(
        stg_episodes="episode_id | ended_on | end_reason\n e1 | 2025-06-30 | completed",
        stg_sessions="session_id | episode_id | scheduled_on\n"
        + "\n".join(f"s{day} | e1 | 2025-06-0{day}" for day in days),
        stg_attendances="session_id\n" + "\n".join(f"s{day}" for day in days),
        stg_responses=responses,
    )


def scores(*rated: tuple[str, str], instrument: str = "srs") -> str:
    """Responses on these days with these totals."""
    rows = [
        f"r{number} | c1 | e1 | {instrument} | {day} | {points}"
        for number, (day, points) in enumerate(rated)
    ]
    return "\n".join([SCORED, *rows])


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_alliance") == []
    assert clinic.rows("mart_alliance_coverage") == []


def test_a_course_without_a_rating_is_in_the_coverage_alone(clinic: TextBench) -> None:
    one_course(clinic, scores(("2025-06-01", "")))
    assert clinic.rows("mart_alliance") == []
    clinic.expect(
        "mart_alliance_coverage",
        "n_clients | n_ended | n_rated | n_reached | n_in_time | in_time_rate\n"
        "1 | 1 | 0 | 1 | 0 | 0",
        **CLINIC,
    )


def test_one_client_has_a_first_and_a_last_level_and_no_limits(clinic: TextBench) -> None:
    # After the end does not count; the first level may be late: session 3 is early for it.
    rated = scores(("2025-06-03", "35"), ("2025-06-05", "38"), ("2025-07-01", "40"))
    one_course(clinic, rated)
    clinic.expect(
        "mart_alliance",
        """
        n_clients | n_scores | first_mean_points | first_sd_points | last_mean_points | last_mean_points_lower
        1         | 2        | 35                |                 | 38               |
        """,
        **CLINIC,
    )


@pytest.mark.parametrize(
    ("day", "n_in_time"),
    [("2025-06-02", 0), ("2025-06-03", 1), ("2025-06-05", 1), ("2025-06-06", 0)],
)
def test_the_window_is_from_session_3_to_session_5(
    clinic: TextBench, day: str, n_in_time: int
) -> None:
    one_course(clinic, scores((day, "38")))
    expected = f"n_reached | n_in_time\n 1 | {n_in_time}"
    clinic.expect("mart_alliance_coverage", expected, **CLINIC)
    clinic.expect("mart_alliance", f"n_rated_in_time\n{n_in_time}", **CLINIC)


@pytest.mark.parametrize(("day", "n_in_time"), [("2025-06-10", 1), ("2025-06-11", 0)])
def test_a_week_after_the_session_its_time_is_over(
    clinic: TextBench, day: str, n_in_time: int
) -> None:
    # The third and last session was on 3 June.
    one_course(clinic, scores((day, "38")), n_sessions=3)
    clinic.expect("mart_alliance_coverage", f"n_reached | n_in_time\n 1 | {n_in_time}", **CLINIC)
    clinic.expect("mart_alliance", f"n_rated_in_time\n{n_in_time}", **CLINIC)


def test_cohesion_of_a_group_is_no_rating_of_the_working_relationship(clinic: TextBench) -> None:
    one_course(clinic, scores(("2025-06-03", "38"), instrument="gsrs"))
    clinic.expect("mart_alliance_coverage", "n_rated | n_in_time\n 0 | 0", **CLINIC)
    clinic.expect("mart_alliance", "instrument_id | n_rated\n gsrs | 1", **CLINIC)


@pytest.mark.parametrize(
    ("alerts", "n_alerts"),
    [
        # The client's own alert is nobody else's.
        ("srs | alert | 36 | < | client | client", None),
        ("srs | alert | 36 | < | client;therapist | client, therapist", 1),
        (
            "srs | alert | 36 | < | client | client\n srs | alert | 20 | < | therapist | therapist",
            0,
        ),
        ("srs | alert | 36 | < | therapist | therapist, in training", None),
    ],
)
def test_an_alert_is_of_those_for_whom_it_holds(
    clinic: TextBench, alerts: str, n_alerts: int | None
) -> None:
    clinic.given(
        ref_thresholds=f"instrument_id | kind | points | op | respondents | holds_for\n {alerts}"
    )
    one_course(clinic, scores(("2025-06-01", "30")))
    clinic.connection.execute("update stg_responses set respondent = 'therapist'")
    shown = "" if n_alerts is None else n_alerts
    clinic.expect("mart_alliance", f"n_rated | n_alerts\n 1 | {shown}", **CLINIC)


def test_five_at_the_ceiling_have_no_limits(clinic: TextBench) -> None:
    numbers = range(1, 6)
    clinic.given(
        stg_episodes="episode_id | client_id | ended_on\n"
        + "\n".join(f"e{n} | c{n} | 2025-06-30" for n in numbers),
        stg_responses=f"{SCORED}\n"
        + "\n".join(f"r{n} | c{n} | e{n} | srs | 2025-06-01 | 40" for n in numbers),
    )
    clinic.expect(
        "mart_alliance",
        "first_mean_points | first_sd_points | first_mean_points_lower | first_mean_points_upper\n"
        "40 | 0 | | ",
        **CLINIC,
    )


def test_a_course_of_two_sessions_never_reached_the_window(clinic: TextBench) -> None:
    one_course(clinic, scores(("2025-06-02", "38")), n_sessions=2)
    expected = "n_ended | n_rated | n_reached | n_in_time | in_time_rate\n 1 | 1 | 0 | 0 |"
    clinic.expect("mart_alliance_coverage", expected, **CLINIC)


def test_a_therapists_own_rating_is_no_measurement_of_the_client(clinic: TextBench) -> None:
    one_course(clinic, scores(("2025-06-03", "38")))
    clinic.connection.execute("update stg_responses set respondent = 'therapist'")
    clinic.expect("mart_alliance_coverage", "n_rated | n_in_time\n 0 | 0", **CLINIC)
    clinic.expect("mart_alliance", "respondent | n_rated\n therapist | 1", **CLINIC)


@pytest.mark.parametrize(
    ("last", "n_fell"),
    # The norm's SD of clients is 1.5: 38 falls by just that to 36.5.
    [("36.5", 1), ("36.6", 0), ("40", 0)],
)
def test_a_fall_is_one_sd_or_more_from_one_rating_to_the_next(
    clinic: TextBench, last: str, n_fell: int
) -> None:
    one_course(clinic, scores(("2025-06-01", "38"), ("2025-06-02", last)))
    clinic.expect("mart_alliance", f"{FALLS}\n 1 | 1 | {n_fell} |", **CLINIC)


def test_small_steps_add_up_to_no_fall_and_one_rating_has_none(clinic: TextBench) -> None:
    steps = [(f"2025-06-0{day}", str(40 - day)) for day in range(1, 7)]
    one_course(clinic, scores(*steps))
    clinic.expect("mart_alliance", f"{FALLS}\n 1 | 1 | 0 |", **CLINIC)
    clinic.restart()
    one_course(clinic, scores(("2025-06-01", "38")))
    clinic.expect("mart_alliance", f"{FALLS}\n 1 | 0 | 0 |", **CLINIC)


def test_without_a_spread_nobody_can_say_what_a_fall_is(clinic: TextBench) -> None:
    rated = (("2025-06-01", "60"), ("2025-06-02", "12"))
    one_course(clinic, scores(*rated, instrument="wai_sr"))
    clinic.expect("mart_alliance", f"{FALLS}\n 1 | | | no_known_spread", **CLINIC)


def test_where_more_is_worse_a_fall_goes_up(clinic: TextBench) -> None:
    rated = (("2025-06-01", "2"), ("2025-06-02", "3"))
    one_course(clinic, scores(*rated, instrument="conflict"))
    clinic.expect("mart_alliance", f"{FALLS}\n 1 | 1 | 1 |", **CLINIC)


def test_the_clinics_own_spread_comes_before_a_norm(clinic: TextBench) -> None:
    clinic.parameters |= {
        "reference_starts_on": date(2025, 6, 1),
        "reference_ends_on": date(2025, 6, 30),
        "reference_minimum_scores": 2,
    }
    clinic.given(
        stg_episodes="""
            episode_id | client_id | ended_on
            e1         | c1        | 2025-06-30
            e2         | c2        | 2025-06-30
            e3         | c3        | 2025-07-31
        """,
        stg_responses=f"""
            {SCORED}
            r1 | c1 | e1 | srs    | 2025-06-01 | 40
            r2 | c1 | e1 | srs    | 2025-06-02 | 36
            r3 | c2 | e2 | srs    | 2025-06-30 | 36
            r4 | c3 | e3 | srs    | 2025-07-01 | 10
            r5 | c3 | e3 | wai_sr | 2025-06-30 | 40
        """,
    )
    # The SD of 40 and 36; the course outside the period and a single rating give none.
    clinic.expect(
        "int_alliance_sds",
        """
        instrument_id | sd_points | sd_basis
        srs           | 2.8284    | clinic_reference
        """,
    )
    clinic.expect("mart_alliance", "n_fall_base | n_fell\n 1 | 1", **CLINIC)


@pytest.mark.parametrize(("points", "n_alerts"), [("36", 0), ("35.9", 1)])
def test_an_alert_is_below_36(clinic: TextBench, points: str, n_alerts: int) -> None:
    one_course(clinic, scores(("2025-06-01", points), ("2025-06-02", "40")))
    clinic.expect(
        "mart_alliance",
        "n_judged | n_alerts | n_alert_base | n_with_alert | with_alert_rate\n"
        f"2 | {n_alerts} | 1 | {n_alerts} | {n_alerts}",
        **CLINIC,
    )


def test_without_a_verified_alert_there_is_none(clinic: TextBench) -> None:
    one_course(clinic, scores(("2025-06-01", "0"), instrument="gsrs"))
    counts = "n_judged | n_alerts | n_alert_base | n_with_alert | with_alert_rate"
    clinic.expect("mart_alliance", f"{counts}\n | | | |", **CLINIC)


def test_ratings_of_one_moment_go_by_their_id(clinic: TextBench) -> None:
    one_course(clinic, scores(("2025-06-01", "40"), ("2025-06-01", "30")))
    expected = "first_mean_points | last_mean_points | n_fell\n 40 | 30 | 1"
    clinic.expect("mart_alliance", expected, **CLINIC)


def test_a_client_of_two_therapists_counts_once_and_periods_add_people_up(
    clinic: TextBench,
) -> None:
    clinic.given(
        stg_programmes="programme_id\n p1",
        stg_episodes="""
            episode_id | client_id | therapist_id | ended_on
            e1         | c1        | t1           | 2025-06-30
            e2         | c1        | t2           | 2025-06-30
            e3         | c1        | t1           | 2025-05-31
        """,
        stg_responses=f"""
            {SCORED}
            r1 | c1 | e1 | srs | 2025-06-01 | 40
            r2 | c1 | e2 | srs | 2025-06-02 | 38
            r3 | c1 | e3 | srs | 2025-05-02 | 36
        """,
    )
    expected = """
        level     | subject_id | n_clients | n_rated | first_mean_points
        clinic    | clinic     | 1         | 2       | 39
        programme | p1         | 1         | 2       | 39
        therapist | t1         | 1         | 1       | 40
        therapist | t2         | 1         | 1       | 38
    """
    clinic.expect("mart_alliance", expected, **JUNE)
    quarter = {"period_kind": "quarter", "level": "clinic"}
    clinic.expect("mart_alliance", "n_clients | n_rated\n 1 | 3", **quarter)
    clinic.expect("mart_alliance_coverage", "n_clients | n_ended | n_rated\n 1 | 3 | 3", **quarter)
