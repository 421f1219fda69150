"""All landed files as checked files, whatever kind of delivery they came in.

Deliveries are ordered by (delivered_on, content), files inside a delivery by name; the order of
landing plays no part.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

import duckdb

from pipelines.contracts.checked import (
    Checked,
    check_converted_rows,
    check_text_file,
    checked_name,
    is_checked,
    keep_unread,
    read_checked,
)
from pipelines.contracts.odcs import Contract
from pipelines.contracts.settle import CheckedFile
from pipelines.engine import Engine
from pipelines.files import make_private, private_folder, sha256_file, sha256_text, temporary_beside
from pipelines.home import Home
from pipelines.ingest import fhir
from pipelines.ingest.fhir.model import ConvertedTable, FhirFile, FhirOptions, LoincMeaning
from pipelines.ingest.manifest import Delivery, LandedFile
from pipelines.instruments.catalogue import Catalogue
from pipelines.warehouse.mapped_deliveries import mapped_names, mapped_tasks
from pipelines.warehouse.side_by_side import side_by_side

# Of a score, as it is written.
_UNIT = Decimal("0.0001")


@dataclass(frozen=True)
class Converted:
    """What became of a FHIR delivery.

    `tables` are (table, file's id) of rows that were checked while they were converted, `unread`
    (resource type, file's id, Parquet file) of lines without a row. `findings` are what is odd
    inside lines that gave a row: code, and how many lines.
    """

    tables: tuple[tuple[str, str], ...]
    unread: tuple[tuple[str, str, Path], ...]
    episode_rule: str | None
    findings: tuple[tuple[str, int], ...] = ()


def check_deliveries(
    home: Home,
    landed: Sequence[Delivery],
    *,
    engine: Engine,
    contracts: Mapping[str, Contract],
    catalogue: Catalogue,
    progress: Callable[[str], None],
) -> dict[str, list[CheckedFile]]:
    """Every file of these deliveries by table, checked now or taken from the cache."""
    tasks: list[tuple[int, Delivery, LandedFile, Callable[[Engine], Checked]]] = []
    for rank, delivery in enumerate(landed):
        tasks += [
            (rank, delivery, file, task)
            for file, task in _tasks(home, delivery, contracts, catalogue)
        ]
    found: dict[str, list[CheckedFile]] = {table: [] for table in contracts}
    # Most files are small, so that planning their queries costs more than reading them.
    all_checked = side_by_side(engine, {str(place): task for place, (*_, task) in enumerate(tasks)})
    in_part: set[str] = set()
    for file_rank, ((rank, delivery, file, _), checked) in enumerate(
        zip(tasks, all_checked, strict=True)
    ):
        progress(f"checking the delivery of {delivery.delivered_on}")
        found.setdefault(checked.table, []).append(
            CheckedFile(
                checked=checked.name,
                table=checked.table,
                delivery_id=delivery.delivery_id,
                source=delivery.source,
                delivered_on=delivery.delivered_on,
                # What cannot be read does not say which keys are gone.
                is_full=delivery.mode == "full" and not checked.refusal,
                file_id=file.file_id,
                file_name=file.name,
                file_rank=file_rank,
                delivery_rank=rank,
                n_rows=checked.n_rows,
                n_broken=checked.n_broken,
                n_with_errors=checked.n_with_errors,
                rows=checked.rows,
                broken=checked.broken,
                folded=checked.folded,
                unknown_columns=checked.unknown_columns,
                absent_columns=checked.absent_columns,
                refusal=checked.refusal,
                profile=checked.profile,
            )
        )
        if delivery.kind == "mapped" and checked.refusal:
            in_part.add(delivery.delivery_id)
    # Several files make up a table of a mapped delivery: without one of them no key is known gone.
    return {
        table: [
            replace(one, is_full=one.is_full and one.delivery_id not in in_part) for one in files
        ]
        for table, files in found.items()
    }


def _tasks(
    home: Home, delivery: Delivery, contracts: Mapping[str, Contract], catalogue: Catalogue
) -> Iterator[tuple[LandedFile, Callable[[Engine], Checked]]]:
    """What there is to check in a delivery, file by file."""
    time_zone = home.settings.time_zone
    if delivery.kind == "canonical":
        for file in sorted(delivery.files, key=lambda file: file.name):
            yield (
                file,
                partial(
                    check_text_file,
                    checked=home.checked,
                    contract=contracts[file.holds],
                    path=delivery.path_of(home, file),
                    file_id=file.file_id,
                    file_name=file.name,
                    delivered_on=delivery.delivered_on,
                    time_zone=time_zone,
                ),
            )
        return
    if delivery.kind == "mapped":
        yield from mapped_tasks(home, delivery, contracts)
        return
    converted = convert_delivery(home, delivery, contracts, catalogue)
    by_id = {file.file_id: file for file in delivery.files}
    for table, file_id in converted.tables:
        name = _row_name(home, delivery, contracts[table], catalogue, file_id)
        yield by_id[file_id], lambda _, name=name: read_checked(home.checked, name)
    for kind, file_id, path in converted.unread:
        yield by_id[file_id], partial(keep_unread, checked=home.checked, path=path, table=kind)


def convert_delivery(
    home: Home, delivery: Delivery, contracts: Mapping[str, Contract], catalogue: Catalogue
) -> Converted:
    """A FHIR delivery as checked canonical tables, converted now or taken from the cache.

    It is converted again where a contract is another one than then: what it wrote between the two
    steps would cost as much time as a quarter of both, and as much space as the checked rows.
    """
    folder = home.checked / _conversion_name(home, delivery, catalogue)
    if (folder / "conversion.json").exists():
        converted = _read_conversion(folder)
        if all(
            is_checked(
                home.checked, _row_name(home, delivery, contracts[table], catalogue, file_id)
            )
            for table, file_id in converted.tables
        ):
            return converted
    temporary = private_folder(temporary_beside(folder))
    try:
        _convert(home, delivery, contracts, catalogue, temporary)
        make_private(temporary)
        if folder.exists():
            shutil.rmtree(folder)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return _read_conversion(folder)


def _row_name(
    home: Home, delivery: Delivery, contract: Contract, catalogue: Catalogue, file_id: str
) -> str:
    content = sha256_text(_conversion_name(home, delivery, catalogue), file_id)
    return checked_name(contract, content, delivery.delivered_on, home.settings.time_zone)


def _conversion_name(home: Home, delivery: Delivery, catalogue: Catalogue) -> str:
    options = repr(_fhir_options(home, delivery))
    parts = (delivery.delivery_id, options, catalogue.digest, _adapter_digest())
    return f"fhir-{sha256_text(*parts)[:32]}"


def conversion_names(
    home: Home,
    landed: Sequence[Delivery],
    contracts: Mapping[str, Contract],
    catalogue: Catalogue,
) -> set[str]:
    """The folders of the cache that hold these deliveries' conversions."""
    return {
        _conversion_name(home, delivery, catalogue)
        for delivery in landed
        if delivery.kind == "fhir"
    } | mapped_names(home, landed, contracts)


def _fhir_options(home: Home, delivery: Delivery) -> FhirOptions:
    options = next(
        (dict(each.options) for each in home.settings.sources if each.name == delivery.source), {}
    )
    return FhirOptions(
        episode_gap_days=int(options.get("episode_gap_days", FhirOptions.episode_gap_days)),
        default_duration_minutes=int(
            options.get("default_duration_minutes", FhirOptions.default_duration_minutes)
        ),
        time_zone=home.settings.time_zone,
        exported_on=delivery.delivered_on,
    )


def _convert(
    home: Home,
    delivery: Delivery,
    contracts: Mapping[str, Contract],
    catalogue: Catalogue,
    folder: Path,
) -> None:
    """Fill `folder`, and check the rows of each table and file where they lie."""

    def check(engine: Engine, rows: ConvertedTable) -> None:
        contract = contracts[rows.table]
        check_converted_rows(
            engine,
            checked=home.checked,
            name=_row_name(home, delivery, contract, catalogue, rows.file_id),
            contract=contract,
            source=rows.sql,
            delivered_on=delivery.delivered_on,
        )

    loinc = {
        code: LoincMeaning(name, item, kind)
        for name, instrument in sorted(catalogue.instruments.items())
        for code, item, kind in instrument.verified_codes()
    }
    conversion = fhir.convert(
        [
            FhirFile(delivery.path_of(home, file), file.file_id, file.name)
            for file in sorted(delivery.files, key=lambda file: file.name)
        ],
        options=_fhir_options(home, delivery),
        out_dir=folder,
        loinc=loinc,
        answers={code: points.quantize(_UNIT) for code, points in catalogue.answer_points.items()},
        run=check,
    )
    note = {
        "tables": [[table.table, table.file_id] for table in conversion.tables],
        "unread": [
            [left.resource_type, left.file_id, str(left.path.relative_to(folder))]
            for left in conversion.out_of_scope
        ],
        "findings": [asdict(finding) for finding in conversion.findings],
        "episode_rule": conversion.episode_rule if conversion.episodes_derived else None,
    }
    (folder / "conversion.json").write_text(json.dumps(note, sort_keys=True), encoding="utf-8")


def _read_conversion(folder: Path) -> Converted:
    note: dict[str, Any] = json.loads((folder / "conversion.json").read_text(encoding="utf-8"))
    findings: Counter[str] = Counter()
    for finding in note["findings"]:
        findings[finding["code"]] += finding["n_lines"]
    return Converted(
        tuple((table, file_id) for table, file_id in note["tables"]),
        tuple((kind, file_id, folder / path) for kind, file_id, path in note["unread"]),
        note["episode_rule"],
        tuple(sorted(findings.items())),
    )


def episode_gaps(
    home: Home,
    landed: Sequence[Delivery],
    contracts: Mapping[str, Contract],
    catalogue: Catalogue,
) -> dict[str, int]:
    """Sources without episodes of their own, and the gap in days by which they were derived."""
    return {
        delivery.source: _fhir_options(home, delivery).episode_gap_days
        for delivery in landed
        if delivery.kind == "fhir"
        and convert_delivery(home, delivery, contracts, catalogue).episode_rule
    }


@cache
def _adapter_digest() -> str:
    # This module writes what is kept beside the rows.
    modules = [*sorted(Path(str(fhir.__file__)).parent.glob("*.py")), Path(__file__)]
    return sha256_text(duckdb.__version__, *(sha256_file(path) for path in modules))
