"""Deliveries that correct, delete, bring back and lose rows, one run after another."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipelines.home import Home
from pipelines.warehouse.snapshot import current_snapshot
from tests.pipeline.conftest import MadeOnce
from tests.pipeline.exports import clinic_tables, write_export
from tests.pipeline.homes import contents, new_home, outcomes, published, records, succeed_here

CLIENTS = 6
WHOLE = clinic_tables(clients=CLIENTS, measured_on=("2025-01-06", "2025-01-20"))
CORRECTED = {
    # The first client's last form was typed wrongly; the course has ended meanwhile.
    "responses": [{**WHOLE["responses"][1], "total_score": "4"}],
    "episodes": [{**WHOLE["episodes"][0], "ended_on": "2025-02-10", "end_reason": "completed"}],
    # The second client's last form was somebody else's.
    "deletions": [{"table": "responses", "key": "r-c02-2", "deleted_on": "2025-02-20"}],
}
BROUGHT_BACK = {"responses": [{**WHOLE["responses"][3], "total_score": "9"}]}
# Two of six clients are gone: a third, where a fifth may be.
TOO_FEW = {"clients": WHOLE["clients"][: CLIENTS - 2]}
STEPS = (
    ("whole", WHOLE, "2025-01-31", ()),
    ("corrected", CORRECTED, "2025-02-28", ("--incremental",)),
    ("brought back", BROUGHT_BACK, "2025-03-31", ("--incremental",)),
)


def observe(home: Home) -> dict[str, Any]:
    fates: Counter[str] = Counter()
    for row in records(home, "mart_deliveries"):
        for fate in ("accepted", "superseded", "withdrawn", "quarantined"):
            fates[f"{row['delivered_on']} {row['table_name']} {fate}"] += row[f"n_{fate}"]
    courses = {row["episode_key"]: row["episode_id"] for row in records(home, "stg_episodes")}
    return {
        "scores": {
            row["response_id"]: float(row["total_score"]) for row in records(home, "stg_responses")
        },
        "courses": {
            courses[row["episode_key"]]: [
                _points(row["last_score"]), row["is_finished_course"], row["end_reason"],
                row["reliable_change"],
            ]
            for row in records(home, "mart_episode_outcomes")
        },
        "fates": {name: n for name, n in fates.items() if n},
        "contents": contents(current_snapshot(home)),
    }  # fmt: skip


def _points(score: Any) -> float | None:
    return None if score is None else float(score)


def _live_through(root: Path) -> None:
    home = new_home(root / "home")
    observed = {}
    for name, tables, day, flags in STEPS:
        folder = write_export(root / "exports" / name.replace(" ", "-"), tables)
        succeed_here("land", "--home", home.root, folder, "--delivered-on", day, *flags)
        succeed_here("run", "--home", home.root)
        observed[name] = observe(home)
    (root / "observed.json").write_text(json.dumps(observed), encoding="utf-8")


@pytest.fixture(scope="module")
def lived(made_once: MadeOnce) -> Path:
    return made_once("corrections", _live_through)


@pytest.fixture(scope="module")
def observed(lived: Path) -> dict[str, dict[str, Any]]:
    return json.loads((lived / "observed.json").read_text(encoding="utf-8"))


def test_a_later_row_replaces_an_earlier_one_and_the_course_is_judged_anew(
    observed: dict[str, dict[str, Any]],
) -> None:
    assert observed["whole"]["scores"]["r-c01-2"] == 10
    assert observed["whole"]["courses"]["e-c01"] == [10, False, None, "unchanged"]
    assert observed["corrected"]["scores"]["r-c01-2"] == 4
    assert observed["corrected"]["courses"]["e-c01"] == [4, True, "completed", "improved"]
    assert observed["corrected"]["fates"]["2025-01-31 responses superseded"] == 1
    assert observed["corrected"]["fates"]["2025-01-31 episodes superseded"] == 1


def test_a_deleted_row_is_withdrawn_and_a_later_delivery_brings_it_back(
    observed: dict[str, dict[str, Any]],
) -> None:
    assert "r-c02-2" in observed["whole"]["scores"]
    assert "r-c02-2" not in observed["corrected"]["scores"]
    assert observed["corrected"]["fates"]["2025-01-31 responses withdrawn"] == 1
    assert observed["corrected"]["fates"]["2025-02-28 deletions accepted"] == 1
    # One score makes no pair: there is a first and no last one.
    assert observed["corrected"]["courses"]["e-c02"][0] is None
    assert observed["brought back"]["scores"]["r-c02-2"] == 9
    assert observed["brought back"]["courses"]["e-c02"][0] == 9


def test_rows_that_no_delivery_speaks_of_stay(observed: dict[str, dict[str, Any]]) -> None:
    others = {f"r-c{client:02}-{number}" for client in range(3, CLIENTS + 1) for number in (1, 2)}
    for step in observed.values():
        assert others <= step["scores"].keys()
        assert step["courses"]["e-c03"] == observed["whole"]["courses"]["e-c03"]


# ---------------------------------------------------------------------- a delivery cut short


def _lose_rows(root: Path, lived: Path) -> None:
    # Runs beside the fixture's own home, which stays as it was.
    shutil.copytree(lived / "home", root / "home")
    home = Home(root / "home")
    succeed_here("status", "--home", home.root)
    succeed_here("quarantine", "--home", home.root)
    before = published(home)
    folder = write_export(root / "too-few", TOO_FEW)
    succeed_here("land", "--home", home.root, folder, "--delivered-on", "2025-04-30")
    done = outcomes("run", "--home", home.root)
    after = published(home)
    # The index says which gate stopped the run; the reports themselves stay.
    was, now = (
        {k: v for k, v in each.reports.items() if k != "index.html"} for each in (before, after)
    )
    kept = before.tables == after.tables and was == now
    told = {"code": done.returncode, "said": done.stderr, "kept": kept, "rows": observe(home)}
    status = outcomes("status", "--home", home.root, "--json")
    told["status"] = json.loads(status.stdout)
    (root / "told.json").write_text(json.dumps(told), encoding="utf-8")


@pytest.fixture(scope="module")
def cut_short(made_once: MadeOnce, lived: Path) -> Path:
    return made_once("cut-short", lambda root: _lose_rows(root, lived))


def test_a_full_delivery_that_lost_more_than_a_fifth_stops_the_run_and_the_last_state_stays_up(
    cut_short: Path, observed: dict[str, dict[str, Any]]
) -> None:
    told = json.loads((cut_short / "told.json").read_text(encoding="utf-8"))
    assert told["code"] == 1
    assert "no longer has many of the keys" in told["said"]
    assert "table clients" in told["said"]
    assert "at most 20% of 6 keys fewer" in told["said"]
    assert "2 keys fewer" in told["said"]
    assert told["kept"]
    assert told["rows"] == observed["brought back"]
    assert told["status"]["is_up_to_date"] is False


def test_with_the_clinics_word_for_it_the_rows_are_withdrawn_and_their_children_are_orphans(
    cut_short: Path, tmp_path: Path
) -> None:
    shutil.copytree(cut_short / "home", tmp_path / "home")
    home = Home(tmp_path / "home")
    settings = home.root / "clinic.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8") + "\n[deliveries]\nmax_lost_share = 0.5\n",
        encoding="utf-8",
    )
    succeed_here("run", "--home", home.root)
    found = observe(home)
    assert found["fates"]["2025-01-31 clients withdrawn"] == 2
    assert found["fates"]["2025-01-31 clients superseded"] == CLIENTS - 2
    assert found["fates"]["2025-04-30 clients accepted"] == CLIENTS - 2
    assert found["courses"].keys() == {"e-c01", "e-c02", "e-c03", "e-c04"}
    assert found["fates"]["2025-01-31 episodes quarantined"] == 2
