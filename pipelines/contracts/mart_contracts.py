"""Contracts of the public tables: what a column of a mart means, its unit, which way is good.

`data_contracts/marts/<table>.odcs.yaml` are ODCS 3.1 files. What belongs here is reading them; the
data dictionary is made from them, and a convention test holds them against the tables themselves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipelines.contracts.odcs_file import Node, Problems, read_yaml
from pipelines.engine import identifier

MART_CONTRACTS = Path(__file__).parents[2] / "data_contracts" / "marts"
# The same of what may be shown, for each audience.
PUBLISHED_CONTRACTS = MART_CONTRACTS.with_name("published")
DIRECTIONS = ("higher_is_better", "higher_is_worse", "none")
SHARE = "share 0-1"
CLASSIFICATIONS = ("identifying", "clinical", "operational")


@dataclass(frozen=True)
class MartColumn:
    """One column. `key_position` is its place in the table's key, 0 outside of it.

    `unit` says what is counted or measured; `direction` whether more of it is good for clients.
    """

    name: str
    logical_type: str
    physical_type: str
    is_required: bool
    key_position: int
    classification: str
    unit: str
    direction: str
    description: str


@dataclass(frozen=True)
class MartContract:
    """One public table."""

    table: str
    version: str
    purpose: str
    usage: str
    limitations: str
    grain: str
    columns: tuple[MartColumn, ...]

    @property
    def broken_by(self) -> str:
        """A condition in SQL that is true for a row that is not what its columns promise.

        Required columns have a value, shares lie from 0 to 1, and nothing is counted below 0.
        """
        broken = [f"{name} is null" for name in self._named(lambda each: each.is_required)]
        for name in self._named(lambda each: each.unit == SHARE):
            broken.append(f"not {name} between 0 and 1")
        for name in self._named(lambda each: each.name.startswith("n_")):
            broken.append(f"{name} < 0")
        return " or ".join(broken) or "false"

    def _named(self, wanted: Callable[[MartColumn], bool]) -> list[str]:
        return [identifier(column.name) for column in self.columns if wanted(column)]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell its rows apart, in their order."""
        own = [column for column in self.columns if column.key_position]
        return tuple(column.name for column in sorted(own, key=lambda each: each.key_position))


@cache
def load_mart_contracts(folder: Path = MART_CONTRACTS) -> dict[str, MartContract]:
    """The contract of every public table, by name.

    Raises: ContractError with every problem of every file.
    """
    problems = Problems()
    found: dict[str, MartContract] = {}
    for path in sorted(folder.glob("*.odcs.yaml")):
        content = read_yaml(path, problems)
        if content is not None:
            contract = _contract(Node(content, path.name, problems))
            if contract.table != path.name.removesuffix(".odcs.yaml"):
                problems.add(path.name, "the file's name", contract.table, "rename one of them")
            found[contract.table] = contract
    problems.raise_if_any()
    return found


def public_contracts() -> dict[str, MartContract]:
    """The contracts of all tables that analysts and pages may rely on: marts and published ones."""
    return load_mart_contracts() | load_mart_contracts(PUBLISHED_CONTRACTS)


def _contract(file: Node) -> MartContract:
    file.must_be("apiVersion", "v3.1.0")
    file.must_be("kind", "DataContract")
    about = file.node("description")
    tables = file.nodes("schema")
    if len(tables) != 1:
        file.wrong("schema", "one table")
    table = tables[0] if tables else Node({}, file.where, file.problems)
    return MartContract(
        table=file.text("name"),
        version=file.text("version"),
        purpose=about.text("purpose"),
        usage=about.text("usage"),
        limitations=about.text("limitations"),
        grain=table.text("dataGranularityDescription"),
        columns=tuple(_column(node) for node in table.nodes("properties")),
    )


def _column(node: Node) -> MartColumn:
    name = node.text("name")
    column = Node(node.content, f"{node.where}, {name}", node.problems)
    column.only(
        "name", "logicalType", "physicalType", "required", "primaryKey", "primaryKeyPosition",
        "classification", "description", "customProperties",
    )  # fmt: skip
    is_key = column.flag("primaryKey")
    direction = column.custom("direction", optional=True) or "none"
    if direction not in DIRECTIONS:
        column.wrong("customProperties", f"a direction of {', '.join(DIRECTIONS)}")
    return MartColumn(
        name=name,
        logical_type=column.text("logicalType"),
        physical_type=column.text("physicalType"),
        is_required=column.flag("required"),
        key_position=int(column.number("primaryKeyPosition") or 0) if is_key else 0,
        classification=column.choice("classification", CLASSIFICATIONS),
        unit=column.custom("unit"),
        direction=direction,
        description=column.text("description"),
    )
