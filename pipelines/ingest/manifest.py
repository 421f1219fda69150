"""A delivery's manifest: what was handed over, when it counts from, and which bytes it is.

A manifest is written last, so a delivery without one was never landed. It holds nothing that
depends on the clock or on the order of landing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pipelines.errors import DeliveryError
from pipelines.files import sha256_text, write_once
from pipelines.home import Home

Mode = Literal["full", "incremental"]
Kind = Literal["canonical", "fhir", "mapped"]

FORMAT = 1
ID_LENGTH = 16


@dataclass(frozen=True)
class LandedFile:
    """One file of a delivery.

    `holds` is its table, the type of its first FHIR resource, or the tables a mapping makes of it.
    """

    name: str
    file_id: str
    n_bytes: int
    holds: str


@dataclass(frozen=True)
class Unrecognised:
    """A file that was there and not taken, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Delivery:
    """A landed delivery; deliveries count in the order of (`delivered_on`, `content_hash`).

    `is_new` is false when the same delivery had been landed before, which changes nothing.
    """

    delivery_id: str
    source: str
    kind: Kind
    mode: Mode
    delivered_on: date
    content_hash: str
    files: tuple[LandedFile, ...]
    unrecognised: tuple[Unrecognised, ...] = ()
    is_new: bool = field(default=False, compare=False)

    def path_of(self, home: Home, file: LandedFile) -> Path:
        """Where the file's bytes lie."""
        return landed_path(home, file.file_id)


def landed_path(home: Home, file_id: str) -> Path:
    """Where the bytes with this SHA-256 lie, landed or not."""
    return home.landed_files / file_id


def content_hash(files: Sequence[LandedFile]) -> str:
    """SHA-256 over the names and bytes of a delivery's files, in any order."""
    pairs = sorted((file.name, file.file_id) for file in files)
    return sha256_text(*(part for pair in pairs for part in pair))


def delivery_id(
    *, source: str, kind: Kind, mode: Mode, delivered_on: date, files: Sequence[LandedFile]
) -> str:
    """The delivery's name: a hash of all that makes a difference to figures."""
    parts = (mode, source, kind, delivered_on.isoformat(), content_hash(files))
    return sha256_text(*parts)[:ID_LENGTH]


def deliveries(home: Home) -> list[Delivery]:
    """All landed deliveries in the order in which they count.

    Raises: DeliveryError when a manifest cannot be read.
    """
    found = [_read(path) for path in home.manifests.glob("*.json")]
    return sorted(found, key=lambda each: (each.delivered_on, each.content_hash, each.delivery_id))


def write_manifest(home: Home, delivery: Delivery) -> bool:
    """Make the delivery exist, whose files are there already; False if it did before.

    Of two processes that land it at once only one is told True.
    """
    content = {
        "format": FORMAT,
        "delivery_id": delivery.delivery_id,
        "source": delivery.source,
        "kind": delivery.kind,
        "mode": delivery.mode,
        "delivered_on": delivery.delivered_on.isoformat(),
        "content_hash": delivery.content_hash,
        "files": [
            {
                "name": file.name,
                "file_id": file.file_id,
                "n_bytes": file.n_bytes,
                "holds": file.holds,
            }
            for file in delivery.files
        ],
        "unrecognised": [
            {"name": file.name, "reason": file.reason} for file in delivery.unrecognised
        ],
    }
    return write_once(
        home.manifests / f"{delivery.delivery_id}.json",
        json.dumps(content, indent=2, sort_keys=True) + "\n",
    )


def _read(path: Path) -> Delivery:
    try:
        content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}")
        return Delivery(
            delivery_id=content["delivery_id"],
            source=content["source"],
            kind=content["kind"],
            mode=content["mode"],
            delivered_on=date.fromisoformat(content["delivered_on"]),
            content_hash=content["content_hash"],
            files=tuple(LandedFile(**file) for file in content["files"]),
            unrecognised=tuple(Unrecognised(**file) for file in content["unrecognised"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DeliveryError(
            "A manifest of the landing store cannot be read.",
            where=str(path),
            expected=f"a manifest of format {FORMAT}",
            found=f"{type(error).__name__}: {error}",
            todo="restore it from a backup, or remove it and land the delivery again",
        ) from None
