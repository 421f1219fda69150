"""What a public page is made of: the counts and statements that the gate shows, nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from pipelines.reporting.figures.disclosure import PUBLIC

Record = Mapping[str, Any]
PARTS = ("met", "worse", "neither", "unmeasured")


@dataclass(frozen=True)
class PublicFigures:
    """The years that a page may tell of, newest first, and what it may tell.

    `counts`: rows of `pub_counts`; `statements`: rows of `pub_statements`, of each year the first
    fixed claim first; `other_claims`: what the clinic would like to say and no count is made for.
    """

    years: tuple[date, ...]
    counts: tuple[Record, ...]
    statements: tuple[Record, ...]
    other_claims: tuple[str, ...]

    def statements_of(self, claim_id: str) -> tuple[Record, ...]:
        """A claim's statements, the newest year first."""
        return tuple(row for row in self.statements if row["claim_id"] == claim_id)

    @property
    def claim_ids(self) -> tuple[str, ...]:
        """The claims that have a statement, the first fixed one first."""
        return tuple(dict.fromkeys(row["claim_id"] for row in self.statements))


def read_public_figures(
    connection: duckdb.DuckDBPyConnection, *, month_end_on: date
) -> PublicFigures:
    """The figures of all years whose last course was due by the end of the month."""
    window = {"audience": PUBLIC, "month_end_on": month_end_on}
    counts = _records(
        connection,
        """
        select * from pub_counts
        where audience = $audience and closes_on <= $month_end_on
        order by period_start_on desc, level, subject_id, part
        """,
        window,
    )
    statements = _records(
        connection,
        """
        select * from pub_statements
        where audience = $audience and closes_on <= $month_end_on
        order by period_start_on desc, set_on nulls last, claim_id
        """,
        window,
    )
    others = _records(
        connection,
        """
        select says from ref_claims
        where claim_id not in (select claim_id from pub_statements)
        order by set_on nulls last, claim_id
        """,
        {},
    )
    return PublicFigures(
        years=tuple(dict.fromkeys(row["period_start_on"] for row in counts)),
        counts=counts,
        statements=statements,
        other_claims=tuple(row["says"] for row in others),
    )


def _records(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Record
) -> tuple[Record, ...]:
    result = connection.execute(query, dict(parameters))
    names = [column[0] for column in result.description or ()]
    return tuple(dict(zip(names, values, strict=True)) for values in result.fetchall())
