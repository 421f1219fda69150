"""What is in a file, whatever it is packed in: bytes as they lie, and what a reader would unpack."""

import gzip
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import duckdb

# Where in the file each object of a PDF begins: any number may be among them by chance.
_PDF_PLACES = re.compile(rb"\b\d{10} \d{5} [nf]\b|startxref\s+\d+|/Length \d+")
_PDF_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


def contents(path: Path) -> Iterator[bytes]:
    """The bytes of a file, and of what is packed in it.

    Pages of SQLite and DuckDB may keep a value in parts, so that their cells are read one by one.
    """
    raw = path.read_bytes()
    yield _PDF_PLACES.sub(b"", raw) if raw.startswith(b"%PDF") else raw
    if raw.startswith(b"SQLite format 3\0"):
        yield from _sqlite_cells(path)
    elif raw.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield archive.read(name)
    elif raw.startswith(b"\x1f\x8b"):
        yield gzip.decompress(raw)
    elif raw.startswith(b"PAR1"):
        with duckdb.connect() as connection:
            rows = connection.execute("select * from read_parquet(?)", [str(path)]).fetchall()
        yield repr(rows).encode()
    elif raw.startswith(b"%PDF"):
        for stream in _PDF_STREAM.findall(raw):
            inflater = zlib.decompressobj()
            try:
                yield inflater.decompress(stream)
            except zlib.error:
                continue


def _sqlite_cells(path: Path) -> Iterator[bytes]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        connection.text_factory = bytes
        tables = connection.execute("select name from sqlite_master where type = 'table'")
        for (name,) in tables.fetchall():
            for row in connection.execute(f'select * from "{name.decode()}"'):
                for cell in row:
                    if isinstance(cell, bytes):
                        yield cell
                        yield from _inflated(cell)
    connection.close()


def _inflated(cell: bytes) -> Iterator[bytes]:
    if cell.startswith((b"\x78\x9c", b"\x78\xda", b"\x78\x01")):
        try:
            yield zlib.decompress(cell)
        except zlib.error:
            return
