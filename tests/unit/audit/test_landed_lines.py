"""Rows of landed files by their lines, as they came."""

import gzip

import pytest

from pipelines.audit.landed_lines import landed_rows


def rows(path, content, *lines, is_csv=True):
    path.write_bytes(content)
    return landed_rows(path, lines, is_csv=is_csv)


@pytest.mark.parametrize(
    ("content", "line", "expected"),
    [
        (b"a,b\n1, 02 \n", 2, "1, 02 "),
        (b'a,b\r\n1,"x""y"\r\n', 2, '1,"x""y"'),
        (b'a,b\n1,"two\nlines"\n3,4\n', 2, '1,"two\nlines"'),
        (b'a,b\n1,"two\nlines"\n3,4\n', 4, "3,4"),
        (b"a,b\nM\xc3\xbcller,1\n", 2, "M\u00fcller,1"),
        (b"a,b\nM\xfcller,1\n", 2, "M\u00fcller,1"),
        (b"a,b\n\x81,1\n", 2, "\x81,1"),
        (b"a,b\n1,2", 2, "1,2"),
    ],
)
def test_a_row_is_there_byte_for_byte(tmp_path, content, line, expected):
    assert rows(tmp_path / "x.csv", content, line) == {line: expected}


def test_a_stray_quote_takes_no_other_rows_with_it(tmp_path):
    content = b'a,b\n1,"2\n' + b"3,4\n" * 200
    assert rows(tmp_path / "x.csv", content, 2, 100) == {2: '1,"2', 100: "3,4"}


def test_quotes_of_json_open_nothing(tmp_path):
    content = b'{"a": "x\\"y"}\n{"a": 1}\n'
    assert rows(tmp_path / "x", content, 1, is_csv=False) == {1: '{"a": "x\\"y"}'}


def test_packed_files_are_unpacked(tmp_path):
    assert rows(tmp_path / "x", gzip.compress(b"a\n1\n2\n"), 3) == {3: "2"}


@pytest.mark.parametrize("content", [b"PAR1\n1\n", b"PK\x03\x04\n1\n", "a\n1\n".encode("utf-16")])
def test_what_has_no_lines_shows_none(tmp_path, content):
    assert rows(tmp_path / "x", content, 2) == {}


def test_a_line_beyond_the_end_and_a_file_that_is_gone_give_nothing(tmp_path):
    assert rows(tmp_path / "x.csv", b"a\n", 7) == {}
    assert landed_rows(tmp_path / "gone", [1], is_csv=True) == {}
