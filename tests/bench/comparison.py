"""`make bench BENCH=comparison`: what the comparison says of clinics whose truth is known.

Clinics are made up (`known_truth.py`) and go through the product's own `compare`. Four questions:

- equals: how often is a therapist called below or above in a clinic where nobody differs, with
  equal clients and with clients as different as they come? At most 0.1 % a side is promised;
- hard cases: is a therapist accused whose clients had the hardest problems, and who is as good as
  the others? And without case mix?
- coverage: how often do the 95 % limits of the shrunken figures hold the true figure, over all
  therapists together?
- power: how often is a therapist found who is truly worse, by caseload and by how much?

With --write the results become the table that every methods page prints. They carry a digest of
the code that made them, and what a short run of it gives: the tests hold both against the code.
Code that was rearranged need not run for minutes again: with --confirm its digest is kept beside
the first one, if its short run says the same to the digit.
"""

import argparse
import ast
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from pipelines.comparison import funnel
from pipelines.comparison.build import compare
from pipelines.comparison.units import OUTCOMES, wilson
from pipelines.comparison.verdicts import ABOVE, BELOW, CANNOT_TELL
from tests.bench import known_truth
from tests.bench.known_truth import (
    SETTINGS,
    Made,
    World,
    effect_of,
    make,
    tables,
    truths,
    usual_rate,
)

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "reports" / "evidence" / "comparison.json"
# Modules of the comparison that `compare` does not use.
_APART = frozenset({"assets.py", "memo.py", "spc.py"})
SEED = 20261101
CLINICS = 1000
BATCH = 25
ICCS = (0.0, 0.02, 0.05, 0.1)
UNITS = (12, 40, 100)
CASELOADS = (30, 50, 100, 200)
HARD_CASELOADS = (50, 100, 200)
RATE_CHANGES = (-0.1, -0.2, -0.3)
SPREADS = (0.0, 0.05)
FIRST = "t0000"
Row = dict[str, Any]


def judged(world: World, n_clinics: int, seed: Sequence[int]) -> Iterator[tuple[pl.DataFrame, ...]]:
    """`mart_comparison` and `mart_comparison_spread` of batches of clinics, with the truth.

    The seed is of this world alone, so that a longer run of one question changes no other.
    """
    rng = np.random.default_rng([SEED, *seed])
    for start in range(0, n_clinics, BATCH):
        clinics = [make(world, rng) for _ in range(min(BATCH, n_clinics - start))]
        found = compare(tables(clinics).__getitem__, SETTINGS)
        units = found["mart_comparison"].join(
            _truth(clinics, world), on=["instrument_id", "subject_id", "outcome"]
        )
        yield units, found["mart_comparison_spread"]


def _truth(clinics: Sequence[Made], world: World) -> pl.DataFrame:
    return pl.concat(
        pl.DataFrame(
            {
                "instrument_id": f"{number:04}",
                "subject_id": [f"t{place:04}" for place in range(world.n_units)],
                "outcome": outcome,
                "truth": values,
            }
        )
        for number, made in enumerate(clinics)
        for outcome, values in truths(made, world).items()
    )


def equals(n_clinics: int) -> list[Row]:
    """False alarms where nobody differs, by outcome and by whether clients differ."""
    rows = []
    for place, has_own_mix in enumerate((False, True)):
        world = World(has_own_mix=has_own_mix)
        batches = list(judged(world, n_clinics, (1, place)))
        units = pl.concat(batch[0] for batch in batches)
        spread = pl.concat(batch[1] for batch in batches)
        for outcome in OUTCOMES:
            told = _told(units, outcome)
            clinics = spread.filter(pl.col("outcome") == outcome)
            is_flagged = clinics["n_below"] + clinics["n_above"] > 0
            rows.append(
                {
                    "outcome": outcome,
                    "has_own_mix": has_own_mix,
                    "n_clinics": n_clinics,
                    "n_judged": told.height,
                    **_share("below", int((told["verdict"] == BELOW).sum()), told.height),
                    **_share("above", int((told["verdict"] == ABOVE).sum()), told.height),
                    **_share("any", int(is_flagged.sum()), clinics.height),
                    "any_stated": _rounded(clinics["chance_of_a_false_alarm"].to_numpy().mean()),
                }
            )
    return rows


def hard_cases(n_clinics: int, caseloads: Sequence[int] = HARD_CASELOADS) -> list[Row]:
    """The therapist with the hardest cases, who is as good as the others: judged and unadjusted."""
    rows = []
    for place, caseload in enumerate(caseloads):
        world = World(has_hard_cases=True, cases=(caseload,))
        units = pl.concat(batch[0] for batch in judged(world, n_clinics, (2, place)))
        for outcome in OUTCOMES:
            told = _told(units, outcome).filter(pl.col("subject_id") == FIRST)
            rows.append(
                {
                    "outcome": outcome,
                    "n_pairs": caseload,
                    "n_clinics": told.height,
                    "observed": _rounded(told["observed"].to_numpy().mean()),
                    "overall": _rounded(told["overall"].to_numpy().mean()),
                    **_share("below", int((told["verdict"] == BELOW).sum()), told.height),
                    **_share("unadjusted_below", _unadjusted_below(units, outcome), told.height),
                }
            )
    return rows


def _unadjusted_below(units: pl.DataFrame, outcome: str) -> int:
    """Clinics in which the first therapist lies below the limits around the overall figure."""
    own = units.filter((pl.col("outcome") == outcome) & (pl.col("subject_id") == FIRST))
    n, observed = own["n_pairs"].to_numpy(), own["observed"].to_numpy()
    if outcome == "improved":
        counts = np.round(n * observed)
        return int((funnel.rate_sides(counts, n, own["overall"].to_numpy(), 0.0) < 0).sum())
    # The width of the limits is the same with and without case mix.
    reach = ((own["upper_998"] - own["lower_998"]) / 2).to_numpy()
    return int((observed < own["overall"].to_numpy() - reach).sum())


def coverage(
    n_clinics: int,
    iccs: Sequence[float] = ICCS,
    sizes: Sequence[int] = UNITS,
    mixes: Sequence[bool] = (False, True),
) -> list[Row]:
    """How often the limits of shrunken figures hold the truth, averaged over therapists."""
    rows = []
    cases = [(mix, icc, n_units) for mix in mixes for icc in iccs for n_units in sizes]
    for has_own_mix, icc, n_units in cases:
        world = World(n_units=n_units, icc=icc, has_own_mix=has_own_mix)
        seed = (3, int(has_own_mix), round(1000 * icc), n_units)
        units = pl.concat(batch[0] for batch in judged(world, n_clinics, seed))
        for outcome in OUTCOMES:
            told = units.filter(pl.col("outcome") == outcome).drop_nulls("shrunken")
            held = told["truth"].is_between(told["shrunken_lower"], told["shrunken_upper"])
            rows.append(
                {
                    "outcome": outcome,
                    "has_own_mix": has_own_mix,
                    "icc": icc,
                    "n_units": n_units,
                    "n_clinics": n_clinics,
                    **_share("held", int(held.sum()), told.height),
                    "mean_width": _rounded(
                        (told["shrunken_upper"] - told["shrunken_lower"]).to_numpy().mean()
                    ),
                }
            )
    return rows


def power(
    n_clinics: int,
    spreads: Sequence[float] = SPREADS,
    caseloads: Sequence[int] = CASELOADS,
    rate_changes: Sequence[float] = RATE_CHANGES,
) -> list[Row]:
    """How often one who is truly worse is called below, by caseload and by true effect."""
    rows = []
    cases = [(s, n, d) for s in spreads for n in caseloads for d in rate_changes]
    for place, (icc, caseload, rate_change) in enumerate(cases):
        world = World(icc=icc, marked=(effect_of(rate_change),), cases=(caseload,))
        units = pl.concat(batch[0] for batch in judged(world, n_clinics, (4, place)))
        for outcome in OUTCOMES:
            told = _told(units, outcome).filter(pl.col("subject_id") == FIRST)
            rows.append(
                {
                    "outcome": outcome,
                    "icc": icc,
                    "n_pairs": caseload,
                    "rate_change": rate_change,
                    "effect_points": _rounded(effect_of(rate_change)),
                    "n_clinics": told.height,
                    **_share("below", int((told["verdict"] == BELOW).sum()), told.height),
                }
            )
    return rows


def short_run() -> dict[str, list[Row]]:
    """The beginnings of some of the long runs, in a few seconds: the same figures from one code."""
    return {
        "equals": equals(30),
        "hard_cases": hard_cases(15, caseloads=(200,)),
        "coverage": coverage(30, iccs=(0.05,), sizes=(40,), mixes=(True,)),
        "power": power(8, spreads=(0.0,), caseloads=(30, 200), rate_changes=(-0.1, -0.3)),
    }


def code_digest() -> str:
    """Changes with what the comparison and the made-up clinics do, not with words about it."""
    modules = sorted((ROOT / "pipelines" / "comparison").glob("*.py"))
    sources = [path for path in modules if path.name not in _APART]
    digest = hashlib.sha256()
    for path in (*sources, Path(known_truth.__file__)):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (
                ast.get_docstring(node, clean=False) is not None
            ):
                del node.body[0]
        digest.update(ast.unparse(tree).encode())
    return digest.hexdigest()[:16]


def _told(units: pl.DataFrame, outcome: str) -> pl.DataFrame:
    return units.filter((pl.col("outcome") == outcome) & (pl.col("verdict") != CANNOT_TELL))


def _share(name: str, count: int, n: int) -> Row:
    """A share with its Monte Carlo interval (Wilson, 95 %)."""
    lower, upper = wilson(np.array([float(count)]), np.array([float(n)]))
    return {
        f"n_{name}": count,
        f"{name}_rate": _rounded(count / n) if n else None,
        f"{name}_lower": _rounded(lower[0]),
        f"{name}_upper": _rounded(upper[0]),
    }


def _rounded(number: float) -> float:
    return round(float(number), 6)


def simulate(n_clinics: int) -> dict[str, Any]:
    """All four questions; fewer clinics are enough for what happens often."""
    return {
        "command": f'make bench BENCH="comparison --clinics {n_clinics} --write"',
        "seed": SEED,
        "code": code_digest(),
        "confirmed_code": code_digest(),
        "n_clinics": n_clinics,
        "usual_rate": _rounded(usual_rate()),
        "equals": equals(n_clinics),
        "hard_cases": hard_cases(max(1, n_clinics // 2)),
        "coverage": coverage(max(1, n_clinics // 4)),
        "power": power(max(1, n_clinics // 5)),
        "short_run": short_run(),
    }


def confirm() -> bool:
    """Keep this code's digest with the results, if its short run is theirs."""
    kept = json.loads(EVIDENCE.read_text(encoding="utf-8"))
    if kept["short_run"] != short_run():
        return False
    _keep({**kept, "confirmed_code": code_digest()})
    return True


def _keep(results: dict[str, Any]) -> None:
    EVIDENCE.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def show(results: dict[str, Any]) -> None:
    """The figures as tables."""
    console = Console(width=150)
    for name in ("equals", "hard_cases", "coverage", "power"):
        table = Table(title=name)
        for key in results[name][0]:
            table.add_column(key.replace("_", " "), justify="right")
        for row in results[name]:
            table.add_row(*(f"{v:.5g}" if isinstance(v, float) else str(v) for v in row.values()))
        console.print(table)


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, print, and keep the results where they are asked for."""
    parser = argparse.ArgumentParser(prog="make bench BENCH=comparison", description=__doc__)
    parser.add_argument("--clinics", type=int, default=CLINICS)
    parser.add_argument("--write", action="store_true", help=f"keep the results as {EVIDENCE.name}")
    parser.add_argument("--confirm", action="store_true", help="a short run says the same")
    options = parser.parse_args(arguments)
    if options.confirm:
        if not confirm():
            parser.exit(1, "A short run says something else: run with --write.\n")
        return
    results = simulate(options.clinics)
    show(results)
    if options.write:
        _keep(results)


if __name__ == "__main__":
    main()
