"""One delivery in which every rule that needs other rows is broken, each by a row made for it.

Written out and not taken from the contracts, so that a rule that is removed or weakened is noticed.
Rows are the good ones of `breaking_rows.py` with a key of their own and a few changed cells.
"""

from dataclasses import dataclass

from tests.unit.contracts.good_rows import GOOD

Cells = dict[str, str]

# More than two months after what is newest in the good rows.
DELIVERED_ON = "2024-12-31"
LATER = {
    "sessions": {"scheduled_at": "2024-03-05T18:00:00"},
    # A total beside the one answer of the good form would break a rule.
    "responses": {"administered_at": "2024-03-05T17:45:00", "total_score": ""},
}
BASE: dict[str, Cells] = {table: {**row, **LATER.get(table, {})} for table, row in GOOD.items()}
# Good rows that the others name: people, and a form whose answers are no copy of another's.
OTHERS: dict[str, list[Cells]] = {
    "clients": [{**BASE["clients"], "client_id": "C-EXAMPLE-2"}],
    "therapists": [{**BASE["therapists"], "therapist_id": "T-EXAMPLE-2", "supervisor_id": ""}],
    "responses": [
        {**BASE["responses"], "response_id": "R0", "administered_at": "2024-03-05T17:47:00"}
    ],
}


@dataclass(frozen=True)
class Breaking:
    """A row that breaks one rule: the changed cells of a good one."""

    rule_id: str
    cells: Cells

    @property
    def table(self) -> str:
        return self.rule_id.partition(".")[0]


# A key that points nowhere; what else gives way to it.
REFERENCES = (
    Breaking("attendances.session_id.reference", {"session_id": "S-GONE"}),
    Breaking(
        "attendances.client_id.reference", {"client_id": "C-GONE", "status": "clinic_cancelled"}
    ),
    Breaking("consents.client_id.reference", {"client_id": "C-GONE"}),
    Breaking("diagnoses.episode_id.reference", {"episode_id": "E-GONE"}),
    Breaking("episodes.client_id.reference", {"episode_id": "E1", "client_id": "C-GONE"}),
    Breaking("episodes.programme_id.reference", {"episode_id": "E2", "programme_id": "P-GONE"}),
    Breaking("episodes.therapist_id.reference", {"episode_id": "E3", "therapist_id": "T-GONE"}),
    Breaking("goal_ratings.goal_id.reference", {"goal_id": "GOAL-GONE"}),
    Breaking("goals.episode_id.reference", {"goal_id": "GOAL1", "episode_id": "E-GONE"}),
    Breaking("groups.programme_id.reference", {"group_id": "G1", "programme_id": "P-GONE"}),
    Breaking(
        "groups.lead_therapist_id.reference", {"group_id": "G2", "lead_therapist_id": "T-GONE"}
    ),
    Breaking("groups.co_therapist_id.reference", {"group_id": "G3", "co_therapist_id": "T-GONE"}),
    Breaking("licences.therapist_id.reference", {"therapist_id": "T-GONE"}),
    Breaking("memberships.group_id.reference", {"group_id": "G-GONE"}),
    Breaking("memberships.client_id.reference", {"client_id": "C-GONE"}),
    Breaking(
        "memberships.episode_id.reference", {"joined_on": "2024-02-07", "episode_id": "E-GONE"}
    ),
    Breaking("milestones.episode_id.reference", {"milestone_id": "M1", "episode_id": "E-GONE"}),
    Breaking("response_items.response_id.reference", {"response_id": "R-GONE"}),
    Breaking(
        "responses.client_id.reference",
        {"response_id": "R1", "client_id": "C-GONE", "episode_id": ""},
    ),
    Breaking("responses.episode_id.reference", {"response_id": "R2", "episode_id": "E-GONE"}),
    Breaking("responses.session_id.reference", {"response_id": "R3", "session_id": "S-GONE"}),
    Breaking("safety_actions.response_id.reference", {"response_id": "R-GONE"}),
    Breaking(
        "safety_actions.therapist_id.reference",
        {"acted_at": "2024-03-06T18:10:00", "therapist_id": "T-GONE"},
    ),
    Breaking("sessions.group_id.reference", {"session_id": "S1", "group_id": "G-GONE"}),
    Breaking(
        "sessions.episode_id.reference",
        {"session_id": "S2", "group_id": "", "episode_id": "E-GONE"},
    ),
    Breaking("sessions.therapist_id.reference", {"session_id": "S3", "therapist_id": "T-GONE"}),
    Breaking(
        "therapists.supervisor_id.reference", {"therapist_id": "T1", "supervisor_id": "T-GONE"}
    ),
)
COPIED, ORPHANED = "responses.duplicate", "response_items.response_id.reference"
SIDE_BY_SIDE = (
    Breaking("attendances.member_on_day", {"client_id": "C-EXAMPLE-2"}),
    Breaking("deletions.known", {"table": "clients", "key": "C-GONE"}),
    Breaking("episodes.overlap", {"episode_id": "E4", "referred_on": "2024-01-11"}),
    Breaking("goal_ratings.value.on_scale", {"rated_at": "2024-03-06T18:40:00", "value": "11"}),
    Breaking("response_items.item.in_count", {"response_id": "R0", "item": "10", "value": "1"}),
    Breaking("response_items.value.in_range", {"response_id": "R0", "item": "2", "value": "4"}),
    Breaking("response_items.value.on_scale", {"response_id": "R0", "item": "3", "value": "1.5"}),
    Breaking("responses.instrument_id.known", {"response_id": "R4", "instrument_id": "shoe_size"}),
    Breaking("responses.total_score.in_range", {"response_id": "R5", "total_score": "28"}),
    Breaking("responses.total_score.on_steps", {"response_id": "R6", "total_score": "14.5"}),
    Breaking("responses.client_matches_episode", {"response_id": "R7", "client_id": "C-EXAMPLE-2"}),
    Breaking(
        "responses.near_session", {"response_id": "R8", "administered_at": "2024-03-13T00:00:00"}
    ),
    Breaking(COPIED, {"response_id": "R9"}),
    Breaking(
        "responses.total_agrees",
        {"response_id": "R10", "administered_at": "2024-03-05T17:46:00", "total_score": "17"},
    ),
    Breaking(
        "responses.answers_suffice",
        {"response_id": "R11", "administered_at": "2024-03-05T17:48:00", "total_score": "14"},
    ),
)
# Answers of R9, which are those of the good response, of R10, which add up to 18, and one of R11.
# With their response the answers of R9 are turned away too.
ANSWERS: list[Cells] = [
    {"response_id": "R9", "item": "1", "value": "3"},
    *({"response_id": "R10", "item": str(item), "value": "2"} for item in range(1, 10)),
    {"response_id": "R11", "item": "1", "value": "3"},
]
# Where no row above is turned away: rows without what must be there, for the share of a table.
TURNED_AWAY: dict[str, list[Cells]] = {
    "clients": [{**BASE["clients"], "client_id": "C1", "registered_on": ""}],
    "programmes": [{**BASE["programmes"], "programme_id": "P1", "name": ""}],
    "therapists": [
        {**BASE["therapists"], "therapist_id": key, "display_name": ""} for key in ("T2", "T3")
    ],
}
NEWEST = (
    "episodes.referred_on",
    "goal_ratings.rated_at",
    "responses.administered_at",
    "sessions.scheduled_at",
)
CASES = (*REFERENCES, *SIDE_BY_SIDE)
UNIQUE = tuple(f"{table}.unique" for table in BASE)
RULES_OF_DELIVERIES = (
    *(f"{name}.newest" for name in NEWEST),
    *(f"{table}.quarantined" for table in BASE),
)


def _row(case: Breaking) -> Cells:
    return {**BASE[case.table], **case.cells}


# The good row comes twice, which breaks the rule that a key comes once and turns none away.
ROWS: dict[str, list[Cells]] = {
    table: [
        good,
        good,
        *OTHERS.get(table, []),
        *(_row(case) for case in CASES if case.table == table),
        *(ANSWERS if table == "response_items" else []),
        *TURNED_AWAY.get(table, []),
    ]
    for table, good in BASE.items()
}


def line_of(table: str, row: Cells) -> int:
    """The line of the file on which a row stands; the header is on the first."""
    return ROWS[table].index(row) + 2


LINES = {case.rule_id: line_of(case.table, _row(case)) for case in CASES}
LINE_OF_COPIED_ANSWER = line_of("response_items", ANSWERS[0])
