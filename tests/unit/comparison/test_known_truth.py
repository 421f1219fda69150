"""The comparison on made-up clinics whose truth is known: a short run, and what is printed of a long.

The long run is `make bench BENCH=comparison`; its results stand on the methods page.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.comparison.funnel import TAIL_998
from pipelines.reporting.sections.evidence_part import evidence_section
from pipelines.reporting.wording import load_wording
from tests.bench import comparison
from tests.bench.comparison import EVIDENCE, Row, code_digest, short_run
from tests.bench.known_truth import World, effect_of, make, true_points, true_rates, usual_rate

# So many of the short run's therapists may be called below (or above) at 0.1 %: the chance of more
# is under 1 in 1,000, and a limit of 95 % would call twenty.
MOST_FALSE_ALARMS = 5
# 95 % within two points, without any allowance for the number of clinics.
LEAST_HELD = 0.93


@pytest.fixture(scope="module")
def short() -> dict[str, list[Row]]:
    return short_run()


def test_the_truth_is_what_the_clinics_come_to_without_chance() -> None:
    world = World(n_units=200, has_own_mix=True, icc=0.2)
    made = make(world, np.random.default_rng(5))
    effects = made.effects[made.unit]
    n = made.unit.size
    rates, points = true_rates(made.cell, effects), true_points(made.cell, effects)
    improved = made.points >= 6
    assert abs(improved.mean() - rates.mean()) < 4 * np.sqrt(np.mean(rates * (1 - rates)) / n)
    assert abs(made.points.mean() - points.mean()) < 4 * 5.5 / np.sqrt(n)
    # And for the best and the worst therapists apart.
    good = effects > 2
    assert abs(improved[good].mean() - rates[good].mean()) < 4 * 0.5 / np.sqrt(good.sum())


def test_an_effect_moves_the_rate_of_an_average_caseload_by_as_much_as_it_says() -> None:
    made = make(World(n_units=400, marked=(effect_of(-0.2),) * 400), np.random.default_rng(6))
    assert np.mean(made.points >= 6) == pytest.approx(usual_rate() - 0.2, abs=0.015)


def test_equals_are_hardly_ever_called_below_or_above(short: dict[str, list[Row]]) -> None:
    for row in short["equals"]:
        assert row["n_judged"] > 700
        assert row["n_below"] <= MOST_FALSE_ALARMS
        assert row["n_above"] <= MOST_FALSE_ALARMS


def test_the_hardest_cases_accuse_nobody_once_case_mix_is_taken_into_account(
    short: dict[str, list[Row]],
) -> None:
    for row in short["hard_cases"]:
        assert row["n_below"] <= 1
        assert row["n_unadjusted_below"] > 7


def test_intervals_of_shrunken_figures_hold_the_truth(short: dict[str, list[Row]]) -> None:
    for row in short["coverage"]:
        assert row["held_rate"] == pytest.approx(0.95, abs=0.03)


def test_large_true_differences_are_found_and_small_ones_are_not(
    short: dict[str, list[Row]],
) -> None:
    rates = {
        (row["outcome"], row["n_pairs"], row["rate_change"]): row["below_rate"]
        for row in short["power"]
    }
    for outcome in ("improved", "points"):
        assert rates[outcome, 200, -0.3] >= 0.95
        assert rates[outcome, 30, -0.1] < 0.5
        assert rates[outcome, 30, -0.3] < rates[outcome, 200, -0.3] + 1e-9


def test_what_the_methods_page_prints_was_made_by_this_code(short: dict[str, list[Row]]) -> None:
    """Otherwise: make bench BENCH="comparison --write", or --confirm where nothing has changed."""
    found = json.loads(EVIDENCE.read_text(encoding="utf-8"))
    assert found["confirmed_code"] == code_digest()
    # And by libraries that say the same.
    assert found["short_run"] == short


def test_only_code_that_says_the_same_is_confirmed(
    short: dict[str, list[Row]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "comparison.json"
    monkeypatch.setattr(comparison, "EVIDENCE", kept)
    monkeypatch.setattr(comparison, "short_run", lambda: short)
    results = {"code": "a", "confirmed_code": "a", "short_run": short}
    kept.write_text(json.dumps(results), encoding="utf-8")
    assert comparison.confirm()
    confirmed = json.loads(kept.read_text(encoding="utf-8"))
    assert confirmed == {**results, "confirmed_code": code_digest()}
    other = {**results, "short_run": {**short, "power": []}}
    kept.write_text(json.dumps(other), encoding="utf-8")
    assert not comparison.confirm()
    assert json.loads(kept.read_text(encoding="utf-8")) == other


def test_what_the_methods_page_prints_keeps_what_is_promised() -> None:
    found = json.loads(EVIDENCE.read_text(encoding="utf-8"))
    assert found["n_clinics"] >= 1000
    for row in found["equals"]:
        # Not above 0.1 % by more than the number of clinics leaves open.
        assert row["below_lower"] <= TAIL_998
        assert row["above_lower"] <= TAIL_998
        assert row["any_lower"] <= row["any_stated"]
        assert row["n_clinics"] == found["n_clinics"]
    for row in found["hard_cases"]:
        assert row["below_lower"] <= TAIL_998
    for row in found["coverage"]:
        # More than 95 % where nobody differs, or hardly, which no interval can know.
        assert row["held_rate"] >= LEAST_HELD
        assert row["held_rate"] <= (0.98 if row["icc"] else 1.0)
    widths: dict[tuple[Any, ...], list[float]] = {}
    for row in sorted(found["coverage"], key=lambda row: row["icc"]):
        widths.setdefault((row["outcome"], row["has_own_mix"], row["n_units"]), []).append(
            row["mean_width"]
        )
    # The less therapists differ, the narrower; at no difference narrowest of all.
    assert len(widths) == 12
    for each in widths.values():
        assert each == sorted(each)
    page = evidence_section(load_wording())
    assert found["command"] in page.paragraphs[1]
    assert [len(part.tables[0].rows) for part in page.parts] == [
        len(found[name]) for name in ("equals", "hard_cases", "coverage", "power")
    ]
