"""What is true of the demo and a test may ask: `truth.json`, added up block by block.

Counts are of what was delivered. Months are those in which the thing happened.
"""

import json
from typing import Any

import numpy as np
import polars as pl

from pipelines.demo.courses import Clinic, Courses
from pipelines.demo.groups import COMPLETED, DROPPED, SILENT
from pipelines.demo.meetings import ATTENDED, Meetings
from pipelines.demo.meetings import STATUSES as CAME_STATUSES
from pipelines.demo.paths import (
    AGE_FROM,
    EARLIER_COURSE_GAIN,
    GAIN_MEAN,
    GAIN_PER_DECADE,
    GAIN_PER_POINT,
    GROUP_ICC,
    LANGUAGE_GAIN,
    RESIDUAL_SD,
    SEVERITY_MEAN,
    SHOWN_SHARE,
    THERAPIST_ICC,
    Paths,
    effect_sd,
    is_repeat,
)
from pipelines.demo.programmes import PROGRAMME_IDS, PROGRAMMES
from pipelines.demo.timeline import NEVER
from pipelines.demo.writing import STATUSES, Deliveries

GENERATOR_VERSION = 3
DERIVED_END_DAYS = 90
FINISHED_FROM_SESSIONS = 2
MOST_NAMED = 2000
# Sums of a subject, in the order of `Truth.by`'s columns.
SUMS = ("ended", "ended_last_12_months", "finished", "gained", "severity", "expected")
FIGURES = (
    *("referred", "started", "ended_recorded", "ended_derived", "completed", "dropped_out"),
    *("finished", "attended", "late_cancelled", "cancelled", "no_show", "clinic_cancelled"),
)


class Truth:
    """Sums over all blocks of clients."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        months = clinic.timeline.months
        self.figures = {name: np.zeros(months, dtype=np.int64) for name in FIGURES}
        self.improvement = np.zeros(months)
        self.by: dict[str, np.ndarray] = {
            "therapists": np.zeros((len(clinic.staff.ids), len(SUMS))),
            "programmes": np.zeros((len(PROGRAMMES), len(SUMS))),
            "groups": np.zeros((len(clinic.groups.ids), len(SUMS))),
        }
        self.silent: list[str] = []
        self.counts = dict.fromkeys(
            (
                *("silent_stoppers", "silent_stoppers_closed", "episodes"),
                *("clients_with_concurrent_work", "clients_with_repeat_episodes"),
                *("sudden_gains", "sudden_gains_reversed"),
                *("responses", "responses_never_delivered"),
            ),
            0,
        )

    def add(
        self,
        *,
        courses: Courses,
        meetings: Meetings,
        paths: Paths,
        episodes: pl.Series,
        response_months: np.ndarray,
    ) -> None:
        """Adds one block."""
        timeline = self.clinic.timeline
        last_day = timeline.last_day
        held = meetings.day <= last_day
        came = held & (meetings.status == ATTENDED)
        n_attended = np.bincount(meetings.course[came], minlength=len(courses))
        last_came = np.full(len(courses), NEVER)
        last_came[meetings.course[came]] = meetings.day[came]
        # The pipeline judges on the day of the last delivery.
        judged_on = last_day + (timeline.delivered_on[-1] - timeline.day(last_day)).days
        booked = np.zeros(len(courses), dtype=bool)
        booked[meetings.course[meetings.day > judged_on]] = True
        ended = np.where(courses.ended <= last_day, courses.ended, NEVER)
        closes = last_came + DERIVED_END_DAYS
        derived = (ended == NEVER) & (n_attended > 0) & ~booked & (closes <= judged_on)
        over = np.where(derived, closes, ended)
        started = np.where(courses.started <= last_day, courses.started, NEVER)
        finished = (over > NEVER) & (n_attended >= FINISHED_FROM_SESSIONS)

        recorded = ended > NEVER
        self._count("referred", courses.referred)
        self._count("started", started[started > NEVER])
        self._count("ended_recorded", ended[recorded])
        self._count("ended_derived", closes[derived])
        self._count("completed", ended[recorded & (courses.kind == COMPLETED)])
        self._count("dropped_out", ended[recorded & (courses.kind == DROPPED)])
        self._count("finished", over[finished])
        for number, name in enumerate(CAME_STATUSES):
            self._count(name, meetings.day[held & (meetings.status == number)])
        gained = np.nan_to_num(paths.improvement)
        month = timeline.month_of(over)
        inside = finished & (month < timeline.months)
        self.improvement += np.bincount(
            month[inside], weights=gained[inside], minlength=timeline.months
        )[: timeline.months]
        recent = (over > timeline.month_starts[max(0, timeline.months - 12)] - 1) & (over > NEVER)
        for name, subject in (
            ("therapists", courses.therapist),
            ("programmes", courses.programme),
            ("groups", courses.group),
        ):
            known = subject >= 0
            for column, (chosen, weights) in enumerate(
                (
                    (over > NEVER, None),
                    (recent, None),
                    (finished, None),
                    (finished, gained),
                    (finished, paths.severity),
                    (finished, paths.expected),
                )
            ):
                rows = chosen & known
                self.by[name][:, column] += np.bincount(
                    subject[rows],
                    weights=None if weights is None else weights[rows],
                    minlength=len(self.by[name]),
                )

        silent = (courses.kind == SILENT) & (started > NEVER)
        last_session = np.full(len(courses), NEVER)
        last_session[meetings.course] = meetings.day
        silent &= last_session <= last_day
        self.counts["silent_stoppers"] += int(silent.sum())
        self.counts["silent_stoppers_closed"] += int((silent & derived).sum())
        if len(self.silent) <= MOST_NAMED:
            self.silent += episodes.gather(np.flatnonzero(silent)).to_list()
        self.counts["episodes"] += len(courses)
        self.counts["clients_with_concurrent_work"] += len(
            np.unique(courses.client[courses.is_concurrent])
        )
        self.counts["clients_with_repeat_episodes"] += len(
            np.unique(courses.client[is_repeat(courses)])
        )
        self.counts["sudden_gains"] += int((paths.is_sudden & finished).sum())
        self.counts["sudden_gains_reversed"] += int((paths.is_reversed & finished).sum())
        delivered = int((response_months < timeline.months).sum())
        self.counts["responses"] += delivered
        self.counts["responses_never_delivered"] += len(response_months) - delivered

    def _count(self, figure: str, days: np.ndarray) -> None:
        months = self.clinic.timeline.months
        found = np.bincount(self.clinic.timeline.month_of(days), minlength=months + 1)
        self.figures[figure] += found[:months]

    def add_figures(self, figures: list[tuple[str, int]]) -> None:
        """Adds what planted rows that stay in use add to a month."""
        for figure, month in figures:
            self.figures[figure][month] += 1

    def as_json(
        self,
        options: dict[str, Any],
        deliveries: Deliveries,
        planted: list[dict[str, object]],
    ) -> str:
        """The whole truth as JSON with sorted keys."""
        clinic = self.clinic
        changes = clinic.change_points != 0
        truth = {
            "generator_version": GENERATOR_VERSION,
            "options": options,
            "as_of_on": f"{clinic.timeline.delivered_on[-1]:%Y-%m-%d}",
            "clinic_change": {
                "points": clinic.change_points,
                "from_month": (
                    clinic.timeline.month_names[
                        int(clinic.timeline.month_of(np.array([clinic.change_day]))[0])
                    ]
                    if changes
                    else None
                ),
                "meaning": "points of PHQ-9 by which courses that end from that month on gain more;"
                " 0: nothing changed, every movement between months is noise",
            },
            "case_mix": _case_mix(),
            "effect_share_in_outcomes": SHOWN_SHARE,
            "therapist_icc": THERAPIST_ICC,
            "group_icc": GROUP_ICC,
            "therapist_effect_sd_points": round(effect_sd(THERAPIST_ICC), 4),
            "group_effect_sd_points": round(effect_sd(GROUP_ICC), 4),
            "therapists": self._subjects(
                "therapists",
                clinic.staff.ids,
                effect_points=clinic.staff.effect,
                severity_points=clinic.staff.severity,
            ),
            "programmes": self._subjects(
                "programmes",
                PROGRAMME_IDS,
                effect_points=[one.effect for one in PROGRAMMES],
                severity_points=[one.severity for one in PROGRAMMES],
                track=[one.track for one in PROGRAMMES],
            ),
            "groups": self._subjects(
                "groups",
                clinic.groups.ids,
                effect_points=clinic.groups.effect,
                programme_id=[PROGRAMME_IDS[i] for i in clinic.groups.programme],
            ),
            "months": self._months(),
            "counts": self.counts,
            "silent_stoppers": {
                "share_of_episodes": round(
                    self.counts["silent_stoppers"] / max(1, self.counts["episodes"]), 4
                ),
                "episode_ids": self.silent if len(self.silent) <= MOST_NAMED else [],
            },
            "deliveries": _delivered(deliveries),
            "planted": planted,
        }
        return json.dumps(truth, indent=1, sort_keys=True) + "\n"

    def _months(self) -> list[dict[str, Any]]:
        rows = []
        for month, name in enumerate(self.clinic.timeline.month_names):
            row: dict[str, Any] = {"month": name}
            row |= {figure: int(values[month]) for figure, values in self.figures.items()}
            finished = row["finished"]
            row["true_improvement_mean_points"] = (
                round(float(self.improvement[month]) / finished, 4) if finished else None
            )
            rows.append(row)
        return rows

    def _subjects(self, name: str, ids: Any, **columns: Any) -> list[dict[str, Any]]:
        rows = []
        for number, subject in enumerate(ids):
            sums = dict(zip(SUMS, self.by[name][number].tolist(), strict=True))
            finished = sums["finished"]
            row: dict[str, Any] = {"id": subject}
            for column, values in columns.items():
                value = values[number]
                row[column] = value if isinstance(value, str) else float(value)
            row |= {figure: int(sums[figure]) for figure in SUMS[:3]}
            for figure, total in (
                ("true_improvement_mean_points", sums["gained"]),
                ("severity_mean_points", sums["severity"]),
                ("expected_gain_mean_points", sums["expected"]),
            ):
                row[figure] = round(total / finished, 4) if finished else None
            rows.append(row)
        return rows


def _case_mix() -> dict[str, Any]:
    """What moves the gain of a full course and is known before it: the coefficients."""
    return {
        "meaning": "gain of a full course in points of PHQ-9 ="
        " gain_points + severity_points * (severity - severity_from_points)"
        " + age_decade_points * (age at referral - age_from_years) / 10"
        " + earlier_course_points if the client came back + language_points"
        " + the effects of programme, therapist and group + chance;"
        " an average course shows effect_share_in_outcomes of it",
        "gain_points": GAIN_MEAN,
        "severity_points": GAIN_PER_POINT,
        "severity_from_points": SEVERITY_MEAN,
        "age_decade_points": GAIN_PER_DECADE,
        "age_from_years": AGE_FROM,
        "earlier_course_points": EARLIER_COURSE_GAIN,
        "language_points": LANGUAGE_GAIN,
        "sex_points": 0.0,
        "ethnicity_points": 0.0,
        "residual_sd_points": RESIDUAL_SD,
    }


def _delivered(deliveries: Deliveries) -> list[dict[str, Any]]:
    """Rows of each delivery and table, by the status that they must end with."""
    rows = []
    for month, day in enumerate(deliveries.timeline.delivered_on):
        for table, counts in deliveries.counts.items():
            if counts[month].sum():
                row: dict[str, Any] = {"delivery": f"{day:%Y-%m-%d}", "table": table}
                row["format"] = deliveries.formats[month]
                row["delivered"] = int(counts[month].sum())
                row |= dict(zip(STATUSES, counts[month].tolist(), strict=True))
                rows.append(row)
    return rows
