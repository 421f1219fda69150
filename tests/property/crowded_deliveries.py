"""One full delivery of many clients, each of whom meets every rule that needs other rows.

The sets of `generated_deliveries.py` are about which row is current; here all rows are current, and
what they say about each other is what differs.
"""

from collections import defaultdict
from collections.abc import Iterator

from tests.property.generated_deliveries import FIRST_DAY, GOOD, Choose, Row
from tests.property.settling_export import Delivery

SHARED = ("therapists", "programmes", "groups")
N_CLIENTS = 40
DAYS = ("2024-02-09", "2024-02-10", "2024-02-11")
# What a response scores, with answers that agree with it, do not, are too many or out of range.
FORMS = (
    ("phq9", "18", [2] * 9),
    ("phq9", "17", [2] * 9),
    ("phq9", "28", [3] * 9),
    ("phq9", "", [2] * 10),
    ("phq9", "2", [2, 4]),
    ("phq9", "5", [2, 2]),
    ("phq9", "3.5", [2, 1.5]),
    ("phq9", "14", [2] * 8 + [1.5]),
    ("gad7", "13.5", []),
    ("pgi_c", "2", [2]),
    ("pgi_c", "2", [3]),
    ("pgi_c", "", [8]),
    ("shoe_size", "", [2]),
)
RULES = {
    "attendances.member_on_day",
    "episodes.overlap",
    "goal_ratings.value.on_scale",
    "response_items.item.in_count",
    "response_items.response_id.reference",
    "response_items.value.in_range",
    "response_items.value.on_scale",
    "responses.answers_suffice",
    "responses.client_matches_episode",
    "responses.duplicate",
    "responses.episode_id.reference",
    "responses.instrument_id.known",
    "responses.near_session",
    "responses.session_id.reference",
    "responses.total_agrees",
    "responses.total_score.in_range",
    "responses.total_score.on_steps",
}


def crowded_delivery(choose: Choose) -> Delivery:
    """Clients in the order of their numbers, with what each brings."""
    files: dict[str, list[Row]] = defaultdict(list)
    files |= {table: [dict(row) for row in GOOD[table]] for table in SHARED}
    for number in range(N_CLIENTS):
        for table, row in _client(choose, number):
            files[table].append(row)
    return Delivery(FIRST_DAY, True, files)


def _client(choose: Choose, number: int) -> Iterator[tuple[str, Row]]:
    client = f"C{number}"
    yield "clients", {"client_id": client, "registered_on": "2024-01-05"}
    episodes = [f"E{number}-{place}" for place in range(3)]
    for episode in episodes:
        ended_on = choose(("", *DAYS))
        yield (
            "episodes",
            {
                **GOOD["episodes"][0],
                "episode_id": episode,
                "client_id": client,
                "referred_on": choose(DAYS[:2] if ended_on else DAYS),
                "ended_on": ended_on if ended_on != DAYS[0] else DAYS[1],
                "end_reason": "other" if ended_on else "",
            },
        )
    yield (
        "memberships",
        {
            **GOOD["memberships"][0],
            "client_id": client,
            "episode_id": episodes[0],
            "joined_on": choose(DAYS[:2]),
            "left_on": choose(("", DAYS[1], DAYS[2])),
        },
    )
    session = f"S{number}"
    day = choose(DAYS)
    yield (
        "sessions",
        {**GOOD["sessions"][0], "session_id": session, "scheduled_at": f"{day}T10:00"},
    )
    status = choose(("attended", "attended", "no_show"))
    yield "attendances", {"session_id": session, "client_id": client, "status": status}
    goal, kind = f"O{number}", choose(("gbo", "gas"))
    yield "goals", {**GOOD["goals"][0], "goal_id": goal, "episode_id": episodes[0], "kind": kind}
    for minute, value in enumerate(choose((("-2", "11"), ("-3", "2"), ("0", "10"), ("-2.5",)))):
        rated_at = f"2024-02-20T10:0{minute}"
        yield (
            "goal_ratings",
            {**GOOD["goal_ratings"][0], "goal_id": goal, "rated_at": rated_at, "value": value},
        )
    for place in range(3):
        instrument, total, answers = choose((*FORMS, *FORMS[:1] * 5))
        response = f"R{number}-{place}"
        given_on = choose((day, day, "2024-02-16", "2024-02-17", "2024-02-18"))
        yield (
            "responses",
            {
                "response_id": response,
                "client_id": client,
                "episode_id": choose((episodes[1], episodes[1], "", f"E{number - 1}-0", "E-GONE")),
                "session_id": choose((session, session, "", "S-GONE")),
                "instrument_id": instrument,
                "administered_at": f"{given_on}T10:0{choose('01')}",
                "respondent": "client",
                "total_score": total,
            },
        )
        for item, value in enumerate(answers, start=1):
            yield (
                "response_items",
                {"response_id": response, "item": str(item), "value": str(value)},
            )
