"""`make bench BENCH=comparison-speed`: the comparison of 20,000 therapists on a million courses.

Courses of three years with one questionnaire each are made up straight as the tables that the
comparison's models read; that is not timed. Then, in a process of its own: the four SQL models that
sum them up, and the fits, limits and verdicts of every window of twelve months, for therapists and
for groups. Times are wall-clock and CPU seconds.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

COURSES = 1_000_000
THERAPISTS = 20_000
MODELS = (
    "int_comparison_cases",
    "int_case_mix_cells",
    "int_comparison_counts",
    "int_comparison_units",
)
PARAMETERS: dict[str, Any] = {
    "case_mix_covariates": [
        "symptom_baseline", "age_band", "sex", "problem", "modality", "prior_courses",
    ],
    "age_bands": [18, 30, 45, 60],
}  # fmt: skip
# Numbers that look drawn and are the same on every machine.
_DRAW = "((hash({n} * 31 + {salt}) % 1000003) / 1000003.0)"
_COURSES = """
    select
        printf('e%07d', n) as episode_key,
        printf('c%07d', cast(floor({client} * {courses} * 0.8) as integer)) as client_key,
        printf('p%02d', n % 12) as programme_id,
        printf('t%05d', cast(floor({therapist} ^ 1.4 * {therapists}) as integer)) as therapist_id,
        case when n % 5 = 0 then printf('g%04d', n % 3000) end as group_id,
        cast(0.5 + {share} / 2 as decimal(9, 4)) as attribution_share,
        n % 17 = 0 as is_shared,
        n % 23 = 0 as has_concurrent_group,
        date '2023-09-01' + cast(floor({start} * 900) as integer) as referred_on,
        referred_on + cast(floor({wait} * 80) as integer) as session_1_on,
        session_1_on + 50 + cast(floor({length} * 200) as integer) as ended_on,
        true as is_finished_course
    from range({courses}) as numbers(n)
"""
_INPUTS = {
    "int_episodes": "select * from courses",
    "int_episode_subjects": """
        select episode_key, 'therapist' as level, therapist_id as subject_id from courses
        union all
        select episode_key, 'group', group_id from courses where group_id is not null
    """,
    "int_episode_scores": """
        select
            episode_key,
            'phq9' as instrument_id,
            'total' as scale,
            'client' as respondent,
            session_1_on as first_on,
            cast(4 + floor({first} * 23) as decimal(9, 4)) as first_points,
            cast(greatest(0, floor(first_points * (0.2 + {last}))) as decimal(9, 4)) as last_points
        from courses
    """,
    "stg_clients": """
        select
            client_key,
            date '1950-01-01' + cast(floor({birth} * 20000) as integer) as birth_date,
            case when {sex} < 0.6 then 'female' else 'male' end as sex,
            null::varchar as gender_identity,
            null::varchar as ethnicity,
            null::varchar as language,
            null::varchar as state
        from (select distinct client_key from courses)
    """,
    "stg_diagnoses": """
        select
            episode_key,
            'primary' as role,
            ['F32.1', 'F41.1', 'F43.1', 'F40.1', 'F42', 'Z00'][1 + cast(floor({code} * 6) as integer)]
                as code,
            referred_on as recorded_on
        from courses
    """,
    "stg_programmes": """
        select printf('p%02d', n) as programme_id, ['phq9'] as instruments,
            ['individual', 'group', 'online'][1 + n % 3] as modality
        from range(12) as numbers(n)
    """,
    "int_period_months": """
        select 'rolling_12m' as period_kind,
            cast(month_on - interval 11 month as date) as period_start_on,
            last_day(month_on) as period_end_on,
            cast(month_on - to_months(back) as date) as month_start_on
        from (select cast(date '2024-09-01' + to_months(cast(k as integer)) as date) as month_on
            from range({windows}) as months(k)), range(12) as backs(back)
    """,
    "int_outcome_rules": """
        select 'phq9' as instrument_id, 'total' as scale, 'client' as respondent,
            cast(6 as decimal(9, 4)) as reliable_change_points,
            cast(10 as decimal(9, 4)) as caseness_points
    """,
}
_REFERENCES = ("ref_instruments", "ref_instrument_scales", "ref_recovery_pairs", "ref_wait_bands")


def make_inputs(folder: Path, *, courses: int, therapists: int, windows: int) -> None:
    """Write the tables that the comparison's models read."""
    import duckdb

    from pipelines.instruments.catalogue import load_catalogue
    from pipelines.instruments.programme_rules import programme_rule_tables
    from pipelines.instruments.reference_tables import reference_tables

    tables = {**reference_tables(load_catalogue()), **programme_rule_tables()}
    for name in _REFERENCES:
        tables[name].write_parquet(folder / f"{name}.parquet")
    salts = ("client", "therapist", "share", "start", "wait", "length")
    drawn = {name: _DRAW.format(n="n", salt=salt) for salt, name in enumerate(salts)}
    names = ("first", "last", "birth", "sex", "code")
    hashed = {name: f"((hash(client_key || '{name}') % 1000003) / 1000003.0)" for name in names}
    with duckdb.connect() as connection:
        made = _COURSES.format(courses=courses, therapists=therapists, **drawn)
        connection.execute(f"create table courses as {made}")
        for name, query in _INPUTS.items():
            sql = query.format(windows=windows, **hashed)
            connection.execute(f"copy ({sql}) to '{folder / name}.parquet'")


def compare_all(folder: Path) -> dict[str, Any]:
    """Build the sums and compare, and tell how long each took and the most memory."""
    import polars as pl

    from pipelines.comparison.build import compare
    from pipelines.comparison_settings import ComparisonSettings
    from pipelines.engine import Engine
    from pipelines.warehouse.model_file import load_models

    models = load_models()
    steps: dict[str, float] = {}
    began, cpu_began = time.perf_counter(), time.process_time()
    with Engine(scratch=folder / "scratch") as engine:
        for name in MODELS:
            model, started = models[name], time.perf_counter()
            parameters = {key: PARAMETERS[key] for key in model.parameters}
            with engine.views({each: folder / f"{each}.parquet" for each in sorted(model.inputs)}):
                engine.write_parquet(
                    model.sql, folder / f"{name}.parquet", parameters, where=model.name
                )
            steps[name] = time.perf_counter() - started
    started = time.perf_counter()
    found = compare(lambda name: pl.read_parquet(folder / f"{name}.parquet"), ComparisonSettings())
    steps["fits, limits, verdicts"] = time.perf_counter() - started
    for name, frame in found.items():
        frame.write_parquet(folder / f"{name}.parquet")
    return {
        "wall_s": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu_began,
        "steps": steps,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "n_rows": found["mart_comparison"].height,
        "n_fitted": int(found["mart_case_mix"]["is_fitted"].sum()),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the inputs, measure in a process of its own, print."""
    parser = argparse.ArgumentParser(prog="make bench BENCH=comparison-speed", description=__doc__)
    parser.add_argument("--courses", type=int, default=COURSES)
    parser.add_argument("--therapists", type=int, default=THERAPISTS)
    parser.add_argument("--windows", type=int, default=12, help="months that end a window")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.measure:
        print(json.dumps(compare_all(options.measure)))
        return
    with tempfile.TemporaryDirectory(prefix="outcomes-bench-") as folder:
        make_inputs(
            Path(folder),
            courses=options.courses,
            therapists=options.therapists,
            windows=options.windows,
        )
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.comparison_speed", "--measure", folder],
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    found = json.loads(done.stdout.splitlines()[-1])
    table = Table(title=f"{options.therapists:,} therapists, {options.courses:,} courses")
    table.add_column("step")
    table.add_column("seconds", justify="right")
    for name, seconds in found["steps"].items():
        table.add_row(name, f"{seconds:.2f}")
    table.add_row("all, wall", f"{found['wall_s']:.2f}")
    table.add_row("all, CPU", f"{found['cpu_s']:.2f}")
    table.add_row("peak MB", f"{found['peak_mb']:,.0f}")
    table.add_row("rows of mart_comparison", f"{found['n_rows']:,}")
    table.add_row("models fitted", f"{found['n_fitted']:,}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
