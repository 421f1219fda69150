"""The clinic's own figures against the catalogue."""

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from pipelines.errors import SettingsError
from pipelines.instruments.catalogue import Catalogue, load_catalogue
from pipelines.instruments.clinic_thresholds import clinic_threshold_rows
from pipelines.instruments.reference_tables import reference_tables
from pipelines.outcome_settings import ClinicThreshold, OutcomeSettings


@cache
def catalogue() -> Catalogue:
    return load_catalogue()


def threshold(**more: Any) -> ClinicThreshold:
    """A decided reliable change of the PHQ-9."""
    given: dict[str, Any] = {
        "instrument_id": "phq9",
        "scale": "total",
        "kind": "reliable_change",
        "points": Decimal(5),
        "share": None,
        "reliability": None,
        "sd": None,
        "respondent": None,
        "source": "made up for tests",
        "decided_on": date(2026, 1, 31),
        "place": "clinic.toml, [[thresholds]] number 1",
        **more,
    }
    return ClinicThreshold(**given)


def rows_of(*thresholds: ClinicThreshold) -> dict[str, Decimal | None]:
    rows = clinic_threshold_rows(catalogue(), OutcomeSettings(thresholds=thresholds))
    return {row["respondent"]: row["points"] for row in rows}


def test_a_figure_for_everyone_is_there_for_each_respondent() -> None:
    assert rows_of(threshold()) == dict.fromkeys(
        ("client", "parent", "teacher", "partner", "therapist"), Decimal(5)
    )


@pytest.mark.parametrize("is_first", [True, False])
def test_a_figure_for_one_respondent_wins(is_first: bool) -> None:
    both = [threshold(), threshold(respondent="parent", points=Decimal(7))]
    found = rows_of(*both) if is_first else rows_of(*reversed(both))
    assert (found["parent"], found["client"]) == (Decimal(7), Decimal(5))


@pytest.mark.parametrize(
    ("thresholds", "found"),
    [
        ([threshold(instrument_id="phq99")], "number 1: there is no instrument phq99"),
        ([threshold(scale="mood")], r"there is no scale mood \(there is total\)"),
        ([threshold(instrument_id="phq2")], "phq2 is a screen instrument"),
        ([threshold(), threshold(place="x number 2")], "x number 2: is the second reliable_change"),
    ],
)
def test_what_the_catalogue_does_not_have_is_refused(
    thresholds: list[ClinicThreshold], found: str
) -> None:
    with pytest.raises(SettingsError, match=found):
        rows_of(*thresholds)


@pytest.mark.parametrize(
    ("kind", "points", "is_fine"),
    [
        ("caseness", "0", False),
        ("caseness", "0.0001", True),
        ("caseness", "27", True),
        ("caseness", "27.0001", False),
        ("caseness", "-1", False),
        ("remission", "0", False),
        ("remission", "27", True),
        ("reliable_change", "27", True),
        ("reliable_change", "27.0001", False),
        ("reliable_change", "1000000000", False),
    ],
)
def test_points_lie_within_the_range_of_the_scale(kind: str, points: str, is_fine: bool) -> None:
    one = threshold(kind=kind, points=Decimal(points))
    if is_fine:
        assert rows_of(one)["client"] == Decimal(points)
    else:
        with pytest.raises(SettingsError, match=r"number 1: (points -?|\d).*(range|change)"):
            rows_of(one)


def test_an_sd_is_not_wider_than_the_scale() -> None:
    computed = {"points": None, "reliability": Decimal("0.8")}
    assert rows_of(threshold(**computed, sd=Decimal(27)))
    with pytest.raises(SettingsError, match=r"28 is more than total can change \(27 points\)"):
        rows_of(threshold(**computed, sd=Decimal(28)))


def test_a_remission_is_refused_where_none_is_computed() -> None:
    with pytest.raises(SettingsError, match="only where higher is worse, total is higher_better"):
        rows_of(threshold(instrument_id="ors", kind="remission", points=Decimal(30)))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("core99", "there is no such"),
        ("phq9", "no reversed items"),
        # Its key is not verified, so nothing is turned by it.
        ("sias", "no reversed items with a verified key"),
    ],
)
def test_only_an_instrument_with_reversed_items_can_be_delivered_turned(
    name: str, found: str
) -> None:
    with pytest.raises(SettingsError, match=rf"\[sources.epic\] {name}: .*{found}"):
        reference_tables(catalogue(), feeds={"epic": frozenset({name, "core10"})})


def test_all_that_is_wrong_is_named_at_once() -> None:
    settings = OutcomeSettings(
        thresholds=(threshold(scale="mood"), threshold(instrument_id="phq99"))
    )
    with pytest.raises(SettingsError) as caught:
        clinic_threshold_rows(catalogue(), settings)
    assert caught.value.found.count(";") == 1


def test_a_turned_feed_names_each_reversed_item_with_its_ends() -> None:
    feeds = {"epic": frozenset({"core10"}), "paper": frozenset({"core10", "scs_sf"})}
    rows = reference_tables(catalogue(), feeds=feeds)["ref_turned_items"].rows()
    assert [row[:4] for row in rows if row[0] == "epic"] == [
        ("epic", "core10", 2, Decimal(4)),
        ("epic", "core10", 3, Decimal(4)),
    ]
    assert {row[2:4] for row in rows if row[1] == "scs_sf"} == {
        (item, Decimal(6)) for item in (1, 4, 8, 9, 11, 12)
    }
    assert {row[4] for row in rows if row[0] == "epic"} == {
        "clinic.toml, [sources.epic] items_already_reversed"
    }
