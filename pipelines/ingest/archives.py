"""A delivery that comes as one ZIP archive, unpacked where it can do no harm.

An archive may lie about everything: names that lead elsewhere, links, sizes. So names are judged
before a byte is written, bytes are counted as they come out, and nothing inside is opened again.
"""

import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.errors import DeliveryError
from pipelines.files import private_folder

MAX_FILES = 10_000
MAX_UNPACKED_BYTES = 50 << 30
# An export of nothing but repeated answers packs a hundred to one, and the format's limit is a
# thousand to one: what lies above this, and is not small, was made to fill a disk.
MAX_RATIO = 300
BYTES_BEFORE_RATIO = 64 << 20
COPY_BYTES = 1 << 20
SHOWN_NAMES = 3

_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
# Archives by format, but each one document.
_DOCUMENTS = (".xlsx", ".xlsm", ".ods")
_ENCRYPTED = 0x1
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    ValueError,
)


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP archive by its first bytes, and no workbook by its name."""
    if path.is_symlink() or not path.is_file() or path.suffix.lower() in _DOCUMENTS:
        return False
    with path.open("rb") as handle:
        return handle.read(4).startswith(_SIGNATURES)


@contextmanager
def unpacked(archive: Path, beside: Path) -> Iterator[Path]:
    """The folder of the archive's files, in a new one in `beside`, for as long as the block runs.

    It has the archive's name without its ending; where the archive holds one folder and nothing
    beside it, it is that folder.

    Raises: DeliveryError when the archive is damaged, locked, too large or not safe to unpack.
    """
    # `.tmp`: what a killed process leaves of it is removed by a later run.
    with TemporaryDirectory(prefix="archive-", suffix=".tmp", dir=private_folder(beside)) as place:
        folder = private_folder(Path(place) / (archive.stem or "archive"))
        try:
            with zipfile.ZipFile(archive) as opened:
                members = _safe_members(opened, archive.name)
                _unpack(opened, members, folder, archive)
        except _DAMAGED:
            raise DeliveryError(
                "The archive cannot be read to its end.",
                where=archive.name,
                expected="a whole ZIP archive",
                found="damaged or missing parts, or a way of packing that is not known",
                todo="pack and deliver it again, or deliver the folder itself",
            ) from None
        inside = [path for path in folder.iterdir() if path.name != "__MACOSX"]
        yield inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def _safe_members(opened: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """The archive's files.

    Raises: DeliveryError when a name leads out of the archive, is there twice or is a link's, when
        a file is locked by a password, or when there are too many.
    """
    members = [member for member in opened.infolist() if not member.is_dir()]
    if len(members) > MAX_FILES:
        raise _refused(
            name,
            "The archive holds too many files.",
            expected=f"at most {MAX_FILES:,}",
            found=f"{len(members):,}",
            todo="deliver it in parts",
        )
    outside = [each.filename for each in members if _leads_outside(each)]
    if outside:
        raise _refused(
            name,
            "The archive holds names that lead out of it.",
            expected="names inside the archive, without `..`, `\\` or a drive",
            found=_shown(outside),
            todo="do not use this archive before you know who made it; pack the export again",
        )
    odd = [each.filename for each in members if not _is_regular(each)]
    if odd:
        raise _refused(
            name,
            "The archive holds links, which may lead anywhere.",
            expected="files and folders only",
            found=_shown(odd),
            todo="pack the files themselves",
        )
    seen: set[str] = set()
    twice = [each.filename for each in members if each.filename in seen or seen.add(each.filename)]
    if twice:
        raise _refused(
            name,
            "The archive holds two files of one name.",
            expected="each name once",
            found=_shown(twice),
            todo="pack the export again",
        )
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise _refused(
            name,
            "The archive is locked with a password.",
            expected="an archive that anybody who has it can open",
            found="files that are encrypted",
            todo="unpack it and deliver the folder",
        )
    return members


def _leads_outside(member: zipfile.ZipInfo) -> bool:
    # The name as it is written: reading it, Python has cut it at a zero byte.
    name = member.orig_filename
    parts = name.split("/")
    return (
        name.startswith("/")
        or "\\" in name
        or "\0" in name
        or ":" in parts[0]
        or any(part in {"", ".", ".."} for part in parts)
    )


def _is_regular(member: zipfile.ZipInfo) -> bool:
    mode = member.external_attr >> 16
    return stat.S_IFMT(mode) in {0, stat.S_IFREG}


def _unpack(
    opened: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path, archive: Path
) -> None:
    n_packed = archive.stat().st_size
    n_bytes = 0
    for member in members:
        target = folder / member.filename
        private_folder(target.parent)
        with opened.open(member) as source, target.open("xb") as copy:
            while chunk := source.read(COPY_BYTES):
                n_bytes += len(chunk)
                _refuse_bomb(archive.name, n_bytes, n_packed)
                copy.write(chunk)


def _refuse_bomb(name: str, n_bytes: int, n_packed: int) -> None:
    if n_bytes > MAX_UNPACKED_BYTES:
        raise _refused(
            name,
            "The archive is too large to unpack.",
            expected=f"at most {MAX_UNPACKED_BYTES >> 30} GB",
            found="more",
            todo="deliver it in parts, or as a folder",
        )
    if n_bytes > BYTES_BEFORE_RATIO and n_bytes > MAX_RATIO * n_packed:
        raise _refused(
            name,
            "The archive unpacks to far more than an export would.",
            expected=f"at most {MAX_RATIO} times its own size",
            found=f"more than {MAX_RATIO} times; unpacking was stopped",
            todo="do not unpack it by hand; ask its sender what it is",
        )


def _refused(name: str, message: str, *, expected: str, found: str, todo: str) -> DeliveryError:
    return DeliveryError(message, where=name, expected=expected, found=found, todo=todo)


def _shown(names: list[str]) -> str:
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
