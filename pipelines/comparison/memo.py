"""The tables of this stage of one run: made anew only where what they rest on has changed."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

import polars as pl

from pipelines import comparison_settings
from pipelines.comparison.build import compare
from pipelines.comparison.carried import unchanged_windows, with_carried
from pipelines.comparison.estimates import ESTIMATES
from pipelines.comparison.estimates import INPUTS as ESTIMATE_INPUTS
from pipelines.comparison.measures import INPUTS
from pipelines.files import sha256_file, sha256_text
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.store import BuiltTable

LIBRARIES = ("numpy", "polars", "scipy", "statsmodels")


def build_comparison(run: BuildRun) -> tuple[BuiltTable, ...]:
    """Every table of the comparison, in the order of their names."""
    fingerprint = _fingerprint(run, run.tables)
    known = run.store.recall(fingerprint)
    if known is None:
        frames = _compare(run)
        known = tuple(run.keep_frame(name, frame) for name, frame in sorted(frames.items()))
        run.store.remember(fingerprint, known)
    for built in known:
        run.built[built.table] = built
    return known


def build_estimates(run: BuildRun) -> tuple[BuiltTable, ...]:
    """Growth lines and imputed rates, in the order of their names."""
    return tuple(_build_estimate(run, name) for name in sorted(ESTIMATES))


def _build_estimate(run: BuildRun, name: str) -> BuiltTable:
    fingerprint = _fingerprint(run, run.tables, (name, *ESTIMATE_INPUTS[name]))
    known = run.store.recall(fingerprint)
    if known is None:

        def read(table: str) -> pl.DataFrame:
            return pl.read_parquet(run.table_path(table))

        known = (run.keep_frame(name, ESTIMATES[name](read, run.settings.comparison)),)
        run.store.remember(fingerprint, known)
    run.built[name] = known[0]
    return known[0]


def _compare(run: BuildRun) -> dict[str, pl.DataFrame]:
    """The tables, with what the published ones hold of windows that are the same as then."""

    def read(name: str) -> pl.DataFrame:
        return pl.read_parquet(run.table_path(name))

    published = run.base.tables
    made = run.store.recall(_fingerprint(run, published))
    if made is None:
        return compare(read, run.settings.comparison)
    before = {**published, **{built.table: built for built in made}}

    def read_earlier(name: str) -> pl.DataFrame:
        return pl.read_parquet(run.store.path(name, before[name].content))

    same = unchanged_windows(read_earlier, read)
    return with_carried(compare(read, run.settings.comparison, same), read_earlier, same)


def _fingerprint(
    run: BuildRun, tables: Mapping[str, BuiltTable], inputs: Sequence[str] = INPUTS
) -> str:
    """Changes with what would be made from these inputs, these being the tables."""
    return sha256_text(
        code_digest(),
        run.settings.comparison.digest_text,
        *(f"{name} {tables[name].content}" for name in inputs if name in tables),
    )


@cache
def code_digest() -> str:
    """Changes with the code that compares and with the libraries that fit."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    return sha256_text(
        *(sha256_file(path) for path in (*modules, Path(comparison_settings.__file__))),
        *(f"{name} {version(name)}" for name in LIBRARIES),
    )
