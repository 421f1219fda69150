"""Sources: the places of `clinic.toml` from which deliveries are pulled.

A kind of source is a function from its settings to offers: local paths that make up one delivery
each. A kind that fetches from elsewhere (an object store, a server) brings its files to a local
folder first and offers that; landing does not know the difference.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import cast

from pipelines.errors import DeliveryError, SettingsError
from pipelines.files import write_atomic
from pipelines.home import Home, SourceSettings
from pipelines.ingest.archives import is_archive
from pipelines.ingest.landing import land
from pipelines.ingest.manifest import Delivery, Mode
from pipelines.ingest.recognition import is_data, is_unfinished


@dataclass(frozen=True)
class Offer:
    """What may be landed as one delivery. `state` changes whenever a file of it does."""

    name: str
    paths: tuple[Path, ...]
    state: str


def folder_offers(source: SourceSettings) -> Iterator[Offer]:
    """Every subfolder and archive is a delivery; files that lie loose are one delivery together.

    What is still being written (`*.part`, `*.tmp`, or a folder with `.incomplete`) is left alone,
    and so is what vanishes while it is looked at: somebody is at work there.

    Raises: SettingsError when the folder is not there.
    """
    if source.path is None:
        return
    if not source.path.is_dir():
        raise SettingsError(
            "A source's folder is not there.",
            where=f"clinic.toml, [sources.{source.name}] path",
            expected="a folder",
            found=str(source.path),
            todo="make the folder or correct the path",
        )
    entries = sorted(source.path.iterdir())
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink() and not entry.name.startswith("."):
            names = [name for _, _, files in os.walk(entry) for name in files]
            if not any(is_data(name) for name in names) or any(map(is_unfinished, names)):
                continue
            if (state := _state([entry])) is not None:
                yield Offer(entry.name, (entry,), state)
    loose = [entry for entry in entries if entry.is_symlink() or entry.is_file()]
    archives = [entry for entry in loose if is_data(entry.name) and is_archive(entry)]
    for archive in archives:
        if (state := _state([archive])) is not None:
            yield Offer(archive.name, (archive,), state)
    loose = [entry for entry in loose if entry not in archives]
    data = tuple(entry for entry in loose if is_data(entry.name))
    if not data or any(is_unfinished(entry.name) for entry in loose):
        return
    # delivery.toml beside loose files counts for them, so it is part of their state.
    if (state := _state(loose)) is not None:
        yield Offer("", data, state)


SOURCE_KINDS: Mapping[str, Callable[[SourceSettings], Iterator[Offer]]] = MappingProxyType(
    {"folder": folder_offers}
)


def pull(
    home: Home, *, on_refused: Callable[[DeliveryError], None] | None = None
) -> list[Delivery]:
    """Land what the configured sources have and return the deliveries that were new.

    One delivery that cannot be landed does not hold up the others: it goes to `on_refused`, or,
    without that, is raised after all others were landed.

    Raises: SettingsError for a source of an unknown kind; DeliveryError as above.
    """
    seen = _Seen(home)
    landed: list[Delivery] = []
    refused: list[DeliveryError] = []
    for source, offer in _new_offers(home, seen):
        try:
            delivery = land(
                home, offer.paths, source=source.name, default_mode=cast(Mode, source.mode)
            )
        except DeliveryError as error:
            refused.append(_named(error, source, offer))
            continue
        seen.remember(source, offer, delivery)
        if delivery.is_new:
            landed.append(delivery)
    seen.save()
    if on_refused is not None:
        for error in refused:
            on_refused(error)
    elif len(refused) == 1:
        raise refused[0]
    elif refused:
        raise DeliveryError(
            f"{len(refused)} deliveries cannot be landed; the others were.",
            found="\n" + "\n".join(str(error) for error in refused),
            todo="mend or remove them",
        )
    return landed


def waiting(home: Home) -> list[Offer]:
    """What `pull` would look at now: offers that were not landed in their present state.

    Raises: SettingsError for a source of an unknown kind.
    """
    return [offer for _, offer in _new_offers(home, _Seen(home))]


def _new_offers(home: Home, seen: "_Seen") -> Iterator[tuple[SourceSettings, Offer]]:
    sources = home.settings.sources
    for source in sources:
        if source.kind not in SOURCE_KINDS:
            raise SettingsError(
                "A source's kind is not known.",
                where=f"clinic.toml, [sources.{source.name}] kind",
                expected=f"one of {', '.join(sorted(SOURCE_KINDS))}",
                found=source.kind,
                todo="correct the word",
            )
    for source in sources:
        for offer in SOURCE_KINDS[source.kind](source):
            if not seen.has(source, offer):
                yield source, offer


def _named(error: DeliveryError, source: SourceSettings, offer: Offer) -> DeliveryError:
    """The error with the place of the delivery in front of the place inside it."""
    inside = error.where if error.where not in {"", offer.name} else ""
    place = "/".join(part for part in (source.name, offer.name, inside) if part)
    return DeliveryError(
        error.message, where=place, expected=error.expected, found=error.found, todo=error.todo
    )


def _state(paths: list[Path]) -> str | None:
    """Hash of names, sizes and times of change, read without opening a file.

    None when a file vanished meanwhile.
    """
    digest = hashlib.sha256()
    try:
        for top in paths:
            inside = sorted(top.rglob("*")) if top.is_dir() and not top.is_symlink() else []
            for path in (top, *inside):
                status = path.lstat()
                # The time of the last change of any kind (ctime) cannot be set back by a copying
                # program, as the time of modification can.
                facts = (str(path), status.st_size, status.st_mtime_ns, status.st_ctime_ns)
                if not path.is_dir():
                    digest.update(repr(facts).encode())
    except FileNotFoundError:
        return None
    return digest.hexdigest()


class _Seen:
    """Remembers which state of which offer was landed, so that it is not hashed again.

    A cache: without it everything is read again and nothing is landed twice.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._path = home.manifests.parent / "seen.json"
        try:
            self._known: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            self._known = {}
        self._used: dict[str, str] = {}

    def has(self, source: SourceSettings, offer: Offer) -> bool:
        key = self._key(source, offer)
        found = self._known.get(key)
        if found is None or not (self._home.manifests / f"{found}.json").exists():
            return False
        self._used[key] = found
        return True

    def remember(self, source: SourceSettings, offer: Offer, delivery: Delivery) -> None:
        self._used[self._key(source, offer)] = delivery.delivery_id

    def save(self) -> None:
        if self._used != self._known:
            write_atomic(self._path, json.dumps(self._used, indent=1, sort_keys=True) + "\n")

    @staticmethod
    def _key(source: SourceSettings, offer: Offer) -> str:
        return "|".join((source.name, source.mode, offer.name, offer.state))
