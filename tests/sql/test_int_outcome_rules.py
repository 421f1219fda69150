"""The rule in force: published, decided on by the clinic, or derived from its reference period."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from pipelines.instruments.catalogue import load_catalogue
from pipelines.instruments.reference_tables import reference_tables
from tests.builders import Bench
from tests.table_rows import Row

PERIOD = {
    "reference_starts_on": date(2024, 1, 1),
    "reference_ends_on": date(2024, 12, 31),
    "reference_set_on": date(2025, 1, 15),
    "reference_minimum_scores": 3,
}
# wsas: a published caseness and no published reliable change; ors: both.
WSAS = {"instrument_id": "wsas", "scale": "total", "respondent": "client"}

FIGURES = ("reliable_change_points", "caseness_points", "remission_below_points")


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench(PERIOD)
    bench.fill("int_episode_scores", [])
    bench.fill("ref_reliabilities", [{"instrument_id": "wsas", "value": Decimal("0.73")}])
    yield bench
    bench.close()


def first_scores(points: Sequence[Any], **more: Any) -> list[Row]:
    """One course for each first score, in the middle of the period."""
    return [
        {
            "episode_key": f"e{number}",
            **WSAS,
            "n_responses": 1,
            "first_on": date(2024, 6, 1),
            "first_points": value,
            **more,
        }
        for number, value in enumerate(points)
    ]


def rule_of(bench: Bench, **wanted: Any) -> Row | None:
    """The rule of WSAS filled in by the client, or of what is wanted instead."""
    key = {**WSAS, **wanted}
    rows = [
        row
        for row in bench.rows("int_outcome_rules")
        if all(row[column] == value for column, value in key.items())
    ]
    assert len(rows) <= 1
    return rows[0] if rows else None


def derived_points(bench: Bench, points: Sequence[Any], **more: Any) -> Decimal | None:
    """The reliable change of WSAS after these first scores."""
    bench.restart()
    bench.fill("int_episode_scores", first_scores(points, **more))
    found = rule_of(bench)
    return None if found is None else found["reliable_change_points"]


def test_columns_and_types_are_those_of_the_table(bench: Bench) -> None:
    bench.build("int_outcome_rules")
    assert bench.columns("int_outcome_rules") == {
        "instrument_id": "VARCHAR",
        "scale": "VARCHAR",
        "respondent": "VARCHAR",
        "basis": "VARCHAR",
        "rule_id": "VARCHAR",
        "rule_version": "VARCHAR",
        "reliable_change_points": "DECIMAL(9,4)",
        "reliable_change_kind": "VARCHAR",
        "caseness_points": "DECIMAL(9,4)",
        "remission_below_points": "DECIMAL(9,4)",
        "response_share": "DECIMAL(9,4)",
        "reliability_value": "DECIMAL(9,4)",
        "sd_points": "DECIMAL(9,4)",
        "source": "VARCHAR",
        "status": "VARCHAR",
        "change_basis": "VARCHAR",
        "caseness_basis": "VARCHAR",
        "published_rule_id": "VARCHAR",
        "published_rule_version": "VARCHAR",
    }


def test_a_published_rule_is_there_as_it_is(bench: Bench) -> None:
    published = {
        (row["instrument_id"], row["scale"], row["respondent"]): row
        for row in bench.rows("ref_outcome_rules")
    }
    rows = bench.rows("int_outcome_rules")
    assert len(rows) == len(published)
    for row in rows:
        source = published[(row["instrument_id"], row["scale"], row["respondent"])]
        assert row["basis"] == "published"
        assert (row["reliability_value"], row["sd_points"]) == (None, None)
        del source["source"]
        assert {column: row[column] for column in source} == source


def test_each_figure_in_force_is_cited(bench: Bench) -> None:
    phq9, wsas = rule_of(bench, instrument_id="phq9"), rule_of(bench)
    assert phq9 is not None
    assert wsas is not None
    assert phq9["source"] == (
        "Reliable change: made up for the reliable_change of tests."
        " Caseness: made up for the caseness of tests."
        " Remission: made up for the remission of tests."
        " Response: made up for the response of tests."
    )
    assert wsas["source"] == "Caseness: made up for the caseness of tests."


def test_of_the_catalogue_each_rule_cites_what_the_published_one_does(bench: Bench) -> None:
    tables = reference_tables(load_catalogue())
    for name in ("ref_outcome_rules", "ref_thresholds", "ref_instruments"):
        bench.fill(name, tables[name].to_dicts())
    published = {
        (row["instrument_id"], row["scale"], row["respondent"]): row
        for row in tables["ref_outcome_rules"].to_dicts()
    }
    rows = bench.rows("int_outcome_rules")
    assert rows
    for row in rows:
        listed = published.pop((row["instrument_id"], row["scale"], row["respondent"]))
        is_counted = row["caseness_points"] is not None or listed["response_share"] is None
        cited = listed["source"] if is_counted else listed["source"].partition(" Response:")[0]
        assert row["source"] == cited
    # Of these a response is all that is published, and nobody says who is a case.
    for listed in published.values():
        assert listed["response_share"] is not None
        assert {listed[name] for name in FIGURES} == {None}


def test_a_published_response_is_cited_once_there_are_cases(bench: Bench) -> None:
    bench.fill("ref_outcome_rules", [{"instrument_id": "isi", "response_share": Decimal("0.5")}])
    bench.fill(
        "ref_thresholds",
        [
            {
                "instrument_id": "isi",
                "kind": "response",
                "share": Decimal("0.5"),
                "source": "a trial",
            }
        ],
    )
    assert rule_of(bench, instrument_id="isi") is None
    bench.restart()
    bench.fill("ref_clinic_thresholds", [{"instrument_id": "isi", "kind": "caseness", "points": 9}])
    rule = rule_of(bench, instrument_id="isi")
    assert rule is not None
    assert rule["response_share"] == Decimal("0.5")
    assert rule["source"].endswith(". Response: a trial.")


def test_a_reliable_change_is_derived_where_none_is_published(bench: Bench) -> None:
    # SD of 10, 20, 30 is 10: 1.96 * 10 * sqrt(2) * sqrt(0.27) = 14.40290...
    assert derived_points(bench, [10, 20, 30]) == Decimal("14.4030")
    rule = rule_of(bench)
    assert rule is not None
    assert rule["basis"] == rule["rule_id"] == "clinic_derived"
    assert rule["rule_version"] == "2024-01-01/2024-12-31"
    assert rule["reliable_change_kind"] == "clinic_rci"
    assert (rule["reliability_value"], rule["sd_points"]) == (Decimal("0.73"), Decimal(10))
    # Beside it stays what is published.
    assert rule["caseness_points"] == 10
    assert rule["source"] == (
        "Clinic-derived reliable change, from a reliability of 0.73 (made up for tests) and the SD"
        " of 3 first scores of the clinic, 10.00, in its reference period from 2024-01-01 to"
        " 2024-12-31, set on 2025-01-15. Caseness: made up for the caseness of tests."
    )


def test_the_derived_change_is_rounded_up(bench: Bench) -> None:
    found = derived_points(bench, [10, 20, 30])
    assert found is not None
    exact = Fraction(Decimal("1.96")) ** 2 * 100 * 2 * Fraction(27, 100)
    assert Fraction(found) ** 2 >= exact > (Fraction(found) - Fraction(1, 10000)) ** 2


def test_a_change_without_a_remainder_is_not_rounded_up(bench: Bench) -> None:
    # A reliability of 0.5 makes sqrt(2 * 0.5) = 1: exactly 1.96 * 10.
    bench.fill("ref_reliabilities", [{"instrument_id": "wsas", "value": Decimal("0.5")}])
    assert derived_points(bench, [10, 20, 30]) == Decimal("19.6")


@pytest.mark.parametrize(("scores", "is_derived"), [([10, 20], False), ([10, 20, 30], True)])
def test_too_few_first_scores_derive_nothing(
    bench: Bench, scores: list[int], is_derived: bool
) -> None:
    assert (derived_points(bench, scores) is not None) is is_derived


def test_scores_that_are_all_the_same_derive_nothing(bench: Bench) -> None:
    assert derived_points(bench, [20, 20, 20]) is None


@pytest.mark.parametrize(
    ("day", "is_inside"),
    [
        (date(2023, 12, 31), False),
        (date(2024, 1, 1), True),
        (date(2024, 12, 31), True),
        (date(2025, 1, 1), False),
    ],
)
def test_both_ends_of_the_period_belong_to_it(bench: Bench, day: date, is_inside: bool) -> None:
    assert (derived_points(bench, [10, 20, 30], first_on=day) is not None) is is_inside


def test_courses_without_a_first_score_do_not_count(bench: Bench) -> None:
    bench.fill("int_episode_scores", first_scores([10, 20, None]))
    (row,) = bench.rows("int_reference_sds")
    assert row["n_scores"] == 2
    assert row["mean_points"] == 15


def test_one_score_has_no_sd(bench: Bench) -> None:
    bench.fill("int_episode_scores", first_scores([10]))
    (row,) = bench.rows("int_reference_sds")
    assert (row["n_scores"], row["sd_points"]) == (1, None)


def test_without_a_period_nothing_is_derived() -> None:
    bench = Bench()
    bench.fill("int_episode_scores", first_scores(range(40)))
    assert bench.rows("int_reference_sds") == []
    bench.close()


def test_each_respondent_has_an_sd_of_its_own_and_a_reliability_that_holds_for_it(
    bench: Bench,
) -> None:
    both = {"instrument_id": "wsas", "value": Decimal("0.73"), "respondents": ["client", "partner"]}
    bench.fill("ref_reliabilities", [both])
    bench.fill(
        "int_episode_scores",
        [
            *first_scores([10, 20, 30]),
            *first_scores([1, 2, 3], respondent="partner"),
            *first_scores([4, 5, 6], respondent="teacher"),
        ],
    )
    found = {
        row["respondent"]: row["reliable_change_points"]
        for row in bench.rows("int_outcome_rules")
        if row["instrument_id"] == "wsas" and row["basis"] == "clinic_derived"
    }
    assert found == {"client": Decimal("14.4030"), "partner": Decimal("1.4403")}


def test_a_published_change_is_never_replaced_by_a_derived_one(bench: Bench) -> None:
    bench.fill("ref_reliabilities", [{"instrument_id": "phq9", "value": Decimal("0.8")}])
    bench.fill("int_episode_scores", first_scores([1, 9, 20], instrument_id="phq9"))
    rule = rule_of(bench, instrument_id="phq9")
    assert rule is not None
    assert (rule["basis"], rule["reliable_change_points"]) == ("published", 6)


@pytest.mark.parametrize("instrument_id", ["pgi_c", "isi"])
def test_what_is_no_outcome_or_has_no_reliability_gets_no_rule(
    bench: Bench, instrument_id: str
) -> None:
    if instrument_id == "pgi_c":
        bench.fill("ref_reliabilities", [{"instrument_id": "pgi_c", "value": Decimal("0.8")}])
    bench.fill("int_episode_scores", first_scores([1, 3, 7], instrument_id=instrument_id))
    assert rule_of(bench, instrument_id=instrument_id) is None


def test_a_figure_that_is_no_default_derives_nothing(bench: Bench) -> None:
    reliability = {"instrument_id": "wsas", "value": Decimal("0.73"), "is_default": False}
    bench.fill("ref_reliabilities", [reliability])
    assert derived_points(bench, [10, 20, 30]) is None


def test_the_clinics_own_figure_takes_the_place_of_the_published_one(bench: Bench) -> None:
    decided = {
        "instrument_id": "phq9",
        "kind": "reliable_change",
        "points": 5,
        "source": "Kroenke 2001, the five-point rule",
        "decided_on": date(2025, 2, 3),
    }
    bench.fill("ref_clinic_thresholds", [decided])
    rule = rule_of(bench, instrument_id="phq9")
    assert rule is not None
    assert rule["basis"] == rule["rule_id"] == "clinic"
    assert (rule["rule_version"], rule["reliable_change_kind"]) == ("2025-02-03", "clinic_rule")
    assert (rule["reliable_change_points"], rule["caseness_points"]) == (5, 10)
    # The published reliable change is not in force, and so not cited.
    assert rule["source"] == (
        "The clinic's reliable change, decided on 2025-02-03: Kroenke 2001, the five-point rule."
        " Caseness: made up for the caseness of tests. Remission: made up for the remission of"
        " tests. Response: made up for the response of tests."
    )
    # It is for clients alone.
    parents = rule_of(bench, instrument_id="phq9", respondent="parent")
    assert parents is not None
    assert (parents["basis"], parents["reliable_change_points"]) == ("published", 6)


def test_the_clinics_reliability_and_sd_give_a_change(bench: Bench) -> None:
    # A published worked number: SD 7.5, reliability 0.8 gives 9.296925484568419 with the exact
    # 97.5 % point 1.959964; with the rounded 1.96 of Jacobson and Truax it is 9.2971.
    decided = {
        "instrument_id": "isi",
        "kind": "reliable_change",
        "reliability_value": Decimal("0.8"),
        "sd_points": Decimal("7.5"),
        "source": "Example 2020",
        "decided_on": date(2025, 2, 3),
    }
    bench.fill("ref_clinic_thresholds", [decided])
    rule = rule_of(bench, instrument_id="isi")
    assert rule is not None
    assert rule["source"] == (
        "The clinic's reliable change, decided on 2025-02-03, from a reliability of 0.8 and an SD"
        " of 7.5: Example 2020."
    )
    assert rule["reliable_change_kind"] == "clinic_rci"
    assert rule["reliable_change_points"] == Decimal("9.2971")
    assert float(rule["reliable_change_points"]) == pytest.approx(9.296925484568419, rel=3e-5)


def test_a_decided_caseness_beside_a_derived_change_is_derived(bench: Bench) -> None:
    caseness = {"instrument_id": "wsas", "kind": "caseness", "points": 12}
    bench.fill("ref_clinic_thresholds", [caseness])
    assert derived_points(bench, [10, 20, 30]) == Decimal("14.4030")
    rule = rule_of(bench)
    assert rule is not None
    assert (rule["basis"], rule["caseness_points"]) == ("clinic_derived", 12)


def test_a_decided_remission_leaves_the_published_change_and_caseness_published(
    bench: Bench,
) -> None:
    remission = {"instrument_id": "gad7", "kind": "remission", "points": 5}
    bench.fill("ref_clinic_thresholds", [remission])
    rule = rule_of(bench, instrument_id="gad7")
    assert rule is not None
    assert (rule["basis"], rule["rule_id"]) == ("clinic", "clinic")
    assert (rule["change_basis"], rule["caseness_basis"]) == ("published", "published")
    assert (rule["published_rule_id"], rule["published_rule_version"]) == ("made_up", "1")


def test_the_basis_of_each_figure_is_its_own(bench: Bench) -> None:
    caseness = {"instrument_id": "wsas", "kind": "caseness", "points": 12}
    bench.fill("ref_clinic_thresholds", [caseness])
    bench.fill("int_episode_scores", first_scores([10, 20, 30]))
    rule = rule_of(bench)
    assert rule is not None
    assert (rule["change_basis"], rule["caseness_basis"]) == ("clinic_derived", "clinic")
    ors = rule_of(bench, instrument_id="ors")
    assert ors is not None
    assert (ors["change_basis"], ors["caseness_basis"]) == ("published", "published")


@pytest.mark.parametrize("is_case_known", [True, False])
def test_a_response_needs_a_caseness_to_be_counted_among(bench: Bench, is_case_known: bool) -> None:
    found = [{"instrument_id": "isi", "kind": "response", "share": Decimal("0.35")}]
    if is_case_known:
        found.append({"instrument_id": "isi", "kind": "caseness", "points": 11})
    bench.fill("ref_clinic_thresholds", found)
    rule = rule_of(bench, instrument_id="isi")
    assert (rule and rule["response_share"]) == (Decimal("0.35") if is_case_known else None)
    # Without one nothing is in force, and there is no rule.
    assert (rule is not None) == is_case_known


@pytest.mark.parametrize("is_case_known", [True, False])
def test_a_response_that_is_not_in_force_is_not_cited(bench: Bench, is_case_known: bool) -> None:
    response = {
        "instrument_id": "isi",
        "kind": "response",
        "share": Decimal("0.35"),
        "decided_on": date(2025, 3, 1),
        "source": "our own",
    }
    change = {
        "instrument_id": "isi",
        "kind": "reliable_change",
        "points": 7,
        "decided_on": date(2025, 2, 3),
        "source": "a paper",
    }
    bench.fill("ref_clinic_thresholds", [change, response])
    if is_case_known:
        bench.fill("ref_outcome_rules", [{"instrument_id": "isi", "caseness_points": 15}])
    rule = rule_of(bench, instrument_id="isi")
    assert rule is not None
    assert ("our own" in rule["source"]) == is_case_known
    assert rule["rule_version"] == ("2025-03-01" if is_case_known else "2025-02-03")


def test_a_response_without_cases_leaves_the_published_rule_published(bench: Bench) -> None:
    bench.fill("ref_outcome_rules", [{"instrument_id": "isi", "reliable_change_points": 7}])
    response = {"instrument_id": "isi", "kind": "response", "share": Decimal("0.35")}
    bench.fill("ref_clinic_thresholds", [response])
    rule = rule_of(bench, instrument_id="isi")
    assert rule is not None
    assert rule["basis"] == "published"


def test_a_decided_change_keeps_another_from_being_derived(bench: Bench) -> None:
    change = {"instrument_id": "wsas", "kind": "reliable_change", "points": 8}
    bench.fill("ref_clinic_thresholds", [change])
    assert derived_points(bench, [10, 20, 30]) == Decimal(8)


def test_each_kind_can_be_decided_on(bench: Bench) -> None:
    bench.fill(
        "ref_clinic_thresholds",
        [
            {"instrument_id": "isi", "kind": "caseness", "points": 11},
            {"instrument_id": "isi", "kind": "remission", "points": 8},
            {"instrument_id": "isi", "kind": "response", "share": Decimal("0.4")},
        ],
    )
    rule = rule_of(bench, instrument_id="isi")
    assert rule is not None
    assert (
        rule["caseness_points"],
        rule["remission_below_points"],
        rule["response_share"],
        rule["reliable_change_points"],
    ) == (11, 8, Decimal("0.4"), None)
