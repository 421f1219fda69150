"""The pipeline finds what the demo clinic was made from."""

from collections import defaultdict
from datetime import date
from typing import Any

import pytest

from pipelines.home import Home
from tests.pipeline.homes import query, records

STATUSES = ("accepted", "superseded", "withdrawn", "quarantined")
# A figure of mart_activity, and the truth's figures that it adds up.
ACTIVITY = {
    "n_referred": ("referred",),
    "n_started": ("started",),
    "n_ended": ("ended_recorded", "ended_derived"),
    "n_ended_derived": ("ended_derived",),
    "n_completed": ("completed",),
    "n_dropped_out": ("dropped_out", "ended_derived"),
    "n_attended": ("attended",),
    "n_no_show": ("no_show",),
    "n_late_cancelled": ("late_cancelled",),
    "n_cancelled": ("cancelled",),
    "n_clinic_cancelled": ("clinic_cancelled",),
}


def test_every_delivered_row_ended_as_the_demo_meant_it_to(
    demo: Home, truth: dict[str, Any]
) -> None:
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in records(demo, "mart_deliveries"):
        counts = found[f"{row['delivered_on']}", row["table_name"]]
        for name in ("delivered", *STATUSES):
            counts[name] += row[f"n_{name}"]
    meant = {
        (row["delivery"], row["table"]): {name: row[name] for name in ("delivered", *STATUSES)}
        for row in truth["deliveries"]
    }
    assert {key: dict(counts) for key, counts in found.items()} == meant


def test_the_demo_has_rows_of_every_fate(truth: dict[str, Any]) -> None:
    for status in STATUSES:
        assert sum(row[status] for row in truth["deliveries"]) > 0, status


def test_the_four_fates_of_a_files_rows_add_up_to_what_was_delivered(demo: Home) -> None:
    rows = records(demo, "mart_deliveries")
    assert len(rows) > 50
    for row in rows:
        assert sum(row[f"n_{status}"] for status in STATUSES) == row["n_delivered"], row


def test_quarantined_rows_are_as_many_as_the_deliveries_say(demo: Home) -> None:
    # Answers are kept one row per response, so all other tables are compared row by row.
    kept = dict(
        query(demo.vault_catalogue, "select table_name, count(*) from quarantine group by all")
    )
    counted = dict(
        query(
            demo.warehouse_catalogue,
            "select table_name, cast(sum(n_quarantined) as bigint) from mart_deliveries"
            " group by all having sum(n_quarantined) > 0",
        )
    )
    assert kept == counted


@pytest.mark.parametrize("figure", ACTIVITY)
def test_the_clinics_activity_of_every_month_is_the_truth(
    demo: Home, truth: dict[str, Any], figure: str
) -> None:
    found = {
        row["period_start_on"]: row[figure]
        for row in records(demo, "mart_activity")
        if row["level"] == "clinic" and row["period_kind"] == "month"
    }
    meant = {
        date.fromisoformat(f"{month['month']}-01"): sum(month[name] for name in ACTIVITY[figure])
        for month in truth["months"]
    }
    assert {month: found.get(month, 0) for month in meant} == meant
    assert sum(meant.values()) > 0


def test_finished_courses_of_every_month_are_the_truth(demo: Home, truth: dict[str, Any]) -> None:
    found = {
        row["period_start_on"]: row["n_finished"]
        for row in records(demo, "mart_completeness")
        if row["level"] == "clinic" and row["period_kind"] == "month"
    }
    for month in truth["months"]:
        assert found[date.fromisoformat(f"{month['month']}-01")] == month["finished"]


def test_ends_of_every_programme_are_the_truth_but_for_planted_courses(
    demo: Home, truth: dict[str, Any]
) -> None:
    found: dict[str, int] = defaultdict(int)
    for row in records(demo, "mart_activity"):
        if row["level"] == "programme" and row["period_kind"] == "month":
            found[row["subject_id"]] += row["n_ended"]
    extra = {row["id"]: found[row["id"]] - row["ended"] for row in truth["programmes"]}
    # Planted courses with a warning stay in use; the months' truth counts them, programmes' not.
    in_months = sum(month["ended_recorded"] + month["ended_derived"] for month in truth["months"])
    assert min(extra.values()) == 0
    assert sum(extra.values()) == in_months - sum(row["ended"] for row in truth["programmes"])
    assert sum(extra.values()) < len(truth["planted"])


def test_responses_of_the_truth_are_all_landed(demo: Home, truth: dict[str, Any]) -> None:
    ((n_responses,),) = query(demo.vault_catalogue, "select count(*) from stg_responses")
    planted = sum(row["rows"] for row in truth["planted"] if row["table"] == "responses")
    assert abs(n_responses - truth["counts"]["responses"]) <= planted
