"""Notes about clients are no part of an export: a column that looks like them is refused.

Judged by the column's name, before a byte of the file is copied or a cell of it is read.
"""

import re
from collections.abc import Sequence

from pipelines.errors import DeliveryError

REFUSED_WORDS = {
    *("note", "notes", "comment", "comments", "commentary", "remark", "remarks", "memo", "memos"),
    *("narrative", "narratives", "text", "freetext", "transcript", "transcripts", "dictation"),
    *("verbatim", "journal", "diary", "summary", "summaries"),
}
REFUSED_ENDINGS = ("note", "notes", "comment", "comments", "narrative", "freetext", "transcript")

# Parts of snake_case, camelCase and ABBREVIATIONS.
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^\W\d_]+")


def looks_like_notes(name: str) -> bool:
    """Whether a column of this name is to be taken for notes or other free text."""
    words = [word.lower() for word in _WORD.findall(name)]
    return not REFUSED_WORDS.isdisjoint(words) or "".join(words).endswith(REFUSED_ENDINGS)


def refuse_notes(columns: Sequence[str], file_name: str) -> None:
    """Refuse a file with a column that looks like notes.

    Raises: DeliveryError naming the columns.
    """
    notes = [name for name in columns if looks_like_notes(name)]
    if notes:
        raise DeliveryError(
            "A file holds what looks like notes about clients, which are no part of an export.",
            where=file_name,
            expected="only columns of the canonical export",
            found=f"columns {', '.join(sorted(notes))}",
            todo="leave them out of the export; rename a column that holds no free text",
        )
