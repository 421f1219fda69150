"""Every way a table's file can be sound or broken, and the cells that come out of it."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import duckdb
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import DeliveryError
from pipelines.ingest import plain_blocks, tolerant_csv
from pipelines.ingest.byte_streams import ByteStream
from pipelines.ingest.text_files import TextRelation, read_text
from pipelines.ingest.tolerant_csv import read_tolerantly


@dataclass(frozen=True)
class Column:
    name: str
    type: str = "string"
    required: bool = False


COLUMNS = (Column("a", required=True), Column("b"), Column("c", "date"), Column("n", "integer"))
HEADER = b"a,b,c\n"


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., TextRelation]:
    def read(content: bytes, columns: tuple[Column, ...] = COLUMNS) -> TextRelation:
        path = tmp_path / "landed"
        path.write_bytes(content)
        return read_counting(path, columns)

    return read


def read_counting(path: Path, columns: tuple[Column, ...] = COLUMNS) -> TextRelation:
    """The relation that could be read to its end."""
    scratch = path.parent / "scratch"
    return read_text(
        path, "things", columns, "things.csv", scratch=scratch, run=lambda found: len(cells(found))
    )


def cells(relation: TextRelation) -> list[tuple[object, ...]]:
    names = ", ".join(sorted(relation.present)) + (", line" if relation.has_line else "")
    with duckdb.connect() as connection:
        return connection.execute(f"select {names} from {relation.sql}").fetchall()


def broken(relation: TextRelation) -> list[tuple[object, ...]]:
    if relation.broken is None:
        return []
    with duckdb.connect() as connection:
        return connection.execute(
            "select line, reason from read_parquet(?) order by line", [str(relation.broken)]
        ).fetchall()


@pytest.mark.parametrize(
    "content",
    [
        b"a,b,c\n1,2,3\n4,,6\n",
        b"a,b,c\n1,2,3\n4,,6",
        b"a,b,c\r\n1,2,3\r\n4,,6\r\n",
        b"\xef\xbb\xbfa,b,c\n1,2,3\n4,,6\n",
        b'\xef\xbb\xbf"a","b","c"\n"1","2","3"\n4,"",6\n',
        gzip.compress(b"a,b,c\n1,2,3\n4,,6\n"),
        gzip.compress(b"a,b,c\n1,2,3\n") + gzip.compress(b"4,,6\n"),
        zstandard.compress(b"a,b,c\n1,2,3\n4,,6\n"),
        zstandard.compress(b"a,b,c\n1,2,3\n") + zstandard.compress(b"4,,6\n"),
    ],
    ids=["lf", "no-end", "crlf", "bom", "quoted", "gzip", "gzip-members", "zstd", "zstd-frames"],
)
def test_a_sound_file_is_read_by_the_quick_reader(
    read: Callable[..., TextRelation], content: bytes
) -> None:
    relation = read(content)
    assert not relation.has_line
    assert relation.n_rows == 2
    assert cells(relation) == [("1", "2", "3"), ("4", None, "6")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"1,2", "file.too_few_columns"),
        (b"1,2,3,4", "file.too_many_columns"),
        (b"1,a\xe9,3", "file.not_utf8"),
        (b"1,a\0b,3", "file.nul_byte"),
        (b'1,"a"b,3', "file.stray_quote"),
        (b'1,"a,3', "file.stray_quote"),
        (b"1," + b"x" * 3_000_000 + b",3", "file.record_too_long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_row_is_told_and_its_neighbours_are_kept(
    read: Callable[..., TextRelation], row: bytes, reason: str
) -> None:
    relation = read(HEADER + b"1,2,3\n" + row + b'\n4,"five, six",6\n7,8,9\n')
    assert cells(relation) == [("1", "2", "3", 2), ("4", "five, six", "6", 4), ("7", "8", "9", 5)]
    assert broken(relation) == [(3, reason)]
    assert relation.n_rows == 3


@pytest.mark.parametrize("end", [b"1", b'1,"a'])
def test_a_file_cut_inside_its_last_row_is_told_as_truncated(
    read: Callable[..., TextRelation], end: bytes
) -> None:
    relation = read(HEADER + b"1,2,3\n" + end)
    assert cells(relation) == [("1", "2", "3", 2)]
    assert broken(relation) == [(3, "file.truncated")]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_compressed_file_that_breaks_off_keeps_what_came_before(
    read: Callable[..., TextRelation], pack: Callable[[bytes], bytes]
) -> None:
    rows = b"".join(f"{number},{number * 7919 % 10007},x\n".encode() for number in range(400_000))
    packed = pack(HEADER + rows)
    relation = read(packed[: len(packed) // 2])
    kept = cells(relation)
    assert 1_000 < len(kept) < 400_000
    assert kept[1_000] == ("1000", "3463", "x", 1002)
    assert [reason for _, reason in broken(relation)] == ["file.truncated"]


def test_lines_are_physical_ones_where_cells_hold_line_breaks(
    read: Callable[..., TextRelation],
) -> None:
    relation = read(HEADER + b'1,"x\n""y""\r\nz",3\n\n4,5,6\n')
    assert cells(relation) == [("1", 'x\n"y"\r\nz', "3", 2), ("4", "5", "6", 6)]
    assert broken(relation) == []


@pytest.mark.parametrize(
    "content",
    [b"a,b,c\r1,2,3\r4,5,6\r", b"a,b,c\n1,2,3\r\n4,5,6\n", b"a,b,c\n1,2,3\n\n4,5,6\n"],
    ids=["carriage returns", "mixed line ends", "blank line"],
)
def test_odd_line_ends_lose_nothing(read: Callable[..., TextRelation], content: bytes) -> None:
    relation = read(content)
    assert [row[:3] for row in cells(relation)] == [("1", "2", "3"), ("4", "5", "6")]
    assert broken(relation) == []


@pytest.mark.parametrize("row", [b'1,a"b,3', b'1, "a" ,3', b"1,2,3,", b"1,\\,3", b" 1 ,2,3"])
def test_a_row_is_read_alike_whatever_its_neighbours_are(
    read: Callable[..., TextRelation], row: bytes
) -> None:
    quick = read(HEADER + row + b"\n")
    quick_cells = cells(quick)
    assert not quick.has_line
    tolerant = read(HEADER + row + b"\nbad\n")
    assert tolerant.has_line
    assert [found[:3] for found in cells(tolerant)] == quick_cells


def test_a_header_alone_is_a_table_without_rows(read: Callable[..., TextRelation]) -> None:
    assert cells(read(HEADER)) == []
    assert cells(read(b"a,b,c")) == []


def test_columns_come_in_any_order_and_unknown_ones_are_told(
    read: Callable[..., TextRelation],
) -> None:
    relation = read(b"extra,c,a\n1,2,3\n")
    assert relation.present == {"a", "c"}
    assert relation.unknown == ("extra",)
    assert cells(relation) == [("3", "2")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a,a\n1,2\n", "same name"),
        (b"a,,b\n1,2,3\n", "none in column 2"),
        (b"b,c\n1,2\n", "columns a\n"),
        (b"A,b\n1,2\n", "a differ in case or spaces only"),
        (b"a;b\n1;2\n", "something else than commas"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        (b"a,b\xe9\n1,2\n", "not UTF-8"),
        (b'a,"b\n1,2\n', "header cannot be read"),
        (b"a,session_notes\n1,2\n", "columns session_notes"),
        (b"a,SessionNotes\n1,2\n", "columns SessionNotes"),
        (b"PAR1 and no more", "whole Parquet file"),
        (b"x" * 5_000_000, "no header"),
    ],
)
def test_a_file_without_usable_rows_is_refused_with_the_reason(
    read: Callable[..., TextRelation], content: bytes, message: str
) -> None:
    with pytest.raises(DeliveryError) as caught:
        read(content)
    assert message in str(caught.value)
    assert caught.value.where.startswith("things.csv")
    assert caught.value.todo


def test_cells_of_a_file_without_a_header_are_not_quoted(read: Callable[..., TextRelation]) -> None:
    with pytest.raises(DeliveryError, match="none of the table's columns among the 2") as caught:
        read(b"Testperson,1999-01-01\n")
    assert "Testperson" not in str(caught.value)


def test_all_missing_columns_are_named_at_once(read: Callable[..., TextRelation]) -> None:
    columns = (Column("a", required=True), Column("b", required=True), Column("c"))
    with pytest.raises(DeliveryError, match="columns a, b"):
        read(b"c\n1\n", columns)


def test_parquet_cells_become_the_text_of_a_csv_export(
    read: Callable[..., TextRelation], tmp_path: Path
) -> None:
    duckdb.sql(
        "copy (select 'x' as a, true as b, timestamp '2024-02-29 00:00:00' as c, 3.0::double as n"
        " union all select 'y', null, timestamp '2024-02-29 12:30:00', 'nan'::double)"
        f" to '{tmp_path / 'made.parquet'}'"
    )
    relation = read((tmp_path / "made.parquet").read_bytes())
    assert cells(relation) == [
        ("x", "true", "2024-02-29", "3"),
        ("y", None, "2024-02-29T12:30:00.000000", None),
    ]


def test_parquet_moments_carry_their_offset(
    read: Callable[..., TextRelation], tmp_path: Path
) -> None:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'America/New_York'")
        connection.execute(
            "copy (select 'x' as a, timestamptz '2024-07-01 08:00:00' as b, ['p', 'q'] as c,"
            f" 2.5::decimal(9, 4) as n) to '{tmp_path / 'made.parquet'}' (format parquet)"
        )
    relation = read((tmp_path / "made.parquet").read_bytes())
    assert cells(relation) == [("x", "2024-07-01T12:00:00.000000Z", "p;q", "2.5000")]


def test_reading_falls_back_when_the_reader_stumbles(tmp_path: Path) -> None:
    path = tmp_path / "landed"
    path.write_bytes(HEADER + b"1,2,3\n4\n7,8,9\n")
    seen: list[bool] = []

    def run(relation: TextRelation) -> int:
        seen.append(relation.has_line)
        return len(cells(relation))

    relation = read_text(path, "things", COLUMNS, "things.csv", scratch=tmp_path / "s", run=run)
    assert seen == [False, True]
    assert relation.n_rows == 2


def test_an_error_that_is_not_the_files_is_not_hidden(tmp_path: Path) -> None:
    path = tmp_path / "landed"
    path.write_bytes(HEADER + b"1,2,3\n")

    def run(relation: TextRelation) -> int:
        duckdb.sql(f"select nothing_like_it from {relation.sql}")
        return 1

    with pytest.raises(duckdb.BinderException, match="nothing_like_it"):
        read_text(path, "things", COLUMNS, "things.csv", scratch=tmp_path / "s", run=run)


cell_text = st.text(alphabet='ab", \né', max_size=6)


@given(rows=st.lists(st.tuples(cell_text, cell_text, cell_text), max_size=8))
def test_whatever_a_csv_writer_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("generated")
    path = folder / "landed"
    lines = ["a,b,c"]
    lines += [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    relation = read_counting(path)
    assert [row[:3] for row in cells(relation)] == [
        tuple(cell or None for cell in row) for row in rows
    ]


@given(content=st.binary(max_size=200), pack=st.sampled_from([bytes, gzip.compress]))
def test_no_bytes_crash_the_reader_or_cost_a_good_row(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, pack: Callable[[bytes], bytes]
) -> None:
    folder = tmp_path_factory.mktemp("generated")
    path = folder / "landed"
    path.write_bytes(pack(HEADER + b"1,2,3\n" + content + b"\n4,5,6\n"))
    relation = read_counting(path)
    found = [row[:3] for row in cells(relation)]
    assert found[0] == ("1", "2", "3")
    # A quote that is opened and never closed may swallow what follows only if that is valid CSV.
    assert found[-1] == ("4", "5", "6") or b'"' in content


def tolerant(
    folder: Path, content: bytes, *, block_bytes: int
) -> tuple[list[tuple[object, ...]], ...]:
    """Rows and broken lines of the tolerant reader with blocks of some size."""
    path = folder / "landed"
    path.write_bytes(content)
    with patch.object(plain_blocks, "BLOCK_BYTES", block_bytes):
        found = read_tolerantly(
            ByteStream(path, "none"), ["a", "b"], keep=frozenset("ab"), scratch=folder, name="x"
        )
    with duckdb.connect() as connection:
        rows = connection.execute(f"from read_parquet('{found.rows}')").fetchall()
        bad = []
        if found.broken is not None:
            bad = connection.execute(f"from read_parquet('{found.broken}')").fetchall()
    assert (len(rows), len(bad)) == (found.n_rows, found.n_broken)
    return rows, bad


odd_lines = st.sampled_from(
    [b"1,2", b"1,", b",", b"3,4\r", b"5", b"6,7,8", b"9,10,", b"", b"a,b", b'"x,1', b'y",2', b'"q"",",1',
     b"\xff,1", b"\0,1", b"\xc3\xa9, 2 ", b"11,12\r13,14", b"\r", b'a"b,1', b"1,2"]
)  # fmt: skip


@given(lines=st.lists(odd_lines, max_size=12), has_end=st.booleans(), block_bytes=st.integers(1, 9))
def test_reading_many_lines_at_once_reads_what_reading_one_by_one_does(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], has_end: bool, block_bytes: int
) -> None:
    folder = tmp_path_factory.mktemp("generated")
    content = b"\n".join([b"a,b", *lines]) + b"\n" * has_end
    one_by_one = tolerant(folder, content, block_bytes=1 << 20)
    assert tolerant(folder, content, block_bytes=block_bytes) == one_by_one


def test_one_odd_record_does_not_slow_a_large_file_down(tmp_path: Path) -> None:
    rows = b"".join(b"R%d,%d\n" % (number, number % 4) for number in range(200_000))
    with patch.object(tolerant_csv, "_cells", wraps=tolerant_csv._cells) as cells_of_a_line:
        found, bad = tolerant(tmp_path, b"a,b\n" + rows + b'"x\ny",1\n', block_bytes=1 << 14)
    assert bad == []
    assert found[0] == ("R0", "0", 2)
    assert found[-2:] == [("R199999", "3", 200_001), ("x\ny", "1", 200_002)]
    assert cells_of_a_line.call_count < 10_000
