"""Tables as files that are named by their content."""

import stat

import pytest

from pipelines.warehouse.store import BuiltTable, Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "warehouse")


def keep(store, table, content):
    def write(path):
        path.write_bytes(content)
        return len(content)

    return store.keep(table, write)


def names(store):
    return sorted(str(path.relative_to(store.folder)) for path in store.folder.glob("*/*"))


def test_a_table_is_named_by_its_content_and_readable_by_its_owner_only(store):
    built = keep(store, "mart_example", b"abc")
    path = store.path("mart_example", built.content)
    assert built == BuiltTable("mart_example", "ba7816bf8f01cfea414140de5dae2223", 3)
    assert path.read_bytes() == b"abc"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_same_content_is_one_file(store):
    assert keep(store, "mart_example", b"abc") == keep(store, "mart_example", b"abc")
    assert len(names(store)) == 1


def test_a_writer_that_fails_leaves_nothing(store):
    def write(path):
        path.write_bytes(b"half")
        raise ValueError("stopped")

    with pytest.raises(ValueError, match="stopped"):
        store.keep("mart_example", write)
    assert names(store) == []


def test_a_build_is_recalled_by_its_fingerprint(store):
    built = [keep(store, "mart_one", b"1"), keep(store, "mart_two", b"2")]
    store.remember("fingerprint", built)
    assert store.recall("fingerprint") == tuple(built)
    assert store.recall("another") is None


def test_a_build_of_which_a_file_is_gone_is_not_recalled(store):
    built = keep(store, "mart_one", b"1")
    store.remember("fingerprint", [built])
    store.path("mart_one", built.content).unlink()
    assert store.recall("fingerprint") is None


def test_a_note_that_a_power_cut_has_emptied_is_none_and_is_removed(store):
    built = keep(store, "mart_one", b"1")
    store.remember("fingerprint", [built])
    (store.folder / "builds" / "fingerprint.json").write_bytes(b"")
    assert store.recall("fingerprint") is None
    assert store.remove_all_but({("mart_one", built.content)}) == 1
    assert names(store) == [f"mart_one/{built.content}.parquet"]


def test_what_nothing_names_is_removed_with_its_notes_and_unfinished_files(store):
    old, new = keep(store, "mart_one", b"1"), keep(store, "mart_one", b"2")
    store.remember("old", [old])
    store.remember("both", [old, new])
    store.remember("new", [new])
    for unfinished in ("mart_one/building.0123.tmp", "builds/new.json.0123.tmp"):
        (store.folder / unfinished).write_bytes(b"half of it")
    spilled = store.folder / "scratch" / "spilled"
    spilled.parent.mkdir()
    spilled.write_bytes(b"")
    assert store.remove_all_but({("mart_one", new.content)}) == 5
    assert names(store) == ["builds/new.json", f"mart_one/{new.content}.parquet", "scratch/spilled"]
    assert store.recall("new") == (new,)


def test_the_same_content_of_another_table_is_kept_apart(store):
    one, two = keep(store, "mart_one", b"1"), keep(store, "mart_two", b"1")
    assert one.content == two.content
    store.remove_all_but({("mart_two", two.content)})
    assert names(store) == [f"mart_two/{two.content}.parquet"]
