"""What a reason means that reading gives, and what to do about it.

What belongs here: reasons for records that never became a row to judge (`file.`, `fhir.`). A
contract says of its own rules what they expect and what to do.
"""

from collections.abc import Mapping

from pipelines.ingest import tolerant_csv
from pipelines.ingest.fhir import REASONS as FHIR_REASONS

FILE_REASONS: Mapping[str, tuple[str, str]] = {
    tolerant_csv.TOO_FEW_COLUMNS: (
        "The record has fewer cells than the header: expected one cell for every column.",
        "Export every column in every row, and put quotes around cells with line breaks.",
    ),
    tolerant_csv.TOO_MANY_COLUMNS: (
        "The record has more cells than the header: expected one cell for every column.",
        "Put quotes around cells that hold a comma.",
    ),
    tolerant_csv.NOT_UTF8: (
        "The record holds bytes that are no text: expected UTF-8.",
        "Export the file as UTF-8.",
    ),
    tolerant_csv.STRAY_QUOTE: (
        "A quoted cell has no end: expected a closing quote before the next comma.",
        "Put quotes around the whole cell and write a quote inside it twice.",
    ),
    tolerant_csv.NUL_BYTE: (
        "The record holds a NUL byte: expected text only.",
        "Export the file again; if the byte comes back, look at this record at the source.",
    ),
    tolerant_csv.TRUNCATED: (
        "The file breaks off inside this record: expected a whole file.",
        "Export or copy the file again, and wait until that has ended.",
    ),
    tolerant_csv.TOO_LONG: (
        f"The record is too long: expected at most {tolerant_csv.MAX_RECORD_BYTES:,} bytes.",
        "Look for a quote that is never closed, on this line or before it.",
    ),
    tolerant_csv.UNUSABLE: (
        "The file as a whole could not be used: expected a file with a header and rows.",
        "Look for a missing header, a column named twice or a damaged file; export it again.",
    ),
}
"""Each reason of a text file with what was expected and what to do."""

_FHIR_ADVICE = (
    "Correct it at the source and export it again if it should count; otherwise leave it as it is."
)


def reading_reasons() -> dict[str, tuple[str, str]]:
    """Each reason that reading gives, with what was expected and what to do."""
    return {
        **FILE_REASONS,
        **{reason: (sentence, _FHIR_ADVICE) for reason, sentence in FHIR_REASONS.items()},
    }
