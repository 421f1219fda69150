"""Every invariant holds on a sound clinic and reports the row that breaks it."""

from collections.abc import Iterator

import pytest

from tests.builders import checks
from tests.property.governed_clinics import random_governed_clinic
from tests.sql.text_tables import TextBench

# Check and a statement that breaks what it guards.
BREAKS = {
    "activity_subjects_make_the_clinic": (
        "update mart_activity set n_ended = n_ended + 1 where level = 'therapist'"
    ),
    "claim_counts_nest": "update mart_claims set n_measured = n_due + 1",
    "completeness_subjects_make_the_clinic": (
        "delete from mart_completeness where level = 'programme'"
    ),
    "consents_add_up": "update mart_consents set n_consent_missing = n_consent_missing + 1",
    "curves_count_who_is_there": "update mart_trajectories set n_there = n_measured - 1",
    "deliveries_add_up": "update mart_deliveries set n_accepted = n_accepted + 1",
    "domain_counts_add_up": "update mart_domain_outcomes set n_paired = n_paired + 1",
    "episode_flags_agree": "update mart_episode_outcomes set is_paired = false",
    "group_process_adds_up": "update mart_group_process set n_came = n_came + 1",
    "licences_add_up": "update mart_licences set n_licensed = n_licensed + 1",
    "measure_counts_add_up": "update mart_quality_measures set n_exclusions = n_exclusions + 1",
    "one_count_of_one_thing": "update mart_equity set n_met = n_met + 1 where figure = 'measured'",
    "open_courses_add_up": "update mart_on_track_counts set n_too_early = n_too_early + 1",
    "outcome_counts_nest": "update mart_outcomes set n_finished = n_ended + 1",
    "outcome_subjects_make_the_clinic": (
        "update mart_outcomes set n_paired = n_paired + 1 where level = 'public_programme'"
    ),
    "path_counts_nest": "update mart_path set n_with_setback = n_setback_assessable + 1",
    "periods_are_whole": "delete from int_period_months where period_kind = 'year'"
    " and month_start_on = (select max(month_start_on) from int_period_months"
    " where period_kind = 'year')",
    "public_courses_have_consent": "delete from stg_consents",
    "recovery_has_the_finished_courses": "delete from mart_episode_recovery",
    "safety_followups_add_up": "update mart_safety set n_actions_open = n_actions_open + 1",
    "started_add_up": "update mart_started set n_open = n_open + 1",
}


@pytest.fixture(scope="module")
def sound() -> Iterator[TextBench]:
    """A clinic in which everything holds."""
    bench = TextBench()
    tables, parameters = random_governed_clinic(3, n_episodes=40)
    for table, rows in tables.items():
        bench.fill(table, rows)
    bench.given(
        stg_files="""
            delivery_id | file_id | file_name   | table_name | n_delivered
            d1          | f1      | clients.csv | clients    | 2
        """,
        stg_row_counts="""
            delivery_id | file_id | table_name | row_status | n_rows
            d1          | f1      | clients    | accepted   | 2
        """,
    )
    bench.fill("ref_claims", [{"claim_id": "half", "after_days": 8, "tolerance_days": 7}])
    # So few clients make no two strata that may be set beside each other.
    bench.parameters = {**parameters, "minimum_stratum_clients": 2}
    yield bench
    bench.close()


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_a_check_reports_what_breaks_it(sound: TextBench, name: str) -> None:
    assert sound.check(name) == []
    sound.connection.execute("begin")
    sound.connection.execute(BREAKS[name])
    assert sound.check(name) != []
    sound.connection.execute("rollback")


@pytest.mark.parametrize(
    "statement",
    [
        "update mart_completeness set n_paired_any = n_paired_any + 1",
        "update mart_course set n_dropout_coded = n_dropout_coded + 1",
        "update mart_activity set n_dropped_out = 0 where n_ended_derived > 0",
    ],
)
def test_a_figure_that_two_tables_count_is_one(sound: TextBench, statement: str) -> None:
    # Builds the tables as well: this may be the first test that a worker gets.
    assert sound.check("one_count_of_one_thing") == []
    sound.connection.execute("begin")
    sound.connection.execute(statement)
    assert sound.check("one_count_of_one_thing") != []
    sound.connection.execute("rollback")


MEASURES = "update mart_quality_measures set n_not_yet_due = n_not_yet_due + 1 where "


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        (
            "group_process_adds_up",
            "update mart_group_process set n_sessions = n_sessions + 1, n_held = n_held + 1"
            " where level = 'programme'",
        ),
        (
            "group_process_adds_up",
            "update mart_group_process set n_sessions = n_sessions + 1, n_held = n_held + 1"
            " where level = 'group'",
        ),
        ("group_process_adds_up", "delete from mart_group_process where level = 'programme'"),
        (
            "open_courses_add_up",
            "update mart_on_track_counts set n_cannot_tell = n_cannot_tell - 1"
            " where n_judged is null",
        ),
        ("measure_counts_add_up", f"{MEASURES} level = 'programme'"),
        ("measure_counts_add_up", f"{MEASURES} stratum = '18+'"),
        ("measure_counts_add_up", f"{MEASURES} stratum = 'all' and level = 'clinic'"),
        ("measure_counts_add_up", "delete from mart_quality_measures where level = 'programme'"),
    ],
)
def test_the_clinic_is_the_sum_of_its_parts(sound: TextBench, name: str, statement: str) -> None:
    assert sound.check(name) == []
    sound.connection.execute("begin")
    sound.connection.execute(statement)
    assert sound.check(name) != []
    sound.connection.execute("rollback")


def test_every_check_has_a_row_that_breaks_it() -> None:
    assert set(checks()) == set(BREAKS)
