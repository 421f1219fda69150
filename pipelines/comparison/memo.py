"""The comparison's tables of one run: made anew only when what they rest on has changed."""

from functools import cache
from importlib.metadata import version
from pathlib import Path

import polars as pl

from pipelines import comparison_settings
from pipelines.comparison.build import compare
from pipelines.comparison.measures import INPUTS
from pipelines.files import sha256_file, sha256_text
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.store import BuiltTable

LIBRARIES = ("numpy", "polars", "scipy", "statsmodels")


def build_comparison(run: BuildRun) -> tuple[BuiltTable, ...]:
    """Every table of the comparison, in the order of their names."""
    fingerprint = sha256_text(
        code_digest(),
        run.settings.comparison.digest_text,
        *(f"{name} {run.tables[name].content}" for name in INPUTS if name in run.tables),
    )
    known = run.store.recall(fingerprint)
    if known is None:
        frames = compare(
            lambda name: pl.read_parquet(run.table_path(name)), run.settings.comparison
        )
        known = tuple(run.keep_frame(name, frame) for name, frame in sorted(frames.items()))
        run.store.remember(fingerprint, known)
    for built in known:
        run.built[built.table] = built
    return known


@cache
def code_digest() -> str:
    """Changes with the code that compares and with the libraries that fit."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    return sha256_text(
        *(sha256_file(path) for path in (*modules, Path(comparison_settings.__file__))),
        *(f"{name} {version(name)}" for name in LIBRARIES),
    )
