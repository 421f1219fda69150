"""What a reason means that reading gives, and what to do about it.

What belongs here: reasons for records that never became a row to judge (`file.`, `fhir.`). A
contract says of its own rules what they expect and what to do.
"""

from collections.abc import Mapping

from pipelines.ingest import tolerant_csv
from pipelines.ingest.fhir import REASONS as FHIR_REASONS
from pipelines.ingest.fhir.model import FINDINGS
from pipelines.ingest.mapped.model import REASONS as MAPPING_REASONS

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
    tolerant_csv.REPEATED_HEADER: (
        "The record is the header again: expected it once, in the first line.",
        "Nothing is lost. Where exports were joined, leave out the headers of the later ones.",
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
_NOTHING = "Nothing: it is left out by design."
LEFT_OUT: Mapping[str, str] = {
    "mapping.left_out": _NOTHING,
    "mapping.told_by_another_row": _NOTHING,
    "mapping.gives_no_row": (
        "Nothing, if these rows are none of a table's; otherwise correct `where` in the mapping."
    ),
    "fhir.resource_type_not_used": _NOTHING,
    "fhir.repeated_id": _NOTHING,
    "fhir.entered_in_error": _NOTHING,
    "fhir.read_for_another_row": _NOTHING,
    "fhir.folded_into_response": _NOTHING,
    "fhir.condition_refuted": _NOTHING,
    "fhir.question_not_scored": _NOTHING,
    "fhir.care_team_not_used": _NOTHING,
    "fhir.group_not_a_therapy_group": _NOTHING,
    "fhir.observation_not_final": "Nothing now: it counts once it is exported as final.",
    "fhir.questionnaire_not_completed": "Nothing now: it counts once it is exported as completed.",
    "fhir.goal_without_rating_scale": "Nothing, unless goals are rated: export the ratings then.",
    "fhir.condition_code_not_icd10cm": (
        "Export ICD-10-CM codes if diagnoses should be counted; otherwise leave it as it is."
    ),
    "fhir.observation_code_unknown": (
        "Nothing, unless it is a questionnaire's: give its code to a file of the instrument"
        " catalogue then."
    ),
    "fhir.questionnaire_unknown": (
        "Add the questionnaire to the instrument catalogue if it should be counted."
    ),
}
"""Reasons that are no defect of a delivery, each with what to do all the same."""


def reading_reasons() -> dict[str, tuple[str, str]]:
    """Each reason that reading gives, with what was expected and what to do."""
    adapters = {**FHIR_REASONS, **FINDINGS, **MAPPING_REASONS}
    return {
        **FILE_REASONS,
        **{
            reason: (sentence, LEFT_OUT.get(reason, _FHIR_ADVICE))
            for reason, sentence in adapters.items()
        },
    }
