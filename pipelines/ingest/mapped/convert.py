"""A delivery of another layout becomes canonical tables: one Parquet per table and file or sheet.

Everything is done in SQL over whole files. Every row of a file is the row of some table, or listed
as left out with the reason; what cannot be translated goes on as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.engine import Engine, identifier, quoted
from pipelines.errors import DeliveryError
from pipelines.files import private_folder
from pipelines.ingest import tolerant_csv
from pipelines.ingest.byte_streams import ByteStream, packing_of
from pipelines.ingest.csv_facts import examine
from pipelines.ingest.mapped.expressions import (
    Dialect,
    cell_sql,
    codes_sql,
    condition_sql,
    extract_sql,
)
from pipelines.ingest.mapped.model import (
    Cell,
    FilePart,
    Questionnaire,
    SourceMapping,
    TablePart,
)
from pipelines.ingest.mapped.source_rows import LINE, read_part
from pipelines.ingest.mapped.workbook import is_workbook, sheet_names

LEFT_OUT_TABLE = "left_out"
_LINE = identifier(LINE)


@dataclass(frozen=True)
class MappedFile:
    """A landed file, or a sheet of one, with the part of the mapping that reads it."""

    path: Path
    file_id: str
    file_name: str
    part: FilePart
    sheet: str = ""


@dataclass(frozen=True)
class MappedTable:
    """Rows of one canonical table from one file: its columns as text, and `line`."""

    table: str
    file: MappedFile
    path: Path
    columns: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class LeftOut:
    """Rows of one file that are no table's: `line`, `reason`. `refusal`: why it is all of them."""

    file: MappedFile
    path: Path
    refusal: str = ""


def parts_of(
    mapping: SourceMapping, path: Path, file_id: str, file_name: str
) -> tuple[list[MappedFile], list[tuple[str, str]]]:
    """What of a file the mapping reads, and what it leaves: names with the reason.

    Raises: DeliveryError when it is a workbook that cannot be opened.
    """
    named = [part for part in mapping.files if _fits(part.file, file_name.rsplit("/", 1)[-1])]
    if not is_workbook(path):
        texts = [part for part in named if not part.is_sheet]
        found = [MappedFile(path, file_id, file_name, part) for part in texts[:1]]
        return found, [] if found else [
            (file_name, f"the mapping {mapping.name} reads no such file")
        ]
    found, left = [], []
    for sheet in sheet_names(path, file_name):
        parts = [part for part in named if part.sheet and _fits(part.sheet, sheet.name)]
        name = f"{file_name} [{sheet.name}]"
        if sheet.is_hidden:
            left.append((name, "a hidden sheet"))
        elif not parts:
            left.append((name, f"the mapping {mapping.name} reads no such sheet"))
        else:
            # Two sheets of one workbook have lines of the same number.
            found.append(MappedFile(path, f"{file_id}:{sheet.name}", name, parts[0], sheet.name))
    return found, left


def _fits(pattern: str, name: str) -> bool:
    folded = name.casefold()
    plain = folded.removesuffix(".gz").removesuffix(".zst")
    return any(
        fnmatchcase(folded, one) or fnmatchcase(plain, one)
        for one in (each.strip() for each in pattern.casefold().split("|"))
    )


def convert(
    mapping: SourceMapping,
    files: Sequence[MappedFile],
    *,
    columns: Mapping[str, Sequence[str]],
    time_zone: str,
    out_dir: Path,
) -> tuple[list[MappedTable], list[LeftOut]]:
    """Write the files as canonical tables, and what is left of them; `columns` are the tables'.

    A file that cannot be used as a whole is left out with its `refusal`, and the others go on.
    """
    private_folder(out_dir)
    tables: list[MappedTable] = []
    left: list[LeftOut] = []
    numbers = count()
    with (
        TemporaryDirectory(prefix=".mapped-", dir=out_dir) as folder,
        Engine(scratch=Path(folder) / "spill", time_zone=time_zone) as engine,
    ):
        for file in files:
            place = Path(folder) / f"part-{next(numbers)}"
            try:
                _convert_file(mapping, file, columns, engine, place, out_dir, numbers, tables, left)
            except DeliveryError as error:
                left.append(
                    _refused(engine, file, error, out_dir / f"left-{next(numbers)}.parquet")
                )
    return tables, left


def _convert_file(
    mapping: SourceMapping,
    file: MappedFile,
    columns: Mapping[str, Sequence[str]],
    engine: Engine,
    scratch: Path,
    out_dir: Path,
    numbers: Iterator[int],
    tables: list[MappedTable],
    left: list[LeftOut],
) -> None:
    source = read_part(
        engine, file.part, file.path, file.file_name, sheet=file.sheet, scratch=scratch,
        table="source_rows",
    )  # fmt: skip
    dialect = Dialect(file.part.decimal, file.part.thousands, mapping.time_zone)
    is_left_out = " or ".join(f"({condition_sql(each)})" for each in file.part.left_out) or "false"
    engine.execute(
        f"create or replace view kept as select * from source_rows where not ({is_left_out})"
    )
    engine.execute("create or replace table given (line bigint, is_own boolean)")
    made: dict[str, list[str]] = {}
    filled: dict[str, set[str]] = {}
    for number, part in enumerate(file.part.tables):
        name = f"rows_{number}"
        _make_table(engine, part, dialect, columns[part.table], name)
        made.setdefault(part.table, []).append(name)
        filled.setdefault(part.table, set()).update(part.cells)
    for number, form in enumerate(file.part.questionnaires):
        name = f"form_{number}"
        for table, cells in _make_form(engine, form, dialect, columns, name).items():
            made.setdefault(table, []).append(f"{name}_{table}")
            filled.setdefault(table, set()).update(cells)
    for table, names in made.items():
        every = " union all by name ".join(
            f"select *, {order} as part from {name}" for order, name in enumerate(names)
        )
        path = out_dir / f"{table}-{next(numbers)}.parquet"
        listed = ", ".join(identifier(name) for name in columns[table])
        engine.write_parquet(
            f"select {listed}, line from ({every}) order by line, part, {listed}", path, where=table
        )
        present = tuple(name for name in columns[table] if name in filled[table])
        # Told once, however many tables the file gives.
        unknown = source.unknown if table == next(iter(made)) else ()
        tables.append(MappedTable(table, file, path, present, unknown))
    path = out_dir / f"left-{next(numbers)}.parquet"
    broken = f"union all select line, reason from read_parquet({quoted(str(source.broken))})"
    n_left = engine.write_parquet(
        f"""
        select {_LINE} as line, case
            when {is_left_out} then 'mapping.left_out'
            when {_LINE} in (select line from given) then 'mapping.told_by_another_row'
            else 'mapping.gives_no_row' end as reason
        from source_rows
        where {_LINE} not in (select line from given where is_own)
        {broken if source.broken else ""}
        order by line, reason
        """,
        path,
    )
    if n_left:
        left.append(LeftOut(file, path))


def _make_table(
    engine: Engine, part: TablePart, dialect: Dialect, columns: Sequence[str], name: str
) -> None:
    """The part's rows as a table of this name, and the lines that gave them."""
    where = condition_sql(part.where)
    texts = {column: cell_sql(cell, dialect) for column, cell in part.cells.items()}
    listed = ", ".join(
        f"{texts.get(column, 'null::varchar')} as {identifier(column)}" for column in columns
    )
    if part.one_per:
        has_key = " or ".join(f"{identifier(key)} is not null" for key in part.one_per)
        taken = ", ".join(
            f"{_taken(column, part.cells.get(column))} as {identifier(column)}"
            for column in columns
        )
        keyed = ", ".join(f"{identifier(key)} as key_{n}" for n, key in enumerate(part.one_per))
        grouped = ", ".join(f"key_{n}" for n in range(len(part.one_per)))
        engine.execute(
            f"create or replace table {name} as select {taken}, min(line) as line from"
            f" (select {listed}, {keyed}, {_LINE} as line from kept"
            f" where ({where}) and ({has_key})) group by {grouped}",
            where=part.table,
        )
    elif part.rows == "distinct":
        names = ", ".join(identifier(column) for column in columns)
        # The last of equal rows, so that of two that differ the later one still counts.
        engine.execute(
            f"create or replace table {name} as select {names}, max(line) as line from"
            f" (select {listed}, {_LINE} as line from kept where {where}) group by {names}",
            where=part.table,
        )
    else:
        engine.execute(
            f"create or replace table {name} as select {listed}, {_LINE} as line"
            f" from kept where {where}",
            where=part.table,
        )
    engine.execute(f"insert into given select line, true from {name}")
    if part.one_per or part.rows == "distinct":
        engine.execute(f"insert into given select {_LINE}, false from kept where {where}")


def _taken(column: str, cell: Cell | None) -> str:
    """Of the rows of one key: the cell of the last one that has it, the smallest or the largest.

    Of dates and numbers only those are compared that can be read, so that one bad cell decides
    nothing for the rows beside it; where none can be, the cell goes on as it is.
    """
    name = identifier(column)
    if cell is None or cell.take == "last":
        return f"max_by({name}, line) filter (where {name} is not null)"
    end = "min" if cell.take == "smallest" else "max"
    if cell.kind == "number":
        number = f"try_cast({name} as double)"
        by_size = f"{end}_by({name}, ({number}, {name})) filter (where {number} is not null)"
        return f"coalesce({by_size}, {end}({name}))"
    if cell.kind in {"date", "datetime"}:
        # Whatever the file's format, a date that was read is written as ISO 8601.
        is_read = f"try_cast({name} as timestamptz) is not null"
        is_read += f" and regexp_matches({name}, '^[0-9]{{4}}-[0-9]{{2}}-')"
        return f"coalesce({end}({name}) filter (where {is_read}), {end}({name}))"
    return f"{end}({name})"


def _make_form(
    engine: Engine,
    form: Questionnaire,
    dialect: Dialect,
    columns: Mapping[str, Sequence[str]],
    name: str,
) -> dict[str, set[str]]:
    """Responses and answers of a questionnaire in wide rows; the columns filled by table."""
    response = {"instrument_id": Cell(constant=form.instrument_id), **form.response}
    if "respondent" not in response:
        response["respondent"] = Cell(constant="client")
    texts = {column: cell_sql(cell, dialect) for column, cell in response.items()}
    if "response_id" not in response:
        texts["response_id"] = _form_id(form, texts)
    answers = [_answer(form, column) for column in form.items.values()]
    listed = ", ".join(
        f"{texts.get(column, 'null::varchar')} as {identifier(column)}"
        for column in columns["responses"]
    )
    has_answer = " or ".join(f"{identifier(column)} is not null" for column in form.items.values())
    was_filled = has_answer or "false"
    if "total_score" in texts:
        was_filled += f" or ({texts['total_score']}) is not null"
    engine.execute(
        f"create or replace table {name}_responses as select {listed}, {_LINE} as line from kept"
        f" where ({condition_sql(form.where)}) and ({was_filled})"
    )
    engine.execute(f"insert into given select line, true from {name}_responses")
    filled = {"responses": set(texts)}
    if form.items:
        pairs = ", ".join(
            f"{{'item': '{item}', 'value': {text}}}"
            for item, text in zip(form.items, answers, strict=True)
        )
        engine.execute(
            f"create or replace table {name}_response_items as"
            " select response_id, answer.item as item, answer.value as value, line from"
            f" (select {texts['response_id']} as response_id, unnest([{pairs}]) as answer,"
            f" {_LINE} as line from kept where ({condition_sql(form.where)}) and ({has_answer}))"
        )
        filled["response_items"] = {"response_id", "item", "value"}
    return filled


def _form_id(form: Questionnaire, texts: Mapping[str, str]) -> str:
    """The same client, moment and respondent give the same response of an instrument."""
    parts = ", ".join(
        f"coalesce({texts[column]}, '')"
        for column in ("client_id", "administered_at", "respondent")
    )
    return f"{quoted(form.instrument_id + '-')} || left(sha256(concat_ws('\x1f', {parts})), 16)"


def _answer(form: Questionnaire, column: str) -> str:
    text = identifier(column)
    if form.extract:
        text = extract_sql(text, form.extract)
    return codes_sql(text, form.answers) if form.answers else text


def _refused(engine: Engine, file: MappedFile, error: DeliveryError, path: Path) -> LeftOut:
    """The whole file left out, line by line of a text file; a sheet counts as one."""
    n_lines = 1
    if not file.part.is_sheet:
        facts = examine(ByteStream(file.path, packing_of(file.path)))
        n_lines = max(facts.n_newlines + (not facts.ends_with_newline) - file.part.header_row, 1)
    engine.write_parquet(
        f"select range + {file.part.header_row + 1} as line,"
        f" {quoted(tolerant_csv.UNUSABLE)} as reason from range({n_lines}) order by line",
        path,
    )
    return LeftOut(file, path, refusal=str(error))


def described(part: FilePart) -> str:
    """The tables that a part's rows go to, for people."""
    tables = [each.table for each in part.tables]
    if part.questionnaires:
        tables.append("responses")
    return "+".join(dict.fromkeys(tables))
