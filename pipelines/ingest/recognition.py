"""What a file of a delivery holds: a canonical table, FHIR resources, or nothing we read.

Content decides where it can (Parquet, JSON), the name only which canonical table it is.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import DeliveryError
from pipelines.ingest.byte_streams import packing_of
from pipelines.ingest.fhir.model import CANONICAL_COLUMNS
from pipelines.ingest.fhir.reading import first_resource_type
from pipelines.ingest.foreign import describe
from pipelines.ingest.free_text import refuse_notes
from pipelines.ingest.manifest import Kind
from pipelines.ingest.parquet_text import parquet_columns
from pipelines.ingest.text_files import csv_header

CANONICAL_TABLES = (
    "clients",
    "therapists",
    "licences",
    "programmes",
    "groups",
    "episodes",
    "memberships",
    "sessions",
    "attendances",
    "responses",
    "response_items",
    "goals",
    "goal_ratings",
    "diagnoses",
    "safety_actions",
    "milestones",
    "consents",
    "deletions",
)

# Written by people and jobs beside the data, not data.
NOT_DATA = {"truth.json", "delivery.toml"}
# What a job writes to while a file or folder is not finished.
UNFINISHED = (".part", ".tmp", ".partial", ".filepart", ".crdownload")
INCOMPLETE_MARKER = ".incomplete"

# Resources whose content is documents: notes of any kind are no part of an export.
_DOCUMENT_RESOURCES = {"Binary", "Composition", "DocumentReference", "Media"}

_EXTENSIONS = re.compile(r"\.(csv|parquet)(\.(gz|zst))?$", re.IGNORECASE)


@dataclass(frozen=True)
class Recognised:
    """Kind of delivery that a file belongs to, and the table or resource type that it holds."""

    kind: Kind
    holds: str


def is_data(name: str) -> bool:
    """Whether a file of this name can be data at all: not hidden, no README, no note of ours."""
    return not (name.startswith(".") or name.upper().startswith("README") or name in NOT_DATA)


def is_unfinished(name: str) -> bool:
    """Whether the name says that the file, or its folder, is still being written."""
    return name == INCOMPLETE_MARKER or name.lower().endswith(UNFINISHED)


def recognise(path: Path, name: str, *, scratch: Path) -> Recognised | str:
    """What the file holds, or the reason why it is not taken.

    Raises: DeliveryError when it is a table with a column that looks like notes.
    """
    packing = packing_of(path)
    table = table_of(name)
    if packing == "parquet":
        if table is None:
            return "its name is no table of the canonical export"
        try:
            columns = list(parquet_columns(path, name, scratch=scratch))
        except DeliveryError:
            return Recognised("canonical", table)
        refuse_notes(columns, name)
        return Recognised("canonical", table)
    resource_type = first_resource_type(path)
    if resource_type in _DOCUMENT_RESOURCES:
        return f"{resource_type} resources are documents, which are no part of an export"
    if resource_type is not None:
        return Recognised("fhir", resource_type)
    if table is None:
        return describe(path, packing, name.rsplit("/", 1)[-1], CANONICAL_COLUMNS)
    try:
        header = csv_header(path, packing, name)
    except DeliveryError:
        # Taken all the same: what is wrong with it is told when it is checked.
        return Recognised("canonical", table)
    refuse_notes(header, name)
    return Recognised("canonical", table)


def table_of(name: str) -> str | None:
    """The canonical table that a file's name says, in any case of letters."""
    stem = _EXTENSIONS.sub("", name.rsplit("/", 1)[-1]).lower()
    return stem if stem in CANONICAL_TABLES else None
