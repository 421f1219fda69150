"""The published quality measures, client by client, from their definitions and not from the SQL.

Every figure is written here once more, so that a slip in a measure's file is found too.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.property.oracle import Clinic, Row
from tests.property.oracle_marts import periods, with_rate
from tests.property.oracle_measured_people import Person, months_after, people
from tests.property.oracle_measured_visits import cms177

PSYCHOSIS = ("F20", "F21", "F22", "F23", "F24", "F25", "F28", "F29")
BY_END, OVERLAPS, BEFORE_YEAR = "by end", "overlaps", "before year"
HEDIS_EXCLUSIONS = (
    ("bipolar", ("F31",), BY_END),
    ("psychosis", PSYCHOSIS, BY_END),
    ("borderline", ("F603",), BY_END),
    ("developmental", ("F84",), BY_END),
)
EXCLUSIONS: dict[str, tuple[tuple[str, tuple[str, ...], str], ...]] = {
    "cms159": (
        ("borderline", ("F603",), BY_END),
        ("bipolar", ("F31",), BY_END),
        ("psychosis", PSYCHOSIS, BY_END),
        ("developmental", ("F84",), BY_END),
        ("palliative", ("Z515",), OVERLAPS),
        ("death", ("deceased",), BY_END),
    ),
    "drr_e": HEDIS_EXCLUSIONS,
    "dms_e": HEDIS_EXCLUSIONS,
    "cbe1884": (),
    "cms2": (("bipolar", ("F31",), BY_END),),
    "cms177": (),
    "dsf_e": (
        ("depression", ("F32", "F33", "F341"), BEFORE_YEAR),
        ("bipolar", ("F31",), BEFORE_YEAR),
    ),
}
RATES = {
    "cms159": ("remission",),
    "drr_e": ("follow_up", "remission", "response"),
    "cbe1884": ("response",),
    "cms2": ("screened",),
    "cms177": ("assessed",),
    "dsf_e": ("screening", "follow_up"),
    "dms_e": ("measured",),
}
CUT_OFFS = {"phq9": 10, "phq2": 3}
# Others have both strata.
OWN_STRATA = {"cbe1884": ("18+",), "cms177": ()}
STRATA = {"12-17": (12, 17), "18+": (18, 200)}


def years(clinic: Clinic) -> list[int]:
    """The calendar years with a complete month."""
    return sorted({start.year for kind, start, _ in periods(clinic) if kind == "month"})


def results(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """int_measure_results by its key, all figures switched on."""
    found: dict[tuple[Any, ...], Row] = {}
    window_days = clinic.parameters["session_window_days"]
    everybody = people(clinic).values()
    # Of a clinic that delivers no such form nobody knows whether it assesses.
    tells = any(person.assessments for person in everybody)
    for person in everybody:
        for year in years(clinic):
            for measure_id, rate_id, event in events(person, year, window_days):
                if measure_id == "cms177" and not tells:
                    continue
                reason = exclusion(person, measure_id, year, event)
                unit = (event["index_on"], event.get("unit_number", 1))
                key = (measure_id, rate_id, date(year, 1, 1), person.key, *unit)
                found[key] = {
                    "episode_key": event["episode_key"],
                    "age_years": event["age_years"],
                    "due_on": event["due_on"],
                    "is_due": event["due_on"] <= clinic.parameters["as_of_on"],
                    "exclusion_reason": reason,
                    "is_met": event["is_met"] and reason is None,
                }
    return found


def events(person: Person, year: int, window_days: int) -> Iterator[tuple[str, str, Row]]:
    """Measure, rate and event of a person in a year."""
    yield from cms159(person, year)
    yield from drr_e(person, year)
    yield from cbe1884(person, year)
    yield from cms2(person, year)
    yield from dsf_e(person, year)
    yield from dms_e(person, year)
    yield from cms177(person, year, window_days)


def exclusion(person: Person, measure_id: str, year: int, event: Row) -> str | None:
    """The first reason of the measure that holds."""
    for reason, prefixes, when in EXCLUSIONS[measure_id]:
        for code, start, end in person.conditions:
            if not code.startswith(prefixes):
                continue
            if when == BEFORE_YEAR and start.year < year:
                return reason
            if when == BY_END and start <= event["until_on"]:
                return reason
            is_before_end = start <= event["until_on"]
            if when == OVERLAPS and is_before_end and (end is None or end >= event["from_on"]):
                return reason
    return None


def first_index(person: Person, first: date, last: date, lookback: int) -> tuple[Row, str] | None:
    """The first PHQ-9 above 9 near a session with the diagnosis, and that session's course."""
    sessions = [
        (day, episode) for day, _, episode in person.visits
        if first <= day <= last and person.is_depressed(day)
    ]  # fmt: skip
    for score in person.totals("phq9", "phq9m"):
        if score["points"] <= 9:
            continue
        near = [
            (day, episode)
            for day, episode in sessions
            if timedelta(0) <= day - score["administered_on"] <= timedelta(lookback)
        ]
        if near:
            first_day = [episode for day, episode in near if day == near[0][0]]
            own = [episode for episode in first_day if episode == score["episode_key"]]
            return score, (own or first_day)[0]
    return None


def last_between(person: Person, first: date, last: date) -> Fraction | None:
    """The last total from one day to another."""
    inside = [
        one for one in person.totals("phq9", "phq9m") if first <= one["administered_on"] <= last
    ]
    return inside[-1]["points"] if inside else None


def follow_up(
    person: Person, year: int, *, identified: tuple[int, int], lookback: int, minimum_age: int
) -> Row | None:
    """The index of a follow-up measure; `identified` are months from the year's start."""
    start = date(year, 1, 1)
    first = months_after(start, identified[0])
    last = months_after(start, identified[1]) - timedelta(days=1)
    found = first_index(person, first, last, lookback)
    if found is None:
        return None
    score, episode = found
    index_on = score["administered_on"]
    if not person.is_at_least(minimum_age, index_on):
        return None
    return {
        "index_on": index_on,
        "points": score["points"],
        "episode_key": episode,
        "age_years": person.age(index_on),
        "from_on": first,
    }


def cms159(person: Person, year: int) -> Iterator[tuple[str, str, Row]]:
    """Last score below 5 at twelve months, 60 days each side."""
    event = follow_up(person, year, identified=(-14, -2), lookback=7, minimum_age=12)
    if event is not None:
        anniversary = months_after(event["index_on"], 12)
        until = anniversary + timedelta(60)
        last = last_between(person, anniversary - timedelta(60), until)
        met = last is not None and last < 5
        yield "cms159", "remission", {**event, "due_on": until, "until_on": until, "is_met": met}


def drr_e(person: Person, year: int) -> Iterator[tuple[str, str, Row]]:
    """Three rates over the last score 120 to 240 days after the index."""
    event = follow_up(person, year, identified=(-8, 4), lookback=0, minimum_age=12)
    if event is not None:
        until = event["index_on"] + timedelta(240)
        last = last_between(person, event["index_on"] + timedelta(120), until)
        met = {
            "follow_up": last is not None,
            "remission": last is not None and last < 5,
            "response": last is not None and 2 * last <= event["points"],
        }
        for rate_id, is_met in met.items():
            yield "drr_e", rate_id, {**event, "due_on": until, "until_on": until, "is_met": is_met}


def cbe1884(person: Person, year: int) -> Iterator[tuple[str, str, Row]]:
    """Half the index score at six months, 30 days each side."""
    event = follow_up(person, year, identified=(-7, 5), lookback=0, minimum_age=18)
    if event is not None:
        half_a_year = months_after(event["index_on"], 6)
        until = half_a_year + timedelta(30)
        last = last_between(person, half_a_year - timedelta(30), until)
        met = last is not None and 2 * last <= event["points"]
        yield "cbe1884", "response", {**event, "due_on": until, "until_on": until, "is_met": met}


def visited(person: Person, year: int) -> Row | None:
    """A person of 12 or more on the first day of a year in which a session was attended."""
    own = [(day, episode) for day, _, episode in person.visits if day.year == year]
    if not own or not person.is_at_least(12, date(year, 1, 1)):
        return None
    return {
        "index_on": own[0][0],
        "episode_key": own[0][1],
        "age_years": person.age(date(year, 1, 1)),
        "from_on": date(year, 1, 1),
        "days": [day for day, _ in own],
    }


def is_positive(screen: Row) -> bool:
    """Whether the screen reaches its tool's cut-off."""
    return screen["points"] >= CUT_OFFS[screen["instrument_id"]]


def cms2(person: Person, year: int) -> Iterator[tuple[str, str, Row]]:
    """The last screen up to 14 days before a session is negative, or followed within 2 days."""
    event = visited(person, year)
    if event is None:
        return
    year_end = date(year, 12, 31)
    screens = []
    for screen in person.totals(*CUT_OFFS):
        held = [day for day in event["days"] if 0 <= (day - screen["administered_on"]).days <= 14]
        if held:
            full_last = screen["instrument_id"] != "phq2"
            order = (screen["administered_at"], full_last, screen["response_id"])
            screens.append((order, screen, held))
    met = False
    if screens:
        _, screen, held = max(screens, key=lambda one: one[0])
        # A further session of a course of therapy is no plan.
        met = not is_positive(screen) or any(
            day <= acted_on <= min(day + timedelta(2), year_end)
            for day in held
            for acted_on in person.acted_on
        )
    last_day = event["days"][-1]
    until = last_day - timedelta(1)
    yield "cms2", "screened", {**event, "due_on": year_end, "until_on": until, "is_met": met}


def is_followed(person: Person, day: date, *, days: int) -> bool:
    """A safety action on the day or within so many after it, or a session after it."""
    until = day + timedelta(days)
    return any(day <= one <= until for one in person.acted_on) or any(
        day < one <= until for one, *_ in person.visits
    )


def dsf_e(person: Person, year: int) -> Iterator[tuple[str, str, Row]]:
    """Screened from 1 January to 1 December; the first positive followed within 30 days."""
    event = visited(person, year)
    if event is None:
        return
    season_end = date(year, 12, 1)
    event["until_on"] = season_end
    screens = [
        one
        for one in person.totals(*CUT_OFFS)
        if date(year, 1, 1) <= one["administered_on"] <= season_end
    ]
    yield "dsf_e", "screening", {**event, "due_on": season_end, "is_met": bool(screens)}
    positives = [one for one in screens if is_positive(one)]
    if not positives:
        return
    first = min(
        positives,
        key=lambda one: (
            one["administered_at"], one["instrument_id"] == "phq2", one["response_id"],
        ),
    )  # fmt: skip
    day = first["administered_on"]
    met = is_followed(person, day, days=30) or (
        first["instrument_id"] == "phq2"
        and any(
            one["instrument_id"] == "phq9"
            and one["administered_on"] == day
            and not is_positive(one)
            for one in screens
        )
    )
    due = day + timedelta(30)
    yield "dsf_e", "follow_up", {**event, "index_on": day, "due_on": due, "is_met": met}


def dms_e(person: Person, year: int) -> Iterator[tuple[str, str, Row]]:
    """A PHQ-9 in each third of the year with a session under the diagnosis."""
    start = date(year, 1, 1)
    if not person.is_at_least(12, start):
        return
    for month in (1, 5, 9):
        first = date(year, month, 1)
        last = months_after(first, 4) - timedelta(1)
        own = [
            episode for day, _, episode in person.visits
            if first <= day <= last and person.is_depressed(day)
        ]  # fmt: skip
        if own:
            event = {
                "index_on": first,
                "episode_key": own[0],
                "age_years": person.age(start),
                "from_on": start,
                "until_on": last,
                "due_on": last,
                "is_met": last_between(person, first, last) is not None,
            }
            yield "dms_e", "measured", event


def quality_measures(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_quality_measures by its key; only what is counted."""
    cells: dict[tuple[Any, ...], list[tuple[str, Row]]] = {}
    subjects = {subject for course in clinic.courses.values() for subject in course.subjects}
    for measure_id, rate_ids in RATES.items():
        strata = ["all", *OWN_STRATA.get(measure_id, STRATA)]
        for rate_id in rate_ids:
            for subject in subjects:
                for stratum in strata:
                    for year in years(clinic):
                        key = (measure_id, rate_id, *subject, stratum, date(year, 1, 1))
                        cells[key] = []
    for (measure_id, rate_id, start, client_key, *_), row in results(clinic).items():
        for subject in clinic.courses[row["episode_key"]].subjects:
            for stratum in ("all", *STRATA):
                first, last = STRATA.get(stratum, (0, 200))
                key = (measure_id, rate_id, *subject, stratum, start)
                if first <= row["age_years"] <= last and key in cells:
                    cells[key].append((client_key, row))
    found = {key: counts(clinic, key[-1].year, cell) for key, cell in cells.items()}
    for key, row in found.items():
        # Whom a screening is about is also whom its follow-up is about, before anybody is positive.
        if key[:2] == ("dsf_e", "follow_up"):
            row["n_initial_population"] = found["dsf_e", "screening", *key[2:]]["n_denominator"]
    return found


def counts(clinic: Clinic, year: int, cell: list[tuple[str, Row]]) -> Row:
    """The figures of one cell."""
    due = [(client, row) for client, row in cell if row["is_due"]]
    n_exclusions = sum(row["exclusion_reason"] is not None for _, row in due)
    n_met = sum(row["is_met"] for _, row in due)
    return {
        "is_complete": date(year, 12, 31) <= clinic.parameters["as_of_on"],
        "n_clients": len({client for client, _ in due}),
        "n_initial_population": len(due),
        "n_denominator": len(due),
        "n_exclusions": n_exclusions,
        "n_eligible": len(due) - n_exclusions,
        "n_eligible_clients": len({c for c, row in due if row["exclusion_reason"] is None}),
        "n_numerator": n_met,
        "n_not_yet_due": len(cell) - len(due),
        **with_rate("met", n_met, len(due) - n_exclusions),
    }


def exclusions(clinic: Clinic) -> dict[tuple[Any, ...], Row]:
    """mart_measure_exclusions by its key."""
    cells: dict[tuple[Any, ...], list[tuple[str, Row]]] = defaultdict(list)
    for (measure_id, rate_id, start, client_key, *_), row in results(clinic).items():
        if row["is_due"]:
            for subject in clinic.courses[row["episode_key"]].subjects:
                cells[measure_id, rate_id, *subject, start].append((client_key, row))
    found = {}
    for (*key, start), cell in cells.items():
        for reason in {row["exclusion_reason"] for _, row in cell} - {None}:
            own = [client for client, row in cell if row["exclusion_reason"] == reason]
            found[(*key, reason, start)] = {
                "is_complete": date(start.year, 12, 31) <= clinic.parameters["as_of_on"],
                "n_clients": len(set(own)),
                "n_exclusions": len(own),
                "n_denominator": len(cell),
            }
    return found
