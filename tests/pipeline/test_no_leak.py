"""No client's value leaves by a side door: logs, reports, Dagster's history, the ledger, output.

A small delivery has unmistakable values in every column of every table, broken ones included.
Afterwards every byte that was written outside landing/, checked/, warehouse/ and vault.duckdb, and
every byte that was printed, is searched for them, packed ones too: pages of SQLite, Parquet, ZIP,
gzip, PDF. Names and ids of therapists, groups and programmes may be shown.
"""

import gzip
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import polars
import pytest

from pipelines.contracts.odcs import load_contracts
from pipelines.home import SETTINGS_FILE, Home
from tests.pipeline.conftest import MadeOnce
from tests.pipeline.exports import Row, write_export
from tests.pipeline.homes import new_home, outcomes, query
from tests.pipeline.searched_bytes import contents

MARK = "ZZLEAKZZ"
# Values that cannot carry the mark: a birth date, other days, and numbers out of all ranges. All are
# long enough that no clock, process or random id of the run itself is like them by chance.
BORN, DAY, MOMENT, NUMBER = "1931-07-13", "2025-03-19", "2025-03-19T03:17:41", "867530917428.5"
SEARCHED = (MARK, BORN, DAY, "867530917428")
PRIVATE = ("landing", "checked", "warehouse", "vault.duckdb")
WITHOUT_CLIENTS = {"therapists", "licences", "programmes", "groups"}
# What names a therapist, a group or a programme on a page, and what is said of them there.
MAY_BE_SHOWN = {
    "therapists": {"therapist_id", "display_name", "discipline"},
    "programmes": {"programme_id", "name", "instruments"},
    "groups": {"group_id", "name"},
}
COMMANDS = (
    ("run", "--all-months"),
    ("status",),
    ("quarantine",),
    ("quarantine", "--list", "--json"),
    ("docs",),
    ("run",),
)


def marked(name: str) -> str:
    return f"{MARK}-{name}"


STAFF: dict[str, list[Row]] = {
    "programmes": [
        {
            "programme_id": "p1", "name": "Made-up programme", "track": "general",
            "modality": "individual", "licence_required": "false", "instruments": "phq9",
        }
    ],
    "therapists": [
        {"therapist_id": "t1", "display_name": "Made-up One", "employed_from": "2020-01-01"}
    ],
    "licences": [
        {
            "therapist_id": "t1", "state": "OR", "licence_number": marked("licence"),
            "valid_from": "2020-01-01",
        }
    ],
    "groups": [
        {
            "group_id": "g1", "programme_id": "p1", "name": "Made-up group",
            "lead_therapist_id": "t1", "capacity": "8", "enrolment": "open",
            "starts_on": "2025-01-01",
        }
    ],
}  # fmt: skip
IDS = {
    "client_id": marked("c1"), "episode_id": marked("e1"), "session_id": marked("s1"),
    "response_id": marked("r1"), "goal_id": marked("g1"), "milestone_id": marked("m1"),
    "programme_id": "p1", "therapist_id": "t1",
}  # fmt: skip
# Rows in use, so that values reach every layer.
SOUND: dict[str, Row] = {
    "clients": {
        "birth_date": BORN, "sex": "female", "gender_identity": marked("gender"),
        "ethnicity": marked("ethnicity"), "state": "OR",
        "language": marked("language"), "registered_on": DAY,
    },
    "episodes": {"referred_on": DAY, "started_on": DAY, "ended_on": "", "end_reason": ""},
    "memberships": {"group_id": "g1", "joined_on": DAY, "leave_reason": marked("leave")},
    "sessions": {"scheduled_at": MOMENT, "duration_minutes": "50", "setting": "video"},
    "attendances": {"status": "attended", "client_state": "OR"},
    "responses": {
        "instrument_id": "phq9", "administered_at": MOMENT, "respondent": "client",
        "total_score": "11",
    },
    "goals": {"kind": "gas", "domain": marked("domain"), "weight": "1", "set_on": DAY},
    "goal_ratings": {"rated_at": MOMENT, "rated_by": "client", "value": "1"},
    "milestones": {
        "kind": marked("kind"), "domain": marked("domain"), "observed_on": DAY,
        "reported_by": "client",
    },
    "diagnoses": {"code": marked("code"), "role": "primary", "recorded_on": DAY},
    "safety_actions": {"action": marked("action"), "acted_at": MOMENT},
    "consents": {"scope": marked("scope"), "given_on": DAY},
    "deletions": {"table": "responses", "key": marked("gone"), "deleted_on": DAY,
                  "reason": marked("reason")},
}  # fmt: skip


def broken_rows(table: str) -> Iterator[Row]:
    """A row for each column of the table's contract whose cell is what it must not be."""
    columns = [column.name for column in load_contracts()[table].columns]
    known = STAFF[table][0] if table in STAFF else SOUND.get(table, {})
    sound = {name: IDS.get(name, "") for name in columns} | dict(known)
    key = load_contracts()[table].key[0]
    for number, column in enumerate(load_contracts()[table].columns):
        if column.name in MAY_BE_SHOWN.get(table, ()):
            continue
        # Keys of their own, where the table has one that is not another table's.
        is_own = key in IDS and table not in WITHOUT_CLIENTS
        row = {**sound, key: marked(f"{table}-{number}")} if is_own else sound
        for cell in (marked(f"bad {column.name}"), NUMBER, "4711-19-39" + MARK):
            yield {**row, column.name: cell}


def delivery() -> dict[str, list[Row]]:
    tables = dict(STAFF)
    for table, contract in load_contracts().items():
        if table in WITHOUT_CLIENTS:
            tables[table] = [*broken_rows(table), *STAFF[table]]
            continue
        names = [column.name for column in contract.columns]
        sound = {name: IDS[name] for name in names if name in IDS} | dict(SOUND.get(table, {}))
        tables[table] = [sound, *broken_rows(table)] if table in SOUND else [*broken_rows(table)]
    return tables


def _run_marked(root: Path) -> None:
    home = new_home(root / "home", prints=True)
    # Nearly all that it is given is broken; it is to go on all the same.
    shares = ", ".join(f"{table} = 1.0" for table in load_contracts())
    with (home.root / SETTINGS_FILE).open("a", encoding="utf-8") as settings:
        settings.write(f"\n[deliveries]\nmax_quarantined_share = {{ {shares} }}\n")
    (root / "temporary").mkdir()
    export = write_export(root / "export", delivery())
    # Lines that are no rows: an open quote, too many cells, bytes that are no UTF-8.
    with (export / "clients.csv").open("ab") as file:
        file.write(f'{MARK}-a,"{MARK} open\n{MARK},{",".join([MARK] * 30)}\n'.encode())
    with (export / "episodes.csv").open("ab") as file:
        file.write(f"{MARK}-\xff\xfe,{MARK}\n".encode("latin-1"))
    env = {"TMPDIR": str(root / "temporary"), "HOME": str(root / "temporary")}
    said = []
    for arguments in (
        ("check", str(export), "--delivered-on", "2025-04-30"),
        ("land", "--home", str(home.root), str(export), "--delivered-on", "2025-04-30"),
        *((*command, "--home", str(home.root)) for command in COMMANDS),
    ):
        done = outcomes(*arguments, env=env)
        said.append(f"$ {' '.join(arguments[:1])} -> {done.returncode}\n{done.stdout}{done.stderr}")
    (root / "said").write_text("\n".join(said), encoding="utf-8")


@pytest.fixture(scope="module")
def marked_run(made_once: MadeOnce) -> Path:
    return made_once("marked", _run_marked)


def occurrences(folder: Path, skipped: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Which of the searched values are in which file, in UTF-8 or UTF-16."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if not path.is_file() or name.parts[0] in skipped:
            continue
        hits = {
            value
            for content in contents(path)
            for value in SEARCHED
            if value.encode() in content or value.encode("utf-16-le") in content
        }
        if hits:
            found[str(name)] = [value for value in SEARCHED if value in hits]
    return found


def test_a_run_over_such_a_delivery_ends_well_and_keeps_values_where_they_belong(
    marked_run: Path,
) -> None:
    home = Home(marked_run / "home")
    said = (marked_run / "said").read_text(encoding="utf-8")
    assert "$ check -> 1" in said
    assert "$ land -> 0" in said
    assert "$ run -> 0" in said
    assert "-> 3" not in said
    assert occurrences(home.root / "landing"), "the delivery has such values"
    ((n_used,),) = query(
        home.vault_catalogue, f"select count(*) from stg_clients where client_id like '%{MARK}%'"
    )
    assert n_used > 0
    ((n_quarantined,),) = query(home.vault_catalogue, "select count(*) from quarantine")
    assert n_quarantined > 50
    assert list(home.reports.glob("*/v1/director/index.html"))
    assert "$ docs -> 0" in said
    assert len(list(home.data_docs.glob("*/*.html"))) == len(load_contracts())


@pytest.mark.parametrize("table", sorted(load_contracts()))
def test_every_column_of_every_table_was_given_such_a_value(marked_run: Path, table: str) -> None:
    export = (marked_run / "export" / f"{table}.csv").read_text("utf-8", errors="replace")
    shown = MAY_BE_SHOWN.get(table, set())
    columns = {column.name for column in load_contracts()[table].columns} - shown
    assert columns
    assert [name for name in sorted(columns) if marked(f"bad {name}") not in export] == []


def test_none_of_them_is_in_any_file_outside_the_private_folders(marked_run: Path) -> None:
    assert occurrences(marked_run / "home", skipped=PRIVATE) == {}


def test_none_of_them_was_printed_or_left_in_a_temporary_file(marked_run: Path) -> None:
    said = (marked_run / "said").read_text(encoding="utf-8")
    leaking = [line for line in said.splitlines() if any(value in line for value in SEARCHED)]
    assert leaking == []
    assert occurrences(marked_run / "temporary") == {}


@pytest.mark.parametrize("kind", ["zip", "gz", "sqlite", "parquet", "pdf"])
def test_the_search_finds_what_is_packed(kind: str, tmp_path: Path) -> None:
    text, path = f"a client born on {BORN}".encode(), tmp_path / f"file.{kind}"
    match kind:
        case "zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("member", text)
        case "gz":
            path.write_bytes(gzip.compress(text))
        case "sqlite":
            connection = sqlite3.connect(path)
            # Longer than a page, and deflated as Dagster keeps a run's plan.
            connection.execute("create table t as select ? as x", [zlib.compress(text * 999)])
            connection.commit()
            connection.close()
        case "parquet":
            polars.DataFrame({"x": [text.decode()] * 9}).write_parquet(path, compression="zstd")
        case _:
            stream = zlib.compress(text)
            path.write_bytes(b"%PDF-1.7\n1 0 obj<<>>stream\n" + stream + b"endstream\nendobj\n")
    assert occurrences(tmp_path) == {path.name: [BORN]}


def test_the_search_finds_what_is_there(marked_run: Path, tmp_path: Path) -> None:
    shutil.copytree(marked_run / "home" / "dagster", tmp_path / "dagster")
    (tmp_path / "dagster" / "log").write_text(f"a client born on {BORN}", encoding="utf-16-le")
    assert occurrences(tmp_path) == {"dagster/log": [BORN]}
