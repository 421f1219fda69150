"""Pulling takes each delivery once, as soon as it is complete, and tells what it refused."""

from pathlib import Path

import pytest

from pipelines.errors import DeliveryError, SettingsError
from pipelines.home import Home
from pipelines.ingest import landing, sources
from pipelines.ingest.manifest import deliveries
from pipelines.ingest.sources import pull, waiting

CLIENTS = b"client_id,registered_on\nTEST-1,2026-01-05\n"
MORE = CLIENTS + b"TEST-2,2026-01-06\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.create(tmp_path / "home", name="Testville", salt="salt")


def drop(home: Home, name: str, content: bytes = CLIENTS) -> Path:
    path = home.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_each_folder_is_a_delivery_and_loose_files_are_one(home: Home) -> None:
    drop(home, "2026-01-31/clients.csv")
    drop(home, "2026-02-28/clients.csv", MORE)
    drop(home, "clients.csv", MORE)
    drop(home, "groups.csv", b"group_id\n")
    drop(home, "README.txt", b"how to use this folder")
    assert len(waiting(home)) == 3
    landed = pull(home)
    assert waiting(home) == []
    assert sorted(len(each.files) for each in landed) == [1, 1, 2]
    assert {each.source for each in landed} == {"inbox"}
    assert pull(home) == []
    assert len(deliveries(home)) == 3


def test_what_was_landed_is_not_read_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(home, "2026-01-31/clients.csv")
    pull(home)

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(sources, "land", fail)
    assert pull(home) == []


def test_a_change_of_the_same_size_is_seen(home: Home) -> None:
    path = drop(home, "2026-01-31/clients.csv")
    pull(home)
    path.write_bytes(CLIENTS.replace(b"TEST-1", b"TEST-9"))
    assert len(pull(home)) == 1
    assert len(deliveries(home)) == 2


def test_a_touched_file_is_no_new_delivery(home: Home) -> None:
    path = drop(home, "2026-01-31/clients.csv")
    pull(home)
    path.touch()
    assert pull(home) == []


def test_what_is_still_being_written_is_left_alone(home: Home) -> None:
    drop(home, "2026-01-31/clients.csv")
    marker = drop(home, "2026-01-31/.incomplete", b"")
    partial = drop(home, "2026-02-28/clients.csv.part")
    loose = drop(home, "groups.csv", b"group_id\n")
    temporary = drop(home, "clients.csv.tmp")
    assert pull(home) == []
    marker.unlink()
    partial.rename(partial.with_name("clients.csv"))
    temporary.unlink()
    assert loose.exists()
    assert len(pull(home)) == 3


def test_one_bad_delivery_does_not_hold_up_the_others(home: Home) -> None:
    bad = drop(home, "2026-01-31/clients.csv")
    (bad.parent / "link.csv").symlink_to(bad)
    drop(home, "2026-02-28/clients.csv")
    drop(home, "2026-03-31/pictures.zip", b"PK")
    refused: list[DeliveryError] = []
    assert len(pull(home, on_refused=refused.append)) == 1
    assert [error.where for error in refused] == ["inbox/2026-01-31", "inbox/2026-03-31"]
    with pytest.raises(DeliveryError, match="2 deliveries cannot be landed"):
        pull(home)
    (bad.parent / "link.csv").unlink()
    with pytest.raises(DeliveryError, match="Nothing in the delivery is data"):
        pull(home)
    assert len(deliveries(home)) == 2


def test_a_killed_pull_is_finished_by_the_next(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(home, "2026-01-31/clients.csv")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(landing, "write_manifest", killed)
    with pytest.raises(KeyboardInterrupt):
        pull(home)
    monkeypatch.undo()
    assert deliveries(home) == []
    assert len(pull(home)) == 1


def configure(home: Home, section: str) -> Home:
    path = home.root / "clinic.toml"
    path.write_text(path.read_text(encoding="utf-8") + section, encoding="utf-8")
    return Home(home.root)


def test_an_unknown_kind_is_told_with_the_kinds_there_are(home: Home) -> None:
    home = configure(home, '\n[sources.lab]\nkind = "pigeon"\npath = "roof"\n')
    with pytest.raises(SettingsError, match="kind is not known") as caught:
        pull(home)
    assert caught.value.expected == "one of folder"


def test_a_missing_folder_is_told(home: Home) -> None:
    home = configure(home, '\n[sources.lab]\nkind = "folder"\npath = "roof"\n')
    with pytest.raises(SettingsError, match="folder is not there"):
        pull(home)


def test_a_sources_mode_holds_unless_the_delivery_says_otherwise(home: Home) -> None:
    home = configure(
        home, '\n[sources.daily]\nkind = "folder"\npath = "daily"\nmode = "incremental"\n'
    )
    for name, note in (("2026-01-01", ""), ("2026-01-02", 'mode = "full"')):
        folder = home.root / "daily" / name
        folder.mkdir(parents=True)
        (folder / "clients.csv").write_bytes(CLIENTS)
        (folder / "delivery.toml").write_text(note, encoding="utf-8")
    assert [(each.source, each.mode) for each in pull(home)] == [
        ("daily", "incremental"),
        ("daily", "full"),
    ]
