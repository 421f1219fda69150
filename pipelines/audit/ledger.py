"""The ledger: one JSON line per event, each holding the hash of the line before.

A line that is changed or removed breaks the chain from there on. The ledger is the only place of a
home that knows the wall clock; no figure depends on it.
"""

import fcntl
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.files import PRIVATE_FILE, sha256_text
from pipelines.home import Home

FIRST_PREVIOUS = "0" * 64


def append(home: Home, event: str, details: Mapping[str, Any]) -> None:
    """Add one event. Details hold names and counts, never a client's value.

    Appends take turns on the file itself, so that a reader's export and a run can both write.
    """
    descriptor = os.open(home.ledger, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    with os.fdopen(descriptor, "r+b") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        content = handle.read()
        if content and not content.endswith(b"\n"):
            # A writer was killed inside its line: keep what is there and start a new line.
            handle.write(b"\n")
        previous = _last_hash(content)
        body = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": event,
            "details": dict(details),
            "previous": previous,
        }
        body["hash"] = sha256_text(json.dumps(body, sort_keys=True))
        handle.write((json.dumps(body, sort_keys=True) + "\n").encode())
        handle.flush()
        os.fsync(handle.fileno())


def _last_hash(content: bytes) -> str:
    for line in reversed(content.splitlines()):
        try:
            return str(json.loads(line)["hash"])
        except (ValueError, KeyError):
            continue
    return FIRST_PREVIOUS


def events(home: Home) -> list[dict[str, Any]]:
    """All events, oldest first; a torn last line is left out."""
    if not home.ledger.exists():
        return []
    found = []
    for line in home.ledger.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def first_broken_link(path: Path) -> int | None:
    """Line number (1-based) of the first event that does not fit its chain; None when all do."""
    previous = FIRST_PREVIOUS
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            body = json.loads(line)
            claimed = body.pop("hash")
        except (ValueError, KeyError):
            return number
        if body["previous"] != previous or sha256_text(json.dumps(body, sort_keys=True)) != claimed:
            return number
        previous = claimed
    return None
