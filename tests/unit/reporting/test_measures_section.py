"""The published quality measures, as the director reads them."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from pipelines.instruments.measures import FIGURES, load_measures, measure_tables
from pipelines.reporting.model import Section
from pipelines.reporting.pages.view_model import build_report
from pipelines.reporting.sections.measures_section import last_year_end
from pipelines.reporting.wording import load_wording
from tests.unit.reporting.conftest import PROVENANCE
from tests.unit.reporting.made_up_courses import Clinic, Settings
from tests.unit.reporting.mart_clinic import connect
from tests.unit.reporting.mart_tables import wilson

CLINIC = Clinic(months=13, per_month=20, n_therapists=2, n_groups=0)
ROW: dict[str, Any] = {
    "audience": "director",
    "level": "clinic",
    "subject_id": "clinic",
    "period_kind": "year",
    "period_start_on": date(2025, 1, 1),
    "period_end_on": date(2025, 12, 31),
    "measure_id": "cms159",
    "rate_id": "remission",
}
RATE: dict[str, Any] = {
    **ROW,
    "position": 1,
    "stratum": "all",
    "version": "0.2.000",
    "basis": "published",
    "status": "active",
    "n_not_yet_due": 3,
    "unit": "client",
    "index_above_points": 9,
    "remission_below_points": 5,
    "window_months": 12,
    "window_from_days": -60,
    "window_to_days": 60,
}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A clinic whose quality measures the tests fill in."""
    with connect(CLINIC) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_yet(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing was counted."""
    for table in ("pub_quality_measures", "pub_measure_exclusions"):
        connection.execute(f"delete from {table}")


def insert(connection: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    connection.execute(
        f"insert into {table} ({', '.join(row)}) values ({', '.join('?' for _ in row)})",
        list(row.values()),
    )


def insert_rate(
    connection: duckdb.DuckDBPyConnection, x: int, n: int, excluded: int = 0, **row: Any
) -> None:
    found = wilson(x, n) if n >= 5 else (None, None, None)
    limits = dict(zip(("met_rate", "met_rate_lower", "met_rate_upper"), found, strict=True))
    counts = {
        "n_numerator": x,
        "n_eligible": n,
        "n_exclusions": excluded,
        "n_denominator": n + excluded,
        "n_eligible_clients": n,
        "n_initial_population": n + excluded + 2,
    }
    insert(connection, "pub_quality_measures", **{**RATE, **counts, **limits, **row})


def section(connection: duckdb.DuckDBPyConnection, audience: str = "director") -> Section | None:
    found = build_report(
        connection,
        month=CLINIC.last_month,
        audience=audience,
        settings=Settings(),
        provenance=PROVENANCE,
    )
    return next((one for one in found.sections if one.section_id == "measures"), None)


def cells(found: Section | None, table_id: str) -> list[list[str]]:
    """The rows of a table, each cell's text with its small print."""
    assert found is not None
    return [
        [f"{cell.text} ({cell.small})" if cell.small else cell.text for cell in row.cells]
        for table in found.tables
        if table.table_id == table_id
        for row in table.rows
    ]


def test_a_rate_has_its_counts_its_interval_and_who_is_left_out(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    insert_rate(connection, 12, 40, excluded=10)
    insert_rate(connection, 1, 2, stratum="12-17")
    ((name, asks, population, excluded, met, not_due),) = cells(
        section(connection), "measures-table"
    )
    assert name == "CMS159, remission at twelve months (version 0.2.000)"
    assert asks == (
        "Of clients with depression and a PHQ-9 above 9: is the last score, 60 days before to"
        " 60 days after the day 12 months later, below 5?"
    )
    assert met == "30\u00a0% (18–45\u00a0%; 12 of 40)"
    assert (population, excluded, not_due) == ("52", "10 of 50", "3")


@pytest.mark.parametrize(
    ("n_clients", "population"), [(9, "42 visits of 9 clients"), (1, "42 visits of 1 client")]
)
def test_visits_are_said_to_be_visits_and_whose(
    connection: duckdb.DuckDBPyConnection, n_clients: int, population: str
) -> None:
    figures = {"minimum_age_years": 6, "maximum_age_years": 16, "n_clients": n_clients}
    measure = {"measure_id": "cms177", "rate_id": "assessed", "unit": "visit"}
    insert_rate(connection, 12, 40, **measure, **figures)
    found = section(connection)
    ((name, asks, counted, _, met, _),) = cells(found, "measures-table")
    assert name.startswith("CMS177, suicide risk assessment at each visit")
    assert asks.startswith("Of visits of clients with depression, aged 6 to 16 at the start")
    assert counted.replace("\u00a0", " ") == population
    assert "12 of 40" in met
    assert found is not None
    assert "CMS177 counts visits" in found.tables[0].note


def test_many_visits_of_few_clients_have_no_rate(connection: duckdb.DuckDBPyConnection) -> None:
    withheld = dict.fromkeys(("met_rate", "met_rate_lower", "met_rate_upper"))
    measure = {"measure_id": "cms177", "rate_id": "assessed", "unit": "visit"}
    insert_rate(connection, 12, 40, n_clients=4, n_eligible_clients=4, **measure, **withheld)
    ((_, _, _, _, met, _),) = cells(section(connection), "measures-table")
    assert met == "12 of 40 (too few for a rate)"


def test_strata_follow_their_rate_where_more_than_one_has_clients(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    insert_rate(connection, 12, 40, excluded=10)
    insert_rate(connection, 10, 30, excluded=10, stratum="18+")
    insert_rate(connection, 2, 10, stratum="12-17")
    found = cells(section(connection), "measures-table")
    assert [(name.split(" (")[0], met) for name, _, _, _, met, _ in found] == [
        ("CMS159, remission at twelve months", "30\u00a0% (18–45\u00a0%; 12 of 40)"),
        ("CMS159, remission at twelve months, aged 12–17", "20\u00a0% (6–51\u00a0%; 2 of 10)"),
        ("CMS159, remission at twelve months, aged 18+", "33\u00a0% (19–51\u00a0%; 10 of 30)"),
    ]
    assert [row[1] for row in found[1:]] == ["the same, by age"] * 2


def test_a_stratum_without_anybody_is_no_row(connection: duckdb.DuckDBPyConnection) -> None:
    insert_rate(connection, 12, 40)
    insert_rate(connection, 12, 40, stratum="18+")
    insert_rate(connection, 0, 0, stratum="12-17")
    assert len(cells(section(connection), "measures-table")) == 1


@pytest.mark.parametrize(
    ("x", "n", "text"),
    [(1, 4, "1 of 4 (too few for a rate)"), (0, 0, "nobody to count"), (0, 5, "0\u00a0% (")],
)
def test_too_few_have_counts_and_nobody_has_words(
    connection: duckdb.DuckDBPyConnection, x: int, n: int, text: str
) -> None:
    insert_rate(connection, x, n)
    ((_, _, _, _, met, *_),) = cells(section(connection), "measures-table")
    assert met.startswith(text)


def test_figures_of_the_clinic_are_told(connection: duckdb.DuckDBPyConnection) -> None:
    insert_rate(connection, 12, 40, basis="clinic")
    found = section(connection)
    assert cells(found, "measures-table")[0][0].endswith("with figures of the clinic’s own)")
    assert found is not None
    assert "methods page has the source" in found.tables[0].note


@pytest.mark.parametrize(
    ("measure", "figures", "words"),
    [
        (
            ("cms159", "remission"),
            {"index_above_points": 11, "window_from_days": 1, "remission_below_points": 6},
            "a PHQ-9 above 11: is the last score, 1 day after to 60 days after the day"
            " 12 months later, below 6?",
        ),
        (
            ("cbe1884", "response"),
            {"minimum_age_years": 16, "window_months": 6, "response_share": 0.4},
            "clients of 16 or more with depression and a PHQ-9 above 9: has the last score,"
            " 60 days before to 60 days after the day 6 months later, fallen by 40 % or more?",
        ),
        (("cms2", "screened"), {"follow_up_days": 5}, "recorded within 5 days?"),
        (("dsf_e", "follow_up"), {"follow_up_days": 14}, "within 14 days?"),
        (
            ("dsf_e", "screening"),
            {"screen_to_months": 10, "screen_to_days": 30},
            "by 30 November 2025?",
        ),
        (("drr_e", "follow_up"), {"window_from_days": 100, "window_to_days": 200}, "100 to 200"),
        (("drr_e", "response"), {"response_share": 0.3}, "fallen by 30 % or more?"),
        (("dms_e", "measured"), {"assessment_months": 3}, "each of the year’s 4 periods"),
    ],
)
def test_a_sentence_has_the_figures_of_its_rate(
    connection: duckdb.DuckDBPyConnection,
    measure: tuple[str, str],
    figures: dict[str, Any],
    words: str,
) -> None:
    insert_rate(connection, 12, 40, measure_id=measure[0], rate_id=measure[1], **figures)
    ((_, asks, *_),) = cells(section(connection), "measures-table")
    assert words in asks.replace("\u00a0", " ")


def test_what_limits_a_measure_is_said_once_under_the_table(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    for rate_id in ("follow_up", "remission"):
        insert_rate(
            connection, 12, 40, measure_id="drr_e", rate_id=rate_id, notes="No lists are open."
        )
    found = section(connection)
    assert found is not None
    assert found.tables[0].note.count("DRR-E: No lists are open.") == 1


@pytest.mark.parametrize(("n_not_yet_due", "n_columns"), [(0, 5), (1, 6)])
def test_what_is_not_yet_due_has_a_column_only_where_there_is_any(
    connection: duckdb.DuckDBPyConnection, n_not_yet_due: int, n_columns: int
) -> None:
    insert_rate(connection, 12, 40, n_not_yet_due=n_not_yet_due)
    (row,) = cells(section(connection), "measures-table")
    assert len(row) == n_columns


def test_exclusions_of_a_programme_are_told_by_reason(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    insert_rate(connection, 12, 40)
    for reason, n in (("bipolar", 2), ("borderline", 21)):
        insert(
            connection,
            "pub_measure_exclusions",
            **{**ROW, "level": "programme", "subject_id": "p-dbt", "exclusion_reason": reason},
            n_exclusions=n,
            n_denominator=26,
        )
    assert cells(section(connection), "measures-exclusions") == [
        [
            "DBT skills",
            "CMS159, remission at twelve months",
            "23 of 26",
            "borderline personality disorder 21, bipolar disorder 2",
        ]
    ]


def test_what_is_not_computed_is_listed_with_the_missing_figures(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    insert(
        connection,
        "pub_quality_measures",
        **{
            **RATE,
            "measure_id": "dms_e",
            "rate_id": "measured",
            "status": "inactive_unverified",
            "reason": "assessment_months, exclusion.bipolar, exclusion.psychosis",
            "n_not_yet_due": None,
        },
    )
    found = section(connection)
    assert cells(found, "measures-table") == []
    ((name, _, why),) = cells(found, "measures-inactive")
    assert name.startswith("DMS-E")
    assert why == (
        "No verified figure for the dates of the assessment periods and the diagnoses that exclude."
    )


def test_without_a_complete_year_it_says_so(connection: duckdb.DuckDBPyConnection) -> None:
    found = section(connection)
    assert found is not None
    assert found.tables == ()
    assert "none is complete yet" in found.paragraphs[0]


def test_the_public_page_has_none(connection: duckdb.DuckDBPyConnection) -> None:
    insert_rate(connection, 12, 40)
    assert section(connection, "public") is None


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2026, 11, 30), date(2025, 12, 31)),
        (date(2026, 12, 31), date(2026, 12, 31)),
        (date(2027, 1, 31), date(2026, 12, 31)),
    ],
)
def test_the_year_is_the_last_that_is_over(day: date, end: date) -> None:
    assert last_year_end(day) == end


def test_every_rate_reason_and_figure_has_its_words() -> None:
    words = load_wording()
    for row in measure_tables()["ref_measure_rates"].to_dicts():
        for what in ("name", "asks"):
            assert words.has(f"measures.rate.{row['measure_id']}_{row['rate_id']}.{what}")
        assert words.has(f"measures.short.{row['measure_id']}")
    exclusions = {
        code["reason"]
        for measure in load_measures()
        for code in measure["codes"]
        if code["use"] == "exclusion"
    }
    assert all(words.has(f"measures.reason.{reason}") for reason in exclusions)
    kinds = (*FIGURES, "positive_from_points", "qualifying", "exclusion")
    assert all(words.has(f"measures.figure.{kind}") for kind in kinds)
