"""Questionnaires beside the two of every session: other domains of success, screening, follow-up.

They are given now and then and to a share of the clients, as in a clinic: what a course needs, at
its start, in its middle and at its end. Drawn from a stream of their own, so that what is asked
here changes no PHQ-9.
"""

import numpy as np

from pipelines.demo.courses import Clinic, Courses, past
from pipelines.demo.diagnoses import main_codes
from pipelines.demo.groups import AGREED, COMPLETED, DECEASED
from pipelines.demo.meetings import ATTENDED, Meetings
from pipelines.demo.paths import WORST, Paths
from pipelines.demo.programmes import (
    EXTRA_EVERY,
    INSTRUMENT_NUMBER,
    INSTRUMENTS,
    PROGRAMMES,
    target_total,
)
from pipelines.demo.randomness import Generator, Stream, generator, pick
from pipelines.demo.timeline import NEVER

Part = tuple[np.ndarray, ...]
NONE = -1
ONE_DOMAIN_SHARE, TRACKS_OWN_SHARE = 0.36, 0.4
# A domain of success for each, so that every domain has somebody who was asked about it.
ONE_DOMAIN = (
    *("maas", "cd_risc10", "brief_cope", "ras30", "rses", "scs_sf"),
    *("ucla3", "swemwbs", "ors", "psychlops", "ders18"),
)
ONE_DOMAIN_WEIGHTS = (3, 2, 1, 3, 2, 2, 3, 3, 2, 1, 2)
TRACKS_OWN = {
    "anger": "ras30",
    "relationship": "ras30",
    "borderline": "ders18",
    "dbt_skills": "brief_cope",
    "trauma_ptsd": "cd_risc10",
    "chronic_illness": "swemwbs",
    # Not scored, because nobody has verified how: given, kept and shown as without a score.
    "grief": "pg13r",
    "eating": "scs_sf",
}
# What a diagnosis is measured by beside the PHQ-9.
BY_CODE = {"F41.0": "pdss_sr", "F40.10": "spin"}
DEPRESSION_CODES = ("F33.1", "F32.1")
SCREENED_SHARE, COHESION_SHARE, SATISFACTION_SHARE = 0.16, 0.3, 0.35
# Days after the first attended session on which those with a depression are asked once more: from
# the fourth to the eighth month, and a year after, each by a share of them.
LATER = ((130, 225, 0.3), (320, 410, 0.4))


def make_wider(
    clinic: Clinic, block: int, courses: Courses, meetings: Meetings, paths: Paths
) -> list[Part]:
    """Course, meeting (or -1), instrument, day, minute and target total of each completed form."""
    rng = generator(clinic.seed, Stream.WIDER, block)
    own = rng.standard_normal((len(INSTRUMENTS), len(courses)))
    return [
        *_at_sessions(clinic, block, rng, courses, meetings, paths, own),
        *_later(clinic, block, rng, courses, meetings, paths),
    ]


def _one_domain(rng: Generator, courses: Courses) -> np.ndarray:
    """The questionnaire of one further domain that each course is given, or -1."""
    n = len(courses)
    numbers = np.array([INSTRUMENT_NUMBER[name] for name in ONE_DOMAIN])
    tracks_own = np.array(
        [INSTRUMENT_NUMBER.get(TRACKS_OWN.get(one.track, ""), NONE) for one in PROGRAMMES]
    )[courses.programme]
    chosen = numbers[pick(rng, ONE_DOMAIN_WEIGHTS, n)]
    chosen = np.where((tracks_own >= 0) & (rng.random(n) < TRACKS_OWN_SHARE), tracks_own, chosen)
    extra = np.array([INSTRUMENT_NUMBER[one.extra] for one in PROGRAMMES])[courses.programme]
    given = (rng.random(n) < ONE_DOMAIN_SHARE) & (chosen != extra)
    return np.where(given, chosen, NONE)


def _of_code(clinic: Clinic, block: int, courses: Courses) -> np.ndarray:
    """The questionnaire that the main diagnosis of each course asks for, or -1."""
    codes = main_codes(clinic, block, courses)
    found = np.full(len(courses), NONE)
    for code, name in BY_CODE.items():
        found[codes == code] = INSTRUMENT_NUMBER[name]
    return found


def _at_sessions(
    clinic: Clinic,
    block: int,
    rng: Generator,
    courses: Courses,
    meetings: Meetings,
    paths: Paths,
    own: np.ndarray,
) -> list[Part]:
    """Forms filled in before a session, the satisfaction with care after the last one."""
    timeline = clinic.timeline
    came = np.flatnonzero((meetings.status == ATTENDED) & (meetings.day <= timeline.last_day))
    course, dose = meetings.course[came], meetings.dose[came]
    planned_end = np.isin(courses.kind, (COMPLETED, AGREED))
    planned_end &= past(courses.ended, timeline) > NEVER
    closing = (np.diff(course, append=len(courses)) != 0) & planned_end[course]
    # Who does badly answers less here too.
    willing = 0.92 - 0.15 * ((paths.gain[course] < 1) & (dose > 2))
    one_domain, of_code = _one_domain(rng, courses), _of_code(clinic, block, courses)
    families = np.array([one.track == "child_family" for one in PROGRAMMES])[courses.programme]
    extra = np.array([INSTRUMENT_NUMBER[one.extra] for one in PROGRAMMES])[courses.programme]
    screened = rng.random(len(courses)) < SCREENED_SHARE
    in_group = meetings.in_group[came]

    def always(name: str) -> np.ndarray:
        return np.full(len(courses), INSTRUMENT_NUMBER[name])

    start_middle_end = (dose == 1) | (dose == 6) | closing
    plans = (
        (one_domain, start_middle_end, 0.9, False),
        (of_code, (dose == 1) | (dose % 3 == 0) | closing, 0.85, False),
        (np.where(families, always("score15"), NONE), start_middle_end, 0.8, False),
        # What the track is measured by at the start has a second score at the end.
        (extra, closing & (dose > 1) & (dose % EXTRA_EVERY != 0), 0.5, False),
        (always("phq2"), (dose == 1) & screened[course], 0.95, False),
        (always("gsrs"), in_group & (dose % 2 == 0), COHESION_SHARE, False),
        (always("csq8"), closing, SATISFACTION_SHARE, True),
    )
    parts = []
    for instrument, wanted, share, is_after in plans:
        asked = wanted & (instrument[course] >= 0)
        has = np.flatnonzero(asked & (rng.random(len(came)) < share * willing))
        meeting, which = came[has], instrument[course[has]]
        target = target_total(
            which,
            paths.felt[meeting],
            own[which, course[has]],
            rng.standard_normal(len(has)),
        )
        # Minutes tell sessions in a group from others, so that no two forms are alike by chance.
        off = np.where(meetings.in_group[meeting], 1, 0)
        shift = rng.integers(1, 30, len(has)) * 3
        minute = meetings.minute[meeting] // 3 * 3 + off + (90 if is_after else -shift)
        parts.append((course[has], meeting, which, meetings.day[meeting], minute, target))
    return parts


def _later(
    clinic: Clinic,
    block: int,
    rng: Generator,
    courses: Courses,
    meetings: Meetings,
    paths: Paths,
) -> list[Part]:
    """A PHQ-9 sent months after the first session, whether the course is over or not."""
    timeline = clinic.timeline
    n = len(courses)
    came = np.flatnonzero((meetings.status == ATTENDED) & (meetings.day <= timeline.last_day))
    first = np.full(n, NEVER)
    first[meetings.course[came][::-1]] = meetings.day[came][::-1]
    codes = main_codes(clinic, block, courses)
    asked = np.isin(codes, DEPRESSION_CODES) & (first > NEVER) & (courses.kind != DECEASED)
    parts = []
    for earliest, latest, share in LATER:
        day = first + rng.integers(earliest, latest, n)
        has = np.flatnonzero(asked & (day <= timeline.last_day) & (rng.random(n) < share))
        which = np.full(len(has), INSTRUMENT_NUMBER["phq9"])
        severity = (paths.severity - paths.improvement)[has] + rng.normal(0.5, 2.5, len(has))
        noise = rng.standard_normal((2, len(has)))
        target = target_total(which, np.clip(severity, 0.0, WORST), noise[0], noise[1])
        # Before any other form of the day.
        minute = rng.integers(20, 130, len(has)) * 3 + 2
        parts.append((has, np.full(len(has), NONE), which, day[has], minute, target))
    return parts
