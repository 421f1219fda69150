"""Contracts of two folders or files side by side, for `outcomes contract diff`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.contracts.contract_diff import ContractDiff, Shape, compare, shape_of
from pipelines.contracts.odcs_file import Problems, read_yaml
from pipelines.errors import UsageError

SUFFIX = ".odcs.yaml"


@dataclass(frozen=True)
class FolderDiff:
    """What became of every contract of one place in another."""

    diffs: tuple[ContractDiff, ...]
    gone: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def is_honest(self) -> bool:
        """Every version number says how much its contract changed."""
        return not any(diff.problem for diff in self.diffs)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "contracts": [
                {**asdict(diff), "level": diff.level, "problem": diff.problem}
                for diff in self.diffs
                if diff.changes or diff.problem
            ],
            "gone": list(self.gone),
            "new": list(self.new),
            "is_honest": self.is_honest,
        }

    def lines(self) -> list[str]:
        """For people."""
        found: list[str] = [
            f"{name}: the contract is gone, which is breaking" for name in self.gone
        ]
        found += [f"{name}: a new contract" for name in self.new]
        for diff in self.diffs:
            if not diff.changes and not diff.problem:
                continue
            said = f"a {diff.level} change" if diff.level else "no change"
            found.append(f"{diff.table} {diff.before} -> {diff.after}: {said}")
            found += [f"  {change}" for change in diff.changes]
            if diff.problem:
                found.append(f"  what to do: {diff.problem}")
        return found or ["Nothing changed."]


def diff_contracts(old: Path, new: Path) -> FolderDiff:
    """What changed between two contract files, or between the files of two folders.

    Raises: UsageError where a file is compared with a folder; ContractError for what is no YAML.
    """
    if old.is_dir() != new.is_dir():
        raise UsageError(
            "A contract cannot be compared with a folder.",
            where=f"{old}, {new}",
            expected="two contract files, or two folders of them",
            todo="name both in the same way",
        )
    if not old.is_dir():
        ((before, after),) = zip(read_shapes([old]), read_shapes([new]), strict=True)
        return FolderDiff((compare(before, after),), (), ())
    shapes = [
        {shape["table"]: shape for shape in read_shapes(sorted(folder.rglob(f"*{SUFFIX}")))}
        for folder in (old, new)
    ]
    before, after = shapes
    return FolderDiff(
        diffs=tuple(
            compare(before[name], after[name]) for name in sorted(before.keys() & after.keys())
        ),
        gone=tuple(sorted(before.keys() - after.keys())),
        new=tuple(sorted(after.keys() - before.keys())),
    )


def read_shapes(paths: Sequence[Path]) -> list[Shape]:
    """What each of these contract files says.

    Raises: ContractError with every file that is no contract.
    """
    problems = Problems()
    found: list[Shape] = []
    for path in paths:
        content = read_yaml(path, problems)
        if content is None:
            continue
        try:
            found.append(shape_of(content))
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            place = f"{type(error).__name__}: {error}" if isinstance(error, KeyError) else "no ODCS"
            problems.add(path.name, "an ODCS contract of one table", place, "see the other files")
    problems.raise_if_any()
    return found
