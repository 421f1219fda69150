"""What `outcomes check` tells beside the rules' findings: nothing of it turns a row away.

Each is something that would change figures in silence: rows that replace each other in one file,
a clinic's days that are not those of its source, and words of a mapping that no column may hold.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipelines.contracts.odcs import Contract
from pipelines.contracts.settle import FIRST_LINES, CheckedFile
from pipelines.engine import identifier, quoted
from pipelines.ingest.manifest import Delivery
from pipelines.ingest.mapped.mapping_file import source_mapping
from pipelines.ingest.mapped.model import Cell, SourceMapping
from pipelines.ingest.resembling import did_you_mean
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


def todos_left(run: BuildRun, delivery: Delivery) -> list[str]:
    """A message where the mapping of the delivery's source still says TODO, as a draft does."""
    files = [one.mapping for one in run.settings.sources if one.name == delivery.source]
    lines = [
        number
        for file in files
        if file is not None
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if "TODO:" in line
    ]
    if not lines:
        return []
    return [
        "The mapping still says what a draft supposed.\n"
        f"  found: TODO in {'line' if len(lines) == 1 else 'lines'} {', '.join(map(str, lines))}\n"
        "  what to do: look at each, correct what is wrong, and remove the comment"
    ]


def words_of_no_list(mapping: SourceMapping, contracts: Mapping[str, Contract]) -> list[str]:
    """Messages where the mapping itself writes a word that the column's contract does not list.

    Every row that gets the word would be turned away, and the line told would be one of the export.
    """
    messages = []
    for table, name, cell in _cells(mapping):
        allowed = next(
            (column.allowed for column in contracts[table].columns if column.name == name), ()
        )
        written = {cell.constant, cell.default, *cell.codes.values()} - {None}
        wrong = sorted(word for word in written if word and word not in allowed)
        if allowed and wrong:
            meant = did_you_mean(wrong, allowed)
            messages.append(
                f"The mapping {mapping.name} writes words into {table}.{name} that may not stand"
                " there.\n"
                f"  expected: one of {', '.join(allowed)}\n"
                "  found: "
                + ", ".join(
                    f"{word} (is it {meant[word]}?)" if word in meant else word for word in wrong
                )
                + "\n  what to do: correct the words in the mapping, right of codes, constant or"
                " default"
            )
    return list(dict.fromkeys(messages))


def _cells(mapping: SourceMapping) -> Iterator[tuple[str, str, Cell]]:
    for part in mapping.files:
        for table in part.tables:
            yield from ((table.table, name, cell) for name, cell in table.cells.items())
        for form in part.questionnaires:
            yield from (("responses", name, cell) for name, cell in form.response.items())
