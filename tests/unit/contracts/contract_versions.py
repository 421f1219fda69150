"""The table of all contracts with what each promised under its version.

`python -m tests.unit.contracts.contract_versions` renews it, once the version numbers fit the
changes: removing and narrowing is major, adding and widening minor, words are a patch.
"""

import json
import sys
from pathlib import Path

from pipelines.contracts.contract_diff import Shape, compare
from pipelines.contracts.contract_files import SUFFIX, read_shapes
from pipelines.contracts.odcs import CONTRACT_FOLDER

TABLE = Path(__file__).with_name("contract_versions.jsonl")
RENEW = "python -m tests.unit.contracts.contract_versions"


def current() -> dict[str, Shape]:
    """What every contract says now."""
    shapes = read_shapes(sorted(CONTRACT_FOLDER.rglob(f"*{SUFFIX}")))
    return {shape["table"]: shape for shape in shapes}


def recorded() -> dict[str, Shape]:
    """What every contract said when the table was renewed."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    shapes = [json.loads(line) for line in lines]
    return {shape["table"]: shape for shape in shapes}


def problems(before: dict[str, Shape], now: dict[str, Shape]) -> dict[str, str]:
    """Contracts whose version does not fit what has changed."""
    found = {name: compare(before[name], now[name]).problem for name in before.keys() & now.keys()}
    return {name: found[name] for name in sorted(found) if found[name]}


def renew() -> dict[str, str]:
    """Write the table, unless a version does not fit; what is wrong otherwise."""
    now = current()
    found = problems(recorded() if TABLE.exists() else {}, now)
    if not found:
        lines = [json.dumps(now[name], sort_keys=True, separators=(",", ":")) for name in now]
        TABLE.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
    return found


if __name__ == "__main__":
    sys.exit("\n".join(f"{name}: {problem}" for name, problem in renew().items()) or 0)
