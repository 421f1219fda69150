"""What is done with the fuzzer's bytes, and what must hold whatever they are.

A target raises only when something is wrong: any other error than ours, a lost or uncounted row,
a message that holds a value, or two readers that read one file differently.
"""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from random import Random

import duckdb
import polars as pl
import zstandard

from pipelines.contracts.odcs import load_contracts
from pipelines.engine import Engine
from pipelines.errors import DataError
from pipelines.files import sha256_file
from pipelines.home import Home
from pipelines.ingest.fhir import FhirFile, FhirOptions, convert, first_resource_type
from pipelines.ingest.landing import land
from pipelines.ingest.mapped.convert import convert as convert_mapped
from pipelines.ingest.mapped.convert import parts_of
from pipelines.ingest.mapped.mapping_file import SHIPPED_MAPPINGS, load_mapping
from pipelines.ingest.text_files import TextRelation, read_text
from tests.fuzz.mutations import mutated
from tests.mapped_exports import (
    write_practice_csv,
    write_reporting_database,
    write_semicolon_export,
    write_workbook,
)
from tests.unit.ingest.fhir_builders import ANSWERS, LOINC, write_to
from tests.zoo.specimens import FAMILIES, HEADER, SECRET, row

DAY = date(2026, 1, 31)
BEFORE, AFTER = "GUARD-BEFORE", "GUARD-AFTER"
_WRITERS = {
    "practice_csv": write_practice_csv,
    "reporting_database": write_reporting_database,
    "semicolon_export": write_semicolon_export,
    "workbook": write_workbook,
}
_CSV = [
    content.removeprefix(HEADER)
    for family in ("text", "layout", "values")
    for each in FAMILIES[family].values()
    for content in each.files.values()
    if len(content) < 20_000
]
_FILES = [
    content
    for family in FAMILIES.values()
    for each in family.values()
    for content in each.files.values()
    if len(content) < 100_000
]
_NDJSON = [
    content
    for each in FAMILIES["fhir"].values()
    for content in each.files.values()
    if len(content) < 100_000
]


class BrokenPromiseError(AssertionError):
    """What a reader promises does not hold."""


@dataclass(frozen=True)
class Case:
    """A file's bytes and name, with the facts that its target holds it against."""

    target: str
    name: str
    content: bytes
    facts: Mapping[str, str | bool]


def make_case(random: Random) -> Case:
    """One case of one target, the cheap ones more often."""
    kinds = ("rows", "rows", "rows", "rows", "rows", "file", "file", "ndjson", "mapped", "landed")
    return MAKERS[random.choice(kinds)](random)


def run_case(case: Case, folder: Path) -> None:
    """Do what the case is for.

    Raises: BrokenPromiseError, or whatever broke.
    """
    path = folder / case.name
    path.write_bytes(case.content)
    _TARGETS[case.target](case, path, folder)


def _need(is_so: bool, promise: str) -> None:
    if not is_so:
        raise BrokenPromiseError(promise)


def _need_no_value(error: DataError) -> None:
    _need(SECRET not in str(error), "a message holds no value")


# ------------------------------------------------- rows between two sound ones


def _make_rows(random: Random) -> Case:
    middle = mutated(random.choice(_CSV), _CSV, random)
    content = HEADER + row(BEFORE) + middle + b"\n" + row(AFTER)
    pack = random.choice((bytes, bytes, gzip.compress, zstandard.compress))
    # A quote may lawfully swallow what follows; between lone CRs several records share a line.
    facts = {"is_quoted": b'"' in middle, "has_cr": b"\r" in middle}
    return Case("rows", "clients.csv", pack(content), facts)


def _check_rows(case: Case, path: Path, folder: Path) -> None:
    contract = load_contracts_once()["clients"]
    reads: list[list[tuple[str, int]]] = []

    def run(relation: TextRelation) -> int:
        # Every cell is asked for: a reader may not look at those that are not.
        line = "line" if relation.has_line else "null"
        sql = f"select client_id, {line}, count(columns(*)) over () from {relation.sql}"
        with duckdb.connect() as connection:
            reads.append([found[:2] for found in connection.execute(sql).fetchall()])
        return len(reads[-1])

    read = read_text(
        path, "clients", contract.columns, path.name, scratch=folder / "scratch", run=run
    )
    ids, lines = [found[0] for found in reads[-1]], [found[1] for found in reads[-1]]
    _need(read.n_rows == len(ids), "as many rows are read as are counted")
    _need(bool(ids) and ids[0] == BEFORE, "a row before a bad one is kept")
    if not case.facts["is_quoted"]:
        _need(ids[-1] == AFTER, "a row after a bad one is kept")
    if read.has_line:
        _need(lines == sorted(lines), "rows come in the file's order")
        if read.broken is not None and not case.facts["has_cr"]:
            broken = pl.read_parquet(read.broken)["line"].to_list()
            _need(not set(broken) & set(lines), "a line is a row or is broken")


# ------------------------------------------------- a file of any kind as a table


def _make_file(random: Random) -> Case:
    content = mutated(random.choice(_FILES), _FILES, random)
    return Case("file", "clients.csv", content, {})


def _check_file(_: Case, path: Path, folder: Path) -> None:
    contract = load_contracts_once()["clients"]

    def run(relation: TextRelation) -> int:
        with Engine(scratch=folder / "engine") as engine:
            (n_rows,) = engine.one(f"select count(*) from (select * from {relation.sql})")
        return n_rows

    try:
        read_text(path, "clients", contract.columns, path.name, scratch=folder / "scratch", run=run)
    except DataError as error:
        _need_no_value(error)


# ------------------------------------------------- FHIR


def _make_ndjson(random: Random) -> Case:
    content = mutated(random.choice(_NDJSON), _NDJSON, random)
    return Case("ndjson", "export.ndjson", content, {})


def _check_ndjson(case: Case, path: Path, folder: Path) -> None:
    first_resource_type(path)
    try:
        convert(
            [FhirFile(path, sha256_file(path), path.name)],
            options=FhirOptions(exported_on=DAY),
            out_dir=folder / "converted",
            loinc=LOINC,
            answers=ANSWERS,
            run=write_to(folder / "converted"),
        )
    except DataError as error:
        _need_no_value(error)
        return
    parts = (folder / "converted").glob("*.parquet")
    told = {line for part in parts for line in pl.read_parquet(part)["line"].to_list()}
    if not case.content.startswith((b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b", b"\x28\xb5")):
        lines = case.content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        filled = {number for number, line in enumerate(lines, 1) if line.strip()}
        is_one_document = told <= set(range(1, len(told) + 1)) and len(told) < len(filled)
        _need(told >= filled or is_one_document, "every line has a row or a reason")


# ------------------------------------------------- vendors' layouts


@cache
def _vendor_files() -> list[tuple[str, str, bytes]]:
    from tempfile import TemporaryDirectory

    found = []
    with TemporaryDirectory(prefix="fuzz-") as folder:
        for name, write in _WRITERS.items():
            export = write(Path(folder) / name)
            found += [(name, path.name, path.read_bytes()) for path in sorted(export.iterdir())]
    return found


def _make_mapped(random: Random) -> Case:
    files = _vendor_files()
    mapping, name, content = random.choice(files)
    others = [other for _, _, other in files]
    return Case("mapped", name, mutated(content, others, random), {"mapping": mapping})


def _check_mapped(case: Case, path: Path, folder: Path) -> None:
    mapping = load_mapping(SHIPPED_MAPPINGS / f"{case.facts['mapping']}.yaml")
    columns = {
        table: tuple(column.name for column in contract.columns)
        for table, contract in load_contracts_once().items()
    }
    try:
        parts, _ = parts_of(mapping, path, sha256_file(path), path.name)
        convert_mapped(
            mapping, parts, columns=columns, time_zone="UTC", out_dir=folder / "converted"
        )
    except DataError as error:
        _need_no_value(error)


# ------------------------------------------------- landing


def _make_landed(random: Random) -> Case:
    content = mutated(random.choice(_FILES), _FILES, random)
    names = ("clients.csv", "export.zip", "unknown.dat", "p.ndjson", "clients.parquet", "x.csv.gz")
    return Case("landed", random.choice(names), content, {})


def _check_landed(_: Case, path: Path, folder: Path) -> None:
    home = Home.create(folder / "home", salt="fuzz")
    try:
        delivery = land(home, [path], source="inbox", delivered_on=DAY)
    except DataError as error:
        _need_no_value(error)
        return
    _need(len(delivery.files) + len(delivery.unrecognised) > 0, "every file is taken or told")


@cache
def load_contracts_once():
    """The contracts, read once."""
    return load_contracts()


MAKERS: dict[str, Callable[[Random], Case]] = {
    "rows": _make_rows,
    "file": _make_file,
    "ndjson": _make_ndjson,
    "mapped": _make_mapped,
    "landed": _make_landed,
}
_TARGETS: dict[str, Callable[[Case, Path, Path], None]] = {
    "rows": _check_rows,
    "file": _check_file,
    "ndjson": _check_ndjson,
    "mapped": _check_mapped,
    "landed": _check_landed,
}
