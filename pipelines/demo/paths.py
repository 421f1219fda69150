"""How each client truly changed: severity before care, gain of a full course, and the way between.

Everything is on one latent scale, points of PHQ-9 (0 to 27, more is worse). What is measured
scatters around it (`questionnaires.py`).
"""

from dataclasses import dataclass

import numpy as np

from pipelines.demo.courses import Clinic, Courses
from pipelines.demo.groups import COMPLETED, DROPPED, SILENT
from pipelines.demo.meetings import ATTENDED, Meetings
from pipelines.demo.people import DAYS_PER_YEAR, LANGUAGES, People
from pipelines.demo.programmes import per_programme
from pipelines.demo.randomness import Stream, generator

WORST = 27.0
SEVERITY_MEAN, SEVERITY_SD = 14.0, 5.4
GAIN_MEAN, GAIN_PER_POINT, GAIN_SD = 6.8, 0.38, 5.0
# What else is known before treatment moves the gain, in points of a full course: each ten years of
# age at referral above AGE_FROM, an earlier course, another language than the clinic's. Sex and
# ethnicity move nothing, so whoever finds that they do is wrong.
AGE_FROM, GAIN_PER_DECADE = 40, -0.25
EARLIER_COURSE_GAIN = -1.2
LANGUAGE_GAIN = {"es": -1.0, "zh": -1.0}
DROPPED_GAIN = -1.0
SETBACK_SHARE, SETBACK_POINTS = 0.07, 8.0
SUDDEN_SHARE, SUDDEN_FROM_GAIN, SUDDEN_PART = 0.35, 5.0, 0.6
REVERSAL_SHARE, REVERSAL_PART = 0.25, 0.35
# Measured on 60,000 clients, last PHQ-9 given the first: what neither severity nor programme,
# therapist or group explains; and how much of the effect on a full course an average course shows,
# because many end early and nobody can get better than well. The true spread of therapists and
# groups follows from both and from the wanted intraclass correlations.
RESIDUAL_SD, SHOWN_SHARE = 4.65, 0.6
THERAPIST_ICC, GROUP_ICC = 0.05, 0.03


def effect_sd(icc: float) -> float:
    """Spread of effects on a full course that makes up `icc` of the variance of outcomes."""
    return RESIDUAL_SD * (icc / (1 - icc)) ** 0.5 / SHOWN_SHARE


@dataclass(frozen=True)
class Paths:
    """The truth about a block's courses.

    Units: points of PHQ-9. `severity` before care, `gain` of a full course, of which `expected` is
           due to what was known before and to the programme, `level` at each meeting without
           day-to-day noise, `felt` with it, `improvement` up to the last attended session so far
           (NaN before the first).
    """

    severity: np.ndarray
    expected: np.ndarray
    gain: np.ndarray
    is_sudden: np.ndarray
    is_reversed: np.ndarray
    level: np.ndarray
    felt: np.ndarray
    improvement: np.ndarray


def is_repeat(courses: Courses) -> np.ndarray:
    """Whether the client had a course before; one beside another is none."""
    return (courses.number > 1) & ~courses.is_concurrent


def _expected_gain(courses: Courses, who: People, severity: np.ndarray) -> np.ndarray:
    """Gain of a full course that case mix and programme let one expect."""
    decades = ((courses.referred - who.birth[courses.client]) / DAYS_PER_YEAR - AGE_FROM) / 10
    by_language = np.array([LANGUAGE_GAIN.get(name or "", 0.0) for name in LANGUAGES])
    return (
        GAIN_MEAN
        + GAIN_PER_POINT * (severity - SEVERITY_MEAN)
        + per_programme("effect")[courses.programme]
        + GAIN_PER_DECADE * decades
        + np.where(is_repeat(courses), EARLIER_COURSE_GAIN, 0.0)
        + by_language[who.language[courses.client]]
    )


def make_paths(
    clinic: Clinic, block: int, courses: Courses, meetings: Meetings, who: People
) -> Paths:
    """True paths of all courses of a block."""
    rng = generator(clinic.seed, Stream.PATHS, block)
    n = len(courses)
    staff, groups = clinic.staff, clinic.groups
    severity = np.clip(
        rng.normal(SEVERITY_MEAN, SEVERITY_SD, n)
        + per_programme("severity")[courses.programme]
        + staff.severity[courses.therapist],
        1.0,
        WORST,
    )
    expected = _expected_gain(courses, who, severity)
    gain = (
        expected
        + staff.effect[courses.therapist]
        + np.where(courses.is_group, groups.effect[courses.group], 0.0)
        + rng.normal(0.0, GAIN_SD, n)
    )
    gain += np.where(np.isin(courses.kind, (DROPPED, SILENT)), DROPPED_GAIN, 0.0)
    gain -= np.where(rng.random(n) < SETBACK_SHARE, SETBACK_POINTS, 0.0)
    gain += np.where(courses.ended >= clinic.change_day, clinic.change_points, 0.0)
    gain = np.minimum(gain, severity)

    is_sudden = (rng.random(n) < SUDDEN_SHARE) & (gain > SUDDEN_FROM_GAIN)
    is_reversed = is_sudden & (rng.random(n) < REVERSAL_SHARE)
    jump_at = rng.integers(4, 8, n)
    course, dose = meetings.course, np.maximum(meetings.dose, 1)
    share = np.log(dose) / np.log(np.maximum(courses.planned[course], 3))
    slow = np.where(is_sudden, 1 - SUDDEN_PART, 1.0)[course]
    jump = np.where(is_sudden[course] & (dose >= jump_at[course]), SUDDEN_PART, 0.0)
    back = np.where(is_reversed[course] & (dose >= jump_at[course] + 3), REVERSAL_PART, 0.0)
    moved = gain[course] * (np.minimum(share, 1.15) * slow + jump - back)
    level = np.clip(severity[course] - moved, 0.0, WORST)
    felt = np.clip(level + rng.normal(0.0, 1.5, len(course)), 0.0, WORST)

    counts = (meetings.status == ATTENDED) & (meetings.day <= clinic.timeline.last_day)
    latest = np.full(n, np.nan)
    latest[course[counts]] = level[counts]
    return Paths(severity, expected, gain, is_sudden, is_reversed, level, felt, severity - latest)


def verdict(paths: Paths, courses: Courses, rng: np.random.Generator) -> np.ndarray:
    """The client's own global rating, 1 very much improved to 7 very much worse."""
    improvement = np.nan_to_num(paths.improvement)
    pleased = np.where(courses.kind == COMPLETED, 0.3, 0.0)
    rating = np.round(4 - pleased - improvement / 3.4 + rng.normal(0.0, 0.6, len(courses)))
    return np.clip(rating, 1, 7).astype(np.int64)
