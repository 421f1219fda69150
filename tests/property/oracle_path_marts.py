"""The marts about the path once more, in plain Python, from the paths of oracle_path."""

import math
from collections import defaultdict
from fractions import Fraction
from typing import Any

from tests.property.oracle import Course, Row, by_subject, in_period
from tests.property.oracle_marts import periods, with_rate
from tests.property.oracle_path import Paths, mean, squares

Key = tuple[Any, ...]
# Whose figures no report of an earlier month shows.
LEVELS_OF_NEWEST = ("therapist", "group")


def quantile(numbers: list[Fraction], quarter: int) -> Fraction:
    """Between the two numbers around the place (n - 1) k / 4."""
    ordered = sorted(numbers)
    place = Fraction((len(ordered) - 1) * quarter, 4)
    low = math.floor(place)
    high = math.ceil(place)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def path_rates(paths: Paths) -> dict[Key, Row]:
    """mart_path by its key."""
    clinic, found = paths.clinic, {}
    finished = [one for one in clinic.courses.values() if one.facts["is_finished_course"]]
    instruments = sorted({instrument for _, instrument in paths.scores})
    for subject, courses in by_subject(finished).items():
        for instrument_id in instruments:
            for kind, start, end in periods(clinic):
                cohort = [
                    one
                    for one in courses
                    if in_period(one.facts["ended_on"], start, end)
                    and (one.facts["episode_key"], instrument_id) in paths.scores
                ]
                if cohort:
                    figures = _path_figures(paths, cohort, instrument_id)
                    found[(*subject, instrument_id, kind, start)] = {
                        "period_end_on": end,
                        **figures,
                    }
    return found


def _path_figures(paths: Paths, cohort: list[Course], instrument_id: str) -> Row:
    rows = [paths.path(one.facts["episode_key"], instrument_id) for one in cohort]
    parameters = paths.clinic.parameters
    cut, reliable = (
        paths.cut(instrument_id),
        paths.threshold(instrument_id, "reliable_change_points"),
    )
    is_early_set = parameters["early_response_share"] is not None

    def count(name: str, is_known: bool, test: Any = bool) -> int | None:
        if not is_known:
            return None
        return sum(row[name] is not None and bool(test(row[name])) for row in rows)

    def always(_: Any) -> bool:
        return True

    def some(number: int) -> bool:
        return number > 0

    gains, assessable = count("n_gains", cut is not None, some), None
    if cut is not None:
        assessable = count("n_gain_steps", True, some)
    n_gains = None if cut is None else sum(row["n_gains"] or 0 for row in rows)
    reversed_ = count("n_reversed_gains", cut is not None, some)
    early_all = count("is_early_response", is_early_set, always)
    early = count("is_early_response", is_early_set)
    setback_all = count("has_setback", reliable is not None, always)
    setbacks = count("has_setback", reliable is not None)
    good = count("is_setback_made_good", reliable is not None)
    worst_all = count("was_worse_than_first", reliable is not None, always)
    worst = count("was_worse_than_first", reliable is not None)
    points = sum((row["gain_points"] or Fraction(0) for row in rows), Fraction(0))
    return {
        "n_clients": len({one.facts["client_key"] for one in cohort}),
        "n_courses": len(cohort),
        "basis": paths.rules[instrument_id]["change_basis"] if reliable is not None else None,
        "reliable_change_points": paths.rules[instrument_id]["reliable_change_points"]
        if reliable is not None
        else None,
        "gain_cut_points": None if cut is None else cut,
        "n_gain_assessable": assessable,
        "n_with_gain": gains,
        **with_rate("with_gain", gains, assessable),
        "n_with_several_gains": count("n_gains", cut is not None, lambda number: number > 1),
        "n_with_reversal": reversed_,
        **with_rate("with_reversal", reversed_, gains),
        "n_gains": n_gains,
        "n_reversed_gains": None
        if cut is None
        else sum(row["n_reversed_gains"] or 0 for row in rows),
        "gain_mean_points": points / n_gains if n_gains else None,
        "early_response_share": parameters["early_response_share"],
        "early_response_weeks": parameters["early_response_weeks"],
        "early_response_source": parameters["early_response_source"],
        "n_early_assessable": early_all,
        "n_early_response": early,
        **with_rate("early_response", early, early_all),
        "n_setback_assessable": setback_all,
        "n_with_setback": setbacks,
        **with_rate("with_setback", setbacks, setback_all),
        "n_setback_made_good": good,
        **with_rate("setback_made_good", good, setbacks),
        "n_worst_assessable": worst_all,
        "n_worse_than_first": worst,
        **with_rate("worse_than_first", worst, worst_all),
    }


def track_counts(paths: Paths) -> dict[Key, Row]:
    """mart_on_track_counts by its key."""
    newest, found = paths.newest_month(), {}
    grouped: dict[Key, list[tuple[Course, Row]]] = defaultdict(list)
    ends = {}
    for period in periods(paths.clinic):
        kind, start, end = period
        if kind != "month":
            continue
        for (episode_key, instrument_id), state in paths.track(end).items():
            course = paths.clinic.courses[episode_key]
            for subject in course.subjects:
                shown = ("clinic", "programme", *(LEVELS_OF_NEWEST if period == newest else ()))
                if subject[0] in shown:
                    key = (*subject, instrument_id, kind, start)
                    ends[key] = end
                    grouped[key].append((course, state))
    for key, members in grouped.items():
        end = ends[key]
        states = [state for _, state in members]
        has_rule = paths.threshold(key[2], "reliable_change_points") is not None

        def count(*statuses: str, among: list[Row] = states) -> int:
            return sum(state["track_status"] in statuses for state in among)

        judged = count("on_track", "not_on_track") if has_rule else None
        worse = count("not_on_track") if has_rule else None
        flags = {
            "n_reliably_worse": sum(state["is_reliably_worse"] is True for state in states),
            "n_without_early_improvement": sum(
                state["lacks_early_improvement"] is True for state in states
            ),
            "n_on_track": count("on_track"),
            "n_too_early": count("too_early"),
        }
        found[key] = {
            "period_end_on": end,
            "n_clients": len({course.facts["client_key"] for course, _ in members}),
            "n_open": len(states),
            "n_judged": judged,
            "n_not_on_track": worse,
            **with_rate("not_on_track", worse, judged),
            **{name: value if has_rule else None for name, value in flags.items()},
            "n_cannot_tell": count("cannot_tell"),
        }
    return found


def trajectories(paths: Paths) -> dict[Key, Row]:
    """mart_trajectories by its key."""
    newest = paths.newest_month()
    if newest is None:
        return {}
    clinic, found = paths.clinic, {}
    first_day = min(start for kind, start, _ in periods(clinic) if kind == "month")
    shown = [period for period in periods(clinic) if period[0] == "rolling_12m"]
    shown.append(("all", first_day, newest[2]))
    ended = [
        one
        for one in clinic.courses.values()
        if one.facts["ended_on"] is not None and one.facts["session_1_on"] is not None
    ]
    instruments = sorted({instrument for _, instrument in paths.scores})
    for subject, courses in by_subject(ended).items():
        if subject[0].startswith("public"):
            continue
        for kind, start, end in shown:
            if end != newest[2] and subject[0] not in ("clinic", "programme"):
                continue
            if kind == "all" and subject[0] == "therapist":
                continue
            for instrument_id in instruments:
                cohort = [
                    one
                    for one in courses
                    if in_period(one.facts["ended_on"], start, end)
                    and _has_first(paths, one, instrument_id)
                ]
                for axis in ("session", "week"):
                    for position, row in _curve(paths, cohort, instrument_id, axis).items():
                        key = (*subject, instrument_id, kind, start, axis, position)
                        found[key] = {"period_end_on": end, **row}
    return found


def _has_first(paths: Paths, course: Course, instrument_id: str) -> bool:
    scores = paths.scores.get((course.facts["episode_key"], instrument_id))
    return scores is not None and scores[0]["improvement_points"] is not None


def _curve(paths: Paths, cohort: list[Course], instrument_id: str, axis: str) -> dict[int, Row]:
    by_course = [(one, paths.scores[one.facts["episode_key"], instrument_id]) for one in cohort]
    column = "session_number" if axis == "session" else "week"
    found = {}
    for position in range(paths.clinic.parameters["trajectory_positions"] + 1):
        measured = []
        for _, scores in by_course:
            here = [row for row in scores if row[column] == position]
            if here:
                measured.append((here[-1]["score_points"], scores[0]["score_points"]))
        if not measured:
            continue
        there = [_is_there(one, axis, position) for one, _ in by_course]
        firsts = [scores[0]["score_points"] for _, scores in by_course]
        lasts = [scores[-1]["score_points"] for _, scores in by_course]
        # Whoever has one score, or all of them on one day, says nothing of a change.
        gone_pairs = [
            not is_there and scores[-1]["administered_on"] > scores[0]["administered_on"]
            for is_there, (_, scores) in zip(there, by_course, strict=True)
        ]
        points = [point for point, _ in measured]
        spread = squares(points) / (len(points) - 1) if len(points) > 1 else None
        found[position] = {
            "n_clients": len({one.facts["client_key"] for one, _ in by_course}),
            "n_courses": len(by_course),
            "n_there": sum(there),
            "n_measured": len(points),
            "mean_points": mean(points),
            "sd_points": None if spread is None else math.sqrt(spread),
            "q1_points": quantile(points, 1),
            "median_points": quantile(points, 2),
            "q3_points": quantile(points, 3),
            "measured_first_mean_points": mean([first for _, first in measured]),
            "first_mean_points": mean(firsts),
            "there_first_mean_points": mean_where(firsts, there),
            "gone_first_mean_points": mean_where(firsts, gone_pairs),
            "gone_last_mean_points": mean_where(lasts, gone_pairs),
            "n_gone_paired": sum(gone_pairs),
        }
    return found


def mean_where(numbers: list[Fraction], kept: list[bool]) -> Fraction | None:
    """The mean of those kept, None where nobody is."""
    chosen = [number for number, is_kept in zip(numbers, kept, strict=True) if is_kept]
    return mean(chosen) if chosen else None


def _is_there(course: Course, axis: str, position: int) -> bool:
    if axis == "session":
        return len(course.attended) >= position
    weeks = (course.facts["ended_on"] - course.facts["session_1_on"]).days
    return max(0, weeks) // 7 >= position
