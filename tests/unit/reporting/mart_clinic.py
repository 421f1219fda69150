"""A made-up clinic's marts in a database in memory, and the published tables made from them.

The marts are filled by counting made-up courses of treatment in plain Python, so that the reports
can be looked at without a run of the pipeline.
"""

import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any

import duckdb
import polars

from pipelines.reporting.disclosure import PUBLIC_LEVELS, policy_table
from pipelines.reporting.figures import month_before, month_end
from pipelines.reporting.published_tables import SECTION_TABLES
from pipelines.warehouse.model_file import SQL_FOLDER
from tests.builders import Bench
from tests.table_columns import DDL

PUBLISHED = (
    "withheld", "subjects", "outcomes", "activity", "completeness", "recovery", "started",
)  # fmt: skip
PROGRAMMES = {
    "p-anx": ("Anxiety course", "anxiety"),
    "p-dep": ("Depression, individual", "depression"),
    "p-dbt": ("DBT skills", "dbt_skills"),
    "p-grief": ("Grief circle", "grief"),
    "p-tra": ("Trauma, individual", "trauma_ptsd"),
}
# Chance of reliable improvement, and of being measured at both ends.
TRUTH = {
    "p-anx": (0.68, 0.86),
    "p-dep": (0.56, 0.80),
    "p-dbt": (0.55, 0.84),
    "p-grief": (0.52, 0.55),
    "p-tra": (0.38, 0.82),
}
INSTRUMENTS = {
    "phq9": ("Patient Health Questionnaire-9", "symptoms", 6, 10, 27),
    "gad7": ("Generalised Anxiety Disorder-7", "symptoms", 4, 8, 21),
    "wsas": ("Work and Social Adjustment Scale", "functioning", None, None, 40),
}
NAMES = (
    "Ada Birnbaum", "Bela Cordel", "Caro Dunster", "Dov Ekström", "Esi Farrow", "Fynn Gallo",
    "Gita Holm", "Hanno Ibsen", "Ines Jarl", "Jun Kestrel", "Kofi Lund", "Lale Merrow",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """The settings that a report prints."""

    clinic_name: str = "Example Hill Clinic"
    time_zone: str = "America/New_York"


@dataclass
class Clinic:
    """What to make up."""

    last_month: date = date(2026, 10, 1)
    months: int = 36
    per_month: int = 120
    programmes: dict[str, tuple[str, str]] = field(default_factory=lambda: dict(PROGRAMMES))
    n_therapists: int = 12
    n_groups: int = 4
    has_questionnaires: bool = True
    # Chance of improvement in the last month, to make a signal.
    last_month_shift: float = 0.0
    empty_last_month: bool = False
    quarantined: int = 37
    measured_factor: float = 1.0
    # Share of courses whose clients agreed to public reporting.
    agreed_share: float = 0.7
    seed: int = 7


@dataclass(frozen=True)
class Course:
    """One made-up course of treatment that ended."""

    month: date
    programme: str
    therapist: str
    group: str | None
    is_finished: bool
    has_agreed: bool
    # instrument → (was a case, change: 1 better, 0, -1 worse, is below the threshold at the end)
    pairs: dict[str, tuple[bool, int, bool]]


def made_up_courses(clinic: Clinic) -> list[Course]:
    """The clinic's ended courses."""
    chance = random.Random(clinic.seed)
    agreeing = random.Random(clinic.seed + 2)
    courses = []
    names = list(clinic.programmes)
    weights = [5, 6, 4, 2, 3][: len(names)] or [1]
    for back in range(clinic.months - 1, -1, -1):
        if back == 0 and clinic.empty_last_month:
            continue
        month = month_before(clinic.last_month, back)
        for _ in range(clinic.per_month + chance.randint(-12, 12)):
            programme = chance.choices(names, weights)[0]
            better, measured = TRUTH.get(programme, (0.55, 0.8))
            better += clinic.last_month_shift if back == 0 else 0
            place = min(int(chance.expovariate(0.35)), clinic.n_therapists - 1)
            finished = chance.random() < 0.82
            pairs = {}
            if clinic.has_questionnaires and finished:
                for instrument in INSTRUMENTS:
                    if chance.random() < measured * clinic.measured_factor:
                        was_case = chance.random() < 0.8
                        draw = chance.random()
                        change = 1 if draw < better else -1 if draw > 0.94 else 0
                        pairs[instrument] = (was_case, change, change == 1 and draw < 0.8 * better)
            in_group = programme in ("p-dbt", "p-grief", "p-anx") and clinic.n_groups > 0
            group = f"g-{chance.randrange(clinic.n_groups)}" if in_group else None
            agreed = agreeing.random() < clinic.agreed_share
            therapist = f"t-{place:02}"
            courses.append(Course(month, programme, therapist, group, finished, agreed, pairs))
    return courses


def periods_of(month: date) -> list[tuple[str, date, date]]:
    """All periods that a month belongs to."""
    quarter = date(month.year, (month.month - 1) // 3 * 3 + 1, 1)
    found = [
        ("month", month, month_end(month)),
        ("quarter", quarter, month_end(month_before(quarter, -2))),
        ("year", date(month.year, 1, 1), date(month.year, 12, 31)),
    ]
    for ahead in range(12):
        last = month_before(month, -ahead)
        found.append(("rolling_12m", month_before(last, 11), month_end(last)))
    return found


def subjects_of(course: Course) -> list[tuple[str, str]]:
    """All subjects that a course counts for."""
    found = [("clinic", "clinic"), ("programme", course.programme), ("therapist", course.therapist)]
    if course.group:
        found.append(("group", course.group))
    if course.has_agreed:
        found += [("public_clinic", "clinic"), ("public_programme", course.programme)]
    return found


def wilson(x: int | None, n: int | None) -> tuple[float | None, float | None, float | None]:
    """A share with its 95 % interval."""
    if x is None or not n:
        return (None, None, None)
    z, p = 1.959964, x / n
    reach = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    middle = p + z * z / (2 * n)
    return (p, max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale))


def empty_marts(clinic: Clinic | None = None) -> duckdb.DuckDBPyConnection:
    """A database with the references and marts without a row."""
    connection = duckdb.connect()
    for path in sorted((SQL_FOLDER / "functions").glob("*.sql")):
        connection.execute(path.read_text(encoding="utf-8"))
    _references(connection, clinic or Clinic())
    for table, columns in COLUMNS.items():
        rates = ", ".join(
            f"{rate} double, {rate}_lower double, {rate}_upper double"
            for rate in RATES.get(table, {})
        )
        connection.execute(f"create table {table} ({columns.format(rates=rates)})")
    return connection


def connect(clinic: Clinic, *, public_policy: str = "nhs_england") -> duckdb.DuckDBPyConnection:
    """A database with the clinic's marts, references and published tables."""
    connection = empty_marts(clinic)
    courses = made_up_courses(clinic)
    _fill(connection, "mart_outcomes", _outcome_rows(clinic, courses))
    _fill(connection, "mart_recovery", _recovery_rows(clinic, courses))
    _fill(connection, "mart_activity", _activity_rows(clinic, courses))
    _fill(connection, "mart_completeness", _completeness_rows(clinic, courses))
    _fill(connection, "mart_started", _started_rows(clinic, courses))
    _fill(connection, "mart_deliveries", _delivery_rows(clinic))
    _fill(connection, "mart_quarantine", _quarantine_rows(clinic))
    _fill(connection, "mart_warnings", _warning_rows(clinic))
    publish(connection, public_policy=public_policy)
    return connection


def publish(
    connection: duckdb.DuckDBPyConnection,
    *,
    public_policy: str = "nhs_england",
    policies: polars.DataFrame | None = None,
) -> None:
    """Make the published tables from the marts, by the models."""
    if policies is None:
        policies = policy_table(public_policy=public_policy)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policies.parquet"
        policies.write_parquet(path)
        connection.execute(
            "create or replace table ref_disclosure_policies as from read_parquet(?)", [str(path)]
        )
    for table in (*PUBLISHED, "deliveries", "quarantine", "warnings"):
        sql = (SQL_FOLDER / "published" / f"pub_{table}.sql").read_text(encoding="utf-8")
        connection.execute(f"create or replace table pub_{table} as {sql}")
    for table, columns in section_tables().items():
        connection.execute(f"create table if not exists {table} ({columns})")


@cache
def section_tables() -> dict[str, str]:
    """The columns of the tables that only a section of their own prints: empty in these clinics."""
    bench = Bench()
    for table in SECTION_TABLES:
        bench.build(table)
    found = {
        table: ", ".join(f"{name} {kind}" for name, kind in bench.columns(table).items())
        for table in SECTION_TABLES
    }
    bench.close()
    return found


COLUMNS = {
    "mart_outcomes": """level varchar, subject_id varchar, instrument_id varchar, scale varchar,
        respondent varchar, domain varchar, period_kind varchar, period_start_on date,
        period_end_on date, n_clients bigint, n_ended bigint, n_finished bigint, n_paired bigint,
        n_case bigint, n_improved bigint, n_unchanged bigint, n_deteriorated bigint,
        n_recovered bigint, n_reliably_recovered bigint, {rates}, improved_rate_worst double,
        improved_rate_best double, first_mean_points double, first_sd_points double,
        last_mean_points double, improvement_mean_points double, improvement_sd_points double,
        effect_size double, effect_size_lower double, effect_size_upper double, rule_id varchar,
        rule_version varchar""",
    "mart_recovery": """level varchar, subject_id varchar, period_kind varchar,
        period_start_on date, period_end_on date, n_clients bigint, n_finished bigint,
        n_measured bigint, n_case_or_unknown bigint, n_recovered bigint,
        n_reliably_recovered bigint, n_improved bigint, n_deteriorated bigint,
        n_recovery_known bigint, recovered_rate_best double, {rates}""",
    "mart_activity": """level varchar, subject_id varchar, period_kind varchar,
        period_start_on date, period_end_on date, n_referred bigint, n_started bigint,
        n_ended bigint, n_completed bigint, n_dropped_out bigint, n_ended_derived bigint,
        n_sessions bigint, n_attended bigint, n_no_show bigint, n_late_cancelled bigint,
        n_cancelled bigint, n_clinic_cancelled bigint, wait_median_days double,
        wait_p90_days double, n_open bigint, n_seats bigint, n_seats_taken bigint""",
    "mart_completeness": """level varchar, subject_id varchar, period_kind varchar,
        period_start_on date, period_end_on date, n_due bigint, n_done bigint, n_finished bigint,
        n_paired_any bigint, n_paired_all bigint, n_responses bigint, n_unscorable bigint,
        n_without_episode bigint, {rates}""",
    "mart_started": """level varchar, subject_id varchar, period_kind varchar,
        period_start_on date, period_end_on date, n_started bigint, n_open bigint,
        n_ended_early bigint, n_not_measured bigint, n_measured bigint""",
    "mart_deliveries": """delivery_id varchar, source varchar, delivered_on date, file_id varchar,
        file_name varchar, table_name varchar, n_delivered bigint, n_accepted bigint,
        n_superseded bigint, n_withdrawn bigint, n_quarantined bigint""",
    "mart_quarantine": """delivery_id varchar, table_name varchar, rule_id varchar,
        delivered_on date, n_rows bigint""",
    "mart_warnings": """delivery_id varchar, table_name varchar, rule_id varchar,
        delivered_on date, n_rows bigint""",
}
RATES = {
    "mart_outcomes": {
        "improved_rate": ("n_improved", "n_paired"),
        "deteriorated_rate": ("n_deteriorated", "n_paired"),
        "recovered_rate": ("n_recovered", "n_case"),
        "reliably_recovered_rate": ("n_reliably_recovered", "n_case"),
        "paired_rate": ("n_paired", "n_finished"),
    },
    "mart_recovery": {
        "measured_rate": ("n_measured", "n_finished"),
        "recovered_rate": ("n_recovered", "n_case_or_unknown"),
        "reliably_recovered_rate": ("n_reliably_recovered", "n_case_or_unknown"),
        "recovery_known_rate": ("n_recovery_known", "n_case_or_unknown"),
        "recovered_of_known_rate": ("n_recovered", "n_recovery_known"),
        "improved_rate": ("n_improved", "n_finished"),
        "deteriorated_rate": ("n_deteriorated", "n_finished"),
    },
    "mart_completeness": {
        "done_rate": ("n_done", "n_due"),
        "paired_any_rate": ("n_paired_any", "n_finished"),
        "paired_all_rate": ("n_paired_all", "n_finished"),
    },
}


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[dict]) -> None:
    lines = [json.dumps(_with_rates(table, row), default=str) for row in rows]
    if not lines:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.json"
        path.write_text("\n".join(lines), encoding="utf-8")
        kinds = connection.execute(f"select name, type from pragma_table_info('{table}')")
        known = dict(kinds.fetchall())
        connection.execute(
            f"insert into {table} by name select * from read_json(?, format = 'newline_delimited',"
            f" columns = {known})",
            [str(path)],
        )


def insert(connection: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    """One row of a mart; its rates follow from its counts."""
    row = _with_rates(table, row)
    names = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    connection.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))


def _with_rates(table: str, row: dict[str, Any]) -> dict[str, Any]:
    full = dict(row)
    for rate, (x, n) in RATES.get(table, {}).items():
        found = wilson(row.get(x), row.get(n))
        full |= dict(zip((rate, f"{rate}_lower", f"{rate}_upper"), found, strict=True))
    return full


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
        " detail varchar, led_by varchar[])"
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
    connection.executemany("insert into int_subject_names values (?, ?, ?, ?, null)", names)
    connection.execute(
        """create table ref_instruments (instrument_id varchar, name varchar, version varchar,
        domain varchar, n_items integer, item_min_points double, item_max_points double,
        total_min_points double, total_max_points double, direction varchar, is_scored boolean,
        purpose varchar)"""
    )
    connection.execute(f"create table ref_rebases ({DDL['ref_rebases']})")
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
