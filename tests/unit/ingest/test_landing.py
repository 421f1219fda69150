"""A delivery is taken as it is, once, or not at all."""

import gzip
import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from pipelines.audit import ledger
from pipelines.errors import DeliveryError, UsageError
from pipelines.home import Home
from pipelines.ingest import landing
from pipelines.ingest.landing import land
from pipelines.ingest.manifest import Delivery, deliveries

CLIENTS = b"client_id,registered_on\nTEST-1,2026-01-05\n"
PATIENT = b'{"resourceType":"Patient","id":"made-up-1"}\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.create(tmp_path / "home", name="Testville", salt="salt")


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def tree(home: Home) -> dict[str, bytes]:
    return {
        str(path.relative_to(home.root)): path.read_bytes()
        for path in sorted((home.root / "landing").rglob("*"))
        if path.is_file()
    }


def test_bytes_are_kept_as_they_are_and_only_the_owner_reads_them(
    home: Home, tmp_path: Path
) -> None:
    packed = gzip.compress(CLIENTS)
    folder = write(tmp_path / "2026-02-01", {"clients.csv.gz": packed, "README.md": b"read me"})
    delivery = land(home, [folder], source="inbox")
    assert delivery.is_new
    assert (delivery.kind, delivery.mode, delivery.delivered_on) == (
        "canonical",
        "full",
        date(2026, 2, 1),
    )
    (file,) = delivery.files
    assert (file.name, file.holds, file.n_bytes) == ("clients.csv.gz", "clients", len(packed))
    assert file.file_id == hashlib.sha256(packed).hexdigest()
    landed = delivery.path_of(home, file)
    assert landed.read_bytes() == packed
    assert landed.stat().st_mode & 0o777 == 0o600
    assert (home.manifests / f"{delivery.delivery_id}.json").stat().st_mode & 0o777 == 0o600
    assert deliveries(home) == [delivery]


def test_landing_the_same_again_changes_nothing_and_says_so(home: Home, tmp_path: Path) -> None:
    folder = write(tmp_path / "export", {"clients.csv": CLIENTS})
    first = land(home, [folder], source="inbox")
    before = tree(home)
    again = land(home, [folder], source="inbox")
    assert (first.is_new, again.is_new) == (True, False)
    assert again == first
    assert tree(home) == before
    assert [event["event"] for event in ledger.events(home)] == ["landed"]


def test_a_day_that_nobody_said_is_the_day_of_the_first_landing(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "export", {"clients.csv": CLIENTS})

    monkeypatch.setattr(landing, "_today", lambda _: date(2026, 3, 1))
    assert land(home, [folder], source="inbox").delivered_on == date(2026, 3, 1)
    monkeypatch.setattr(landing, "_today", lambda _: date(2026, 3, 9))
    assert land(home, [folder], source="inbox").delivered_on == date(2026, 3, 1)
    assert land(home, [folder], source="other").delivered_on == date(2026, 3, 9)


@pytest.mark.parametrize(
    ("folder_name", "note", "argument", "expected"),
    [
        ("2026-01-31", None, None, date(2026, 1, 31)),
        ("2026-01-31", 'delivered_on = "2026-01-30"', None, date(2026, 1, 30)),
        ("2026-01-31", "delivered_on = 2026-01-30", None, date(2026, 1, 30)),
        ("2026-01-31", "delivered_on = 2026-01-30", date(2026, 1, 29), date(2026, 1, 29)),
    ],
)
def test_the_day_is_the_argument_then_the_note_then_the_folders_name(
    home: Home,
    tmp_path: Path,
    folder_name: str,
    note: str | None,
    argument: date | None,
    expected: date,
) -> None:
    folder = write(tmp_path / folder_name, {"clients.csv": CLIENTS})
    if note:
        write(folder, {"delivery.toml": note.encode()})
    assert land(home, [folder], source="inbox", delivered_on=argument).delivered_on == expected


def test_the_mode_is_the_argument_then_the_note_then_the_sources(
    home: Home, tmp_path: Path
) -> None:
    folder = write(tmp_path / "2026-01-31", {"clients.csv": CLIENTS})
    assert land(home, [folder], source="a", default_mode="incremental").mode == "incremental"
    write(folder, {"delivery.toml": b'mode = "full"'})
    assert land(home, [folder], source="a", default_mode="incremental").mode == "full"
    assert land(home, [folder], source="a", mode="incremental").mode == "incremental"


@pytest.mark.parametrize(
    ("note", "found"),
    [
        (b'mood = "full"', "unknown key mood"),
        (b'mode = "half"', "another mode"),
        (b"delivered_on = 5", "no date"),
        (b'delivered_on = "soon"', "soon"),
        (b"mode", "delivery.toml"),
    ],
)
def test_a_note_that_says_something_else_is_refused(
    home: Home, tmp_path: Path, note: bytes, found: str
) -> None:
    folder = write(tmp_path / "export", {"clients.csv": CLIENTS, "delivery.toml": note})
    with pytest.raises(DeliveryError, match=r"note cannot be used") as caught:
        land(home, [folder], source="inbox")
    assert found in str(caught.value)


def test_what_is_no_data_is_told_and_never_dropped_silently(home: Home, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "2026-01-31",
        {
            "clients.csv": CLIENTS,
            "invoices.csv": b"id\n1\n",
            "deep/photo.png": b"\x89PNG",
            ".hidden": b"x",
            "truth.json": b"{}",
            "README": b"x",
        },
    )
    delivery = land(home, [folder], source="inbox")
    assert [file.name for file in delivery.unrecognised] == ["deep/photo.png", "invoices.csv"]
    assert [file.reason for file in delivery.unrecognised] == [
        "a picture",
        "its name is no table of the canonical export, and its content no table or FHIR",
    ]
    assert [file.name for file in delivery.files] == ["clients.csv"]
    assert deliveries(home) == [delivery]


def test_fhir_is_recognised_by_its_content(home: Home, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "bulk",
        {
            "one.ndjson.gz": gzip.compress(PATIENT),
            "two.json": b'{\n  "resourceType": "Observation",\n  "id": "o"\n}\n',
            "copy.ndjson.gz": gzip.compress(PATIENT, mtime=0),
            "again.ndjson": PATIENT,
            "same.ndjson": PATIENT,
            "log.ndjson": b'{"exportId":"1"}\n',
            "DocumentReference.ndjson": b'{"resourceType":"DocumentReference"}\n',
        },
    )
    delivery = land(home, [folder], source="inbox")
    assert delivery.kind == "fhir"
    assert {(file.name, file.holds) for file in delivery.files} >= {
        ("one.ndjson.gz", "Patient"),
        ("two.json", "Observation"),
    }
    reasons = {file.name: file.reason for file in delivery.unrecognised}
    assert reasons["same.ndjson"] == "the same bytes as again.ndjson"
    assert "documents" in reasons["DocumentReference.ndjson"]
    assert "log.ndjson" in reasons


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"clients.csv": CLIENTS, "p.ndjson": PATIENT}, "both canonical tables and FHIR"),
        ({"clients.csv": CLIENTS, "old/clients.csv": CLIENTS}, "two files for one table"),
        ({"notes.txt": b"x"}, "Nothing in the delivery is data"),
        ({}, "Nothing in the delivery is data"),
        ({"clients.csv": b"client_id,registered_on,progress_notes\n"}, "notes about clients"),
        ({"clients.csv": CLIENTS, "groups.csv.part": b""}, "still being written"),
    ],
)
def test_a_delivery_that_cannot_be_taken_leaves_nothing_behind(
    home: Home, tmp_path: Path, files: dict[str, bytes], message: str
) -> None:
    folder = write(tmp_path / "export", files)
    folder.mkdir(exist_ok=True)
    with pytest.raises(DeliveryError, match=message):
        land(home, [folder], source="inbox")
    assert tree(home) == {}


def test_symbolic_links_are_refused_wherever_they_are(home: Home, tmp_path: Path) -> None:
    secret = write(tmp_path / "elsewhere", {"secret.csv": CLIENTS})
    folder = write(tmp_path / "export", {"clients.csv": CLIENTS})
    (folder / "groups.csv").symlink_to(secret / "secret.csv")
    (folder / "more").symlink_to(secret)
    with pytest.raises(DeliveryError, match=r"symbolic links") as caught:
        land(home, [folder], source="inbox")
    assert caught.value.found == "groups.csv, more"
    (tmp_path / "link").symlink_to(secret)
    with pytest.raises(DeliveryError, match="symbolic links"):
        land(home, [tmp_path / "link"], source="inbox")
    assert tree(home) == {}


def test_a_file_that_changes_while_it_is_read_is_noticed(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "export", {"clients.csv": CLIENTS})
    real_sha256 = hashlib.sha256

    class Sha256AndAppend:
        """Stands for a program that goes on writing while the file is copied."""

        def __init__(self) -> None:
            self.real = real_sha256()

        def update(self, content: bytes) -> None:
            self.real.update(content)
            with (folder / "clients.csv").open("ab") as handle:
                handle.write(b"TEST-2,2026-01-06\n")

        def hexdigest(self) -> str:
            return self.real.hexdigest()

    monkeypatch.setattr(landing, "COPY_BYTES", len(CLIENTS))
    monkeypatch.setattr(landing, "_new_digest", Sha256AndAppend)
    with pytest.raises(DeliveryError, match="changed while it was read"):
        land(home, [folder], source="inbox")
    monkeypatch.undo()
    assert tree(home) == {}


def test_deliveries_count_by_day_then_content_not_by_landing(home: Home, tmp_path: Path) -> None:
    def make(root: str, order: list[str]) -> list[Delivery]:
        place = Home.create(tmp_path / root, salt="salt")
        for name in order:
            content = CLIENTS + f"TEST-{name},2026-01-01\n".encode()
            folder = write(tmp_path / root / "in" / name, {"clients.csv": content})
            day = date(2026, 2, 1) if name != "last" else date(2026, 2, 2)
            land(place, [folder], source="inbox", delivered_on=day)
        return deliveries(place)

    first = make("one", ["a", "b", "c", "last"])
    assert first == make("two", ["last", "c", "a", "b"])
    assert first[-1].delivered_on == date(2026, 2, 2)


def test_files_given_together_are_one_delivery(home: Home, tmp_path: Path) -> None:
    folder = write(tmp_path / "2026-01-31", {"clients.csv": CLIENTS, "groups.csv": b"group_id\n"})
    delivery = land(home, sorted(folder.iterdir()), source="inbox")
    assert [file.name for file in delivery.files] == ["clients.csv", "groups.csv"]
    assert delivery == land(home, [folder], source="inbox")


def test_paths_that_make_no_delivery_are_wrong_use(home: Home, tmp_path: Path) -> None:
    folder = write(tmp_path / "export", {"clients.csv": CLIENTS})
    with pytest.raises(UsageError, match="nothing at this path"):
        land(home, [tmp_path / "absent"], source="inbox")
    with pytest.raises(UsageError, match="one folder, or files"):
        land(home, [folder, folder / "clients.csv"], source="inbox")


def test_a_damaged_manifest_is_told(home: Home, tmp_path: Path) -> None:
    folder = write(tmp_path / "export", {"clients.csv": CLIENTS})
    delivery = land(home, [folder], source="inbox")
    path = home.manifests / f"{delivery.delivery_id}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {"format": 99}), encoding="utf-8")
    with pytest.raises(DeliveryError, match="format 99"):
        deliveries(home)
