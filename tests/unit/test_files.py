"""Whole files, or the old ones."""

import hashlib
import stat

import pytest

from pipelines.files import (
    atomic_path,
    private_folder,
    sha256_file,
    sha256_text,
    write_atomic,
    write_note,
)


def test_a_file_is_hashed_by_its_bytes(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x" * 3_000_000)
    assert sha256_file(path) == hashlib.sha256(b"x" * 3_000_000).hexdigest()


def test_no_two_lists_of_texts_have_the_same_hash():
    lists = [(), ("",), ("", ""), ("ab",), ("a", "b"), ("1:a",), ("a1:b",), ("ä",)]
    assert len({sha256_text(*texts) for texts in lists}) == len(lists)


def test_a_file_appears_whole_for_its_owner_only(tmp_path):
    path = tmp_path / "new" / "a.json"
    write_atomic(path, "é")
    write_atomic(path, b"second")
    assert path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["a.json"]


def test_a_note_of_a_cache_appears_whole_for_its_owner_only(tmp_path):
    path = tmp_path / "new" / "a.json"
    write_note(path, "first")
    write_note(path, "é")
    assert path.read_bytes() == "é".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["a.json"]


def test_a_writer_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "a"
    write_atomic(path, "old")

    def fail():
        with atomic_path(path) as temporary:
            temporary.write_text("new", encoding="utf-8")
            assert temporary.parent == path.parent
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    assert path.read_text(encoding="utf-8") == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_a_folder_is_made_with_its_parents(tmp_path):
    folder = private_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert private_folder(folder) == folder
