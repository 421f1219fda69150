"""Whether the key in a model's header identifies the rows of the table it built."""

from dataclasses import dataclass

from pipelines.errors import CheckFailedError


@dataclass(frozen=True)
class KeyCheck:
    """Whether a built table's key identifies its rows.

    `n_repeated` are rows whose key is not after the key of the row before: in a table that is
    ordered by its key, the key came twice.
    """

    table: str
    n_rows: int
    n_repeated: int
    n_without_key: int

    @property
    def passed(self) -> bool:
        """No row without a key, no key twice."""
        return self.n_repeated == 0 and self.n_without_key == 0

    def require(self) -> None:
        """Stop the run when the key does not hold.

        Raises: CheckFailedError.
        """
        if not self.passed:
            raise CheckFailedError(
                "A table's key does not identify its rows.",
                where=self.table,
                expected="each key once, no part of it empty",
                found=f"{self.n_repeated} rows whose key does not follow the one before,"
                f" {self.n_without_key} without a key",
                todo=f"nothing was published; look at the Key and the query of {self.table}.sql",
            )
