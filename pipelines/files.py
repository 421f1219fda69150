"""Whole files only: hash, write and replace so that a reader never sees half of one.

What belongs here: the few operations by which bytes reach a disk safely. Which file lies where is
decided in `home.py`.
"""

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


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
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    return path


def temporary_beside(final: Path) -> Path:
    """A new name in the folder of `final`; `.tmp` files are removed by the next run."""
    private_folder(final.parent)
    return final.with_name(f"{final.name}.{uuid.uuid4().hex[:12]}.tmp")


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


def write_atomic(final: Path, content: str | bytes) -> None:
    """Write a whole file, or leave the old one as it was."""
    with atomic_path(final) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
