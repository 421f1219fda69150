"""A clinic whose recovery and course of treatment the tests fill in, and the page made of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import duckdb
import pytest

from pipelines.report_settings import COUNTRIES, ReportSettings
from pipelines.reporting.model import Report, Section, Table
from pipelines.reporting.pages.view_model import build_report
from tests.unit.reporting.conftest import PROVENANCE
from tests.unit.reporting.made_up_courses import Clinic, Settings
from tests.unit.reporting.mart_clinic import connect
from tests.unit.reporting.mart_tables import wilson

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


def known_rate(connection: duckdb.DuckDBPyConnection, share: float) -> None:
    """In how many of the courses the recovery can be told."""
    connection.execute(
        "update pub_recovery set recovery_known_rate = ? where audience = 'director'", [share]
    )
