"""Every delivered row ends as a plain reading of the documents says, whatever was delivered."""

import csv
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.engine import quoted
from pipelines.home import SETTINGS_FILE, Home
from pipelines.ingest.landing import land
from pipelines.ingest.manifest import deliveries as landed_deliveries
from pipelines.warehouse.build_run import ACCOUNT_TABLES, BuildRun
from tests.property.generated_deliveries import build_deliveries
from tests.property.settling_oracle import COLUMNS, KEYS, Delivery, Settled, settle

EXAMPLES = 25
SEEDS = range(10)
# Warnings that need arithmetic over several rows have tests of their own.
NOT_COUNTED_HERE = {"episodes.overlap", "responses.total_agrees"}


@dataclass(frozen=True)
class Built:
    """What a run over a set of deliveries left: `order` are their positions, as they count."""

    order: list[int]
    statuses: dict[str, dict[tuple[int, int], str]]
    counts: Counter[tuple[int, str, str]]
    quarantine: dict[tuple[str, int, int], frozenset[str]]
    warnings: Counter[tuple[int, str, str]]
    staged: dict[str, list[dict[str, Any]]]
    contents: dict[str, str]


@st.composite
def delivery_sets(draw: Callable[[st.SearchStrategy[Any]], Any]) -> list[Delivery]:
    """Deliveries for Hypothesis to search and to shrink."""
    return build_deliveries(lambda options: draw(st.sampled_from(options)))


def write_delivery(folder: Path, delivery: Delivery) -> Path:
    """The delivery as CSV files."""
    folder.mkdir()
    for table, rows in delivery.files.items():
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as handle:
            writer = csv.DictWriter(handle, list(COLUMNS[table]), restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def build(delivered: Sequence[Delivery], landing_order: Sequence[int]) -> Built:
    """Land the deliveries in this order in a home of their own and stage them."""
    with TemporaryDirectory(prefix="settling-") as folder:
        home = Home.create(Path(folder) / "home", name="Made-up Clinic", salt="test")
        with (home.root / SETTINGS_FILE).open("a", encoding="utf-8") as handle:
            handle.write("\n[deliveries]\nmax_lost_share = 1.0\n")
        numbers = {}
        for number in landing_order:
            each = delivered[number]
            landed = land(
                home,
                [write_delivery(Path(folder) / f"delivery-{number}", each)],
                source="inbox",
                mode="full" if each.is_full else "incremental",
                delivered_on=each.delivered_on,
            )
            numbers[landed.delivery_id] = number
        order = [numbers[each.delivery_id] for each in landed_deliveries(home)]
        run = BuildRun(home)
        try:
            return _stage(run, order, {name: order.index(n) for name, n in numbers.items()})
        finally:
            run.close()


def _stage(run: BuildRun, order: list[int], ranks: dict[str, int]) -> Built:
    statuses: dict[str, dict[tuple[int, int], str]] = {}
    # Checked first: the threads that check files copy the engine with what it is watched by.
    assert run.files is not None
    execute = run.engine.execute

    def watch(sql: str, *arguments: Any, **named: Any) -> Any:
        # A table's rows with their status live only until its staging is done.
        if sql.startswith("drop table raw_"):
            table = sql.removeprefix("drop table raw_")
            found = execute(f"select delivery_rank, line, row_status from {sql[11:]}").fetchall()
            statuses[table] = {(rank, line): status for rank, line, status in found}
            assert len(statuses[table]) == len(found), f"{table} has a row twice"
        return execute(sql, *arguments, **named)

    run.engine.execute = watch
    run.reference(["ref_instruments", "ref_instrument_scales"])
    run.stage([*(name for name in run.models if name.startswith("stg_")), *ACCOUNT_TABLES])

    def rows(name: str) -> list[dict[str, Any]]:
        result = execute(f"select * from read_parquet({quoted(str(run.table_path(name)))})")
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, values, strict=True)) for values in result.fetchall()]

    quarantine = rows("quarantine")
    found = {
        (row["table_name"], ranks[row["delivery_id"]], row["line"]): frozenset(row["reasons"])
        for row in quarantine
    }
    assert len(found) == len(quarantine), "the quarantine has a row twice"
    counts, warnings = Counter(), Counter()
    for row in rows("stg_row_counts"):
        counts[ranks[row["delivery_id"]], row["table_name"], row["row_status"]] += row["n_rows"]
    for row in rows("stg_warning_counts"):
        if row["rule_id"] not in NOT_COUNTED_HERE:
            warnings[ranks[row["delivery_id"]], row["table_name"], row["rule_id"]] += row["n_rows"]
    tables = [table for table in KEYS if table != "response_items"]
    return Built(
        order=order,
        statuses=statuses,
        counts=counts,
        quarantine=found,
        warnings=warnings,
        staged={table: rows(f"stg_{table}") for table in tables},
        contents={name: table.content for name, table in run.built.items()},
    )


def assert_settled(built: Built, expected: Settled) -> None:
    """The same status for every row, the same reasons, and the same content in use."""
    for table, rows in expected.rows.items():
        if table != "response_items":
            wanted = {row.place: row.status for row in rows}
            assert built.statuses[table] == wanted, table
    everything = [row for rows in expected.rows.values() for row in rows]
    assert {place: set(reasons) for place, reasons in built.quarantine.items()} == {
        (row.table, *row.place): row.errors for row in everything if row.status == "quarantined"
    }
    assert built.counts == Counter((row.rank, row.table, row.status) for row in everything)
    assert built.warnings == Counter(
        (row.rank, row.table, rule)
        for row in everything
        if row.status == "accepted"
        for rule in row.warnings
    )
    for table, rows in built.staged.items():
        assert_content(table, rows, expected)


def assert_content(table: str, rows: list[dict[str, Any]], expected: Settled) -> None:
    """The accepted rows of a table, column by column, with the answers of responses."""
    keys = [tuple(row[name] for name in KEYS[table]) for row in rows]
    assert len(set(keys)) == len(keys), f"{table} has a key twice"
    assert set(keys) == set(expected.current[table]), table
    for key, row in zip(keys, rows, strict=True):
        wanted = expected.current[table][key].values
        compared = set(COLUMNS[table]) & set(row) - {"licence_required"}
        assert {name: row[name] for name in compared} == {name: wanted[name] for name in compared}
        if table == "responses":
            answers = dict(zip(row["items"] or [], row["answers"] or [], strict=True))
            assert list(answers) == sorted(answers)
            assert row["n_answers"] == len(answers)
            assert answers == expected.answers.get(key[0], {})


def check(delivered: Sequence[Delivery]) -> None:
    """Settle the deliveries twice, by the pipeline and by the second calculation."""
    built = build(delivered, range(len(delivered)))
    assert_settled(built, settle([delivered[number] for number in built.order]))


@settings(max_examples=EXAMPLES)
@given(delivery_sets())
def test_every_row_ends_as_the_documents_say(delivered: list[Delivery]) -> None:
    check(delivered)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_row_of_a_longer_set_ends_as_the_documents_say(seed: int) -> None:
    check(build_deliveries(random.Random(seed).choice))


@settings(max_examples=6)
@given(delivery_sets(), st.randoms(use_true_random=False))
def test_the_order_of_landing_makes_no_difference(
    delivered: list[Delivery], chance: random.Random
) -> None:
    shuffled = list(range(len(delivered)))
    chance.shuffle(shuffled)
    assert build(delivered, range(len(delivered))).contents == build(delivered, shuffled).contents
