"""All models from the staged tables on, and the bare work of each mart on the same Parquet.

Three readings of bare work, each written as Parquet like the model's own table:

- narrow: one group-by that reads the mart's largest input whole, by those columns of the mart's key
  that the input has (else by course), counting every other column. It makes no row of a subject or
  a period, so it says nothing of a mart's size.
- rows: the mart's own rows, read ready made, sorted by its key. Whatever makes the table has to do
  both, so narrow and rows together are a limit.
- at grain: the group-by that gives rows like the mart's. The largest input that knows courses is
  joined to the subjects that each course counts for and to the periods that hold its day, of the
  pairs of level and period that the mart has, and grouped by them and by the same columns, with as
  many counts as the mart and the input have. It is the naive way to the mart without people, rules,
  rates, intervals or an order, and no limit: adding up months first is faster. Where a mart has no
  subject and no period, or no input knows courses, it is the narrow one.
"""

import resource
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.engine import quoted
from pipelines.home import Home
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.model_file import Model

COURSE = "episode_key"
SUBJECTS = "int_episode_subjects"
COURSES = "int_episodes"
PERIODS = "int_period_months"
# The first of these that an input has is its day; of one without any, the end of its course.
DAYS = ("month_start_on", "session_on", "administered_on", "seen_on", "answered_on", "rated_on",
        "ended_on", "session_1_on")  # fmt: skip


@dataclass(frozen=True)
class Query:
    """A select and the tables it reads."""

    sql: str
    tables: frozenset[str]


def measure(root: Path) -> dict[str, Any]:
    """Seconds of each model of the home's current tables, and of the group-bys of each mart."""
    run = BuildRun(Home(root))
    out = run.home.scratch / "bench.parquet"

    def seconds(sql: str, tables: Iterable[str], parameters: Mapping[str, Any], name: str) -> float:
        with run.engine.views({table: run.table_path(table) for table in sorted(tables)}):
            started = time.perf_counter()
            run.engine.write_parquet(sql, out, parameters, where=name)
            return time.perf_counter() - started

    models = [each for each in run.models.values() if each.name.startswith(("int_", "mart_"))]
    marts = [each for each in models if each.name.startswith("mart_")]
    steps = {
        each.name: seconds(each.sql, each.inputs, run.parameters(each), each.name)
        for each in models
    }
    bare = {mart.name: _bare_work(run, mart) for mart in marts}
    kinds = {
        kind: {
            name: seconds(work[kind].sql, work[kind].tables, {}, name)
            for name, work in bare.items()
        }
        for kind in ("narrow", "rows", "at_grain")
    }
    out.unlink(missing_ok=True)
    run.close()
    return {
        "work_s": sum(steps.values()),
        "steps": steps,
        **kinds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _bare_work(run: BuildRun, mart: Model) -> dict[str, Query]:
    """The bare work of a mart, by its reading."""
    with run.engine.views({name: run.table_path(name) for name in {*mart.inputs, mart.name}}):
        columns = {
            name: [column for column, *_ in run.engine.rows(f"describe {name}")]
            for name in (*mart.inputs, mart.name)
        }
        largest = sorted(mart.inputs, key=lambda name: (-run.tables[name].n_rows, name))
        found = narrow(mart, largest[0], columns[largest[0]])
        rows = Query(
            f"select * from {mart.name} order by {', '.join(mart.key)}", frozenset({mart.name})
        )
        sources = [name for name in largest if COURSE in columns[name] and name != SUBJECTS]
        if not sources or not {"level", "period_kind"} <= set(mart.key):
            return {"narrow": found, "rows": rows, "at_grain": found}
        pairs = run.engine.rows(f"select distinct level, period_kind from {mart.name} order by all")
    return {
        "narrow": found,
        "rows": rows,
        "at_grain": at_grain(
            mart,
            sources[0],
            columns[sources[0]],
            n_counts=sum(name.startswith("n_") for name in columns[mart.name]),
            pairs=pairs,
        ),
    }


def narrow(mart: Model, source: str, columns: Sequence[str]) -> Query:
    """By the columns that `source` has; `columns` are all of its."""
    by = [name for name in mart.key if name in columns] or [COURSE]
    by = [name for name in by if name in columns] or list(columns[:1])
    counts = "".join(f", count({name})" for name in columns if name not in by)
    return Query(
        f"select {', '.join(by)}, count(*){counts} from {source} group by all",
        frozenset({source}),
    )


def at_grain(
    mart: Model,
    source: str,
    columns: Sequence[str],
    *,
    n_counts: int,
    pairs: Sequence[tuple[str, str]],
) -> Query:
    """By subject and period too; `pairs` are the levels with their kinds of period in the mart."""
    by = [name for name in mart.key if name in columns and name not in {"level", "subject_id"}]
    by = [name for name in by if not name.startswith("period_")]
    day = next((name for name in DAYS if name in columns), None)
    counted = [name for name in columns if name not in {*by, COURSE}][: max(n_counts - 1, 0)]
    ends = "" if day else f" inner join {COURSES} using ({COURSE})"
    within = ", ".join(f"({quoted(level)}, {quoted(kind)})" for level, kind in pairs)
    return Query(
        f"select subject_number, period_number{''.join(f', each.{name}' for name in by)},"
        f" count(*){''.join(f', count(each.{name})' for name in counted)}"
        f" from {source} as each{ends}"
        f" inner join {SUBJECTS} as subjects using ({COURSE})"
        f" inner join {PERIODS} as periods on periods.month_start_on"
        f" = date_trunc('month', {f'each.{day}' if day else f'{COURSES}.ended_on'})"
        f" where (level, period_kind) in ({within}) group by all",
        frozenset({source, SUBJECTS, PERIODS, *([] if day else [COURSES])}),
    )
