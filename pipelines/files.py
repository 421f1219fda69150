"""Whole files only: hash, write and replace so that a reader never sees half of one.

What belongs here: the few operations by which bytes reach a disk safely. Which file lies where is
decided in `home.py`.
"""

import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
SECONDS_TO_ABANDON = 3600


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file's bytes, read in bounded memory."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def sha256_text(*parts: str) -> str:
    """Hex SHA-256 of texts, each preceded by its length, so that no two lists collide."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(f"{len(encoded)}:".encode())
        digest.update(encoded)
    return digest.hexdigest()


def private_folder(path: Path) -> Path:
    """The folder, made with its parents, readable by its owner only."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    # One by one: `parents=True` would leave the parents open to others.
    for folder in reversed(missing):
        folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    return path


def make_private(folder: Path) -> None:
    """Close to others what a library has written into a folder."""
    for path in folder.rglob("*"):
        path.chmod(PRIVATE_FOLDER if path.is_dir() else PRIVATE_FILE)


def temporary_beside(final: Path) -> Path:
    """A new name in the folder of `final`; what is left of one is removed by a later run."""
    private_folder(final.parent)
    return final.with_name(f"{final.name}.{uuid.uuid4().hex[:12]}.tmp")


def remove_abandoned(unfinished: Iterable[Path]) -> None:
    """Remove files and folders that a killed process left: untouched for an hour."""
    for path in unfinished:
        try:
            if time.time() - path.stat().st_mtime < SECONDS_TO_ABANDON:
                continue
        except FileNotFoundError:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def move_into_place(temporary: Path, final: Path) -> None:
    """Flush a finished file to disk and give it its name in one step."""
    with temporary.open("rb") as handle:
        os.fsync(handle.fileno())
    temporary.chmod(PRIVATE_FILE)
    temporary.replace(final)


@contextmanager
def atomic_path(final: Path) -> Iterator[Path]:
    """A temporary path in the same folder that becomes `final` when the block ends well.

    On an error nothing is left behind; a process that is killed leaves a `.tmp` file.
    """
    temporary = temporary_beside(final)
    try:
        yield temporary
        move_into_place(temporary, final)
    finally:
        temporary.unlink(missing_ok=True)


def write_note(final: Path, content: str) -> None:
    """Write a file of a cache: whole for any other process, but not flushed to disk.

    After a power cut it may be empty or gone, so that its reader must be able to do without it.
    """
    temporary = temporary_beside(final)
    try:
        temporary.write_text(content, encoding="utf-8")
        temporary.chmod(PRIVATE_FILE)
        temporary.replace(final)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomic(final: Path, content: str | bytes) -> None:
    """Write a whole file, or leave the old one as it was."""
    with atomic_path(final) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def write_once(final: Path, content: str) -> bool:
    """Write a whole file unless it is there already; of two processes only one is told True."""
    temporary = temporary_beside(final)
    try:
        temporary.write_text(content, encoding="utf-8")
        temporary.chmod(PRIVATE_FILE)
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        os.link(temporary, final)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True
