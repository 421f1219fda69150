"""What must not stand in a tracked file, and what the lock files promise."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Written in parts, so that this file does not hold what it forbids.
FORBIDDEN = [
    "/" + "work/",
    "/" + "farm/",
    "/" + "root/",
    "py" + "pi.org",
    "files.python" + "hosted",
    "registry." + "npmjs",
    "deb." + "debian.org",
]


def tracked_files() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a clone: what is tracked cannot be known")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = [name for name in listed.stdout.decode().split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_no_tracked_file_names_a_machine_or_a_registry() -> None:
    found = []
    for path in tracked_files():
        content = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {text}" for text in FORBIDDEN if text in content]
    assert found == []


def pins(name: str) -> set[tuple[str, str]]:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", text, flags=re.MULTILINE)
    # One hash at least for each pin: pip refuses the whole file otherwise.
    assert len(re.findall(r"\\\n {4}--hash=sha256:", text)) >= len(found)
    return {(package.lower(), version) for package, version in found}


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert runtime < development

    def asked(requirements: list[str]) -> set[tuple[str, str]]:
        split = (each.partition(";")[0].strip().split("==") for each in requirements)
        return {(re.sub(r"\[.*\]", "", package).lower(), version) for package, version in split}

    assert asked(project["dependencies"]) <= runtime
    assert asked(project["optional-dependencies"]["build"]) <= runtime
    assert asked(project["optional-dependencies"]["dev"]) <= development


def test_every_command_of_the_readme_is_a_target() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    used = set(re.findall(r"\bmake ([a-z]+)\b(?=`|\s+#|$)", readme, flags=re.MULTILINE))
    assert {"report", "test"} <= used <= targets
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
