"""A small demo clinic's options, and its delivered files read back."""

import csv
import gzip
import hashlib
import io
import json
from pathlib import Path

import duckdb
import zstandard

from pipelines.demo.clinic import DemoOptions

SMALL = DemoOptions(clients=400, months=8, as_of_month="2026-03")


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def truth_of(folder: Path) -> dict:
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


def rows_of(path: Path) -> list[list[str]]:
    """Rows of a delivered file as text, without its header."""
    if path.suffix == ".parquet":
        with duckdb.connect() as connection:
            found = connection.execute("select * from read_parquet($1)", [str(path)]).fetchall()
        return [["" if cell is None else str(cell) for cell in row] for row in found]
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zst":
        data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return list(csv.reader(io.StringIO(data.decode(), newline="")))[1:]


def all_rows(folder: Path, table: str) -> list[tuple[str, list[str]]]:
    """(delivery, row) of a table in the order of delivery."""
    return [
        (path.parent.name, row)
        for path in sorted(folder.glob(f"2*/{table}.*"))
        for row in rows_of(path)
    ]
