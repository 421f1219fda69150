"""The tables of the canonical export that the demo writes, as their contracts have them."""

from pipelines.contracts.cell_types import DUCKDB_TYPES
from pipelines.contracts.odcs import load_contracts

# Columns in their order, with DuckDB's types, which Parquet alone needs: a CSV file has none.
TABLES: dict[str, dict[str, str]] = {
    table: {column.name: DUCKDB_TYPES[column.type] for column in contract.columns}
    for table, contract in load_contracts().items()
}
