"""A Parquet file's columns as the text that a CSV export of the same rows would hold.

So that one set of rules judges both. Writers differ in how they keep whole numbers with gaps
(floats with NaN), dates (timestamps at midnight) and lists; the contract's type decides here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from pipelines.engine import Engine, identifier, quoted
from pipelines.errors import DeliveryError, ModelError


class ContractColumn(Protocol):
    """What a reader asks of a contract's column."""

    @property
    def name(self) -> str:
        """The column's name in the export."""
        ...

    @property
    def type(self) -> str:
        """`string`, `date`, `timestamp`, `integer`, `decimal` or `boolean`."""
        ...

    @property
    def required(self) -> bool:
        """Whether the column must be there and filled."""
        ...


def parquet_columns(path: Path, file_name: str, *, scratch: Path) -> dict[str, str]:
    """Column names of a Parquet file with the engine's types, in file order.

    Raises: DeliveryError when the file's footer cannot be read.
    """
    with Engine(scratch=scratch) as engine:
        try:
            rows = engine.rows(f"describe select * from read_parquet({quoted(str(path))})")
        except ModelError:
            raise unreadable_parquet(file_name) from None
    return {str(row[0]): str(row[1]) for row in rows}


def parquet_text_select(
    path: Path, physical: Mapping[str, str], contract_columns: Sequence[ContractColumn]
) -> str:
    """FROM expression with the contract's columns of a Parquet file as VARCHAR."""
    kinds = {column.name: column.type for column in contract_columns}
    cells = ", ".join(
        f"{_text_of(identifier(name), physical_type, kinds[name])} as {identifier(name)}"
        for name, physical_type in physical.items()
        if name in kinds
    )
    return f"(select {cells} from read_parquet({quoted(str(path))}))"


def unreadable_parquet(file_name: str) -> DeliveryError:
    """The error for a Parquet file that breaks off or is damaged."""
    return DeliveryError(
        "The Parquet file cannot be read to its end.",
        where=file_name,
        expected="a whole Parquet file",
        found="damaged or missing parts",
        todo="deliver the file again",
    )


def _text_of(column: str, physical_type: str, kind: str) -> str:
    plain = f"cast({column} as varchar)"
    if physical_type.endswith("[]"):
        return f"array_to_string({column}, ';')"
    if physical_type.startswith("TIMESTAMP"):
        if physical_type == "TIMESTAMP WITH TIME ZONE":
            # Written with its offset, so that the session's time zone plays no part.
            moment = f"({column} at time zone 'UTC')"
            text = f"strftime({moment}, '%Y-%m-%dT%H:%M:%S.%fZ')"
        else:
            moment = f"cast({column} as timestamp)"
            text = f"strftime({moment}, '%Y-%m-%dT%H:%M:%S.%f')"
        if kind == "date":
            day = f"cast(cast({moment} as date) as varchar)"
            return f"case when date_trunc('day', {moment}) = {moment} then {day} else {text} end"
        return text
    if physical_type in {"FLOAT", "DOUBLE"}:
        whole = f"cast(cast({column} as bigint) as varchar)"
        exact = f"abs({column}) < 1e15 and {column} = trunc({column})"
        # pandas keeps a whole number with gaps as a float, and the gap as NaN.
        return f"case when isnan({column}) then null when {exact} then {whole} else {plain} end"
    if physical_type.startswith("DECIMAL") and kind == "integer":
        whole = f"cast(trunc({column}) as bigint)"
        return (
            f"case when {column} = trunc({column}) then cast({whole} as varchar) else {plain} end"
        )
    return plain
