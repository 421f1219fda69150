"""What became of every delivered row, for all tables together: queries over the tables' accounts.

`staging.py` keeps four small accounts per table; these join them, with the rows of files that no
table takes, into `quarantine`, `stg_row_counts`, `stg_warning_counts` and `stg_rule_breaks`.
"""

from collections.abc import Sequence
from pathlib import Path

import polars

from pipelines.contracts.settle import CheckedFile
from pipelines.engine import path_list, quoted
from pipelines.warehouse.staging import QUARANTINE_ORDER

FILES_TABLE = "stg_files"
# Per account: how the names of the tables' own accounts begin, and the order of its rows.
ACCOUNT_TABLES = {
    "quarantine": ("quarantine_", f"table_name, {QUARANTINE_ORDER}"),
    "stg_row_counts": ("counts_", "file_id, delivery_id, table_name, row_status"),
    "stg_warning_counts": ("warnings_", "file_id, delivery_id, table_name, rule_id"),
    "stg_rule_breaks": ("breaks_", "file_id, delivery_id, table_name, rule_id"),
}


def account_select(name: str, parts: Sequence[Path], unread: Sequence[CheckedFile]) -> str:
    """The rows of one account: the tables' own `parts`, and of `unread` files that no table takes.

    Unread lines break no rule of a table.
    """
    _, order = ACCOUNT_TABLES[name]
    has_lines = name in {"quarantine", "stg_row_counts"}
    extra = _unread_rows(name, unread) if has_lines else ""
    return f"select * from read_parquet({path_list(parts)}){extra} order by {order}"


def _unread_rows(name: str, files: Sequence[CheckedFile]) -> str:
    parts = []
    for file in files:
        if file.broken is None:
            continue
        if name == "quarantine":
            parts.append(
                f" union all by name select {quoted(file.table)} as table_name,"
                f" {quoted(file.delivery_id)} as delivery_id,"
                f" date {quoted(str(file.delivered_on))} as delivered_on,"
                f" {quoted(file.file_id)} as file_id, {quoted(file.file_name)} as file_name,"
                " line, [reason] as reasons, cast(null as varchar) as delivered_row"
                f" from read_parquet({quoted(str(file.broken))})"
            )
        else:
            parts.append(
                f" union all by name select {quoted(file.file_id)} as file_id,"
                f" {quoted(file.delivery_id)} as delivery_id, {quoted(file.table)} as table_name,"
                f" 'quarantined' as row_status, cast({file.n_broken} as bigint) as n_rows"
            )
    return "".join(parts)


def files_frame(files: Sequence[CheckedFile]) -> polars.DataFrame:
    """`stg_files`: the landed files and the tables they held.

    Shape:  one row per delivery, file and table, in this order.
    """
    rows = [
        {
            "delivery_id": file.delivery_id,
            "source": file.source,
            "delivered_on": file.delivered_on,
            "file_id": file.file_id,
            "file_name": file.file_name,
            "table_name": file.table,
            "mode": "full" if file.is_full else "incremental",
            "n_delivered": file.n_delivered,
        }
        for file in files
    ]
    schema = {
        "delivery_id": polars.String, "source": polars.String, "delivered_on": polars.Date,
        "file_id": polars.String, "file_name": polars.String, "table_name": polars.String,
        "mode": polars.String, "n_delivered": polars.Int64,
    }  # fmt: skip
    return polars.DataFrame(rows, schema=schema).sort("delivery_id", "file_id", "table_name")
