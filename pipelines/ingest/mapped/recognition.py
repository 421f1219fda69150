"""Which files of a delivery a mapping reads, before any of them is copied."""

import stat
from collections.abc import Sequence
from pathlib import Path

from pipelines.errors import DeliveryError
from pipelines.ingest.manifest import Unrecognised
from pipelines.ingest.mapped.convert import described, parts_of
from pipelines.ingest.mapped.model import SourceMapping
from pipelines.ingest.mapped.source_rows import refuse_notes_of


def recognise_mapped(
    mapping: SourceMapping, files: Sequence[tuple[str, Path]]
) -> tuple[dict[str, str], tuple[Unrecognised, ...]]:
    """By name the files that the mapping reads with the tables they give; all others with why.

    Raises: DeliveryError when it reads none of them, or one has columns of notes.
    """
    taken: dict[str, str] = {}
    unrecognised: list[Unrecognised] = []
    for name, path in files:
        if not stat.S_ISREG(path.stat().st_mode):
            unrecognised.append(Unrecognised(name, "not a regular file"))
            continue
        parts, left = parts_of(mapping, path, "", name)
        unrecognised += [Unrecognised(each, reason) for each, reason in left]
        for part in parts:
            refuse_notes_of(part.part, path, part.file_name, part.sheet)
        if parts:
            taken[name] = "+".join(dict.fromkeys(described(part.part) for part in parts))
    if not taken:
        raise DeliveryError(
            "Nothing in the delivery is a file that the mapping reads.",
            expected="; ".join(
                dict.fromkeys(
                    f"{part.file} [{part.sheet}]" if part.sheet else part.file
                    for part in mapping.files
                )
            ),
            found=", ".join(file.name for file in unrecognised) or "no files",
            todo=f"correct the names in the mapping {mapping.name}, or land what it is for",
        )
    return taken, tuple(unrecognised)
