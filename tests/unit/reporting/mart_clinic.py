"""A made-up clinic's marts in a database in memory, and the published tables made from them.

The marts are filled by counting made-up courses of treatment in plain Python, so that the reports
can be looked at without a run of the pipeline.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import duckdb

from pipelines.reporting.figures.disclosure import PUBLIC_LEVELS
from pipelines.reporting.figures.figures import month_before, month_end
from pipelines.reporting.figures.public_figures import PARTS
from pipelines.warehouse.model_file import SQL_FOLDER
from tests.table_columns import DDL
from tests.table_rows import complete_row
from tests.unit.reporting.made_up_courses import (
    INSTRUMENTS,
    NAMES,
    Clinic,
    Course,
    made_up_courses,
    periods_of,
    subjects_of,
)
from tests.unit.reporting.mart_tables import create_marts, fill, insert, publish

CLAIM: dict[str, dict[str, Any]] = {
    "ref_claims": complete_row(
        "ref_claims",
        {
            "claim_id": "better",
            "set_on": date(2020, 1, 1),
            "says": "Half of our clients get reliably better.",
            "population_words": "in all programmes",
            "measure_words": "a PHQ-9 score at the start and another around week 8",
            "met_words": "got reliably better, by {points} points or more",
            "worse_words": "got reliably worse",
        },
    ),
    "int_claim_rules": {"claim_id": "better", "rule_points": 6, "rule_source": "Made up."},
}


def empty_marts(clinic: Clinic | None = None) -> duckdb.DuckDBPyConnection:
    """A database with the references and marts without a row."""
    connection = duckdb.connect()
    for path in sorted((SQL_FOLDER / "functions").glob("*.sql")):
        connection.execute(path.read_text(encoding="utf-8"))
    _references(connection, clinic or Clinic())
    create_marts(connection)
    return connection


def connect(clinic: Clinic, *, public_policy: str = "nhs_england") -> duckdb.DuckDBPyConnection:
    """A database with the clinic's marts, references and published tables."""
    connection = empty_marts(clinic)
    courses = made_up_courses(clinic)
    fill(connection, "mart_outcomes", _outcome_rows(clinic, courses))
    fill(connection, "mart_recovery", _recovery_rows(clinic, courses))
    fill(connection, "mart_activity", _activity_rows(clinic, courses))
    fill(connection, "mart_completeness", _completeness_rows(clinic, courses))
    fill(connection, "mart_started", _started_rows(clinic, courses))
    fill(connection, "mart_public_counts", _public_rows(clinic, courses))
    for table, row in CLAIM.items():
        insert(connection, table, **row)
    fill(connection, "mart_deliveries", _delivery_rows(clinic))
    fill(connection, "mart_quarantine", _quarantine_rows(clinic))
    fill(connection, "mart_warnings", _warning_rows(clinic))
    publish(connection, public_policy=public_policy)
    return connection


def _counted(
    courses: Iterable[Course], tally: Callable[[Course], dict[str, int]]
) -> dict[tuple, dict[str, int]]:
    found: dict[tuple, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for course in courses:
        counts = tally(course)
        for level, subject in subjects_of(course):
            for kind, start, end in periods_of(course.month):
                if level in ("therapist", "group") and kind != "rolling_12m":
                    continue
                cell = found[level, subject, kind, start, end]
                for name, n in counts.items():
                    cell[name] += n
    return found


def _key(key: tuple, last_month: date) -> dict[str, Any] | None:
    """The columns that identify a row; None for a period that is not complete."""
    level, subject, kind, start, end = key
    if end > month_end(last_month):
        return None
    return {
        "level": level,
        "subject_id": subject,
        "period_kind": kind,
        "period_start_on": start,
        "period_end_on": end,
    }


def _outcome_rows(clinic: Clinic, courses: list[Course]) -> Iterable[dict]:
    if not clinic.has_questionnaires:
        return
    for instrument, (_, domain, change, caseness, top) in INSTRUMENTS.items():

        def tally(course: Course, instrument: str = instrument) -> dict[str, int]:
            pair = course.pairs.get(instrument)
            return {
                "n_ended": 1,
                "n_finished": int(course.is_finished),
                "n_paired": int(pair is not None),
                "n_case": int(pair is not None and pair[0]),
                "n_improved": int(pair is not None and pair[1] == 1),
                "n_unchanged": int(pair is not None and pair[1] == 0),
                "n_deteriorated": int(pair is not None and pair[1] == -1),
                "n_recovered": int(pair is not None and pair[0] and pair[2]),
            }

        for found, counts in _counted(courses, tally).items():
            key = _key(found, clinic.last_month)
            if key is None:
                continue
            n, finished = counts["n_paired"], counts["n_finished"]
            row: dict[str, Any] = dict(counts)
            row["n_clients"] = row["n_ended"]
            row["n_reliably_recovered"] = row["n_recovered"]
            if change is None:
                row |= dict.fromkeys(("n_improved", "n_unchanged", "n_deteriorated"))
            if caseness is None:
                row |= dict.fromkeys(("n_case", "n_recovered", "n_reliably_recovered"))
            elif finished:
                row["improved_rate_worst"] = counts["n_improved"] / finished
                row["improved_rate_best"] = (counts["n_improved"] + finished - n) / finished
            if n:
                gain = 6 * counts["n_improved"] / n - 0.5
                row |= {"first_mean_points": top * 0.55, "last_mean_points": top * 0.55 - gain}
                row |= {"improvement_mean_points": gain, "effect_size": gain / 6}
            row |= {"rule_id": f"{instrument}-rule", "rule_version": "1.0.0"}
            names = {"instrument_id": instrument, "scale": "total", "respondent": "client"}
            yield {**key, **names, "domain": domain, **row}


def _recovery_rows(clinic: Clinic, courses: list[Course]) -> Iterable[dict]:
    def tally(course: Course) -> dict[str, int]:
        pairs = [course.pairs[name] for name in ("phq9", "gad7") if name in course.pairs]
        cases = any(pair[0] for pair in pairs)
        known_no_case = len(pairs) == 2 and not cases
        recovered = len(pairs) == 2 and cases and all(pair[2] or not pair[0] for pair in pairs)
        better = any(pair[1] == 1 for pair in pairs) and all(pair[1] > -1 for pair in pairs)
        return {
            "n_finished": int(course.is_finished),
            "n_clients": int(course.is_finished),
            "n_measured": int(bool(pairs)),
            "n_case_or_unknown": int(course.is_finished and not known_no_case),
            "n_recovery_known": int(len(pairs) == 2 and cases),
            "n_recovered": int(recovered),
            "n_reliably_recovered": int(recovered and better),
            "n_improved": int(better),
            "n_deteriorated": int(any(pair[1] == -1 for pair in pairs) and not better),
        }

    for found, counts in _counted(courses, tally).items():
        key = _key(found, clinic.last_month)
        if key is not None and counts["n_finished"]:
            n, x = counts["n_case_or_unknown"], counts["n_recovered"]
            best = (x + n - counts["n_recovery_known"]) / n if n else None
            yield {**key, **counts, "recovered_rate_best": best}


def _activity_rows(clinic: Clinic, courses: list[Course]) -> Iterable[dict]:
    chance = random.Random(clinic.seed + 1)

    def tally(course: Course) -> dict[str, int]:
        sessions = chance.randint(2, 16) if course.is_finished else 1
        return {
            "n_ended": 1,
            "n_completed": int(course.is_finished and sessions > 6),
            "n_dropped_out": int(not course.is_finished),
            "n_ended_derived": int(not course.is_finished and chance.random() < 0.5),
            "n_referred": 1 + int(chance.random() < 0.1),
            "n_started": 1,
            "n_sessions": sessions,
            "n_attended": sessions,
            "n_no_show": int(chance.random() < 0.8),
            "n_late_cancelled": int(chance.random() < 0.4),
            "n_cancelled": int(chance.random() < 0.7),
            "n_clinic_cancelled": int(chance.random() < 0.2),
        }

    for found, counts in _counted(courses, tally).items():
        key = _key(found, clinic.last_month)
        if key is None or key["level"] in PUBLIC_LEVELS:
            continue
        ended = counts["n_ended"]
        share = {"month": 4.0, "quarter": 1.4}.get(key["period_kind"], 0.35)
        row = {"wait_median_days": 21.0 + ended % 5, "wait_p90_days": 60.0 + ended % 9}
        row["n_open"] = int(ended * share)
        if key["level"] in ("group", "clinic"):
            row |= {"n_seats": 10, "n_seats_taken": 8}
        yield {**key, **counts, **row}


def _completeness_rows(clinic: Clinic, courses: list[Course]) -> Iterable[dict]:
    def tally(course: Course) -> dict[str, int]:
        n = len(course.pairs)
        due = 12 if course.is_finished and clinic.has_questionnaires else 0
        return {
            "n_due": due,
            "n_done": n * 4,
            "n_finished": int(course.is_finished),
            "n_paired_any": int(n > 0),
            "n_paired_all": int(n == 3),
            "n_responses": n * 5,
            "n_unscorable": int(n == 2),
            "n_without_episode": 0,
        }

    for found, counts in _counted(courses, tally).items():
        key = _key(found, clinic.last_month)
        if key is not None and key["level"] not in PUBLIC_LEVELS:
            yield {**key, **counts}


def _public_rows(clinic: Clinic, courses: list[Course]) -> Iterable[dict]:
    # Made up here: every course is another person's, began in the month of its end and is due then.
    found: dict[tuple[str, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    parts = {1: "met", 0: "neither", -1: "worse"}
    for course in courses:
        if course.has_agreed and course.month.year < clinic.last_month.year:
            pair = course.pairs.get("phq9")
            part = "unmeasured" if pair is None else parts[pair[1]]
            found[course.programme, course.month.year][part] += 1
    for (programme, year), counts in found.items():
        for part in PARTS:
            yield {
                "claim_id": "better",
                "counted_by": "better 1",
                "programme_id": programme,
                "block_id": ";better;",
                "period_start_on": date(year, 1, 1),
                "period_end_on": date(year, 12, 31),
                "closes_on": date(year + 1, 3, 11),
                "part": part,
                "n_clients": counts[part],
            }


def _started_rows(clinic: Clinic, courses: list[Course]) -> Iterable[dict]:
    # Made up here: a course starts in the month of its end, and one more stays open for every five.
    def tally(course: Course) -> dict[str, int]:
        return {
            "n_ended_early": int(not course.is_finished),
            "n_not_measured": int(course.is_finished and not course.pairs),
            "n_measured": int(bool(course.pairs)),
        }

    for found, counts in _counted(courses, tally).items():
        key = _key(found, clinic.last_month)
        if key is not None and key["level"] in ("clinic", "programme"):
            n_open = sum(counts.values()) // 5
            n_started = sum(counts.values()) + n_open
            yield {**key, **counts, "n_open": n_open, "n_started": n_started}


def _delivery_rows(clinic: Clinic) -> Iterable[dict]:
    for back in range(3):
        day = month_before(clinic.last_month, back - 1)
        for table, rows in (("clients", 6000), ("episodes", 7200), ("responses", 91234)):
            bad = clinic.quarantined if table == "responses" and back == 0 else 0
            yield {
                "delivery_id": f"d-{day}",
                "source": "inbox",
                "delivered_on": day,
                "file_id": f"f-{day}-{table}",
                "file_name": f"{table}.csv",
                "table_name": table,
                "n_delivered": rows,
                "n_accepted": rows - bad - 40 if back == 0 else 40,
                "n_superseded": 40 if back == 0 else rows - 40,
                "n_withdrawn": 0,
                "n_quarantined": bad,
            }


def _quarantine_rows(clinic: Clinic) -> Iterable[dict]:
    day = month_before(clinic.last_month, -1)
    for rule, n in (("responses.administered_at.type", 25), ("responses.client_id.reference", 14)):
        if clinic.quarantined:
            yield {
                "delivery_id": f"d-{day}",
                "table_name": "responses",
                "rule_id": rule,
                "delivered_on": day,
                "n_rows": n,
            }


def _warning_rows(clinic: Clinic) -> Iterable[dict]:
    if clinic.has_questionnaires:
        day = month_before(clinic.last_month, -1)
        yield {
            "delivery_id": f"d-{day}",
            "table_name": "responses",
            "rule_id": "responses.total_score.on_steps",
            "delivered_on": day,
            "n_rows": 3,
        }


def _references(connection: duckdb.DuckDBPyConnection, clinic: Clinic) -> None:
    connection.execute(
        "create table int_subject_names (level varchar, subject_id varchar, name varchar,"
        " detail varchar, led_by varchar[], led_by_ids varchar[], programme_id varchar)"
    )
    names = [("clinic", "clinic", "Example Hill Clinic", None)]
    names += [("programme", key, *value) for key, value in clinic.programmes.items()]
    names += [
        ("therapist", f"t-{place:02}", NAMES[place % len(NAMES)], "psychologist")
        for place in range(clinic.n_therapists)
    ]
    names += [
        ("group", f"g-{place}", f"Evening group {place + 1}", "DBT skills")
        for place in range(clinic.n_groups)
    ]
    connection.executemany(
        """insert into int_subject_names values ($1, $2, $3, $4, null,
        -- Every group is led by one of the first two therapists.
        case $1 when 'group' then ['t-0' || (right($2, 1)::integer % 2)] end, null)""",
        names,
    )
    connection.execute(
        """create table ref_instruments (instrument_id varchar, name varchar, version varchar,
        domain varchar, n_items integer, item_min_points double, item_max_points double,
        total_min_points double, total_max_points double, direction varchar, is_scored boolean,
        purpose varchar)"""
    )
    connection.execute(f"create table ref_rebases ({DDL['ref_rebases']})")
    for table in ("ref_thresholds", "ref_reliabilities"):
        connection.execute(f"create table {table} ({DDL[table]})")
    connection.execute(
        """create table pub_outcome_rules (respondent varchar, rule_id varchar, rule_version varchar,
        instrument_id varchar, scale varchar, reliable_change_points decimal(9,4),
        caseness_points decimal(9,4), remission_below_points decimal(9,4),
        response_share decimal(9,4), source varchar, status varchar)"""
    )
    for key, (name, domain, change, caseness, top) in INSTRUMENTS.items():
        connection.execute(
            "insert into ref_instruments values (?, ?, '1', ?, 9, 0, 3, 0, ?, 'higher_worse', true, 'outcome')",
            [key, name, domain, top],
        )
        if change is not None:
            connection.execute(
                "insert into pub_outcome_rules values ('client', ?, '1.0.0', ?, 'total', ?, ?, null, 0.5, ?, 'active')",
                [f"{key}-rule", key, change, caseness, "NHS Talking Therapies metadata 2024-25"],
            )
