"""Tables as files named by their content, and what each was built from.

`warehouse/<table>/<hash>.parquet` never changes. `warehouse/builds/<fingerprint>.json` remembers
which files a build gave, so that a build with the same inputs is not done twice, and a run that was
killed goes on where it stopped.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.files import (
    move_into_place,
    private_folder,
    sha256_file,
    temporary_beside,
    write_note,
)

HASH_LENGTH = 32


@dataclass(frozen=True)
class BuiltTable:
    """One table's content: its name, the hash that names its file, and its rows."""

    table: str
    content: str
    n_rows: int


class Store:
    """The `warehouse/` folder of a home."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._builds = folder / "builds"
        private_folder(self._builds)

    def path(self, table: str, content: str) -> Path:
        """Where a table's content lies."""
        return self.folder / table / f"{content}.parquet"

    def keep(self, table: str, write: Callable[[Path], int]) -> BuiltTable:
        """Write a table and name it by its content. `write` gets a path and returns its rows."""
        temporary = temporary_beside(self.folder / table / "building")
        try:
            n_rows = write(temporary)
            content = sha256_file(temporary)[:HASH_LENGTH]
            move_into_place(temporary, self.path(table, content))
        finally:
            temporary.unlink(missing_ok=True)
        return BuiltTable(table=table, content=content, n_rows=n_rows)

    def remember(self, fingerprint: str, built: Sequence[BuiltTable]) -> None:
        """Note what a build with this fingerprint gave."""
        lines = [asdict(table) for table in built]
        write_note(self._builds / f"{fingerprint}.json", json.dumps(lines))

    def recall(self, fingerprint: str) -> tuple[BuiltTable, ...] | None:
        """What an earlier build with this fingerprint gave, if all its files are still there."""
        built = _read_note(self._builds / f"{fingerprint}.json")
        if built and all(self.path(table.table, table.content).exists() for table in built):
            return built
        return None

    def remove_all_but(self, kept: Collection[tuple[str, str]]) -> int:
        """Remove contents that nothing names any more, their notes, and unfinished files.

        `kept` are (table, content) pairs. Only for whoever holds the writer's lock.
        """
        removed = 0
        for path in self.folder.glob("*/*"):
            table, name = path.parent.name, path.name
            if table == "scratch" or path.is_dir():
                continue
            if table == self._builds.name:
                stale = name.endswith(".tmp") or not self._note_is_kept(path, kept)
            else:
                stale = (table, path.stem) not in kept
            if stale:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    @staticmethod
    def _note_is_kept(note: Path, kept: Collection[tuple[str, str]]) -> bool:
        built = _read_note(note)
        return bool(built) and all((table.table, table.content) in kept for table in built)


def _read_note(note: Path) -> tuple[BuiltTable, ...]:
    """What a note says; nothing when it is not there or a power cut has emptied it."""
    try:
        lines = json.loads(note.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return ()
    return tuple(BuiltTable(**line) for line in lines)
