"""A delivery that comes as a ZIP archive: unpacked where that is safe, else refused whole."""

import stat
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipelines.errors import DeliveryError
from pipelines.home import Home
from pipelines.ingest import archives
from pipelines.ingest.landing import land
from pipelines.ingest.manifest import deliveries
from pipelines.ingest.sources import pull

CLIENTS = b"client_id,registered_on\nTEST-1,2026-01-05\n"
THERAPISTS = b"therapist_id,display_name,employed_from\nTEST-T,Example,2020-01-01\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.create(tmp_path / "home", name="Testville", salt="salt")


def pack(path: Path, files: dict[str, bytes], **how: int) -> Path:
    with zipfile.ZipFile(path, "w", how.get("compression", zipfile.ZIP_DEFLATED)) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def nothing_is_left(home: Home) -> bool:
    return not [path for path in (home.root / "landing").rglob("*") if path.is_file()]


@pytest.mark.parametrize("prefix", ["", "2026-01-31/", "somewhere/"])
def test_an_archive_lands_as_the_folder_would(home: Home, tmp_path: Path, prefix: str) -> None:
    folder = tmp_path / "2026-01-31"
    folder.mkdir()
    for name, content in (("clients.csv", CLIENTS), ("therapists.csv", THERAPISTS)):
        (folder / name).write_bytes(content)
    files = {f"{prefix}clients.csv": CLIENTS, f"{prefix}therapists.csv": THERAPISTS}
    archive = pack(tmp_path / "2026-01-31.zip", {**files, "__MACOSX/._clients.csv": b"x"})
    landed = land(home, [archive], source="inbox")
    assert landed.delivered_on == date(2026, 1, 31)
    assert landed == land(home, [folder], source="inbox")
    assert [file.name for file in landed.files] == ["clients.csv", "therapists.csv"]
    assert landed.unrecognised == ()
    assert not list((home.root / "landing").glob("archive-*"))


def test_archives_in_the_inbox_are_deliveries_of_their_own(home: Home) -> None:
    pack(home.inbox / "2026-01-31.zip", {"clients.csv": CLIENTS})
    pack(home.inbox / "2026-02-28.zip", {"clients.csv": CLIENTS + b"TEST-2,2026-02-05\n"})
    (home.inbox / "therapists.csv").write_bytes(THERAPISTS)
    landed = pull(home)
    assert sorted(len(each.files) for each in landed) == [1, 1, 1]
    days = {each.delivered_on for each in landed}
    assert {date(2026, 1, 31), date(2026, 2, 28)} < days
    assert pull(home) == []


def _linked(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("clients.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/hostname")
    return path


@pytest.mark.filterwarnings("ignore:Duplicate name")
def _repeated(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("clients.csv", CLIENTS)
        archive.writestr("clients.csv", CLIENTS + b"TEST-2,2026-02-05\n")
    return path


def _locked(path: Path) -> Path:
    pack(path, {"clients.csv": CLIENTS})
    content = bytearray(path.read_bytes())
    # The flag of encryption, in the file's own header and in the list at the end.
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    return path


def _cut(path: Path) -> Path:
    pack(path, {"clients.csv": CLIENTS})
    path.write_bytes(path.read_bytes()[:-30])
    return path


def _damaged(path: Path) -> Path:
    pack(path, {"clients.csv": CLIENTS}, compression=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"TEST-1", b"TEST-9", 1))
    return path


def _bomb(path: Path) -> Path:
    return pack(path, {"clients.csv": CLIENTS + b"\0" * (80 << 20)})


@pytest.mark.parametrize(
    ("make", "message", "found"),
    [
        (lambda p: pack(p, {"../clients.csv": CLIENTS}), "lead out of it", "../clients.csv"),
        (lambda p: pack(p, {"/tmp/clients.csv": CLIENTS}), "lead out of it", "/tmp/clients.csv"),
        (lambda p: pack(p, {"a/../../clients.csv": CLIENTS}), "lead out of it", "a/../../"),
        (lambda p: pack(p, {"..\\clients.csv": CLIENTS}), "lead out of it", "clients.csv"),
        (lambda p: pack(p, {"C:/clients.csv": CLIENTS}), "lead out of it", "C:/clients.csv"),
        (_linked, "links, which may lead anywhere", "clients.csv"),
        (_repeated, "two files of one name", "clients.csv"),
        (_locked, "locked with a password", "encrypted"),
        (_cut, "cannot be read to its end", "damaged or missing parts"),
        (_damaged, "cannot be read to its end", "damaged or missing parts"),
        (_bomb, "unpacks to far more than an export would", "more than 300 times"),
        (lambda p: pack(p, {}), "Nothing in the delivery is data", "no files"),
    ],
    ids=[
        *("up", "absolute", "up-inside", "backslash", "drive", "link", "twice", "locked"),
        *("cut", "damaged", "bomb", "empty"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_that_is_not_safe_is_refused_whole(
    home: Home, tmp_path: Path, make: Callable[[Path], Path], message: str, found: str
) -> None:
    with pytest.raises(DeliveryError, match=message) as caught:
        land(home, [make(tmp_path / "export.zip")], source="inbox")
    assert found in caught.value.found
    assert caught.value.todo
    assert nothing_is_left(home)
    assert not (tmp_path / "clients.csv").exists()


def test_limits_count_bytes_as_they_come_out(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = pack(tmp_path / "export.zip", {"clients.csv": CLIENTS, "therapists.csv": THERAPISTS})
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", len(CLIENTS))
    with pytest.raises(DeliveryError, match="too large to unpack"):
        land(home, [archive], source="inbox")
    monkeypatch.undo()
    monkeypatch.setattr(archives, "MAX_FILES", 1)
    with pytest.raises(DeliveryError, match="too many files"):
        land(home, [archive], source="inbox")
    monkeypatch.undo()
    assert land(home, [archive], source="inbox").is_new


@pytest.mark.parametrize("inner", ["more.zip", "more.csv"])
def test_an_archive_inside_is_not_opened_and_is_told(
    home: Home, tmp_path: Path, inner: str
) -> None:
    nested = pack(tmp_path / "inner.zip", {"therapists.csv": THERAPISTS}).read_bytes()
    archive = pack(tmp_path / "export.zip", {"clients.csv": CLIENTS, inner: nested})
    landed = land(home, [archive], source="inbox")
    assert [file.name for file in landed.files] == ["clients.csv"]
    (told,) = landed.unrecognised
    assert (told.name, told.reason) == (
        inner,
        "an archive or workbook, which is not opened here; deliver an archive by itself, a"
        " workbook's sheets as CSV",
    )
    assert deliveries(home) == [landed]
