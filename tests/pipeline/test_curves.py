"""The curves on the pages of single therapists and groups are those of the mart, figure by figure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipelines.home import Home
from pipelines.reporting.pages.subject_pages import page_slug
from pipelines.reporting.wording import load_wording
from tests.pipeline.homes import records

WORDS = load_wording()
# Pages of an audience, by the level that they are about.
PAGES = {
    "group": "director/groups/{slug}.json",
    "therapist": "director/therapists/{slug}.json",
    "own": "therapist/{slug}/report.json",
}
Tables = dict[tuple[str, str, str], list[list[str]]]


def tables_of(version: Path, pages: str) -> Tables:
    """Subject's slug, axis and instrument → the rows of the table on its page, as they stand."""
    found: Tables = {}
    for path in version.glob(pages.format(slug="*")):
        slug = path.parent.name if path.name == "report.json" else path.stem
        for section in json.loads(path.read_text(encoding="utf-8"))["sections"]:
            if section["section_id"] != "curves":
                continue
            for table in (*(each["table"] for each in section["charts"]), *section["tables"]):
                stem, instrument = table["table_id"].removesuffix("-table").split("-", 1)
                axis = {"curve": "session", "weeks": "week"}[stem]
                found[slug, axis, instrument] = [
                    [cell["text"] for cell in row["cells"][1:]] for row in table["rows"]
                ]
    return found


def meant(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    """The rows of a table, from those of the mart; a mean needs five courses."""
    for row in sorted(rows, key=lambda each: each["position"]):
        counts = [WORDS.count(row["n_there"]), WORDS.count(row["n_measured"])]
        if row["n_measured"] < 5:
            yield [*counts, "too few to give a mean", *["–"] * 4]
            continue
        mean, spread, median, lower, upper, began = (
            WORDS.decimal(row[f"{name}_points"])
            for name in ("mean", "sd", "median", "q1", "q3", "measured_first_mean")
        )
        yield [*counts, mean, spread, median, f"{lower} to {upper}", began]


@pytest.mark.parametrize("kind", PAGES)
def test_every_number_of_a_curve_is_the_marts(demo: Home, kind: str) -> None:
    level = "therapist" if kind == "own" else kind
    *_, before, newest = sorted(demo.reports.glob("????-[01]?/v1"))
    rows = [row for row in records(demo, "mart_trajectories") if row["level"] == level]
    rows = [row for row in rows if row["period_kind"] == "rolling_12m"]
    subjects = {page_slug(row["subject_id"]): row["subject_id"] for row in rows}
    shown = tables_of(newest, PAGES[kind])
    assert {axis for _, axis, _ in shown} == {"session", "week"}
    for (slug, axis, instrument), table in shown.items():
        key = (subjects[slug], axis, instrument)
        own = [r for r in rows if (r["subject_id"], r["axis"], r["instrument_id"]) == key]
        assert table == list(meant(own)), key
    assert tables_of(before, PAGES[kind]) == {}
