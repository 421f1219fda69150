"""Deliveries of a layout of their own, converted by their source's mapping, as files to check.

`checked/mapped-<hash>/` is a cache, named by the delivery, the mapping and the code that reads: a
mapping that is corrected reads all of its source's deliveries anew.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import duckdb
import python_calamine

from pipelines.contracts.checked import Checked, check_converted_file, keep_unread
from pipelines.contracts.odcs import Contract
from pipelines.engine import Engine
from pipelines.errors import DeliveryError, SettingsError
from pipelines.files import make_private, private_folder, sha256_file, sha256_text, temporary_beside
from pipelines.home import Home
from pipelines.ingest import (
    byte_streams,
    csv_facts,
    mapped,
    plain_blocks,
    resembling,
    text_batches,
    tolerant_csv,
)
from pipelines.ingest.manifest import Delivery, LandedFile
from pipelines.ingest.mapped.convert import LEFT_OUT_TABLE, convert, parts_of
from pipelines.ingest.mapped.mapping_file import source_mapping
from pipelines.ingest.mapped.model import SourceMapping
from pipelines.ingest.mapped.source_rows import header_names, likely_optional


@dataclass(frozen=True)
class _Piece:
    """One Parquet file of a conversion: rows of a table, or lines that are none."""

    table: str
    file_id: str
    file_name: str
    path: str
    columns: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    refusal: str = ""


def mapped_tasks(
    home: Home, delivery: Delivery, contracts: Mapping[str, Contract]
) -> Iterator[tuple[LandedFile, Callable[[Engine], Checked]]]:
    """What there is to check in a delivery with a mapping, by file or sheet and table.

    Raises: SettingsError when the source's mapping is gone or cannot be used.
    """
    mapping = _mapping(home, delivery)
    folder = home.checked / _name(home, delivery, mapping, contracts)
    if not (folder / "conversion.json").exists():
        _fill(home, delivery, mapping, contracts, folder)
    landed = {file.file_id: file for file in delivery.files}
    for entry in json.loads((folder / "conversion.json").read_text(encoding="utf-8")):
        piece = _read_piece(entry)
        whole = landed[piece.file_id.partition(":")[0]]
        # A sheet is a file of its own: lines of two sheets have the same numbers.
        file = LandedFile(piece.file_name, piece.file_id, whole.n_bytes, whole.holds)
        if piece.columns:
            yield (
                file,
                partial(
                    check_converted_file,
                    checked=home.checked,
                    contract=contracts[piece.table],
                    path=folder / piece.path,
                    file_id=piece.file_id,
                    delivered_on=delivery.delivered_on,
                    time_zone=home.settings.time_zone,
                    filled=frozenset(piece.columns),
                    unknown=piece.unknown,
                ),
            )
        else:
            yield (
                file,
                partial(
                    keep_unread,
                    checked=home.checked,
                    path=folder / piece.path,
                    table=piece.table,
                    refusal=piece.refusal,
                ),
            )


def mapped_names(
    home: Home, landed: Sequence[Delivery], contracts: Mapping[str, Contract]
) -> set[str]:
    """The folders of the cache that hold these deliveries' conversions."""
    return {
        _name(home, delivery, _mapping(home, delivery), contracts)
        for delivery in landed
        if delivery.kind == "mapped"
    }


def likely_columns(home: Home, delivery: Delivery) -> dict[str, dict[str, str]]:
    """By file or sheet the columns that most likely are optional ones of the mapping, renamed.

    Without a column that must be there a file is refused, which tells the same of that one.
    """
    if delivery.kind != "mapped":
        return {}
    mapping = _mapping(home, delivery)
    found = {}
    for file in sorted(delivery.files, key=lambda file: file.name):
        try:
            parts, _ = parts_of(mapping, delivery.path_of(home, file), file.file_id, file.name)
            for each in parts:
                names = header_names(each.part, each.path, each.file_name, each.sheet)
                if likely := likely_optional(each.part, names):
                    found[each.file_name] = likely
        except DeliveryError:
            # What is wrong with it is told as a file that cannot be used.
            continue
    return found


def _mapping(home: Home, delivery: Delivery) -> SourceMapping:
    mapping = source_mapping(home, delivery.source)
    if mapping is None:
        raise SettingsError(
            "A source has lost its mapping, by which its deliveries were landed.",
            where=f"clinic.toml, [sources.{delivery.source}] mapping",
            expected="the name of a mapping",
            found="nothing",
            todo="write the line again",
        )
    return mapping


def _name(
    home: Home, delivery: Delivery, mapping: SourceMapping, contracts: Mapping[str, Contract]
) -> str:
    parts = (
        delivery.delivery_id,
        mapping.digest,
        repr(_columns(contracts)),
        home.settings.time_zone,
        _adapter_digest(),
    )
    return f"mapped-{sha256_text(*parts)[:32]}"


def _columns(contracts: Mapping[str, Contract]) -> dict[str, tuple[str, ...]]:
    return {
        table: tuple(column.name for column in contract.columns)
        for table, contract in contracts.items()
    }


def _fill(
    home: Home,
    delivery: Delivery,
    mapping: SourceMapping,
    contracts: Mapping[str, Contract],
    folder: Path,
) -> None:
    temporary = private_folder(temporary_beside(folder))
    try:
        files = [
            part
            for file in sorted(delivery.files, key=lambda file: file.name)
            for part in parts_of(mapping, delivery.path_of(home, file), file.file_id, file.name)[0]
        ]
        tables, left = convert(
            mapping,
            files,
            columns=_columns(contracts),
            time_zone=home.settings.time_zone,
            out_dir=temporary,
        )
        pieces = [
            _Piece(
                made.table, made.file.file_id, made.file.file_name, made.path.name,
                made.columns, made.unknown,
            )
            for made in tables
        ] + [
            _Piece(
                LEFT_OUT_TABLE, each.file.file_id, each.file.file_name, each.path.name,
                refusal=each.refusal,
            )
            for each in left
        ]  # fmt: skip
        note = json.dumps([vars(piece) for piece in pieces], sort_keys=True)
        (temporary / "conversion.json").write_text(note, encoding="utf-8")
        make_private(temporary)
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _read_piece(entry: Mapping[str, Any]) -> _Piece:
    lists = {name: tuple(entry[name]) for name in ("columns", "unknown")}
    return _Piece(**{**entry, **lists})


@cache
def _adapter_digest() -> str:
    modules = sorted(Path(str(mapped.__file__)).parent.glob("*.py"))
    beside = (byte_streams, csv_facts, plain_blocks, resembling, text_batches, tolerant_csv)
    paths = [*modules, *(Path(str(module.__file__)) for module in beside)]
    versions = (duckdb.__version__, str(getattr(python_calamine, "__version__", "")))
    return sha256_text(*versions, *(sha256_file(path) for path in paths))
