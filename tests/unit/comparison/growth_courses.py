"""Courses as times and points, and what the growth model takes of them."""

import csv

import numpy as np

from pipelines.comparison.growth import CourseSums
from tests.sql.published_pairs import CLAUS

Course = tuple[np.ndarray, np.ndarray]


def sums_of(courses: list[Course]) -> CourseSums:
    """Times and points of each course, added up."""
    columns = zip(
        *[
            (t.size, t.sum(), (t * t).sum(), y.sum(), (t * y).sum(), (y * y).sum())
            for t, y in courses
        ],
        strict=True,
    )
    return CourseSums(*(np.array(column, dtype=float) for column in columns))


def claus() -> list[Course]:
    """HAMD by occasion of the 43 patients of Claus 2020 (R package clinicalsignificance)."""
    with (CLAUS / "claus_2020.csv").open(encoding="utf-8") as handle:
        rows = [row for row in csv.DictReader(handle) if row["hamd"] not in {"", "NA"}]
    patients: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        patients.setdefault(row["id"], []).append((float(row["time"]), float(row["hamd"])))
    return [(np.array(c).T[0], np.array(c).T[1]) for c in patients.values()]
