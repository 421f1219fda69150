"""Published data sets of pre and post scores as a clinic of finished courses."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest

from tests.made_up_catalogue import RESPONDENTS
from tests.sql.text_tables import TextBench
from tests.table_rows import Row, complete_row

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the shared data sets lie beside a clone, not in it"
)
CLAUS = DATA / "clinical-significance-claus2020"
Pair = tuple[str, float, float]


def claus_pairs(column: str) -> list[Pair]:
    """Arm, first and last score of the 40 patients with both (Claus et al., 2020)."""
    by_patient: dict[str, dict[str, Row]] = {}
    with (CLAUS / "claus_2020.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row[column] not in ("", "NA"):
                by_patient.setdefault(row["id"], {})[row["time"]] = row
    return [
        (both["1"]["treatment"], float(both["1"][column]), float(both["4"][column]))
        for both in by_patient.values()
        if {"1", "4"} <= set(both)
    ]


def antidepressant_pairs() -> list[Pair]:
    """Arm, first and last score of the 555 invented patients of the R package."""
    first: dict[str, float] = {}
    pairs = []
    with (CLAUS / "antidepressants_fictional.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["measurement"] == "Before":
                first[row["patient"]] = float(row["mom_di"])
            else:
                pairs.append((row["condition"], first[row["patient"]], float(row["mom_di"])))
    return pairs


def cutoff_c(pairs: Sequence[Pair], functional_mean: float, functional_sd: float) -> float:
    """Jacobson and Truax's c with these pairs as the clinical sample."""
    first = [one[1] for one in pairs]
    clinical_mean, clinical_sd = mean(first), stdev(first)
    weighted = clinical_sd * functional_mean + functional_sd * clinical_mean
    return weighted / (clinical_sd + functional_sd)


def jt_points(clinic: TextBench, pairs: Sequence[Pair], reliability: float) -> Any:
    """The reliable change of these pairs by the product's own formula."""
    found = clinic.connection.execute(
        "select reliable_change_points(cast(? as double), cast(? as double), 1.96)",
        [stdev(one[1] for one in pairs), reliability],
    ).fetchall()
    return found[0][0]


def fill_pairs(
    clinic: TextBench,
    pairs: Sequence[Pair],
    *,
    direction: str = "higher_worse",
    ends: tuple[float, float] = (0, 60),
    rule: Row | None = None,
) -> None:
    """One finished course per pair, with its arm as its programme, on a made-up scale `ms`."""
    spans = {"total_min_points": ends[0], "total_max_points": ends[1]}
    instrument = {"instrument_id": "ms", "direction": direction, **spans}
    scale = {"instrument_id": "ms", "min_points": ends[0], "max_points": ends[1]}
    clinic.restart()
    clinic.fill("ref_instruments", [complete_row("ref_instruments", instrument)])
    clinic.fill(
        "ref_instrument_scales",
        [complete_row("ref_instrument_scales", {**scale, "direction": direction})],
    )
    clinic.fill(
        "ref_outcome_rules",
        [{"instrument_id": "ms", "respondent": one, **rule} for one in RESPONDENTS] if rule else [],
    )
    for table in ("int_episodes", "int_episode_scores"):
        clinic.fill(table, [])
    arms, first, last = (list(column) for column in zip(*pairs, strict=True))
    clinic.connection.execute(
        """
        insert into int_episodes (
            episode_key, client_key, programme_id, referred_on, session_1_on, ended_on,
            is_finished_course
        )
        select
            'e' || number, 'c' || number, arm, date '2025-01-01', date '2025-01-01',
            date '2025-06-30', true
        from (select unnest(range(len($arms))) as number, unnest($arms) as arm)
        """,
        {"arms": arms},
    )
    clinic.connection.execute(
        """
        insert into int_episode_scores
        select
            'e' || number, 'ms', 'total', 'client', 2, date '2025-01-01', first_points,
            date '2025-06-01', last_points
        from (
            select
                unnest(range(len($first))) as number,
                unnest($first) as first_points,
                unnest($last) as last_points
        )
        """,
        {"first": first, "last": last},
    )


def is_near(found: float | None, expected: float, *, by: float) -> bool:
    """Within a published tolerance."""
    return found is not None and math.isclose(found, expected, abs_tol=by)
