"""Landed FHIR files become one table per resource type, every line with its number.

DuckDB's own NDJSON reader gives one row per non-empty line and nulls for a line that is no JSON, so
a bad line never costs its neighbours and a line's number is its row's number. What would break
that (a byte order mark, UTF-16, empty lines, a compressed file that breaks off) is looked for first
and mended in a copy. Whether a file is NDJSON, one resource or a Bundle is told by its content.
"""

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.engine import Engine, quoted
from pipelines.errors import DataError, DeliveryError, OutcomesError
from pipelines.ingest.byte_streams import CHUNK_BYTES, ByteStream, first_bytes, packing_of
from pipelines.ingest.fhir.macros import MACROS
from pipelines.ingest.fhir.mending import EMPTY_LINE, UTF16_MARKS, examine_lines, write_mended
from pipelines.ingest.fhir.model import UNRECOGNISED, FhirFile
from pipelines.ingest.fhir.structures import RESOURCE_TABLES, ResourceTable

# Two of these per thread are held in memory; a line beyond it is refused with its file's name.
MAX_LINE_BYTES = 64 << 20
# Longer lines are told by a chunk without an end of one.
USUAL_LINE_BYTES = 2 * CHUNK_BYTES
# Threads share a file in pieces. What a piece gives is copied once more where it is less than a row
# group of a table.
PIECE_BYTES = 4 * USUAL_LINE_BYTES
MAX_DOCUMENT_BYTES = 1 << 30
_DUCKDB_PACKING = {"none": "uncompressed", "gzip": "gzip", "zstd": "zstd"}


@dataclass(frozen=True)
class NumberedFile:
    """A file of the delivery with its place in it."""

    file_no: int
    file: FhirFile


def in_fixed_order(files: Sequence[FhirFile]) -> tuple[NumberedFile, ...]:
    """The files numbered by name and content, whatever order they were given in.

    Raises: DataError if one content is given twice, since each landed content is one file.
    """
    ordered = sorted(files, key=lambda file: (file.file_name, file.file_id))
    if len({file.file_id for file in ordered}) != len(ordered):
        raise DataError(
            "A file was given to the FHIR adapter twice.",
            expected="each content once",
            todo="give each landed file once",
        )
    return tuple(NumberedFile(number, file) for number, file in enumerate(ordered))


def first_resource_type(path: Path) -> str | None:
    """The resourceType with which a file starts, null if it does not look like FHIR JSON."""
    start = first_bytes(path, packing_of(path), 1 << 20)
    if start.startswith(UTF16_MARKS):
        text = start.decode("utf-16", errors="replace")
    else:
        text = start.decode("utf-8-sig", errors="replace")
    text = text.lstrip()
    if not text.startswith(("{", "[")):
        return None
    is_something_else = False
    for number, line in enumerate(text.split("\n")):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        except RecursionError:
            return None
        if isinstance(found, dict) and isinstance(found.get("resourceType"), str):
            return found["resourceType"]
        if number == 0 and isinstance(found, dict):
            # A whole object, which at most holds resources somewhere inside.
            is_something_else = True
    if is_something_else:
        return None
    # A pretty-printed file, or a first line longer than what was read.
    _, mark, rest = text.partition('"resourceType"')
    name = rest.lstrip(" \t\r\n:").removeprefix('"').partition('"')[0]
    return name if mark and name.isalpha() else None


@dataclass(frozen=True)
class _Source:
    """`sql` yields line and json (null where a line is not JSON) of every non-empty line.

    `reader` are the arguments with which DuckDB reads the same lines by declared types, one row a
    line; null for a Bundle, whose resources are not lines.
    """

    sql: str
    is_whole: bool
    reader: str | None = None


def load(engine: Engine, files: Sequence[NumberedFile], *, scratch: Path) -> None:
    """Fill `fhir_files`, one table per used resource type, `excluded` and `findings`.

    Shape:  `excluded` has file_no, line, resource_type, reason; `findings` the same with a code.
    Raises: DeliveryError if a file cannot be read at all.
    """
    for macro in MACROS:
        engine.execute(macro, where="fhir")
    engine.execute("create table fhir_files (file_no integer, file_id varchar, file_name varchar)")
    for name, code in (("excluded", "reason"), ("findings", "code")):
        engine.execute(
            f"create table {name}"
            f" (file_no integer, line bigint, resource_type varchar, {code} varchar)"
        )
    engine.execute("create table full_urls (file_no integer, key varchar, target_key varchar)")
    empty = "select null::bigint as line, null::json as json where false"
    for table in RESOURCE_TABLES.values():
        select = table.select_json(empty, file_no=0)
        engine.execute(f"create table {table.name} as {select}", where=table.name)
    for numbered in files:
        file = numbered.file
        engine.execute(
            f"insert into fhir_files values"
            f" ({numbered.file_no}, {quoted(file.file_id)}, {quoted(file.file_name)})"
        )
        _load_file(engine, numbered, scratch=scratch)
    for table in RESOURCE_TABLES.values():
        # Most deliveries hold a few types, and every statement is planned, rows or none.
        if engine.one(f"select count(*) from {table.name}") > (0,):
            engine.execute(
                f"update {table.name} as r set id = left(f.file_id, 12) || '-' || r.line"
                " from fhir_files as f where f.file_no = r.file_no and r.id is null"
            )
            _drop_repeated(engine, table)


def _load_file(engine: Engine, numbered: NumberedFile, *, scratch: Path) -> None:
    """Every line of one file, into its type's table or `excluded`."""
    file_no, file = numbered.file_no, numbered.file
    mended = scratch / f"{uuid.uuid4().hex[:12]}.ndjson"
    try:
        source = _source(engine, file, file_no=file_no, mended=mended)
        main_table = RESOURCE_TABLES.get(_main_type(engine, source) or "")
        if main_table is None:
            _exclude(engine, file_no, source.sql)
        else:
            _load_main(engine, main_table, source, file_no=file_no)
        for table in _other_types(engine, file_no):
            _load_minority(engine, table, source, file_no=file_no)
        if not source.is_whole:
            engine.execute(
                "insert into findings select $file_no, 1, $type, 'fhir.file_cut_short'",
                {"file_no": file_no, "type": _main_type(engine, source) or UNRECOGNISED},
            )
    except OutcomesError as error:
        if isinstance(error, DataError):
            raise
        raise DeliveryError(
            "A FHIR file cannot be read.",
            where=file.file_name,
            expected=f"NDJSON with lines of at most {MAX_LINE_BYTES >> 20} MB, a resource or a"
            " Bundle; plain, gzip or zstd",
            found="content that the JSON reader refuses",
            todo="ask the source for the file again, or split its longest lines",
        ) from None
    finally:
        mended.unlink(missing_ok=True)


def _main_type(engine: Engine, source: _Source) -> str | None:
    """The type of the first line that has one; Bulk Data files hold one type each."""
    found = engine.rows(
        f"select json_extract_string(json, '$.resourceType') as resource_type"
        f" from (select json from ({source.sql}) as lines limit 50) as start"
        f" where json_extract_string(json, '$.resourceType') is not null limit 1"
    )
    return found[0][0] if found else None


def _load_main(engine: Engine, table: ResourceTable, source: _Source, *, file_no: int) -> None:
    """All lines of a file by the type that it holds; those of another go to `excluded`."""
    if source.reader is None:
        select = table.select_json(source.sql, file_no=file_no)
    else:
        rows = (
            f"(select 0::bigint as line, * from read_ndjson({source.reader},"
            f" columns = {table.types}, records = 'true'))"
        )
        select = table.select(rows, file_no=file_no)
    engine.execute(f"insert into {table.name} {select}", where=table.name)
    # Rows lie in the order of their lines. To number them while they are read would take one
    # thread; `rowid` is of use only here, before anything is deleted. In place of nulls, which
    # stand for nothing just as well, an update takes twenty times as long.
    (first,) = engine.one(f"select min(rowid) from {table.name} where line = 0")
    if first is not None:
        engine.execute(f"update {table.name} set line = rowid - {first - 1} where line = 0")
    others = f"from {table.name} where file_no = {file_no} and is_other"
    if engine.one(f"select count(*) {others}") == (0,):
        return
    _exclude(
        engine,
        file_no,
        f"select line, json from ({source.sql}) as lines where line in (select line {others})"
        f" and json_extract_string(json, '$.resourceType')"
        f" is distinct from {quoted(table.resource_type)}",
    )
    engine.execute(f"delete {others}")


def _exclude(engine: Engine, file_no: int, lines: str) -> None:
    """Lines of no used type, each with its reason; used types are taken out again later."""
    engine.execute(
        f"""
        insert into excluded
        select
            {file_no},
            line,
            coalesce(resource_type, '{UNRECOGNISED}'),
            case
                when json is null then 'fhir.invalid_json'
                when resource_type is null then 'fhir.not_a_resource'
                when resource_type = 'Goal' then 'fhir.goal_without_rating_scale'
                when resource_type = 'CareTeam' then 'fhir.care_team_not_used'
                else 'fhir.resource_type_not_used'
            end
        from (
            select line, json, json_extract_string(json, '$.resourceType') as resource_type
            from ({lines}) as lines
        ) as typed
        """
    )


def _other_types(engine: Engine, file_no: int) -> Iterator[ResourceTable]:
    """The used types that a file holds beside its main one."""
    found = engine.rows(
        "select distinct resource_type from excluded where file_no = $file_no"
        " and reason = 'fhir.resource_type_not_used' order by resource_type",
        {"file_no": file_no},
    )
    return (RESOURCE_TABLES[name] for (name,) in found if name in RESOURCE_TABLES)


def _load_minority(engine: Engine, table: ResourceTable, source: _Source, *, file_no: int) -> None:
    """A further pass for one more type of a mixed file."""
    of_type = f"resource_type = {quoted(table.resource_type)}"
    lines = (
        f"select line, json from ({source.sql}) as lines"
        f" where json_extract_string(json, '$.resourceType') = {quoted(table.resource_type)}"
    )
    select = table.select_json(lines, file_no=file_no)
    engine.execute(f"insert into {table.name} {select}", where=table.name)
    engine.execute(f"delete from excluded where file_no = {file_no} and {of_type}")


def _source(engine: Engine, file: FhirFile, *, file_no: int, mended: Path) -> _Source:
    """How to read the file, by its content."""
    packing = packing_of(file.path)
    if packing == "parquet":
        raise DeliveryError(
            "A file given as FHIR is a Parquet file.",
            where=file.file_name,
            expected="NDJSON, a resource or a Bundle",
            found="Parquet",
            todo="land it as a table of the canonical export",
        )
    path, is_whole = file.path, True
    stream = ByteStream(file.path, packing)
    needs_mending, has_long_lines = examine_lines(stream)
    if needs_mending:
        write_mended(stream, mended)
        path, packing, is_whole = mended, "none", stream.is_whole
    options = f"{quoted(str(path))}, compression = '{_DUCKDB_PACKING[packing]}'"
    tolerant = f"{options}, ignore_errors = true, maximum_object_size"
    reader = f"{tolerant} = {MAX_LINE_BYTES if has_long_lines else PIECE_BYTES}"
    # Mostly for a look at the first lines, which reads a whole piece.
    line_bytes = MAX_LINE_BYTES if has_long_lines else USUAL_LINE_BYTES
    lines = f"""
        select line, json from (
            select row_number() over () as line, json
            from read_ndjson_objects({tolerant} = {line_bytes})
        ) as numbered
        where json is null or json <> {quoted(EMPTY_LINE)}
    """
    document = f"""
        select json from read_json_objects(
            {options}, format = 'unstructured', maximum_object_size = {MAX_DOCUMENT_BYTES}
        )
    """
    start = engine.rows(
        f"select json_extract_string(json, '$.resourceType'), json_type(json)"
        f" from ({lines}) as lines limit 2"
    )
    if not start:
        return _Source(lines, is_whole, reader)
    resource_type, kind = start[0]
    is_bundle = resource_type == "Bundle"
    if is_bundle and len(start) > 1:
        return _Source(_entries(engine, lines, file_no=file_no, number="line"), is_whole)
    is_only_array = kind == "ARRAY" and len(start) == 1
    if is_bundle or is_only_array or (kind is None and _is_document(engine, document)):
        documents = f"select 1 as line, json from ({document}) as documents"
        number = "row_number() over ()"
        return _Source(_entries(engine, documents, file_no=file_no, number=number), is_whole)
    return _Source(lines, is_whole, reader)


def _is_document(engine: Engine, document: str) -> bool:
    """Whether a file whose first line is no JSON is one JSON value as a whole."""
    try:
        found = engine.one(
            f"select count(*) from (select json from ({document}) as documents limit 2) as found"
        )
    except OutcomesError:
        return False
    return found == (1,)


def _entries(engine: Engine, documents: str, *, file_no: int, number: str) -> str:
    """The resources inside Bundles and arrays, anything else as it is, numbered by `number`.

    What an entry is called inside its Bundle (`urn:uuid:`) goes to `full_urls`.
    """
    entries = f"""
        select line, unnest(case
            when json_extract_string(json, '$.resourceType') = 'Bundle'
            then json_extract(json, '$.entry[*]')
            when json_type(json) = 'ARRAY' then json_extract(json, '$[*]')
            else [json]
        end) as entry
        from ({documents}) as documents
    """
    engine.execute(
        f"""
        insert into full_urls
        select
            {file_no},
            json_extract_string(entry, '$.fullUrl') as key,
            json_extract_string(entry, '$.resource.resourceType') || '/'
            || json_extract_string(entry, '$.resource.id') as target_key
        from ({entries}) as entries
        where starts_with(key, 'urn:') and target_key is not null
        """
    )
    return (
        f"select {number} as line, coalesce(json_extract(entry, '$.resource'), entry) as json"
        f" from ({entries}) as entries"
    )


def _drop_repeated(engine: Engine, table: ResourceTable) -> None:
    """Of several versions of a resource the last counts; the others have no row."""
    engine.execute(
        f"""
        create or replace temp table repeated as
        with shared_hashes as (
            select hash(id) as id_hash from {table.name} group by id_hash having count(*) > 1
        )
        select file_no, line
        from {table.name}
        where hash(id) in (select id_hash from shared_hashes)
        qualify row_number() over (
            partition by id
            order by instant_of(last_updated) desc nulls last, file_no desc, line desc
        ) > 1
        """
    )
    exclude_where(
        engine,
        table,
        "(file_no, line) in (select (file_no, line) from repeated)",
        "fhir.repeated_id",
    )


def exclude_where(engine: Engine, table: ResourceTable, condition: str, reason: str) -> None:
    """Take the rows that meet a condition out of a resource table, with their reason."""
    engine.execute(
        f"insert into excluded select file_no, line, {quoted(table.resource_type)},"
        f" {quoted(reason)} from {table.name} where {condition}"
    )
    engine.execute(f"delete from {table.name} where {condition}")


def left_join(engine: Engine, table: str, alias: str, condition: str) -> str:
    """A left join, or one row of nulls in place of a table that holds nothing.

    Even a join that finds nothing gives up the order of the lines, and to sort them again costs
    more than the join. Most deliveries have no use for most of these tables.
    """
    if engine.one(f"select count(*) from {table}") == (0,):
        return rf'cross join (select any_value(columns(*)) as "\0" from {table}) as {alias}'
    return f"left join {table} as {alias} on {condition}"


def anti_join(engine: Engine, table: str, alias: str, condition: str) -> str:
    """An anti join, or nothing, for the same reason."""
    if engine.one(f"select count(*) from {table}") == (0,):
        return ""
    return f"anti join {table} as {alias} on {condition}"
