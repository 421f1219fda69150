"""What `outcomes check` tells beside the rules' findings: nothing of it turns a row away.

Each is something that would change figures in silence: rows that replace each other in one file,
and a clinic's days that are not those of its source.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.contracts.odcs import Contract
from pipelines.contracts.settle import FIRST_LINES, CheckedFile
from pipelines.engine import identifier, quoted
from pipelines.ingest.manifest import Delivery
from pipelines.ingest.mapped.mapping_file import source_mapping
from pipelines.warehouse.build_run import BuildRun


@dataclass(frozen=True)
class RepeatedKeys:
    """Rows of one file that share their key; `n_differing` keys have rows that say other things."""

    rule_id: str
    n_rows: int
    n_keys: int
    n_differing: int
    first_places: list[str]


def repeated_keys(run: BuildRun, delivery: Delivery) -> list[RepeatedKeys]:
    """Keys that come more than once in a file of the delivery, of which the last row counts."""
    return [
        _repeated(run, run.contracts[table], file)
        for table, files in sorted(run.files.items())
        for file in files
        if file.delivery_id == delivery.delivery_id
        and file.rows is not None
        and file.profile.broken.get(f"{table}.unique", 0)
    ]


def _repeated(run: BuildRun, contract: Contract, file: CheckedFile) -> RepeatedKeys:
    key = ", ".join(identifier(name) for name in contract.key)
    is_whole = " and ".join(f"{identifier(name)} is not null" for name in contract.key)
    said = ", ".join(identifier(column.name) for column in contract.columns)
    n_rows, n_keys, n_differing, lines = run.engine.one(
        f"""
with shared as (
    select coalesce(line, file_row_number + 2) as line, ({key}) as shared_key, row({said}) as said
    from read_parquet({quoted(str(file.rows))}, file_row_number = true)
    where {is_whole}
    qualify count(*) over (partition by {key}) > 1
)
select count(*), count(distinct shared_key),
    (select count(*) from (
        select 1 from shared group by shared_key having count(distinct said) > 1
    ) as differing),
    min(line, {FIRST_LINES})
from shared"""
    )
    places = [f"{file.file_name} line {line}" for line in lines or []]
    return RepeatedKeys(f"{contract.table}.unique", n_rows, n_keys, n_differing, places)


def other_zone(run: BuildRun, delivered: Sequence[Delivery]) -> list[str]:
    """Messages where a mapping reads times of another zone than the clinic's days are of."""
    sources = {delivery.source for delivery in delivered if delivery.kind == "mapped"}
    mappings = [source_mapping(run.home, source) for source in sorted(sources)]
    return [
        "The source's times are of another zone than the clinic's days.\n"
        f"  found: {mapping.time_zone} in the mapping {mapping.name}, {run.settings.time_zone} in"
        " clinic.toml\n"
        "  what to do: where the clinic itself is there, write"
        f' time_zone = "{mapping.time_zone}" below [clinic]; else an evening is counted on another'
        " day"
        for mapping in mappings
        if mapping is not None and mapping.time_zone not in {None, run.settings.time_zone}
    ]
