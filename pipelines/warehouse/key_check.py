"""Whether a built table keeps its key and what its contract promises of its columns."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.contracts.mart_contracts import MartContract
from pipelines.engine import Engine, identifier, quoted
from pipelines.errors import CheckFailedError
from pipelines.warehouse.model_file import Model


@dataclass(frozen=True)
class KeyCheck:
    """Whether a built table's key identifies its rows, and these are what its contract promises.

    `n_repeated` are rows whose key is not after the key of the row before: in a table that is
    ordered by its key, the key came twice.
    """

    table: str
    n_rows: int
    n_repeated: int
    n_without_key: int
    n_unpromised: int = 0

    @property
    def passed(self) -> bool:
        """No row without a key, no key twice, none that the contract rules out."""
        return self.n_repeated == 0 and self.n_without_key == 0 and self.n_unpromised == 0

    def require(self) -> None:
        """Stop the run when the key or the contract does not hold.

        Raises: CheckFailedError.
        """
        if self.n_unpromised:
            raise CheckFailedError(
                "A table is not what its contract promises.",
                where=self.table,
                expected="a value in required columns, shares from 0 to 1, no count below 0",
                found=f"{self.n_unpromised} of {self.n_rows} rows that are not so",
                todo=f"nothing was published; look at {self.table}.odcs.yaml and {self.table}.sql",
            )
        if not self.passed:
            raise CheckFailedError(
                "A table's key does not identify its rows.",
                where=self.table,
                expected="each key once, no part of it empty",
                found=f"{self.n_repeated} rows whose key does not follow the one before,"
                f" {self.n_without_key} without a key",
                todo=f"nothing was published; look at the Key and the query of {self.table}.sql",
            )


def key_check(engine: Engine, model: Model, path: Path, contract: MartContract | None) -> KeyCheck:
    """Check the table that a model built, in one pass without memory.

    A table is written in the order of its key, so that each row need only come after the row before
    it: that proves the order and that no key is there twice.
    """
    key = [identifier(column) for column in model.key]
    row = f"row({', '.join(key)})"
    empty = " or ".join(f"{column} is null" for column in key)
    unpromised = contract.broken_by if contract else "false"
    counts = engine.one(
        "select count(*), count(*) filter (where not follows), count(*) filter (where is_empty),"
        " count(*) filter (where is_unpromised)"
        f" from (select coalesce({row} > lag({row}) over (), true) as follows,"
        f" {empty} as is_empty, {unpromised} as is_unpromised"
        f" from read_parquet({quoted(str(path))}))"
    )
    return KeyCheck(model.name, *counts)
