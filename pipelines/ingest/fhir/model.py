"""What goes into and comes out of a FHIR conversion, and the reason codes it uses."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

CANONICAL_COLUMNS: dict[str, tuple[str, ...]] = {
    "clients": (
        "client_id",
        "birth_date",
        "sex",
        "gender_identity",
        "ethnicity",
        "state",
        "language",
        "registered_on",
    ),
    "therapists": (
        "therapist_id",
        "display_name",
        "discipline",
        "supervisor_id",
        "employed_from",
        "employed_to",
    ),
    "groups": (
        "group_id",
        "programme_id",
        "name",
        "lead_therapist_id",
        "co_therapist_id",
        "capacity",
        "enrolment",
        "starts_on",
        "ends_on",
    ),
    "episodes": (
        "episode_id",
        "client_id",
        "programme_id",
        "therapist_id",
        "referred_on",
        "started_on",
        "ended_on",
        "end_reason",
    ),
    "memberships": (
        "group_id",
        "client_id",
        "episode_id",
        "joined_on",
        "left_on",
        "leave_reason",
    ),
    "sessions": (
        "session_id",
        "group_id",
        "episode_id",
        "therapist_id",
        "scheduled_at",
        "duration_minutes",
        "setting",
    ),
    "attendances": ("session_id", "client_id", "status", "client_state"),
    "responses": (
        "response_id",
        "client_id",
        "episode_id",
        "session_id",
        "instrument_id",
        "administered_at",
        "respondent",
        "total_score",
    ),
    "response_items": ("response_id", "item", "value"),
    "diagnoses": ("episode_id", "code", "role", "recorded_on"),
}
"""The tables that FHIR can fill, each with all its canonical columns in the order written."""

UNRECOGNISED = "unrecognised"
NOT_RECORDED = "not-recorded"
PROGRAMME = "unassigned"

REASONS: dict[str, str] = {
    "fhir.invalid_json": "The line is not valid JSON.",
    "fhir.not_a_resource": "The line is JSON but no FHIR resource (no resourceType).",
    "fhir.resource_type_not_used": "Resources of this type are not used for outcomes.",
    "fhir.repeated_id": "The delivery holds a later version of the same resource.",
    "fhir.entered_in_error": "The source marks the resource as entered in error.",
    "fhir.read_for_another_row": "Read for a row of another resource; has no row of its own.",
    "fhir.condition_refuted": "The source marks the condition as refuted.",
    "fhir.condition_code_not_icd10cm": "The condition has no ICD-10-CM code.",
    "fhir.condition_outside_episodes": "The condition belongs to no known episode.",
    "fhir.goal_without_rating_scale": "A FHIR goal names no rating scale (GBO or GAS).",
    "fhir.group_not_a_therapy_group": "The group is a list of people, not a therapy group.",
    "fhir.care_team_not_used": "A care team of one client is no therapy group.",
    "fhir.questionnaire_unknown": "The questionnaire is not in the instrument catalogue.",
    "fhir.questionnaire_not_completed": "The questionnaire was begun and not completed.",
    "fhir.observation_code_unknown": "The code is not one of the instrument catalogue's.",
    "fhir.observation_not_final": "The observation was cancelled or has no result yet.",
    "fhir.question_not_scored": "The question is asked beside an instrument and never scored.",
    "fhir.value_missing": "The observation carries no value.",
    "fhir.folded_into_response": "Part of a response that another resource already gives.",
}
"""Why a landed line has no row: each code with its sentence."""

FINDINGS: dict[str, str] = {
    "fhir.file_cut_short": "A compressed file breaks off; what came before its end was read.",
    "fhir.partial_date": "A birth date without its day was left empty.",
    "fhir.answer_unknown": "An answer that the catalogue does not know counts as missing.",
    "fhir.link_id_unknown": "An answer to a question that the catalogue does not know.",
    "fhir.ordinal_value_conflicts": "An answer's own ordinal value differs from the catalogue's.",
}
"""What is odd inside a line that did give a row."""

EPISODE_RULE = (
    "The source names no episode of care for these encounters. A course of treatment was taken to "
    "end when more than {days} days passed between two attended encounters: it then ended on "
    "the day of the last one, for a reason that the source does not give (`other`; `deceased` "
    "where the client died within that time). The last course of a client stays open unless "
    "{days} days had passed by the last day of the export."
)


@dataclass(frozen=True)
class FhirFile:
    """A landed file of a FHIR delivery."""

    path: Path
    file_id: str
    file_name: str


@dataclass(frozen=True)
class FhirOptions:
    """The source's settings.

    `exported_on` is the day on which the export was made; without it, the last day on which
    anything in the export happened.
    """

    episode_gap_days: int = 90
    default_duration_minutes: int = 50
    time_zone: str = "UTC"
    exported_on: date | None = None


@dataclass(frozen=True)
class LoincMeaning:
    """What a LOINC code stands for: an instrument's `item`, its `total` or its `panel`."""

    instrument_id: str
    item: int | None
    kind: str


@dataclass(frozen=True)
class ConvertedTable:
    """Rows of one canonical table that came from one landed file.

    `sql` is a FROM item with the table's columns as text and `line`, in the order of the lines;
    it can be read while the conversion runs.
    """

    table: str
    file_id: str
    file_name: str
    sql: str
    n_rows: int


@dataclass(frozen=True)
class OutOfScope:
    """Lines of one landed file and resource type that gave no row: `line`, `reason`."""

    resource_type: str
    file_id: str
    file_name: str
    path: Path
    n_rows: int


@dataclass(frozen=True)
class FhirFinding:
    """How many lines of a file show one of `FINDINGS`."""

    code: str
    resource_type: str
    file_id: str
    file_name: str
    n_lines: int


@dataclass(frozen=True)
class FhirConversion:
    """All that a conversion found.

    Every non-empty landed line is in at least one of `tables` or in `out_of_scope`, never in both.
    `episode_rule` is the sentence for the report when `episodes_derived`.
    """

    tables: tuple[ConvertedTable, ...]
    out_of_scope: tuple[OutOfScope, ...]
    findings: tuple[FhirFinding, ...]
    episodes_derived: bool
    episode_rule: str | None
