"""Sources whose reversed items are most likely turned once too often or not at all, in words."""

from pipelines.engine import quoted
from pipelines.warehouse.build_run import BuildRun

REVERSED_ITEMS_TABLE = "int_reversed_items"


def turned_twice(run: BuildRun, source: str | None = None) -> list[str]:
    """One message for each suspicious row of `int_reversed_items`, or of one source's rows.

    None where a run of a few tables never built it.
    """
    if REVERSED_ITEMS_TABLE not in run.tables:
        return []
    rows = run.engine.rows(
        "select source, instrument_id, n_forms"
        f" from read_parquet({quoted(str(run.table_path(REVERSED_ITEMS_TABLE)))})"
        " where is_suspicious and ($source is null or source = $source)"
        " order by source, instrument_id",
        {"source": source},
    )
    return [
        f"The reversed items of {instrument_id} do not fit what {of_source} delivers.\n"
        f"  where: clinic.toml, [sources.{of_source}] items_already_reversed\n"
        "  expected: plain and reversed items, as scored, rise and fall together\n"
        f"  found: they go against each other over {n_forms:,} whole forms\n"
        "  what to do: compare a printed form with what was delivered; name the instrument there if"
        " the source turns its items already, take it out if not"
        for of_source, instrument_id, n_forms in rows
    ]
