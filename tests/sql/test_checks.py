"""Every invariant holds on a sound clinic and reports the row that breaks it."""

from collections.abc import Iterator

import pytest

from tests.builders import checks
from tests.property.clinics import random_clinic
from tests.sql.text_tables import TextBench

# Check and a statement that breaks what it guards.
BREAKS = {
    "activity_subjects_make_the_clinic": (
        "update mart_activity set n_ended = n_ended + 1 where level = 'therapist'"
    ),
    "completeness_subjects_make_the_clinic": (
        "delete from mart_completeness where level = 'programme'"
    ),
    "deliveries_add_up": "update mart_deliveries set n_accepted = n_accepted + 1",
    "episode_flags_agree": "update mart_episode_outcomes set is_paired = false",
    "outcome_counts_nest": "update mart_outcomes set n_finished = n_ended + 1",
    "outcome_subjects_make_the_clinic": (
        "update mart_outcomes set n_paired = n_paired + 1 where level = 'public_programme'"
    ),
    "periods_are_whole": "delete from int_period_months where period_kind = 'year'"
    " and month_start_on = (select max(month_start_on) from int_period_months"
    " where period_kind = 'year')",
    "public_courses_have_consent": "delete from stg_consents",
    "recovery_has_the_finished_courses": "delete from mart_episode_recovery",
    "started_add_up": "update mart_started set n_open = n_open + 1",
}


@pytest.fixture(scope="module")
def sound() -> Iterator[TextBench]:
    """A clinic in which everything holds."""
    bench = TextBench()
    tables, parameters = random_clinic(3, n_episodes=40)
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
    bench.parameters = parameters
    yield bench
    bench.close()


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_a_check_reports_what_breaks_it(sound: TextBench, name: str) -> None:
    assert sound.check(name) == []
    sound.connection.execute("begin")
    sound.connection.execute(BREAKS[name])
    assert sound.check(name) != []
    sound.connection.execute("rollback")


def test_every_check_has_a_row_that_breaks_it() -> None:
    assert set(checks()) == set(BREAKS)
