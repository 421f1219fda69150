"""The marts' columns for the reports' tests: filling them, and the published tables made of them."""

import json
import tempfile
from collections.abc import Iterable
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any

import duckdb
import polars

from pipelines.reporting.figures.disclosure import policy_table
from pipelines.reporting.figures.published_tables import SECTION_TABLES
from pipelines.warehouse.model_file import SQL_FOLDER
from tests.builders import Bench
from tests.table_columns import DDL

PUBLISHED = (
    "withheld", "subjects", "outcomes", "activity", "completeness", "recovery", "started",
)  # fmt: skip
COLUMNS = {
    "mart_outcomes": """level varchar, subject_id varchar, instrument_id varchar, scale varchar,
        respondent varchar, domain varchar, period_kind varchar, period_start_on date,
        period_end_on date, n_clients bigint, n_ended bigint, n_finished bigint, n_paired bigint,
        n_case bigint, n_improved bigint, n_unchanged bigint, n_deteriorated bigint,
        n_recovered bigint, n_reliably_recovered bigint, {rates}, improved_rate_worst double,
        improved_rate_best double, first_mean_points double, first_sd_points double,
        last_mean_points double, improvement_mean_points double, improvement_sd_points double,
        effect_size double, effect_size_lower double, effect_size_upper double, rule_id varchar,
        rule_version varchar""",
    "mart_recovery": """level varchar, subject_id varchar, period_kind varchar,
        period_start_on date, period_end_on date, n_clients bigint, n_finished bigint,
        n_measured bigint, n_case_or_unknown bigint, n_recovered bigint,
        n_reliably_recovered bigint, n_improved bigint, n_deteriorated bigint,
        n_recovery_known bigint, recovered_rate_best double, {rates}""",
    "mart_activity": """level varchar, subject_id varchar, period_kind varchar,
        period_start_on date, period_end_on date, n_referred bigint, n_started bigint,
        n_ended bigint, n_completed bigint, n_dropped_out bigint, n_ended_derived bigint,
        n_sessions bigint, n_attended bigint, n_no_show bigint, n_late_cancelled bigint,
        n_cancelled bigint, n_clinic_cancelled bigint, wait_median_days double,
        wait_p90_days double, n_open bigint, n_seats bigint, n_seats_taken bigint""",
    "mart_completeness": """level varchar, subject_id varchar, period_kind varchar,
        period_start_on date, period_end_on date, n_due bigint, n_done bigint, n_finished bigint,
        n_paired_any bigint, n_paired_all bigint, n_responses bigint, n_unscorable bigint,
        n_without_episode bigint, {rates}""",
    "mart_started": """level varchar, subject_id varchar, period_kind varchar,
        period_start_on date, period_end_on date, n_started bigint, n_open bigint,
        n_ended_early bigint, n_not_measured bigint, n_measured bigint""",
    "mart_public_counts": """claim_id varchar, counted_by varchar, programme_id varchar,
        block_id varchar, period_start_on date, period_end_on date, closes_on date, part varchar,
        n_clients bigint""",
    "mart_deliveries": """delivery_id varchar, source varchar, delivered_on date, file_id varchar,
        file_name varchar, table_name varchar, n_delivered bigint, n_accepted bigint,
        n_superseded bigint, n_withdrawn bigint, n_quarantined bigint""",
    "mart_quarantine": """delivery_id varchar, table_name varchar, rule_id varchar,
        delivered_on date, n_rows bigint""",
    "mart_warnings": """delivery_id varchar, table_name varchar, rule_id varchar,
        delivered_on date, n_rows bigint""",
}
RATES = {
    "mart_outcomes": {
        "improved_rate": ("n_improved", "n_paired"),
        "deteriorated_rate": ("n_deteriorated", "n_paired"),
        "recovered_rate": ("n_recovered", "n_case"),
        "reliably_recovered_rate": ("n_reliably_recovered", "n_case"),
        "paired_rate": ("n_paired", "n_finished"),
    },
    "mart_recovery": {
        "measured_rate": ("n_measured", "n_finished"),
        "recovered_rate": ("n_recovered", "n_case_or_unknown"),
        "reliably_recovered_rate": ("n_reliably_recovered", "n_case_or_unknown"),
        "recovery_known_rate": ("n_recovery_known", "n_case_or_unknown"),
        "recovered_of_known_rate": ("n_recovered", "n_recovery_known"),
        "improved_rate": ("n_improved", "n_finished"),
        "deteriorated_rate": ("n_deteriorated", "n_finished"),
    },
    "mart_completeness": {
        "done_rate": ("n_done", "n_due"),
        "paired_any_rate": ("n_paired_any", "n_finished"),
        "paired_all_rate": ("n_paired_all", "n_finished"),
    },
}


def create_marts(connection: duckdb.DuckDBPyConnection) -> None:
    """The marts without a row."""
    for table, columns in COLUMNS.items():
        rates = ", ".join(
            f"{rate} double, {rate}_lower double, {rate}_upper double"
            for rate in RATES.get(table, {})
        )
        connection.execute(f"create table {table} ({columns.format(rates=rates)})")
    for table in ("ref_claims", "ref_released_counts"):
        connection.execute(f"create table {table} ({DDL[table]})")
    connection.execute(
        "create table int_claim_rules (claim_id varchar, rule_points decimal(9, 4),"
        " rule_source varchar)"
    )


def fill(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[dict]) -> None:
    lines = [json.dumps(_with_rates(table, row), default=str) for row in rows]
    if not lines:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.json"
        path.write_text("\n".join(lines), encoding="utf-8")
        kinds = connection.execute(f"select name, type from pragma_table_info('{table}')")
        known = dict(kinds.fetchall())
        connection.execute(
            f"insert into {table} by name select * from read_json(?, format = 'newline_delimited',"
            f" columns = {known})",
            [str(path)],
        )


def insert(connection: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    """One row of a mart; its rates follow from its counts."""
    row = _with_rates(table, row)
    names = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    connection.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))


def _with_rates(table: str, row: dict[str, Any]) -> dict[str, Any]:
    full = dict(row)
    for rate, (x, n) in RATES.get(table, {}).items():
        found = wilson(row.get(x), row.get(n))
        full |= dict(zip((rate, f"{rate}_lower", f"{rate}_upper"), found, strict=True))
    return full


def publish(
    connection: duckdb.DuckDBPyConnection,
    *,
    public_policy: str = "nhs_england",
    policies: polars.DataFrame | None = None,
) -> None:
    """Make the published tables from the marts, by the models."""
    if policies is None:
        policies = policy_table(public_policy=public_policy)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policies.parquet"
        policies.write_parquet(path)
        connection.execute(
            "create or replace table ref_disclosure_policies as from read_parquet(?)", [str(path)]
        )
    for table in (*PUBLISHED, "deliveries", "quarantine", "warnings", "counts", "statements"):
        sql = (SQL_FOLDER / "published" / f"pub_{table}.sql").read_text(encoding="utf-8")
        connection.execute(f"create or replace table pub_{table} as {sql}")
    for table, columns in section_tables().items():
        connection.execute(f"create table if not exists {table} ({columns})")


@cache
def section_tables() -> dict[str, str]:
    """The columns of the tables that only a section of their own prints: empty in these clinics."""
    bench = Bench()
    for table in SECTION_TABLES:
        bench.build(table)
    found = {
        table: ", ".join(f"{name} {kind}" for name, kind in bench.columns(table).items())
        for table in SECTION_TABLES
    }
    bench.close()
    return found


def wilson(x: int | None, n: int | None) -> tuple[float | None, float | None, float | None]:
    """A share with its 95 % interval."""
    if x is None or not n:
        return (None, None, None)
    z, p = 1.959964, x / n
    reach = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    middle = p + z * z / (2 * n)
    return (p, max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale))
