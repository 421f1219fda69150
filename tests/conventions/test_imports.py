"""Who may import whom: stages in the order of the data, Dagster at the rim, nothing slow early."""

import ast
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pipelines"
MODULES = sorted(PACKAGE.rglob("*.py"))

STAGES = (
    "ingest",
    "contracts",
    "instruments",
    "drafting",
    "warehouse",
    "comparison",
    "reporting",
    "audit",
    "demo",
)
# Every stage that does something worth keeping writes a line to the ledger.
FOR_ALL_STAGES = {"pipelines.audit.ledger"}
# Beside definitions.py, but above the stages: they assemble them.
ASSEMBLY = {
    "pipelines.definitions",
    *(f"pipelines.{path.stem}" for path in PACKAGE.glob("cli*.py")),
}
DAGSTER_FILES = {"assets.py", "checks.py", "resources.py"}
DAGSTER_MODULES = {
    "pipelines/definitions.py",
    "pipelines/partitions.py",
    "pipelines/run_history.py",
}
SECONDS_TO_IMPORT = 3.0


def names_imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def stage_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "pipelines" and parts[1] in STAGES else None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_comes_before_it(path: Path) -> None:
    own = stage_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
    is_plain = path.parent == PACKAGE
    for name in names_imported(path):
        if any(name == each or name.startswith(f"{each}.") for each in FOR_ALL_STAGES):
            continue
        if own is not None:
            assert name not in ASSEMBLY, f"{name} assembles the stages"
            stage = stage_of(name)
            # `from pipelines.audit import ledger` names the package first.
            is_package_alone = name == f"pipelines.{stage}"
            if stage and not is_package_alone:
                assert STAGES.index(stage) <= STAGES.index(own), f"{name} comes after {own}"
        elif is_plain and f"pipelines.{path.stem}" not in ASSEMBLY:
            assert stage_of(name) is None, f"{name} is a stage, and this module comes before them"


@pytest.mark.parametrize("name", sorted(FOR_ALL_STAGES))
def test_what_all_stages_may_import_imports_no_stage(name: str) -> None:
    path = ROOT / Path(*name.split(".")).with_suffix(".py")
    assert [each for each in names_imported(path) if stage_of(each)] == []


def test_only_the_rim_imports_dagster() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if any(name.split(".")[0] == "dagster" for name in names_imported(path))
        and path.name not in DAGSTER_FILES
        and str(path.relative_to(ROOT)) not in DAGSTER_MODULES
    ]
    assert wrong == []


def test_modules_with_assets_keep_their_annotations() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if "__future__.annotations" in names_imported(path)
        and any(name.split(".")[0] == "dagster" for name in names_imported(path))
    ]
    assert wrong == [], "Dagster rejects the context's type when annotations are postponed"


def test_definitions_import_fast_and_without_great_expectations() -> None:
    program = (
        "import sys, pipelines.definitions;"
        "heavy = {'great_expectations', 'playwright'} & set(sys.modules);"
        "sys.exit(','.join(sorted(heavy)) or 0)"
    )
    # Processor time, and the fastest of twelve: the first one may still be writing byte code, and a
    # core that is shared with another busy one is slower.
    seconds = []
    for _ in range(12):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode == 0, done.stderr
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if seconds[-1] < SECONDS_TO_IMPORT:
            return
    raise AssertionError(f"importing pipelines.definitions took {min(seconds):.1f} s")
