"""FHIR R4 Bulk Data becomes the canonical export: the rows of each table and landed file.

What belongs here: reading resources from NDJSON, single resources and Bundles, and mapping them
onto the tables of the canonical export as text. Whether a row is good is not decided here: a
reference that points nowhere, a value of the wrong type or a total off its scale is left as it
came, so that the contract turns it away with its reason.

    mending     lines that DuckDB's reader would miscount -> a copy of the file
    reading     files -> lines of JSON with their line numbers, into one table per resource type
    structures  which parts of a resource are read
    references  `Type/id`, conditional and logical references -> one id
    visits      Encounter -> sessions, attendances
    episodes    EpisodeOfCare, or the stated rule where there are none -> episodes
    people      Patient -> clients; Practitioner and PractitionerRole -> therapists
    answers     what a LOINC code, a link id and an answer mean
    responses   QuestionnaireResponse and Observation -> responses, response_items
    clinical    Condition -> diagnoses; Group -> groups, memberships
    outcome     what every line became
"""

from pipelines.ingest.fhir.convert import convert
from pipelines.ingest.fhir.model import (
    CANONICAL_COLUMNS,
    EPISODE_RULE,
    REASONS,
    ConvertedTable,
    FhirConversion,
    FhirFile,
    FhirFinding,
    FhirOptions,
    LoincMeaning,
    OutOfScope,
)
from pipelines.ingest.fhir.reading import first_resource_type

__all__ = [
    "CANONICAL_COLUMNS",
    "EPISODE_RULE",
    "REASONS",
    "ConvertedTable",
    "FhirConversion",
    "FhirFile",
    "FhirFinding",
    "FhirOptions",
    "LoincMeaning",
    "OutOfScope",
    "convert",
    "first_resource_type",
]
