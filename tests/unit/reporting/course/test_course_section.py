"""The course of treatment, as the director reads it."""

from typing import Any

import duckdb
import pytest

from pipelines.reporting.model import Table
from pipelines.reporting.sections.course_section import course_section
from tests.unit.reporting.course.conftest import DROPOUTS, cells, insert, part, plain, rate, report
from tests.unit.reporting.shown_figures import Shown, context


def test_waits_stand_with_their_standards(connection: duckdb.DuckDBPyConnection) -> None:
    for wait_id, x, n, op, share in (
        ("first_within_6_weeks", 150, 200, ">=", 0.75),
        ("second_over_90_days", 3, 4, None, None),
    ):
        insert(
            connection, "pub_waits", wait_id=wait_id, n_clients=n, n_waits=n, n_in_band=x,
            standard_op=op, standard_share=share, **rate("in_band_rate", x, n),
        )  # fmt: skip
    found = part(report(connection), "waits")
    assert found is not None
    rows = cells(found.tables[0])
    share, standard = rows["First session within six weeks"]
    assert plain(share).startswith("75 %")
    assert plain(standard) == "at least 75 %"
    assert rows["… after more than 90 days"] == ["3 of 4 (too few for a rate)", "–"]


def test_missed_and_cancelled_appointments_have_their_own_denominators(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    insert(
        connection, "pub_attendance", n_clients=50, n_appointments=200, n_attended=90,
        n_no_show=10, n_late_cancelled=20, n_cancelled=40, n_clinic_cancelled=40,
        n_kept_or_missed=100, **rate("no_show_rate", 10, 100),
        **rate("late_cancelled_rate", 20, 200), **rate("cancelled_rate", 40, 200),
        **rate("clinic_cancelled_rate", 40, 200),
    )  # fmt: skip
    found = part(report(connection), "missed")
    assert found is not None
    rows = cells(found.tables[0])
    assert "10 of 100" in rows["Missed without a word, of kept or missed"][0]
    assert "40 of 200" in rows["Cancelled by the clinic, of all"][0]


def test_every_definition_of_drop_out_is_there_with_those_it_can_judge(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    named = {"coded": (9, 70), "missed": (12, 80), "short": (30, 90), "unimproved": (2, 4)}
    counts: dict[str, Any] = {}
    for name, (x, n) in named.items():
        counts |= {f"n_dropout_{name}": x, f"n_dropout_{name}_known": n}
        counts |= rate(f"dropout_{name}_rate", x, n)
    insert(
        connection, "pub_course", n_clients=95, n_ended=100, n_never_started=8,
        n_ended_after_start=92, n_coded=75, n_uncoded=25, n_planned=60,
        **rate("never_started_rate", 8, 100), **rate("planned_rate", 60, 75), **counts,
    )  # fmt: skip
    found = part(report(connection), "endings")
    assert found is not None
    assert "Without any attended session: 8. Without a recorded reason" in found.paragraphs[0]
    rows = cells(found.tables[0])
    assert "60 of 75" in rows["Planned ending, of courses with a recorded reason"][0]
    assert "30 of 90" in rows["Fewer sessions than the programme plans"][0]
    unimproved = rows["Ended without a reliable improvement, planned endings included"]
    assert unimproved == ["2 of 4 (too few for a rate)"]
    assert "who died or was transferred is in neither of the last two" in found.paragraphs[1]


def test_the_drop_outs_of_other_sections_are_made_of_the_recorded_ones(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("begin")
    connection.execute("update pub_activity set n_dropped_out = 12, n_ended_derived = 3")
    shares = {f"n_dropout_{name}": 8 for name in DROPOUTS}
    shares |= {f"n_dropout_{name}_known": 40 for name in DROPOUTS}
    for name in DROPOUTS:
        shares |= rate(f"dropout_{name}_rate", 8, 40)
    insert(
        connection,
        "pub_course",
        n_ended=50,
        n_never_started=6,
        n_uncoded=4,
        n_coded=46,
        n_planned=30,
        **rate("planned_rate", 30, 46),
        **shares,
    )
    found = part(report(connection), "endings")
    connection.execute("update pub_activity set n_dropped_out = null")
    withheld = part(report(connection), "endings")
    connection.execute("rollback")
    assert found
    assert withheld
    # 12 are 8 recorded, 3 derived and 1 that never began.
    assert found.paragraphs[2] == (
        "Drop-outs under “Care as it happened”: 12. Of these a therapist recorded 8 (in this "
        "table). With an end derived from silence: 3; recorded before any attended session: 1."
    )
    assert len(withheld.paragraphs) == 2


def test_the_amount_of_care_has_its_middle_and_its_caution(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    insert(
        connection, "pub_dosage", measure="individual_sessions", n_clients=20, n_courses=21,
        dosage_p25=4, dosage_median=8.5, dosage_p75=12,
    )  # fmt: skip
    insert(connection, "pub_dosage", measure="weeks", n_clients=3, n_courses=3)
    found = part(report(connection), "dosage")
    assert found is not None
    assert "say nothing about what more or less care would do" in found.paragraphs[0]
    rows = cells(found.tables[0])
    individual = rows["Individual sessions, where there were any"]
    assert individual == ["21", "8.5", "4.0 to 12.0"]
    assert rows["Weeks from first to last session"][1] == "– (too few for a rate)"


@pytest.mark.parametrize(("x", "n", "words"), [(80, 100, "(80 %)"), (3, 4, "too few for a rate")])
def test_measures_at_sessions_say_what_is_not_recorded(
    connection: duckdb.DuckDBPyConnection, x: int, n: int, words: str
) -> None:
    insert(
        connection, "pub_adherence", n_clients=9, n_sessions_due=n, n_sessions_measured=x,
        n_sessions_complete=x - 1, n_closed=12, n_with_last_score=11, last_score_median_days=7,
        **rate("sessions_measured_rate", x, n), **rate("sessions_complete_rate", x - 1, n),
    )  # fmt: skip
    found = part(report(connection), "measured")
    assert found is not None
    text = plain(" ".join(found.paragraphs))
    assert words in text
    assert "In half of the 11 courses with a score, of 12 that ended after a session, " in text
    assert "no more than 7 days older than the end" in text
    assert "is not part of what is delivered" in text


def test_children_have_a_line_for_each_rater_with_a_measure_and_their_rule_set(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    for rater, n in (("client", 20), ("parent", 0)):
        insert(
            connection, "pub_child_outcomes", rater=rater, n_clients=25, n_finished=25,
            n_measured=n, n_improved=n // 2, n_unchanged=n // 4, n_deteriorated=n // 4,
            rule_id="made_up", rule_version="1", **rate("measured_rate", n, 25),
            **rate("improved_rate", n // 2, n), **rate("unchanged_rate", n // 4, n),
            **rate("deteriorated_rate", n // 4, n),
        )  # fmt: skip
    found = part(report(connection), "children")
    assert found is not None
    assert found.paragraphs[2].startswith("Rule set: NHS England")
    assert found.paragraphs[2].endswith(", 1.")
    assert found.tables[0].caption.startswith("Courses of people under 18 at referral")
    rows = cells(found.tables[0])
    assert list(rows) == ["Themselves"]
    assert "10 of 20" in rows["Themselves"][1]


@pytest.mark.parametrize(("n_measured", "has_bounds"), [(69, True), (70, False)])
def test_children_of_whom_under_seventy_per_cent_were_measured_lead_with_the_two_extremes(
    connection: duckdb.DuckDBPyConnection, n_measured: int, has_bounds: bool
) -> None:
    insert(
        connection, "pub_child_outcomes", rater="parent", n_clients=100, n_finished=100,
        n_measured=n_measured, n_improved=40, n_unchanged=n_measured - 40, n_deteriorated=0,
        improved_rate_worst=0.4, improved_rate_best=(140 - n_measured) / 100,
        rule_id="made_up", rule_version="1", **rate("measured_rate", n_measured, 100),
        **rate("improved_rate", 40, n_measured), **rate("deteriorated_rate", 0, n_measured),
        **rate("unchanged_rate", n_measured - 40, n_measured),
    )  # fmt: skip
    found = part(report(connection), "children")
    assert found is not None
    lead = plain(found.paragraphs[0])
    assert ("between 40 % and 71 % got reliably better" in lead) is has_bounds
    assert ("the 31 of 100 courses that lack a second score" in lead) is has_bounds


def ended(share: float) -> dict[str, Any]:
    """A row of `pub_course` in which every share is of a hundred courses."""
    row: dict[str, Any] = {"n_ended": 100, "n_never_started": 0, "n_uncoded": 0, "n_coded": 100}
    for name in ("planned", *(f"dropout_{each}" for each in DROPOUTS)):
        limits = {f"{name}_rate_lower": share - 0.05, f"{name}_rate_upper": share + 0.05}
        row |= {f"n_{name}": round(100 * share), f"n_{name}_known": 100, f"{name}_rate": share}
        row |= limits
    return row


def test_a_share_of_one_stands_beside_the_clinics_where_the_page_may_show_it() -> None:
    own, clinic = Shown(tables={"pub_course": [ended(0.81)]}), Shown()
    clinic.tables = {"pub_course": [ended(0.78)]}

    def last_line(**changes: Any) -> tuple[Table, list[str]]:
        section = course_section(context(own, **changes))
        assert section is not None
        (table,) = next(each for each in section.parts if "endings" in each.section_id).tables
        return table, [cell.text.replace("\u00a0", " ") for cell in table.rows[-1].cells]

    table, cells = last_line(clinic=clinic)
    assert cells == [
        "Ended without a reliable improvement, planned endings included",
        "81 %",
        "78 %",
    ]
    assert table.columns[-1].label == "Whole clinic"
    assert table.note == ""
    own.audience = "therapist"
    table, cells = last_line()
    assert cells[1:] == ["81 %"]
    assert "the director's page of the same therapist has it beside" in table.note
