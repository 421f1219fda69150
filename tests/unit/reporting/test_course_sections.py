"""Recovery by the NHS rule, and the course of treatment, as the director reads them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import duckdb
import pytest

from pipelines.report_settings import COUNTRIES, ReportSettings
from pipelines.reporting.course_section import course_section
from pipelines.reporting.model import Report, Section, Table
from pipelines.reporting.sentences import (
    BOUNDS,
    PLAIN,
    Minimums,
    nhs_recovered_share,
    reading,
    share_sentences,
)
from pipelines.reporting.view_model import build_report
from pipelines.reporting.wording import load_wording
from tests.unit.reporting.conftest import PROVENANCE
from tests.unit.reporting.made_up_courses import Clinic, Settings
from tests.unit.reporting.mart_clinic import connect
from tests.unit.reporting.mart_tables import wilson
from tests.unit.reporting.shown_figures import Shown, context

CLINIC = Clinic(months=13, per_month=20, n_therapists=2, n_groups=0)
PERIOD = {
    "audience": "director",
    "policy_id": "internal",
    "level": "clinic",
    "subject_id": "clinic",
    "period_kind": "rolling_12m",
    "period_start_on": date(2025, 11, 1),
    "period_end_on": date(2026, 10, 31),
}
DROPOUTS = ("coded", "missed", "short", "unimproved")
TABLES = (
    "pub_adherence", "pub_attendance", "pub_child_outcomes", "pub_course", "pub_dosage",
    "pub_recovery_detail", "pub_waits",
)  # fmt: skip


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A clinic whose course of treatment the tests fill in."""
    with connect(CLINIC) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_yet(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing was counted."""
    for table in TABLES:
        connection.execute(f"delete from {table}")


def insert(connection: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    """One row of the clinic's twelve months."""
    full = {**PERIOD, **row}
    connection.execute(
        f"insert into {table} ({', '.join(full)}) values ({', '.join('?' for _ in full)})",
        list(full.values()),
    )


def rate(name: str, x: int, n: int) -> dict[str, Any]:
    """A rate with its limits; none under five, as the tables have it."""
    found = wilson(x, n) if n >= 5 else (None, None, None)
    return dict(zip((name, f"{name}_lower", f"{name}_upper"), found, strict=True))


def report(
    connection: duckdb.DuckDBPyConnection,
    audience: str = "director",
    *,
    countries: tuple[str, ...] = COUNTRIES,
) -> Report:
    return build_report(
        connection,
        month=CLINIC.last_month,
        audience=audience,
        settings=replace(Settings(), report=ReportSettings(countries=countries)),
        provenance=PROVENANCE,
    )


def section(found: Report, name: str) -> Section | None:
    return next((one for one in found.sections if one.section_id == name), None)


def part(found: Report, name: str) -> Section | None:
    whole = section(found, "course")
    parts = whole.parts if whole else ()
    return next((one for one in parts if one.section_id == f"course-{name}"), None)


def cells(table: Table) -> dict[str, list[str]]:
    """A table's rows by their heads, with the small text behind the large one."""
    return {
        row.cells[0].text: [
            f"{cell.text} ({cell.small})" if cell.small else cell.text for cell in row.cells[1:]
        ]
        for row in table.rows
    }


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def detail(connection: duckdb.DuckDBPyConnection, **row: Any) -> None:
    """Two hundred finished courses, of which ten have a score missing."""
    known_rate(connection, 170 / 180)
    counts: dict[str, Any] = {
        "n_clients": 190, "n_finished": 200, "n_measured": 190, "n_case": 170, "n_not_case": 20,
        "n_case_or_unknown": 180, "n_recovery_unknown": 10, "n_no_reliable_change": 60,
        "n_outside_population": 30,
        "n_paired_both": 150, "n_own_measure": 40, "n_own_measure_used": 12,
        "own_measures": "IES-R;OCI",
        "n_appropriate_due": 30, "n_appropriate_pair": 21, "n_functioning_paired": 90,
        "recovered_rate_best": 0.61, "recovered_standard_share": 0.5,
        **rate("no_reliable_change_rate", 60, 200), **rate("paired_both_rate", 150, 200),
        **rate("appropriate_pair_rate", 21, 30), **rate("functioning_paired_rate", 90, 200),
    }  # fmt: skip
    insert(connection, "pub_recovery_detail", **{**counts, **row})


@pytest.mark.parametrize("countries", [(), ("united_states",), ("england",)])
def test_a_clinic_is_set_beside_the_countries_of_its_settings_alone(
    connection: duckdb.DuckDBPyConnection, countries: tuple[str, ...]
) -> None:
    detail(connection)
    for wait_id in ("first_within_6_weeks", "second_under_29_days"):
        insert(
            connection, "pub_waits", wait_id=wait_id, n_clients=200, n_waits=200,
            n_in_band=150, standard_op=">=", standard_share=0.75,
            **rate("in_band_rate", 150, 200),
        )  # fmt: skip
    found = report(connection, countries=countries)
    is_england = "england" in countries
    assert (section(found, "recovery") is not None) == is_england
    assert ("recovered" in {card.card_id for card in found.key_figures}) == is_england
    assert ("under_standard" in {item.rule for item in found.look_at}) == is_england
    waits = part(found, "waits")
    assert waits is not None
    # The two waits count different courses, so that their numbers need not agree.
    assert "of courses that finished in the twelve months" in waits.paragraphs[0]
    assert "whose second session was in these months, finished or not" in waits.paragraphs[0]
    assert ("standard" in {each.key for each in waits.tables[0].columns}) == is_england
    assert (section(found, "measures") is not None) == ("united_states" in countries)
    if not is_england:
        # The rules for a trend are England's too, and are named where they are told.
        said = [text for text in found.texts() if "England" in text or "NHS" in text]
        assert all("NHS Making Data Count" in text or "NHS Talking" in text for text in said)


def test_without_a_row_there_is_no_section(connection: duckdb.DuckDBPyConnection) -> None:
    found = report(connection)
    assert section(found, "recovery") is None
    assert section(found, "course") is None


def test_the_public_page_has_neither(connection: duckdb.DuckDBPyConnection) -> None:
    detail(connection)
    insert(connection, "pub_dosage", measure="weeks", n_clients=9, n_courses=9)
    found = report(connection, "public")
    assert section(found, "recovery") is None
    assert section(found, "course") is None


def test_recovery_says_its_share_its_standard_its_bounds_and_its_pairs(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    detail(connection)
    for programme in ("p-anx", "p-dep"):
        detail(connection, level="programme", subject_id=programme)
    found = section(report(connection), "recovery")
    assert found is not None
    text = plain(" ".join(found.paragraphs))
    assert "England's published standard is 50 %." in text
    assert "In 10 of them a score is missing." in text
    assert "61 % if all did" in text
    assert "Among those where both scores can tell: " in text
    assert "30 more finished courses are in none of these figures" in text
    assert "people of 18 or over" in text
    assert "none that the clinic has set" in text
    assert "150 of 200 finished courses have a first and a last score on both measures" in text
    assert "40 finished courses treat a problem for which the rule has a measure of its own" in text
    assert "It was the second of the two measures in 12" in text
    rows = cells(found.tables[0])
    assert "60 of 200" in rows["No reliable change, of finished"][0]
    assert "150 of 200" in rows["Both measures at start and end, of finished"][0]
    # Better, worse, no change and not known make the whole.
    row = recovery_row(connection)
    rest = rows["No first and last score on either measure, of finished"][0]
    assert f"{row['n_finished'] - row['n_measured']:,} of {row['n_finished']:,}" in rest
    assert found.tables[1].columns[2].key == "measured"


def known_rate(connection: duckdb.DuckDBPyConnection, share: float) -> None:
    """In how many of the courses the recovery can be told."""
    connection.execute(
        "update pub_recovery set recovery_known_rate = ? where audience = 'director'", [share]
    )


def test_the_section_leads_with_the_two_extremes_and_without_the_standard(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    detail(connection)
    known_rate(connection, 0.69)
    found = section(report(connection), "recovery")
    assert found is not None
    row = recovery_row(connection)
    worst, best = (round(100 * row[name]) for name in ("recovered_rate", "recovered_rate_best"))
    assert plain(found.paragraphs[0]).startswith(f"Between {worst} % and {best} % of ")
    assert "standard" not in " ".join(found.paragraphs)
    assert found.paragraphs[1].startswith("Among those where both scores can tell: ")


def recovery_row(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The clinic's twelve months of recovery as the director sees them."""
    result = connection.execute(
        "select * from pub_recovery where audience = 'director' and level = 'clinic'"
        " and period_kind = 'rolling_12m' and period_end_on = ?",
        [PERIOD["period_end_on"]],
    )
    names = [column[0] for column in result.description]
    (values,) = result.fetchall()
    return dict(zip(names, values, strict=True))


def test_recovery_leads_with_the_two_extremes_where_under_seventy_per_cent_are_known(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Metrics: with under 70 % known the bounds come first, and no standard stands beside them."""
    for known, expected in ((125, BOUNDS), (126, PLAIN)):
        made_up = {
            "withheld_figures": None, "n_recovered": 90, "n_case_or_unknown": 180,
            "n_recovery_known": known, "recovered_rate_best": (270 - known) / 180,
            **rate("recovered_rate", 90, 180), **rate("recovery_known_rate", known, 180),
            **rate("recovered_of_known_rate", 90, known),
        }  # fmt: skip
        found = nhs_recovered_share(made_up)
        assert reading(found, Minimums(5, 30)) == expected
        assert (found.worst, found.best) == (0.5, (270 - known) / 180)
        (said,) = share_sentences(
            found, topic="recovered", measure="", period="May", verdict="risen",
            period_kind="month", minimums=Minimums(5, 30), words=load_wording(),
        )  # fmt: skip
        text = plain(said.text)
        assert text.startswith("Between 50 % and 81 %") is (expected == BOUNDS)
        # The complete-case share stands beside the bounds, without the verdict of another series.
        assert ("Among those measured it is 72 % (90 of 125)" in text) is (expected == BOUNDS)
        assert ("risen" in text) is (expected == PLAIN)


def test_a_measure_of_its_own_that_nowhere_counts_is_said_to_be_replaced(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    detail(connection, n_own_measure_used=0)
    found = section(report(connection), "recovery")
    assert found is not None
    assert "in none is it the second of the two measures: the GAD-7 stands in" in " ".join(
        found.paragraphs
    )


@pytest.mark.parametrize(("paired", "is_said"), [(0, True), (1, False)])
def test_the_questionnaires_that_the_rule_asks_for_are_named(
    connection: duckdb.DuckDBPyConnection, paired: int, is_said: bool
) -> None:
    detail(connection, n_own_measure_used=0, n_appropriate_pair=paired)
    found = section(report(connection), "recovery")
    assert found is not None
    text = " ".join(found.paragraphs)
    assert "the rule has a measure of its own (IES-R and OCI)" in text
    assert ("No first and last score on IES-R and OCI was delivered." in text) == is_said


def test_nothing_missing_and_no_measure_of_its_own_are_not_spoken_of(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    detail(connection, n_recovery_unknown=0, n_own_measure=0, recovered_standard_share=None)
    found = section(report(connection), "recovery")
    assert found is not None
    text = " ".join(found.paragraphs)
    assert "missing" not in text
    assert "of its own" not in text
    assert "standard" not in text


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
