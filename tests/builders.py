"""Small made-up clinics as tables: `Bench` builds any model from them with the project's own SQL.

It holds the staged and reference tables of one clinic in an in-memory DuckDB. Their columns are in
`table_columns.py`, what a row holds by default in `table_rows.py`, what is known of instruments in
`made_up_catalogue.py`.
"""

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipelines.comparison.estimate_tables import KEYS as ESTIMATE_KEYS
from pipelines.comparison.tables import SCHEMAS
from pipelines.comparison_settings import ComparisonSettings
from pipelines.instruments.measures import measure_tables
from pipelines.warehouse.model_file import SQL_FOLDER, Model, load_checks, read_model
from tests.made_up_catalogue import reference_rows
from tests.table_columns import DDL
from tests.table_rows import Row, complete_row

PARAMETERS: dict[str, Any] = {
    "as_of_on": date(2025, 12, 31),
    "first_score_days": 14,
    "derived_end_days": 90,
    "clinic_name": "Example Hill Clinic",
    "early_response_share": None,
    "early_response_weeks": None,
    "early_response_source": None,
    "trajectory_positions": 26,
    "dropout_return_days": 60,
    "protocol_sessions": 0,
    "safety_action_days": 2,
    "session_window_days": 7,
    "case_mix_covariates": ["symptom_baseline", "age_band", "sex", "problem"],
    "age_bands": [18, 30, 45, 60],
    "minimum_pairs": 30,
    "minimum_units": 10,
    "minimum_stratum_clients": 10,
    "reference_starts_on": None,
    "reference_ends_on": None,
    "reference_set_on": None,
    "reference_minimum_scores": 30,
}
COMPARISON_TABLES = frozenset(SCHEMAS)


@cache
def model(name: str) -> Model:
    """The model of this name."""
    (path,) = SQL_FOLDER.glob(f"[!cf]*/{name}.sql")
    return read_model(path)


@cache
def checks() -> dict[str, Model]:
    """The invariants, by name."""
    return load_checks()


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="clinic-outcomes-bench-")


@cache
def _template() -> Path:
    """A database of the macros, the empty tables and what is known of instruments.

    Made once: a copy of it costs a tenth of what making it does.
    """
    path = Path(_scratch().name) / "template.duckdb"
    with duckdb.connect(str(path)) as connection:
        for file in sorted((SQL_FOLDER / "functions").glob("*.sql")):
            connection.execute(file.read_text(encoding="utf-8"))
        for table, columns in DDL.items():
            connection.execute(f"create table {table} ({columns})")
        for table, rows in reference_rows().items():
            _insert(connection, table, rows)
        for table, frame in measure_tables().items():
            # The project's own measures: they name no instrument of the made-up catalogue.
            if table in DDL:
                _insert(connection, table, frame.to_dicts())
    return path


@cache
def _model_columns(name: str) -> str:
    """The columns of a model's table with their types, as it is built from nothing."""
    bench = Bench()
    bench.build(name)
    columns = bench.columns(name)
    bench.close()
    return ", ".join(f"{column} {kind}" for column, kind in columns.items())


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Mapping[str, Any]]
) -> None:
    """Add rows to a table, all in one statement: one for each takes twenty times as long."""
    described = connection.execute(f"describe {table}").fetchall()
    types = {column: kind for column, kind, *_ in described}
    full = [complete_row(table, row) if table in DDL else row for row in rows]
    columns = sorted({column for row in full for column in row})
    unknown = [column for column in columns if column not in types]
    if unknown:
        raise KeyError(f"{table} has no column {', '.join(unknown)}")
    if not full:
        return
    shape = json.dumps([{column: types[column] for column in columns}])
    values = json.dumps(
        [{column: row.get(column) for column in columns} for row in full], default=str
    )
    connection.execute(
        f"insert into {table} ({', '.join(columns)})"
        f" select unnest(from_json_strict(cast(? as varchar), '{shape}'), max_depth := 2)",
        [values],
    )


class Bench:
    """One clinic's tables, and the models built from them."""

    def __init__(self, parameters: Mapping[str, Any] | None = None) -> None:
        self.parameters = {**PARAMETERS, **(parameters or {})}
        self.connection = duckdb.connect(":memory:")
        self.connection.execute(f"attach '{_template()}' as template (read_only)")
        self.connection.execute("copy from database template to memory")
        self.connection.execute("detach template")
        # So few rows are faster on one thread.
        self.connection.execute("set threads = 1")
        self._built: set[str] = set()
        self.comparison = ComparisonSettings()

    def close(self) -> None:
        """Give the memory back."""
        self.connection.close()

    def fill(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace a table's rows. A model's own rows may be given too: it is then not built."""
        if table not in DDL:
            self._make_empty(table)
        self.connection.execute(f"delete from {table}")
        _insert(self.connection, table, rows)

    def columns(self, table: str) -> dict[str, str]:
        """A table's columns and their types."""
        described = self.connection.execute(f"describe {table}").fetchall()
        return {name: kind for name, kind, *_ in described}

    def build(self, name: str) -> None:
        """Make a model's table, and first those it reads and nobody has given."""
        if name in DDL or name in self._built:
            return
        if name in COMPARISON_TABLES:
            self._compare()
            return
        if name in ESTIMATE_KEYS:
            self._estimate(name)
            return
        for table in sorted(model(name).inputs):
            self.build(table)
        self._run(name)

    def rows(self, name: str, columns: Sequence[str] | None = None) -> list[Row]:
        """A model's rows in the order of its key."""
        self.build(name)
        result = self.connection.execute(f"select * from {name}")
        names = [column[0] for column in result.description or []]
        found = [dict(zip(names, values, strict=True)) for values in result.fetchall()]
        return found if columns is None else [{c: row[c] for c in columns} for row in found]

    def check(self, name: str) -> list[tuple[Any, ...]]:
        """What an invariant of `sql/checks/` returns: nothing when it holds."""
        check = checks()[name]
        for table in sorted(check.inputs):
            self.build(table)
        return self.connection.execute(check.sql).fetchall()

    def forget(self, name: str) -> None:
        """Build this model anew when it is asked for next; its inputs stay."""
        self._built.discard(name)

    def restart(self) -> None:
        """Forget what was built, keep what was filled."""
        self._built.clear()

    def _run(self, name: str) -> None:
        # A generated clinic names only the parameters that it varies.
        given = {**PARAMETERS, **self.parameters}
        wanted = {key: given[key] for key in model(name).parameters}
        self.connection.execute(f"create or replace table {name} as {model(name).sql}", wanted)
        self._built.add(name)

    def _compare(self) -> None:
        # Imported here: most tests compare nobody.
        from pipelines.comparison.measures import INPUTS
        from tests.comparison_tables import make_comparison

        for table in INPUTS:
            self.build(table)
        make_comparison(self.connection, self.comparison)
        self._built |= COMPARISON_TABLES

    def _estimate(self, name: str) -> None:
        from pipelines.comparison.estimates import INPUTS
        from tests.comparison_tables import make_estimate

        for table in INPUTS[name]:
            self.build(table)
        make_estimate(self.connection, name, self.comparison)
        self._built.add(name)

    def _make_empty(self, name: str) -> None:
        """The model's columns without rows, so that a test can give them."""
        if name in self._built:
            return
        if name in COMPARISON_TABLES or name in ESTIMATE_KEYS:
            self.build(name)
        else:
            self.connection.execute(f"create or replace table {name} ({_model_columns(name)})")
            self._built.add(name)
