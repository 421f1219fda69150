"""Reading the figures of one month for one audience from the published tables.

The only module of a report that asks the warehouse anything, and it asks `pub_` and `ref_` tables
alone: what the gate withheld cannot be seen from here.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import duckdb

from pipelines.errors import UsageError
from pipelines.reporting.figures.disclosure import DIRECTOR
from pipelines.reporting.figures.figures import (
    Figures,
    Instrument,
    KnownChanges,
    OutcomeRule,
    Record,
    Subject,
    month_end,
)
from pipelines.reporting.figures.published_tables import SECTION_TABLES

# The rows a page needs: the clinic's history, everybody else's figures at the month's end.
_ROWS = """
    select *
    from {table}
    where
        audience = $audience
        and period_end_on <= $month_end_on
        and (
            level = 'clinic'
            or period_end_on = $month_end_on
            -- Calendar years end before most months do.
            or (level = 'programme' and period_kind = 'year')
            {history}
        )
    order by all
"""


# What a subject's own page draws as a series: a programme's months and quarters, and twelve months
# of a therapist or a group, three months apart.
_SUBJECT_HISTORY = """
            or (level = 'programme' and period_kind in ('month', 'quarter'))
            or (
                period_kind = 'rolling_12m'
                and (month(period_end_on) - month($month_end_on)) % 3 = 0
                and period_end_on >= $month_end_on - interval 25 month
            )
"""


# An order of questionnaires and no count, the same for every audience: each page leads with the
# measure that the others lead with. By the courses that a questionnaire was meant for and the pairs
# that there are, over the whole history, which hardly moves from month to month.
_CLINIC_ORDER = """
    select instrument_id
    from pub_outcomes
    where
        audience = $director
        and level = 'clinic'
        and scale = 'total'
        and respondent = 'client'
        and period_kind = 'month'
        and period_end_on <= $month_end_on
    group by instrument_id
    order by coalesce(sum(n_finished), 0) desc, coalesce(sum(n_paired), 0) desc, instrument_id
"""


# Which rating of a verdict counts as better, with its citation.
_VERDICT_RULES = """
    select instrument_id, respondents, points, op, source
    from ref_thresholds
    where kind = 'responder' and is_active and scale = 'total'
    order by all
"""


# Changes that would be the rule, had somebody verified them; and what one could be derived from.
_UNVERIFIED_CHANGES = """
    select instrument_id, points
    from ref_thresholds
    where
        kind = 'reliable_change'
        and status = 'unverified'
        and use = 'default'
        and scale = 'total'
        and list_contains(respondents, 'client')
        and points is not null
    order by all
"""
_RELIABILITIES = """
    select instrument_id
    from ref_reliabilities
    where is_default and scale = 'total' and list_contains(respondents, 'client')
    order by all
"""


def read_figures(connection: duckdb.DuckDBPyConnection, *, month: date, audience: str) -> Figures:
    """All that a report of this month for this audience is made from.

    Raises: UsageError when no disclosure policy names the audience.
    """
    policies = list(_records(connection, "select * from ref_disclosure_policies order by all"))
    policy = next((row for row in policies if row["audience"] == audience), None)
    if policy is None:
        raise UsageError(
            "No disclosure policy names this audience.",
            where="data_contracts/disclosure/",
            expected=" or ".join(sorted({row["audience"] for row in policies})),
            found=audience,
            todo="name one of these",
        )
    window = {"audience": audience, "month_end_on": month_end(month)}

    def rows(table: str, *extra: str) -> dict[tuple[Any, ...], Record]:
        query = _ROWS.format(table=table, history=_SUBJECT_HISTORY)
        records = _records(connection, query, window)
        names = ("level", "subject_id", *extra, "period_kind", "period_end_on")
        return {tuple(row[name] for name in names): row for row in records}

    def listed(table: str) -> tuple[Record, ...]:
        query = f"select * from {table} where audience = $audience order by all"
        return tuple(_records(connection, query, {"audience": audience}))

    return Figures(
        audience=audience,
        month=month.replace(day=1),
        policy=policy,
        subjects=tuple(
            Subject(
                row["level"],
                row["subject_id"],
                row["name"],
                row["detail"] or "",
                tuple(row["led_by"] or ()),
                tuple(row["led_by_ids"] or ()),
                row["programme_id"] or "",
            )
            for row in listed("pub_subjects")
        ),
        instruments={
            row["instrument_id"]: Instrument(
                instrument_id=row["instrument_id"],
                name=row["name"],
                full_name=row["name"],
                version=row["version"] or "",
                domain=row["domain"] or "",
                purpose=row["purpose"] or "",
                is_higher_worse=row["direction"] == "higher_worse",
                minimum_points=_number(row["total_min_points"]),
                maximum_points=_number(row["total_max_points"]),
            )
            for row in _records(connection, "select * from ref_instruments order by all")
        },
        rules=tuple(
            OutcomeRule(
                rule_id=row["rule_id"],
                rule_version=row["rule_version"],
                instrument_id=row["instrument_id"],
                scale=row["scale"],
                reliable_change_points=_number(row["reliable_change_points"]),
                caseness_points=_number(row["caseness_points"]),
                source=row["source"] or "",
                respondent=row["respondent"],
            )
            for row in _records(connection, "select * from pub_outcome_rules order by all")
        ),
        verdict_rules=tuple(_records(connection, _VERDICT_RULES)),
        known_changes=KnownChanges(
            unverified={
                row["instrument_id"]: row["points"]
                for row in _records(connection, _UNVERIFIED_CHANGES)
            },
            reliable=frozenset(
                row["instrument_id"] for row in _records(connection, _RELIABILITIES)
            ),
        ),
        deliveries=listed("pub_deliveries"),
        quarantine=listed("pub_quarantine"),
        warnings=listed("pub_warnings"),
        rebases=tuple(_records(connection, "select * from ref_rebases order by all")),
        _outcomes=rows("pub_outcomes", "instrument_id", "scale", "respondent"),
        _activity=rows("pub_activity"),
        _completeness=rows("pub_completeness"),
        _recovery=rows("pub_recovery"),
        _started=rows("pub_started"),
        _published=_found_by_subject(
            {
                table: _records(connection, _ROWS.format(table=table, history=""), window)
                for table in SECTION_TABLES
            }
        ),
        clinic_order=tuple(
            row["instrument_id"]
            for row in _records(
                connection,
                _CLINIC_ORDER,
                {"director": DIRECTOR, "month_end_on": window["month_end_on"]},
            )
        ),
    )


def _found_by_subject(
    tables: Mapping[str, Iterator[Record]],
) -> dict[tuple[Any, ...], list[Record]]:
    """The rows by their table, subject, period kind and last day, in their order."""
    found: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
    for table, rows in tables.items():
        for row in rows:
            subject = (row["level"], row["subject_id"])
            found[table, *subject, row["period_kind"], row["period_end_on"]].append(row)
    return dict(found)


def _records(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Record | None = None
) -> Iterator[Record]:
    result = connection.execute(query, dict(parameters) if parameters else {})
    names = [column[0] for column in result.description or ()]
    for values in result.fetchall():
        yield dict(zip(names, values, strict=True))


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
