"""Recovery by the NHS rule, as the director reads it."""

from typing import Any

import duckdb
import pytest

from pipelines.reporting.sentences import (
    BOUNDS,
    PLAIN,
    Minimums,
    nhs_recovered_share,
    reading,
    share_sentences,
)
from pipelines.reporting.wording import load_wording
from tests.unit.reporting.course.conftest import (
    PERIOD,
    cells,
    detail,
    insert,
    known_rate,
    part,
    plain,
    rate,
    report,
    section,
)


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
