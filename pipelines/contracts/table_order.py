"""In which order tables of an export are told and written: parents before what points to them."""

from collections.abc import Mapping

from pipelines.contracts.odcs import Contract
from pipelines.errors import ContractError


def table_order(contracts: Mapping[str, Contract]) -> list[str]:
    """The tables so that every one comes after those that its keys point to.

    `clients` first, `deletions` last, otherwise by name among those that may come next.

    Raises: ContractError when keys go round in a circle.
    """
    waiting = {
        table: {
            column.references[0]
            for column in contract.columns
            if column.references is not None and column.references[0] != table
        }
        & contracts.keys()
        for table, contract in contracts.items()
    }
    order: list[str] = []
    while waiting:
        ready = [table for table, parents in waiting.items() if parents <= set(order)]
        if not ready:
            raise ContractError(
                "The keys of these tables point round in a circle.",
                where=", ".join(sorted(waiting)),
                expected="tables that can be ordered by their foreign keys",
                found="each waits for another",
                todo="remove one of the relationships from its contract",
            )
        table = min(ready, key=lambda name: (name == "deletions", name != "clients", name))
        order.append(table)
        del waiting[table]
    return order
