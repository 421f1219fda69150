"""How much better, as the director reads it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from pipelines.reporting.model import Section, Table
from pipelines.reporting.pages.view_model import build_report
from pipelines.reporting.sections.change_categories import categories_table
from tests.unit.reporting.conftest import PROVENANCE
from tests.unit.reporting.made_up_courses import Clinic, Settings
from tests.unit.reporting.mart_clinic import connect
from tests.unit.reporting.shown_figures import PHQ9, Shown, context

CLINIC = Clinic(months=13, per_month=20, n_therapists=2, n_groups=0)
PERIOD = {
    "audience": "director",
    "policy_id": "internal",
    "level": "clinic",
    "subject_id": "clinic",
    "respondent": "client",
    "period_kind": "rolling_12m",
    "period_start_on": date(2025, 11, 1),
    "period_end_on": date(2026, 10, 31),
}
DETAIL: dict[str, Any] = {
    "n_paired": 40,
    "n_cannot_improve": 4,
    "n_can_improve": 36,
    "improved_rate_if_possible": 0.5,
    "n_crossed_unreliably": 3,
    "n_harmed": 1,
    "n_response_base": 30,
    "n_responded": 12,
    "responded_rate": 0.4,
    "responded_rate_lower": 0.246,
    "responded_rate_upper": 0.577,
    "n_remission_base": 4,
    "n_remitted": 1,
}
EFFECT: dict[str, Any] = {
    "population": "all_paired",
    "n_paired": 40,
    "first_mean_points": 15.0,
    "first_sd_points": 5.0,
    "last_mean_points": 11.0,
    "last_sd_points": 6.0,
    "pair_correlation": 0.55,
    "g_pre": 0.78,
    "g_pre_lower": 0.5,
    "g_pre_upper": 1.06,
    "limits_reason": None,
    "d_reference": 0.656,
    "d_reference_lower": 0.431,
    "d_reference_upper": 0.881,
    "d_av": 0.727,
    "d_z": 0.751,
    "d_severity_adjusted": None,
    "reference_sd_points": 6.1,
    "reference_label": "everybody in the country",
}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A clinic whose change the tests fill in."""
    with connect(CLINIC) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_yet(connection: duckdb.DuckDBPyConnection) -> None:
    """No figure of change is there."""
    for table in ("pub_change_detail", "pub_effect_sizes", "pub_pooled_change"):
        connection.execute(f"delete from {table}")


def insert(connection: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    """One row of the clinic's twelve months."""
    full = {**PERIOD, **row}
    connection.execute(
        f"insert into {table} ({', '.join(full)}) values ({', '.join('?' for _ in full)})",
        list(full.values()),
    )


def measure(connection: duckdb.DuckDBPyConnection, instrument_id: str = "phq9", **own: Any) -> None:
    """Forty pairs on a measure; `own` for both tables where they have the column."""
    key = {"instrument_id": instrument_id, "scale": "total"}
    for table, row in (("pub_change_detail", DETAIL), ("pub_effect_sizes", EFFECT)):
        known = {name: value for name, value in own.items() if name in row}
        insert(connection, table, **key, **{**row, **known})


def part(connection: duckdb.DuckDBPyConnection, audience: str = "director") -> Section | None:
    """The part in the outcomes of a report."""
    report = build_report(
        connection,
        month=CLINIC.last_month,
        audience=audience,
        settings=Settings(),
        provenance=PROVENANCE,
    )
    (outcomes,) = [one for one in report.sections if one.section_id == "outcomes"]
    found = [one for one in outcomes.parts if one.section_id == "how-much-better"]
    return found[0] if found else None


def texts(table: Table) -> list[list[str]]:
    """What the cells of a table say."""
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_without_a_pair_there_is_no_part(connection: duckdb.DuckDBPyConnection) -> None:
    assert part(connection) is None


def test_a_measure_with_everything(connection: duckdb.DuckDBPyConnection) -> None:
    measure(connection)
    found = part(connection)
    assert found is not None
    categories, shares, effects = found.tables
    (row,) = texts(categories)
    assert (row[0], row[4], row[6]) == ("PHQ-9", "3", "1")
    assert texts(shares) == [["PHQ-9", "40\xa0%", "1 of 4"]]
    assert shares.rows[0].cells[2].reason == "too_few_pairs_for_rate"
    assert texts(effects) == [
        ["PHQ-9", "15.0", "11.0", "0.55", "0.78", "–", "0.66", "0.73", "0.75"]
    ]
    assert [column.key for column in effects.columns][-2:] == ["d_av", "d_z"]
    assert effects.rows[0].cells[4].small == "0.50 to 1.06; 40 courses"
    assert effects.rows[0].cells[6].small == "0.43 to 0.88; of 6.1: everybody in the country"
    said = " ".join(found.paragraphs)
    assert "no comparison group" in said
    assert "PHQ-9: 4 of 40 measured courses" in said
    assert "50\xa0% are reliably better" in said


def test_a_clinic_with_a_reference_period_has_a_figure_adjusted_for_severity(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    measure(connection, d_severity_adjusted=0.7)
    measure(connection, "gad7")
    found = part(connection)
    assert found is not None
    effects = found.tables[-1]
    assert [row[-1] for row in texts(effects)] == ["0.70", "–"]
    assert effects.columns[-1].label == "Adjusted for severity"
    assert "reference period" in effects.note


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("too_few_pairs_for_limits", "12 courses, too few for limits"),
        ("no_spread", "12 courses, no limits without a spread"),
    ],
)
def test_without_limits_or_a_published_spread_the_cell_says_so(
    connection: duckdb.DuckDBPyConnection, reason: str, said: str
) -> None:
    measure(
        connection,
        n_paired=12,
        limits_reason=reason,
        g_pre_lower=None,
        g_pre_upper=None,
        reference_sd_points=None,
        d_reference=None,
    )
    found = part(connection)
    assert found is not None
    cells = found.tables[-1].rows[0].cells
    assert cells[4].small == said
    assert cells[6].text == "no published spread"


def test_nobody_who_could_not_improve_makes_no_sentence(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    measure(connection, n_cannot_improve=0)
    found = part(connection)
    assert found is not None
    assert "started too well" not in " ".join(found.paragraphs)


def test_too_few_pairs_are_named_and_left_out_of_the_tables(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    measure(connection)
    measure(connection, "gad7", n_paired=4)
    found = part(connection)
    assert found is not None
    assert [[row[0] for row in texts(table)] for table in found.tables] == [["PHQ-9"]] * 3
    assert found.paragraphs[-1] == "Too few measured courses for these figures: GAD-7."


def test_a_measure_without_rules_is_in_the_table_of_spreads_alone(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    nothing = dict.fromkeys(("n_cannot_improve", "n_crossed_unreliably", "n_harmed"))
    measure(connection, "wsas", n_responded=None, n_remitted=None, **nothing)
    found = part(connection)
    assert found is not None
    assert [table.table_id for table in found.tables] == ["change-effects"]


OUTCOME: dict[str, Any] = {
    "withheld_figures": None,
    "n_paired": 40,
    "n_improved": 20,
    "n_unchanged": 17,
    "n_deteriorated": 3,
    "n_case": 30,
    "n_reliably_recovered": 12,
    "reliably_recovered_rate": 0.4,
    "reliably_recovered_rate_lower": 0.246,
    "reliably_recovered_rate_upper": 0.577,
}


def categories(**changes: Any) -> tuple[list[str], str]:
    """The row of the PHQ-9, and what stands small beside its first figure."""
    shown = Shown()
    shown.outcome = lambda *_: OUTCOME | changes  # type: ignore[method-assign]
    table = categories_table(context(shown), [PHQ9], {PHQ9.key: {**DETAIL}})
    assert table is not None
    small = table.rows[0].cells[1].small.replace("\xa0", " ")
    return texts(table)[0], small


def test_the_four_categories_are_the_measured_courses_and_the_fifth_a_part_of_them() -> None:
    cells, small = categories()
    assert cells == ["PHQ-9", "12", "8", "17", "3", "3", "1"]
    assert sum(int(cells[place]) for place in (1, 2, 3, 5)) == OUTCOME["n_paired"]
    assert small == "40 % of the 30 above it at start; 25–58 %"


def test_without_a_threshold_nobody_gets_below_it_and_few_have_no_share() -> None:
    cells, small = categories(n_case=None, n_reliably_recovered=None)
    assert cells[1:3] == ["no verified threshold", "20"]
    assert small == ""
    cells, small = categories(n_case=4, n_reliably_recovered=2, reliably_recovered_rate=None)
    assert (cells[1], small) == ("2", "of the 4 above it at start")


def test_without_a_reliable_change_there_are_no_categories() -> None:
    shown = Shown()
    shown.outcome = lambda *_: OUTCOME | {"n_improved": None}  # type: ignore[method-assign]
    assert categories_table(context(shown), [PHQ9], {}) is None
    assert categories_table(context(Shown()), [PHQ9], {}) is None


@pytest.mark.parametrize(
    ("n_instruments", "mean", "shown"),
    [(1, 0.5, None), (2, 0.5, "0.50"), (2, None, "3 courses")],
)
def test_a_domain_of_several_measures_is_pooled(
    connection: duckdb.DuckDBPyConnection, n_instruments: int, mean: float | None, shown: str | None
) -> None:
    measure(connection)
    insert(
        connection,
        "pub_pooled_change",
        domain="symptoms",
        population="all_paired",
        reference_kind="clinical",
        n_courses=3 if mean is None else 40,
        n_instruments=n_instruments,
        instrument_mix="gad7:30;phq9:40",
        change_mean_sds=mean,
        change_mean_sds_lower=None if mean is None else 0.3,
        change_mean_sds_upper=None if mean is None else 0.7,
        reliability_reason="too_few_pairs_for_rate" if mean is None else None,
    )
    found = part(connection)
    assert found is not None
    pooled = [table for table in found.tables if table.table_id == "change-pooled"]
    if shown is None:
        assert pooled == []
    else:
        assert texts(pooled[0]) == [["Symptoms", shown, "patients", "GAD-7 30, PHQ-9 40"]]
