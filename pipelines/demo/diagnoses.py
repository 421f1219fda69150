"""Diagnoses: one main code for most started courses, a second one for some."""

import numpy as np
import polars as pl

from pipelines.demo.courses import Clinic, Courses, past
from pipelines.demo.programmes import PROGRAMMES
from pipelines.demo.randomness import Stream, expand, generator
from pipelines.demo.timeline import NEVER
from pipelines.demo.writing import Deliveries

SOME_SHARE, SECOND_SHARE, SWAPPED_SHARE = 0.93, 0.28, 0.35
CODES = tuple(code for one in PROGRAMMES for code in one.codes)
CODES_PER_PROGRAMME = len(PROGRAMMES[0].codes)


def _draw(clinic: Clinic, block: int, courses: Courses) -> tuple[np.ndarray, np.ndarray]:
    """How many diagnoses each course has, and whether the programme's second code comes first."""
    rng = generator(clinic.seed, Stream.DIAGNOSES, block)
    draws = rng.random((len(courses), 2))
    count = np.where(draws[:, 0] < SOME_SHARE, 1 + (draws[:, 1] < SECOND_SHARE), 0)
    return count, rng.random(len(courses)) < SWAPPED_SHARE


def main_codes(clinic: Clinic, block: int, courses: Courses) -> np.ndarray:
    """The main code of each course as text, empty where it has none."""
    count, swapped = _draw(clinic, block, courses)
    place = courses.programme * CODES_PER_PROGRAMME + swapped
    return np.where(count > 0, np.array(CODES)[place], "")


def write_diagnoses(
    deliveries: Deliveries, clinic: Clinic, block: int, *, courses: Courses, ids: pl.Series
) -> None:
    """Appends the diagnoses of the courses that have started."""
    timeline = clinic.timeline
    count, swapped = _draw(clinic, block, courses)
    started = past(courses.started, timeline) > NEVER
    course, place = expand(np.where(started, count, 0))
    code = (place + swapped[course]) % CODES_PER_PROGRAMME
    deliveries.add(
        "diagnoses",
        timeline.month_of(courses.started[course]),
        pl.DataFrame(
            {
                "episode_id": ids.gather(course),
                "code": pl.Series(CODES).gather(
                    courses.programme[course] * CODES_PER_PROGRAMME + code
                ),
                "role": pl.Series(["primary", "secondary"]).gather(place),
                "recorded_on": timeline.dates(courses.started[course]),
            }
        ),
    )
