"""Landing: taking a delivery's bytes into the home, exactly as they are, once.

Files are named by their SHA-256 and never changed; the manifest is written last. What the bytes
mean is told apart by `recognition.py` and judged later.
"""

import hashlib
import os
import stat
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal, cast
from zoneinfo import ZoneInfo

from pipelines.audit import ledger
from pipelines.errors import DeliveryError, UsageError
from pipelines.files import PRIVATE_FILE, move_into_place, temporary_beside
from pipelines.home import Home
from pipelines.ingest.archives import is_archive, unpacked
from pipelines.ingest.manifest import (
    Delivery,
    Kind,
    LandedFile,
    Mode,
    Unrecognised,
    content_hash,
    deliveries,
    delivery_id,
    landed_path,
    write_manifest,
)
from pipelines.ingest.mapped.mapping_file import source_mapping
from pipelines.ingest.mapped.recognition import recognise_mapped
from pipelines.ingest.recognition import is_data, is_unfinished, recognise

COPY_BYTES = 1 << 20
_new_digest = hashlib.sha256
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL
NOTE_FILE = "delivery.toml"
MODES: tuple[Mode, ...] = ("full", "incremental")


@dataclass(frozen=True)
class _Found:
    """A file of a delivery with its name inside the delivery."""

    name: str
    path: Path


def land(
    home: Home,
    paths: Sequence[Path],
    *,
    source: str,
    mode: Mode | None = None,
    delivered_on: date | None = None,
    default_mode: Mode = "full",
) -> Delivery:
    """Take one delivery, a folder, a ZIP archive or files given together, into the home.

    `mode` and `delivered_on` override what the folder's `delivery.toml` says. Without either, the
    mode is `default_mode`; the day is the folder's name if that is a date, else today in the
    clinic's time zone, unless the same files were landed before.

    Raises: DeliveryError when nothing of it is data, when it holds symbolic links or two files for
        one table, when an archive is not safe to unpack, or when a file changes while it is read.
        Nothing is landed then.
    """
    with _opened(home, paths) as opened:
        folder, found = _list_files(opened)
        note = _read_note(folder)
        mode = mode or note.mode or default_mode
        fixed_on = delivered_on or note.delivered_on or _date_of_name(folder)
        if fixed_on is None and opened != paths:
            fixed_on = _date_of_name(paths[0].with_suffix(""))
        mapping = source_mapping(home, source)
        if mapping is not None:
            kind: Kind = "mapped"
            holds, unrecognised = recognise_mapped(mapping, [(f.name, f.path) for f in found])
            taken = [(file, holds[file.name]) for file in found if file.name in holds]
        else:
            kind, taken, unrecognised = _recognise_all(home, found)
        files, repeated = _copy_all(home, taken)
    unrecognised = tuple(sorted(unrecognised + repeated, key=lambda file: file.name))
    if fixed_on is None:
        again = _landed_before(home, source=source, kind=kind, mode=mode, files=files)
        if again is not None:
            return again
        fixed_on = _today(home)
    delivery = Delivery(
        delivery_id=delivery_id(
            source=source, kind=kind, mode=mode, delivered_on=fixed_on, files=files
        ),
        source=source,
        kind=kind,
        mode=mode,
        delivered_on=fixed_on,
        content_hash=content_hash(files),
        files=files,
        unrecognised=unrecognised,
        is_new=True,
    )
    if not write_manifest(home, delivery):
        return replace(delivery, is_new=False)
    ledger.append(
        home,
        "landed",
        {
            "delivery_id": delivery.delivery_id,
            "source": source,
            "kind": kind,
            "mode": mode,
            "delivered_on": fixed_on.isoformat(),
            "files": {file.name: file.file_id for file in files},
            "unrecognised": len(unrecognised),
        },
    )
    return delivery


@contextmanager
def _opened(home: Home, paths: Sequence[Path]) -> Iterator[Sequence[Path]]:
    """The paths as they are, or in place of one archive the folder that it holds."""
    if len(paths) == 1 and is_archive(paths[0]):
        with unpacked(paths[0], home.landed_files.parent) as folder:
            yield [folder]
    else:
        yield paths


def _list_files(paths: Sequence[Path]) -> tuple[Path | None, list[_Found]]:
    """The delivery's folder, if it has one, and its files by their names inside it."""
    for path in paths:
        if path.is_symlink():
            raise _refuse_links(path.name, [path.name])
        if not path.exists():
            raise UsageError(
                "There is nothing at this path.",
                where=str(path),
                expected="a folder or file",
                found="nothing",
                todo="correct the path",
            )
    if len(paths) == 1 and paths[0].is_dir():
        folder = paths[0]
        return folder, _walk(folder)
    if not paths or any(path.is_dir() for path in paths):
        raise UsageError(
            "A delivery is one folder, or files that belong together.",
            expected="one folder, or one or more files",
            found=f"{len(paths)} paths, folders among them" if paths else "no path",
            todo="land each folder by itself",
        )
    files = [_Found(path.name, path) for path in paths]
    repeated = {file.name for file in files if [each.name for each in files].count(file.name) > 1}
    if repeated:
        raise UsageError(
            "Two files of one delivery have the same name.",
            expected="each name once",
            found=", ".join(sorted(repeated)),
            todo="land them as two deliveries",
        )
    parents = {path.absolute().parent for path in paths}
    return (parents.pop() if len(parents) == 1 else None), [f for f in files if is_data(f.name)]


def _walk(folder: Path) -> list[_Found]:
    found: list[_Found] = []
    links: list[str] = []
    unfinished: list[str] = []
    for place, folder_names, file_names in os.walk(folder):
        here = Path(place)
        links += [str(here / name) for name in folder_names if (here / name).is_symlink()]
        # Hidden folders are a program's own; sorted, so that messages do not depend on the disk.
        folder_names[:] = sorted(name for name in folder_names if not name.startswith("."))
        for name in sorted(file_names):
            path = here / name
            if is_unfinished(name):
                unfinished.append(name)
            elif path.is_symlink():
                links.append(str(path))
            elif is_data(name):
                found.append(_Found(path.relative_to(folder).as_posix(), path))
    if links:
        raise _refuse_links(folder.name, [str(Path(link).relative_to(folder)) for link in links])
    if unfinished:
        raise DeliveryError(
            "The delivery is still being written.",
            where=folder.name,
            expected="finished files only",
            found=", ".join(unfinished),
            todo="wait until it is finished, or remove what an interrupted copy left behind",
        )
    return found


def _refuse_links(where: str, names: Sequence[str]) -> DeliveryError:
    return DeliveryError(
        "A delivery holds symbolic links, which may lead anywhere.",
        where=where,
        expected="files and folders only",
        found=", ".join(sorted(names)),
        todo="copy the files themselves",
    )


@dataclass(frozen=True)
class _Note:
    mode: Mode | None = None
    delivered_on: date | None = None


def _read_note(folder: Path | None) -> _Note:
    """What the folder's delivery.toml says."""
    path = folder / NOTE_FILE if folder else None
    if path is None or not path.is_file() or path.is_symlink():
        return _Note()
    expected = 'mode = "full" or "incremental" and delivered_on = YYYY-MM-DD, both optional'
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        mode = content.pop("mode", None)
        day = content.pop("delivered_on", None)
        if isinstance(day, str):
            day = date.fromisoformat(day)
        if content:
            raise ValueError(f"unknown key {', '.join(sorted(content))}")
        if mode is not None and mode not in MODES:
            raise ValueError("another mode")
        if day is not None and type(day) is not date:
            raise ValueError("delivered_on is no date")
    except (ValueError, TypeError) as error:
        raise DeliveryError(
            "The delivery's note cannot be used.",
            where=f"{path.parent.name}/{NOTE_FILE}",
            expected=expected,
            found=str(error).splitlines()[0],
            todo="correct or remove the line",
        ) from None
    return _Note(mode=cast(Mode | None, mode), delivered_on=day)


def _today(home: Home) -> date:
    return datetime.now(ZoneInfo(home.settings.time_zone)).date()


def _date_of_name(folder: Path | None) -> date | None:
    try:
        return datetime.strptime(folder.name, "%Y-%m-%d").date() if folder else None
    except ValueError:
        return None


def _recognise_all(
    home: Home, found: Sequence[_Found]
) -> tuple[Kind, list[tuple[_Found, str]], tuple[Unrecognised, ...]]:
    taken: dict[Kind, list[tuple[_Found, str]]] = {"canonical": [], "fhir": []}
    unrecognised: list[Unrecognised] = []
    for file in found:
        if not stat.S_ISREG(file.path.stat().st_mode):
            unrecognised.append(Unrecognised(file.name, "not a regular file"))
            continue
        what = recognise(file.path, file.name, scratch=home.scratch)
        if isinstance(what, str):
            unrecognised.append(Unrecognised(file.name, what))
        else:
            taken[what.kind].append((file, what.holds))
    if taken["canonical"] and taken["fhir"]:
        raise DeliveryError(
            "A delivery holds both canonical tables and FHIR resources.",
            expected="one kind of export in a delivery",
            found=f"{len(taken['canonical'])} tables, {len(taken['fhir'])} files of resources",
            todo="deliver them in two folders",
        )
    kind: Literal["canonical", "fhir"] = "canonical" if taken["canonical"] else "fhir"
    if not taken[kind]:
        by_reason: dict[str, list[str]] = {}
        for file in unrecognised:
            by_reason.setdefault(file.reason, []).append(file.name)
        reasons = "; ".join(f"{', '.join(names)}: {why}" for why, names in by_reason.items())
        raise DeliveryError(
            "Nothing in the delivery is data that can be read.",
            expected="files named by the tables of the canonical export (clients.csv, ...),"
            " or FHIR R4 resources as JSON",
            found=reasons or "no files",
            todo="name the files by their tables, or draft with `outcomes map FILE` how a file of"
            " another layout is to be read",
        )
    _refuse_repeated_tables(taken["canonical"])
    return kind, taken[kind], tuple(unrecognised)


def _refuse_repeated_tables(taken: Sequence[tuple[_Found, str]]) -> None:
    """Two files for one table have no order, so nothing could say which row is the later one."""
    names: dict[str, list[str]] = {}
    for file, table in taken:
        names.setdefault(table, []).append(file.name)
    repeated = [", ".join(sorted(files)) for files in names.values() if len(files) > 1]
    if repeated:
        raise DeliveryError(
            "A delivery holds two files for one table.",
            expected="one file per table",
            found="; ".join(sorted(repeated)),
            todo="deliver them in two folders, the newer one with a later date",
        )


def _copy_all(
    home: Home, taken: Sequence[tuple[_Found, str]]
) -> tuple[tuple[LandedFile, ...], tuple[Unrecognised, ...]]:
    """The landed files, and those whose bytes another file of the delivery has already."""
    files: dict[str, LandedFile] = {}
    repeated: list[Unrecognised] = []
    for file, holds in sorted(taken, key=lambda pair: pair[0].name):
        file_id, n_bytes = _copy(home, file)
        if file_id in files:
            repeated.append(Unrecognised(file.name, f"the same bytes as {files[file_id].name}"))
        else:
            files[file_id] = LandedFile(file.name, file_id, n_bytes, holds)
    return tuple(files.values()), tuple(repeated)


def _copy(home: Home, file: _Found) -> tuple[str, int]:
    """Hash and size of the file, whose bytes lie in the landing store afterwards."""
    temporary = temporary_beside(home.landed_files / "incoming")
    digest, n_bytes = _new_digest(), 0
    try:
        # Not following links even if one was put there since the folder was listed.
        delivered_file = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW)
        with (
            os.fdopen(delivered_file, "rb") as delivered,
            os.fdopen(os.open(temporary, NEW_FILE, PRIVATE_FILE), "wb") as copy,
        ):
            before = os.fstat(delivered.fileno())
            # A file that grows as fast as it is read would never end.
            while n_bytes <= before.st_size and (chunk := delivered.read(COPY_BYTES)):
                digest.update(chunk)
                copy.write(chunk)
                n_bytes += len(chunk)
            after = file.path.stat(follow_symlinks=False)
        if n_bytes != before.st_size or _identity(before) != _identity(after):
            raise DeliveryError(
                "A file changed while it was read.",
                where=file.name,
                expected="a finished file",
                found="another size or time of change at the end than at the start",
                todo="deliver it again when it is finished",
            )
        file_id = digest.hexdigest()
        final = landed_path(home, file_id)
        if not final.exists():
            move_into_place(temporary, final)
        return file_id, n_bytes
    finally:
        temporary.unlink(missing_ok=True)


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _landed_before(
    home: Home, *, source: str, kind: Kind, mode: Mode, files: Sequence[LandedFile]
) -> Delivery | None:
    """The latest delivery of the same files, for a delivery whose day nobody has said."""
    wanted = (source, kind, mode, content_hash(files))
    return next(
        (
            delivery
            for delivery in reversed(deliveries(home))
            if (delivery.source, delivery.kind, delivery.mode, delivery.content_hash) == wanted
        ),
        None,
    )
