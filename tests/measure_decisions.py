"""A clinic that has switched on every figure of the quality measures, with made-up citations."""

from datetime import date

from pipelines.instruments.measures import measure_tables
from pipelines.measure_settings import MeasureDecision
from tests.builders import Bench
from tests.made_up_catalogue import INSTRUMENTS, SCALES
from tests.table_columns import DDL
from tests.table_rows import Row

# The made-up catalogue has no brief screen.
PHQ2: Row = {
    "instrument_id": "phq2",
    "purpose": "screen",
    "total_min_points": 0,
    "total_max_points": 6,
}
# Nor a tool for the risk of suicide, which has no total.
SUICIDE_SCREEN: Row = {"instrument_id": "cssrs_screen", "purpose": "safety", "is_scored": False}


def all_decisions() -> tuple[MeasureDecision, ...]:
    """One decision for each figure that is not active by itself."""
    tables = measure_tables()
    figures = {
        (row["measure_id"], row["figure"])
        for row in tables["ref_measures"].to_dicts()
        if not row["is_active"]
    }
    return tuple(
        MeasureDecision(
            measure_id=measure_id,
            figure=figure,
            value=None,
            source="made up for tests",
            decided_on=date(2025, 1, 1),
            place="clinic.toml",
        )
        for measure_id, figure in sorted(figures)
    )


def switch_on(bench: Bench, decisions: tuple[MeasureDecision, ...] | None = None) -> None:
    """Fill the measures as a clinic has them that decided so, by default on every figure."""
    chosen = all_decisions() if decisions is None else decisions
    for table, frame in measure_tables(chosen).items():
        if table in DDL:
            bench.fill(table, frame.to_dicts())


def add_brief_screen(bench: Bench) -> None:
    """Let the made-up catalogue know the PHQ-2."""
    bench.fill("ref_instruments", [*INSTRUMENTS, PHQ2])
    bench.fill(
        "ref_instrument_scales",
        [*SCALES, {"instrument_id": "phq2", "min_points": 0, "max_points": 6}],
    )
