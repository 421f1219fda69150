"""Norms, reliabilities, and the cut-offs that follow from verified norms."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.instruments.catalogue import load_catalogue
from pipelines.instruments.reference_tables import reference_tables


@cache
def tables() -> dict[str, pl.DataFrame]:
    return reference_tables(load_catalogue())


def rows(table: str, **wanted: Any) -> list[dict[str, Any]]:
    """The rows of a reference table with these values."""
    return tables()[table].filter(**wanted).to_dicts()


def test_cut_offs_follow_from_verified_norms() -> None:
    # CORE-10: clinical 19.7 (7.7), general population 4.7 (4.8).
    found = {row["cutoff"]: row["points"] for row in rows("ref_cutoffs", instrument_id="core10")}
    assert found == {"a": Decimal("4.3"), "b": Decimal("14.3"), "c": Decimal("10.46")}


@pytest.mark.parametrize(
    ("direction", "means", "expected"),
    [
        # The worked number of the definitions, and its mirror image on a scale of 0 to 20.
        ("higher_worse", (18, 4), {"a": "8", "b": "11", "c": "9.7647"}),
        ("higher_better", (2, 16), {"a": "12", "b": "9", "c": "10.2353"}),
    ],
)
def test_cut_offs_turn_with_the_direction(
    edited: Callable[..., Path],
    direction: str,
    means: tuple[int, int],
    expected: dict[str, str],
) -> None:
    def change(content: dict[str, Any]) -> None:
        content["direction"] = direction
        content["thresholds"] = []
        content["norms"] = [
            {"group": group, "label": "made up", "mean": mean, "sd": sd, "status": "verified",
             "source": ["made up"]}
            for group, mean, sd in (("clinical", means[0], 5), ("non_clinical", means[1], 3.5))
        ]  # fmt: skip

    found = reference_tables(load_catalogue(edited(change)))["ref_cutoffs"].to_dicts()
    assert {row["cutoff"]: str(row["points"].normalize()) for row in found} == expected


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("higher_better", {"a": "55", "b": "45", "c": "50"}),
        ("higher_worse", {"a": "25", "b": "75", "c": "50"}),
    ],
)
def test_the_worked_cut_offs_of_a_published_package(
    edited: Callable[..., Path], direction: str, expected: dict[str, str]
) -> None:
    # R package clinicalsignificance, tests: clinical 40 (7.5), functional 60 (7.5). With spreads
    # that differ its b would be another than Jacobson and Truax's (above: 11, there 14).
    def change(content: dict[str, Any]) -> None:
        content |= {"direction": direction, "thresholds": [], "bands": []}
        content["form"]["points"] = [0, 12]
        content["scoring"]["scales"][0]["points"] = [0, 108]
        content["norms"] = [
            {"group": group, "label": "made up", "mean": mean, "sd": 7.5, "status": "verified",
             "source": ["made up"]}
            for group, mean in (("clinical", 40), ("non_clinical", 60))
        ]  # fmt: skip

    found = reference_tables(load_catalogue(edited(change)))["ref_cutoffs"].to_dicts()
    assert {row["cutoff"]: f"{row['points'].normalize():f}" for row in found} == expected


@pytest.mark.parametrize(
    ("mean", "sd", "reason"),
    [
        # PHQ-9 runs from 0 to 27; b is mean + 2 SD. At 0 everybody were a case, at 27 one score is.
        (4, 11.5, None),
        (4, 11.55, "above_highest_score"),
        (0, 0, "at_or_below_lowest_score"),
        (0, 0.05, None),
    ],
)
def test_a_cut_off_that_parts_no_scores_says_why_it_is_not_used(
    edited: Callable[..., Path], mean: float, sd: float, reason: str | None
) -> None:
    def change(content: dict[str, Any]) -> None:
        content["thresholds"] = []
        content["norms"] = [
            {"group": "non_clinical", "label": "made up", "mean": mean, "sd": sd,
             "status": "verified", "source": ["made up"]}
        ]  # fmt: skip

    (row,) = reference_tables(load_catalogue(edited(change)))["ref_cutoffs"].to_dicts()
    assert (row["cutoff"], row["no_use_reason"]) == ("b", reason)


def test_the_one_cut_off_of_the_catalogue_outside_its_scale_is_not_used() -> None:
    # PCL-5: the clinical norm's 2 SD reach below 0, the lowest score there is.
    unused = tables()["ref_cutoffs"].filter(pl.col("no_use_reason").is_not_null()).to_dicts()
    found = [(row["instrument_id"], row["cutoff"], row["points"]) for row in unused]
    assert found == [("pcl5", "a", Decimal("-2.24"))]


def test_an_unverified_norm_gives_no_cut_off() -> None:
    # OCI-R: the clinical norm is unverified, so there is b alone.
    assert [row["cutoff"] for row in rows("ref_cutoffs", instrument_id="oci_r")] == ["b"]


def test_the_lowest_single_reliability_and_the_largest_sample_are_taken() -> None:
    (reliability,) = rows("ref_reliabilities", instrument_id="whodas12", is_default=True)
    assert (reliability["kind"], reliability["value"]) == ("alpha", Decimal("0.86"))
    (norm,) = rows("ref_norms", instrument_id="phq9", is_default=True)
    assert (norm["mean_points"], norm["sd_points"]) == (Decimal("14.2"), Decimal("6.1"))


def test_a_range_or_an_unverified_reliability_is_no_default() -> None:
    assert not rows("ref_reliabilities", instrument_id="core_om", is_default=True)
    assert not rows("ref_reliabilities", instrument_id="ies_r", is_default=True)
    (found,) = rows("ref_reliabilities", instrument_id="core_om")
    assert (found["value"], found["lower_value"], found["upper_value"]) == (
        None,
        Decimal("0.75"),
        Decimal("0.94"),
    )
