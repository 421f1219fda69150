"""The demo clinic: the same options give the same bytes, and its truth is about those bytes."""

import tomllib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from pipelines.contracts.odcs import load_contracts
from pipelines.demo import clinic as demo_clinic
from pipelines.demo.broken_rows import BROKEN
from pipelines.demo.clinic import (
    DemoOptions,
    clients_for,
    make_clinic,
    responses_per_client,
    write_deliveries,
)
from pipelines.demo.courses import make_courses
from pipelines.demo.decisions import clinic_decisions
from pipelines.demo.programmes import INSTRUMENTS, PROGRAMMES
from pipelines.demo.tables import TABLES
from pipelines.demo.wider import BY_CODE
from pipelines.demo.writing import QUARANTINED, Deliveries
from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.instruments.catalogue import load_catalogue
from pipelines.instruments.measures import measure_tables
from tests.unit.demo.deliveries import SMALL, all_rows, digests, rows_of, truth_of


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "inbox"
    write_deliveries(SMALL, folder)
    return folder


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound") / "inbox"
    write_deliveries(replace(SMALL, defects=False, format="csv"), folder)
    return folder


def test_the_same_options_give_the_same_bytes(written: Path, tmp_path: Path) -> None:
    write_deliveries(SMALL, tmp_path)
    assert digests(tmp_path) == digests(written)


def test_another_seed_gives_another_clinic(written: Path, tmp_path: Path) -> None:
    write_deliveries(replace(SMALL, seed=2), tmp_path)
    ours, theirs = digests(written), digests(tmp_path)
    assert all(theirs[name] != digest for name, digest in ours.items() if "/responses." in name)


def test_a_block_of_clients_does_not_depend_on_the_other_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_clinic, "BLOCK_CLIENTS", 100)
    options = replace(SMALL, defects=False, format="csv")
    write_deliveries(options, tmp_path)
    courses, _ = make_courses(make_clinic(options), 2, np.arange(200, 300))
    delivered = {row[0] for _, row in all_rows(tmp_path, "episodes")}
    alone = {
        f"E{client + 201:06d}-{number}"
        for client, number in zip(courses.client, courses.number, strict=True)
    }
    assert alone == {name for name in delivered if 201 <= int(name[1:7]) <= 300}
    assert len({row[0] for _, row in all_rows(tmp_path, "clients")}) == options.clients


def test_every_table_and_every_format_is_there_with_the_columns_of_its_contract(
    written: Path, sound: Path
) -> None:
    assert {path.name.split(".")[0] for path in written.glob("2*/*")} == {*TABLES, "delivery"}
    suffixes = {path.name.split(".", 1)[1] for path in written.glob("2*/responses.*")}
    assert suffixes == {"csv", "csv.gz", "csv.zst", "parquet"}
    contracts = load_contracts()
    heads = {path.stem: path.read_text().splitlines()[0] for path in sound.glob("2*/*.csv")}
    assert heads
    for table, head in heads.items():
        assert head.split(",") == [column.name for column in contracts[table].columns]


def test_a_delivery_says_its_day_and_holds_nothing_of_a_later_one(sound: Path) -> None:
    folders = sorted(path for path in sound.iterdir() if path.is_dir())
    assert [path.name for path in folders][:2] == ["2025-09-02", "2025-10-02"]
    notes = [tomllib.loads((path / "delivery.toml").read_text()) for path in folders]
    assert [note["delivered_on"] for note in notes] == [path.name for path in folders]
    assert [note["mode"] for note in notes] == ["full"] + ["incremental"] * 7
    for table, column in (("responses", 5), ("goal_ratings", 1), ("milestones", 4)):
        assert all(row[column] < day for day, row in all_rows(sound, table))


def test_truth_counts_the_rows_of_every_file(written: Path) -> None:
    counted = {
        (entry["delivery"], entry["table"]): entry["delivered"]
        for entry in truth_of(written)["deliveries"]
    }
    found = Counter(
        (path.parent.name, path.name.split(".")[0])
        for path in written.glob("2*/*.*")
        if path.suffix != ".toml"
        for _ in rows_of(path)
    )
    assert counted == dict(found)


def test_truth_says_which_rows_stay_current_in_sound_deliveries(sound: Path) -> None:
    statuses = Counter()
    for entry in truth_of(sound)["deliveries"]:
        for status in ("accepted", "superseded", "withdrawn", "quarantined"):
            statuses[entry["table"], status] += entry[status]
    gone = {(row[0], row[1]) for _, row in all_rows(sound, "deletions")}
    for table, contract in load_contracts().items():
        places = [list(TABLES[table]).index(column) for column in contract.key]
        rows = all_rows(sound, table)
        keys = {"|".join(row[place] for place in places) for _, row in rows}
        withdrawn = sum(name == table for name, _ in gone)
        assert statuses[table, "withdrawn"] == withdrawn
        assert statuses[table, "accepted"] == len(keys) - withdrawn
        assert statuses[table, "superseded"] == len(rows) - len(keys)
        assert statuses[table, "quarantined"] == 0


def test_no_planted_row_mends_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
    contracts = load_contracts()

    def note(
        self: Deliveries, table: str, month: int, cells: Sequence[str], *, status: int
    ) -> None:
        del self
        row = dict(zip(TABLES[table], cells, strict=False))
        key = [row[column] for column in contracts[table].key]
        if all(key):
            planted[table, *key].append((month, status))

    monkeypatch.setattr(Deliveries, "add_text", note)
    # At this size the fifth attendance hangs on the host and the client of the first.
    write_deliveries(DemoOptions(clients=600, months=14), tmp_path)
    assert len(planted) > 100
    for key, rows in planted.items():
        for wrong_in in [month for month, status in rows if status == QUARANTINED]:
            # A later line of its file would replace it, and so would a later right row.
            assert [month for month, _ in rows].count(wrong_in) == 1, key
            assert all(m <= wrong_in or status == QUARANTINED for m, status in rows), key


def test_truth_knows_the_ends_of_every_month(sound: Path) -> None:
    latest = {row[0]: row for _, row in all_rows(sound, "episodes")}
    ended = Counter(row[6][:7] for row in latest.values() if row[6])
    referred = Counter(row[4][:7] for row in latest.values())
    for month in truth_of(sound)["months"]:
        assert month["ended_recorded"] == ended[month["month"]]
        assert month["referred"] == referred[month["month"]]
    assert truth_of(sound)["counts"]["silent_stoppers"] > 5
    assert all(not latest[name][6] for name in truth_of(sound)["silent_stoppers"]["episode_ids"])


def test_every_kind_of_defect_is_in_the_last_delivery_and_once_before(written: Path) -> None:
    planted = truth_of(written)["planted"]
    kinds = {(broken.table, broken.column, broken.kind) for broken in BROKEN}
    last = max(entry["delivery"] for entry in planted)

    def planted_in(entries: list[dict]) -> set[tuple[str, str, str]]:
        return {(entry["table"], entry["column"], entry["kind"]) for entry in entries}

    assert kinds <= planted_in([entry for entry in planted if entry["delivery"] == last])
    # One of them can fall on the file that has an unknown column and takes no other defect.
    earlier = planted_in([entry for entry in planted if entry["delivery"] != last])
    assert len(kinds - earlier) <= 1
    errors = sum(entry["rows"] for entry in planted if entry["severity"] == "error")
    assert errors == sum(entry["quarantined"] for entry in truth_of(written)["deliveries"])


def test_forms_are_the_catalogues() -> None:
    catalogue = load_catalogue().instruments
    for form in INSTRUMENTS:
        known = catalogue[form.id]
        assert form.items == known.n_items
        assert known.item_points == (form.low, form.high)
        assert form.reversed_items == (known.reversed_items or ())
        in_twos = tuple(range(form.low, form.high + 1, 2))
        assert dict.fromkeys(form.coarse_items, in_twos) == dict(known.own_values)
    for programme in PROGRAMMES:
        assert set(programme.instruments) <= set(catalogue)


def test_answers_lie_in_their_range_and_some_are_missing(sound: Path) -> None:
    names = {row[0]: row[4] for _, row in all_rows(sound, "responses")}
    forms = {one.id: one for one in INSTRUMENTS}
    skipped, coarse = 0, set()
    for _, (response, item, value) in all_rows(sound, "response_items"):
        form = forms[names[response]]
        assert 1 <= int(item) <= form.items
        assert value == "" or form.low <= float(value) <= form.high
        if value and int(item) in form.coarse_items:
            assert int(value) % 2 == form.low % 2
            coarse.add(int(value))
        skipped += value == ""
    assert skipped > 20
    assert coarse == {0, 2, 4}


def test_every_domain_of_success_has_forms(sound: Path) -> None:
    catalogue = load_catalogue().instruments
    given = {row[4] for _, row in all_rows(sound, "responses")}
    assert given == {form.id for form in INSTRUMENTS}
    asked = {domain for name in given for domain in catalogue[name].domains}
    known = {domain for one in catalogue.values() for domain in one.domains}
    # A screen for danger is no success.
    assert asked == known - {"safety"}


def test_an_assertiveness_form_without_a_zero_has_none(sound: Path) -> None:
    forms = {row[0] for _, row in all_rows(sound, "responses") if row[4] == "ras30"}
    values = {row[2] for _, row in all_rows(sound, "response_items") if row[0] in forms}
    assert {"-3", "-2", "-1", "1", "2", "3"} <= values
    assert "0" not in values


def test_a_diagnosis_brings_its_questionnaire(sound: Path) -> None:
    codes = {row[0]: row[1] for _, row in all_rows(sound, "diagnoses") if row[2] == "primary"}
    for code, instrument in BY_CODE.items():
        given = {row[2] for _, row in all_rows(sound, "responses") if row[4] == instrument}
        given.discard("")
        assert len(given) > 1
        assert {codes.get(episode, code) for episode in given} == {code}


def test_some_people_with_a_depression_are_adolescents_and_some_are_asked_a_year_later(
    tmp_path: Path,
) -> None:
    options = DemoOptions(clients=700, months=18, defects=False, format="csv")
    write_deliveries(options, tmp_path)
    born = {row[0]: date.fromisoformat(row[1]) for _, row in all_rows(tmp_path, "clients")}
    programmes = {row[0]: row[2] for _, row in all_rows(tmp_path, "programmes")}
    ages = [
        (date.fromisoformat(row[4]) - born[row[1]]).days / 365.25
        for _, row in all_rows(tmp_path, "episodes")
        if programmes[row[2]] == "depression" and row[0].endswith("-1")
    ]
    assert sum(12 <= age < 18 for age in ages) > 3
    assert min(ages) >= 12
    days: dict[str, list[date]] = defaultdict(list)
    for _, row in all_rows(tmp_path, "responses"):
        if row[4] == "phq9":
            days[row[2] or row[0]].append(date.fromisoformat(row[5][:10]))
    assert sum((max(found) - min(found)).days >= 305 for found in days.values()) > 5


def test_the_first_year_is_the_reference_period_of_a_longer_demo(tmp_path: Path) -> None:
    decisions = clinic_decisions(DemoOptions(months=13, as_of_month="2026-10"))
    home = Home.create(tmp_path / "home", decisions=decisions)
    period = home.settings.outcomes.reference_period
    assert period is not None
    days = (period.starts_on, period.ends_on, period.set_on)
    assert days == (date(2025, 10, 1), date(2026, 9, 30), date(2026, 10, 1))
    # So that its reports show every rule that there is.
    assert home.settings.report.countries == ("england", "united_states")
    short = Home.create(tmp_path / "short", decisions=clinic_decisions(DemoOptions(months=12)))
    assert short.settings.outcomes.reference_period is None
    assert short.settings.paths.early_response_weeks == 4


def test_the_demo_has_every_quality_measure_and_early_response_in_force(tmp_path: Path) -> None:
    home = Home.create(tmp_path, decisions=clinic_decisions(DemoOptions(months=3)))
    rates = measure_tables(home.settings.measures)["ref_measure_rates"]
    assert set(rates["measure_id"]) > {"cms159", "cms2", "dms_e", "drr_e", "dsf_e"}
    assert set(rates["status"]) == {"active"}
    assert home.settings.paths.early_response_share is not None
    assert "made up" in (home.settings.paths.early_response_source or "")


def test_responses_per_client_are_about_what_the_benchmark_is_told(tmp_path: Path) -> None:
    options = DemoOptions(clients=3000, months=12, defects=False, format="csv")
    write_deliveries(options, tmp_path)
    found = truth_of(tmp_path)["counts"]["responses"] / options.clients
    assert found == pytest.approx(responses_per_client(12), rel=0.07)
    assert clients_for(134_000) == pytest.approx(10_000, rel=0.01)


def test_a_second_call_writes_nothing_and_finishes_what_is_missing(tmp_path: Path) -> None:
    options = replace(SMALL, clients=50)
    folders = write_deliveries(options, tmp_path)
    before = digests(tmp_path)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert write_deliveries(options, tmp_path) == folders
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == times
    folders[3].rename(tmp_path.parent / "taken away")
    write_deliveries(options, tmp_path)
    assert digests(tmp_path) == before


def test_other_deliveries_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "2025-09-02").mkdir()
    with pytest.raises(UsageError, match=r"(?s)Other deliveries.*2025-09-02"):
        write_deliveries(SMALL, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["2025-09-02"]


def test_impossible_options_are_refused_all_at_once(tmp_path: Path) -> None:
    options = DemoOptions(clients=0, months=0, as_of_month="2026-13", format="xlsx")
    with pytest.raises(UsageError, match=r"clients must.*months must.*as-of.*format must"):
        write_deliveries(options, tmp_path)


@pytest.mark.parametrize("clients", [1, 2, 7])
def test_the_smallest_clinics_can_be_made(clients: int, tmp_path: Path) -> None:
    folders = write_deliveries(DemoOptions(clients=clients, months=1), tmp_path)
    assert [path.name for path in folders] == ["2026-11-02"]
