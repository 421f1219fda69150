"""Two clinics that differ in a hidden count alone give the same public page, byte for byte.

So nothing beside its figures tells it either: no order, length, size, drawing, link or property of
a file. The pages are whole ones, with all that lies beside them.
"""

from datetime import date

import duckdb
import polars
import pytest

from pipelines.reporting.figures.disclosure import policy_table
from pipelines.reporting.pages.view_model import build_report
from pipelines.reporting.views import views_of
from tests.builders import Bench, model
from tests.property.disclosed_worlds import CLAIMS, Gate, random_worlds
from tests.property.disclosure_attack import attack
from tests.table_rows import complete_row
from tests.unit.reporting.made_up_courses import Settings
from tests.unit.reporting.mart_clinic import empty_marts
from tests.unit.reporting.mart_tables import fill, insert, publish

N_CLINICS = 6
WITNESSES_EACH = 2


@pytest.mark.parametrize("policy", ["cms", "nhs_england", "opensafely"])
def test_the_whole_page_is_the_same_for_a_clinic_with_another_hidden_count(policy: str) -> None:
    bench = Bench()
    gate = Gate(bench, policy)
    worlds = random_worlds(N_CLINICS, seed=11)
    found = attack(gate, worlds, gate.publish(worlds))
    bench.close()
    connection = _clinic(policy)
    n_compared = 0
    for (world,), counts in worlds.group_by("world", maintain_order=True):
        witnesses = found.witnesses.filter(polars.col("world") == world)
        cases = witnesses["case"].unique(maintain_order=True).to_list()[:WITNESSES_EACH]
        if not cases:
            continue
        page = _page(connection, counts)
        assert any(name.endswith(".pdf") for name in page)
        for case in cases:
            twin = witnesses.filter(polars.col("case") == case)
            assert not twin.select(counts.columns[1:]).equals(counts.select(counts.columns[1:]))
            assert _page(connection, twin) == page, (policy, world)
            n_compared += 1
    assert n_compared >= N_CLINICS
    connection.close()


def _clinic(policy: str) -> duckdb.DuckDBPyConnection:
    connection = empty_marts()
    for name in CLAIMS:
        claim = {"claim_id": name, "set_on": date(2020, 1, 1), "says": f"Half got better: {name}."}
        insert(connection, "ref_claims", **complete_row("ref_claims", claim))
        insert(connection, "int_claim_rules", claim_id=name, rule_points=6, rule_source="Made up.")
    publish(connection, policies=policy_table(public_policy=policy))
    return connection


def _page(
    connection: duckdb.DuckDBPyConnection, counts: polars.DataFrame
) -> dict[str, str | bytes]:
    """Every file of the public page of a clinic with these counts."""
    connection.execute("delete from mart_public_counts")
    made = counts.select("programme_id", "block_id", "part", "n_clients").with_columns(
        claim_id=polars.lit(CLAIMS[0]),
        counted_by=polars.lit("made up"),
        period_start_on=date(2025, 1, 1),
        period_end_on=date(2025, 12, 31),
        closes_on=date(2026, 3, 11),
    )
    fill(connection, "mart_public_counts", made.to_dicts())
    for table in ("pub_counts", "pub_statements"):
        connection.execute(f"create or replace table {table} as {model(table).sql}")
    report = build_report(
        connection,
        month=date(2026, 10, 1),
        audience="public",
        settings=Settings(),
        # A hash of all tables must not come through either.
        provenance={"as_of_on": "2026-11-01", "inputs_hash": repr(counts.to_dicts())},
    )
    views = views_of(report, {}, paper="a4")
    return {"page": views.page, "data": views.report.to_json(), **views.files}
