"""For each rule that one row can break a row that breaks it alone.

Written out and not taken from the contracts, so that a rule that is removed or weakened is noticed.
"""

from dataclasses import dataclass, field

from tests.unit.contracts.good_rows import GOOD

# The columns with a star in the description of the export; empty breaks the rule.
REQUIRED = {
    "clients": "client_id registered_on",
    "therapists": "therapist_id display_name employed_from",
    "licences": "therapist_id state licence_number valid_from",
    "programmes": "programme_id name track modality licence_required",
    "groups": "group_id programme_id name lead_therapist_id capacity enrolment starts_on",
    "episodes": "episode_id client_id programme_id therapist_id referred_on",
    "memberships": "group_id client_id episode_id joined_on",
    "sessions": "session_id therapist_id scheduled_at duration_minutes setting",
    "attendances": "session_id client_id status",
    "responses": "response_id client_id instrument_id administered_at respondent",
    "response_items": "response_id item",
    "goals": "goal_id episode_id kind set_on",
    "goal_ratings": "goal_id rated_at rated_by value",
    "diagnoses": "episode_id code role recorded_on",
    "safety_actions": "response_id action acted_at therapist_id",
    "milestones": "milestone_id episode_id kind domain observed_on reported_by",
    "consents": "client_id scope given_on",
    "deletions": "table key",
}

# Of each type, a text just outside the form and its nearest neighbours inside. The neighbours
# keep every other rule of the good row.
UNREADABLE = {
    "date": "2024-02-30",
    "timestamp": "2024-02-06",
    "integer": "2.5",
    "decimal": "2,5",
    "boolean": "maybe",
}
TYPED = {
    "date": "clients.birth_date=1980-02-28 clients.registered_on=2024-02-29"
    " therapists.employed_from=2023-09-02 therapists.employed_to=9999-12-31"
    " licences.valid_from=0001-01-01 licences.valid_to=9999-12-31"
    " groups.starts_on=2030-01-01 groups.ends_on=2030-01-01"
    " episodes.referred_on=2024-01-11 episodes.started_on=2024-02-29"
    " episodes.ended_on=2024-02-29 memberships.joined_on=2024-02-29"
    " memberships.left_on=2024-02-29 goals.set_on=2024-02-29 goals.closed_on=2024-02-29"
    " diagnoses.recorded_on=2024-02-29 milestones.observed_on=2024-02-29"
    " consents.given_on=2024-02-29 consents.withdrawn_on=2024-02-29"
    " deletions.deleted_on=2024-07-01",
    "timestamp": "sessions.scheduled_at=2030-02-06T00:00 responses.administered_at=2024-02-06T00:00"
    " goal_ratings.rated_at=2024-02-06T00:00Z safety_actions.acted_at=2024-02-06T00:00:00.5+01:00",
    "integer": "programmes.planned_sessions=2 programmes.session_interval_days=2"
    " programmes.measure_every_sessions=2 groups.capacity=2 sessions.duration_minutes=2"
    " response_items.item=2",
    "decimal": "responses.total_score=2.5 response_items.value=2.5 goals.weight=2.5"
    " goal_ratings.value=-2.5",
    "boolean": "programmes.licence_required=no",
}

TRACKS = (
    "anger anxiety borderline chronic_illness depression dbt_skills grief ocd relationship"
    " trauma_ptsd child_family eating substance_use general"
)
DOMAINS = (
    "symptoms functioning self_awareness behaviour_change emotion_regulation assertiveness"
    " self_esteem connection alliance personal_goals quality_of_life family_child global_change"
    " safety experience"
)
ALLOWED = {
    "clients.sex": "female male other unknown",
    "programmes.track": TRACKS,
    "programmes.modality": "group individual skills_group couple family",
    "groups.enrolment": "open closed",
    "episodes.end_reason": "completed agreed_end dropped_out transferred declined not_suitable"
    " deceased other",
    "sessions.setting": "video in_person phone",
    "attendances.status": "attended late_cancelled cancelled no_show clinic_cancelled",
    "responses.respondent": "client therapist parent teacher partner",
    "goals.kind": "gbo gas",
    "goals.domain": DOMAINS,
    "goal_ratings.rated_by": "client therapist",
    "diagnoses.role": "primary secondary",
    "milestones.kind": "skill_articulated boundary_set work_kept study_kept social_event"
    " relationship_repaired hope_expressed felt_understood family_stable other",
    "milestones.domain": DOMAINS,
    "milestones.reported_by": "client therapist parent",
    "consents.scope": "treatment research public_reporting substance_use_disclosure",
    "deletions.table": "clients therapists licences programmes groups episodes memberships"
    " sessions attendances responses response_items goals goal_ratings diagnoses safety_actions"
    " milestones consents",
}

COUNTS = (
    "programmes.planned_sessions programmes.session_interval_days"
    " programmes.measure_every_sessions groups.capacity sessions.duration_minutes"
    " response_items.item"
)

LAST_DAY, DAY_AFTER = "2024-06-30", "2024-07-01"
# What has to give way so that only the one date is too late.
RECORDED_DAYS = {
    "clients.birth_date": {},
    "clients.registered_on": {},
    "episodes.referred_on": {"started_on": "", "ended_on": "", "end_reason": ""},
    "episodes.started_on": {"ended_on": "", "end_reason": ""},
    "episodes.ended_on": {},
    "memberships.joined_on": {"left_on": ""},
    "memberships.left_on": {},
    "goals.set_on": {},
    "goals.closed_on": {},
    "diagnoses.recorded_on": {},
    "milestones.observed_on": {},
    "consents.given_on": {},
    "consents.withdrawn_on": {},
}
RECORDED_MOMENTS = "responses.administered_at goal_ratings.rated_at safety_actions.acted_at"
MOMENTS = (*RECORDED_MOMENTS.split(), "sessions.scheduled_at")
# Per day that may not lie before 1900 the rules about order that break with it.
EARLY_DAYS = {
    "clients.birth_date": "",
    "clients.registered_on": "registered_on.not_before_birth_date",
    "consents.given_on": "",
    "consents.withdrawn_on": "",
    "deletions.deleted_on": "",
    "diagnoses.recorded_on": "",
    "episodes.referred_on": "",
    "episodes.started_on": "started_on.not_before_referred_on",
    "episodes.ended_on": "ended_on.not_before_started_on",
    "goal_ratings.rated_at": "",
    "goals.set_on": "",
    "goals.closed_on": "",
    "groups.starts_on": "",
    "memberships.joined_on": "",
    "memberships.left_on": "left_on.not_before_joined_on",
    "milestones.observed_on": "",
    "responses.administered_at": "",
    "safety_actions.acted_at": "",
    "sessions.scheduled_at": "",
    "therapists.employed_from": "",
}
# Days that systems write for "not recorded", and what gives way to them.
PLACEHOLDERS = {
    "clients.registered_on": {"birth_date": ""},
    "consents.given_on": {},
    "diagnoses.recorded_on": {},
    "episodes.referred_on": {},
    "goal_ratings.rated_at": {},
    "goals.set_on": {},
    "memberships.joined_on": {},
    "milestones.observed_on": {},
    "responses.administered_at": {},
    "safety_actions.acted_at": {},
    "sessions.scheduled_at": {},
}
# Texts that stand on pages.
NAMES = "groups.name programmes.name therapists.discipline therapists.display_name"
PLAUSIBLE = {
    "groups.capacity": ("100", "101"),
    "programmes.planned_sessions": ("500", "501"),
    "programmes.session_interval_days": ("366", "367"),
    "sessions.duration_minutes": ("720", "721"),
}


@dataclass(frozen=True)
class Case:
    """Cells that break one rule, beside cells one step away that break none."""

    rule_id: str
    breaking: dict[str, str]
    neighbour: dict[str, str]
    also: tuple[str, ...] = field(default=())

    @property
    def table(self) -> str:
        return self.rule_id.partition(".")[0]


def place_of(name: str) -> tuple[str, str]:
    table, _, column = name.partition(".")
    return table, column


def _cases() -> list[Case]:
    cases = []
    for table, columns in REQUIRED.items():
        for column in columns.split():
            breaking, neighbour = {column: ""}, {column: GOOD[table][column]}
            cases.append(Case(f"{table}.{column}.required", breaking, neighbour))
    for column_type, entries in TYPED.items():
        for entry in entries.split():
            name, _, readable = entry.partition("=")
            _, column = place_of(name)
            unreadable = {column: UNREADABLE[column_type]}
            cases.append(Case(f"{name}.type", unreadable, {column: readable}))
    for name, words in ALLOWED.items():
        _, column = place_of(name)
        for word in words.split():
            breaking = {column: word.upper()}
            cases.append(Case(f"{name}.allowed", breaking, {column: word}))
    for name in COUNTS.split():
        _, column = place_of(name)
        for below in ("0", "-1"):
            cases.append(Case(f"{name}.minimum", {column: below}, {column: "1"}))
    for name, others in RECORDED_DAYS.items():
        table, column = place_of(name)
        also = ()
        if name == "clients.birth_date":
            # Nobody born after the delivery can have been registered before it.
            others, also = {"registered_on": LAST_DAY}, ("registered_on.not_before_birth_date",)
        cases.append(
            Case(
                f"{name}.not_after_delivery",
                {**others, column: DAY_AFTER},
                {**others, column: LAST_DAY},
                also=tuple(f"{table}.{rule}" for rule in also),
            )
        )
    for name in RECORDED_MOMENTS.split():
        _, column = place_of(name)
        for late, in_time in (
            ("2024-07-01T00:00", "2024-06-30T23:59:59.999999"),
            ("2024-07-01T04:00Z", "2024-07-01T03:59:59Z"),
            ("2024-07-01T06:00:00+02:00", "2024-07-01T05:59:00+02:00"),
        ):
            cases.append(Case(f"{name}.not_after_delivery", {column: late}, {column: in_time}))
    for name, others in EARLY_DAYS.items():
        table, column = place_of(name)
        also = tuple(f"{table}.{rule}" for rule in others.split())
        cases.append(
            Case(
                f"{name}.not_before_1900",
                {column: "1899-12-31" if name not in MOMENTS else "1899-12-31T23:59:59"},
                {column: GOOD[table][column]},
                also=also,
            )
        )
    for name, others in PLACEHOLDERS.items():
        table, column = place_of(name)
        time = "T00:00" if name in MOMENTS else ""
        for early, later in (("1900-01-01", "1970-01-02"), ("1970-01-01", "1970-01-02")):
            cases.append(
                Case(
                    f"{name}.not_a_placeholder",
                    {**others, column: early + time},
                    {**others, column: later + time},
                )
            )
    for name, (largest, above) in PLAUSIBLE.items():
        _, column = place_of(name)
        cases.append(Case(f"{name}.plausible", {column: above}, {column: largest}))
    return cases + ORDER_AND_FORM


ORDER_AND_FORM = [
    Case(
        "clients.birth_date.not_a_placeholder",
        {"birth_date": "1900-01-01"},
        {"birth_date": "1900-01-02"},
    ),
    Case(
        "clients.registered_on.not_before_birth_date",
        {"birth_date": "2024-01-16", "registered_on": "2024-01-15"},
        {"birth_date": "2024-01-15", "registered_on": "2024-01-15"},
    ),
    Case(
        "episodes.started_on.not_before_referred_on",
        {"referred_on": "2024-02-02", "started_on": "2024-02-01"},
        {"referred_on": "2024-02-01", "started_on": "2024-02-01"},
    ),
    Case(
        "episodes.ended_on.not_before_started_on",
        {"started_on": "2024-02-01", "ended_on": "2024-01-31"},
        {"started_on": "2024-02-01", "ended_on": "2024-02-01"},
    ),
    Case(
        "episodes.ended_on.not_before_started_on",
        {"referred_on": "2024-01-10", "started_on": "", "ended_on": "2024-01-09"},
        {"referred_on": "2024-01-10", "started_on": "", "ended_on": "2024-01-10"},
    ),
    Case(
        "memberships.left_on.not_before_joined_on",
        {"joined_on": "2024-02-06", "left_on": "2024-02-05"},
        {"joined_on": "2024-02-06", "left_on": "2024-02-06"},
    ),
    Case(
        "licences.valid_to.not_before_valid_from",
        {"valid_from": "2024-01-02", "valid_to": "2024-01-01"},
        {"valid_from": "2024-01-01", "valid_to": "2024-01-01"},
    ),
    Case("clients.state.two_letters", {"state": "N"}, {"state": "ny"}),
    Case("clients.state.two_letters", {"state": "N.Y"}, {"state": ""}),
    Case("licences.state.two_letters", {"state": "NYC"}, {"state": "NY"}),
    Case(
        "episodes.end_reason.with_ended_on",
        {"ended_on": "2024-06-15", "end_reason": ""},
        {"ended_on": "2024-06-15", "end_reason": "other"},
    ),
    Case(
        "episodes.end_reason.with_ended_on",
        {"ended_on": "", "end_reason": "other"},
        {"ended_on": "", "end_reason": ""},
    ),
    Case(
        "sessions.one_owner",
        {"group_id": "G-EXAMPLE-1", "episode_id": "E-EXAMPLE-1"},
        {"group_id": "G-EXAMPLE-1", "episode_id": ""},
    ),
    Case(
        "sessions.one_owner",
        {"group_id": "", "episode_id": ""},
        {"group_id": "", "episode_id": "E-EXAMPLE-1"},
    ),
    *(
        Case(f"{name}.plain_text", {place_of(name)[1]: marked}, {place_of(name)[1]: plain})
        for name in NAMES.split()
        for marked, plain in (
            ("Example \u202elpmaxE", "Example elpmaxE"),
            ("Example\u2067 One", "Example\u2009One"),
            ("Example\nOne", "Example\u00a0One"),
            ("\tExample One", "\u05d3 Example One"),
            ("Example\u2028One", "Example, One"),
            ("Exam\u200bple", "Exam\u00adple"),
        )
    ),
]

CASES = _cases()
