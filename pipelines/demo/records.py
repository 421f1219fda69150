"""Goals and their ratings, milestones, follow-ups of risk answers."""

import numpy as np
import polars as pl

from pipelines.demo.answers import Answers
from pipelines.demo.courses import Clinic, Courses, past
from pipelines.demo.meetings import ATTENDED, Meetings
from pipelines.demo.paths import Paths
from pipelines.demo.programmes import INSTRUMENT_NUMBER
from pipelines.demo.questionnaires import Responses
from pipelines.demo.randomness import Stream, expand, generator, pick
from pipelines.demo.timeline import NEVER
from pipelines.demo.versions import versions
from pipelines.demo.writing import ACCEPTED, SUPERSEDED, Deliveries

GOAL_SHARE = 0.4
GOAL_DOMAINS = (
    *("personal_goals", "assertiveness", "behaviour_change", "connection"),
    *("self_esteem", "emotion_regulation", "functioning", "quality_of_life"),
)
GOAL_RATING_EVERY = 4
# Kind and domain of what clients reach; every domain of success is among them.
MILESTONES = (
    ("skill_articulated", "behaviour_change"),
    ("boundary_set", "assertiveness"),
    ("work_kept", "functioning"),
    ("study_kept", "functioning"),
    ("social_event", "connection"),
    ("relationship_repaired", "connection"),
    ("hope_expressed", "quality_of_life"),
    ("felt_understood", "alliance"),
    ("family_stable", "family_child"),
    ("other", "symptoms"),
    ("other", "self_awareness"),
    ("other", "emotion_regulation"),
    ("other", "self_esteem"),
    ("other", "personal_goals"),
    ("other", "global_change"),
)
# The clinic follows the catalogue: an answer above the lowest to one of these shows a risk.
RISK_ITEMS = {"phq9": 9, "core10": 6}
FOLLOWED_UP_SHARE = 0.9


def _started_by_now(clinic: Clinic, courses: Courses) -> np.ndarray:
    return past(courses.started, clinic.timeline) > NEVER


def _numbered(ids: pl.Series, owner: np.ndarray, place: np.ndarray, prefix: str) -> pl.Series:
    """An id made of the course's own and a letter."""
    letters = pl.Series([chr(ord("a") + i) for i in range(26)])
    return pl.select(
        pl.concat_str(
            pl.lit(prefix),
            pl.lit(ids.gather(owner).str.slice(1)),
            pl.lit(letters.gather(place)),
        )
    ).to_series()


def write_goals(
    deliveries: Deliveries,
    clinic: Clinic,
    block: int,
    *,
    courses: Courses,
    meetings: Meetings,
    paths: Paths,
    ids: pl.Series,
) -> None:
    """Appends goals and ratings: one at the start, then at every fourth attended session."""
    rng = generator(clinic.seed, Stream.GOALS, block)
    timeline = clinic.timeline
    n = len(courses)
    count = np.where(
        _started_by_now(clinic, courses) & (rng.random(n) < GOAL_SHARE), rng.integers(1, 4, n), 0
    )
    course, place = expand(count)
    goals = len(course)
    is_gas = (rng.random(n) < 0.35)[course]
    set_on = courses.started[course]
    ended = past(courses.ended, timeline)[course]
    closed = np.where(rng.random(goals) < 0.8, ended, NEVER)
    goal_ids = _numbered(ids, course, place, "GL")
    rows = versions(timeline, set_on, closed)
    frame = pl.DataFrame(
        {
            "goal_id": goal_ids.gather(rows.row),
            "episode_id": ids.gather(course[rows.row]),
            "kind": np.where(is_gas, "gas", "gbo")[rows.row],
            "domain": pl.Series(GOAL_DOMAINS).gather(
                pick(rng, (4, 2, 2, 2, 1, 1, 1, 1), goals)[rows.row]
            ),
            "weight": pl.Series(["1", "2", "3", None], dtype=pl.String).gather(
                np.where(is_gas, rng.integers(0, 3, goals), 3)[rows.row]
            ),
            "set_on": timeline.dates(set_on[rows.row]),
            "closed_on": timeline.dates(rows.known(1, closed)),
        }
    )
    deliveries.add("goals", rows.month, frame, status=np.where(rows.is_last, ACCEPTED, SUPERSEDED))

    rated = np.flatnonzero(
        (meetings.status == ATTENDED)
        & ((meetings.dose == 1) | (meetings.dose % GOAL_RATING_EVERY == 0))
        & (meetings.day <= timeline.last_day)
    )
    per_course = np.bincount(meetings.course[rated], minlength=n)
    first = np.cumsum(per_course) - per_course
    goal, step = expand(per_course[course])
    meeting = rated[first[course[goal]] + step]
    done = rng.random(len(goal)) < np.where(step == 0, 0.95, 0.7)
    goal, meeting, step = goal[done], meeting[done], step[done]
    begun = np.where(is_gas, -rng.integers(1, 3, goals), rng.integers(0, 5, goals))
    gain = paths.severity[course[goal]] - paths.level[meeting]
    noise = rng.normal(0.0, 1.0, len(goal))
    raw = np.where(
        is_gas[goal], begun[goal] + gain / 5 + 0.5 * noise, begun[goal] + gain / 2.2 + noise
    )
    raw = np.where(step == 0, begun[goal], np.round(raw))
    value = np.where(is_gas[goal], np.clip(raw, -2, 2), np.clip(raw, 0, 10)).astype(np.int64)
    by = pick(rng, (0.8, 0.2), len(goal))
    deliveries.add(
        "goal_ratings",
        timeline.month_of(meetings.day[meeting]),
        pl.DataFrame(
            {
                "goal_id": goal_ids.gather(goal),
                "rated_at": timeline.times(
                    meetings.day[meeting], np.minimum(meetings.minute[meeting] + 40, 1439)
                ),
                "rated_by": pl.Series(["client", "therapist"]).gather(by),
                "value": value,
            }
        ),
    )


def write_milestones(
    deliveries: Deliveries,
    clinic: Clinic,
    block: int,
    *,
    meetings: Meetings,
    paths: Paths,
    ids: pl.Series,
) -> None:
    """Appends what clients reached: more of it where they got better."""
    rng = generator(clinic.seed, Stream.MILESTONES, block)
    timeline = clinic.timeline
    came = np.flatnonzero((meetings.status == ATTENDED) & (meetings.day <= timeline.last_day))
    better = paths.severity[meetings.course[came]] - paths.level[came] > 3
    reached = came[rng.random(len(came)) < np.where(better, 0.11, 0.03)]
    course = meetings.course[reached]
    place = np.arange(len(course)) - np.searchsorted(course, course)
    reached, course = reached[place < 26], course[place < 26]
    what = rng.integers(0, len(MILESTONES), len(course))
    deliveries.add(
        "milestones",
        timeline.month_of(meetings.day[reached]),
        pl.DataFrame(
            {
                "milestone_id": _numbered(ids, course, place[place < 26], "M"),
                "episode_id": ids.gather(course),
                "kind": pl.Series([kind for kind, _ in MILESTONES]).gather(what),
                "domain": pl.Series([domain for _, domain in MILESTONES]).gather(what),
                "observed_on": timeline.dates(meetings.day[reached]),
                "reported_by": pl.Series(["client", "therapist", "parent"]).gather(
                    pick(rng, (0.6, 0.37, 0.03), len(course))
                ),
            }
        ),
    )


def write_safety_actions(
    deliveries: Deliveries,
    clinic: Clinic,
    block: int,
    *,
    courses: Courses,
    responses: Responses,
    answers: list[Answers],
    ids: pl.Series,
) -> None:
    """Appends the follow-ups of answers that show a risk; one in ten is forgotten."""
    rng = generator(clinic.seed, Stream.SAFETY, block)
    timeline = clinic.timeline
    forms = [(answers[INSTRUMENT_NUMBER[name]], item) for name, item in RISK_ITEMS.items()]
    flagged = np.concatenate(
        [form.rows[(form.values[:, item - 1] > 0) & form.has_rows] for form, item in forms]
    )
    followed = flagged[rng.random(len(flagged)) < FOLLOWED_UP_SHARE]
    day = responses.day[followed] + pick(rng, (0.6, 0.2, 0.1, 0.05, 0.05), len(followed))
    course = responses.course[followed]
    arrives = np.maximum(timeline.month_of(day), responses.month[followed])
    deliveries.add(
        "safety_actions",
        np.where(day <= timeline.last_day, arrives, timeline.months),
        pl.DataFrame(
            {
                "response_id": ids.gather(followed),
                "action": pl.Series(["risk_assessed", "safety_plan", "referred_on"]).gather(
                    pick(rng, (0.7, 0.25, 0.05), len(followed))
                ),
                "acted_at": timeline.times(day, np.full(len(day), 19 * 60 + 20)),
                "therapist_id": clinic.staff.names_of(courses.therapist[course]),
            }
        ),
    )
