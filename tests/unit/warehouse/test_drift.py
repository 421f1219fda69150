"""A delivery whose layout drifted is told of before it is loaded: by counts, never by a value."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest

from pipelines.drafting.column_facts import MAX_CODES, MIN_ROWS
from pipelines.home import Home
from pipelines.ingest.landing import land
from pipelines.ingest.manifest import Mode
from pipelines.source_settings import add_source
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.drift import Drift, drift, jumped
from pipelines.warehouse.rehearsal import check_delivery
from tests import mapped_exports

TOLD = Path(__file__).parent / "told" / "drift.txt"
N = 40
Rows = Sequence[Mapping[str, str]]


def client(n: int) -> dict[str, str]:
    return {
        "client_id": f"C-SECRET-{n}",
        "birth_date": "1990-01-01",
        "language": "en" if n % 2 else "",
        "sex": "female",
        "registered_on": "2024-01-05",
    }


def therapist(n: int) -> dict[str, str]:
    return {
        "therapist_id": f"T-SECRET-{n}",
        "display_name": "Amber Testcase",
        "employed_from": "2020-01-01",
    }


def session(n: int, setting: str = "video") -> dict[str, str]:
    return {
        "session_id": f"S-SECRET-{n}",
        "therapist_id": "T-SECRET-1",
        "scheduled_at": "2024-01-10T10:00:00Z",
        "duration_minutes": "50",
        "setting": setting,
    }


def write(folder: Path, **tables: Rows) -> Path:
    folder.mkdir(parents=True)
    for table, rows in tables.items():
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.create(tmp_path / "home", salt="test")


Deliver = Callable[..., list[Drift]]


@pytest.fixture
def deliver(home: Home, tmp_path: Path) -> Deliver:
    """Land tables, and what drifted in them."""

    def land_and_tell(
        month: int, *, source: str = "inbox", mode: Mode = "full", **tables: Rows
    ) -> list[Drift]:
        folder = write(tmp_path / f"{source}-{mode}-{month}", **tables)
        delivery = land(home, [folder], source=source, mode=mode, delivered_on=date(2024, month, 1))
        run = BuildRun(home)
        try:
            return drift(run.files, delivery, run.contracts, run.engine)
        finally:
            run.close()

    return land_and_tell


def clients(**changes: Callable[[int], str | None]) -> list[dict[str, str]]:
    """Clients with other cells in these columns; without the column where it is None."""
    rows = []
    for n in range(N):
        row: dict[str, str | None] = {**client(n)}
        row |= {name: change(n) for name, change in changes.items()}
        rows.append({name: cell for name, cell in row.items() if cell is not None})
    return rows


@pytest.mark.parametrize(
    ("was", "now", "told_was", "told_now"),
    [
        (lambda n: f"0{n}", str, "digits with a leading zero", "whole numbers"),
        (
            lambda n: f"{n + 1}0000000",
            lambda n: f"{n + 1}E7",
            "whole numbers",
            "numbers such as 1e5",
        ),
        (lambda n: f"EX-{n}", str, "other text", "whole numbers"),
        (lambda n: "en", lambda n: "2024-01-01", "other text", "dates"),
    ],
)
def test_texts_that_look_otherwise_are_told_by_their_kind(
    deliver: Deliver, was, now, told_was: str, told_now: str
) -> None:
    deliver(1, clients=clients(ethnicity=was))
    (found,) = deliver(2, clients=clients(ethnicity=now))
    assert (found.column, found.kind) == ("ethnicity", "retyped")
    assert found.was == f"{told_was} in 40 of 40 cells that were looked at in the delivery of" + (
        " 2024-01-01"
    )
    assert found.now == f"{told_now} in 40 of 40 cells"


def test_texts_of_which_a_few_look_otherwise_are_not_told(deliver: Deliver) -> None:
    deliver(1, clients=clients(ethnicity=lambda n: f"0{n}"))
    assert deliver(2, clients=clients(ethnicity=lambda n: f"0{n}" if n else "x")) == []


def told(found: Sequence[Drift]) -> list[tuple[str, str]]:
    return [(each.column, each.kind) for each in found]


@pytest.mark.parametrize(
    ("n_before", "of_before", "n_now", "of_now", "is_jump"),
    [
        # A tenth, both sides of it, where chance explains nothing.
        (0, 1_000, 100, 1_000, True),
        (0, 1_000, 99, 1_000, False),
        (300, 1_000, 200, 1_000, True),
        (300, 1_000, 201, 1_000, False),
        # Three standard errors, both sides of them, where the change is large.
        (0, 10, 7, 10, True),
        (0, 10, 6, 10, False),
        (0, 5, 5, 5, True),
        (0, 4, 4, 4, False),
        # Nothing to compare.
        (0, 0, 5, 5, False),
        (5, 5, 0, 0, False),
    ],
)
def test_a_share_jumps_by_a_tenth_and_beyond_chance(
    n_before: int, of_before: int, n_now: int, of_now: int, is_jump: bool
) -> None:
    assert jumped(n_before, of_before, n_now, of_now) is is_jump


def test_the_same_layout_has_not_drifted(deliver: Deliver) -> None:
    assert deliver(1, clients=clients()) == []
    assert deliver(2, clients=clients()) == []


def test_columns_are_missing_renamed_and_new(deliver: Deliver) -> None:
    deliver(1, clients=clients(state=lambda _: ""))
    found = deliver(
        2,
        clients=[
            {"Birth Day Date" if k == "birth_date" else k: v for k, v in row.items()}
            for row in clients(
                language=lambda _: None, shoe_size=lambda _: "44", ethnicity=lambda _: "told"
            )
        ],
    )
    # `state` is gone as well, and was never filled.
    assert told(found) == [
        ("birth_date", "renamed"),
        ("language", "missing"),
        ("shoe_size", "new"),
        ("ethnicity", "new"),
    ]
    renamed, missing, *_ = found
    assert renamed.likely == "Birth Day Date"
    assert missing.was == "filled in 20 of 40 rows in the delivery of 2024-01-01"


@pytest.mark.parametrize(("n_broken", "is_told"), [(8, False), (9, True)])
def test_a_column_is_retyped_when_its_cells_stop_to_parse(
    deliver: Deliver, n_broken: int, is_told: bool
) -> None:
    deliver(1, clients=clients())
    found = deliver(
        2, clients=clients(birth_date=lambda n: "01/02/1990" if n < n_broken else "1990-01-01")
    )
    assert told(found) == [("birth_date", "retyped")] * is_told
    for each in found:
        assert (each.n_rows, each.was[:7], each.now[:7]) == (n_broken, "0 of 40", "9 of 40")
    # The next one that is as bad has not drifted, and one that is mended has not either.
    again = clients(birth_date=lambda n: "01/03/1990" if n < n_broken else "1990-01-01")
    assert deliver(3, clients=again) == []
    assert deliver(4, clients=clients()) == []


@pytest.mark.parametrize(
    ("n_filled", "kind"), [(0, "emptier"), (7, "emptier"), (8, None), (32, None), (33, "fuller")]
)
def test_the_share_of_empty_cells_jumps_either_way(
    deliver: Deliver, n_filled: int, kind: str | None
) -> None:
    deliver(1, clients=clients())
    found = deliver(2, clients=clients(language=lambda n: "en" if n < n_filled else ""))
    assert told(found) == ([("language", kind)] if kind else [])


def test_empty_cells_are_compared_in_deliveries_of_one_mode_and_source(deliver: Deliver) -> None:
    empty = clients(language=lambda _: "")
    deliver(1, clients=clients())
    assert deliver(2, mode="incremental", clients=empty) == []
    assert deliver(3, source="other", clients=empty) == []
    # A later one is no earlier one, whenever it was landed.
    deliver(12, clients=empty)
    assert deliver(4, clients=clients()) == []
    assert told(deliver(5, clients=empty)) == [("language", "emptier")]
    assert told(deliver(6, mode="incremental", clients=clients())) == [("language", "fuller")]


def test_a_table_that_is_gone_is_told_once_and_of_a_full_delivery_alone(deliver: Deliver) -> None:
    both = {"clients": clients(), "therapists": [therapist(1)]}
    deliver(1, **both, deletions=[{"table": "clients", "key": "C-SECRET-900"}])
    assert deliver(2, mode="incremental", clients=clients()) == []
    (gone,) = deliver(3, clients=clients())
    assert (gone.table, gone.column, gone.kind) == ("therapists", "", "missing")
    assert deliver(4, clients=clients()) == []


def codes_of(found: Sequence[Drift]) -> dict[str, str]:
    return {each.column: each.now for each in found if each.kind == "unknown codes"}


@pytest.mark.parametrize(
    ("codes", "now"),
    [
        (["hybrid"] * MIN_ROWS, "in 5 of 6 rows: hybrid in 5"),
        (["hybrid"] * (MIN_ROWS - 1), "in 4 of 5 rows"),
        (["Hybrid"] * MIN_ROWS, "in 5 of 6 rows"),
        (["at 5 p m"] * MIN_ROWS, "in 5 of 6 rows"),
        (["h" * 30] * MIN_ROWS, f"in 5 of 6 rows: {'h' * 30} in 5"),
        (["h" * 31] * MIN_ROWS, "in 5 of 6 rows"),
        (
            [f"code_{'abcdefghijklm'[n]}" for n in range(MAX_CODES)] * MIN_ROWS,
            "in 60 of 61 rows: " + ", ".join(f"code_{each} in 5" for each in "abcdefghijkl"),
        ),
        (
            [f"code_{'abcdefghijklm'[n]}" for n in range(MAX_CODES + 1)] * MIN_ROWS,
            "in 65 of 66 rows",
        ),
    ],
)
def test_an_unknown_code_is_told_where_it_is_a_word_of_a_code_list(
    deliver: Deliver, codes: list[str], now: str
) -> None:
    rows = [session(n, code) for n, code in enumerate(["video", *codes])]
    assert codes_of(deliver(1, sessions=rows)) == {"setting": now}


def test_an_unknown_code_of_a_clinical_column_is_counted_alone(deliver: Deliver) -> None:
    deliver(1, clients=clients())
    found = deliver(2, clients=clients(sex=lambda _: "secret"))
    assert codes_of(found) == {"sex": "in 40 of 40 rows"}
    assert found[0].was == "in 0 of 40 rows in the delivery of 2024-01-01"
    assert "secret" not in json.dumps([asdict(each) for each in found]).casefold()


def test_what_check_says_of_a_drifted_export(home: Home, tmp_path: Path) -> None:
    before = write(
        tmp_path / "2024-01-31",
        clients=clients(),
        therapists=[therapist(1)],
        sessions=[session(n) for n in range(N)],
        licences=[
            {
                "therapist_id": "T-SECRET-1",
                "state": "NY",
                "licence_number": "L-SECRET-1",
                "valid_from": "2020-01-01",
            }
        ],
    )
    land(home, [before], source="inbox", delivered_on=date(2024, 1, 31))
    now = [
        {"Birth-Date": row.pop("birth_date"), "shoe_size": "SECRET", **row}
        for row in clients(
            language=lambda _: "", sex=lambda n: "SECRET" if n < 3 else "male",
            registered_on=lambda _: "5/1/2024 SECRET",
        )
    ]  # fmt: skip
    after = write(
        tmp_path / "2024-02-29",
        clients=now,
        therapists=[therapist(1)],
        sessions=[session(n, "hybrid" if n < 9 else "video") for n in range(N)],
    )
    found = check_delivery(after, home=home, mode=None, delivered_on=None)
    said = "\n".join(found.lines()) + "\n"
    assert said == TOLD.read_text(encoding="utf-8")
    as_json = json.dumps(found.as_dict())
    assert {each["kind"] for each in found.as_dict()["drift"]} == {
        "renamed", "missing", "new", "retyped", "emptier", "unknown codes",
    }  # fmt: skip
    for text in (said, as_json):
        assert "SECRET" not in text


def test_a_renamed_column_of_a_vendors_file_is_told_with_its_match(tmp_path: Path) -> None:
    export = mapped_exports.write_practice_csv(tmp_path / "2026-06-30")
    path = export / "Clients.csv"
    content = path.read_text(encoding="utf-8")
    home = Home.create(tmp_path / "home", salt="test")
    mapping = tmp_path / "own.yaml"
    add_source(home.root / "clinic.toml", "ehr", str(mapping))
    shipped = Path("data_contracts/sources/practice_csv.yaml").read_text(encoding="utf-8")
    mapping.write_text(
        shipped.replace("name: practice_csv", "name: own").replace(
            "  - file: client*.csv\n", "  - file: client*.csv\n    optional: [Sex, State]\n"
        ),
        encoding="utf-8",
    )
    path.write_text(content.replace("State", "State (US)"), encoding="utf-8")
    found = check_delivery(export, home=Home(home.root), mode=None, delivered_on=None, source="ehr")
    assert found.likely_columns == {"Clients.csv": {"State (US)": "State"}}
    assert "    State (US) (did you mean State?)" in found.lines()
    path.write_text(content.replace("Date Added", "DateAdded"), encoding="utf-8")
    found = check_delivery(export, home=Home(home.root), mode=None, delivered_on=None, source="ehr")
    (refusal,) = found.unusable_files
    assert "DateAdded may be Date Added" in refusal
