"""Tables handed out as files."""

import csv
import json
import stat

import polars
import pytest

from pipelines.audit import ledger
from pipelines.audit.export import PERSON_COLUMNS, export_table, is_row_level
from pipelines.engine import Engine
from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.warehouse.model_file import load_models
from tests.unit.warehouse.small_home import keep, publish_tables


@pytest.fixture
def home(tmp_path):
    home = Home.create(tmp_path / "home", salt="test")
    publish_tables(
        home,
        keep(home, "mart_outcomes", level=["clinic", "group"], n_ended=[3, -4]),
        keep(home, "mart_episode_outcomes", episode_key=["0a"], n=[1]),
        keep(home, "stg_therapists", display_name=["=1+1"]),
    )
    return home


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_every_format_has_the_tables_rows_for_its_owner_only(home, tmp_path, kind):
    output = tmp_path / f"out.{kind}"
    assert export_table(home, "mart_outcomes", kind=kind, output=output, purpose=None) == 2
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    expected = [{"level": "clinic", "n_ended": 3}, {"level": "group", "n_ended": -4}]
    if kind == "csv":
        with output.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle))
        assert rows == [{name: str(value) for name, value in row.items()} for row in expected]
    elif kind == "json":
        assert json.loads(output.read_text(encoding="utf-8")) == expected
    else:
        assert polars.read_parquet(output).to_dicts() == expected


@pytest.mark.parametrize(
    ("table", "columns", "expected"),
    [
        ("mart_outcomes", ["level", "n_clients"], False),
        ("pub_outcomes", ["level"], False),
        ("ref_instruments", ["instrument_id"], False),
        ("mart_on_track_counts", ["subject_id", "n_open"], False),
        ("mart_on_track", ["episode_key", "instrument_id"], True),
        ("mart_example", ["client_key"], True),
        ("int_episodes", [], True),
        ("stg_clients", [], True),
        ("quarantine", [], True),
    ],
)
def test_which_tables_are_about_single_people(table, columns, expected):
    assert is_row_level(table, columns) is expected


def test_a_mart_with_one_row_a_course_is_never_free():
    for model in load_models().values():
        if model.name.startswith("mart_") and PERSON_COLUMNS & set(model.key):
            assert is_row_level(model.name, model.key), model.name
    assert is_row_level("mart_sudden_gains", load_models()["mart_sudden_gains"].key)


@pytest.fixture
def lists(tmp_path):
    """Two therapists' open courses, each with its own and its client's name."""
    home = Home.create(tmp_path / "lists", salt="test")
    publish_tables(
        home,
        keep(
            home,
            "mart_on_track",
            episode_key=["k1", "k2"],
            therapist_id=["t1", "t2"],
            track_status=["on_track", "not_on_track"],
        ),
        keep(home, "mart_outcomes", level=["clinic"]),
        keep(
            home,
            "stg_episodes",
            episode_id=["e1", "e2"],
            episode_key=["k1", "k2"],
            client_id=["c1", "c2"],
        ),
        keep(home, "stg_therapists", therapist_id=["t1", "t2", "t3"]),
    )
    return home


def exported(home, table, output, **how):
    """The rows of an export, for a reason."""
    n_rows = export_table(home, table, kind="json", output=output, purpose="supervision", **how)
    rows = json.loads(output.read_text(encoding="utf-8"))
    assert len(rows) == n_rows
    return rows


def test_a_therapist_gets_their_own_courses_by_the_names_they_know(lists, tmp_path):
    own = {"therapist_id": "t2", "track_status": "not_on_track"}
    found = exported(lists, "mart_on_track", tmp_path / "own.json", therapist="t2")
    assert found == [{"client_id": "c2", "episode_id": "e2", **own}]
    (event,) = ledger.events(lists)
    assert event["details"]["therapist"] == "t2"
    assert exported(lists, "mart_on_track", tmp_path / "none.json", therapist="t3") == []


@pytest.mark.parametrize(
    ("table", "therapist", "message"),
    [
        ("mart_on_track", None, "for the treating therapist alone"),
        ("mart_on_track", "t4", "No therapist with this id"),
        ("mart_on_track", "' or true or '", "No therapist with this id"),
        ("mart_outcomes", "t1", "does not say whose courses"),
    ],
)
def test_a_list_is_of_one_known_therapist(lists, tmp_path, table, therapist, message):
    with pytest.raises(UsageError, match=message):
        exported(lists, table, tmp_path / "out.json", therapist=therapist)
    assert ledger.events(lists) == []
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("purpose", [None, "", "  "])
@pytest.mark.parametrize("table", ["stg_therapists", "mart_episode_outcomes"])
def test_rows_about_single_people_need_a_purpose(home, tmp_path, table, purpose):
    output = tmp_path / "out.csv"
    with pytest.raises(UsageError, match="rows about single people"):
        export_table(home, table, kind="csv", output=output, purpose=purpose)
    assert not output.exists()
    assert ledger.events(home) == []


def test_such_an_export_is_noted_with_its_purpose(home, tmp_path):
    export_table(
        home,
        "mart_episode_outcomes",
        kind="csv",
        output=tmp_path / "out.csv",
        purpose="audit of March",
    )
    (event,) = ledger.events(home)
    assert event["event"] == "export"
    assert event["details"]["table"] == "mart_episode_outcomes"
    assert event["details"]["purpose"] == "audit of March"


def test_an_export_of_aggregates_leaves_no_note(home, tmp_path):
    export_table(home, "mart_outcomes", kind="csv", output=tmp_path / "out.csv", purpose="x")
    assert ledger.events(home) == []


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@sum", "'@sum"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("=a\nb", "'=a\nb"),
        ("a=1", "a=1"),
        (" =1", " =1"),
        ("", ""),
    ],
)
def test_a_cell_that_a_spreadsheet_would_run_is_made_a_text(tmp_path, text, written):
    home = Home.create(tmp_path / "home", salt="test")
    publish_tables(home, keep(home, "mart_example", name=[text], n=[-1]))
    output = tmp_path / "out.csv"
    export_table(home, "mart_example", kind="csv", output=output, purpose=None)
    with output.open(encoding="utf-8", newline="") as handle:
        assert list(csv.DictReader(handle)) == [{"name": written, "n": "-1"}]


def test_an_unknown_table_lists_those_that_may_be_had(home, tmp_path):
    with pytest.raises(UsageError, match="no such table") as caught:
        export_table(home, "mart_shoes", kind="csv", output=tmp_path / "x.csv", purpose="x")
    assert caught.value.expected == "one of mart_episode_outcomes, mart_outcomes"
    assert caught.value.found == "no mart_shoes"
    with pytest.raises(UsageError, match="no such table") as caught:
        export_table(home, "mart_outcome", kind="csv", output=tmp_path / "x.csv", purpose="x")
    assert caught.value.found.startswith("no mart_outcome; is it mart_outcomes")


def test_before_the_first_run_there_is_nothing_to_export(tmp_path):
    empty = Home.create(tmp_path / "empty", salt="test")
    with pytest.raises(UsageError, match="no such table") as caught:
        export_table(empty, "mart_outcomes", kind="csv", output=tmp_path / "x.csv", purpose=None)
    assert "outcomes run" in caught.value.todo


def test_a_folder_that_is_not_there_is_wrong_use(home, tmp_path):
    output = tmp_path / "nowhere" / "deep" / "out.csv"
    with pytest.raises(UsageError, match="folder to write to does not exist"):
        export_table(home, "mart_episode_outcomes", kind="csv", output=output, purpose="x")
    assert not (tmp_path / "nowhere").exists()
    assert ledger.events(home) == []


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_the_file_is_private_and_noted_before_it_appears(home, tmp_path, monkeypatch, kind):
    folder = tmp_path / "out"
    folder.mkdir()
    output = folder / "out.file"
    append, execute, seen = ledger.append, Engine.execute, []

    def look(moment):
        for path in folder.iterdir():
            seen.append((moment, path == output, stat.S_IMODE(path.stat().st_mode)))

    def copying(self, sql, *arguments, **options):
        if sql.startswith("copy"):
            look("before writing")
        return execute(self, sql, *arguments, **options)

    def noting(*arguments):
        look("when noted")
        append(*arguments)

    monkeypatch.setattr(Engine, "execute", copying)
    monkeypatch.setattr(ledger, "append", noting)
    export_table(home, "mart_episode_outcomes", kind=kind, output=output, purpose="x")
    assert seen == [("before writing", False, 0o600), ("when noted", False, 0o600)]
    assert [path.name for path in folder.iterdir()] == ["out.file"]


def test_an_export_that_cannot_be_noted_does_not_appear(home, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("no room")

    monkeypatch.setattr(ledger, "append", fail)
    output = tmp_path / "out.csv"
    with pytest.raises(OSError, match="no room"):
        export_table(home, "mart_episode_outcomes", kind="csv", output=output, purpose="x")
    assert not list(tmp_path.glob("out*"))
