"""What is published of deliveries and their rows, for the pages that tell of them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import duckdb

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Quality:
    """What one audience may know of the deliveries: published rows, by table and delivery."""

    results: Sequence[Record]
    deliveries: Sequence[Record]
    quarantine: Sequence[Record]
    reversed_items: Sequence[Record] = ()

    @cached_property
    def tables(self) -> list[str]:
        """Tables of the export that were ever delivered, by name."""
        return sorted({row["table_name"] for row in self.results})

    @cached_property
    def by_delivery(self) -> dict[str, dict[tuple[date, str], list[Record]]]:
        """By table the results of each delivery, the latest first."""
        found: dict[str, dict[tuple[date, str], list[Record]]] = defaultdict(dict)
        for row in sorted(self.results, key=_delivery_of, reverse=True):
            found[row["table_name"]].setdefault(_delivery_of(row), []).append(row)
        return found

    def latest(self, table: str) -> list[Record]:
        """The results of a table's latest delivery, in the contract's order."""
        newest = next(iter(self.by_delivery[table].values()))
        return sorted(newest, key=lambda row: row["rule_position"])

    @cached_property
    def counts(self) -> dict[str, dict[tuple[date, str], Counter[str]]]:
        """By table rows delivered and in quarantine of each delivery, the latest first."""
        found: dict[str, dict[tuple[date, str], Counter[str]]] = defaultdict(dict)
        for row in sorted(self.deliveries, key=_delivery_of, reverse=True):
            counted = found[row["table_name"]].setdefault(_delivery_of(row), Counter())
            counted["delivered"] += row["n_delivered"]
            counted["quarantined"] += row["n_quarantined"]
        return found


def read_quality(connection: duckdb.DuckDBPyConnection, audience: str) -> Quality:
    """What an audience may know, from the published tables."""

    def rows(table: str) -> list[Record]:
        query = f"select * from {table} where audience = ? order by all"
        result = connection.execute(query, [audience])
        names = [each[0] for each in result.description or ()]
        return [dict(zip(names, values, strict=True)) for values in result.fetchall()]

    names = ("pub_rule_results", "pub_deliveries", "pub_quarantine", "pub_reversed_items")
    return Quality(*(rows(name) for name in names))


def _delivery_of(row: Record) -> tuple[date, str]:
    return row["delivered_on"], row["delivery_id"]
