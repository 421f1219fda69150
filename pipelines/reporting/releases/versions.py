"""The versions of one period's report: drafts that are replaced whole, releases that never change.

`<period>/v<N>/` appears and is replaced in one step, so that a reader finds all pages of one
version or all of another. A version with a `seal.json` is released: the seal names every file of it
with its SHA-256, and nothing here writes into it again.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.files import private_folder, sha256_file, temporary_beside, write_atomic

SEAL_FILE = "seal.json"
# What a version was made from, and for which inputs a released one was found to still hold.
MADE_FROM = "made_from.json"
LOOKED_AT = "looked_at.json"
READ_ONLY = 0o400
_VERSION = re.compile(r"v([1-9]\d*)")
_REPLACED = ".replaced"


@dataclass(frozen=True)
class Version:
    """One version of a period's report."""

    number: int
    folder: Path

    @property
    def is_released(self) -> bool:
        """Whether it is sealed."""
        return (self.folder / SEAL_FILE).is_file()

    @property
    def made_from(self) -> Mapping[str, Any]:
        """What its writer noted of its sources; empty where it noted nothing."""
        return _read(self.folder / MADE_FROM)

    @property
    def is_whole(self) -> bool:
        """Whether a draft has every file that its writer noted; of a release the seal says it."""
        noted = self.made_from.get("files", ())
        return self.is_released or all((self.folder / name).is_file() for name in noted)

    @property
    def release(self) -> Mapping[str, Any]:
        """Who released it, when and why; empty for a draft."""
        return _read(self.folder / SEAL_FILE).get("release", {})

    @property
    def change_words(self) -> str:
        """What the director's page says of the version before; empty where there is none."""
        report = _read(self.folder / "director" / "report.json")
        return report.get("head", {}).get("change_words", "")


def versions_of(period: Path) -> list[Version]:
    """The versions in a period's folder, the oldest first."""
    found = [
        Version(int(match[1]), path)
        for path in (period.iterdir() if period.is_dir() else ())
        if (match := _VERSION.fullmatch(path.name)) and path.is_dir()
    ]
    return sorted(found, key=lambda version: version.number)


def newest_version(period: Path) -> Version | None:
    """The last version, draft or released."""
    return next(reversed(versions_of(period)), None)


def last_released(period: Path) -> Version | None:
    """The last version that was released."""
    return next((each for each in reversed(versions_of(period)) if each.is_released), None)


def released_periods(reports: Path) -> list[str]:
    """The periods with a released version, in order."""
    return sorted(path.name for path in reports.glob("*") if last_released(path) is not None)


def moved_since_release(reports: Path) -> dict[str, Version]:
    """Drafts of a next version, by the released period whose figures have moved since."""
    newest = {name: newest_version(reports / name) for name in released_periods(reports)}
    return {name: each for name, each in newest.items() if each and not each.is_released}


def holds_for(period: Path, inputs: str) -> bool:
    """Whether the newest version says what would be said from these inputs."""
    newest = newest_version(period)
    if newest is None or not inputs or not newest.is_whole:
        return False
    looked = _read(period / LOOKED_AT)
    return newest.made_from.get("inputs") == inputs or (
        looked.get("inputs") == inputs and looked.get("version") == newest.number
    )


def drafts_out_of_date(reports: Path, inputs: str) -> list[str]:
    """The periods whose newest version is a draft made from something else than these inputs."""
    newest = {path: newest_version(path) for path in sorted(reports.glob("*"))}
    return [
        path.name
        for path, each in newest.items()
        if each and not each.is_released and not holds_for(path, inputs)
    ]


def note_unchanged(period: Path, inputs: str, released: Version) -> None:
    """Keep the released version as the newest: these inputs change no figure of it."""
    for version in versions_of(period):
        if version.number > released.number and not version.is_released:
            shutil.rmtree(version.folder)
    content = {"inputs": inputs, "version": released.number}
    write_atomic(period / LOOKED_AT, json.dumps(content, sort_keys=True) + "\n")


@contextmanager
def staged(period: Path, number: int) -> Iterator[Path]:
    """A folder to write a version into, which takes its place when the block ends well.

    On an error nothing of it is left, and the version that was there stays.
    """
    final = period / f"v{number}"
    temporary = private_folder(temporary_beside(final))
    try:
        yield temporary
        if (final / SEAL_FILE).is_file():
            raise FileExistsError(f"{final.name} of {period.name} is released")
        _swap(temporary, final)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _swap(temporary: Path, final: Path) -> None:
    replaced = final.with_name(final.name + _REPLACED)
    if final.exists():
        final.rename(replaced)
    temporary.rename(final)
    shutil.rmtree(replaced, ignore_errors=True)


def finish_swaps(period: Path) -> None:
    """End what a process that was killed in the middle of a swap had begun, and drop its pages.

    Only for whoever holds the writer's lock: what is half written is then nobody's.
    """
    for half_written in period.glob("v*.tmp"):
        shutil.rmtree(half_written)
    for replaced in period.glob(f"v*{_REPLACED}"):
        final = replaced.with_name(replaced.name.removesuffix(_REPLACED))
        if final.exists():
            shutil.rmtree(replaced)
        else:
            replaced.rename(final)


def file_names(folder: Path) -> list[str]:
    """Every file of a version but its seal, by its path in it."""
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / SEAL_FILE
    ]


def content_hashes(folder: Path) -> dict[str, str]:
    """Every file of a version but its seal, by its path in it, with its SHA-256."""
    return {name: sha256_file(folder / name) for name in file_names(folder)}


def seal(folder: Path, release: Mapping[str, Any]) -> None:
    """Write down every file of a version with its hash, and close all of them for writing."""
    content = {"release": dict(release), "files": content_hashes(folder)}
    write_atomic(folder / SEAL_FILE, json.dumps(content, indent=1, sort_keys=True) + "\n")
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(READ_ONLY)


def seal_hash(folder: Path) -> str:
    """The SHA-256 of a version's seal, which the ledger keeps."""
    return sha256_file(folder / SEAL_FILE)


def altered_files(folder: Path) -> list[str]:
    """Files of a released version that are not what its seal says, or not there."""
    sealed, found = _read(folder / SEAL_FILE).get("files", {}), content_hashes(folder)
    return sorted(
        name for name in sealed.keys() | found.keys() if sealed.get(name) != found.get(name)
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
