"""What every landed line became: a row of a canonical table, or a reason why it has none."""

from pathlib import Path

from pipelines.engine import Engine, identifier, quoted
from pipelines.files import atomic_path
from pipelines.ingest.fhir.model import (
    CANONICAL_COLUMNS,
    ConvertedTable,
    FhirFinding,
    OutOfScope,
)
from pipelines.ingest.fhir.structures import OBSERVATION, QUESTIONNAIRE_RESPONSE, RESOURCE_TABLES


def exclude_what_is_left(engine: Engine) -> None:
    """Lines of used types that gave no row: read for another's row, or folded into one."""
    given = " union all ".join(
        f"select file_no, line from out_{table}" for table in CANONICAL_COLUMNS
    )
    engine.execute(f"create table given_lines as {given}")
    # A form that is left gave a response, and so did an Observation that leads an act of its own.
    others = [
        f"select file_no, line, {quoted(table.resource_type)} as resource_type,"
        f" 'fhir.read_for_another_row' as reason from {table.name}"
        for table in RESOURCE_TABLES.values()
        if table not in (OBSERVATION, QUESTIONNAIRE_RESPONSE)
    ]
    engine.execute(
        f"""
        insert into excluded
        with
        part_of_another as (
            select id from moved
            union all
            select act_id from act_names where is_of_form
        ),

        left_over as (
            select
                file_no,
                line,
                'Observation' as resource_type,
                'fhir.folded_into_response' as reason
            from fhir_observation
            where id in (select id from part_of_another)
            union all
            {" union all ".join(others)}
        )

        select r.*
        from left_over as r
        anti join given_lines as g on g.file_no = r.file_no and g.line = r.line
        """
    )
    # An entry of a Bundle on a line that has rows of others is not out of scope.
    engine.execute(
        """
        delete from excluded using given_lines as g
        where g.file_no = excluded.file_no and g.line = excluded.line
        """
    )


def converted_tables(engine: Engine) -> tuple[ConvertedTable, ...]:
    """One per canonical table and file with rows, in the order of its lines, then its columns."""
    return tuple(
        ConvertedTable(table, file_id, file_name, _in_order(engine, table, file_no), n_rows)
        for table in CANONICAL_COLUMNS
        for file_no, file_id, file_name, n_rows in _counts(engine, f"out_{table}")
    )


def _in_order(engine: Engine, table: str, file_no: int) -> str:
    """A FROM item; most rows lie in their order already, and to look costs less than to sort."""
    names = ", ".join(identifier(name) for name in CANONICAL_COLUMNS[table])
    rows = f"select {names}, line from out_{table} where file_no = {file_no}"
    (falls, stays) = engine.one(
        f"""
        select coalesce(bool_or(line < before), false), coalesce(bool_or(line = before), false)
        from (select line, lag(line) over () as before from ({rows}) as rows) as pairs
        """
    )
    if stays and not falls:
        (falls,) = engine.one(
            f"""
            select coalesce(bool_or(cells < before), false)
            from (
                select cells, lag(cells) over () as before
                from (select row(line, {names}) as cells from ({rows}) as rows) as listed
            ) as pairs
            """
        )
    return f"({rows} order by line, {names})" if falls else f"({rows})"


def write_out_of_scope(engine: Engine, out_dir: Path) -> tuple[OutOfScope, ...]:
    """One Parquet per resource type and file with lines that gave no row."""
    written = []
    types = engine.rows("select distinct resource_type from excluded order by resource_type")
    for (resource_type,) in types:
        engine.execute(
            "create or replace temp table of_type as select * from excluded"
            " where resource_type = $resource_type",
            {"resource_type": resource_type},
        )
        # A type is the source's own text and may hold anything; a file name may not.
        name = "".join(c for c in resource_type if c.isascii() and c.isalnum())[:64]
        for file_no, file_id, file_name, n_rows in _counts(engine, "of_type"):
            final = out_dir / f"out_of_scope-{name}-{file_id}.parquet"
            with atomic_path(final) as temporary:
                engine.write_parquet(
                    f"select line, reason from of_type where file_no = {file_no}"
                    " order by line, reason",
                    temporary,
                )
            written.append(OutOfScope(resource_type, file_id, file_name, final, n_rows))
    return tuple(written)


def find_findings(engine: Engine) -> tuple[FhirFinding, ...]:
    """Counts of what is odd inside lines that gave a row."""
    found = engine.rows(
        """
        select n.code, n.resource_type, f.file_id, f.file_name, count(distinct n.line)
        from findings as n
        inner join fhir_files as f on f.file_no = n.file_no
        group by n.code, n.resource_type, f.file_no, f.file_id, f.file_name
        order by n.code, n.resource_type, f.file_no
        """
    )
    return tuple(FhirFinding(*row) for row in found)


def _counts(engine: Engine, table: str) -> list[tuple[int, str, str, int]]:
    return engine.rows(
        f"""
        select f.file_no, f.file_id, f.file_name, count(*)
        from {table} as t
        inner join fhir_files as f on f.file_no = t.file_no
        group by f.file_no, f.file_id, f.file_name
        order by f.file_no
        """
    )
