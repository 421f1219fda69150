"""A first draft of a mart's or published table's contract, to be finished by a person.

`python -m tests.conventions.draft_contract pub_waits` writes the file, or prints it where there is
one. Names, types, key and grain come from the model; what a column means from the contract of the
mart that the table is made from, or of another table that has the column. `TODO` is left to write.
"""

import sys
import textwrap
from collections.abc import Iterator

from pipelines.comparison.made_tables import GRAINS, KEYS
from pipelines.contracts.mart_contracts import (
    MART_CONTRACTS,
    PUBLISHED_CONTRACTS,
    SHARE,
    MartColumn,
    load_mart_contracts,
)
from pipelines.warehouse.model_file import load_models
from tests.builders import Bench

_TODO = "TODO."
_LOGICAL = {
    "VARCHAR": "string", "DATE": "date", "TIMESTAMP": "timestamp", "BOOLEAN": "boolean",
    "BIGINT": "integer", "INTEGER": "integer", "DOUBLE": "number",
}  # fmt: skip


def known_columns(table: str) -> dict[str, MartColumn]:
    """Columns that a contract explains already; those of the table's own mart come first."""
    contracts = load_mart_contracts() | load_mart_contracts(PUBLISHED_CONTRACTS)
    own = f"mart_{table.partition('_')[2]}"
    found: dict[str, MartColumn] = {}
    for name in sorted(contracts, key=lambda each: (each != table, each != own, each)):
        for column in contracts[name].columns:
            found.setdefault(column.name, column)
    return found


def draft(table: str, bench: Bench) -> str:
    """The contract's text."""
    known = known_columns(table)
    model = load_models().get(table)
    purpose, grain, key = (
        (model.purpose, model.grain, model.key) if model else (_TODO, GRAINS[table], KEYS[table])
    )
    bench.build(table)
    lines = [
        textwrap.shorten(f"# {purpose.partition('. ')[0].rstrip('.')}.", 100, placeholder=" ..."),
        "apiVersion: v3.1.0",
        "kind: DataContract",
        f"id: clinic-outcomes-{table.replace('_', '-')}",
        f"name: {table}",
        "version: 1.0.0",
        "status: active",
        "domain: clinic-outcomes",
        "description:",
    ]
    for name, text in (("purpose", purpose), ("usage", _usage(table)), ("limitations", _TODO)):
        lines += [f"  {name}: >-", *_folded(text, 4)]
    lines += ["schema:", f"- name: {table}", "  logicalType: object", "  physicalType: table"]
    lines += ["  description: >-", *_folded(purpose, 4)]
    lines += ["  dataGranularityDescription: >-", *_folded(grain.rstrip("."), 4), "  properties:"]
    for name, kind in bench.columns(table).items():
        lines += _column(name, kind, key, known.get(name))
    return "\n".join(lines) + "\n"


def _usage(table: str) -> str:
    if f"mart_{table.partition(chr(95))[2]}" in load_mart_contracts() and table.startswith("pub_"):
        return (
            f"What mart_{table.removeprefix('pub_')} says, as far as an audience may see it; pages"
            " and data files read nothing else."
        )
    return _TODO


def _column(name: str, kind: str, key: tuple[str, ...], known: MartColumn | None) -> Iterator[str]:
    yield f"  - name: {name}"
    logical = "array" if kind.endswith("[]") else _LOGICAL.get(kind, "number")
    yield f"    logicalType: {logical}"
    quote = '"' if "(" in kind or "[" in kind else ""
    yield f"    physicalType: {quote}{kind}{quote}"
    if name in key:
        yield "    required: true"
        yield "    primaryKey: true"
        yield f"    primaryKeyPosition: {key.index(name) + 1}"
    yield f"    classification: {known.classification if known else 'operational'}"
    yield "    description: >-"
    yield from _folded(known.description if known else _TODO, 6)
    yield "    customProperties:"
    yield "    - property: unit"
    yield f"      value: {known.unit if known else _unit(name)}"
    if known and known.direction != "none":
        yield "    - property: direction"
        yield f"      value: {known.direction}"


def _unit(name: str) -> str:
    return SHARE if name.removesuffix("_lower").removesuffix("_upper").endswith("_rate") else _TODO


def _folded(text: str, indent: int) -> list[str]:
    body = textwrap.fill(text, width=100 - indent, break_on_hyphens=False)
    return textwrap.indent(body, " " * indent).splitlines()


def main() -> None:
    """Write the drafts of the tables named on the command line."""
    bench = Bench()
    for table in sys.argv[1:]:
        folder = PUBLISHED_CONTRACTS if table.startswith("pub_") else MART_CONTRACTS
        path = folder / f"{table}.odcs.yaml"
        text = draft(table, bench)
        if path.exists():
            print(text)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"{path}: {text.count(_TODO)} places to finish")


if __name__ == "__main__":
    main()
